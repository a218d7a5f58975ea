#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# SIGINT to the whole process group, as a terminal sends it, while connections come and one is in the
# middle of a stream: a clean stop, exit code 0, nothing lost, and no worker counted as dead. With every
# selector back end.

. "${top_srcdir:-.}/tests/system/lib.sh"
need setsid ps
rude=$top_builddir/tests/fake/rude

for selector in $(selectors); do
  rm -f "$tmp/lines" "$tmp/knock.out" "$tmp/hoard.out" "$tmp/hoard.in"
  mkfifo "$tmp/lines" "$tmp/hoard.in"
  # An address of its own: who tries again later meets no other test's server.
  setsid "$echod" --selector "$selector" --workers 2 127.9.9.8 0 >"$tmp/lines" 2>"$tmp/echod.err" &
  echod_pid=$!
  end_at_exit "$echod_pid"
  read -r line <"$tmp/lines"
  port=$(echo "$line" | awk '{ print $5 }')
  "$rude" hoard 127.9.9.8 "$port" <"$tmp/hoard.in" >"$tmp/hoard.out" &
  hoard=$!
  end_at_exit "$hoard"
  exec 6>"$tmp/hoard.in"
  hold 50 127.9.9.8 "$port"
  "$rude" knock 127.9.9.8 "$port" >"$tmp/knock.out" &
  knock=$!
  end_at_exit "$knock"
  wait_until 20 grep -q ready "$tmp/hoard.out"
  wait_until 20 grep -q ready "$tmp/knock.out"

  pgid=$(ps -o pgid= -p "$echod_pid" | tr -d ' ')
  [ "$pgid" = "$echod_pid" ] || skip "no process group of its own: $pgid"
  kill -INT "-$pgid"
  expect_end "$knock" 0
  exec 6>&-
  expect_end "$hoard" 0
  expect_end "$echod_pid" 0
  ! grep -E 'replaced|ended by signal|is killed' "$tmp/echod.err" || fail "not a clean stop"
  expect_match "$tmp/echod.err" 'stopped; every connection had come to its end'
  exec 9>&-
  wait "$hold_pid" || : # its quiet connections were ended
done
