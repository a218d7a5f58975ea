#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# A reload that one worker cannot follow, because it has no descriptors left, dies or does not answer,
# has not happened in any of them; the next one works. Stopping in the middle of one is a clean stop.

. "${top_srcdir:-.}/tests/system/lib.sh"
need prlimit
# Root's own daemon stays root, or its processes' limits are out of reach.
[ "$(id -u)" -ne 0 ] || as_root='--user root'

config=$tmp/echod.conf

# use FILE: lets the daemon find this one.
use() {
  cp "$tmp/$1.conf" "$config"
}

# An HTTP side of each, where the build has one: it opens and closes with the rest.
http='#'
! "$echod" --version | grep -q 'libmicrohttpd *yes' || http=

cat >"$tmp/a.conf" <<CONF
$http metrics-listen = "127.0.0.1:0";
listeners = {
  echo = { address = "127.0.0.1"; port = 0; };
  old = { address = "$tmp/run/old.sock"; transport = "unix"; };
};
CONF
cat >"$tmp/b.conf" <<CONF
$http metrics-listen = "127.0.0.2:0";
listeners = {
  echo = { address = "127.0.0.1"; port = 0; max-connections = 1; };
  new = { address = "127.0.0.1"; port = 0; };
  node = { address = "$tmp/run/new.sock"; transport = "unix"; };
};
CONF

worker_pid() {
  status | jq ".workers[$1].pid"
}

descriptors() {
  for pid in $echod_pid $(children_of "$echod_pid"); do
    set -- "/proc/$pid/fd"/*
    echo "$#"
  done
}

same_descriptors_as_before() {
  descriptors | cmp -s - "$tmp/descriptors"
}

# nothing_happened GENERATION: the old configuration serves, and nothing of the other is left.
nothing_happened() {
  expect_status ".config_generation == $1 and .last_reload.ok == false"
  expect_status '[.listeners[].name] == ["echo", "old"] and .totals.rejected.limit == 0'
  expect_exit 0 "$multiconn" -q 127.0.0.1 "$port" 20
  expect_exit 0 "$multiconn" -q --unix "$tmp/run/old.sock" 20
  [ ! -e "$tmp/run/new.sock" ] || fail "a node of a reload that failed"
  wait_until 10 same_descriptors_as_before
}

# works GENERATION: there and back.
works() {
  use b
  expect_exit 0 "$echoctl" --json reload
  expect_json ".generation == $1 and .added == [\"new\", \"node\"] and .removed == [\"old\"]"
  expect_exit 0 "$multiconn" -q --unix "$tmp/run/new.sock" 20
  [ ! -e "$tmp/run/old.sock" ] || fail "the old node is left"
  use a
  expect_exit 0 "$echoctl" --json reload
}

use a
# shellcheck disable=SC2086
start_echod -n 2 ${as_root-} --workers 2 --config "$config"
port=$(echod_port tcp echo)
# Enough that a worker could take more sockets but for the lack of descriptors.
hold 240 127.0.0.1 "$port"
works 2
wait_until 10 active_is 240
descriptors >"$tmp/descriptors"

# ---- Out of descriptors: one worker refuses, the other has them already ----
pid=$(worker_pid 1)
used=$(prlimit --pid "$pid" --nofile --output SOFT --noheadings)
free=0
while [ -e "/proc/$pid/fd/$free" ]; do
  free=$((free + 1))
done
# None for the sockets that come; then some, but none to spare for connections.
for limit in "$free" 40; do
  prlimit --pid "$pid" --nofile="$limit:"
  use b
  expect_exit 1 "$echoctl" reload
  expect_line "$tmp/stderr" "echoctl: the reload failed, nothing has changed: worker 1: Too many open files"
  prlimit --pid "$pid" --nofile="$used:"
  nothing_happened 3
done
[ "$(worker_pid 1)" -eq "$pid" ] || fail "the worker that refused was replaced"
end_hold
works 4
wait_until 10 expect_idle
descriptors >"$tmp/descriptors"

# ---- One dies that had nothing to answer just then: its successor begins with the new ----
first=$(worker_pid 1)
kill -STOP "$(worker_pid 0)"
stopped=$(worker_pid 0)
set -- "/proc/$first/fd"/*
before=$#
has_more() {
  set -- "/proc/$first/fd"/*
  [ $# -gt "$before" ]
}
use b
"$echoctl" --json reload >"$tmp/out" 2>"$tmp/err" &
reload_pid=$!
wait_until 10 has_more
kill -KILL "$first"
wait_until 10 grep -q "worker 1 (pid $first) was ended by signal 9" "$echod_err"
kill -CONT "$stopped"
expect_end "$reload_pid" 0
jq -e '.generation == 6 and .added == ["new", "node"]' "$tmp/out" >/dev/null || fail "another answer"
wait_until 10 restarted 1 "$first"
new=$(status | jq '.listeners[] | select(.name == "new") | .port')
expect_exit 0 "$multiconn" -q 127.0.0.1 "$new" 50
wait_until 10 expect_idle
expect_status '[.workers[].active] == [0, 0] and ([.listeners[] | select(.name == "new") | .accepted] == [50])'
use a
expect_exit 0 "$echoctl" reload
wait_until 10 same_descriptors_as_before

# ---- A worker dies in the middle ----
# It stands still, so that the reload waits for it when it is killed.
first=$(worker_pid 1)
kill -STOP "$first"
use b
"$echoctl" reload >"$tmp/out" 2>"$tmp/err" &
reload_pid=$!
wait_until 10 [ -e "$tmp/run/new.sock" ]
kill -KILL "$first"
expect_end "$reload_pid" 1
expect_line "$tmp/err" "echoctl: the reload failed, nothing has changed: worker 1: it has died"
wait_until 10 restarted 1 "$first"
nothing_happened 7
expect_status '.workers[1].restarts == 2'
works 8

# ---- A worker does not answer: all others go back, and so does it when it wakes up ----
first=$(worker_pid 0)
kill -STOP "$first"
use b
"$echoctl" reload >"$tmp/out" 2>"$tmp/err" &
reload_pid=$!
# Those who ask meanwhile get the next one.
wait_until 10 [ -e "$tmp/run/new.sock" ]
use a
"$echoctl" --json reload >"$tmp/out2" 2>"$tmp/err2" &
second_pid=$!
expect_end "$reload_pid" 1
expect_line "$tmp/err" "echoctl: the reload failed, nothing has changed: worker 0: no answer in time"
kill -CONT "$first"
expect_end "$second_pid" 0
jq -e '.generation == 10 and .kept == ["echo", "old"]' "$tmp/out2" >/dev/null || fail "the reload that waited"
expect_exit 0 "$multiconn" -q 127.0.0.1 "$port" 20
wait_until 10 same_descriptors_as_before
[ "$(worker_pid 0)" -eq "$first" ] || fail "the worker that woke up was replaced"
works 11
wait_until 10 same_descriptors_as_before

# ---- Stopped in the middle ----
kill -STOP "$(worker_pid 0)"
first=$(worker_pid 0)
use b
"$echoctl" reload >"$tmp/out" 2>"$tmp/err" &
reload_pid=$!
wait_until 10 [ -e "$tmp/run/new.sock" ]
"$echoctl" stop --no-wait >/dev/null || fail "stop in the middle of a reload"
expect_end "$reload_pid" 1
expect_line "$tmp/err" "echoctl: the reload failed, nothing has changed: the daemon is stopping"
kill -CONT "$first"
expect_end "$echod_pid" 0
for node in old new; do
  [ ! -e "$tmp/run/$node.sock" ] || fail "$node.sock is left"
done
