#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# The master is killed: its workers notice, serve their connections to the end or to the drain's, and
# leave; a new daemon has the port meanwhile. With every selector back end.

. "${top_srcdir:-.}/tests/system/lib.sh"
need jq

configuration() {
  cat >"$tmp/death.conf" <<CONF
drain-timeout = $1; workers = 2;
listeners = { echo = { address = "127.0.0.1"; port = $2; service = "echo"; max-pending = "16m"; }; };
CONF
}

# greedy WORD: a client that sends all it can, and reads no more until end_greedy.
greedy() {
  rm -f "$tmp/greedy.in" "$tmp/greedy.out"
  mkfifo "$tmp/greedy.in"
  "$top_builddir/tests/fake/rude" "$1" 127.0.0.1 "$port" <"$tmp/greedy.in" >"$tmp/greedy.out" &
  greedy_pid=$!
  end_at_exit "$greedy_pid"
  exec 6>"$tmp/greedy.in"
  wait_until 20 grep -q ready "$tmp/greedy.out"
}

# end_greedy: all that it is owed must come.
end_greedy() {
  exec 6>&-
  expect_end "$greedy_pid" 0
}

# begin DRAIN-TIMEOUT WORD: a daemon with a greedy client and some that are quiet, and then killed.
begin() {
  configuration "$1" 0
  start_echod --selector "$selector" --config "$tmp/death.conf"
  port=$(echod_port)
  workers=$(children_of "$echod_pid")
  for worker in $workers; do
    end_at_exit "$worker"
  done
  hold 10 127.0.0.1 "$port"
  greedy "$2"
  wait_until 10 paused_are 1
  kill -KILL "$echod_pid"
  expect_end "$echod_pid" 137
}

have_left() {
  for worker in $workers; do
    gone "$worker" || return 1
  done
}

# said TEXT: both workers.
said() {
  [ "$(grep -c "$1" "$echod_err")" -eq 2 ]
}

for selector in $(selectors); do
  # All that is owed arrives, however late, and a new daemon has the port from the start.
  begin '"off"' hoard
  old_err=$echod_err
  wait_until 10 said 'the master is gone; draining and leaving'
  configuration '"off"' "$port"
  start_echod --selector "$selector" --config "$tmp/death.conf" 6>&- 9>&-
  expect_exit 0 "$multiconn" -q --control "$ECHOD_SOCKET" 127.0.0.1 "$port" 20
  ! have_left || fail "the workers did not wait for the client that does not read"
  end_greedy
  wait_until 10 have_left
  ! grep -q 'closed by the timeout' "$old_err" || fail "a connection was cut off"
  exec 9>&-
  wait "$hold_pid" || : # its quiet connections were ended
  stop_echod

  # Not for ever.
  # Long enough for the quiet ones to end by themselves, which they do after 250 ms.
  begin '"1500ms"' starve
  wait_until 10 have_left
  expect_match "$echod_err" 'worker [01]: 1 connections closed by the timeout, [1-9][0-9]* bytes unsent'
  end_greedy
  expect_match "$tmp/greedy.out" '^got [1-9]'
  exec 9>&-
  wait "$hold_pid" || : # its quiet connections were ended
done

# A worker that was suspended has missed it, and leaves when it can.
configuration '"5s"' 0
start_echod --config "$tmp/death.conf"
workers=$(children_of "$echod_pid")
hold 10 127.0.0.1 "$(echod_port)"
# shellcheck disable=SC2086
kill -STOP $workers
kill -KILL "$echod_pid"
expect_end "$echod_pid" 137
! have_left || fail "a suspended process has left"
# shellcheck disable=SC2086
kill -CONT $workers
wait_until 10 have_left
exec 9>&-
wait "$hold_pid" || : # its quiet connections were ended
