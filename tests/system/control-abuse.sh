#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# Rude clients of the control socket: each gets what it deserves and is counted, and while each is at
# it the daemon echoes and an ordinary client has its answer.

. "${top_srcdir:-.}/tests/system/lib.sh"
need jq
heckler=$top_builddir/tests/fake/heckler

start_echod --workers 2 127.0.0.1 0
port=$(echod_port)

counted() {
  status | jq -e ".control == { clients: 1, malformed: $1, dropped: $2 }"
}

# counts MALFORMED DROPPED: what the daemon counts, and that it is otherwise well.
counts() {
  wait_until 10 counted "$1" "$2"
  expect_status '.state == "running"'
  expect_status '.totals.worker_restarts == 0'
  expect_exit 0 "$multiconn" -q --control "$ECHOD_SOCKET" 127.0.0.1 "$port" 2
}

heckle() {
  expect_exit 0 "$heckler" "$1" "$ECHOD_SOCKET" "$2"
}

heckle garbage 8
counts 8 0
expect_match "$echod_err" "malformed request from uid $(id -u), pid [0-9]+: not a call"
heckle half 40
counts 48 0
expect_match "$echod_err" "malformed request from .*: ended in the middle of a call"

# 64 KiB are a call, one byte more is none.
heckle padded 65536
expect_line "$tmp/stdout" '{"parameters":{}}'
counts 48 0
heckle padded 65537
expect_line "$tmp/stdout" closed
counts 49 0
expect_match "$echod_err" "malformed request from .*: too long"

heckle rapid 1000
counts 49 0
heckle pipeline 90
counts 49 0

# Who leaves after 0, 1, ... all 37 bytes of a call: nobody is there for the answer; a part of a call is
# malformed, nothing or all of it is not.
heckle vanish 380
malformed=$((49 + 360))
counts "$malformed" 0

# 64 clients are served; the next takes the place of the one that has been idle longest.
mkfifo "$tmp/in" "$tmp/out"
for clients in 63 64 70; do
  "$heckler" crowd "$ECHOD_SOCKET" "$clients" <"$tmp/in" >"$tmp/out" &
  crowd=$!
  end_at_exit "$crowd"
  exec 5>"$tmp/in" 6<"$tmp/out"
  read -r line <&6
  [ "$line" = ready ] || fail "a crowd of $clients was not served"
  expect_status '.control.clients == 64'
  expect_exit 0 "$multiconn" -q 127.0.0.1 "$port" 2
  exec 5>&-
  read -r line <&6
  exec 6<&-
  expect_end "$crowd" 0
  [ "$line" = "$((clients - 63)) closed" ] || fail "of $clients clients and one more: $line"
done
counts "$malformed" 0

# Who asks and does not read: above 1 MiB of answers it is dropped, and meanwhile disturbs nobody.
"$heckler" deaf "$ECHOD_SOCKET" >"$tmp/deaf" &
deaf=$!
end_at_exit "$deaf"
expect_exit 0 "$echoctl" ping
expect_exit 0 "$multiconn" -q 127.0.0.1 "$port" 20
expect_end "$deaf" 0
expect_line "$tmp/deaf" closed
counts "$malformed" 1

# All at once.
pids=
for mode in garbage half rapid vanish deaf; do
  "$heckler" "$mode" "$ECHOD_SOCKET" 200 >>"$tmp/all" 2>&1 &
  pids="$pids $!"
  end_at_exit $!
done
for _ in 1 2 3 4 5; do
  expect_exit 0 "$echoctl" status
  expect_exit 0 "$multiconn" -q 127.0.0.1 "$port" 50
done
for pid in $pids; do
  expect_end "$pid" 0
done
# What they left behind is read to its end.
alone() {
  status | jq -e '.control.clients == 1'
}
wait_until 20 alone
malformed=$(status | jq .control.malformed)
counts "$malformed" 2
stop_echod
