#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# Every byte of a thousand connections comes back, with every selector back end, over IPv4, IPv6 and
# Unix sockets, and the daemon's own counts agree.

. "${top_srcdir:-.}/tests/system/lib.sh"

for selector in $(selectors); do
  start_echod --selector "$selector" --workers 2 127.0.0.1 0
  expect_exit 0 "$multiconn" -q --selector "$selector" --control "$ECHOD_SOCKET" \
    127.0.0.1 "$(echod_port)" 1000
  wait_until 10 expect_idle
  expect_exit 0 "$echoctl" status --json
  expect_json ".selector == \"$selector\" and .totals.accepted == 1000 and .totals.active == 0"
  expect_json '.totals.closed.peer == 1000 and .totals.received_bytes == .totals.sent_bytes'
  stop_echod
done

# All addresses, one port for both families.
start_echod -n "$(ipv6_works && echo 2 || echo 1)" '*' 0
expect_exit 0 "$multiconn" -q 127.0.0.1 "$(echod_port)" 3
if ipv6_works; then
  expect_exit 0 "$multiconn" -q ::1 "$(echod_port)" 3
fi
stop_echod

cat >"$tmp/unix.conf" <<CONF
listeners = { local = { address = "$tmp/run/echo.sock"; transport = [ "unix" ]; service = "echo"; }; };
CONF
start_echod --config "$tmp/unix.conf"
expect_exit 0 "$multiconn" -q --unix "$tmp/run/echo.sock" 100
expect_exit 0 "$echoctl" status --json
expect_json ".listeners[0].path == \"$tmp/run/echo.sock\" and .listeners[0].accepted == 100"
stop_echod
[ ! -e "$tmp/run/echo.sock" ] || fail "the Unix socket's node is left behind"
[ ! -e "$ECHOD_SOCKET" ] || fail "the control socket's node is left behind"
