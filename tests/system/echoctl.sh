#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# echoctl against a fake daemon that has only the control socket: every exit code, every option, what
# goes to standard output and what to standard error.
. "${top_srcdir:-.}/tests/system/lib.sh"

fake=$top_builddir/tests/fake/controld
socket=$ECHOD_SOCKET
busy=$top_srcdir/tests/echoctl/status-busy.json
unset NO_COLOR

# start_fake MODE: at $socket; its output is in $tmp/fake.out from the second line on.
start_fake() {
  rm -f "$tmp/fake.lines"
  mkfifo "$tmp/fake.lines"
  "$fake" "$socket" "$1" "$busy" >"$tmp/fake.lines" 2>"$tmp/fake.err" &
  fake_pid=$!
  end_at_exit "$fake_pid"
  { read -r first && echo "$first" >"$tmp/fake.ready" && cat; } <"$tmp/fake.lines" >"$tmp/fake.out" &
  wait_until 20 grep -q ready "$tmp/fake.ready"
  rm -f "$tmp/fake.ready"
}

end_fake() {
  kill "$fake_pid" 2>/dev/null
  wait "$fake_pid" 2>/dev/null
  rm -f "$socket"
}

# expect_silence FILE
expect_silence() {
  [ ! -s "$1" ] || { cat "$1"; fail "$1 is not empty"; }
}

# ---- 5, and 1: daemons that take 10 s, and 6 s; what they say is looked at in the end ----
# One never says that its events begin; the other asks a worker that hangs, and is waited for longer than
# it waits itself.
for kind in silent late; do
  "$fake" "$tmp/$kind.sock" $kind >"$tmp/$kind.out" &
  end_at_exit $!
  wait_until 20 grep -q ready "$tmp/$kind.out"
done
"$echoctl" -s "$tmp/silent.sock" events >"$tmp/events.out" 2>"$tmp/events.err" &
events=$!
end_at_exit "$events"
n=0 patient=
for words in connections 'show 1' 'disconnect 1' 'log info' 'log reopen' 'call ListConnections'; do
  n=$((n + 1))
  # shellcheck disable=SC2086
  "$echoctl" -s "$tmp/late.sock" $words >"$tmp/patient.out" 2>"$tmp/patient.$n" &
  patient="$patient $!"
  end_at_exit $!
done

# ---- 2, usage ----
expect_exit 2 "$echoctl"
expect_line "$tmp/stderr" "usage: echoctl [OPTION]... VERB [ARG]..."
expect_silence "$tmp/stdout"
expect_exit 2 "$echoctl" stauts
expect_line "$tmp/stderr" "echoctl: unknown verb 'stauts'; did you mean 'status'?"
expect_exit 2 "$echoctl" frobnicate
expect_line "$tmp/stderr" "echoctl: unknown verb 'frobnicate'"
expect_exit 2 "$echoctl" --jsn status
expect_line "$tmp/stderr" "echoctl: unknown option '--jsn'; did you mean '--json'?"
expect_exit 2 "$echoctl" -x status
expect_exit 2 "$echoctl" --json=yes status
expect_exit 2 "$echoctl" status --socket
expect_exit 2 "$echoctl" status -s ''
expect_exit 2 "$echoctl" status --timeout never
expect_exit 2 "$echoctl" status --timeout 0
expect_exit 2 "$echoctl" status extra
expect_line "$tmp/stderr" "echoctl: one argument too many for status: 'extra'"
expect_exit 2 "$echoctl" status --now
expect_line "$tmp/stderr" "echoctl: --now goes with disconnect, stop only"
expect_exit 2 "$echoctl" --json

# ---- Without a daemon ----
expect_exit 0 "$echoctl" --help
expect_match "$tmp/stdout" '^Examples:$'
expect_match "$tmp/stdout" '^  stop \[--now\]'
expect_exit 0 "$echoctl" --help stop
expect_match "$tmp/stdout" '^Usage: echoctl .* stop'
expect_match "$tmp/stdout" '--no-wait'
expect_exit 0 "$echoctl" ping -h
expect_match "$tmp/stdout" '^Usage: echoctl .* ping$'
expect_exit 0 "$echoctl" -V
expect_match "$tmp/stdout" '^echoctl [0-9]'
if [ -w /dev/full ]; then
  "$echoctl" -V >/dev/full 2>"$tmp/stderr"
  [ $? -eq 1 ] || fail "an output that cannot be written was no failure"
fi

# ---- 3, not running ----
escape=$(printf '\033')
expect_exit 3 "$echoctl" -s "$tmp/a${escape}[31m" ping
expect_line "$tmp/stderr" "echoctl: the daemon is not running; tried $tmp/a?[31m"
expect_exit 2 "$echoctl" "stat${escape}us"
expect_match "$tmp/stderr" "^echoctl: unknown verb 'stat[?]us'"
expect_exit 3 "$echoctl" ping
expect_line "$tmp/stderr" "echoctl: the daemon is not running; tried $socket"
expect_silence "$tmp/stdout"
expect_exit 3 env -u ECHOD_SOCKET "RUNTIME_DIRECTORY=$tmp/a" "$echoctl" ping
expect_match "$tmp/stderr" "tried $tmp/a/control.sock, /.*/echod/control.sock\$"
expect_exit 3 "$echoctl" -s "$tmp/nowhere" ping
expect_match "$tmp/stderr" "tried $tmp/nowhere\$"
: >"$tmp/file"
expect_exit 3 "$echoctl" --socket="$tmp/file" ping

# ---- 0, all well ----
start_fake normal
expect_exit 0 "$echoctl" ping
expect_match "$tmp/stdout" "^$socket answers, round trip [0-9.]+ ms\$"
expect_exit 0 env -u ECHOD_SOCKET "$echoctl" ping
expect_exit 0 env -u ECHOD_SOCKET -u RUNTIME_DIRECTORY "$echoctl" ping -s "$socket" --timeout 20s
expect_exit 0 "$echoctl" ping --json
expect_line "$tmp/stdout" "{}"
expect_exit 0 "$echoctl" version
expect_line "$tmp/stdout" "echod 0.0.fake"
expect_match "$tmp/stdout" '^echoctl [0-9]'
expect_exit 0 "$echoctl" status
expect_match "$tmp/stdout" '^echod 0.2.0 draining, pid 4242, up 2d 3h$'
expect_silence "$tmp/stderr"
grep -q "$(printf '\033')" "$tmp/stdout" && fail "colours in a file"
expect_exit 0 "$echoctl" --json status
[ "$(wc -l <"$tmp/stdout")" -eq 1 ] || fail "JSON in a pipe is not one line"
grep -q '"continues"\|"parameters"' "$tmp/stdout" && fail "not the reply's parameters"
"$top_builddir/tests/fake/varlink-validate" -p "$tmp/interface" GetStatus 2>/dev/null <"$tmp/stdout"
[ $? -eq 2 ] || fail "varlink-validate passed without an interface"

# The interface that the server describes is the one that its status keeps to.
if command -v nc >/dev/null && command -v jq >/dev/null && nc -h 2>&1 | grep -q -e '-N'; then
  printf '%s\n' '{"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"echod.Control"}}' |
    nc -NU "$socket" | jq -r .parameters.description >"$tmp/interface"
  "$top_builddir/tests/fake/varlink-validate" -p "$tmp/interface" GetStatus <"$tmp/stdout" ||
    fail "the status is not what the interface says"
fi

# On a terminal: colours and indented JSON, unless told otherwise.
if command -v script >/dev/null && script -qec true /dev/null >/dev/null 2>&1; then
  on_terminal() {
    script -qec "$*" /dev/null </dev/null >"$tmp/stdout" 2>&1
  }
  escape=$(printf '\033')
  TERM=xterm on_terminal "'$echoctl' status"
  expect_match "$tmp/stdout" "${escape}\[33mdraining"
  for quiet in "'$echoctl' status --no-color" "NO_COLOR=1 '$echoctl' status" \
    "TERM=dumb '$echoctl' status"; do
    TERM=xterm on_terminal "$quiet"
    expect_match "$tmp/stdout" "0 draining, pid"
  done
  on_terminal "'$echoctl' status --json"
  expect_match "$tmp/stdout" '^  "version": "0.2.0"'
fi

# drain and resume; the drain's timeout is no patience with the daemon.
expect_exit 0 "$echoctl" drain
expect_line "$tmp/stdout" "draining"
expect_exit 0 "$echoctl" drain --timeout 1ms
expect_exit 0 "$echoctl" --json --timeout 2m drain
expect_line "$tmp/stdout" "{}"
expect_exit 0 "$echoctl" resume
expect_line "$tmp/stdout" "running"
wait_until 20 grep -qx resume "$tmp/fake.out"
[ "$(head -n 3 "$tmp/fake.out" | tr '\n' ,)" = "drain 0,drain 1,drain 120000," ] ||
  fail "the drain's timeout did not come through"

# events: silence is no failure of the daemon. Where the machine is slow its beginning may be late.
says_that_nothing_happens() {
  "$echoctl" events --timeout 200ms >"$tmp/stdout" 2>"$tmp/stderr"
  [ $? -eq 5 ] || return 1
  grep -qx 'echoctl: nothing more has happened in that time' "$tmp/stderr"
}
wait_until 20 says_that_nothing_happens
expect_silence "$tmp/stdout"

# stop: the daemon is told how, and has gone when echoctl returns.
expect_exit 0 "$echoctl" stop --now
expect_line "$tmp/stdout" "stopped"
[ ! -e "$socket" ] || fail "stop returned before the daemon had gone"
expect_end "$fake_pid" 0
wait_until 20 grep -qx "stop now" "$tmp/fake.out"
start_fake normal
expect_exit 0 "$echoctl" stop --no-wait --json
expect_line "$tmp/stdout" "{}"
expect_end "$fake_pid" 0
wait_until 20 grep -qx stop "$tmp/fake.out"

# ---- 5, no answer ----
# Where the machine is slow the answer itself may be late.
says_that_it_has_not_gone() {
  "$echoctl" stop --timeout 200ms >"$tmp/stdout" 2>"$tmp/stderr"
  [ $? -eq 5 ] || return 1
  grep -q 'has not gone in time' "$tmp/stderr"
}
start_fake linger
expect_exit 0 "$echoctl" stop --no-wait
expect_line "$tmp/stdout" "stopping"
wait_until 20 says_that_it_has_not_gone
end_fake
start_fake restart
wait_until 20 says_that_it_has_not_gone
end_fake
start_fake silent
expect_exit 5 "$echoctl" --timeout=50ms ping
expect_line "$tmp/stderr" "echoctl: $socket: no answer in time"
end_fake
start_fake hang-up
expect_exit 5 "$echoctl" ping
expect_line "$tmp/stderr" "echoctl: $socket: closed without an answer; is the daemon busy with too many clients?"
end_fake

# ---- 1, refused ----
start_fake refuse
expect_exit 1 "$echoctl" status
expect_line "$tmp/stderr" 'echoctl: worker 3 does not answer the daemon in time'
expect_exit 1 "$echoctl" stop
expect_line "$tmp/stderr" 'echoctl: the daemon refused: echod.Control.OutOfMemory'
expect_exit 1 "$echoctl" resume
expect_line "$tmp/stderr" "echoctl: the daemon understands 'now' differently; is it of another version?"
end_fake

# ---- Pages of two configurations are not one configuration ----
start_fake changing
expect_exit 0 "$echoctl" config --csv
printf '%s\n' listener,key,value,from,file,line ,user,3,default,, ,group,3,default,, | diff - "$tmp/stdout" ||
  fail "not the third configuration alone"
end_fake
start_fake restless
expect_exit 1 "$echoctl" config
expect_line "$tmp/stderr" "echoctl: $socket: it is configured anew faster than it can be read"
expect_silence "$tmp/stdout"
end_fake

# ---- 4, not permitted ----
start_fake deny
expect_exit 4 "$echoctl" stop
expect_match "$tmp/stderr" '^echoctl: not permitted: echod.Control.Stop is for .*admin-groups'
expect_exit 0 "$echoctl" status
cp "$echoctl" "$tmp/echoctl"
if [ "$(id -u)" -ne 0 ]; then
  chmod 000 "$socket"
  expect_exit 4 "$echoctl" ping
  expect_match "$tmp/stderr" "not permitted; "
elif command -v setpriv >/dev/null; then
  expect_exit 4 setpriv --reuid 65534 --regid 65534 --clear-groups "$tmp/echoctl" ping
  expect_match "$tmp/stderr" "^echoctl: $socket: not permitted; join the group '.*' or be root\$"
fi
end_fake

# ---- 6, not the same protocol ----
start_fake old
expect_exit 6 "$echoctl" status
expect_match "$tmp/stderr" "knows no echod.Control.GetStatus; is it of another version"
end_fake
start_fake strange
expect_exit 6 "$echoctl" status
expect_match "$tmp/stderr" "answer is not as this version expects it: '[a-z_]+' is missing"
expect_silence "$tmp/stdout"
expect_exit 0 "$echoctl" --json status
end_fake
start_fake garbage
expect_exit 6 "$echoctl" ping
expect_line "$tmp/stderr" "echoctl: $socket: the answer is not of echod's protocol"
end_fake

# ---- What took long ----
for pid in $patient; do
  expect_end "$pid" 1
done
while [ "$n" -gt 0 ]; do
  expect_line "$tmp/patient.$n" 'echoctl: worker 3 does not answer the daemon in time'
  n=$((n - 1))
done
expect_end "$events" 5
expect_line "$tmp/events.err" "echoctl: $tmp/silent.sock: no answer in time"
