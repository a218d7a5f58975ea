#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# Each small service over TCP and a Unix socket, verified by multiconn, with every selector back end;
# the daemon's counts agree, and each connection ends for the reason that fits its service.

. "${top_srcdir:-.}/tests/system/lib.sh"
services='discard chargen daytime time reflect'

{
  echo 'listeners = {'
  for service in $services; do
    echo "  $service = { address = \"127.0.0.1\"; port = 0; service = \"$service\"; };"
    echo "  u-$service = { transport = \"unix\"; address = \"$tmp/run/$service.sock\";"
    echo "    service = \"$service\"; };"
  done
  echo '  message = { address = "127.0.0.1"; port = 0; service = "message"; };'
  echo '  echo = { address = "127.0.0.1"; port = 0; };'
  echo '};'
} >"$tmp/services.conf"

for selector in $(selectors); do
  start_echod -n 12 --selector "$selector" --workers 2 --config "$tmp/services.conf"
  for service in $services; do
    expect_exit 0 "$multiconn" -q --selector "$selector" --service "$service" 127.0.0.1 \
      "$(echod_port tcp "$service")" 20
    expect_match "$tmp/stdout" '^20 connections asked, 20 verified, 0 failed; '
    expect_exit 0 "$multiconn" -q --service "$service" --unix "$tmp/run/$service.sock" 5
  done
  wait_until 5 expect_idle
  expect_status '[.listeners[] | select(.service == "daytime" or .service == "time"
    or .service == "reflect") | .accepted] | add == 75'
  expect_status '.totals.closed.service == 75 and .totals.closed.protocol == 0
    and .totals.closed.error == 0'
  expect_status '.listeners[] | select(.name == "discard")
    | .received_bytes == 880 and .sent_bytes == 0'
  expect_status '.listeners[] | select(.name == "time") | .sent_bytes == 80'
  for service in discard daytime time reflect; do
    expect_exit 0 "$multiconn" -q --control "$ECHOD_SOCKET" --service "$service" 127.0.0.1 \
      "$(echod_port tcp "$service")" 10
    expect_match "$tmp/stdout" "; the server's counts agree\$"
  done
  # Chargen has no end: how much of it nobody read any more is chance.
  expect_exit 0 "$multiconn" -q --control "$ECHOD_SOCKET" --service chargen 127.0.0.1 \
    "$(echod_port tcp chargen)" 10
  expect_match "$tmp/stdout" "; the server's counts agree(, with [0-9]+ bytes that were on their way when we stopped reading)?\$"
  stop_echod
done

# What multiconn says of them.
start_echod -n 12 --workers 1 --config "$tmp/services.conf"
expect_exit 0 "$multiconn" --service time 127.0.0.1 "$(echod_port tcp time)" 1
expect_match "$tmp/stdout" '; time differs by [+-][0-9]+ s$'
expect_exit 0 "$multiconn" --service daytime 127.0.0.1 "$(echod_port tcp daytime)" 1
expect_match "$tmp/stdout" "^received b'[A-Z][a-z]+day, [A-Z][a-z]+ [0-9]+, [0-9]{4} [0-9:]{8}-UTC\\\\r\\\\n' from connection 1\$"

# A server that does something else is found out.
expect_exit 4 "$multiconn" -q --service time 127.0.0.1 "$(echod_port tcp daytime)" 1
expect_match "$tmp/stderr" 'connection 1: mismatch at offset 4: expected nothing more, received '
expect_exit 4 "$multiconn" -q --service chargen 127.0.0.1 "$(echod_port tcp daytime)" 1
expect_match "$tmp/stderr" 'mismatch at offset 0: expected the pattern of RFC 864, received '
expect_exit 4 "$multiconn" -q --service discard 127.0.0.1 "$(echod_port tcp echo)" 1
expect_match "$tmp/stderr" 'mismatch at offset 0: expected nothing at all, received '
expect_exit 4 "$multiconn" -q --service daytime 127.0.0.1 "$(echod_port tcp time)" 1
expect_match "$tmp/stderr" 'mismatch at offset 0: expected a printable character'
expect_exit 4 "$multiconn" -q --service reflect 127.0.0.1 "$(echod_port tcp echo)" 1
expect_match "$tmp/stderr" 'expected a line with a JSON object'
expect_exit 4 "$multiconn" -q --timeout 500ms --service chargen 127.0.0.1 \
  "$(echod_port tcp discard)" 1
expect_match "$tmp/stderr" 'timeout at offset 0: the rest of the answer is missing'

# chargen stops where its peer does not read, and whoever reads as fast as it can delays nobody.
if command -v nc >/dev/null; then
  made() {
    status | jq '.listeners[] | select(.name == "chargen").sent_bytes'
  }
  # stands_still: what is made is made, for as long as somebody else is served meanwhile.
  stands_still() {
    before=$(made)
    expect_exit 0 "$multiconn" -q 127.0.0.1 "$(echod_port tcp echo)" 20
    [ "$before" -gt "$already" ] && [ "$(made)" -eq "$before" ]
  }
  already=$(made)
  nc -d 127.0.0.1 "$(echod_port tcp chargen)" 2>/dev/null | sh -c 'read -r line; exec sleep 100' &
  end_at_exit $!
  # Once may be chance: nc itself reads on when it has its turn.
  goes_on_no_more() {
    stands_still && stands_still
  }
  wait_until 20 goes_on_no_more
  expect_status '.totals.pending_bytes > 0 and .totals.pending_bytes <= 65536'
  nc -d 127.0.0.1 "$(echod_port tcp chargen)" >/dev/null 2>&1 &
  end_at_exit $!
  is_served() {
    status | jq -e '.listeners[] | select(.name == "chargen") | .active == 2' >/dev/null
  }
  wait_until 10 is_served
  expect_exit 0 "$multiconn" -q 127.0.0.1 "$(echod_port tcp echo)" 20
  expect_status '.totals.pending_bytes <= 2 * 65536'
fi
stop_echod
