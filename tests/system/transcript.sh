#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# --transcript prints the tutorial's server's lines, exactly; successive "echoing" bytes of a
# connection are joined, because how segments merge is chance.

. "${top_srcdir:-.}/tests/system/lib.sh"

# joined FILE: each peer's lines as one, in order: accepted, all bytes, closing.
joined() {
  awk '
    /^accepted connection from / { peer = substr($0, 26); order[++n] = peer; next }
    /^echoing b'"'"'/ {
      at = match($0, /'"'"' to \(/)
      peer = substr($0, at + 5); text[peer] = text[peer] substr($0, 11, at - 11); next
    }
    /^closing connection to / { closed[substr($0, 23)]++; next }
    /^listening on / { next }
    { print "strange line: " $0 }
    END { for (i = 1; i <= n; i++) print order[i], text[order[i]], closed[order[i]] }
  ' "$1"
}

start_echod --transcript 127.0.0.1 0
port=$(echod_port)
expect_line "$echod_out" "listening on ('127.0.0.1', $port)"
expect_exit 0 "$multiconn" 127.0.0.1 "$port" 2
stop_echod
joined "$echod_out" >"$tmp/joined"
[ "$(wc -l <"$tmp/joined")" -eq 2 ] || fail "not two connections: $(cat "$tmp/joined")"
! grep -Ev "^\('127.0.0.1', [0-9]+\) Message 1 from client\.Message 2 from client\. 1$" "$tmp/joined" ||
  fail "not the tutorial's lines"

if ipv6_works; then
  start_echod --transcript ::1 0
  port=$(echod_port)
  expect_line "$echod_out" "listening on ('::1', $port, 0, 0)"
  expect_exit 0 "$multiconn" ::1 "$port" 1
  stop_echod
  expect_match "$echod_out" "^accepted connection from \('::1', [0-9]+, 0, 0\)$"
fi

# Bytes as Python prints them.
start_echod --transcript 127.0.0.1 0
port=$(echod_port)
expect_exit 0 "$multiconn" -q -m "it's	a \\ é" 127.0.0.1 "$port" 1
stop_echod
expect_match "$echod_out" '^echoing b"it'"'"'s\\ta \\\\ \\xc3\\xa9" to '

expect_exit 2 "$echod" --transcript --workers 2 127.0.0.1 0
expect_exit 2 "$echod" --transcript --daemon 127.0.0.1 0
