#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# The tail after a half-close is never lost, a slow reader gets every byte, and a reset harms nobody,
# with every selector back end.

. "${top_srcdir:-.}/tests/system/lib.sh"
rude=$top_builddir/tests/fake/rude

# Sends until echod holds 16 MiB of it, beside what the kernel holds, then half-closes and reads.
hoard() {
  mkfifo "$tmp/hoard.in"
  "$rude" hoard 127.0.0.1 "$1" <"$tmp/hoard.in" >"$tmp/hoard.out" 2>&1 &
  hoard_pid=$!
  end_at_exit "$hoard_pid"
  exec 5>"$tmp/hoard.in"
  wait_until 20 pending_is 16777216
  wait_until 20 grep -q ready "$tmp/hoard.out"
  exec 5>&-
  expect_end "$hoard_pid" 0
  rm "$tmp/hoard.in"
}

cat >"$tmp/big.conf" <<'CONF'
listeners = { echo = { address = "127.0.0.1"; port = 0; service = "echo"; max-pending = "16m"; }; };
CONF

for selector in $(selectors); do
  start_echod --selector "$selector" --workers 2 --config "$tmp/big.conf"
  port=$(echod_port)
  expect_exit 0 "$rude" tail 127.0.0.1 "$port" 1
  expect_exit 0 "$rude" tail 127.0.0.1 "$port" 10485760
  hoard "$port"
  expect_exit 0 "$rude" sip 127.0.0.1 "$port" 100000
  hold 10 127.0.0.1 "$port"
  expect_exit 0 "$rude" reset 127.0.0.1 "$port" 50
  end_hold
  wait_until 5 expect_idle
  expect_status '.totals.accepted == 64 and .totals.pending_bytes == 0'
  expect_status '.totals.closed.peer + .totals.closed.reset == 64 and .totals.closed.peer >= 14'
  stop_echod
done
