#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# A stop loses no byte that is owed and resets nobody: those who are in the middle get all, the quiet end
# at once, who never reads is cut off by the timeout or by a second wish and counted, and who waits in
# the kernel's queue, or comes at that very moment, is served, ended in order or refused. With every
# selector back end.

. "${top_srcdir:-.}/tests/system/lib.sh"
need jq
rude=$top_builddir/tests/fake/rude

configuration() {
  cat >"$tmp/stop.conf" <<CONF
drain-timeout = "$1"; log = { to = "stderr"; access = true; };
listeners = { echo = { address = "127.0.0.1"; port = 0; service = "echo"; max-pending = "16m"; }; };
CONF
}

# behind COMMAND...: in the background; returns when it has said "ready". $behind is its process.
behind() {
  rm -f "$tmp/behind.out"
  "$@" >"$tmp/behind.out" 2>"$tmp/behind.err" &
  behind=$!
  end_at_exit "$behind"
  wait_until 20 grep -q ready "$tmp/behind.out"
}

# cut_off: the log's numbers, "CONNECTIONS BYTES".
cut_off() {
  sed -n 's/.*stopped; \([0-9]*\) connections closed by the timeout, \([0-9]*\) bytes unsent/\1 \2/p' \
    "$echod_err"
}

# sent_in_log: what the access log says was sent on the connections that drain closed.
sent_in_log() {
  sed -n 's/.* received, \([0-9]*\) sent, .* closed: drain/\1/p' "$echod_err"
}

# expect_starved: one connection was cut off, what was sent on it arrives, and then its end.
expect_starved() {
  expect_end "$echod_pid" 0
  # shellcheck disable=SC2046 # two numbers
  set -- $(cut_off)
  [ "$#" -eq 2 ] || fail "the log does not say what was cut off"
  [ "$1" -eq 1 ] || fail "$1 connections cut off, not 1"
  [ "$2" -gt 0 ] || fail "$2 bytes unsent to a client that never read"
  end_starve "$(sent_in_log)"
}

for selector in $(selectors); do
  # In the middle of a stream, with all its buffers full: it is owed all, and has it.
  configuration off
  start_echod --selector "$selector" --workers 2 --config "$tmp/stop.conf"
  port=$(echod_port)
  mkfifo "$tmp/hoard.in"
  "$rude" hoard 127.0.0.1 "$port" <"$tmp/hoard.in" >"$tmp/hoard.out" 2>"$tmp/hoard.err" &
  hoard=$!
  end_at_exit "$hoard"
  exec 7>"$tmp/hoard.in"
  wait_until 20 grep -q ready "$tmp/hoard.out"
  behind "$rude" silent 127.0.0.1 "$port" 20
  kill -TERM "$echod_pid"
  expect_end "$behind" 0
  expect_exit 0 "$echoctl" status --json
  expect_json '.state == "stopping" and .listeners[0].state == "closed"'
  expect_exit 1 "$echoctl" drain
  expect_line "$tmp/stderr" 'echoctl: the daemon refused: echod.Control.Stopping'
  expect_exit 1 "$echoctl" resume
  exec 7>&-
  expect_end "$hoard" 0
  expect_end "$echod_pid" 0
  expect_match "$echod_err" 'stopped; every connection had come to its end'
  rm "$tmp/hoard.in" "$tmp/hoard.out"

  # A second wish stops now, whichever way each comes.
  start_echod --selector "$selector" --workers 1 --config "$tmp/stop.conf"
  starve 127.0.0.1 "$(echod_port)"
  kill -TERM "$echod_pid"
  wait_until 10 is_state stopping
  kill -INT "$echod_pid"
  expect_starved
  start_echod --selector "$selector" --workers 1 --config "$tmp/stop.conf"
  starve 127.0.0.1 "$(echod_port)"
  expect_exit 0 "$echoctl" stop --no-wait
  expect_exit 0 "$echoctl" stop --now
  expect_starved

  # The timeout.
  configuration 300ms
  start_echod --selector "$selector" --workers 1 --config "$tmp/stop.conf"
  starve 127.0.0.1 "$(echod_port)"
  kill -TERM "$echod_pid"
  expect_starved

  # In the kernel's queue: some who say nothing, and some who want all their bytes.
  start_echod --selector "$selector" --workers 2 127.0.0.1 0
  port=$(echod_port)
  workers=$(children_of "$echod_pid")
  # shellcheck disable=SC2086
  kill -STOP $workers
  behind "$rude" silent 127.0.0.1 "$port" 100
  "$multiconn" -q 127.0.0.1 "$port" 100 >"$tmp/many.out" 2>&1 &
  many=$!
  end_at_exit "$many"
  wait_until 20 established "$port" 200
  kill -TERM "$echod_pid"
  wait_until 10 is_state stopping
  # shellcheck disable=SC2086
  kill -CONT $workers
  expect_end "$behind" 0
  expect_end "$many" 0
  expect_end "$echod_pid" 0

  # At that very moment. An address of its own: who tries again later meets no other test's server.
  for _ in 1 2 3; do
    start_echod --selector "$selector" --workers 2 127.9.9.9 0
    port=$(echod_port)
    behind "$rude" knock 127.9.9.9 "$port"
    knockers=$behind
    for _ in 1 2; do
      behind "$rude" knock 127.9.9.9 "$port"
      knockers="$knockers $behind"
    done
    stop_echod
    for knocker in $knockers; do
      expect_end "$knocker" 0
    done
  done
done
