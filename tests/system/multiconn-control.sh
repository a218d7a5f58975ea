#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# multiconn --control compares its counts with those of a daemon: an honest echo server, and a
# control socket that answers what the test says.
. "${top_srcdir:-.}/tests/system/lib.sh"
# shellcheck source=tests/system/liar.sh
. "$top_srcdir/tests/system/liar.sh"

start_honest

# check CODE ANSWER...: two connections, 88 bytes each way, against these answers.
check() {
  expected_code=$1
  shift
  start_fake status "$tmp/status.sock" "$@"
  expect_exit "$expected_code" "$multiconn" --control "$fake_at" 127.0.0.1 "$port" 2
  tail -n 1 "$tmp/stdout" >"$tmp/summary"
}

check 0 7,700,600 9,788,688
expect_match "$tmp/summary" "; the server's counts agree\$"
[ ! -s "$tmp/stderr" ] || fail "agreement is no diagnostic"

# It is asked again until the counts agree.
check 0 0,0,0 1,44,44 2,88,44 2,88,88
expect_match "$tmp/summary" "; the server's counts agree\$"

# More than ours is only reported, less is a loss, and each count counts.
check 0 0,0,0 3,132,132
expect_match "$tmp/summary" '; the server counts more$'
expect_match "$tmp/stderr" 'the server counts 3 connections, 132 bytes received, 132 sent; we made 2, sent 88, received 88$'
for less in 1,88,88 2,87,88 2,88,87 2,87,500; do
  check 4 0,0,0 "$less"
  expect_match "$tmp/summary" '; the server counts less$'
done

# Before any connection is made.
expect_exit 1 "$multiconn" --control "$tmp/none.sock" 127.0.0.1 "$port" 2
expect_match "$tmp/stderr" "^multiconn: control: cannot connect to $tmp/none.sock: No such file"
grep -q '^starting' "$tmp/stdout" && fail "it connected although the daemon cannot be asked"
check 1 '{"error":"echod.Control.Broken"}'
expect_line "$tmp/stderr" 'multiconn: control: the daemon answered echod.Control.Broken'
check 1 '{"parameters":{}}'
expect_line "$tmp/stderr" 'multiconn: control: the answer is no status'
check 1 close
expect_match "$tmp/stderr" '^multiconn: control: no answer from '
grep -q '^starting' "$tmp/stdout" && fail "it connected although the daemon did not answer"

# Where echoctl looks for it, too: in one place that is named, else in two.
start_fake status "$tmp/status.sock" 0,0,0 2,88,88
expect_exit 0 env ECHOD_SOCKET="$fake_at" "$multiconn" -q --control auto 127.0.0.1 "$port" 2
expect_match "$tmp/stdout" "; the server's counts agree\$"
expect_exit 1 env ECHOD_SOCKET="$tmp/none.sock" "$multiconn" --control auto 127.0.0.1 "$port" 2
expect_match "$tmp/stderr" "^multiconn: control: cannot connect to $tmp/none.sock: No such file"
if ! [ -e /run/echod/control.sock ]; then # the machine's own
  expect_exit 1 env -u ECHOD_SOCKET "$multiconn" --control auto 127.0.0.1 "$port" 2
  expect_match "$tmp/stderr" "^multiconn: control: cannot connect to $RUNTIME_DIRECTORY/control.sock, /"
fi

# Afterwards: everything was verified, but the question was not answered.
check 1 0,0,0 close
expect_match "$tmp/summary" '^2 connections asked, 2 verified, 0 failed; '
stop_fake
exec 8>&-
