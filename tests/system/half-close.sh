#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# The tail after a half-close is never lost, a slow reader gets every byte, and a reset harms nobody,
# with every selector back end.

. "${top_srcdir:-.}/tests/system/lib.sh"
rude=$top_builddir/tests/fake/rude

cat >"$tmp/big.conf" <<'CONF'
listeners = { echo = { address = "127.0.0.1"; port = 0; service = "echo"; max-pending = "16m"; }; };
CONF

for selector in $(selectors); do
  start_echod --selector "$selector" --workers 2 --config "$tmp/big.conf"
  port=$(echod_port)
  expect_exit 0 "$rude" tail 127.0.0.1 "$port" 1
  expect_exit 0 "$rude" tail 127.0.0.1 "$port" 10485760
  expect_exit 0 "$rude" sip 127.0.0.1 "$port" 100000
  hold 10 127.0.0.1 "$port"
  expect_exit 0 "$rude" reset 127.0.0.1 "$port" 50
  end_hold
  wait_until 5 expect_idle
  expect_status '.totals.accepted == 63 and .totals.pending_bytes == 0'
  expect_status '.totals.closed.peer + .totals.closed.reset == 63 and .totals.closed.peer >= 13'
  stop_echod
done

# Back-pressure: what the daemon holds of a client that never reads stays below max-pending.
start_echod --workers 1 127.0.0.1 0
port=$(echod_port)
mkfifo "$tmp/hoard.in"
"$rude" hoard 127.0.0.1 "$port" <"$tmp/hoard.in" >"$tmp/hoard.out" 2>&1 &
hoard=$!
end_at_exit "$hoard"
exec 5>"$tmp/hoard.in"
wait_until 20 grep -q ready "$tmp/hoard.out"
expect_status '.totals.pending_bytes == 262144'
expect_exit 0 "$multiconn" -q 127.0.0.1 "$port" 20
exec 5>&-
expect_end "$hoard" 0
wait_until 5 expect_idle
expect_status '.totals.received_bytes == .totals.sent_bytes'
stop_echod
