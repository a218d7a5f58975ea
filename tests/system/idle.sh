#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# An idle daemon makes no system call, however many connections are open and whatever timers they
# have: no process of it is switched to or from over three seconds, with every selector back end.

# So many connections take their time where a sanitizer looks on.
: "${TEST_DEADLINE:=300}"
. "${top_srcdir:-.}/tests/system/lib.sh"
[ -r /proc/self/status ] || skip "needs /proc/PID/status"

cat >"$tmp/idle.conf" <<'CONF'
listeners = {
  echo = { address = "127.0.0.1"; port = 0; service = "echo";
    idle-timeout = "1h"; lifetime = "1h"; first-byte-timeout = "1h"; };
};
CONF

# As many as one client may open, up to 20,000; fewer where the back end is slow to come there, and
# under select as many as two workers may have.
most=$(hard_limit)
[ "$most" != unlimited ] && [ "$most" -le 20000 ] || most=20000
for selector in $(selectors); do
  n=$((most - 50))
  case $selector in
    poll) [ "$n" -le 4000 ] || n=4000 ;;
    select) n=1800 ;;
  esac
  start_echod --selector "$selector" --workers 2 --config "$tmp/idle.conf"
  start_crowd 127.0.0.1 "$(echod_port)"
  # From two addresses, whose ports are soon found.
  crowd steps "$((n / 2))" 127.0.0.2
  expect_crowd "served $n ended 0 waiting 0" steps "$((n - n / 2))" 127.0.0.3
  # shellcheck disable=SC2046
  expect_quiet 3 "$echod_pid" $(children_of "$echod_pid")
  expect_crowd "served $n ended 0 waiting 0" look
  end_crowd
  stop_echod
done
