#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# Limits of the daemon, of a listener and of a source, access lists and rates: what is too many is
# closed at once and counted by its reason, everybody else is served, and the log says it in one line.

. "${top_srcdir:-.}/tests/system/lib.sh"
address=127.0.0.1

# serve TEXT...: a daemon with these settings and a listener with those in $listener, beside another.
serve() {
  {
    printf '%s\n' "$@"
    echo "listeners = { one = { address = \"$address\"; port = 0; service = \"echo\";"
    echo "${listener:-} }; two = { address = \"127.0.0.1\"; port = 0; service = \"echo\"; }; };"
  } >"$tmp/limits.conf"
  listener=
  start_echod -n 2 --workers 1 --config "$tmp/limits.conf"
  began=$(date +%s)
  start_crowd "$address" "$(echod_port tcp one)"
}

# refused REASON N: so many were, for this reason and no other, by the first listener; the log tells it
# in one line a second.
refused() {
  expect_status ".totals.rejected.$1 == $2 and ([.totals.rejected[]] | add) == $2 and
    .listeners[0].rejected == $2 and .listeners[1].rejected == 0"
  expect_status '.totals.accepted - ([.totals.closed[]] | add) == .totals.active and
    .totals.active == .listeners[0].active + .listeners[1].active'
  lines=$(grep -c "listener 'one': connection from .* refused: $1" "$echod_err")
  if [ "$lines" -lt 1 ] || [ "$lines" -gt $(($(date +%s) - began + 1)) ]; then
    fail "the log says in $lines lines: $1"
  fi
}

# The end of a serve(): counts and descriptors are as before.
end_serve() {
  end_crowd
  wait_until 5 expect_idle
  expect_status '.totals.accepted == ([.totals.closed[]] | add)'
  stop_echod
}

# ---- IPv6, in a network of one's own ----

# The last lines of this file run these within it.
if [ -n "${own_network-}" ]; then
  ip link set dev lo up || fail "no loopback"
  for source in 2001:db8:1:100::1 2001:db8:1:1ff::1 2001:db8:1:200::1; do
    ip -6 addr add "$source/128" dev lo nodad || fail "no address $source"
  done
  address=::1
  # 56 bits unless told.
  serve 'max-connections-per-source = 3;'
  expect_crowd 'served 2 ended 0 waiting 0' steps 2 2001:db8:1:100::1
  expect_crowd 'served 3 ended 1 waiting 0' steps 2 2001:db8:1:1ff::1
  expect_crowd 'served 5 ended 1 waiting 0' steps 2 2001:db8:1:200::1
  refused source_limit 1
  end_serve
  listener='max-connections-per-source = 3;'
  serve 'source-prefix-ipv6 = 64;'
  expect_crowd 'served 2 ended 0 waiting 0' steps 2 2001:db8:1:100::1
  expect_crowd 'served 5 ended 1 waiting 0' steps 4 2001:db8:1:1ff::1
  refused source_limit 1
  end_serve
  listener='allow = [ "2001:db8:1:100::/56" ]; deny = [ "2001:db8:1:1ff::/64" ];'
  serve
  expect_crowd 'served 2 ended 0 waiting 0' steps 2 2001:db8:1:100::1
  expect_crowd 'served 2 ended 1 waiting 0' steps 1 2001:db8:1:1ff::1
  expect_crowd 'served 2 ended 2 waiting 0' steps 1 2001:db8:1:200::1
  refused acl 2
  end_serve
  exit 0
fi

# ---- How many ----

listener='max-connections = 5;'
serve
expect_crowd 'served 5 ended 4 waiting 0' steps 9
refused limit 4
expect_exit 0 "$multiconn" -q 127.0.0.1 "$(echod_port tcp two)" 20
expect_crowd 'served 2 ended 4 waiting 0' leave 3
expect_crowd 'served 5 ended 4 waiting 0' steps 3
expect_crowd 'served 5 ended 4 waiting 0' echo
end_serve

serve 'max-connections = 5;'
expect_crowd 'served 5 ended 20 waiting 0' steps 25
refused limit 20
end_serve

# ---- How many of one source ----

listener='max-connections-per-source = 3;'
serve
expect_crowd 'served 3 ended 2 waiting 0' steps 5 127.0.0.1
expect_crowd 'served 6 ended 3 waiting 0' steps 4 127.0.0.2
refused source_limit 3
expect_exit 0 "$multiconn" -q 127.0.0.1 "$(echod_port tcp two)" 20
end_serve

# The same for the daemon, by networks of 24 bits.
serve 'max-connections-per-source = 3; source-prefix-ipv4 = 24;'
expect_crowd 'served 2 ended 0 waiting 0' steps 2 127.0.7.1
expect_crowd 'served 3 ended 2 waiting 0' steps 3 127.0.7.200
expect_crowd 'served 6 ended 3 waiting 0' steps 4 127.0.8.1
refused source_limit 3
expect_crowd 'served 4 ended 3 waiting 0' leave 2
expect_crowd 'served 6 ended 3 waiting 0' steps 2 127.0.7.77
end_serve

# ---- How often ----

# Five at once, then one a second: fifty at once need not take long enough for many of those.
listener='accept-rate = 1; accept-burst = 5;'
serve
crowd burst 50 127.0.0.1
crowd settle 50
served=${crowd_said#served }
served=${served%% *}
if [ "$served" -lt 5 ] || [ "$served" -gt 20 ]; then
  fail "a burst of 5 let $served in"
fi
refused rate $((50 - served))
crowd steps 5 127.0.0.9
[ "${crowd_said%% ended*}" = "served $((served + 5))" ] || fail "another source: $crowd_said"
end_serve

# ---- Who ----

listener='allow = [ "127.0.0.0/29", "127.9.9.9" ]; deny = [ "127.0.0.5" ];'
serve
expect_crowd 'served 2 ended 0 waiting 0' steps 2 127.0.0.7
expect_crowd 'served 2 ended 2 waiting 0' steps 2 127.0.0.8
expect_crowd 'served 2 ended 3 waiting 0' steps 1 127.0.0.5
expect_crowd 'served 3 ended 3 waiting 0' steps 1 127.9.9.9
refused acl 3
end_serve

# Only this part needs rights, so nothing is skipped without them.
if [ -e /proc/net/if_inet6 ] && unshare -n ip link set dev lo up 2>/dev/null; then
  own_network=yes unshare -n "${SHELL:-/bin/sh}" "$0" || fail "within a network of its own"
fi
