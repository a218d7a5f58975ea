#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# Reasons for which a datagram is not answered, each with its counter; udp-spoof.sh has those that
# need a false source.

. "${top_srcdir:-.}/tests/system/lib.sh"
need python3
udp() { python3 "$top_srcdir/tests/system/udp.py" "$@"; }

# dropped REASON N: the last daemon has dropped so many for this reason.
dropped() {
  status | jq -e ".totals.datagrams_dropped.$1 == $2" >/dev/null
}

# free_port: a UDP port on which nobody listens. On 127.0.0.1 some other test's client may have it by
# the time that it is used.
free_port() {
  python3 -c 'import socket; s = socket.socket(type=socket.SOCK_DGRAM)
s.bind(("", 0)); print(s.getsockname()[1])'
}

reflector=$(free_port)
# One worker, because each gets its own copy of a broadcast.
cat >"$tmp/a.conf" <<CONF
workers = 1;
reflector-ports = [ $reflector ];
listeners = {
  a = { address = "127.0.0.1"; port = 0; transport = "udp"; deny = "127.0.0.9"; };
  slow = { address = "127.0.0.1"; port = 0; transport = "udp"; udp-rate = 1; udp-burst = 3; };
  any = { address = "0.0.0.0"; port = 0; transport = "udp"; };
  tcp = { address = "127.0.0.1"; port = 0; };
};
CONF
start_echod -n 4 --config "$tmp/a.conf"
a=$(echod_port udp a)
slow=$(echod_port udp slow)

expect_exit 0 udp send 127.0.0.1 "$a" 2 127.0.0.2 "$slow"
wait_until 10 dropped own_port 2
expect_exit 0 udp send 127.0.0.1 "$a" 3 127.0.0.6 "$reflector"
wait_until 10 dropped reflector_port 3
expect_exit 0 udp send 127.0.0.1 "$a" 4 127.0.0.9
wait_until 10 dropped acl 4
# slow_has_done N: so many datagrams came there, and each was answered or dropped.
slow_has_done() {
  status | jq -e ".listeners[] | select(.name == \"slow\") |
    .datagrams_received == $1 and .datagrams_sent + .datagrams_dropped == $1"
}
# Three, and one more for each second that a slow machine takes for ten.
began=$(date +%s)
expect_exit 0 udp send 127.0.0.1 "$slow" 10
wait_until 10 slow_has_done 10
took=$(($(date +%s) - began + 1))
limited=$(status | jq .totals.datagrams_dropped.rate)
if [ "$limited" -gt 7 ] || [ "$limited" -lt $((7 - took)) ]; then
  fail "of ten datagrams $limited were too many"
fi
expect_exit 0 udp broadcast 127.255.255.255 "$(echod_port udp any)"
wait_until 10 dropped send 1
# A port of ours that has no datagrams is anybody's.
expect_exit 0 udp order 127.0.0.1 "$a" 100 127.0.0.2 "$(echod_port tcp)"
# A worker counts an answer after the client may have it.
all_left() {
  status | jq -e ".totals.datagrams_sent == 110 - $limited"
}
wait_until 10 all_left
expect_status "[.totals.datagrams_dropped[]] | add == 10 + $limited"
expect_status ".totals | .datagrams_received == 120 and .datagrams_sent == 110 - $limited"
expect_status ".listeners[] | select(.name == \"slow\") | .datagrams_received == 10
  and .datagrams_sent == 10 - $limited and .datagrams_dropped == $limited"
expect_match "$echod_err" "listener 'a': datagram from 127.0.0.9:[0-9]+ dropped: acl"
stop_echod

# A source is a network: two of its hosts share what one may have, a third has its own. A token more
# comes each second.
cat >"$tmp/b.conf" <<CONF
source-prefix-ipv4 = 24;
listeners = { slow = { address = "127.0.0.1"; port = 0; transport = "udp"; udp-rate = 1; udp-burst = 100; }; };
CONF
start_echod --config "$tmp/b.conf"
began=$(date +%s)
for source in 127.0.5.1 127.0.5.2 127.0.6.1; do
  expect_exit 0 udp send 127.0.0.1 "$(echod_port)" 100 $source
done
all_came() {
  status | jq -e '.totals.datagrams_received == 300' >/dev/null
}
wait_until 10 all_came
took=$(($(date +%s) - began + 1))
expect_status ".totals.datagrams_dropped.rate | . <= 100 and . >= 100 - $took"
stop_echod
