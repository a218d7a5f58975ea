#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# A real HAProxy in front, with either version of its header: every byte comes back, echod knows the
# clients by their own addresses, and takes its sum of a header for right. It also reads the headers
# that multiconn makes.
. "${top_srcdir:-.}/tests/system/lib.sh"
need haproxy nc

cat >"$tmp/echod.conf" <<'CONF'
log = { access = true; };
listeners = {
  one = { address = "127.0.0.1"; port = 0; proxy-protocol = "v1"; proxy-trusted = "127.0.0.1"; };
  two = { address = "127.0.0.1"; port = 0; proxy-protocol = "v2"; proxy-trusted = "127.0.0.1"; };
  mirror = { address = "127.0.0.1"; port = 0; proxy-protocol = "any"; proxy-trusted = "127.0.0.1";
    service = "reflect"; };
};
CONF
start_echod -n 3 --config "$tmp/echod.conf"

# port_of NAME: where echod's listener is.
port_of() {
  status | jq ".listeners[] | select(.name == \"$1\").port"
}

# HAProxy takes no port 0: five below the kernel's own range, and others when these are in use. It
# binds all or ends.
is_up() {
  echo 'show info' | nc -NU "$tmp/haproxy.sock" | grep -q Uptime
}
is_up_or_gone() {
  is_up || gone "$haproxy"
}
front=$((20000 + $$ % 10000))
for attempt in 1 2 3 4 5 6 7 8; do
  front=$((front + 5 * attempt))
  cat >"$tmp/haproxy.cfg" <<CFG
global
  stats socket $tmp/haproxy.sock
  maxconn 1000
  noreuseport
defaults
  mode tcp
  timeout connect 30s
  timeout client 60s
  timeout server 60s
listen one
  bind 127.0.0.1:$front
  server echod 127.0.0.1:$(port_of one) send-proxy
listen two
  unique-id-format %{+X}o%ci:%cp
  bind 127.0.0.1:$((front + 1))
  server echod 127.0.0.1:$(port_of two) send-proxy-v2 proxy-v2-options crc32c,unique-id
listen mirror_one
  bind 127.0.0.1:$((front + 2))
  server echod 127.0.0.1:$(port_of mirror) send-proxy
listen mirror_two
  bind 127.0.0.1:$((front + 3))
  server echod 127.0.0.1:$(port_of mirror) send-proxy-v2
listen relay
  bind 127.0.0.1:$((front + 4)) accept-proxy
  server echod 127.0.0.1:$(port_of mirror) send-proxy-v2 proxy-v2-options crc32c
CFG
  haproxy -db -f "$tmp/haproxy.cfg" >"$tmp/haproxy.log" 2>&1 &
  haproxy=$!
  wait_until 20 is_up_or_gone
  is_up && break
done
is_up || fail "haproxy does not start: $(cat "$tmp/haproxy.log")"
end_at_exit "$haproxy"

for port in "$front" "$((front + 1))"; do
  expect_exit 0 "$multiconn" -q -B 127.0.0.3 127.0.0.1 "$port" 100
done
wait_until 10 expect_idle
expect_status '.totals.accepted == 200 and .totals.closed.peer == 200 and
  .totals.rejected.proxy == 0 and ([.listeners[].accepted] == [100, 100, 0])'
for name in one two; do
  got=$(grep -Ec "access.* 127\.0\.0\.3:[0-9]+ through 127\.0\.0\.1:[0-9]+ to listener '$name': 44 " "$echod_err")
  [ "$got" -eq 100 ] || fail "of 100 clients of listener '$name' $got are in the log"
done

# Whom multiconn names to HAProxy, HAProxy names to echod.
for version in v1 v2; do
  expect_exit 0 "$multiconn" -q --proxy "$version" --service reflect 127.0.0.1 $((front + 4)) 20
  for client in 192.0.2.7 2001:db8::7; do
    case $client in *:*) source="[$client]:4711" ;; *) source=$client:4711 ;; esac
    expect_exit 0 "$multiconn" --proxy "$version,src=$source" --service reflect 127.0.0.1 \
      $((front + 4)) 1
    expect_match "$tmp/stdout" "\"peer\": ?\{\"address\": ?\"$client\", ?\"port\": ?4711\}"
  done
done

# reflect shows its header, with this very client and what it asked for in it.
if command -v python3 >/dev/null; then
  for version in 1 2; do
    expect_exit 0 python3 "$top_srcdir/tests/system/reflect.py" through 127.0.0.1 \
      $((front + 1 + version)) "$version" 127.0.0.3
  done
fi
stop_echod
