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
  # A worker counts bytes after the client may have them.
  # shellcheck disable=SC2046
  wait_until 10 asleep $(children_of "$echod_pid")
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

# While the delay runs nothing is forked, and its slot is the other's. Where a machine is so slow that
# the delay is over before all that was seen, the next one is twice as long.
seen_while_away() {
  pid=$(worker_pid)
  [ "$pid" = null ] || kill -KILL "$pid"
  code=0
  status >"$tmp/before"
  children=$(children_of "$echod_pid" | wc -w)
  "$multiconn" -q 127.0.0.1 "$port" 50 || code=$?
  status | jq -es '.[0].workers[0].pid == null and .[1].workers[0].pid == null and
    .[0].totals.worker_restarts == .[1].totals.worker_restarts' "$tmp/before" -
}
wait_until 90 seen_while_away
[ "$code" -eq 0 ] || fail "while it was away 50 connections were not served, but $code"
[ "$children" -eq 1 ] || fail "a dead worker's place is not empty"
jq -e '.workers[0] | .state == "dead" and .slots == [] and .active == 0' "$tmp/before" || fail "not dead"
jq -e '.workers[1].slots == [0, 1]' "$tmp/before" || fail "its slot was not given to the other"
stop_echod
sed -n 's/.*worker 0 is replaced in \([0-9]*\) ms.*/\1/p' "$echod_err" >"$tmp/delays"
awk '$1 != (NR == 1 ? 0 : NR == 2 ? 100 : 2 * last) { exit 1 } { last = $1 } END { exit NR < 5 }' \
  "$tmp/delays" || fail "the delays: $(cat "$tmp/delays")"
