#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# 10,000 connections over four workers, 3,600 under select, are within 10 % of each other, in a burst
# and one by one, with every selector back end; none is refused or lost.

. "${top_srcdir:-.}/tests/system/lib.sh"
most=$(hard_limit)
[ "$most" = unlimited ] || [ "$most" -ge 10050 ] || skip "needs 10,050 descriptors"

own_slots() {
  status | jq -e '[.workers[].slots] == [[0], [1]]'
}

for selector in $(selectors); do
  for how in burst calls; do
    n=10000
    [ "$selector" != select ] || n=3600
    start_echod --selector "$selector" --workers 4 127.0.0.1 0
    start_crowd 127.0.0.1 "$(echod_port)"
    crowd "$how" "$n"
    expect_crowd "served $n ended 0 waiting 0" settle "$n"
    expect_status ".totals.active == $n and ([.totals.rejected[]] | add) == 0"
    expect_status '[.workers[].active] | min >= 0.9 * max'
    end_crowd
    stop_echod
  done
done

# A worker that hangs keeps what the kernel gave it, and may not be given more for having least to do:
# the others go on with theirs.
start_echod --workers 4 127.0.0.1 0
start_crowd 127.0.0.1 "$(echod_port)"
hung=$(status | jq '.workers[3].pid')
kill -STOP "$hung"
crowd calls 4000
crowd settle 2400
kill -CONT "$hung"
expect_crowd 'served 4000 ended 0 waiting 0' settle 4000
end_crowd
stop_echod

# Where chance cannot help: a worker dies with all it has, and its successor, who begins with nothing,
# is given what comes until it has caught up.
start_echod --workers 2 127.0.0.1 0
start_crowd 127.0.0.1 "$(echod_port)"
expect_crowd 'served 1400 ended 0 waiting 0' steps 1400
dead=$(status | jq '.workers[1].pid')
kill -KILL "$dead"
wait_until 10 restarted 1 "$dead"
left=$(status | jq '.workers[0].active')
crowd steps "$((left - 100))"
# It looks at the other not at every connection: only 24 above the 700 that each had on average, and
# with one more for each look that finds the successor not yet at work. Chance alone would give it 985.
expect_status '.workers[0].active <= 750'
crowd steps 300
expect_status '[.workers[].active] | min >= 0.9 * max'
# With them gone everybody has his own slot again.
end_crowd
wait_until 10 expect_idle
wait_until 10 own_slots
stop_echod
