#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# multiconn --proxy begins each connection with a header that echod understands: it tells our own end
# or the client that we name, over IPv4, IPv6 and Unix sockets, and is never counted or verified. A
# server that does not understand it is found out.
. "${top_srcdir:-.}/tests/system/lib.sh"

hosts=127.0.0.1
addresses='"127.0.0.1"'
if ipv6_works; then
  hosts='127.0.0.1 ::1'
  addresses='"127.0.0.1", "::1"'
fi
rules="address = [ $addresses ]; port = 0; proxy-trusted = [ $addresses ];"
cat >"$tmp/proxy.conf" <<CONF
log = { access = true; };
listeners = {
  v1 = { $rules proxy-protocol = "v1"; };
  v2 = { $rules proxy-protocol = "v2"; };
  reflect = { $rules proxy-protocol = "any"; service = "reflect"; };
  discard = { $rules proxy-protocol = "any"; service = "discard"; };
  chargen = { $rules proxy-protocol = "any"; service = "chargen"; };
  message = { $rules proxy-protocol = "any"; service = "message"; };
  plain = { address = [ $addresses ]; port = 0; };
  path = { transport = "unix"; address = "$tmp/run/reflect.sock"; proxy-protocol = "any";
    service = "reflect"; };
};
CONF
endpoints=8
! ipv6_works || endpoints=15

for selector in $(selectors); do
  start_echod -n "$endpoints" --selector "$selector" --workers 2 --config "$tmp/proxy.conf"
  for version in v1 v2; do
    for host in $hosts; do
      expect_exit 0 "$multiconn" -q --selector "$selector" --proxy "$version" \
        --control "$ECHOD_SOCKET" "$host" "$(echod_port tcp "$version")" 50
      expect_match "$tmp/stdout" "^50 connections asked, 50 verified, 0 failed; 2200 bytes sent, 2200 verified .*; the server's counts agree\$"
      expect_exit 0 "$multiconn" -q --proxy "$version" -m '' "$host" \
        "$(echod_port tcp "$version")" 3
      for service in discard chargen; do
        expect_exit 0 "$multiconn" -q --proxy "$version" --service "$service" "$host" \
          "$(echod_port tcp "$service")" 3
      done
      expect_exit 0 "$multiconn" -q --proxy "$version" --action search --value ring "$host" \
        "$(echod_port tcp message)" 3
    done
  done
  stop_echod
  # The client is who connected: the same address and port, once told and once seen.
  expect_match "$echod_err" " (127\.0\.0\.1:[0-9]+) through \1 to listener 'v1': 44 bytes"
  expect_match "$echod_err" " (127\.0\.0\.1:[0-9]+) through \1 to listener 'v2': 44 bytes"
  ! ipv6_works || expect_match "$echod_err" " (\[::1\]:[0-9]+) through \1 to listener 'v1': 44 bytes"
done

# ---- A client that we name ----

start_echod -n "$endpoints" --workers 1 --config "$tmp/proxy.conf"
# show_reflected: from here $tmp/stdout is what reflect has answered to the last connection.
show_reflected() {
  sed -n "s/^received b'\\({.*}\\)..' from connection .*/\\1/p" "$tmp/stdout" | tail -n 1 |
    sed 's/\\\\/\\/g' >"$tmp/reflected"
  mv "$tmp/reflected" "$tmp/stdout"
}
# reflects HOST CLIENT ADDRESS PORT DESTINATION: who asks with CLIENT is told that it is ADDRESS and
# PORT, and has told that it wanted to go to DESTINATION.
reflects() {
  port=$(echod_port tcp reflect)
  for version in v1 v2; do
    expect_exit 0 "$multiconn" --service reflect --proxy "$version,src=$2" "$1" "$port" 1
    show_reflected
    expect_json ".peer == { address: \"$3\", port: $4 }
      and .local == { address: \"$1\", port: $port }
      and .proxy.version == (\"$version\" | ltrimstr(\"v\") | tonumber)
      and .proxy.destination == { address: \"$5\", port: $port }"
  done
}
reflects 127.0.0.1 192.0.2.7:4711 192.0.2.7 4711 127.0.0.1
reflects 127.0.0.1 '[2001:db8::7]:65535' 2001:db8::7 65535 ::ffff:127.0.0.1
if ipv6_works; then
  reflects ::1 '[2001:db8::7]:1' 2001:db8::7 1 ::1
  reflects ::1 192.0.2.7:4711 ::ffff:192.0.2.7 4711 ::1
fi
for version in v1 v2; do
  expect_exit 0 "$multiconn" --service reflect --proxy "$version" --unix "$tmp/run/reflect.sock" 2
  show_reflected
  expect_json '.transport == "unix" and .peer.address == null'
  expect_exit 0 "$multiconn" --service reflect --proxy "$version,src=192.0.2.7:4711" \
    --unix "$tmp/run/reflect.sock" 1
  show_reflected
  expect_json '.peer == { address: "192.0.2.7", port: 4711 }'
done

# One that waits for what an echo never says stays, to be looked at.
"$multiconn" --timeout 60s --service daytime --proxy 'v2,src=[2001:db8::7]:4711' 127.0.0.1 \
  "$(echod_port tcp v2)" 1 >"$tmp/waiting.out" 2>&1 &
waiting=$!
end_at_exit "$waiting"
is_listed() {
  "$echoctl" --json connections >"$tmp/stdout" && jq -e '.connections | length == 1' "$tmp/stdout"
}
wait_until 20 is_listed
expect_json '.connections[0] | .proxied_peer == "[2001:db8::7]:4711" and .received_bytes == 0
  and (.peer | startswith("127.0.0.1:"))'
kill -INT "$waiting"
expect_end "$waiting" 130

# ---- Servers that do not understand it ----

plain=$(echod_port tcp plain)
expect_exit 4 "$multiconn" -q --proxy v1 127.0.0.1 "$plain" 2
expect_match "$tmp/stderr" "^multiconn: connection 2: mismatch at offset 0: expected b'Message 1 from c', received b'PROXY TCP4 127\.0'"
expect_match "$tmp/stdout" '^2 connections asked, 0 verified, 2 failed; .* 0 verified in'
expect_exit 4 "$multiconn" -q --proxy v2 127.0.0.1 "$plain" 1
expect_match "$tmp/stderr" "mismatch at offset 0: .*, received b'.r.n.r.n.x00.r.nQUIT.n!.x11.x00.x0c'"
expect_exit 4 "$multiconn" -q --proxy v1 -m '' 127.0.0.1 "$plain" 1
expect_match "$tmp/stderr" "mismatch at offset 0: expected nothing more, received b'PROXY "
for service in daytime reflect time chargen discard; do
  expect_exit 4 "$multiconn" -q --proxy v1 --service "$service" 127.0.0.1 "$plain" 1
  expect_match "$tmp/stderr" '^multiconn: connection 1: mismatch at offset [0-9]+: '
done
expect_exit 4 "$multiconn" -q --proxy v2 127.0.0.1 "$(echod_port tcp v1)" 3
expect_match "$tmp/stdout" '^3 connections asked, 0 verified, 3 failed'
expect_status '.totals.rejected.proxy == 3'
expect_exit 4 "$multiconn" -q --timeout 20s 127.0.0.1 "$(echod_port tcp v1)" 1
expect_exit 2 "$multiconn" --udp --proxy v1 127.0.0.1 "$plain" 1
stop_echod

# The transcript has the client's name.
cat >"$tmp/one.conf" <<'CONF'
listeners = { one = { address = "127.0.0.1"; port = 0; proxy-protocol = "any";
  proxy-trusted = [ "127.0.0.1" ]; }; };
CONF
start_echod --transcript --config "$tmp/one.conf"
expect_exit 0 "$multiconn" -q --proxy v1,src=192.0.2.7:4711 127.0.0.1 "$(echod_port)" 1
stop_echod
expect_line "$echod_out" "accepted connection from ('192.0.2.7', 4711)"
expect_line "$echod_out" "closing connection to ('192.0.2.7', 4711)"
