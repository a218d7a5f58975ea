#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# What a service manager hears: ready, how it is, alive, stopping. A worker that hangs means that nothing
# is heard of being alive, and that whoever asks for it is told which one it is. With libsystemd and with
# the fallback that builds without it have.

. "${top_srcdir:-.}/tests/system/lib.sh"
need jq

# ear: what is sent to NOTIFY_SOCKET is in $tmp/heard from here.
ear() {
  NOTIFY_SOCKET=$tmp/run/notify
  export NOTIFY_SOCKET
  rm -f "$NOTIFY_SOCKET" "$tmp/heard" # what the ear before has heard
  "$top_builddir/tests/fake/notifyd" "$NOTIFY_SOCKET" >"$tmp/heard" &
  ear_pid=$!
  end_at_exit "$ear_pid"
  wait_until 10 grep -qx ready "$tmp/heard"
}

heard() {
  grep -Eqx "$1" "$tmp/heard"
}

count_heard() {
  grep -cx "$1" "$tmp/heard"
}

# heard_more N LINE: it was heard more than N times.
heard_more() {
  # shellcheck disable=SC2317 # by wait_until
  [ "$(count_heard "$2")" -gt "$1" ]
}

# try [hang]: the whole life, asked every 200 ms.
try() {
  ear
  WATCHDOG_USEC=400000
  export WATCHDOG_USEC
  unset WATCHDOG_PID
  start_echod --workers 2 127.0.0.1 0
  port=$(echod_port)
  wait_until 10 heard 'READY=1'
  wait_until 10 heard "STATUS=running: 2 workers; tcp 127\.0\.0\.1 $port"
  wait_until 10 heard_more 2 WATCHDOG=1

  # Alive as well while it drains, and while a worker is replaced.
  expect_exit 0 "$echoctl" drain
  wait_until 10 heard 'STATUS=drained: 2 workers; .*'
  wait_until 10 heard_more "$(($(count_heard WATCHDOG=1) + 1))" WATCHDOG=1
  expect_exit 0 "$echoctl" resume
  first=$(status | jq '.workers[0].pid')
  kill -KILL "$first"
  wait_until 10 restarted 0 "$first"
  wait_until 10 heard 'STATUS=running: 1 of 2 workers; .*'
  wait_until 10 heard_more "$(($(count_heard WATCHDOG=1) + 1))" WATCHDOG=1

  [ "${1-}" = hang ] && hang
  expect_exit 0 "$multiconn" -q 127.0.0.1 "$port" 50
  stop_echod
  wait_until 10 heard 'STOPPING=1'
  heard 'STATUS=stopping.*' || fail "no status of the stop"
  kill "$ear_pid"
}

# A worker that hangs. One round may have been answered; then there is silence for as long as a worker
# has for an answer, which is many rounds.
hang() {
  hung=$(status | jq '.workers[1].pid')
  kill -STOP "$hung"
  before=$(count_heard WATCHDOG=1)
  expect_exit 1 "$echoctl" drain
  expect_line "$tmp/stderr" 'echoctl: worker 1 does not answer the daemon in time'
  [ "$(count_heard WATCHDOG=1)" -le $((before + 1)) ] ||
    fail "alive was heard of a daemon that hangs"
  expect_status '.state == "draining"'

  # It obeys when it can, and all is well again.
  kill -CONT "$hung"
  wait_until 10 heard 'STATUS=drained: 2 workers; .*'
  wait_until 10 heard_more $((before + 1)) WATCHDOG=1
  expect_exit 0 "$echoctl" resume
}

try hang
if [ -x "$top_builddir/tests/fake/echod-fallback" ]; then
  echod=$top_builddir/tests/fake/echod-fallback
  try
fi

# Nobody is watched who is not meant, nor told anything that nobody wants to hear.
ear
WATCHDOG_PID=1
export WATCHDOG_PID
start_echod --workers 1 127.0.0.1 0
wait_until 10 heard 'READY=1'
stop_echod
wait_until 10 heard 'STOPPING=1'
heard 'WATCHDOG=1' && fail "another process's watchdog was fed"
exit 0
