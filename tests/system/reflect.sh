#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# reflect tells what the network did, and each of its answers is compared with what the other end of
# the same connection knows: addresses, time, hop limit, DSCP and ECN as they arrived, segment size,
# window scales, retransmissions, and a proxy's header byte for byte. TCP, UDP, Unix; IPv4, IPv6.

. "${top_srcdir:-.}/tests/system/lib.sh"
need python3
case $(uname) in Linux) ;; *) skip "what the kernel tells is only known of Linux" ;; esac
reflect() { expect_exit 0 python3 "$top_srcdir/tests/system/reflect.py" "$@"; }

six=
hosts=127.0.0.1
! ipv6_works || { six=', "::1"' hosts='127.0.0.1 ::1'; }
behind='service = "reflect"; proxy-protocol = "any"; proxy-trusted = [ "127.0.0.1", "::1" ];'
cat >"$tmp/reflect.conf" <<CONF
listeners = {
  open = { address = [ "127.0.0.1"$six ]; port = 0; service = "reflect"; transport = [ "tcp", "udp" ]; };
  local = { transport = "unix"; address = "$tmp/run/reflect.sock"; service = "reflect"; };
  near = { transport = "unix"; address = "$tmp/run/near.sock"; $behind };
  behind = { address = [ "127.0.0.1"$six ]; port = 0; $behind };
  wide = { address = "0.0.0.0"; port = 0; service = "reflect"; transport = [ "tcp", "udp" ]; };
  tight = { address = "127.0.0.1"; port = 0; max-pending = "1k"; $behind };
};
CONF
# Per host: TCP, UDP and behind; and the five others.
start_echod -n $((${#six} > 0 ? 11 : 8)) --workers 2 --config "$tmp/reflect.conf"
asked=0
for host in $hosts; do
  reflect tcp "$host" "$(echod_port tcp open)"
  reflect udp "$host" "$(echod_port udp open)"
  reflect proxied "$host" "$(echod_port tcp behind)"
  asked=$((asked + 1 + 15))
  code=0
  python3 "$top_srcdir/tests/system/reflect.py" lossy "$host" "$(echod_port tcp open)" || code=$?
  case $code in
    0) asked=$((asked + 1)) ;;
    77) echo "no filter may be set here: retransmissions are not tested" ;;
    *) fail "what reflect says of retransmissions is wrong" ;;
  esac
done
# What was hit is told, not what the socket is bound to.
reflect tcp 127.0.0.5 "$(echod_port tcp wide)"
reflect udp 127.0.0.5 "$(echod_port udp wide)"
asked=$((asked + 1))
reflect unix "$tmp/run/reflect.sock" 0
reflect unix_proxied "$tmp/run/near.sock" 0
reflect long_header 127.0.0.1 "$(echod_port tcp tight)"
wait_until 10 expect_idle
n=$(echo "$hosts wide" | wc -w)
# A worker counts an answer after the client may have it.
all_left() {
  status | jq -e ".totals.datagrams_sent == 2 * $n"
}
wait_until 10 all_left
expect_status ".totals.datagrams_received == 3 * $n and .totals.datagrams_sent == 2 * $n and
  .totals.datagrams_dropped.short == $n"
expect_status ".totals.closed.service == $asked + 3 and .totals.pending_bytes == 0 and
  ([.totals.closed[]] | add) == .totals.closed.service"
stop_echod
