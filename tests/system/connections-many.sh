#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# 20,000 connections over three workers, listed: complete, a page at a time, within bounded memory of
# master, workers and echoctl, while echoes go on; with readers that stall or leave, and workers that
# die.

. "${top_srcdir:-.}/tests/system/lib.sh"
need python3
[ -r /proc/self/status ] || skip "needs /proc"
half=10000 slack=6
# A sanitizer takes its time, keeps freed memory, and pads the rest.
! grep -q __asan_init "$echod" || half=3000 slack=32
files=$(awk '/^Max open files/ { print $5 }' /proc/self/limits)
[ "$files" = unlimited ] || [ "$files" -ge $((half + 200)) ] ||
  skip "needs more descriptors than $files a process"

# What all rows take in memory is 40 MiB and more; slack is in MiB.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=1
export ASAN_OPTIONS

# Two addresses, because one has not ports enough for all clients.
cat >"$tmp/echod.conf" <<CONF
workers = 3;
listeners = { echo = { address = [ "127.0.0.1", "127.0.0.2" ]; port = 0; }; };
CONF
start_echod -n 2 --config "$tmp/echod.conf"
port=$(echod_port tcp)

# holder NUMBER ADDRESS: keeps half of the connections, until the daemon ends them.
holder() {
  mkfifo "$tmp/in$1" "$tmp/out$1"
  "$top_builddir/tests/fake/rude" hold "$2" "$port" "$half" <"$tmp/in$1" >"$tmp/out$1" 2>/dev/null &
  end_at_exit $!
}
holder 1 127.0.0.1
exec 7>"$tmp/in1"
holder 2 127.0.0.2
exec 8>"$tmp/in2"
read -r _ <"$tmp/out1" || fail "the first half was not connected"
read -r _ <"$tmp/out2" || fail "the second half was not connected"

expect_exit 0 env PYTHONDONTWRITEBYTECODE=1 python3 "$top_srcdir/tests/system/connections-many.py" \
  "$port" $((2 * half)) "$echoctl" "$slack"
cat "$tmp/stdout"
stop_echod
