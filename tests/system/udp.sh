#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# Echo over UDP: datagrams of every size come back whole, from the address that was hit, in the order
# of their flow, with every selector back end; TCP is served on the same port; a stop answers what
# waits.

. "${top_srcdir:-.}/tests/system/lib.sh"
need python3
udp() { python3 "$top_srcdir/tests/system/udp.py" "$@"; }

ipv6=
! ipv6_works || ipv6=', "::1"'
cat >"$tmp/any.conf" <<CONF
workers = 4;
listeners = { echo = { address = [ "0.0.0.0"$ipv6 ]; port = 0; transport = [ "udp", "tcp" ];
  udp-rate = "off"; }; };
CONF
endpoints=2
[ -z "$ipv6" ] || endpoints=4

for selector in $(selectors); do
  start_echod -n $endpoints --selector "$selector" --config "$tmp/any.conf"
  port=$(echod_port udp echo)
  [ "$port" = "$(echod_port tcp echo)" ] || fail "TCP has another port"
  expect_exit 0 udp sizes 127.0.0.1 "$port"
  expect_exit 0 udp sizes 127.0.0.2 "$port"
  [ -z "$ipv6" ] || expect_exit 0 udp sizes ::1 "$port"
  expect_exit 0 "$multiconn" -q 127.0.0.1 "$port" 10
  expect_exit 0 udp vanish 127.0.0.1 "$port" 100
  expect_exit 0 udp order 127.0.0.1 "$port" 1000
  stop_echod
done

# 20,000 of one flow, in order though four workers serve; then flows that reach more than one.
start_echod -n $endpoints --config "$tmp/any.conf"
port=$(echod_port udp echo)
# sent N: so many have left, which a worker counts after the client may have them; and their bytes.
sent() {
  status | jq -e "[.listeners[] | select(.transport == \"udp\")] |
    map(.datagrams_sent) == map(.datagrams_received) and (map(.datagrams_sent) | add) == $1 and
    map(.sent_bytes) == map(.received_bytes)"
}
expect_exit 0 udp order 127.0.0.1 "$port" 20000
wait_until 10 sent 20000
expect_exit 0 udp flows 127.0.0.1 "$port" 100
wait_until 10 sent 20100
expect_status '.totals | .datagrams_received == 20100 and .datagrams_sent == 20100
  and .received_bytes == .sent_bytes and .accepted == 0 and .active == 0
  and ([.datagrams_dropped[]] | add) == 0'
expect_exit 0 "$echoctl" status
expect_match "$tmp/stdout" '^datagrams +20100 received, 20100 answered, 0 dropped$'

# Nobody else may bind there, and a second daemon is told so.
cat >"$tmp/second.conf" <<CONF
listeners = { again = { address = "127.0.0.1"; port = $port; transport = "udp"; }; };
CONF
expect_exit 1 "$echod" --config "$tmp/second.conf" --control-socket "$tmp/second.sock" \
  --pid-file "$tmp/second.pid"
expect_match "$tmp/stderr" "listener 'again': cannot listen on udp 127.0.0.1 $port: .*in use"

# What waits when the daemon stops is answered first: more than one turn of a worker's loop does.
for pid in $(children_of "$echod_pid"); do kill -STOP "$pid"; done
mkfifo "$tmp/hold.in" "$tmp/hold.out"
udp hold 127.0.0.1 "$port" 300 <"$tmp/hold.in" >"$tmp/hold.out" &
held=$!
end_at_exit "$held"
exec 5>"$tmp/hold.in"
read -r line <"$tmp/hold.out"
[ "$line" = sent ] || fail "the client said '$line'"
workers=$(children_of "$echod_pid")
kill -TERM "$echod_pid"
for pid in $workers; do kill -CONT "$pid"; done
expect_end "$echod_pid" 0
echo >&5
exec 5>&-
expect_end "$held" 0

# The transcript shows each answer.
cat >"$tmp/one.conf" <<'CONF'
listeners = { echo = { address = "127.0.0.1"; port = 0; transport = "udp"; }; };
CONF
start_echod --transcript --config "$tmp/one.conf"
expect_match "$echod_out" "^listening on \('127.0.0.1', [0-9]+\)$"
expect_exit 0 udp order 127.0.0.1 "$(echod_port)" 2
stop_echod
expect_match "$echod_out" "^echoing b'1' to \('127.0.0.1', [0-9]+\)$"
