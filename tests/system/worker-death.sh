#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# A worker is killed: it is logged, counted and replaced, another serves its slots meanwhile, no new
# connection is refused, reset or left waiting, and totals never go backwards. The new worker holds
# what the old one held and nothing of the master's. With every selector back end.

. "${top_srcdir:-.}/tests/system/lib.sh"
need jq
[ -r /proc/net/tcp ] || skip "needs /proc/net/tcp"
rude=$top_builddir/tests/fake/rude
heckler=$top_builddir/tests/fake/heckler

worker_pid() {
  status | jq -r ".workers[$1].pid"
}

worker() {
  status | jq -e ".workers[$1] | $2"
}

# descriptors PID: what it has open, sorted: a socket that the master has too by its number, any other
# by its kind.
descriptors() {
  for fd in "/proc/$echod_pid/fd"/*; do
    readlink "$fd"
  done | grep '^socket:' >"$tmp/master"
  for fd in "/proc/$1/fd"/*; do
    readlink "$fd"
  done | while read -r link; do
    grep -Fqx "$link" "$tmp/master" && echo "$link" || echo "${link%%:*}"
  done | sort
}

# connected N: the kernel has N connections to the port, accepted or not.
connected() {
  [ "$(awk -v port=":$(printf %04X "$port")" \
    'substr($2, length($2) - 4) == port && $4 == "01"' /proc/net/tcp | wc -l)" -eq "$1" ]
}

# accepted_about ALL LESS: between ALL - LESS and ALL.
accepted_about() {
  status | jq -e ".totals.accepted | . <= $1 and . >= $1 - $2"
}

# all_others_served: of 200 connections worker 1 has served its own, and the rest waits.
all_others_served() {
  worker 1 '.accepted > 50 and .active == 0' && connected "$((200 - $(worker 1 .accepted)))"
}

for selector in $(selectors); do
  start_echod --selector "$selector" --workers 2 127.0.0.1 0
  port=$(echod_port)

  # A control client is there all the time; whatever the new worker had of it would show.
  mkfifo "$tmp/in" "$tmp/out"
  "$heckler" crowd "$ECHOD_SOCKET" 1 <"$tmp/in" >"$tmp/out" &
  client=$!
  end_at_exit "$client"
  exec 5>"$tmp/in" 6<"$tmp/out"
  read -r line <&6

  first=$(worker_pid 0)
  descriptors "$first" >"$tmp/old"
  [ "$(grep -c 'socket:\[' "$tmp/old")" -eq 2 ] ||
    fail "the worker does not share both listening sockets: $(cat "$tmp/old")"

  # Connections that wait in its queue, where it will never accept them, are served by others.
  kill -STOP "$first"
  "$multiconn" -q --control "$ECHOD_SOCKET" 127.0.0.1 "$port" 200 >"$tmp/queued.out" 2>&1 &
  queued=$!
  end_at_exit "$queued"
  wait_until 20 all_others_served
  kill -KILL "$first"
  expect_end "$queued" 0
  wait_until 10 restarted 0 "$first"
  wait_until 10 worker 0 '.slots == [0]'
  descriptors "$(worker_pid 0)" >"$tmp/new"
  diff "$tmp/old" "$tmp/new" || fail "the new worker holds something else"
  exec 5>&-
  read -r line <&6
  exec 6<&-
  expect_end "$client" 0
  rm "$tmp/in" "$tmp/out"
  [ "$line" = "0 closed" ] || fail "the control client was closed"
  expect_match "$echod_err" "worker 0 \(pid $first\) was ended by signal 9 .*; 0 connections lost"
  expect_status '.workers[0].restarts == 1 and .totals.worker_restarts == 1 and .totals.accepted == 200'

  # Connections that it held end with it, and are counted; those of its sister stay.
  hold 40 127.0.0.1 "$port"
  held=$(worker 0 .active)
  if [ "$held" -eq 0 ] || [ "$held" -eq 40 ]; then
    fail "of 40 connections, $held came to worker 0"
  fi
  second=$(worker_pid 0)
  kill -KILL "$second"
  wait_until 10 restarted 0 "$second"
  expect_status ".totals.closed.worker_lost == $held and .totals.active == 40 - $held"
  expect_match "$echod_err" "worker 0 \(pid $second\) was ended by signal 9 .*; $held connections lost"
  kill "$hold_pid" && wait "$hold_pid"
  exec 9>&-
  wait_until 10 expect_idle

  # While connections come and go without a pause it dies again and again; each time it is replaced
  # later, until its sister has served all of a run alone.
  "$rude" flood 127.0.0.1 "$port" 5000 2>"$tmp/flood.err" &
  flood=$!
  end_at_exit "$flood"
  deaths=2
  alone=
  while [ -z "$alone" ] && [ "$deaths" -lt 10 ]; do
    pid=$(worker_pid 0)
    kill -KILL "$pid"
    deaths=$((deaths + 1))
    expect_exit 0 "$multiconn" -q --timeout 60s 127.0.0.1 "$port" 100
    ! worker 0 '.state == "dead"' >"$tmp/state" || alone=yes
    wait_until 20 restarted 0 "$pid"
  done
  [ -n "$alone" ] || fail "it was never away long enough"
  wait "$flood" || fail "a connection of the flood was refused: $(cat "$tmp/flood.err")"
  # It may have died between accepting a connection and counting it: at most one each time.
  all=$((200 + 40 + 5000 + 100 * (deaths - 2)))
  wait_until 10 accepted_about "$all" "$deaths"
  wait_until 10 expect_idle
  expect_status ".workers[0].restarts == $deaths and .totals.worker_restarts == $deaths"
  expect_status '.workers | map(.slots) == [[0], [1]]'
  expect_status '.totals.accepted - ([.totals.closed[]] | add) == .totals.active'
  stop_echod
done
