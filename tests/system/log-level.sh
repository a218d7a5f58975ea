#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# SetLogLevel and `echoctl log LEVEL`: the level of the master and of every worker, for a time or until
# it is set again, over a reload and a worker's death.
. "${top_srcdir:-.}/tests/system/lib.sh"
need jq
need_nc

# accesses: how many lines of the access log, which the workers write at level info, there are. The
# lines are different from each other, so that none is folded away.
accesses() {
  grep -c 'info: access: ' "$echod_err"
}

# serve N: N connections, that have ended for the daemon too when this returns.
serve() {
  expect_exit 0 "$multiconn" -q 127.0.0.1 "$(echod_port)" "$1"
  wait_until 20 expect_idle
}

cat >"$tmp/echod.conf" <<CONF
workers = 3;
log = { access = true; level = "warning"; };
listeners = { echo = { address = "127.0.0.1"; port = 0; }; };
CONF
start_echod --config "$tmp/echod.conf"
serve 12
[ "$(accesses)" -eq 0 ] || fail "logged above the configured level"
expect_status '.log == { level: "warning", configured: "warning", left_ms: null }'

# Every worker logs it now: of 60 connections each has some.
expect_exit 0 "$echoctl" log info
expect_line "$tmp/stdout" 'the log level is info'
expect_match "$echod_err" 'notice: master: the log level is info$'
expect_status '.log == { level: "info", configured: "warning", left_ms: null }'
expect_exit 0 "$echoctl" status
expect_line "$tmp/stdout" 'log level info, warning is configured'
serve 60
accessed() {
  [ "$(accesses)" -eq "$1" ]
}
wait_until 20 accessed 60
[ "$(grep 'access: ' "$echod_err" | sed 's/:.*//' | sort -u | wc -l)" -eq 3 ] || fail "not every worker"

# A worker that comes now does so, too; and a reload leaves it.
worker=$(status | jq '.workers[1].pid')
kill -KILL "$worker"
wait_until 20 restarted 1 "$worker"
new=$(status | jq '.workers[1].pid')
sed -i 's/access = true/access = true; to = "stderr"/' "$tmp/echod.conf"
expect_exit 0 "$echoctl" reload
serve 60
grep -q "^echod\[$new\]: info: access" "$echod_err" || fail "a new worker has the old level"

expect_exit 0 "$echoctl" --json log configured
expect_line "$tmp/stdout" '{}'
expect_match "$echod_err" 'the log level is warning, as configured$'
expect_status '.log == { level: "warning", configured: "warning", left_ms: null }'
before=$(accesses)
serve 12
[ "$(accesses)" -eq "$before" ] || fail "not as configured again"

# It comes back by itself.
expect_exit 0 "$echoctl" log info --for 300ms
wait_until 20 grep -q 'the log level is warning again, as configured$' "$echod_err"
expect_status '.log == { level: "warning", configured: "warning", left_ms: null }'
# A call that follows is answered by every worker after that, and changes no level.
expect_exit 0 "$echoctl" log reopen
before=$(accesses)
serve 12
[ "$(accesses)" -eq "$before" ] || fail "it did not return by itself"

ask SetLogLevel '{"level":"error"}'
jq -e '.parameters == {}' "$tmp/reply" >/dev/null || fail "refused: $(cat "$tmp/reply")"

# A time that is running ends with the next call, whatever that says.
expect_exit 0 "$echoctl" log debug --for 300ms
expect_exit 0 "$echoctl" log info
expect_status '.log == { level: "info", configured: "warning", left_ms: null }'
sleep 0.5
expect_status '.log.level == "info"'
expect_exit 0 "$echoctl" log info --for 24h
expect_status '.log.level == "info" and .log.left_ms > 86000000 and .log.left_ms <= 86400000'
expect_exit 0 "$echoctl" status
expect_match "$tmp/stdout" '^log level info, warning again in (1d 0h|23h 59m)$'

for wrong in '{"level":"loud"}' '{"level":"info","for_ms":0}' '{"for_ms":5}' '{"level":1}' '{"lvl":"info"}'; do
  ask SetLogLevel "$wrong"
  jq -e '.error == "org.varlink.service.InvalidParameter"' "$tmp/reply" >/dev/null ||
    fail "not refused: $wrong"
done
expect_exit 2 "$echoctl" log loud
expect_match "$tmp/stderr" "^echoctl: 'loud' is no level; there are error, "
expect_exit 2 "$echoctl" log
expect_exit 2 "$echoctl" log reopen --for 5m
expect_exit 2 "$echoctl" log info --for never
stop_echod
