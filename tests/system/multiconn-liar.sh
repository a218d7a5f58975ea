#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# Every lie that a server can tell, on all connections and on one of twenty, with every back end.
. "${top_srcdir:-.}/tests/system/lib.sh"
# shellcheck source=tests/system/liar.sh
. "$top_srcdir/tests/system/liar.sh"

# is_told CODE REGEX CONNECTIONS SUMMARY TIMEOUT: whether multiconn says that and no more.
is_told() {
  code=0
  "$multiconn" -q --selector "$back_end" --timeout "$5" 127.0.0.1 "$fake_at" "$3" \
    >"$tmp/stdout" 2>"$tmp/stderr" || code=$?
  [ "$code" -eq "$1" ] && grep -Eq -e "^multiconn: connection $2" "$tmp/stderr" &&
    [ "$(wc -l <"$tmp/stderr")" -eq 1 ] && grep -Eq -e "$4" "$tmp/stdout"
}

# lie_to CONNECTIONS NTH SUMMARY CODE REGEX MODE OFFSET [TIMEOUT]: where there is a short timeout, a
# loaded machine may have others run into it, but not each time.
lie_to() {
  for _ in 1 2 3; do
    start_liar "$6" "$2" "$7"
    is_told "$4" "$5" "$1" "$3" "${8-60s}" && return
    [ $# -eq 8 ] || break
  done
  fail "$6 on $1 connections: $code, $(cat "$tmp/stdout" "$tmp/stderr")"
}

# lie CODE REGEX MODE OFFSET [TIMEOUT]: what multiconn says of it and how it exits.
lie() {
  wanted=$1 regex=$2
  shift 2
  lie_to 20 7 '^20 connections asked, 19 verified, 1 failed; 8(80|58) bytes sent, ' \
    "$wanted" "[0-9]+: $regex" "$@"
  lie_to 1 0 '^1 connections asked, 0 verified, 1 failed; ' "$wanted" "1: $regex" "$@"
}

for back_end in $(back_ends); do
  start_liar honest
  expect_exit 0 "$multiconn" -q --selector "$back_end" 127.0.0.1 "$fake_at" 20
  expect_match "$tmp/stdout" '^20 connections asked, 20 verified, 0 failed; 880 bytes sent, 880 '
  [ ! -s "$tmp/stderr" ] || fail "an honest server is blamed"

  lie 4 "mismatch at offset 10: expected b'from client\\.[^']*', received b'rom client\\." drop 10
  lie 4 "mismatch at offset 10: expected b'from client\\.[^']*', received b'grom client\\." flip 10
  lie 4 "mismatch at offset 0: expected b'Message 1 [^']*', received b'Lessage 1 " flip 0
  lie 4 "mismatch at offset 43: expected b'\\.', received b'/'\$" flip 43
  lie 4 "mismatch at offset 11: expected b'rom client\\.[^']*', received b'from " duplicate 10
  lie 4 "mismatch at offset 44: expected nothing more, received b'\\.'\$" duplicate 43
  lie 4 "mismatch at offset 44: expected nothing more, received b'\\+'\$" append 0
  lie 4 'shortfall at offset 10: 34 bytes are missing$' early 10
  lie 4 'shortfall at offset 43: 1 byte is missing$' early 43
  lie 4 'eof at offset 0: 44 bytes are missing$' early 0
  lie 4 'reset at offset [0-9]+: [0-9]+ bytes are missing$' reset 10
  lie 4 'timeout at offset 43: 1 byte is missing$' drop 43 1s
  lie 4 'timeout at offset 0: 44 bytes are missing$' silent 0 1s

  # Of discard only the end tells whether what was sent was taken.
  start_liar reset 0 0
  expect_exit 4 "$multiconn" -q --selector "$back_end" --service discard 127.0.0.1 "$fake_at" 2
  expect_match "$tmp/stderr" \
    '^multiconn: connection [12]: reset at offset 0: the end after ours is missing$'

  # All bytes came; that the server's end does not, for a second, is no fault of them.
  start_liar open
  before=$(date +%s)
  expect_exit 0 "$multiconn" -q --selector "$back_end" 127.0.0.1 "$fake_at" 20
  [ "$(date +%s)" -gt "$before" ] || fail "nobody waited for surplus"

  start_liar deaf
  expect_exit 4 "$multiconn" -q --selector "$back_end" --timeout 200ms 127.0.0.1 "$fake_at" 1
  expect_line "$tmp/stderr" 'multiconn: connection 1: timeout at offset 0: 44 bytes are missing'

  # The connection never was: 3, not 4.
  start_liar full
  expect_exit 3 "$multiconn" -q --selector "$back_end" --timeout 200ms 127.0.0.1 "$fake_at" 12
  expect_line "$tmp/stderr" 'multiconn: connection 1: timeout'
  expect_line "$tmp/stderr" 'multiconn: timeout: 12 connections in all'
  start_liar full 0 0 "$tmp/full.sock"
  expect_exit 3 "$multiconn" -q --selector "$back_end" --timeout 200ms --unix "$fake_at" 12
  expect_line "$tmp/stderr" 'multiconn: timeout: 12 connections in all'
done
stop_fake
