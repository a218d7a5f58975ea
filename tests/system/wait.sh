#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# echoctl wait, methods and call.
. "${top_srcdir:-.}/tests/system/lib.sh"
need jq python3

# in_background ARG...: echoctl, whose end expect_end "$waiter" CODE waits for.
in_background() {
  "$echoctl" "$@" >"$tmp/wait.out" 2>"$tmp/wait.err" 9>&- &
  waiter=$!
  end_at_exit "$waiter"
}

# ---- wait ----
expect_exit 2 "$echoctl" wait
expect_exit 2 "$echoctl" wait redy
expect_line "$tmp/stderr" "echoctl: cannot wait for 'redy'; there are ready, drained and 'connections<=N'"
for wrong in 'connections<=' 'connections<=-1' 'connections<=x' 'connections<5'; do
  expect_exit 2 "$echoctl" wait "$wrong"
done
expect_exit 3 "$echoctl" wait ready --timeout 200ms
expect_exit 3 "$echoctl" wait drained
in_background wait ready
start_echod --workers 2 127.0.0.1 0
expect_end "$waiter" 0
expect_line "$tmp/wait.out" ready
expect_exit 0 "$echoctl" --json wait ready
expect_json '.state == "running" and .totals.active == 0'
expect_exit 5 "$echoctl" wait drained --timeout 300ms
expect_line "$tmp/stderr" "echoctl: waited in vain for drained"

hold 5 127.0.0.1 "$(echod_port)"
expect_exit 5 "$echoctl" wait 'connections<=4' --timeout 300ms
expect_exit 0 "$echoctl" wait 'connections<=5'
in_background wait 'connections<=0'
drained=$waiter
expect_exit 0 "$echoctl" drain
expect_exit 5 "$echoctl" wait ready --timeout 300ms
in_background wait drained
end_hold
expect_end "$waiter" 0
expect_end "$drained" 0

# A daemon that does not answer is not waited for longer than told.
kill -STOP "$echod_pid"
in_background wait ready --timeout 60s
patient=$waiter
expect_exit 5 "$echoctl" wait ready --timeout 300ms
expect_line "$tmp/stderr" "echoctl: waited in vain for ready"
! gone "$patient" || fail "who may wait for longer did not"
kill -CONT "$echod_pid"
kill "$patient"
wait "$patient"

# While all places of the control socket are taken, it is asked again.
expect_exit 0 "$echoctl" resume
mkfifo "$tmp/busy.in" "$tmp/busy.out"
python3 -c 'import os, socket, sys
clients = [socket.socket(socket.AF_UNIX) for _ in range(64)]
for client in clients:
    client.connect(os.environ["ECHOD_SOCKET"])
    client.sendall(b"{\"method\":\"echod.Control.WatchEvents\",\"parameters\":{},\"more\":true}\0")
    assert client.recv(100)
print("taken", flush=True)
sys.stdin.read()' <"$tmp/busy.in" >"$tmp/busy.out" &
busy=$!
end_at_exit "$busy"
exec 9>"$tmp/busy.in"
read -r _ <"$tmp/busy.out" || fail "could not take all places"
in_background wait ready
patient=$waiter
for wish in ready drained 'connections<=9'; do
  # On a slow machine the shortest time may be over before the daemon has sent it away.
  for time in 300ms 3s 30s; do
    expect_exit 5 "$echoctl" wait "$wish" --timeout $time
    [ "$(wc -l <"$tmp/stderr")" -eq 1 ] || fail "it said more: $(cat "$tmp/stderr")"
    ! grep -Fqx "echoctl: waited in vain for $wish: the daemon has too many clients" "$tmp/stderr" || break
    expect_line "$tmp/stderr" "echoctl: waited in vain for $wish"
    [ $time != 30s ] || fail "it does not say why: $(cat "$tmp/stderr")"
  done
done
expect_exit 5 "$echoctl" status
expect_match "$tmp/stderr" 'closed without an answer; is the daemon busy with too many clients'
exec 9>&-
expect_end "$busy" 0
expect_end "$patient" 0
expect_line "$tmp/wait.out" ready
[ ! -s "$tmp/wait.err" ] || fail "it complained: $(cat "$tmp/wait.err")"
expect_exit 0 "$echoctl" drain

# One who waits does not hold up a stop. Whoever wants a daemon that is ready waits for the next one;
# the others are told.
is_watched() {
  [ "$(status | jq .control.clients)" -eq 2 ]
}
in_background wait ready
wait_until 10 is_watched
stop_echod
start_echod 127.0.0.1 0
expect_end "$waiter" 0
expect_line "$tmp/wait.out" ready
in_background wait drained
wait_until 10 is_watched
stop_echod
expect_end "$waiter" 3
expect_line "$tmp/wait.err" "echoctl: $ECHOD_SOCKET: the daemon has gone"

# ---- methods, call ----
start_echod 127.0.0.1 0
expect_exit 0 "$echoctl" methods
expect_line "$tmp/stdout" 'Ping()'
expect_line "$tmp/stdout" 'Stop(now: ?bool)'
expect_match "$tmp/stdout" '^ListConnections\(filter: \?ConnectionFilter, sort: \?string, .*, cursor: \?string\)$'
sed 's/(.*//' "$tmp/stdout" >"$tmp/names"
while read -r name; do
  expect_match "$top_srcdir/src/control/echod-control.7" "^\\.It Fn echod\\.Control\\.$name( |\$)"
done <"$tmp/names"
expect_exit 0 "$echoctl" methods --csv
expect_line "$tmp/stdout" method,right,parameters
expect_line "$tmp/stdout" 'TestAcl,read,"listener: string, address: string"'
expect_line "$tmp/stdout" 'SetLogLevel,administer,"level: ?string, for_ms: ?int"'
[ "$(grep -cE '^[A-Z][A-Za-z]*,(read|operate|administer),' "$tmp/stdout")" -eq "$("$echoctl" methods | wc -l)" ] ||
  fail "not a line of CSV for each method"
expect_exit 0 "$echoctl" --json methods
expect_json '.description | startswith("#")'
expect_exit 0 "$echoctl" call Ping
expect_line "$tmp/stdout" '{}'
expect_exit 0 "$echoctl" call org.varlink.service.GetInfo
expect_json '.product == "echod"'
expect_exit 0 "$echoctl" call TestAcl '{"listener":"echo","address":"::1"}'
expect_json '.allowed'
expect_exit 0 "$echoctl" call ListConnections '{"filter":{"state":"open"}}'
expect_json '.connections == []'
expect_exit 1 "$echoctl" call Stop '{"now":1}'
expect_exit 6 "$echoctl" call Nothing
expect_exit 2 "$echoctl" call Ping '[]'
expect_line "$tmp/stderr" "echoctl: the parameters are no JSON object"
expect_exit 2 "$echoctl" call Ping '{'
expect_exit 2 "$echoctl" call
stop_echod
