#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# A drain: live connections go on, new ones are ended at once and in order, the state says when none is
# left, resume serves again, and a timeout closes the rest and says what that cost. With every selector
# back end.

. "${top_srcdir:-.}/tests/system/lib.sh"
need jq
rude=$top_builddir/tests/fake/rude

# restarted_draining INDEX PID: it was replaced, by one that drains.
restarted_draining() {
  status | jq -e ".workers[$1] | .state == \"draining\" and .pid != $2" >/dev/null
}

# The kernel's own buffers hold less than that.
cat >"$tmp/drain.conf" <<'CONF'
listeners = { echo = { address = "127.0.0.1"; port = 0; service = "echo"; max-pending = "16m"; }; };
CONF

for selector in $(selectors); do
  start_echod --selector "$selector" --workers 2 --config "$tmp/drain.conf"
  port=$(echod_port)
  expect_status '.state == "running" and .drain == null'
  hold 20 127.0.0.1 "$port"

  # Live connections stay; each new one sees its end without a byte, also one that has sent some.
  expect_exit 0 "$echoctl" drain
  expect_line "$tmp/stdout" draining
  expect_exit 0 "$rude" silent 127.0.0.1 "$port" 30
  expect_exit 0 "$rude" turned-away 127.0.0.1 "$port" 30
  expect_status '.state == "draining" and .totals.active == 20 and .totals.accepted == 20'
  expect_status '.totals.rejected.draining == 60 and .listeners[0].state == "draining"'
  expect_status '[.workers[].state] == ["draining", "draining"]'
  expect_status '.drain | .timeout_ms == null and .timed_out == false and .closed == 0'

  # They still echo; with the last one gone it is drained, and stays so.
  end_hold
  wait_until 10 is_state drained
  expect_status '.totals.active == 0 and .totals.closed.peer == 20'
  expect_exit 0 "$rude" turned-away 127.0.0.1 "$port" 3
  expect_status '.state == "drained" and .totals.rejected.draining == 63'

  # A worker that is replaced meanwhile drains too.
  first=$(status | jq '.workers[0].pid')
  kill -KILL "$first"
  wait_until 10 restarted_draining 0 "$first"
  expect_exit 0 "$rude" turned-away 127.0.0.1 "$port" 20
  expect_status '.state == "drained" and .totals.accepted == 20'

  expect_exit 0 "$echoctl" resume
  expect_line "$tmp/stdout" running
  expect_status '.state == "running" and .listeners[0].state == "listening"'
  expect_exit 0 "$multiconn" -q 127.0.0.1 "$port" 50
  expect_status '.totals.rejected.draining == 83 and .totals.accepted == 70'
  wait_until 10 expect_idle

  # A timeout: one owes nothing, another never reads.
  hold 3 127.0.0.1 "$port"
  # A worker counts bytes after the client may have them.
  # shellcheck disable=SC2046
  wait_until 10 asleep $(children_of "$echod_pid")
  sent=$(sent_bytes)
  starve 127.0.0.1 "$port"
  expect_status '.totals.active == 4 and .totals.pending_bytes > 8388608'
  expect_exit 0 "$echoctl" drain --timeout 200ms
  wait_until 10 is_state drained
  expect_status '.totals.closed.drain == 4 and .totals.active == 0'
  expect_status '.drain | .timeout_ms == 200 and .timed_out and .closed == 4'
  unsent=$(status | jq .drain.unsent_bytes)
  [ "$unsent" -gt 0 ] || fail "nothing was unsent to a client that never reads"
  [ "$unsent" -le 16777216 ] || fail "more was unsent than there was: $unsent bytes"
  expect_match "$echod_err" "the drain ran out of time: 4 connections closed, $unsent bytes unsent"
  expect_exit 0 "$echoctl" status
  expect_match "$tmp/stdout" '^drain begun .* 4 connections closed by its timeout, .*B unsent'
  end_starve $(($(sent_bytes) - sent))
  exec 9>&-

  # Spread over a time: ended one after the other, in order, whatever the clients do.
  expect_exit 0 "$echoctl" resume
  hold 6 127.0.0.1 "$port"
  expect_exit 0 "$echoctl" drain --spread 300ms
  wait_until 10 is_state drained
  expect_status '.totals.closed.drain == 10 and .totals.active == 0'
  expect_status '.drain | .spread_ms == 300 and .timeout_ms == null and .closed == 0'
  exec 9>&-

  # A resume stays the hand: nobody is ended any more.
  expect_exit 0 "$echoctl" resume
  hold 3 127.0.0.1 "$port"
  expect_exit 0 "$echoctl" drain --spread 24h
  expect_exit 0 "$echoctl" status
  expect_match "$tmp/stdout" '^drain begun .* ago, connections ended over 1d 0h'
  expect_exit 0 "$echoctl" resume
  expect_exit 0 "$echoctl" status
  expect_match "$tmp/stdout" '^last drain begun .* ago, connections ended over 1d 0h'
  expect_status '.state == "running" and .totals.active == 3 and .totals.closed.drain == 10'
  end_hold

  # Again, and a stop ends it.
  expect_exit 0 "$echoctl" resume --json
  expect_line "$tmp/stdout" '{}'
  hold 2 127.0.0.1 "$port"
  expect_exit 0 "$echoctl" drain --json
  expect_exit 0 "$echoctl" drain --timeout 1h
  expect_status '.state == "draining" and .drain.timeout_ms == 3600000 and .drain.closed == 0'
  expect_exit 0 "$echoctl" stop
  expect_end "$echod_pid" 0
  exec 9>&-
done

# After a resume nothing is closed by the timeout of the drain before it; where the machine was so slow that
# it has been already, that cannot be seen.
start_echod --workers 2 --config "$tmp/drain.conf"
hold 1 127.0.0.1 "$(echod_port)"
expect_exit 0 "$echoctl" drain --timeout 1s
expect_exit 0 "$echoctl" resume
if status | jq -e '.drain.timed_out | not' >/dev/null; then
  sleep 1.2
  expect_status '.state == "running" and (.drain.timed_out | not) and .totals.active == 1'
  end_hold
fi
exec 9>&-
stop_echod

expect_exit 3 "$echoctl" drain
expect_exit 3 "$echoctl" resume
expect_exit 2 "$echoctl" drain --spread 25h
expect_line "$tmp/stderr" "echoctl: --spread '25h' is no time from 1ms to 24h, such as 30s or 5m"
expect_exit 2 "$echoctl" stop --spread 1s
