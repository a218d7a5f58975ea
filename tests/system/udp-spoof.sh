#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# Datagrams with false sources, in a network of our own: each is dropped for its reason. Two daemons
# that one such datagram points at each other exchange a handful, and stop.

if [ -z "${UDP_NETWORK-}" ]; then
  command -v ip >/dev/null || { echo "SKIP: needs ip"; exit 77; }
  unshare -rn true 2>/dev/null || { echo "SKIP: no network namespace may be made here"; exit 77; }
  UDP_NETWORK=ours
  export UDP_NETWORK
  exec unshare -rn sh "$0"
fi

. "${top_srcdir:-.}/tests/system/lib.sh"
need python3
udp() { python3 "$top_srcdir/tests/system/udp.py" "$@"; }
ip link set dev lo up

# dropped REASON N: the last daemon has dropped so many for this reason.
dropped() {
  status | jq -e ".totals.datagrams_dropped.$1 == $2" >/dev/null
}

# One worker, so that the one that remembers the loopback interface has to tell another from it.
cat >"$tmp/a.conf" <<'CONF'
user = "root"; workers = 1;
listeners = {
  a = { address = "127.0.0.1"; port = 4000; transport = "udp"; udp-rate = 1; udp-burst = 10; };
  any = { address = "0.0.0.0"; port = 4001; transport = "udp"; };
};
CONF
start_echod -n 2 --config "$tmp/a.conf"

expect_exit 0 udp spoof 127.0.0.1 4000 127.0.0.1 0
wait_until 10 dropped port_zero 1
expect_exit 0 udp spoof 127.0.0.1 4000 127.0.0.1 4000
wait_until 10 dropped self 1
expect_exit 0 udp spoof 127.0.0.1 4000 127.0.0.1 4001
wait_until 10 dropped own_port 1
expect_exit 0 udp spoof 127.0.0.1 4000 192.0.2.1 7
wait_until 10 dropped reflector_port 1
for source in 0.1.2.3 224.0.0.1 239.255.255.250 255.1.2.3; do
  expect_exit 0 udp spoof 127.0.0.1 4000 "$source" 5000
done
wait_until 10 dropped bad_source 4
# No way leads to that network, so the answer cannot be sent.
expect_exit 0 udp spoof 127.0.0.1 4000 192.0.2.1 5000
wait_until 10 dropped send 1
expect_status '.totals | .datagrams_received == 9 and .datagrams_sent == 0'

# A loopback source that comes by a wire: the kernel itself keeps it out unless it is told not to. The
# interface's index has the last bits of the loopback interface's, 1.
if ip link add v0 index 17 address 02:00:00:00:00:02 type veth peer name v1 2>/dev/null; then
  ip link set dev v0 up
  ip link set dev v1 up
  ip address add 192.0.2.9/24 dev v0
  for setting in route_localnet=1 accept_local=1 rp_filter=0; do
    echo "${setting#*=}" >"/proc/sys/net/ipv4/conf/v0/${setting%=*}"
    echo "${setting#*=}" >"/proc/sys/net/ipv4/conf/all/${setting%=*}"
  done
  expect_exit 0 udp inject 192.0.2.9 4001 127.0.0.1 5000 v1 02:00:00:00:00:02
  wait_until 10 dropped loopback_elsewhere 1
else
  echo "no veth here: loopback_elsewhere is not tested"
fi

# Another daemon, on another port: nothing but the rate tells that it is no client.
cat >"$tmp/b.conf" <<'CONF'
user = "root";
listeners = {
  b = { address = "127.0.0.1"; port = 5000; transport = "udp"; udp-rate = 1; udp-burst = 10; };
};
CONF
first=$echod_pid
start_echod --config "$tmp/b.conf" --control-socket "$tmp/run/b.sock" --pid-file "$tmp/b.pid"

# sum FILTER: of both daemons' totals.
sum() {
  { status && "$echoctl" -s "$tmp/run/b.sock" --json status; } | jq -s "map(.totals | $1) | add"
}
ended() {
  [ "$(sum .datagrams_dropped.rate)" -eq "$1" ]
}

before=$(sum .datagrams_sent)
expect_exit 0 udp spoof 127.0.0.1 4000 127.0.0.1 5000
wait_until 10 ended 1
exchanged=$(($(sum .datagrams_sent) - before))
echo "$exchanged datagrams went to and fro"
if [ "$exchanged" -lt 10 ] || [ "$exchanged" -gt 40 ]; then
  fail "$exchanged datagrams were exchanged"
fi

# With equal ports the first one is already known for what it is.
cat >"$tmp/c.conf" <<'CONF'
user = "root";
listeners = { c = { address = "127.0.0.2"; port = 4000; transport = "udp"; }; };
CONF
stop_echod
start_echod --config "$tmp/c.conf" --control-socket "$tmp/run/b.sock" --pid-file "$tmp/b.pid"
expect_exit 0 udp spoof 127.0.0.1 4000 127.0.0.2 4000
wait_until 10 dropped own_port 2
[ "$(sum .datagrams_sent)" -le $((before + exchanged)) ] || fail "the two have talked"
stop_echod
stop_echod "$first"

# One socket for all addresses of a family: each of them answers for itself. And a source is a network
# of IPv6, too, of 56 bits unless told.
ip address add 198.51.100.7/32 dev lo
hosts='127.0.0.1 127.0.0.5 198.51.100.7'
six=
if ipv6_works; then
  six='2001:db8:1:100::1 2001:db8:1:1ff::1 2001:db8:1:200::1'
  for host in $six; do
    ip -6 address add "$host/128" dev lo nodad || fail "no address $host"
  done
fi
cat >"$tmp/d.conf" <<'CONF'
user = "root";
listeners = {
  wide = { address = "*"; port = 4002; transport = "udp"; udp-rate = "off"; };
  slow = { address = "*"; port = 4003; transport = "udp"; udp-rate = 1; udp-burst = 100; };
};
CONF
start_echod -n $((${#six} > 0 ? 4 : 2)) --config "$tmp/d.conf"
# From another address than that, which an answer would leave from by chance.
for host in $hosts; do
  expect_exit 0 udp sizes "$host" 4002 127.0.0.9
done
for host in $six; do
  expect_exit 0 udp sizes "$host" 4002 ::1
done
[ -z "$six" ] || expect_exit 0 udp sizes ::1 4002 "${six%% *}"
# A link-local address has no meaning without its interface, also where the client's own has no link.
if [ -n "$six" ] && [ -e /sys/class/net/v0 ]; then
  for host in fe80::7/64 2001:db8:2::7/64; do
    ip -6 address add "$host" dev v0 nodad || fail "no address $host"
  done
  expect_exit 0 udp sizes fe80::7%v0 4002 2001:db8:2::7
fi
expect_status '([.totals.datagrams_dropped[]] | add) == 0'
if [ -n "$six" ]; then
  began=$(date +%s)
  for source in $six; do
    expect_exit 0 udp send ::1 4003 100 "$source"
  done
  all_came() {
    status | jq -e '[.listeners[] | select(.name == "slow")] |
      (map(.datagrams_received) | add) == 300 and
      (map(.datagrams_sent + .datagrams_dropped) | add) == 300' >/dev/null
  }
  wait_until 10 all_came
  took=$(($(date +%s) - began + 1))
  expect_status ".totals.datagrams_dropped.rate | . <= 100 and . >= 100 - $took"
fi
stop_echod
