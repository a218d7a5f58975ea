#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# metrics-listen moves by a reload between one address and all of them on the same port, all of it or
# nothing, whoever opened the first; and another daemon cannot take what is taken. In a network of our
# own, where every port is free.

if [ -z "${HTTP_NETWORK-}" ]; then
  HTTP_NETWORK=ours
  export HTTP_NETWORK
  command -v ip >/dev/null || { echo "SKIP: needs ip"; exit 77; }
  # As root the daemon can become somebody else; another user has itself only in a namespace.
  for flags in -n -rn; do
    unshare $flags true 2>/dev/null && exec unshare $flags sh "$0"
  done
  echo "SKIP: no network namespace may be made here"
  exit 77
fi

. "${top_srcdir:-.}/tests/system/lib.sh"
"$echod" --version | grep -q 'libmicrohttpd *yes' || skip "built without libmicrohttpd"
need python3 jq
ip link set dev lo up
user=
awk '{ n += $3 } END { exit !(n > 1) }' /proc/self/uid_map || user='user = "root";'

# configure ADDRESS LINE...
configure() {
  {
    printf '%s\nmetrics-listen = "%s";\n' "$user" "$1"
    shift
    printf '%s\n' "$@" 'listeners = { echo = { address = "127.0.0.1"; port = 0; }; };'
  } >"$tmp/echod.conf"
}

# expect_site ADDRESS...: these and no others of 127.0.0.1, 127.0.0.2 and ::1 answer.
expect_site() {
  expect_exit 0 python3 -c 'import sys, http.client
for address in sys.argv[1:]:
    client = http.client.HTTPConnection(address, 9007, 30)
    try:
        client.request("GET", "/healthz")
        assert client.getresponse().read() == b"ok\n"
        print(address)
    except ConnectionRefusedError:
        pass' 127.0.0.1 127.0.0.2 $six
  [ "$(xargs <"$tmp/stdout")" = "$*" ] || fail "not $* but $(xargs <"$tmp/stdout") answer"
}
six=
! ipv6_works || six=::1

configure 127.0.0.1:9007
start_echod -n 2 --config "$tmp/echod.conf"
expect_site 127.0.0.1
# What fails for another reason changes nothing.
configure 0.0.0.0:9007 'log = { to = "file"; file = "/no/such/directory/log"; };'
expect_exit 1 "$echoctl" reload
expect_site 127.0.0.1
for _ in 1 2 3; do
  configure 0.0.0.0:9007
  expect_exit 0 "$echoctl" reload
  expect_site 127.0.0.1 127.0.0.2
  expect_status '.metrics_url == "http://0.0.0.0:9007/"'
  configure 127.0.0.2:9007 'max-connections = -1;'
  expect_exit 1 "$echoctl" reload
  configure 127.0.0.2:9007
  expect_exit 0 "$echoctl" reload
  expect_site 127.0.0.2
done
if [ -n "$six" ]; then
  configure '[::1]:9007'
  expect_exit 0 "$echoctl" reload
  expect_site ::1
  configure '[::]:9007'
  expect_exit 0 "$echoctl" reload
  expect_site ::1
fi
configure 0.0.0.0:9007
expect_exit 0 "$echoctl" reload
expect_site 127.0.0.1 127.0.0.2

# Another daemon of the same user is refused, beside it and on the same address; so is a reload of it.
for address in 0.0.0.0 127.0.0.1; do
  configure "$address:9007"
  expect_exit 1 "$echod" --config "$tmp/echod.conf" --control-socket "$tmp/run/two.sock" \
    --pid-file "$tmp/run/two.pid"
  expect_match "$tmp/stderr" "metrics-listen: cannot listen on $address:9007: Address already in use"
done
first=$echod_pid
configure 127.0.0.1:9008
start_echod -n 2 --config "$tmp/echod.conf" --control-socket "$tmp/run/two.sock" --pid-file "$tmp/run/two.pid"
configure 127.0.0.1:9007
expect_exit 1 "$echoctl" --socket "$tmp/run/two.sock" reload
expect_match "$tmp/stderr" "metrics-listen: cannot listen on 127.0.0.1:9007: Address already in use"
stop_echod
stop_echod "$first"
