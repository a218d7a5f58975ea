#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# Lines of the log: their levels and form, in a file and on standard error; the access log; repeats
# that are counted, also when nothing follows; nothing of a client's bytes as they came.

. "${top_srcdir:-.}/tests/system/lib.sh"

log=$tmp/run/logs/echod.log
mkdir "$tmp/run/logs"
chmod 777 "$tmp/run/logs"
stamp='^20[0-9-]{8}T[0-9:]{8}\.[0-9]{3}Z echod\[[0-9]+\]'

# configure TO LEVEL ACCESS
configure() {
  cat >"$tmp/echod.conf" <<CONF
listeners = { echo = { address = "127.0.0.1"; port = 0; }; };
log = { to = "$1"; file = "$log"; level = "$2"; access = $3; };
workers = 4;
CONF
}

# ---- A file: form, access log, repeats ----

configure file info true
start_echod --config "$tmp/echod.conf"
expect_exit 0 "$multiconn" -q 127.0.0.1 "$(echod_port)" 3
wait_until 10 expect_idle
expect_match "$log" "$stamp notice master: echod is ready: 4 workers"
expect_match "$log" "$stamp info access: .*127\.0\.0\.1.* to listener 'echo': 44 bytes received, 44 sent, 0 unsent, in [0-9]+ ms; closed: peer\$"
[ "$(grep -c ' access: ' "$log")" -eq 3 ] || fail "not one line for each of three connections"
[ ! -s "$echod_err" ] || fail "standard error got what belongs in the file"

# The place of the file has gone: the old one is kept, and that each of four workers says so is one
# line and a count, which is told although nothing follows.
mv "$tmp/run/logs" "$tmp/run/moved"
kill -USR1 "$echod_pid"
wait_until 20 grep -Eq 'error master: last message repeated 3 times$' "$tmp/run/moved/echod.log"
expect_match "$tmp/run/moved/echod.log" "$stamp error master: .*cannot open its log again: No such file"

# A method that is no word, from a client with no manners.
printf '{"method":"a\\u001b[31mb\\nc\\u202ed.e"}\n' >"$tmp/rude"
printf '\033[31m\n\377\000' >>"$tmp/rude"
if command -v socat >/dev/null 2>&1; then
  socat -t 5 - "UNIX-CONNECT:$ECHOD_SOCKET" <"$tmp/rude" >/dev/null 2>&1
fi
stop_echod
! LC_ALL=C tr -d '\n\040-\176' <"$tmp/run/moved/echod.log" | grep -q . ||
  fail "bytes of a client are in the log"
rm -r "$tmp/run/moved"
mkdir "$tmp/run/logs"
chmod 777 "$tmp/run/logs"

# ---- Levels, and the access log that nobody asked for ----

configure stderr info false
start_echod --config "$tmp/echod.conf"
expect_exit 0 "$multiconn" -q 127.0.0.1 "$(echod_port)" 3
wait_until 10 expect_idle
stop_echod
expect_match "$echod_err" '^echod\[[0-9]+\]: notice: master: echod is ready'
! grep -q 'access:' "$echod_err" || fail "an access log that is off"
! grep -q ': debug: ' "$echod_err" || fail "a debug line at level info"

start_echod --config "$tmp/echod.conf" --log-level error
stop_echod
! grep -Eq ': (warning|notice|info|debug): ' "$echod_err" || fail "more than errors"

start_echod --config "$tmp/echod.conf" --log-level debug
stop_echod
expect_match "$echod_err" '^echod\[[0-9]+\]: debug: '

# ---- A log that cannot be opened is no start, and has its name in the reason ----

configure file info false
rmdir "$tmp/run/logs"
expect_exit 1 "$echod" --config "$tmp/echod.conf"
expect_match "$tmp/stderr" "^echod: cannot open the log $log: No such file or directory\$"
expect_exit 1 "$echod" --daemon --config "$tmp/echod.conf"
expect_match "$tmp/stderr" "^echod: cannot open the log $log: No such file or directory\$"
