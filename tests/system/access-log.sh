#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# The access log: off unless asked for; then one line for each connection, with peer, listener, bytes,
# duration and close reason, for TCP over IPv4 and IPv6 and for Unix sockets.

. "${top_srcdir:-.}/tests/system/lib.sh"
rude=$top_builddir/tests/fake/rude

start_echod 127.0.0.1 0
expect_exit 0 "$rude" tail 127.0.0.1 "$(echod_port)" 5
wait_until 5 expect_idle
stop_echod
! grep -q ' access: ' "$echod_err" || fail "a line that nobody asked for"

cat >"$tmp/access.conf" <<CONF
log = { to = "file"; file = "$tmp/run/access.log"; access = true; };
listeners = {
  a-name = { address = "127.0.0.1"; port = 0; service = "echo"; };
  local = { address = "$tmp/run/echo.sock"; transport = "unix"; service = "echo"; };
  limited = { address = "127.0.0.1"; port = 0; service = "echo"; deny = [ "127.0.0.1" ]; };
};
CONF
start_echod -n 3 --workers 1 --config "$tmp/access.conf"
expect_exit 0 "$rude" tail 127.0.0.1 "$(echod_port tcp a-name)" 100000
expect_exit 0 "$rude" tail unix "$tmp/run/echo.sock" 3
expect_exit 1 "$rude" tail 127.0.0.1 "$(echod_port tcp limited)" 1
# The second connection resets, having sent a byte; whether its echo was sent by then is chance.
expect_exit 0 "$rude" reset 127.0.0.1 "$(echod_port tcp a-name)" 2
# What a peer sends is its own: none of it comes here.
expect_exit 0 "$multiconn" -q -m "$(printf 'in\njected \033[31m')" 127.0.0.1 \
  "$(echod_port tcp a-name)" 1
wait_until 5 expect_idle
expect_status '.totals.accepted == 5'
stop_echod
log=$tmp/run/access.log
line() {
  expect_match "$log" "^[-0-9]{10}T[:.0-9]{12}Z echod\\[[0-9]+\\] info access: $1\$"
}
line "127\.0\.0\.1:[0-9]+ to listener 'a-name': 100000 bytes received, 100000 sent, 0 unsent, in [0-9]+ ms; closed: peer"
line "unix.* to listener 'local': 3 bytes received, 3 sent, 0 unsent, in [0-9]+ ms; closed: peer"
line "127\.0\.0\.1:[0-9]+ to listener 'a-name': 1 bytes received, (0 sent, 1|1 sent, 0) unsent, in [0-9]+ ms; closed: reset"
[ "$(grep -c ' access: ' "$log")" -eq 5 ] || fail "not one line for each connection"
expect_match "$log" "listener 'limited': connection from 127\.0\.0\.1:[0-9]+ refused: acl"
[ "$(LC_ALL=C tr -d '\n -~' <"$log" | wc -c)" -eq 0 ] || fail "a byte that is not text"
! grep -q jected "$log" || fail "what a peer sent is in the log"

# What was received, and could not be sent because the peer had reset by then, is unsent.
command -v python3 >/dev/null || exit 0
start_echod -n 3 --workers 1 --config "$tmp/access.conf"
worker=$(children_of "$echod_pid")
cat >"$tmp/reset.py" <<'PY'
import os, signal, socket, struct, sys, time
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=60)
s.sendall(b"x")
assert s.recv(1) == b"x"
os.kill(int(sys.argv[2]), signal.SIGSTOP)
while open("/proc/%d/stat" % int(sys.argv[2])).read().rsplit(")", 1)[1].split()[0] != "T":
    time.sleep(0.001)  # what it is in the middle of comes to its end first
s.sendall(bytes(7000))
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
s.close()
os.kill(int(sys.argv[2]), signal.SIGCONT)
PY
expect_exit 0 python3 "$tmp/reset.py" "$(echod_port tcp a-name)" "$worker"
wait_until 5 expect_idle
stop_echod
line "127\.0\.0\.1:[0-9]+ to listener 'a-name': 7001 bytes received, 1 sent, 7000 unsent, in [0-9]+ ms; closed: reset"
