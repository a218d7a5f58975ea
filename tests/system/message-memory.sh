#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# Requests that are nearly whole and then stall are kept within max-pending-total all together: more of
# them costs whoever has been quiet longest, counted as closed for memory, and nobody else.

. "${top_srcdir:-.}/tests/system/lib.sh"
need python3
framed="$top_srcdir/tests/system/framed.py"

cat >"$tmp/memory.conf" <<'CONF'
max-pending-total = "4m";
listeners = {
  message = { address = "127.0.0.1"; port = 0; service = "message"; };
  echo = { address = "127.0.0.1"; port = 0; };
};
CONF

# look: highest is the most that was kept, as far as one can see.
look() {
  now=$(status | jq .totals.pending_bytes)
  [ "$now" -le "$highest" ] || highest=$now
}

is_full() {
  status | jq -e '.totals | .closed.memory > 20 and .closed.memory + .active == 40' >/dev/null
}

for selector in $(selectors); do
  start_echod -n 2 --selector "$selector" --workers 2 --config "$tmp/memory.conf"
  mkfifo "$tmp/stall.in"
  python3 "$framed" stall 127.0.0.1 "$(echod_port tcp message)" 40 300000 <"$tmp/stall.in" \
    >"$tmp/stall.out" 2>"$tmp/stall.err" &
  stall=$!
  end_at_exit "$stall"
  exec 5>"$tmp/stall.in"
  highest=0
  until grep -q ready "$tmp/stall.out"; do
    look
    ! gone "$stall" || fail "$(cat "$tmp/stall.err")"
  done
  wait_until 10 is_full
  look
  if [ "$highest" -lt 2097152 ] || [ "$highest" -gt 4194304 ]; then
    fail "$highest bytes were kept at once, under $selector"
  fi
  expect_status '.totals.paused_connections == 0'

  # At the total now: the others go on, also with requests that come in several turns.
  expect_exit 0 "$multiconn" -q -m "$(printf %020000d 7)" 127.0.0.1 "$(echod_port tcp echo)" 50
  expect_exit 0 "$multiconn" -q --action search --value ring 127.0.0.1 "$(echod_port tcp message)" 50
  expect_exit 0 "$multiconn" -q --action search --value "$(printf %050000d 7)" 127.0.0.1 \
    "$(echod_port tcp message)" 20
  expect_status '.totals.pending_bytes <= 4194304 and .listeners[1].received_bytes == 1000000'

  # What is left is answered as soon as it is whole.
  exec 5>&-
  expect_end "$stall" 0
  read -r answered ended <<END
$(tail -n 1 "$tmp/stall.out")
END
  [ "$answered" -gt 0 ] || fail "none of those that were kept was answered"
  wait_until 10 expect_idle
  expect_status ".totals.pending_bytes == 0 and .totals.closed.memory == $ended and
    .totals.closed.service == 70 + $answered and .totals.closed.reset == 0"
  expect_match "$echod_err" 'max-pending-total is reached: the connection longest stalled is closed with [0-9]+ bytes'
  stop_echod
  rm "$tmp"/stall*
done
