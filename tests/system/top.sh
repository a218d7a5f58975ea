#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# echoctl top where there is no screen: lines and JSON, options, daemons that go or were never there.
. "${top_srcdir:-.}/tests/system/lib.sh"
need jq

# ---- Options ----
for wrong in 99ms 2h 0 -1 x ''; do
  expect_exit 2 "$echoctl" top --interval "$wrong"
done
for wrong in 0 -1 x ''; do
  expect_exit 2 "$echoctl" top --count "$wrong"
done
expect_exit 2 "$echoctl" top --sort speed
expect_exit 2 "$echoctl" connections --sort rate
expect_line "$tmp/stderr" "echoctl: --sort rate goes with top only: a list knows no rates"
expect_exit 2 "$echoctl" status --interval 1s
expect_exit 2 "$echoctl" top now
expect_exit 3 "$echoctl" top

cat >"$tmp/echod.conf" <<CONF
workers = 2;
listeners = {
  echo = { address = "127.0.0.1"; port = 0; transport = [ "tcp", "udp" ]; };
  other = { address = "127.0.0.1"; port = 0; };
};
CONF
start_echod -n 3 --config "$tmp/echod.conf"
port=$(echod_port tcp echo)
hold 7 127.0.0.1 "$port"

# ---- Lines ----
expect_exit 0 "$echoctl" top -i 100ms -n 3
[ "$(wc -l <"$tmp/stdout")" -eq 4 ] || fail "not a heading and three lines: $(cat "$tmp/stdout")"
expect_match "$tmp/stdout" '^TIME +STATE +ACTIVE +CONN/s +REFUS/s +IN/s +OUT/s +DGRAM/s +BUSY +TURN99%$'
expect_match "$tmp/stdout" '^20[0-9-]+T[0-9:]+Z running +7 +0\.0 +0\.0 +0 B +0 B +0\.0 +[0-9]+% +'
! grep -q "$(printf '\033')" "$tmp/stdout" || fail "sequences for no terminal"
expect_exit 0 "$echoctl" top -H --interval=100ms --count 1
[ "$(wc -l <"$tmp/stdout")" -eq 1 ] || fail "not one line: $(cat "$tmp/stdout")"

# ---- JSON: what is there is what the status says ----
expect_exit 0 "$echoctl" --json top -i 100ms -n 2
[ "$(wc -l <"$tmp/stdout")" -eq 2 ] || fail "not two objects"
status >"$tmp/status"
jq -e --slurpfile status "$tmp/status" '$status[0] as $s |
  .active == $s.totals.active and .state == $s.state and .pending_bytes == $s.totals.pending_bytes and
  [.listeners[] | [.name, .service, .transport, .address, .port, .path, .state, .active]] ==
    [$s.listeners[] | [.name, .service, .transport, .address, .port, .path, .state, .active]] and
  [.workers[] | [.index, .pid, .state, .active]] == [$s.workers[] | [.index, .pid, .state, .active]] and
  (.connections | length) == 7 and .interval_ms > 0 and .accepted_per_s == 0' \
  "$tmp/stdout" >/dev/null || fail "not what the status says: $(cat "$tmp/stdout")"
expect_exit 0 "$echoctl" --json top -i 100ms -n 1 --limit 3 --sort id --reverse
expect_json '[.connections[].id] | length == 3 and . == (sort | reverse)'
"$echoctl" --json connections --sort id --reverse --limit 3 | jq -c '[.connections[].id]' >"$tmp/ids"
jq -c '[.connections[].id]' "$tmp/stdout" | cmp -s - "$tmp/ids" || fail "not the connections that are last"

# ---- Rates are what went through: 2 x 22 bytes and back on each of 50 connections, and the time ----
"$echoctl" --json top -i 100ms >"$tmp/top.out" 2>"$tmp/top.err" 9>&- &
top=$!
end_at_exit "$top"
wait_until 20 test -s "$tmp/top.out"
expect_exit 0 "$multiconn" -q 127.0.0.1 "$port" 50
expect_exit 0 "$multiconn" -q -u 127.0.0.1 "$(echod_port udp echo)" 5
has_seen() {
  # A first interval is not shown; what is half written is not read.
  grep '}$' "$tmp/top.out" | jq -se '
    def sum(f): map((f) * .interval_ms / 1000) | add | round;
    sum(.accepted_per_s) == 50 and sum(.received_bytes_per_s) == 2420 and
    sum(.sent_bytes_per_s) == 2420 and sum(.datagrams_received_per_s) == 10 and
    sum(.listeners[0].accepted_per_s) == 50 and sum(.listeners[2].accepted_per_s) == 0 and
    sum(.workers[0].accepted_per_s) + sum(.workers[1].accepted_per_s) == 50' >/dev/null
}
wait_until 20 has_seen
jq -se 'all(.[]; .busy >= 0 and .busy <= 1)' <"$tmp/top.out" >/dev/null || fail "busier than it can be"
jq -se 'any(.[]; .turn_p50_us != null and .turn_p50_us <= .turn_p99_us and .turn_p99_us <= .turn_max_us)' \
  <"$tmp/top.out" >/dev/null || fail "no turn of a loop was measured"

# ---- One that is busy, among more quiet ones than are asked for ----
start_crowd 127.0.0.1 "$port"
expect_crowd "served 600 ended 0 waiting 0" steps 600
"$top_builddir/tests/fake/chat" 127.0.0.1 "$(echod_port tcp other)" 1000000 >"$tmp/chat.out" 2>&1 7>&- 8<&- 9>&- &
chat=$!
end_at_exit "$chat"
wait_until 20 active_is 608
# Between two lists it must have had its turn, which on a loaded machine takes longer.
busy_one_is_first() {
  "$echoctl" --json top -i 200ms -n 2 --limit 1 | jq -e '
    .connections | length == 1 and .[0].listener == "other" and .[0].received_bytes_per_s > 0'
}
wait_until 20 busy_one_is_first
expect_exit 0 "$echoctl" --json top -i 200ms -n 1 --sort idle
expect_json '.connections | length == 20 and all(.[]; .listener == "echo" and (.received_bytes_per_s // 0) == 0)'
kill "$chat"
end_crowd

# ---- A daemon that goes ----
end_hold
stop_echod
expect_end "$top" 3
expect_line "$tmp/top.err" "echoctl: $ECHOD_SOCKET: the daemon has gone"

# ---- Daemons that are none, or not quite ----
fake=$top_builddir/tests/fake/controld
# with_fake MODE CODE TEXT ARG...: what top says to it.
with_fake() {
  mkfifo "$tmp/fake.out"
  "$fake" "$tmp/fake.sock" "$1" "$top_srcdir/tests/echoctl/status-busy.json" >"$tmp/fake.out" &
  fake_pid=$!
  end_at_exit "$fake_pid"
  read -r lib_line <"$tmp/fake.out"
  rm "$tmp/fake.out"
  code=$2 text=$3
  shift 3
  expect_exit "$code" "$echoctl" -s "$tmp/fake.sock" top --interval 100ms "$@"
  [ -z "$text" ] || expect_match "$tmp/stderr" "^echoctl: $text"
  kill "$fake_pid"
  wait "$fake_pid"
  rm -f "$tmp/fake.sock"
}
with_fake garbage 6 '.*: the answer is not of echod.s protocol$'
with_fake hang-up 5 '.*: closed without an answer; is the daemon busy with too many clients\?$'
with_fake silent 5 '.*: no answer in time$' --timeout 200ms
with_fake old 6 'the daemon knows no echod.Control.Ping; is it of another version.$'
with_fake refuse 1 '.*'
with_fake strange 6 ".*: the daemon's answer is not as this version expects it: 'totals' is missing$"
# It tells one status, and then nothing for longer than interval and time-out.
with_fake normal 5 '.*: no answer in time$' --timeout 200ms
# One that drops its clients is asked again, as long as it has something to say; here it cannot list
# its connections, either.
with_fake forgetful 0 '' --count 3 --json
[ "$(jq -c '[.active, .accepted_per_s, (.connections)]' "$tmp/stdout" | uniq -c | tr -s ' ')" = \
  ' 3 [13,0,null]' ] || fail "not three times the same: $(cat "$tmp/stdout")"
