#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# How multiconn ends when it is not by a server's lie: usage, connections that cannot be, signals,
# its own limits, its output.
. "${top_srcdir:-.}/tests/system/lib.sh"
# shellcheck source=tests/system/liar.sh
. "$top_srcdir/tests/system/liar.sh"

# ---- Usage ----
expect_exit 2 "$multiconn"
expect_line "$tmp/stderr" 'usage: multiconn HOST PORT NUM_CONNECTIONS'
[ ! -s "$tmp/stdout" ] || fail "a usage error on standard output"
expect_exit 2 "$multiconn" 127.0.0.1 0 1
expect_exit 2 "$multiconn" --contrl x 127.0.0.1 7 1
expect_match "$tmp/stderr" "did you mean '--control'"
expect_exit 0 "$multiconn" --help
[ ! -s "$tmp/stderr" ] || fail "help on standard error"
expect_exit 0 "$multiconn" --version

# ---- Nobody there: nobody has port 1, and there never was such a path ----
expect_exit 3 "$multiconn" 127.0.0.1 1 12
expect_line "$tmp/stderr" 'multiconn: connection 3: refused'
expect_line "$tmp/stderr" 'multiconn: refused: 12 connections in all'
expect_match "$tmp/stdout" '^12 connections asked, 0 verified, 12 failed; 0 bytes sent, '
expect_exit 3 "$multiconn" --unix "$tmp/nobody.sock" 1
expect_match "$tmp/stderr" '^multiconn: connection 1: refused: No such file'
expect_exit 3 "$multiconn" -6 127.0.0.1 1 2
expect_match "$tmp/stderr" '^multiconn: 127\.0\.0\.1: dns: '
expect_match "$tmp/stdout" '^2 connections asked, 0 verified, 2 failed; '

# ---- Our own address and limits ----
start_liar honest
expect_exit 0 "$multiconn" -4 -B 127.0.0.1 127.0.0.1 "$fake_at" 2
expect_exit 3 "$multiconn" -B 192.0.2.1 127.0.0.1 "$fake_at" 1
expect_match "$tmp/stderr" '^multiconn: connection 1: local-limit: '
expect_exit 3 sh -c 'ulimit -n 40 && exec "$@"' sh "$multiconn" -q 127.0.0.1 "$fake_at" 100
expect_match "$tmp/stderr" '^multiconn: local-limit: 100 connections asked, but .* only [1-3][0-9] more'
expect_match "$tmp/stdout" '^100 connections asked, [1-9][0-9]? verified, [0-9]+ failed; '

# ---- Output that goes nowhere ----
if [ -w /dev/full ]; then
  lib_got=0
  "$multiconn" 127.0.0.1 "$fake_at" 2 >/dev/full 2>"$tmp/stderr" || lib_got=$?
  [ "$lib_got" -eq 1 ] || fail "exit code $lib_got with a full disk"
  expect_match "$tmp/stderr" '^multiconn: standard output could not be written: No space'
fi
mkfifo "$tmp/go"
{
  read -r _ <"$tmp/go"
  lib_got=0
  "$multiconn" 127.0.0.1 "$fake_at" 50 2>"$tmp/stderr" || lib_got=$?
  echo "$lib_got" >"$tmp/code"
} | {
  exec <&-
  echo go >"$tmp/go"
}
[ "$(cat "$tmp/code")" -eq 1 ] || fail "exit code $(cat "$tmp/code") with a broken pipe"

# ---- Interrupted: once says what there is, also when it had been ignored ----
start_liar silent
for signal in INT TERM; do
  "$multiconn" 127.0.0.1 "$fake_at" 2 >"$tmp/$signal.out" 2>"$tmp/$signal.err" &
  pid=$!
  end_at_exit "$pid"
  wait_until 30 grep -q "^sending b'Message 2 from client.' to connection 2" \
    "$tmp/$signal.out"
  kill -"$signal" "$pid"
  expect_end "$pid" 130
  expect_match "$tmp/$signal.out" \
    '^interrupted: 2 connections asked, 0 verified, 0 failed, 2 unfinished; 88 bytes sent, 0 '
done
stop_fake
