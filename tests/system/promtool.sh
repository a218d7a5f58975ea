#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# Prometheus' own tool finds nothing wrong with the metrics: of a new daemon, and of one that has served
# and refused over every transport, is draining, and has lost a worker.
. "${top_srcdir:-.}/tests/system/lib.sh"
need jq
command -v promtool >/dev/null || skip "needs promtool, of Debian's package prometheus"

good() {
  "$echoctl" metrics >"$tmp/metrics" || fail "echoctl metrics failed"
  promtool check metrics <"$tmp/metrics" >"$tmp/said" 2>&1 || fail "$(cat "$tmp/said")"
  [ ! -s "$tmp/said" ] || fail "$(cat "$tmp/said")"
}

# The tool is one that finds something.
printf '# TYPE a counter\na{b="1"} x\n' | promtool check metrics >/dev/null 2>&1 && fail "no tool that checks"

cat >"$tmp/echod.conf" <<CONF
workers = 2;
listeners = {
  echo = { address = "127.0.0.1"; port = 0; transport = [ "tcp", "udp" ]; };
  refusing = { address = "127.0.0.1"; port = 0; deny = "127.0.0.1"; };
  local = { transport = "unix"; address = "$tmp/run/echo.sock"; };
};
CONF
start_echod -n 4 --config "$tmp/echod.conf"
good
expect_exit 0 "$multiconn" -q 127.0.0.1 "$(echod_port tcp echo)" 10
expect_exit 0 "$multiconn" -q -u 127.0.0.1 "$(echod_port udp echo)" 10
expect_exit 0 "$multiconn" -q --unix "$tmp/run/echo.sock" 10
"$multiconn" -q 127.0.0.1 "$(echod_port tcp refusing)" 1 >/dev/null 2>&1
worker=$(status | jq '.workers[0].pid')
kill -KILL "$worker"
wait_until 20 restarted 0 "$worker"
expect_exit 0 "$echoctl" drain
good
stop_echod
