#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# Peers with bad manners, one kind after the other, with every selector back end: every byte that is
# owed arrives, every connection is counted with the reason of its end, nothing stays behind, and all
# the time others are served.

. "${top_srcdir:-.}/tests/system/lib.sh"
need jq
rude=$top_builddir/tests/fake/rude
max_pending=65536

cat >"$tmp/echod.conf" <<CONF
workers = 2;
listeners = {
  echo = { address = "127.0.0.1"; port = 0; service = "echo"; max-pending = $max_pending; };
  local = { transport = "unix"; address = "$tmp/run/echo.sock"; service = "echo"; };
  hasty = { address = "127.0.0.1"; port = 0; service = "echo"; max-pending = $max_pending;
            first-byte-timeout = "300ms"; };
  stalling = { address = "127.0.0.1"; port = 0; service = "echo"; max-pending = $max_pending;
               stall-timeout = "1s"; };
};
CONF

# ---- The books ----
# What the daemon must have counted by now, by reason and in bytes.
begin_books() {
  peer=0 reset=0 stall=0 first_byte=0 bytes=0
}

closed_is() {
  status >"$tmp/books"
  jq -e ".totals | .active == 0 and .accepted == $((peer + reset + stall + first_byte)) and
    (.closed | with_entries(select(.value > 0))) ==
    ({ peer: $peer, reset: $reset, stall: $stall, first_byte: $first_byte } |
     with_entries(select(.value > 0)))" "$tmp/books"
}

# balance WHAT: all connections have ended as the books say, and nothing is left of them.
balance() {
  # A good client among them: ten connections of 44 bytes.
  expect_exit 0 "$multiconn" -q 127.0.0.1 "$port" 10
  peer=$((peer + 10)) bytes=$((bytes + 440))
  for _ in $(seq 200); do
    closed_is >/dev/null && break
    sleep 0.1
  done
  closed_is >/dev/null ||
    fail "$1: not peer $peer, reset $reset, stall $stall, first_byte $first_byte: $(jq -c '.totals' "$tmp/books")"
  jq -e '.totals | .pending_bytes == 0 and .paused_connections == 0 and .worker_restarts == 0 and
    ([.rejected[], .accept_errors[]] | add) == 0' "$tmp/books" >/dev/null ||
    fail "$1: something is left: $(jq -c .totals "$tmp/books")"
}

# same_bytes WHAT: besides, exactly the bytes that the books have came and went back.
same_bytes() {
  balance "$1"
  [ "$(jq -c '.totals | [.received_bytes, .sent_bytes]' "$tmp/books")" = "[$bytes,$bytes]" ] ||
    fail "$1: not $bytes bytes: $(jq -c .totals "$tmp/books")"
}

# some_bytes WHAT: besides, nothing was sent that had not been received. The books go on from there.
some_bytes() {
  balance "$1"
  jq -e ".totals | .received_bytes >= .sent_bytes and .sent_bytes >= $bytes" "$tmp/books" >/dev/null ||
    fail "$1: impossible counts of bytes: $(jq -c .totals "$tmp/books")"
  discarded=$(jq '.totals | .received_bytes - .sent_bytes' "$tmp/books")
}

# ---- Peers that wait for us ----
# start_peer MODE HOST PORT [N]: returns when it says ready.
start_peer() {
  mkfifo "$tmp/peer.in" "$tmp/peer.out"
  "$rude" "$@" <"$tmp/peer.in" >"$tmp/peer.out" 2>"$tmp/peer.err" &
  peer_pid=$!
  end_at_exit "$peer_pid"
  exec 7>"$tmp/peer.in"
  read -r word <"$tmp/peer.out" || word="no word"
  rm "$tmp/peer.in" "$tmp/peer.out"
  [ "$word" = ready ] || fail "$*: $word; $(cat "$tmp/peer.err")"
}

end_peer() {
  exec 7>&-
  expect_end "$peer_pid" "${1-0}"
}

# sent: what the peer that has ended says that it sent.
sent() {
  sed -n 's/^sent //p' "$tmp/peer.err"
}

for selector in $(selectors); do
  begin_books
  start_echod -n 4 --selector "$selector" --config "$tmp/echod.conf"
  port=$(echod_port tcp echo)
  hasty=$(echod_port tcp hasty)
  same_bytes "a good client"

  # Reads one byte at a time; sends everything and its end before it reads anything.
  for place in "127.0.0.1 $port" "unix $tmp/run/echo.sock"; do
    # shellcheck disable=SC2086
    expect_exit 0 "$rude" sip $place 20000
    # shellcheck disable=SC2086
    expect_exit 0 "$rude" tail $place 80000
    peer=$((peer + 2)) bytes=$((bytes + 100000))
  done
  same_bytes "sip and tail"

  # Sends and does not read: the daemon holds max-pending and no byte more. Then it ends its side
  # into the full pipe, and reads: all of it arrives.
  start_peer hoard 127.0.0.1 "$port"
  wait_until 20 pending_is $max_pending
  end_peer
  peer=$((peer + 1)) bytes=$((bytes + $(sent)))
  same_bytes "hoard"

  # Floods, one by one and all together.
  expect_exit 0 "$rude" flood 127.0.0.1 "$port" 500
  expect_exit 0 "$rude" burst 127.0.0.1 "$port" 500
  peer=$((peer + 1000))
  same_bytes "floods"

  # Says nothing: stays while it may, goes when it must, also when it resets then.
  start_peer hold 127.0.0.1 "$port" 50
  expect_status '.totals.active == 50'
  start_silent=$(status | jq .totals.accepted)
  expect_exit 0 "$rude" silent 127.0.0.1 "$hasty" 50
  expect_exit 0 "$rude" sulk 127.0.0.1 "$hasty" 50
  expect_status ".totals.accepted == $start_silent + 100 and .totals.active >= 50"
  end_peer
  peer=$((peer + 50)) first_byte=$((first_byte + 100)) bytes=$((bytes + 100))
  same_bytes "silence"

  # Killed with everything read: its kernel ends it in order.
  start_peer hold 127.0.0.1 "$port" 50
  kill -KILL "$peer_pid"
  end_peer 137
  peer=$((peer + 50)) bytes=$((bytes + 50))
  same_bytes "killed and quiet"

  # From here on bytes are lost by those who do not want them. Never reads again: the stall ends it.
  start_peer stuck 127.0.0.1 "$(echod_port tcp stalling)"
  end_peer
  stall=$((stall + 1))
  some_bytes "stuck"
  [ "$discarded" -eq "$max_pending" ] || fail "not max-pending but $discarded bytes were thrown away"

  # Killed with a full pipe, and resets at every point.
  start_peer hoard 127.0.0.1 "$port"
  wait_until 20 pending_is $max_pending
  kill -KILL "$peer_pid"
  end_peer 137
  start_peer renege 127.0.0.1 "$port"
  end_peer
  expect_exit 0 "$rude" reset 127.0.0.1 "$port" 200
  reset=$((reset + 202))
  some_bytes "resets"

  # After both ends have been told, a reset may come in time to be the reason, or not.
  before=$reset
  expect_exit 0 "$rude" late 127.0.0.1 "$port" 100
  wait_until 10 expect_idle
  reset=$(status | jq .totals.closed.reset)
  peer=$((peer + 100 - (reset - before)))
  some_bytes "late resets"

  [ "$(children_of "$echod_pid" | wc -w)" -eq 2 ] || fail "a worker has gone"
  ! grep -E ' (error|warning): worker' "$echod_err" || fail "a worker complains"
  stop_echod
done
