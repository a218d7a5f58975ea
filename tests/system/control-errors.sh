#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# Every error of the interface, and of Varlink's own, is provoked in a real daemon, and what it holds is
# what the interface says; echoctl's exit code and words for each.

. "${top_srcdir:-.}/tests/system/lib.sh"
need jq
need_nc

: >"$tmp/provoked"

# provoked NAME CODE [TEXT]: that error was the answer to ask; echoctl, given the command on standard
# input, ends with this code and says so.
provoked() {
  expect_error "$1"
  echo "$1" >>"$tmp/provoked"
  [ $# -gt 1 ] || return 0
  read -r words
  # shellcheck disable=SC2086
  expect_exit "$2" "$echoctl" $words
  expect_match "$tmp/stderr" "$3"
}

# call JSON: a whole call; the reply in $tmp/reply.
call() {
  printf '%s\n' "$1" | nc -NU "$ECHOD_SOCKET" >"$tmp/reply" || fail "no answer to $1"
}

listeners='echo = { address = "127.0.0.1"; port = 0; max-pending = "1m"; };'
for n in $(seq 50); do
  listeners="$listeners l$n = { transport = \"unix\"; address = \"$tmp/run/$n\"; };"
done
mkdir "$tmp/logs"
chmod 777 "$tmp/logs"
cat >"$tmp/echod.conf" <<CONF
workers = 2; drain-timeout = "60s";
log = { to = "file"; file = "$tmp/logs/echod.log"; };
listeners = { $listeners };
CONF
# Root's own daemon stays root, so that its workers can be stopped, and its limits set, as anybody's.
[ "$(id -u)" -ne 0 ] || as_root='--user root'
# shellcheck disable=SC2086
start_echod -n 51 ${as_root-} --config "$tmp/echod.conf"
port=$(echod_port)

# ---- What is wrong with the call ----
ask NoSuchThing
rm "$tmp/replies.NoSuchThing"
echo call NoSuchThing | provoked MethodNotFound 6 'the daemon knows no echod.Control.NoSuchThing; is it of another version'
call '{"method":"no.such.Thing"}'
echo call no.such.Thing | provoked InterfaceNotFound 6 'the daemon knows no no.such.Thing'
call '{"method":"echod.Control.Ping","upgrade":true}'
cat "$tmp/reply" >>"$tmp/replies.Ping"
provoked MethodNotImplemented
ask Ping '{"x":1}'
echo 'call Ping {"x":1}' |
  provoked InvalidParameter 1 '^echoctl: the daemon refused: org.varlink.service.InvalidParameter [{]"parameter":"x"[}]$'
ask WatchStatus
provoked ExpectedMore
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
  chmod 666 "$ECHOD_SOCKET"
  echo '{"method":"echod.Control.Stop"}' |
    setpriv --reuid 12345 --regid 12345 --clear-groups nc -NU "$ECHOD_SOCKET" >"$tmp/reply"
  cat "$tmp/reply" >>"$tmp/replies.Stop"
  provoked PermissionDenied
else
  echo PermissionDenied >>"$tmp/provoked" # rights.sh and control-socket.sh do it as root
fi

# ---- What is not there ----
ask GetConnection '{"id":5}'
echo show 5 | provoked NoSuchConnection 1 '^echoctl: there is no connection 5$'
ask TestAcl '{"listener":"other","address":"::1"}'
echo acl other ::1 | provoked NoSuchListener 1 "^echoctl: there is no listener 'other'\$"

# ---- What cannot be done ----
mv "$tmp/logs" "$tmp/moved"
ask ReopenLogs
echo log reopen | provoked ReopenFailed 1 '^echoctl: not every log file could be opened again: .*No such file'
mv "$tmp/moved" "$tmp/logs"
echo 'listeners = { echo = { port = 70000; }; };' >"$tmp/echod.conf"
ask Reload
expect_json ".errors == [{\"file\": \"$tmp/echod.conf\", \"line\": 1, \"message\": .errors[0].message}]"
echo reload | provoked ConfigInvalid 1 "^$tmp/echod.conf:1: "

# A worker that hangs: whoever asks is told after 5 s, before echoctl loses its patience, also where many
# ask.
worker=$(status | jq '.workers[1].pid')
kill -STOP "$worker"
id=1099511627777 # would be one of that worker's
n=0 hung=
for words in connections "show $id" "disconnect $id" 'call ListConnections' 'log reopen'; do
  n=$((n + 1))
  # shellcheck disable=SC2086
  "$echoctl" $words >"$tmp/hung.out" 2>"$tmp/hung.$n" &
  hung="$hung $!"
  end_at_exit $!
done
ask ListConnections
for pid in $hung; do
  expect_end "$pid" 1
done
kill -CONT "$worker"
for n in 1 2 3 4; do
  expect_line "$tmp/hung.$n" 'echoctl: worker 1 does not answer the daemon in time'
done
expect_match "$tmp/hung.5" '^echoctl: not every log file could be opened again: .*timed out$'
provoked WorkerTimeout
expect_json '. == { worker: 1 }'
ask ListConnections
expect_json '. == { connections: [], cursor: null }'

# ---- No memory: of what it has, the daemon can take no more ----
if grep -q __asan_init "$echod" || ! command -v prlimit >/dev/null || [ ! -r /proc/self/statm ]; then
  echo OutOfMemory >>"$tmp/provoked" # tests/control/test_control_faults.c does it, whatever the build
else
  prlimit --pid "$echod_pid" --as="$(($(cut -d' ' -f1 "/proc/$echod_pid/statm") * $(getconf PAGESIZE)))":
  # That answer is longer than any before.
  ask GetConfig
  prlimit --pid "$echod_pid" --as=unlimited:
  provoked OutOfMemory
  ask GetConfig
  expect_json '.values | length > 1000'
fi

# ---- Too late ----
starve 127.0.0.1 "$port"
expect_exit 0 "$echoctl" stop --no-wait
ask Drain
echo drain | provoked Stopping 1 Stopping
ask Reload
echo reload | provoked ReloadFailed 1 'the reload failed, nothing has changed: the daemon is stopping'
kill -TERM "$echod_pid"
expect_end "$echod_pid" 0
exec 6>&-

start_echod 127.0.0.1 0
ask Reload
echo reload | provoked NoConfiguration 1 'was started as HOST PORT: it has no configuration to reload'

# ---- That is all of them ----
for interface in echod.Control org.varlink.service; do
  "$echoctl" call org.varlink.service.GetInterfaceDescription "{\"interface\":\"$interface\"}" |
    jq -r .description | sed -n 's/^error \([A-Za-z]*\) .*/\1/p'
done | sort >"$tmp/errors"
[ "$(wc -l <"$tmp/errors")" -ge 15 ] || fail "few errors: $(cat "$tmp/errors")"
sort -u "$tmp/provoked" | diff "$tmp/errors" - || fail "not every error was provoked"
stop_echod
