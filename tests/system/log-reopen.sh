#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# After a rotation has renamed the log file, SIGUSR1 and `echoctl log reopen` make every process write
# to a new one; a file that cannot be opened again is an error, and the old one goes on.

. "${top_srcdir:-.}/tests/system/lib.sh"

log=$tmp/logs/echod.log
mkdir "$tmp/logs" && chmod 777 "$tmp/logs"
cat >"$tmp/echod.conf" <<CONF
workers = 2;
log = { to = "file"; file = "$log"; };
listeners = { echo = { address = "127.0.0.1"; port = 0; deny = "127.0.0.0/8"; }; };
CONF

# users_of FILE: how many processes of the daemon have it open.
users_of() {
  inode=$(stat -L -c %d:%i "$1")
  for pid in $echod_pid $(children_of "$echod_pid"); do
    for fd in "/proc/$pid/fd"/*; do
      [ "$(stat -L -c %d:%i "$fd" 2>/dev/null)" != "$inode" ] || echo "$pid"
    done
  done | sort -u | wc -l
}

everybody_writes_to() {
  [ -e "$1" ] && [ "$(users_of "$1")" -eq 3 ]
}

# Rejected connections make the workers speak, at most once a second.
make_workers_speak() {
  "$multiconn" -q 127.0.0.1 "$port" 10 >/dev/null 2>&1
  grep -q "refused: acl" "$log"
}

start_echod --config "$tmp/echod.conf"
port=$(echod_port)
everybody_writes_to "$log" || fail "$(users_of "$log") processes have the log open, not 3"

# As logrotate does it: rename, then tell.
mv "$log" "$log.1"
expect_exit 0 "$echoctl" log reopen
expect_line "$tmp/stdout" "log files are opened again"
everybody_writes_to "$log" || fail "$(users_of "$log") processes write to the new file, not 3"
[ "$(users_of "$log.1")" -eq 0 ] || fail "the old file is still open"
wait_until 10 make_workers_speak
expect_match "$log" "master: log files are opened again"
expect_exit 0 "$echoctl" --json log reopen
expect_line "$tmp/stdout" "{}"

mv "$log" "$log.2"
kill -USR1 "$echod_pid"
wait_until 10 everybody_writes_to "$log"
nobody_writes_to() {
  [ "$(users_of "$1")" -eq 0 ]
}
wait_until 10 nobody_writes_to "$log.2"

# Where there is no directory any more: said, and nothing is lost.
mv "$tmp/logs" "$tmp/gone"
expect_exit 1 "$echoctl" log reopen
expect_match "$tmp/stderr" "not every log file could be opened again: the master: No such file or directory"
everybody_writes_to "$tmp/gone/echod.log" || fail "the old file was given up"
expect_match "$tmp/gone/echod.log" "the master cannot open its log again: No such file"
mv "$tmp/gone" "$tmp/logs"

# A worker that comes later writes where its sisters do.
mv "$log" "$log.3"
expect_exit 0 "$echoctl" log reopen
pid=$(status | jq '.workers[0].pid')
kill -KILL "$pid"
wait_until 10 restarted 0 "$pid"
everybody_writes_to "$log" || fail "the new worker writes elsewhere"

# Half a verb is another one.
expect_exit 2 "$echoctl" log
expect_line "$tmp/stderr" "echoctl: log needs an argument: LEVEL [--for T]"
stop_echod
