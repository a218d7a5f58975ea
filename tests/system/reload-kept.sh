#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# A reload that keeps a socket, with whoever waits there, changes what can be changed of it: its
# backlog, as the kernel says, and the mode of a Unix socket's node.

. "${top_srcdir:-.}/tests/system/lib.sh"

need ss
# configure BACKLOG MODE
configure() {
  cat >"$tmp/echod.conf" <<END
listeners = {
  net = { address = "127.0.0.1"; port = 0; backlog = $1; };
  node = { address = "$tmp/echo"; transport = "unix"; backlog = $1; socket-mode = "$2"; };
};
END
}
# expect_backlog N: of every socket of the TCP endpoint, and of the node.
expect_backlog() {
  [ "$(ss -Hltn "sport = :$port" | awk '{ print $3 }' | sort | uniq -c | xargs)" = "2 $1" ] ||
    fail "not two sockets with a backlog of $1: $(ss -Hltn "sport = :$port")"
  [ "$(ss -Hlx | awk -v path="$tmp/echo" '$5 == path { print $4 }')" = "$1" ] ||
    fail "the node's backlog is not $1: $(ss -Hlx src "$tmp/echo")"
}

configure 64 0600
start_echod --workers 2 --config "$tmp/echod.conf"
port=$(echod_port)
expect_backlog 64
[ "$(stat -c %a "$tmp/echo")" = 600 ] || fail "the node has mode $(stat -c %a "$tmp/echo")"
# Also where root has bound it, and the daemon is somebody else by now.
[ "$(stat -c %U "$tmp/echo")" = "$(stat -c %U "/proc/$echod_pid")" ] ||
  fail "the node belongs to $(stat -c %U "$tmp/echo")"
hold 2 127.0.0.1 "$port"

configure 17 0620
expect_exit 0 "$echoctl" reload --json
jq -e '.changed == ["net", "node"] and .added == [] and .removed == []' "$tmp/stdout" >/dev/null ||
  fail "the reload says $(cat "$tmp/stdout")"
expect_backlog 17
[ "$(stat -c %a "$tmp/echo")" = 620 ] || fail "the node has mode $(stat -c %a "$tmp/echo") still"
end_hold

# A reload that fails changes neither.
configure 9 0777
echo 'nonsense = 1;' >>"$tmp/echod.conf"
expect_exit 1 "$echoctl" reload
expect_backlog 17
[ "$(stat -c %a "$tmp/echo")" = 620 ] || fail "a failed reload has changed the node's mode"
expect_exit 0 "$multiconn" -q 127.0.0.1 "$port" 4
expect_exit 0 "$multiconn" -q --unix "$tmp/echo" 4
stop_echod
