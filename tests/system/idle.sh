#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# An idle daemon with 100 open connections makes no system call: no process of it is switched to or
# from over three seconds, with every selector back end.

. "${top_srcdir:-.}/tests/system/lib.sh"
[ -r /proc/self/status ] || skip "needs /proc/PID/status"

switches() {
  for pid in "$@"; do
    grep ctxt_switches "/proc/$pid/status"
  done
}

for selector in $(selectors); do
  start_echod --selector "$selector" --workers 2 127.0.0.1 0
  hold 100 127.0.0.1 "$(echod_port)"
  pids="$echod_pid $(children_of "$echod_pid")"
  # shellcheck disable=SC2086
  switches $pids >"$tmp/before"
  sleep 3
  # shellcheck disable=SC2086
  switches $pids >"$tmp/after"
  cmp "$tmp/before" "$tmp/after" || fail "idle under $selector is not idle"
  end_hold
  stop_echod
done
