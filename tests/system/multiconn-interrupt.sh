#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# multiconn ended by SIGINT or SIGTERM while it waits for something else than its connections: for a
# name server, for the daemon's first answer, for its second one. It says what it has done so far. In
# a network of its own, where one can be made, as only there a name server can be silent.

if [ -z "${OWN_NAMES-}" ]; then
  OWN_NAMES=no
  if command -v ip >/dev/null && command -v python3 >/dev/null && unshare -rmn true 2>/dev/null; then
    OWN_NAMES=yes
  fi
  export OWN_NAMES
  if [ "$OWN_NAMES" = yes ]; then
    exec unshare -rmn "${SHELL:-/bin/sh}" "$0" "$@"
  fi
fi

. "${top_srcdir:-.}/tests/system/lib.sh"
# shellcheck source=tests/system/liar.sh
. "$top_srcdir/tests/system/liar.sh"
[ "$OWN_NAMES" = no ] || ip link set dev lo up

start_honest

# interrupt SIGNAL FILE ARG...: runs multiconn, interrupts it when that file is there, and leaves the
# last line of its output in $tmp/summary and how many lines there are in $lines.
interrupt() {
  signal=$1
  waits=$2
  shift 2
  rm -f "$waits"
  "$multiconn" "$@" >"$tmp/multi.out" 2>"$tmp/multi.err" &
  pid=$!
  end_at_exit "$pid"
  wait_until 60 test -e "$waits"
  kill -"$signal" "$pid"
  expect_end "$pid" 130
  [ ! -s "$tmp/multi.err" ] || fail "an interrupt is no diagnostic: $(cat "$tmp/multi.err")"
  tail -n 1 "$tmp/multi.out" >"$tmp/summary"
  lines=$(wc -l <"$tmp/multi.out")
}

nothing='0 verified, 0 failed, 2 unfinished; 0 bytes sent, 0 verified in 0\.000 s, 0 B/s'

# ---- Before the first connection ----
for signal in INT TERM; do
  start_fake status "$tmp/status.sock" wait
  interrupt "$signal" "$tmp/status.sock.waits" --control "$fake_at" 127.0.0.1 "$port" 2
  expect_match "$tmp/summary" "^interrupted: 2 connections asked, $nothing\$"
  [ "$lines" -eq 1 ] || fail "more than a summary: $(cat "$tmp/multi.out")"
done
start_fake status "$tmp/status.sock" wait
interrupt INT "$tmp/status.sock.waits" -q --udp --control "$fake_at" 127.0.0.1 "$port" 2
expect_match "$tmp/summary" "^interrupted: 2 connections asked, $nothing; 0 datagrams sent, 0 answered, "

# Where the summary cannot be written, that is said, too.
if [ -w /dev/full ]; then
  start_fake status "$tmp/status.sock" wait
  rm -f "$tmp/status.sock.waits"
  "$multiconn" --control "$fake_at" 127.0.0.1 "$port" 2 >/dev/full 2>"$tmp/multi.err" &
  pid=$!
  end_at_exit "$pid"
  wait_until 60 test -e "$tmp/status.sock.waits"
  kill -INT "$pid"
  expect_end "$pid" 130
  expect_line "$tmp/multi.err" 'multiconn: standard output could not be written'
fi

# ---- After the last one ----
start_fake status "$tmp/status.sock" 0,0,0 wait
interrupt INT "$tmp/status.sock.waits" --control "$fake_at" 127.0.0.1 "$port" 2
expect_match "$tmp/summary" \
  '^interrupted: 2 connections asked, 2 verified, 0 failed; 88 bytes sent, 88 verified in '
expect_line "$tmp/multi.out" 'closing connection 2'
grep -q 'the server' "$tmp/summary" && fail "a verdict without an answer"
stop_fake

# ---- A name server that does not answer ----
[ "$OWN_NAMES" = yes ] || exit 0
printf 'nameserver 127.0.0.1\noptions timeout:30 attempts:1\n' >"$tmp/resolv.conf"
echo 'hosts: dns' >"$tmp/nsswitch.conf"
for file in resolv.conf nsswitch.conf; do
  mount --bind "$tmp/$file" "/etc/$file" 2>/dev/null || exit 0
done
python3 - "$tmp/names.ready" "$tmp/names.asked" <<'PYTHON' &
import socket
import sys

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 53))
open(sys.argv[1], "w").close()
while True:
    s.recv(512)
    open(sys.argv[2], "w").close()
PYTHON
end_at_exit $!
wait_until 60 test -e "$tmp/names.ready"
for signal in INT TERM; do
  interrupt "$signal" "$tmp/names.asked" name.example "$port" 2
  expect_match "$tmp/summary" "^interrupted: 2 connections asked, $nothing\$"
done
