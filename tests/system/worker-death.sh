#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# A worker is killed: it is logged, counted and replaced, another serves its slots meanwhile, no new
# connection is refused, reset or left waiting, and totals never go backwards.

. "${top_srcdir:-.}/tests/system/lib.sh"

# descriptors PID: the kinds of what it has open, sorted: what a fresh worker must equal.
descriptors() {
  for fd in "/proc/$1/fd"/*; do
    readlink "$fd"
  done | sed 's/:\[[0-9]*\]//' | sort
}

worker_pid() {
  status | jq -r ".workers[$1].pid"
}

start_echod --workers 2 127.0.0.1 0
port=$(echod_port)

# Held connections on both workers, and a control client, while the worker dies.
hold 40 127.0.0.1 "$port"
before=$(status | jq '.workers[0].active')
[ "$before" -gt 0 ] || fail "none of 40 connections came to worker 0"
first=$(worker_pid 0)
descriptors "$(worker_pid 1)" | grep -v anon_inode >"$tmp/other"
kill -KILL "$first"

# New connections, right now and all the time until it is back.
expect_exit 0 "$multiconn" -q 127.0.0.1 "$port" 200
wait_until 10 restarted 0 "$first"
expect_exit 0 "$multiconn" -q 127.0.0.1 "$port" 200

expect_match "$echod_err" "worker 0 \(pid $first\) was ended by signal 9"
expect_status ".workers[0].restarts == 1 and .totals.worker_restarts == 1"
expect_status ".totals.closed.worker_lost == $before"
expect_status '.totals.accepted - ([.totals.closed[]] | add) == .totals.active'
expect_status ".totals.accepted == 440"

# The new worker holds what its sister holds, less her connections.
descriptors "$(worker_pid 0)" | grep -v anon_inode | sort | uniq -c >"$tmp/new.count"
grep -q "control.sock" "$tmp/new.count" && fail "the new worker holds the control socket"
listening=$(grep -c 'socket' "$tmp/other")
[ "$(descriptors "$(worker_pid 0)" | grep -c socket)" -le "$listening" ] ||
  fail "the new worker holds more sockets than its sister with connections"

# Killed while connections come and go: those that it held end, all others are served.
for _ in 1 2 3; do
  pid=$(worker_pid 1)
  kill -KILL "$pid"
  expect_exit 0 "$multiconn" -q 127.0.0.1 "$port" 100
  wait_until 20 restarted 1 "$pid"
done
expect_status '.workers[1].restarts == 3'
expect_status '.totals.accepted - ([.totals.closed[]] | add) == .totals.active'
stop_echod
