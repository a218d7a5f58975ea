#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# Each timeout of a listener ends what it is meant for, under its own name and not early, and nothing
# else; where all are off nothing is ended. With every selector back end.

. "${top_srcdir:-.}/tests/system/lib.sh"
rude=$top_builddir/tests/fake/rude

cat >"$tmp/timeouts.conf" <<'CONF'
log = { access = true; };
listeners = {
  off = { address = "127.0.0.1"; port = 0; service = "echo"; stall-timeout = "off"; };
  idle = { address = "127.0.0.1"; port = 0; service = "echo"; idle-timeout = "1s"; };
  first = { address = "127.0.0.1"; port = 0; service = "echo"; first-byte-timeout = "2s"; };
  life = { address = "127.0.0.1"; port = 0; service = "echo"; lifetime = "2s"; };
  stall = { address = "127.0.0.1"; port = 0; service = "echo"; stall-timeout = "700ms";
    max-pending = "64k"; };
};
CONF

# start NAME PROGRAM [MODE] LISTENER [N]: a client in the background, its process in $started.
start() {
  name=$1 program=$top_builddir/tests/fake/$2
  shift 2
  case $program in */chat) mode= ;; *) mode=$1; shift ;; esac
  # shellcheck disable=SC2086
  "$program" $mode 127.0.0.1 "$(echod_port tcp "$1")" ${2:+"$2"} >"$tmp/$name.out" 2>&1 \
    5>&- 9>&- &
  started=$!
  end_at_exit "$started"
}

# lived LISTENER REASON LEAST_MS [BYTES]: each connection of that listener that ended for that reason
# had lived for as long at least, and one at least had; and had received as much.
lived() {
  sed -n "s/.* to listener '$1': \\([0-9]*\\) bytes .* in \\([0-9]*\\) ms; closed: $2\$/\\1 \\2/p" \
    "$echod_err" >"$tmp/lived"
  awk -v least="$3" -v bytes="${4:-0}" '$2 < least { short = 1 } $1 >= bytes { seen = 1 }
    END { exit short || !seen }' "$tmp/lived" && return
  cat "$tmp/lived"
  fail "not as it should be: $1, $2, $3 ms"
}

for selector in $(selectors); do
  start_echod -n 5 --selector "$selector" --workers 2 --config "$tmp/timeouts.conf"
  mkfifo "$tmp/hoard.in"
  "$rude" hoard 127.0.0.1 "$(echod_port tcp off)" <"$tmp/hoard.in" >"$tmp/hoard.out" 2>&1 &
  hoard=$!
  end_at_exit "$hoard"
  exec 5>"$tmp/hoard.in"
  hold 3 127.0.0.1 "$(echod_port tcp off)"

  start quiet rude silent idle
  quiet=$started
  # 70 bytes take longer than the timeout.
  start chat chat idle 70
  chat=$started
  start late rude silent first 3
  late=$started
  start_crowd 127.0.0.1 "$(echod_port tcp first)"
  expect_crowd 'served 2 ended 0 waiting 0' steps 2
  start old rude silent life
  old=$started
  start busy chat life 100000
  busy=$started
  start stuck rude stuck stall
  stuck=$started

  for pid in $quiet $chat $late $old $busy $stuck; do
    expect_end "$pid" 0
  done
  # It has come to its end, unless the machine kept it as quiet as the timeout is long, in one piece or
  # half before and half after a byte was heard.
  read -r _ _ chatted _ _ _ _ silence _ <"$tmp/chat.out"
  [ "$chatted" = 70, ] || [ "$silence" -ge 500 ] || fail "chat: $(cat "$tmp/chat.out")"
  wait_until 10 active_is 6
  expect_status '.totals.closed | .idle == 2 and .first_byte == 3 and .lifetime == 2 and .stall == 1'
  expect_status '([.totals.closed[]] | add) == 8'
  expect_status '[.listeners[] | .active] == [4, 0, 2, 0, 0]'
  lived idle idle 1000
  lived idle idle 1000 "${chatted%,}"
  lived first first_byte 2000
  lived life lifetime 2000
  lived life lifetime 2000 2
  lived stall stall 700 65536
  # What had said its byte, or has no timeout, is there, and whole.
  expect_crowd 'served 2 ended 0 waiting 0' echo
  end_hold
  exec 5>&-
  expect_end "$hoard" 0
  end_crowd
  wait_until 5 expect_idle
  expect_status '.totals.pending_bytes == 0 and .totals.closed.peer == 4'
  expect_status '.listeners[0] | .received_bytes == .sent_bytes'
  stop_echod
  rm "$tmp/hoard.in"
done
