#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# A worker that dies again and again is forked after a delay that doubles, so that a crash loop costs no
# more than that; its connections are counted as lost, totals never go back, and while its place is empty
# another serves its share.

. "${top_srcdir:-.}/tests/system/lib.sh"
need jq

worker_pid() {
  status | jq -r ".workers[0].pid"
}

start_echod --workers 2 127.0.0.1 0
port=$(echod_port)
lost=0 accepted=0 received=0
for delay in 0 100 200 400; do
  pid=$(worker_pid)
  hold 20 127.0.0.1 "$port"
  status >"$tmp/before"
  lost=$((lost + $(jq '.workers[0].active' "$tmp/before")))
  [ "$(jq .totals.accepted "$tmp/before")" -eq $((accepted + 20)) ] || fail "totals went back"
  [ "$(jq .totals.received_bytes "$tmp/before")" -ge $((received + 20)) ] || fail "totals went back"
  accepted=$(jq .totals.accepted "$tmp/before")
  received=$(jq .totals.received_bytes "$tmp/before")
  kill -KILL "$pid"
  wait_until 20 restarted 0 "$pid"
  expect_match "$echod_err" "worker 0 is replaced in $delay ms"
  exec 9>&-
  wait "$hold_pid" || : # those that it lost are missed
done
wait_until 10 expect_idle

# Four deaths, four forks, and the books are right.
expect_status '.totals.worker_restarts == 4 and .workers[0].restarts == 4'
expect_status ".totals.closed.worker_lost == $lost and .totals.active == 0"
expect_status '.totals.accepted == 80 and .totals.accepted == ([.totals.closed[]] | add)'
expect_status '.totals.pending_bytes == 0 and .totals.paused_connections == 0'

# While the delay runs nothing is forked, and its slot is the other's. The delay is looked at only
# after it has begun, and it is long: twice the last one.
kill -KILL "$(worker_pid)"
until grep -q 'replaced in 3200 ms' "$echod_err"; do
  pid=$(worker_pid)
  [ "$pid" = null ] || kill -KILL "$pid" 2>/dev/null
  sleep 0.05
done
expect_status '.workers[0] | .state == "dead" and .pid == null and .slots == [] and .active == 0'
expect_status '.workers[1].slots == [0, 1]'
[ "$(children_of "$echod_pid" | wc -w)" -eq 1 ] || fail "a dead worker's place is not empty"
expect_exit 0 "$multiconn" -q 127.0.0.1 "$port" 50
stop_echod
[ "$(grep -c 'worker 0 is replaced in' "$echod_err")" -eq 7 ] || fail "not seven deaths, seven delays"
