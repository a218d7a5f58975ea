#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# What a reload changes, and for whom: live connections take timeouts, access lists and max-pending,
# limits act on new ones; options beat the file; what needs a restart stays; log, service manager and
# Unix nodes follow; a port below 1024 can be bound without being root.

. "${top_srcdir:-.}/tests/system/lib.sh"

config=$tmp/echod.conf
[ "$(id -u)" -ne 0 ] || as_root='--user root'

# use TEXT: this is the configuration from here on.
use() {
  echo "$1" >"$config"
  expect_exit 0 "$echoctl" --json reload
}

# listener REST: the one listener, with these settings besides.
listener() {
  echo "listeners = { echo = { address = \"127.0.0.1\"; port = 0; $1 }; };"
}

# turned_away N: some of N connections are closed at once; how far they got before is chance.
turned_away() {
  code=0
  "$multiconn" -q 127.0.0.1 "$port" "$1" >"$tmp/stdout" 2>"$tmp/stderr" || code=$?
  [ "$code" -eq 3 ] || [ "$code" -eq 4 ] || fail "connections were not turned away, but $code"
}

# ---- Timeouts, access list and limits ----
listener '' >"$config"
# shellcheck disable=SC2086
start_echod ${as_root-} --workers 2 --log-level info --config "$config"
port=$(echod_port)

hold 6 127.0.0.1 "$port"
use "$(listener 'max-connections = 2;')"
expect_json '.changed == ["echo"] and .kept == []'
expect_status '.totals.active == 6'
turned_away 2
expect_status '.totals.rejected.limit > 0 and .totals.active == 6'
use "$(listener 'deny = "127.0.0.2";')"
expect_exit 0 "$multiconn" -q 127.0.0.1 "$port" 20
end_hold
wait_until 10 expect_idle

hold 3 127.0.0.1 "$port"
use "$(listener 'deny = [ "127.0.0.0/8" ];')"
wait_until 10 expect_idle
expect_status '.totals.closed.control == 3'
turned_away 1
exec 9>&-
expect_end "$hold_pid" 1

use "$(listener '')"
hold 4 127.0.0.1 "$port"
use "$(listener 'idle-timeout = "50ms";')"
wait_until 10 expect_idle
expect_status '.totals.closed.idle == 4'
exec 9>&-
expect_end "$hold_pid" 1

# ---- Options beat the file; a restart is needed for some ----
use "workers = 3; pid-file = \"$tmp/other.pid\"; control = { admin-groups = [ \"nogroup\" ]; };
log = { level = \"error\"; }; $(listener '')"
expect_json '.needs_restart == ["pid-file", "control.admin-groups"]'
expect_status '(.workers | length) == 2 and .pid_file != "'"$tmp"'/other.pid"'
[ ! -e "$tmp/other.pid" ] || fail "a PID file that needs a restart"
expect_exit 0 "$echoctl" reload
expect_line "$tmp/stdout" "no effect before a restart: pid-file, control.admin-groups"
expect_match "$echod_err" "needs a restart: pid-file, control.admin-groups"
use "$(listener '')"
expect_json '.needs_restart == []'

# ---- The replies are what the interface says ----
if command -v nc >/dev/null && nc -h 2>&1 | grep -q -e '-N'; then
  for text in "$(listener '')" "$(listener 'port = 1;')" "workers = 9; $(listener 'backlog = 9;')"; do
    echo "$text" >"$config"
    ask Reload
    ask GetStatus
  done
fi

# ---- A proxy comes and goes: for new connections, and only from whom is trusted ----
hold 4 127.0.0.1 "$port"
rejected() {
  status | jq -e ".totals.rejected.proxy == $1" >/dev/null
}
use "$(listener 'proxy-protocol = "v1"; proxy-trusted = "127.0.0.1";')"
expect_exit 0 "$multiconn" -q --proxy v1 127.0.0.1 "$port" 5
turned_away 1
wait_until 10 rejected 1
use "$(listener 'proxy-protocol = "v2"; proxy-trusted = "127.0.0.1";')"
expect_exit 0 "$multiconn" -q --proxy v2 127.0.0.1 "$port" 5
use "$(listener 'proxy-protocol = "v2"; proxy-trusted = "127.0.0.2";')"
turned_away 1
wait_until 10 rejected 2
use "$(listener '')"
expect_exit 0 "$multiconn" -q 127.0.0.1 "$port" 5
end_hold
wait_until 10 expect_idle

# ---- All addresses instead of one, and back: the same port ----
use "listeners = { wide = { address = \"127.0.0.1\"; port = $port; }; };"
expect_json '.added == ["wide"] and .removed == ["echo"]'
# A port that the kernel gives to nobody: a client of another test that has it, from whatever address,
# would be in the way of all addresses.
for attempt in 1 2 3 4 5 6 7 8; do
  port=$((10000 + ($$ + 1000 * attempt) % 10000))
  echo "listeners = { wide = { address = \"*\"; port = $port; }; };" >"$config"
  "$echoctl" reload >/dev/null 2>&1 && break
done
use "listeners = { wide = { address = \"127.0.0.1\"; port = $port; }; };"
use "listeners = { wide = { address = \"*\"; port = $port; }; };"
expect_exit 0 "$multiconn" -q 127.0.0.9 "$port" 10
use "listeners = { wide = { address = \"127.0.0.1\"; port = $port; }; };"
expect_exit 0 "$multiconn" -q 127.0.0.1 "$port" 10
expect_exit 3 "$multiconn" -q 127.0.0.9 "$port" 1

# ---- A Unix listener's node comes and goes ----
use "listeners = { u = { address = \"$tmp/run/u.sock\"; transport = \"unix\"; socket-mode = \"0600\"; }; };"
[ "$(stat -c %a "$tmp/run/u.sock")" = 600 ] || fail "the mode of the new node"
expect_exit 0 "$multiconn" -q --unix "$tmp/run/u.sock" 5
expect_exit 3 "$multiconn" -q 127.0.0.1 "$port" 1
use "$(listener '')"
[ ! -e "$tmp/run/u.sock" ] || fail "the node of a listener that is gone"
stop_echod

# ---- The log follows: level, place, and what a worker says ----
log=$tmp/run/echod.log
listener 'deny = "127.0.0.0/8";' >"$config"
# shellcheck disable=SC2086
start_echod ${as_root-} --workers 1 --config "$config"
port=$(echod_port)
use "log = { to = \"file\"; file = \"$log\"; level = \"notice\"; }; $(listener 'deny = "127.0.0.0/8";')"
expect_match "$log" "notice master: reloaded, generation 2: kept echo"
grep -q "listening on" "$log" && fail "an info line at level notice"
turned_away 1
expect_match "$log" "notice worker: listener 'echo': connection from 127.0.0.1.* refused: acl"
use "log = { level = \"error\"; }; $(listener '')"
lines=$(wc -l <"$log")
kill -KILL "$(status | jq '.workers[0].pid')"
wait_until 10 grep -q "was ended by signal 9" "$echod_err"
[ "$(wc -l <"$log")" -eq "$lines" ] || fail "the old log is still written to"
grep -q "is replaced in" "$echod_err" && fail "a notice at level error"
use "$(listener '')"
expect_json '.generation == 4'
stop_echod

# ---- SIGHUP, and what the service manager hears ----
if command -v socat >/dev/null; then
  socat -u "UNIX-RECV:$tmp/run/notify" "OPEN:$tmp/heard,creat,append" &
  end_at_exit $!
  wait_until 10 [ -S "$tmp/run/notify" ]
  chmod 777 "$tmp/run/notify"
  NOTIFY_SOCKET=$tmp/run/notify
  export NOTIFY_SOCKET
  # shellcheck disable=SC2086
  start_echod ${as_root-} --workers 1 --config "$config"
  unset NOTIFY_SOCKET
  # Messages follow each other without a line feed.
  heard() {
    grep -o "$1" "$tmp/heard" | wc -l
  }
  wait_until 10 grep -q 'READY=1' "$tmp/heard"
  for n in 2 3; do
    [ "$n" -eq 2 ] || echo nonsense >"$config"
    kill -HUP "$echod_pid"
    heard_again() {
      [ "$(heard READY=1)" -eq "$n" ]
    }
    wait_until 10 heard_again
    [ "$(heard RELOADING=1)" -eq $((n - 1)) ] || fail "no RELOADING=1"
  done
  expect_match "$tmp/heard" '^MONOTONIC_USEC=[0-9]+$'
  expect_status '.config_generation == 2 and .last_reload.ok == false'
  stop_echod
fi

# ---- A port below 1024, when we are no longer root ----
if [ "$(id -u)" -eq 0 ] && "$echod" --version | grep -q 'libcap-ng *yes'; then
  address=127.$(($$ / 65536 % 256)).$(($$ / 256 % 256)).$(($$ % 254 + 1))
  low() {
    echo "listeners = { echo = { address = \"$address\"; port = $1; }; };"
  }
  low 7 >"$config"
  start_echod --user nobody --workers 2 --config "$config"
  use "$(low 9)"
  expect_exit 0 "$multiconn" -q "$address" 9 10
  expect_exit 3 "$multiconn" -q "$address" 7 1
  pid=$(status | jq '.workers[0].pid')
  grep -q '^CapPrm:.*0000000000000400$' "/proc/$echod_pid/status" || fail "the master's capability"
  grep -q '^CapPrm:.*0000000000000000$' "/proc/$pid/status" || fail "a worker's capabilities"
  stop_echod

  # Not where no such port was configured at the start.
  low 7007 >"$config"
  start_echod --user nobody --workers 2 --config "$config"
  low 9 >"$config"
  expect_exit 1 "$echoctl" reload
  expect_match "$tmp/stderr" "^$config:1: .* tcp $address 9: Permission denied \(a port below 1024 needs root"
  expect_exit 0 "$multiconn" -q "$address" 7007 10
  stop_echod
fi
