#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# multiconn prints what the tutorial's client prints, on IPv4, IPv6 and Unix sockets.
. "${top_srcdir:-.}/tests/system/lib.sh"
# shellcheck source=tests/system/liar.sh
. "$top_srcdir/tests/system/liar.sh"

# How segments merge is chance: successive pieces of a connection become one.
join_received() {
  awk '
    /^received / {
      id = $NF; piece = $0
      sub(/^received b./, "", piece); sub(/. from connection [0-9]+$/, "", piece)
      got[id] = got[id] piece
      next
    }
    /^closing / { printf "received b\047%s\047 from connection %s\n", got[$NF], $NF }
    { print }'
}

# expect_tutorial ADDRESS: the lines of each connection, in the tutorial's order.
expect_tutorial() {
  sed '$d' "$tmp/stdout" | join_received >"$tmp/joined"
  for id in 1 2; do
    grep -E "connection $id( |\$)" "$tmp/joined" >"$tmp/got"
    cat >"$tmp/expected" <<EOF
starting connection $id to $1
sending b'Message 1 from client.' to connection $id
sending b'Message 2 from client.' to connection $id
received b'Message 1 from client.Message 2 from client.' from connection $id
closing connection $id
EOF
    diff "$tmp/expected" "$tmp/got" || fail "connection $id differs from the tutorial"
  done
  [ "$(wc -l <"$tmp/joined")" -eq 10 ] || fail "more lines than the tutorial's"
  [ ! -s "$tmp/stderr" ] || fail "a good run says something on standard error"
  tail -n 1 "$tmp/stdout" >"$tmp/summary"
  expect_match "$tmp/summary" '^2 connections asked, 2 verified, 0 failed; 88 bytes sent, 88 '
}

start_liar honest
expect_exit 0 "$multiconn" 127.0.0.1 "$fake_at" 2
expect_tutorial "('127.0.0.1', $fake_at)"

# A quiet run has one line, and messages are sent as they were given.
expect_exit 0 "$multiconn" -q 127.0.0.1 "$fake_at" 2
[ "$(wc -l <"$tmp/stdout")" -eq 1 ] || fail "-q leaves more than the summary"
expect_exit 0 "$multiconn" -m "it's" -m 'a\b' -m '' 127.0.0.1 "$fake_at" 1
expect_line "$tmp/stdout" "sending b\"it's\" to connection 1"
expect_line "$tmp/stdout" "sending b'a\\\\b' to connection 1"
[ "$(grep -c '^sending' "$tmp/stdout")" -eq 2 ] || fail "an empty message is no line"
expect_match "$tmp/stdout" '^1 connections asked, 1 verified, 0 failed; 7 bytes sent, 7 verified'

# All are open at once: the first ends after the last has begun, although that many connects are
# never under way together. ulimit -H is not in POSIX, but in every sh that there is.
# shellcheck disable=SC3045
if [ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -ge 3100 ]; then
  expect_exit 0 "$multiconn" 127.0.0.1 "$fake_at" 3000
  awk '/^starting/ { last = NR } /^closing/ && !first { first = NR }
    END { exit !(last && first && last < first) }' "$tmp/stdout" ||
    fail "some had ended before others began"
fi

start_liar honest 0 0 "$tmp/echo.sock"
expect_exit 0 "$multiconn" --unix "$fake_at" 2
expect_tutorial "'$tmp/echo.sock'"

if [ -e /proc/net/if_inet6 ] && grep -q '^0*1 ' /proc/net/if_inet6; then
  start_liar honest 0 0 ::1
  expect_exit 0 "$multiconn" ::1 "$fake_at" 2
  expect_tutorial "('::1', $fake_at, 0, 0)"
fi
stop_fake
