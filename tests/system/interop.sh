#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# Clients that are not ours send 10 MiB of random bytes over TCP and a Unix socket, end their side,
# and get every byte back: socat and nc, whichever are there.

. "${top_srcdir:-.}/tests/system/lib.sh"
found=
for client in socat nc; do
  command -v "$client" >/dev/null && found="$found $client"
done
[ -n "$found" ] || skip "needs socat or nc"

head -c 10485760 /dev/urandom >"$tmp/random"
cat >"$tmp/echo.conf" <<CONF
listeners = {
  tcp = { address = [ "127.0.0.1", "::1" ]; port = 0; };
  unix = { transport = "unix"; address = "$tmp/run/echo.sock"; };
};
CONF
endpoints=3
if ! ipv6_works; then
  endpoints=2
  sed -i 's/, "::1"//' "$tmp/echo.conf"
fi
start_echod -n "$endpoints" --workers 2 --config "$tmp/echo.conf"
port=$(echod_port tcp)

# comes_back COMMAND...: whole, byte for byte.
comes_back() {
  "$@" <"$tmp/random" >"$tmp/echoed" || fail "failed: $*"
  cmp "$tmp/random" "$tmp/echoed" || fail "not what was sent: $*"
  n=$((n + 1))
}

n=0
case $found in *socat*)
  comes_back socat -t 30 - "TCP:127.0.0.1:$port"
  comes_back socat -t 30 - "UNIX-CONNECT:$tmp/run/echo.sock"
  ! ipv6_works || comes_back socat -t 30 - "TCP6:[::1]:$port" ;;
esac
# -N, to end its side, is netcat-openbsd's.
if nc -h 2>&1 | grep -q -e '-N'; then
  comes_back nc -N 127.0.0.1 "$port"
  comes_back nc -N -U "$tmp/run/echo.sock"
fi
wait_until 5 expect_idle
expect_status ".totals.accepted == $n and .totals.closed.peer == $n
  and .totals.received_bytes == $n * 10485760 and .totals.sent_bytes == $n * 10485760"
stop_echod
