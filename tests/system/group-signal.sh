#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# SIGINT to the whole process group, as a terminal sends it, under load: a clean stop, exit code 0, and
# no worker counted as dead.

. "${top_srcdir:-.}/tests/system/lib.sh"
need setsid

mkfifo "$tmp/lines"
setsid "$echod" --workers 2 127.0.0.1 0 >"$tmp/lines" 2>"$tmp/echod.err" &
echod_pid=$!
end_at_exit "$echod_pid"
read -r line <"$tmp/lines"
port=$(echo "$line" | awk '{ print $5 }')
hold 50 127.0.0.1 "$port"
pgid=$(ps -o pgid= -p "$echod_pid" | tr -d ' ')
[ "$pgid" = "$echod_pid" ] || skip "no process group of its own: $pgid"
kill -INT "-$pgid"
expect_end "$echod_pid" 0
! grep -E 'replaced|ended by signal|is killed' "$tmp/echod.err" || fail "not a clean stop"
