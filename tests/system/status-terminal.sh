#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# echoctl status in real terminals of several widths: its tables fit, and say what --json says.
. "${top_srcdir:-.}/tests/system/lib.sh"
need jq
. "$top_srcdir/tests/system/lib-terminal.sh"

cat >"$tmp/echod.conf" <<CONF
workers = 2;
listeners = {
  echo = { address = "127.0.0.1"; port = 0; transport = [ "tcp", "udp" ]; };
  a-listener-with-a-long-name = { address = "127.0.0.1"; port = 0; service = "discard"; };
  local = { address = "$tmp/run/a-socket-with-a-very-long-name.sock"; transport = "unix"; };
};
CONF
start_echod -n 4 --config "$tmp/echod.conf"
port=$(echod_port tcp echo)
hold 12 127.0.0.1 "$port"
expect_exit 0 "$multiconn" -q 127.0.0.1 "$port" 30
expect_exit 0 "$multiconn" -q -u 127.0.0.1 "$(echod_port udp echo)" 3
wait_until 20 active_is 12

# column TABLE NAME: prints the numbers that stand below this heading, to its last character.
column() {
  screen | awk -v table="$1" -v name="$2" '
    # Words of the table, one behind the other, so that each is found at its place.
    $0 ~ "^ *" table " " {
      at = index(" " $0 " ", " " name " ")
      end = at + length(name) - 1
      inside = at > 0
      next
    }
    NF == 0 { inside = 0 }
    inside { cell = substr($0, 1, end); sub(/.* /, "", cell); print cell }'
}

# expect_column TABLE NAME FILTER: they are what the filter makes of the status.
expect_column() {
  column "$1" "$2" >"$tmp/shown"
  jq -r "$3" "$tmp/status" >"$tmp/wanted"
  cmp -s "$tmp/shown" "$tmp/wanted" && return
  screen
  fail "$1, $2: shown $(tr '\n' ' ' <"$tmp/shown"), not $(tr '\n' ' ' <"$tmp/wanted")"
}

for columns in 120 80 60 40 36; do
  status >"$tmp/status"
  in_terminal "$columns" 50 "$echoctl" status
  await '^Ended with 0\.$'
  expect_column LISTENER ACTIVE '.listeners[].active'
  expect_column WORKER ACTIVE '.workers[].active'
  expect_column WORKER WORKER '.workers[].index'
  # One line for each row: nothing was wrapped.
  [ "$(screen | sed -n '/^LISTENER/,/^$/p' | wc -l)" -eq 6 ] || { screen; fail "listeners at $columns"; }
  [ "$(screen | sed -n '/^WORKER/,/^$/p' | wc -l)" -eq 4 ] || { screen; fail "workers at $columns"; }
done
in_terminal 160 50 "$echoctl" status
await '^Ended with 0\.$'
expect_column LISTENER ACCEPTED '.listeners[].accepted'
expect_column LISTENER REJECTED '.listeners[].rejected'
expect_column WORKER ACCEPTED '.workers[].accepted'
expect_column WORKER PID '.workers[].pid'
await "^connections +$(jq '.totals | "\(.accepted) accepted, \(.active) active"' -r "$tmp/status")"
await '^datagrams +6 received, 6 answered'
end_hold
stop_echod
