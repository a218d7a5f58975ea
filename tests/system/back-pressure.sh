#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# A client that sends and never reads makes the daemon hold max-pending bytes and no more; all such
# clients together max-pending-total and no more, at the cost of those who have been stalled longest
# and of nobody else. When a peer reads again it gets every byte. With every selector back end.

. "${top_srcdir:-.}/tests/system/lib.sh"
rude=$top_builddir/tests/fake/rude

cat >"$tmp/back.conf" <<'CONF'
max-pending-total = "1m";
listeners = {
  small = { address = "127.0.0.1"; port = 0; service = "echo"; max-pending = "100k"; };
  large = { address = "127.0.0.1"; port = 0; service = "echo"; max-pending = "16m"; };
};
CONF

# start_hoard NAME PORT: a client that sends all it can, and reads when told to.
start_hoard() {
  mkfifo "$tmp/$1.in"
  "$rude" hoard 127.0.0.1 "$2" <"$tmp/$1.in" >"$tmp/$1.out" 2>&1 &
  hoard=$!
  end_at_exit "$hoard"
}

fifty_have_ended() {
  status | jq -e '.totals.closed.peer == 50'
}

for selector in $(selectors); do
  # Of one connection, and of three.
  start_echod -n 2 --selector "$selector" --workers 2 --config "$tmp/back.conf"
  port=$(echod_port tcp small)
  for i in 1 2 3; do
    start_hoard "hoard$i" "$port"
    eval "hoard$i=$hoard"
  done
  exec 3>"$tmp/hoard1.in" 4>"$tmp/hoard2.in" 5>"$tmp/hoard3.in"
  for i in 1 2 3; do
    wait_until 20 grep -q ready "$tmp/hoard$i.out"
  done
  wait_until 20 pending_is $((3 * 102400))
  wait_until 20 paused_are 3
  expect_status '([.workers[].pending_bytes] | add) == 3 * 102400'
  expect_exit 0 "$multiconn" -q 127.0.0.1 "$port" 20
  exec 3>&-
  # shellcheck disable=SC2154
  expect_end "$hoard1" 0
  wait_until 5 paused_are 2
  expect_status '.totals.pending_bytes == 2 * 102400'
  exec 4>&- 5>&-
  # shellcheck disable=SC2154
  expect_end "$hoard2" 0
  # shellcheck disable=SC2154
  expect_end "$hoard3" 0
  wait_until 5 expect_idle
  expect_status '.totals.pending_bytes == 0 and .totals.paused_connections == 0'
  expect_status '.totals.received_bytes == .totals.sent_bytes and .totals.closed.peer == 23'
  expect_status '.listeners[0].received_bytes == .listeners[0].sent_bytes and
    .listeners[0].received_bytes == .totals.received_bytes'
  stop_echod
  rm "$tmp"/hoard*
done

# is_near_total: true once all but a small turn or two of what is allowed in sum is pending.
is_near_total() {
  now=$(status | jq .totals.pending_bytes)
  [ "$now" -le "$highest" ] || highest=$now
  [ "$now" -ge 1000000 ]
}

# All of them together: pending never above the total while eight clients send and never read, which
# costs those that were stalled longest; who reads is served all the time.
for selector in $(selectors); do
  start_echod -n 2 --selector "$selector" --workers 2 --config "$tmp/back.conf"
  port=$(echod_port tcp large)
  pids=
  for i in 1 2 3 4 5 6 7 8; do
    "$rude" stuck 127.0.0.1 "$port" >"$tmp/stuck$i.out" 2>&1 &
    pids="$pids $!"
    end_at_exit "$!"
  done
  highest=0
  wait_until 20 is_near_total
  [ "$highest" -le 1048576 ] || fail "$highest bytes were pending at once, under $selector"
  expect_status '.totals.pending_bytes <= 1048576'
  # At the total now: these go on in small turns.
  expect_exit 0 "$multiconn" -q -m "$(printf %020000d 7)" 127.0.0.1 "$(echod_port tcp small)" 50
  wait_until 10 fifty_have_ended
  expect_status '.totals.pending_bytes <= 1048576 and .listeners[0].received_bytes == 1000000 and
    .listeners[0].received_bytes == .listeners[0].sent_bytes'
  expect_status '.totals.closed.memory + .totals.active == 8'
  # shellcheck disable=SC2086
  kill $pids 2>/dev/null
  wait_until 10 expect_idle
  expect_status '.totals.pending_bytes == 0 and .totals.paused_connections == 0'
  expect_status '.totals.closed.memory + .totals.closed.reset == 8'
  stop_echod
  rm "$tmp"/stuck*
done
