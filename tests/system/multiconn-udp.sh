#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# multiconn --udp against echod, and against a server that loses, doubles, delays, swaps or spoils
# datagrams, with every back end: each is told from the others.

. "${top_srcdir:-.}/tests/system/lib.sh"
need python3

cat >"$tmp/a.conf" <<'CONF'
workers = 4;
listeners = {
  echo = { address = "127.0.0.1"; port = 0; transport = "udp"; udp-rate = "off"; };
  slow = { address = "127.0.0.1"; port = 0; transport = "udp"; udp-rate = 1; udp-burst = 3; };
};
CONF
start_echod -n 2 --config "$tmp/a.conf"
port=$(echod_port udp echo)

# The tutorial's lines, as over TCP.
expect_exit 0 "$multiconn" --udp 127.0.0.1 "$port" 1
expect_line "$tmp/stdout" "starting connection 1 to ('127.0.0.1', $port)"
expect_line "$tmp/stdout" "sending b'Message 1 from client.' to connection 1"
expect_line "$tmp/stdout" "received b'Message 2 from client.' from connection 1"
expect_line "$tmp/stdout" "closing connection 1"
expect_match "$tmp/stdout" '^1 connections asked, 1 verified, 0 failed; 44 bytes sent, 44 verified .*; 2 datagrams sent, 2 answered, 0 lost, 0 late, 0 duplicated, 0 reordered$'

for selector in $(selectors); do
  count=2000
  [ "$selector" != select ] || count=900
  expect_exit 0 "$multiconn" -q -u --timeout 60s --selector "$selector" \
    --control "$ECHOD_SOCKET" 127.0.0.1 "$port" "$count"
  expect_match "$tmp/stdout" "^$count connections asked, $count verified, 0 failed; .* 0 lost, .*; the server's counts agree\$"
done
for length in 1 1472 1473 65507; do
  expect_exit 0 "$multiconn" -q -u -l "$length" 127.0.0.1 "$port" 5
done
expect_exit 0 "$multiconn" -q -u -m '' -m x -m '' 127.0.0.1 "$port" 5
expect_match "$tmp/stdout" '; 15 datagrams sent, 15 answered, '
expect_exit 3 "$multiconn" -q -u -l 65508 127.0.0.1 "$port" 1
expect_match "$tmp/stderr" '^multiconn: connection 1: local-limit: '

# What the daemon's rate drops is lost, and its own count is of what it got.
expect_exit 4 "$multiconn" -q -u --timeout 2s --control "$ECHOD_SOCKET" \
  -m a -m b -m c -m d -m e 127.0.0.1 "$(echod_port udp slow)" 1
expect_line "$tmp/stderr" 'multiconn: connection 1: shortfall at datagram 4: 2 datagrams are missing'
expect_match "$tmp/stdout" "; 5 datagrams sent, 3 answered, 2 lost, .*; the server's counts agree\$"

# What nobody got, the daemon need not have counted. Nobody has port 1.
expect_exit 3 "$multiconn" -q -u --control "$ECHOD_SOCKET" 127.0.0.1 1 3
grep -q '; \([3-6]\) datagrams sent, 0 answered, 0 lost, .* 0 reordered, \1 refused; ' \
  "$tmp/stdout" || fail "not all are refused: $(cat "$tmp/stdout")"
expect_match "$tmp/stdout" "; the server's counts agree\$"

stop_echod
expect_exit 3 "$multiconn" -q -u 127.0.0.1 1 3
expect_line "$tmp/stderr" 'multiconn: connection 3: refused'

# ---- A server that lies ----

# start_lie WHAT NTH: to each nth datagram; its port is in $lie_port.
start_lie() {
  mkfifo "$tmp/lie"
  python3 "$top_srcdir/tests/system/udp.py" lie 127.0.0.1 0 "$1" "$2" >"$tmp/lie" &
  lie_pid=$!
  end_at_exit "$lie_pid"
  read -r lie_port <"$tmp/lie" || fail "no lying server"
  rm "$tmp/lie"
}

# lie CODE WHAT NTH SUMMARY [TIMEOUT]: ten connections, twenty datagrams.
lie() {
  start_lie "$2" "$3"
  expect_exit "$1" "$multiconn" -q -u --selector "$selector" --timeout "${5-60s}" \
    127.0.0.1 "$lie_port" 10
  expect_match "$tmp/stdout" "; 20 datagrams sent, $4\$"
  kill "$lie_pid"
}

for selector in $(selectors); do
  lie 0 honest 1 '20 answered, 0 lost, 0 late, 0 duplicated, 0 reordered'
  [ ! -s "$tmp/stderr" ] || fail "an honest server is blamed"
  lie 4 drop 4 '15 answered, 5 lost, 0 late, 0 duplicated, 0 reordered' 1s
  expect_line "$tmp/stderr" 'multiconn: connection 2: shortfall at datagram 2: 1 datagram is missing'
  lie 4 duplicate 4 '20 answered, 0 lost, 0 late, 5 duplicated, 0 reordered'
  expect_match "$tmp/stderr" "^multiconn: connection 2: mismatch in datagram 2 at offset 0: expected nothing more, received b'Message 2 "
  lie 0 reorder 5 '20 answered, 0 lost, 0 late, 0 duplicated, 2 reordered'
  lie 4 flip 10 '18 answered, 0 lost, 0 late, 0 duplicated, 0 reordered, 2 unfinished'
  expect_line "$tmp/stderr" "multiconn: connection 5: mismatch in datagram 2 at offset 21: expected b'.', received b'/'"
done

# It is held back for 2.5 s, and listened for between 2 s and 3 s, which a loaded machine can miss.
late_is_told() {
  start_lie late 20
  code=0
  "$multiconn" -q -u --timeout 2s 127.0.0.1 "$lie_port" 10 >"$tmp/stdout" 2>"$tmp/stderr" || code=$?
  kill "$lie_pid"
  [ "$code" -eq 4 ] &&
    grep -q '; 20 datagrams sent, 19 answered, 0 lost, 1 late, 0 duplicated, 0 reordered$' "$tmp/stdout" &&
    grep -qx 'multiconn: connection 10: timeout at datagram 2: 1 datagram came late' "$tmp/stderr"
}
late_is_told || late_is_told || late_is_told || fail "late, it says: $(cat "$tmp/stdout" "$tmp/stderr")"
selector=auto
lie 3 drop 1 '0 answered, 20 lost, 0 late, 0 duplicated, 0 reordered' 200ms
expect_line "$tmp/stderr" 'multiconn: connection 1: timeout'
