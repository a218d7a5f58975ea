#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# The HTTP side: every path, method and header; the metrics are those of echoctl, readiness follows the
# daemon's state; clients with bad manners disturb neither echo nor control socket, and leave nothing.
. "${top_srcdir:-.}/tests/system/lib.sh"
"$echod" --version | grep -q 'libmicrohttpd *yes' || skip "built without libmicrohttpd"
need python3 jq
[ -r /proc/self/fd ] || skip "needs /proc"

cat >"$tmp/echod.conf" <<CONF
workers = 2;
metrics-listen = "127.0.0.1:0";
drain-timeout = "100s";
listeners = {
  echo = { address = "127.0.0.1"; port = 0; };
  refusing = { address = "127.0.0.1"; port = 0; deny = "127.0.0.1"; };
  hostile = { transport = "unix"; address = "$tmp/run/<b>&\"'x.sock"; };
};
CONF
sed -i "s/&\"'x/\&\\\\\"'x/" "$tmp/echod.conf"
start_echod -n 4 --config "$tmp/echod.conf"
port=$(echod_port tcp echo)
web=$(echod_port http metrics)

# web WHAT [ARG]...
web() {
  what=$1
  shift
  expect_exit 0 env PYTHONDONTWRITEBYTECODE=1 python3 "$top_srcdir/tests/system/web.py" \
    "$what" "$web" "$@"
}

# is PATH STATUS TEXT: what a path says now.
is() {
  web get "$1"
  [ "$(cat "$tmp/stdout")" = "$2
$3" ] || fail "$1 says: $(cat "$tmp/stdout")"
}

# says PATH STATUS TEXT: whether it says that.
says() {
  web get "$1"
  [ "$(cat "$tmp/stdout")" = "$2
$3" ]
}

# ---- Well-behaved clients ----
expect_exit 0 "$multiconn" -q 127.0.0.1 "$port" 7
expect_exit 4 "$multiconn" -q 127.0.0.1 "$(echod_port tcp refusing)" 1
wait_until 10 expect_idle
web plain

# ---- The metrics are the same as on the control socket ----
# names: comments and samples without their values, the processes' own numbers among them.
names() {
  awk '/^#/ { print; next } { print $1 }'
}
web get /metrics
tail -n +2 "$tmp/stdout" >"$tmp/web"
expect_exit 0 "$echoctl" metrics
names <"$tmp/stdout" >"$tmp/control.names"
names <"$tmp/web" >"$tmp/web.names"
cmp "$tmp/control.names" "$tmp/web.names" || fail "$(diff "$tmp/control.names" "$tmp/web.names")"
expect_line "$tmp/web" 'echod_connections_closed_total{reason="peer"} 7'
if command -v promtool >/dev/null; then
  promtool check metrics <"$tmp/web" >"$tmp/promtool" 2>&1 || fail "$(cat "$tmp/promtool")"
else
  echo "promtool is not here, so the form was checked by metrics.sh alone"
fi

# ---- Clients with bad manners ----
# inodes STATE: of the sockets on the HTTP side's port in this state (0A listens, 01 is connected,
# 08 has seen its client go).
inodes() {
  awk -v port="$(printf ':%04X$' "$web")" -v state="$1" \
    '$2 ~ port && $4 == state { print "socket:[" $10 "]" }' /proc/net/tcp
}
# left_alone: true when the master has noticed that every client has gone.
left_alone() {
  [ -z "$(inodes 01)$(inodes 08)" ]
}
wait_until 20 left_alone
# What the workers count is about the echo service alone.
status | jq -S '.totals | del(.received_bytes, .sent_bytes, .accepted, .active, .closed)' >"$tmp/before"
# shellcheck disable=SC2012
descriptors=$(ls "/proc/$echod_pid/fd" | wc -l)
workers=$(children_of "$echod_pid")
web hostile "$port"
wait_until 10 expect_idle
status | jq -S '.totals | del(.received_bytes, .sent_bytes, .accepted, .active, .closed)' >"$tmp/after"
cmp "$tmp/before" "$tmp/after" || fail "$(diff "$tmp/before" "$tmp/after")"
[ "$(children_of "$echod_pid")" = "$workers" ] || fail "a worker was lost"
# no_client: true when the HTTP side has seen all of them go.
no_client() {
  status | jq -e '.http.clients == 0'
}
wait_until 20 no_client
expect_status '.http | .rejected > 0 and .accepted > .rejected and .accept_errors == 0'
expect_exit 0 "$echoctl" metrics
expect_line "$tmp/stdout" "echod_http_clients_rejected_total $(status | jq .http.rejected)"
expect_match "$echod_err" 'notice: http: closed an HTTP client of 127\.0\.0\.[12], which has as many as'
expect_status '.totals.closed.peer == 8 and .control.malformed == 0'
# has_descriptors N: the master has no more than so many again.
has_descriptors() {
  # shellcheck disable=SC2012
  [ "$(ls "/proc/$echod_pid/fd" | wc -l)" -le "$1" ]
}
wait_until 20 has_descriptors "$descriptors"

# ---- Workers inherit nothing of it ----
mkfifo "$tmp/keep.in"
python3 "$top_srcdir/tests/system/web.py" keep "$web" <"$tmp/keep.in" >"$tmp/keep.out" &
keep=$!
end_at_exit "$keep"
exec 5>"$tmp/keep.in"
echo >&5
wait_until 20 grep -q 'ok' "$tmp/keep.out"
worker=$(status | jq '.workers[0].pid')
kill -KILL "$worker"
wait_until 20 restarted 0 "$worker"
for state in 0A 01; do
  [ -n "$(inodes $state)" ] || fail "no such socket: $state"
  for pid in $(children_of "$echod_pid"); do
    for fd in /proc/"$pid"/fd/*; do
      readlink "$fd"
    done >"$tmp/fds"
    for inode in $(inodes $state); do
      ! grep -Fqx "$inode" "$tmp/fds" || fail "worker $pid has $inode"
    done
  done
done
echo >&5
wait_until 20 grep -q '^200 ok$' "$tmp/keep.out"
exec 5>&-
expect_end "$keep" 0
[ "$(grep -c '^200 ok$' "$tmp/keep.out")" -eq 2 ] || fail "the connection did not live on"

# ---- Readiness ----
is /readyz 200 running
hold 1 127.0.0.1 "$port"
expect_exit 0 "$echoctl" drain
is /readyz 503 draining
is /healthz 200 ok
web get /
grep -q 'those that are open go on' "$tmp/stdout" || fail "the page does not say that it drains"
end_hold
wait_until 10 says /readyz 503 drained
expect_exit 0 "$echoctl" resume
is /readyz 200 running
starve 127.0.0.1 "$port"
kill -TERM "$echod_pid"
wait_until 10 says /readyz 503 stopping
is /healthz 200 ok
kill -TERM "$echod_pid"
expect_end "$echod_pid" 0
