#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# multiconn --udp asks every small service with a request as long as its answer may be, verifies what
# it says, and tells loss, duplicates and lateness apart as it does of an echo.

. "${top_srcdir:-.}/tests/system/lib.sh"
need python3

addresses='"127.0.0.1"'
endpoints=6
if ipv6_works; then
  addresses='"127.0.0.1", "::1"'
  endpoints=12
fi
{
  echo 'workers = 2; listeners = {'
  for service in echo discard chargen daytime time reflect; do
    echo "$service = { address = [ $addresses ]; port = 0; transport = \"udp\";"
    echo "  service = \"$service\"; udp-rate = \"off\"; };"
  done
  echo '};'
} >"$tmp/a.conf"
start_echod -n "$endpoints" --config "$tmp/a.conf"

# counts N: so many were sent, each answered once and in time, and nothing was dropped.
counts() {
  expect_match "$tmp/stdout" "; $1 datagrams sent, $1 answered, 0 lost, 0 late, 0 duplicated, 0 reordered"
  expect_match "$tmp/stdout" "; the server's counts agree\$"
}

# ask_all HOST: every service, with this selector.
ask_all() {
  for service in time daytime chargen reflect; do
    expect_exit 0 "$multiconn" -q --udp --selector "$selector" --service "$service" \
      --control "$ECHOD_SOCKET" "$1" "$(echod_port udp "$service")" 50
    expect_match "$tmp/stdout" '^50 connections asked, 50 verified, 0 failed; '
    counts 50
  done
  expect_exit 0 "$multiconn" -q --udp --selector "$selector" --service discard -m a -m b -m '' \
    --control "$ECHOD_SOCKET" "$1" "$(echod_port udp discard)" 300
  expect_match "$tmp/stdout" "^300 connections asked, 300 verified, 0 failed; 600 bytes sent, 0 verified .*; 900 datagrams sent, 0 came back; the server's counts agree\$"
}

for selector in $(selectors); do
  ask_all 127.0.0.1
done
! ipv6_works || ask_all ::1
expect_status '.totals.datagrams_dropped | add == 0'

# What each is asked with, and what it says.
expect_exit 0 "$multiconn" --udp --service time 127.0.0.1 "$(echod_port udp time)" 1
expect_match "$tmp/stdout" '^1 connections asked, 1 verified, 0 failed; 4 bytes sent, 4 verified '
expect_match "$tmp/stdout" '; time differs by [+-][0-9]+ s$'
expect_exit 0 "$multiconn" --udp --service daytime 127.0.0.1 "$(echod_port udp daytime)" 1
expect_match "$tmp/stdout" '^1 connections asked, 1 verified, 0 failed; 64 bytes sent, '
expect_match "$tmp/stdout" "^received b'[A-Z][a-z]+day, .*-UTC\\\\r\\\\n' from connection 1\$"
expect_exit 0 "$multiconn" --udp --service chargen 127.0.0.1 "$(echod_port udp chargen)" 1
expect_match "$tmp/stdout" '; 512 bytes sent, 512 verified '
expect_exit 0 "$multiconn" --udp --service reflect 127.0.0.1 "$(echod_port udp reflect)" 1
expect_match "$tmp/stdout" '; 1024 bytes sent, [0-9]+ verified '
expect_match "$tmp/stdout" '^received b.\{.*"transport": ?"udp".*\}.n. from connection 1$'
expect_exit 0 "$multiconn" -q --udp --service chargen -m x -m y -l 600 127.0.0.1 \
  "$(echod_port udp chargen)" 2
expect_match "$tmp/stdout" '; 2400 bytes sent, 2048 verified .*; 4 datagrams sent, 4 answered, '

# A server that does something else is found out.
expect_exit 4 "$multiconn" -q --udp --service daytime 127.0.0.1 "$(echod_port udp time)" 1
expect_match "$tmp/stderr" 'mismatch in datagram 1 at offset 0: expected a printable character'
expect_exit 4 "$multiconn" -q --udp --service chargen 127.0.0.1 "$(echod_port udp time)" 1
expect_match "$tmp/stderr" 'in datagram 1 at offset 0: expected the pattern of RFC 864, received '
expect_exit 4 "$multiconn" -q --udp --service reflect 127.0.0.1 "$(echod_port udp daytime)" 1
expect_match "$tmp/stderr" 'expected a line with a JSON object'
expect_exit 4 "$multiconn" -q --udp --service time 127.0.0.1 "$(echod_port udp chargen)" 1
expect_match "$tmp/stderr" 'expected a time within an hour of ours'
expect_exit 4 "$multiconn" -q --udp --service discard 127.0.0.1 "$(echod_port udp echo)" 1
expect_match "$tmp/stderr" "mismatch at offset 0: expected nothing at all, received b'Message 1 "
expect_exit 3 "$multiconn" -q --udp --timeout 200ms --service time 127.0.0.1 \
  "$(echod_port udp discard)" 2
expect_line "$tmp/stderr" 'multiconn: connection 2: timeout'
expect_match "$tmp/stdout" '; 2 datagrams sent, 0 answered, 2 lost, '
expect_exit 2 "$multiconn" --udp --action search --value x 127.0.0.1 1 1

stop_echod
# Nobody has port 1.
for service in discard time; do
  expect_exit 3 "$multiconn" -q -u --service "$service" 127.0.0.1 1 3
  expect_line "$tmp/stderr" 'multiconn: connection 3: refused'
done

# ---- A server that lies ----

# start_lie WHAT NTH SAYS: to each nth of its answers; its port is in $lie_port.
start_lie() {
  mkfifo "$tmp/lie"
  python3 "$top_srcdir/tests/system/udp.py" lie 127.0.0.1 0 "$1" "$2" "$3" >"$tmp/lie" &
  lie_pid=$!
  end_at_exit "$lie_pid"
  read -r lie_port <"$tmp/lie" || fail "no lying server"
  rm "$tmp/lie"
}

# lie CODE WHAT NTH SAYS SERVICE SUMMARY TIMEOUT: ten connections, twenty datagrams.
lie() {
  start_lie "$2" "$3" "$4"
  expect_exit "$1" "$multiconn" -q -u --timeout "$7" --service "$5" -m a -m b \
    127.0.0.1 "$lie_port" 10
  expect_match "$tmp/stdout" "; 20 datagrams sent, $6\$"
  kill "$lie_pid"
}

lie 0 honest 1 'Monday\r\n' daytime '20 answered, 0 lost, 0 late, 0 duplicated, 0 reordered' 60s
lie 4 drop 4 'Monday\r\n' daytime '15 answered, 5 lost, 0 late, 0 duplicated, 0 reordered' 1s
expect_line "$tmp/stderr" 'multiconn: connection 2: shortfall at datagram 2: 1 datagram is missing'
lie 4 duplicate 4 'Monday\r\n' daytime '20 answered, 0 lost, 0 late, 5 duplicated, 0 reordered' 60s
expect_line "$tmp/stderr" \
  'multiconn: connection 2: mismatch in datagram 1 at offset 0: expected no second answer'
lie 4 flip 10 '{"a": 1}\n' reflect '18 answered, 0 lost, 0 late, 0 duplicated, 0 reordered, 2 unfinished' 60s
expect_match "$tmp/stderr" "connection 5: mismatch in datagram 2 at offset 9: expected the rest of the answer, received b''\$"
# It is held back for 2.5 s, and listened for between 2 s and 3 s, which a loaded machine can miss.
late_is_told() {
  start_lie late 20 'Monday\r\n'
  code=0
  "$multiconn" -q -u --timeout 2s --service daytime -m a -m b 127.0.0.1 "$lie_port" 10 \
    >"$tmp/stdout" 2>"$tmp/stderr" || code=$?
  kill "$lie_pid"
  [ "$code" -eq 4 ] &&
    grep -q '; 20 datagrams sent, 19 answered, 0 lost, 1 late, 0 duplicated, 0 reordered$' "$tmp/stdout" &&
    grep -qx 'multiconn: connection 10: timeout at datagram 2: 1 datagram came late' "$tmp/stderr"
}
late_is_told || late_is_told || late_is_told || fail "late, it says: $(cat "$tmp/stdout" "$tmp/stderr")"
