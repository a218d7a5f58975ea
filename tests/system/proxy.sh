#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# Behind a proxy: the header is never echoed, in whatever pieces it comes; limits, access list and log
# take the client that it names; who may not speak for others, or speaks wrong, is refused.
. "${top_srcdir:-.}/tests/system/lib.sh"
need nc
drip=$top_builddir/tests/fake/drip

conf() {
  cat >"$tmp/proxy.conf" <<CONF
log = { access = true; }; drain-timeout = "off";
listeners = { echo = { address = "127.0.0.1"; port = 0; proxy-protocol = "any";
  proxy-trusted = [ "127.0.0.1" ]; deny = [ "192.0.2.66" ]; $1 }; };
CONF
}

# start SELECTOR SETTINGS: the daemon with these keys besides.
start() {
  conf "$2"
  start_echod --selector "$1" --workers 1 --config "$tmp/proxy.conf"
  port=$(echod_port)
}

# proxied FORMAT [OPTION...]: sends it in one piece, prints what comes back; with these options of nc.
proxied() {
  format=$1
  shift
  # shellcheck disable=SC2059
  printf "$format" | nc -N "$@" 127.0.0.1 "$port"
}

# echoes FORMAT EXPECTED: the same in one piece and byte by byte.
echoes() {
  got=$(proxied "$1") || fail "nc: $1"
  [ "$got" = "$2" ] || fail "$1 was answered with $got"
  # shellcheck disable=SC2059
  got=$(printf "$1" | "$drip" 127.0.0.1 "$port") || fail "drip: $1"
  [ "$got" = "$2" ] || fail "$1 in pieces was answered with $got"
}

# refused REASON COUNT COMMAND...: nothing comes back, and it is counted.
refused() {
  reason=$1 count=$2
  shift 2
  got=$("$@" 2>/dev/null)
  [ -z "$got" ] || fail "refused for $reason, but answered: $got"
  expect_status ".totals.rejected.$reason == $count and .listeners[0].active == 0"
}

# silent N: connections that say nothing, until the daemon has ended each (end_silent).
silent() {
  mkfifo "$tmp/silent"
  "$top_builddir/tests/fake/rude" silent 127.0.0.1 "$port" "$1" >"$tmp/silent" &
  silent_pid=$!
  end_at_exit "$silent_pid"
  read -r _ <"$tmp/silent" || fail "cannot open silent connections"
  rm "$tmp/silent"
}

end_silent() {
  expect_end "$silent_pid" 0
}

v2='\r\n\r\n\000\r\nQUIT\n'

for selector in $(selectors); do
  start "$selector" 'proxy-timeout = "off";'
  echoes 'PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\nhello' hello
  echoes 'PROXY UNKNOWN\r\nPROXY UNKNOWN\r\n' "$(printf 'PROXY UNKNOWN\r\n')"
  echoes "$v2"'\041\041\000\044\040\001\015\270\0\0\0\0\0\0\0\0\0\0\0\001\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\001\000\007\001\273hello' hello
  echoes "$v2"'\040\000\000\000hello' hello
  wait_until 10 expect_idle
  expect_status '.totals.accepted == 8 and .totals.closed.peer == 8 and .totals.rejected.proxy == 0'
  expect_match "$echod_err" "access.* 192\.0\.2\.1:56324 through 127\.0\.0\.1:[0-9]+ to listener 'echo': 5 bytes"
  expect_match "$echod_err" "access.* \[2001:db8::1\]:7 through 127\.0\.0\.1:[0-9]+ to"
  expect_match "$echod_err" "access.* 127\.0\.0\.1:[0-9]+ to listener 'echo': 15 bytes"

  refused proxy 1 proxied 'GET / HTTP/1.1\r\n\r\n'
  refused proxy 2 proxied 'PROXY TCP4 192.0.2.1'
  refused proxy 3 proxied 'PROXY TCP4 192.0.2.01 198.51.100.2 1 2\r\nhello'
  refused acl 1 proxied 'PROXY TCP4 192.0.2.66 198.51.100.2 1 2\r\nhello'
  expect_match "$echod_err" 'from 192\.0\.2\.66:1 through 127\.0\.0\.1:[0-9]+ refused: acl'
  refused proxy 4 nc -N 127.0.0.1 "$port"
  # Whom nobody trusts may say what it likes.
  refused proxy 5 proxied 'PROXY TCP4 192.0.2.1 198.51.100.2 1 2\r\nhello' -s 127.0.0.2
  refused proxy 6 proxied 'PROXY UNKNOWN\r\nhello' -s 127.0.0.2
  refused proxy 7 proxied "$v2"'\040\000\000\000hello' -s 127.0.0.2
  expect_status '.totals.accepted == 8 and .totals.closed.protocol == 0'

  # Nothing is known yet of two that say nothing; the stop does not wait for them.
  silent 2
  expect_status '.totals.accepted == 8 and .totals.active == 0'
  stop_echod
  end_silent
done

# The listener's own limit counts those whose header is awaited, as long as it is, and whoever comes
# besides is refused before its header.
start auto 'max-connections = 3;'
for i in 1 2 3 4; do
  [ "$(proxied 'PROXY TCP4 192.0.2.1 198.51.100.2 1 2\r\nhello')" = hello ] || fail "no echo $i"
  wait_until 10 expect_idle
done
silent 3
refused limit 1 proxied 'PROXY TCP4 192.0.2.1 198.51.100.2 1 2\r\nhello'
refused limit 2 nc -N 127.0.0.1 "$port"
stop_echod
end_silent

# Of the two versions each is taken where it is asked for.
one='PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\nhello'
two="$v2"'\041\021\000\014\300\0\002\001\306\063\144\002\334\004\001\273hello'
for version in v1 v2; do
  conf ''
  sed -i "s/\"any\"/\"$version\"/" "$tmp/proxy.conf"
  start_echod --workers 1 --config "$tmp/proxy.conf"
  port=$(echod_port)
  taken=$one other=$two
  [ "$version" = v1 ] || taken=$two other=$one
  [ "$(proxied "$taken")" = hello ] || fail "$version is not taken"
  refused proxy 1 proxied "$other"
  stop_echod
done

# Who comes while the daemon drains is told so before a header, too.
start auto ''
expect_exit 0 "$echoctl" drain
refused draining 1 nc -N 127.0.0.1 "$port"
refused draining 2 proxied 'PROXY TCP4 192.0.2.1 198.51.100.2 1 2\r\nhello'
stop_echod

# The transcript is about the client, too.
conf '' # no keys besides
start_echod --transcript --config "$tmp/proxy.conf"
port=$(echod_port)
[ "$(proxied 'PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\nhello')" = hello ] || fail "not echoed"
stop_echod
for line in 'accepted connection from' "echoing b'hello' to" 'closing connection to'; do
  expect_line "$echod_out" "$line ('192.0.2.1', 56324)"
done

# reflect shows the header byte for byte, in whatever pieces it came.
start auto 'service = "reflect";'
shows() {
  [ "$1" = "$(echo "$got" | jq -r "$2")" ] || fail "$2 is not $1: $got"
}
for send in 'nc -N' "$drip"; do
  got=$(printf 'PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n\n' | $send 127.0.0.1 "$port")
  shows 'PROXY TCP4 192.0.2.1 198.51.100.2 56324 443' .proxy.text
  shows '192.0.2.1 56324' '.peer | "\(.address) \(.port)"'
  shows '198.51.100.2 443' '.proxy.destination | "\(.address) \(.port)"'
  # shellcheck disable=SC2059
  got=$(printf "$v2"'\040\000\000\003\001\002\003\n' | $send 127.0.0.1 "$port")
  shows 0d0a0d0a000d0a515549540a20000003010203 .proxy.hex
  shows '127.0.0.1 null' '"\(.peer.address) \(.proxy.source.address)"'
done
stop_echod

# A source is the client's, not the proxy's.
start auto 'max-connections-per-source = 1;'
mkfifo "$tmp/in"
nc -N 127.0.0.1 "$port" <"$tmp/in" >"$tmp/out" &
first=$!
end_at_exit "$first"
exec 7>"$tmp/in"
printf 'PROXY TCP4 192.0.2.1 198.51.100.2 1 2\r\nhello\n' >&7
wait_until 10 grep -q hello "$tmp/out"
expect_status '.totals.active == 1'
proxied 'PROXY TCP4 192.0.2.1 198.51.100.2 3 2\r\nhello' >"$tmp/second"
[ ! -s "$tmp/second" ] || fail "a second connection of one source was served"
expect_status '.totals.rejected.source_limit == 1'
[ "$(proxied 'PROXY TCP4 192.0.2.2 198.51.100.2 3 2\r\nhello')" = hello ] ||
  fail "another source behind the same proxy was refused"
exec 7>&-
expect_end "$first" 0
stop_echod

# A header that does not come is not awaited for ever.
start auto 'proxy-timeout = "20ms";'
silent 1
end_silent
expect_status '.totals.rejected.proxy == 1 and .totals.accepted == 0'
stop_echod
