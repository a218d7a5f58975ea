#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# Each option of echod, and each key of its configuration that is no limit on connections, is set and
# seen to work; and an option beats the key.

. "${top_srcdir:-.}/tests/system/lib.sh"
need jq nproc ps

root=
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
  root=yes
fi

# configure LINE...: the file, with a listener on loopback unless a line has listeners.
configure() {
  printf '%s\n' "$@" >"$tmp/echod.conf"
  grep -q '^listeners' "$tmp/echod.conf" ||
    echo 'listeners = { echo = { address = "127.0.0.1"; port = 0; }; };' >>"$tmp/echod.conf"
}

# start [-n ENDPOINTS] ARG...
start() {
  endpoints=1
  [ "${1-}" != -n ] || { endpoints=$2; shift 2; }
  start_echod -n "$endpoints" --config "$tmp/echod.conf" "$@"
}

# ---- Processes ----
configure 'workers = 3;' 'selector = "poll";'
start
expect_status '(.workers | length) == 3 and .selector == "poll"'
[ "$(children_of "$echod_pid" | wc -w)" -eq 3 ] || fail "not three workers"
stop_echod
start --workers 1 --selector select
expect_status '(.workers | length) == 1 and .selector == "select"'
stop_echod
start --workers auto
expect_status "(.workers | length) == $(nproc)"
stop_echod

if [ -n "$root" ]; then
  # owners: user and group of each process.
  owners() {
    for pid in $echod_pid $(children_of "$echod_pid"); do
      ps -o user= -o group= -p "$pid"
    done | tr -s ' ' | sort -u
  }
  configure 'workers = 2;' 'user = "daemon";' 'group = "bin";'
  start
  [ "$(owners)" = "daemon bin" ] || fail "user and group: $(owners)"
  expect_status '.user == "daemon"'
  stop_echod
  configure 'workers = 2;' 'user = "daemon";'
  start
  [ "$(owners)" = "daemon daemon" ] || fail "user alone: $(owners)"
  stop_echod
  start --user bin:sys
  [ "$(owners)" = "bin sys" ] || fail "--user NAME:GROUP: $(owners)"
  stop_echod
  start --user root
  [ "$(owners)" = "root root" ] || fail "--user root: $(owners)"
  stop_echod
fi

# ---- Run-time files ----
configure "pid-file = \"$tmp/run/a.pid\";" \
  "control = { socket = \"$tmp/run/a.sock\"; socket-mode = \"0600\"; };"
start
[ "$(cat "$tmp/run/a.pid")" = "$echod_pid" ] || fail "pid-file is not the master's"
[ "$(stat -c %a "$tmp/run/a.sock")" = 600 ] || fail "control.socket-mode is not the socket's"
expect_exit 0 "$echoctl" -s "$tmp/run/a.sock" ping
[ ! -e "$ECHOD_SOCKET" ] || fail "the control socket is at the default place"
stop_echod
start --pid-file "$tmp/run/b.pid" --control-socket "$tmp/run/b.sock"
[ "$(cat "$tmp/run/b.pid")" = "$echod_pid" ] || fail "--pid-file does not beat the key"
expect_exit 0 "$echoctl" -s "$tmp/run/b.sock" ping
[ ! -s "$tmp/run/a.pid" ] || fail "--pid-file only came besides"
[ ! -e "$tmp/run/a.sock" ] || fail "--control-socket only came besides"
stop_echod

# ---- Rights on the control socket ----
if [ -n "$root" ]; then
  cp "$echoctl" "$tmp/echoctl"
  # as GROUP ARG...: echoctl as somebody who is in this further group.
  as() {
    group=$1
    shift
    setpriv --reuid 65533 --regid 65533 --groups "$group" "$tmp/echoctl" "$@"
  }
  video=$(getent group video | cut -d : -f 3)
  audio=$(getent group audio | cut -d : -f 3)
  configure 'control = { group = "video"; };'
  start
  [ "$(stat -c %G "$ECHOD_SOCKET")" = video ] || fail "control.group is not the socket's"
  expect_exit 0 as "$video" ping
  expect_exit 4 as "$audio" ping
  expect_exit 4 as "$video" stop
  expect_match "$echod_err" 'warning: control: echod.Control.Stop refused to uid 65533, pid [0-9]+'
  stop_echod
  configure 'control = { socket-mode = "0666"; operate-groups = [ "video" ]; admin-groups = [ "audio" ]; };'
  start
  expect_exit 4 as 65533 stop
  expect_exit 4 as "$video" stop
  expect_exit 0 as "$audio" stop
  expect_end "$echod_pid" 0
fi

# ---- The log ----
configure "log = { to = \"file\"; file = \"$tmp/run/log\"; level = \"error\"; };"
start
[ ! -s "$tmp/run/log" ] || fail "an error to log: $(cat "$tmp/run/log")"
stop_echod
start --log-level debug
stop_echod
expect_match "$tmp/run/log" ' debug master: '
[ ! -s "$echod_err" ] || fail "log.to = file, and on standard error: $(cat "$echod_err")"

configure 'log = { to = "stderr"; access = true; };'
start --workers 1
expect_exit 0 "$multiconn" -q 127.0.0.1 "$(echod_port)" 1
stop_echod
expect_match "$echod_err" "info: access: 127.0.0.1:[0-9]+ to listener 'echo': 44 bytes received, 44 sent, 0 unsent, in [0-9]+ ms; closed: peer\$"
configure 'log = { access = false; level = "debug"; };'
start --workers 1
expect_exit 0 "$multiconn" -q 127.0.0.1 "$(echod_port)" 1
stop_echod
! grep -q ' access: ' "$echod_err" || fail "log.access = false, and there is an access log"

configure 'log = { to = "syslog"; level = "debug"; };'
start
stop_echod
[ ! -s "$echod_err" ] || fail "log.to = syslog, and on standard error: $(cat "$echod_err")"
# auto is for the journal, with levels that it understands, when standard error is its stream.
configure ''
: >"$tmp/journal.err"
JOURNAL_STREAM=$(stat -c %d:%i "$tmp/journal.err")
export JOURNAL_STREAM
"$echod" --config "$tmp/echod.conf" >"$tmp/journal.out" 2>>"$tmp/journal.err" &
pid=$!
end_at_exit "$pid"
unset JOURNAL_STREAM
wait_until 10 grep -q '^listening' "$tmp/journal.out"
stop_echod "$pid"
expect_match "$tmp/journal.err" '^<5>master: echod is ready'
if [ ! -S /run/systemd/journal/socket ]; then
  configure 'log = { to = "journal"; };'
  expect_exit 1 "$echod" --config "$tmp/echod.conf"
  expect_match "$tmp/stderr" '^echod: .*(cannot open the log|built without libsystemd)'
fi

# ---- Listeners ----
configure 'listeners = {' \
  '  one = { address = [ "127.0.0.1", "127.0.0.2" ]; port = 0; transport = "tcp"; service = "echo"; };' \
  "  two = { transport = [ \"unix\" ]; address = \"$tmp/run/two.sock\"; socket-mode = \"0640\"; };" \
  '};'
start -n 3
port=$(echod_port)
expect_line "$echod_out" "listening on tcp 127.0.0.1 $port one"
expect_line "$echod_out" "listening on tcp 127.0.0.2 $port one"
expect_line "$echod_out" "listening on unix $tmp/run/two.sock two"
[ "$(stat -c %a "$tmp/run/two.sock")" = 640 ] || fail "socket-mode is not the socket's"
for peer in "127.0.0.1 $port" "127.0.0.2 $port" "--unix $tmp/run/two.sock"; do
  # shellcheck disable=SC2086
  expect_exit 0 "$multiconn" -q $peer 2
done
expect_status '.listeners | map([.name, .service, .accepted]) ==
  [["one", "echo", 2], ["one", "echo", 2], ["two", "echo", 2]]'

# A Unix socket that somebody answers on is taken, one that nobody does is no obstacle.
cp "$tmp/echod.conf" "$tmp/same.conf"
expect_exit 1 "$echod" --config "$tmp/same.conf" --control-socket "$tmp/run/2.sock" \
  --pid-file "$tmp/run/2.pid"
expect_match "$tmp/stderr" 'Address already in use'
[ -S "$tmp/run/two.sock" ] || fail "the loser took the winner's socket away"
kill -KILL "$echod_pid"
wait "$echod_pid" 2>/dev/null
[ -S "$tmp/run/two.sock" ] || fail "who killed it also took its socket away"
[ -s "$tmp/run/echod.pid" ] || fail "who killed it also took its PID file away"
start -n 3
expect_exit 0 "$multiconn" -q --unix "$tmp/run/two.sock" 2
stop_echod
rm "$tmp/run/log"
rmdir "$tmp/run" || fail "something is left: $(ls "$tmp/run")"
mkdir "$tmp/run" && chmod 777 "$tmp/run"

# What waits to be accepted has its place in the queue, and no more than backlog says (and one).
configure 'workers = 1;' \
  'listeners = { echo = { address = "127.0.0.1"; port = 0; backlog = 2; }; };'
start
kill -STOP "$(children_of "$echod_pid")"
# One after the other: the queue may take more of those that come at the very same time.
for _ in 1 2 3 4 5 6 7 8; do
  "$multiconn" -q --timeout 300ms 127.0.0.1 "$(echod_port)" 1
done >"$tmp/stdout" 2>"$tmp/stderr"
kill -CONT "$(children_of "$echod_pid")"
[ "$(grep -c '^multiconn: connection 1: timeout$' "$tmp/stderr")" -eq 5 ] ||
  fail "a backlog of 2 keeps not 5 of 8 out: $(cat "$tmp/stderr")"
stop_echod
