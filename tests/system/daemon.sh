#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# --daemon: the first process exits 0 only when everything listens and otherwise says the child's
# reason; one daemon per PID file; a stale file is no obstacle; a clean stop leaves nothing.

. "${top_srcdir:-.}/tests/system/lib.sh"

pid_file=$tmp/run/echod.pid
config=$tmp/echod.conf
cat >"$config" <<CONF
listeners = { echo = { address = "127.0.0.1"; port = 0; service = "echo"; }; };
log = { to = "file"; file = "$tmp/run/echod.log"; };
CONF

echo 999999 >"$pid_file"
chmod 666 "$pid_file"
expect_exit 0 "$echod" --daemon --config "$config" --workers 2
pid=$(cat "$pid_file")
end_at_exit "$pid"
expect_status ".pid == $pid and .state == \"running\" and (.workers | length) == 2"
port=$(status | jq '.listeners[0].port')
expect_exit 0 "$multiconn" -q 127.0.0.1 "$port" 10
[ "$(ps -o tty= -p "$pid")" = "?" ] || fail "the daemon has a terminal"
[ "$(readlink "/proc/$pid/cwd")" = / ] || fail "the daemon's directory is not /"
grep -q 'listening on tcp 127.0.0.1' "$tmp/run/echod.log" || fail "the log file says nothing"

# A second instance names the first.
expect_exit 1 "$echod" --daemon --config "$config"
expect_match "$tmp/stderr" "already running with pid $pid"
expect_exit 1 "$echod" 127.0.0.1 0
expect_match "$tmp/stderr" "already running with pid $pid"

# An address that is taken: the reason of the child, from the first process.
other="--pid-file $tmp/run/2.pid --control-socket $tmp/run/2.sock"
cat >"$tmp/taken.conf" <<CONF
listeners = {
  echo = { address = "127.0.0.1"; port = $port; service = "echo"; };
};
CONF
# shellcheck disable=SC2086
expect_exit 1 "$echod" --daemon --config "$tmp/taken.conf" $other
expect_match "$tmp/stderr" "taken.conf:2: .*tcp 127.0.0.1 $port: Address already in use"
[ ! -e "$tmp/run/2.sock" ] || fail "a failed start left its control socket"

expect_exit 0 "$echoctl" stop
wait_until 10 gone "$pid"
expect_exit 3 "$echoctl" status
[ ! -s "$pid_file" ] || fail "the PID file still names the daemon"
[ ! -e "$ECHOD_SOCKET" ] || fail "the control socket is left"
