#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# What is printed goes to standard output and standard error, or is known not to have been written:
# never into a connection or a pipe that has got the number of a stream that was closed.
. "${top_srcdir:-.}/tests/system/lib.sh"

need jq

# ---- echod: its first pipe is the one that signals come by ----
"$echod" 127.0.0.1 0 <&- >&- 2>"$tmp/closed.err" &
pid=$!
end_at_exit "$pid"
wait_until 30 "$echoctl" ping
port=$(status | jq '.listeners[0].port')
expect_exit 0 "$multiconn" 127.0.0.1 "$port" 2
kill -TERM "$pid"
expect_end "$pid" 0
! grep -E 'opened again|Hangup|Interrupt' "$tmp/closed.err" || fail "what it printed was taken for signals"

# ---- multiconn: its first two descriptors are the ends of the pipe that tells of an interrupt ----
start_echod 127.0.0.1 0
port=$(echod_port)
for streams in '>&-' '<&- >&-'; do
  expect_exit 1 sh -c "exec \"\$@\" $streams" sh "$multiconn" 127.0.0.1 "$port" 2
  expect_line "$tmp/stderr" 'multiconn: standard output could not be written: Bad file descriptor'
  expect_exit 1 sh -c "exec \"\$@\" $streams" sh "$multiconn" --version
done
expect_exit 1 sh -c 'exec "$@" <&- >&- 2>&-' sh "$multiconn" 127.0.0.1 "$port" 2

# ---- echoctl: its first is the control connection ----
for streams in '>&-' '<&- >&-' '<&- >&- 2>&-'; do
  expect_exit 1 sh -c "exec \"\$@\" $streams" sh "$echoctl" status
done
expect_exit 0 sh -c 'exec "$@" <&- 2>&-' sh "$echoctl" status
expect_status '.control.malformed == 0'

# ---- What was asked for and not written ----
if [ -w /dev/full ]; then
  for program in "$echod" "$echoctl" "$multiconn"; do
    for option in --help --version; do
      expect_exit 1 sh -c 'exec "$@" >/dev/full' sh "$program" "$option"
      expect_match "$tmp/stderr" 'standard output.*: No space left on device$'
    done
  done
fi
stop_echod
