#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# multiconn --bind, in a network of our own where an address has a hundred ports: a range has as many
# for each of its addresses, and for each server anew. What -4, -6 and --bind say of a name.

if [ -z "${BIND_NETWORK-}" ]; then
  command -v ip >/dev/null || { echo "SKIP: needs ip"; exit 77; }
  unshare -rn true 2>/dev/null || { echo "SKIP: no network namespace may be made here"; exit 77; }
  BIND_NETWORK=ours
  export BIND_NETWORK
  exec unshare -rn sh "$0"
fi

. "${top_srcdir:-.}/tests/system/lib.sh"
ip link set dev lo up
echo '40000 40099' >/proc/sys/net/ipv4/ip_local_port_range || skip "the range of ports cannot be set"

addresses='"127.0.0.1"'
endpoints=3
if ipv6_works; then
  addresses='"127.0.0.1", "::1"'
  endpoints=6
  for host in 2 3 4 5; do
    ip address add "2001:db8::$host/128" dev lo nodad
  done
fi
cat >"$tmp/bind.conf" <<CONF
user = "root"; log = { access = true; };
listeners = {
  one = { address = [ $addresses ]; port = 4001; };
  two = { address = [ $addresses ]; port = 4002; };
  datagrams = { address = [ $addresses ]; port = 4003; transport = "udp"; };
};
CONF
start_echod -n "$endpoints" --workers 2 --config "$tmp/bind.conf"

# come_from ADDRESS COUNT: so many connections had this source, each with a port of its own.
come_from() {
  grep -Eo "^.* $1:[0-9]+ to listener" "$echod_err" | grep -Eo "$1:[0-9]+" | sort -u >"$tmp/sources"
  [ "$(wc -l <"$tmp/sources")" -eq "$2" ]
}

# One address, which is the kernel's choice or ours, has no more.
expect_exit 3 "$multiconn" -q 127.0.0.1 4001 150
expect_match "$tmp/stdout" '^150 connections asked, 100 verified, 50 failed; '
expect_line "$tmp/stderr" 'multiconn: local-limit: 50 connections in all'
expect_exit 3 "$multiconn" -q -B 127.0.0.30 127.0.0.1 4001 101
expect_match "$tmp/stdout" '^101 connections asked, 100 verified, 1 failed; '

# Eight have eight times as many.
expect_exit 0 "$multiconn" -q -B 127.0.0.2-127.0.0.9 127.0.0.1 4001 800
expect_match "$tmp/stdout" '^800 connections asked, 800 verified, 0 failed; '
for host in 2 3 4 5 6 7 8 9; do
  wait_until 10 come_from "127\.0\.0\.$host" 100
done
come_from '127\.0\.0\.10' 0 || fail "an address outside the range was used"

# A port that is taken for one server is free for another: bind(2) does not choose it.
expect_exit 0 "$multiconn" -q --bind 127.0.0.20 127.0.0.1 4001 100
expect_exit 0 "$multiconn" -q --bind 127.0.0.20 127.0.0.1 4002 100

# Datagrams, and an address that is not ours.
expect_exit 0 "$multiconn" -q --udp -B 127.0.0.40-127.0.0.41 127.0.0.1 4003 150
expect_exit 3 "$multiconn" -q -B 192.0.2.1-192.0.2.2 127.0.0.1 4001 2
expect_match "$tmp/stderr" '^multiconn: connection 2: local-limit: '

# ---- Families, with a server whose connections have left ports free ----

expect_exit 0 "$multiconn" -4 localhost 4002 1
expect_line "$tmp/stdout" "starting connection 1 to ('127.0.0.1', 4002)"
expect_exit 0 "$multiconn" -4 -B 127.0.0.3 localhost 4002 1
expect_line "$tmp/stdout" "starting connection 1 to ('127.0.0.1', 4002)"
expect_exit 0 "$multiconn" -q -4 127.0.0.1 4002 1
expect_exit 3 "$multiconn" -q -4 ::1 4002 1
expect_match "$tmp/stderr" '^multiconn: ::1: dns: '
expect_exit 3 "$multiconn" -q -B 127.0.0.3 ::1 4002 1
expect_match "$tmp/stderr" '^multiconn: ::1: dns: '
expect_exit 2 "$multiconn" -6 -B 127.0.0.3 127.0.0.1 4002 1
ipv6_works || { stop_echod; exit 0; }
expect_exit 0 "$multiconn" -q -6 ::1 4002 1
expect_exit 0 "$multiconn" -q -6 -B ::1 ::1 4002 1
expect_exit 3 "$multiconn" -q -6 127.0.0.1 4002 1
expect_exit 0 "$multiconn" -q -B 2001:db8::2-2001:db8::5 ::1 4002 400
come_from_ipv6() {
  come_from '\[2001:db8::5\]' 100
}
wait_until 10 come_from_ipv6
expect_exit 0 "$multiconn" -q --udp -B 2001:db8::2-2001:db8::5 ::1 4003 100
if getent ahostsv6 localhost | grep -q '^::1 '; then
  expect_exit 0 "$multiconn" -6 localhost 4002 1
  expect_line "$tmp/stdout" "starting connection 1 to ('::1', 4002, 0, 0)"
  expect_exit 0 "$multiconn" -B 2001:db8::4 localhost 4001 1
  expect_line "$tmp/stdout" "starting connection 1 to ('::1', 4001, 0, 0)"
fi
stop_echod
