#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# The daemon's control socket as other programs use it: what it answers is what the interface says
# that it describes itself, with messages that end in NUL and in lines, and only for those who may.

. "${top_srcdir:-.}/tests/system/lib.sh"
need jq nc
nc -h 2>&1 | grep -q -e -N || skip "needs netcat-openbsd"
validate=$top_builddir/tests/fake/varlink-validate

# by_line REQUEST...: each and its answer is a line.
by_line() {
  printf '%s\n' "$@" | nc -NU "$ECHOD_SOCKET" >"$tmp/answer" || fail "nc failed"
  [ "$(wc -l <"$tmp/answer")" -eq $# ] || fail "not $# lines: $(cat "$tmp/answer")"
  ! grep -q "$(printf '\r')" "$tmp/answer" || fail "an answer with a carriage return"
}

# by_nul REQUEST...: the same, each and its answer ends in a byte 0.
by_nul() {
  printf '%s\0' "$@" | nc -NU "$ECHOD_SOCKET" >"$tmp/raw" || fail "nc failed"
  [ "$(tr -dc '\0' <"$tmp/raw" | wc -c)" -eq $# ] || fail "not $# times NUL: $(od -c "$tmp/raw")"
  [ "$(tail -c 1 "$tmp/raw" | od -An -tx1 | tr -d ' ')" = 00 ] || fail "bytes behind the last NUL"
  [ "$(tr -dc '\n' <"$tmp/raw" | wc -c)" -eq 0 ] || fail "line feeds among NUL"
  tr '\0' '\n' <"$tmp/raw" >"$tmp/answer"
}

answered() {
  expect_line "$tmp/answer" "$1"
}

# Two listeners, one with a path, so that every kind of row is there.
cat >"$tmp/echod.conf" <<CONF
workers = 2;
listeners = {
  echo = { address = "127.0.0.1"; port = 0; service = "echo"; };
  local = { transport = "unix"; address = "$tmp/run/echo.sock"; service = "echo"; };
};
CONF
start_echod -n 2 --config "$tmp/echod.conf"
expect_exit 0 "$multiconn" -q 127.0.0.1 "$(echod_port tcp)" 3

ping='{"method":"echod.Control.Ping"}'
info='{"method":"org.varlink.service.GetInfo"}'
describe='{"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"IT"}}'
for by in by_line by_nul; do
  # What it says of itself, for each interface it names, holds for what it answers.
  "$by" "$info"
  cp "$tmp/answer" "$tmp/info"
  for interface in $(jq -r '.parameters.interfaces[]' "$tmp/info"); do
    "$by" "$(echo "$describe" | sed "s/IT/$interface/")"
    jq -r .parameters.description "$tmp/answer" >"$tmp/$interface"
    expect_line "$tmp/$interface" "interface $interface"
  done
  expect_exit 0 "$validate" "$tmp/org.varlink.service" GetInfo <"$tmp/info"
  expect_exit 0 "$validate" "$tmp/org.varlink.service" GetInterfaceDescription <"$tmp/answer"
  "$by" '{"method":"echod.Control.GetStatus","parameters":{},"more":false,"oneway":false}'
  expect_exit 0 "$validate" "$tmp/echod.Control" GetStatus <"$tmp/answer"
  "$by" "$ping"
  expect_exit 0 "$validate" "$tmp/echod.Control" Ping <"$tmp/answer"
  answered '{"parameters":{}}'

  # Several at once, in order; a call that wants no answer gets none, not even an error.
  "$by" "$ping" "$info" '{"method":"echod.Control.No"}' '{"method":"no.such.Thing"}' \
    '{"method":"echod.Control.Ping","parameters":{"x":1}}' \
    "$(echo "$describe" | sed 's/"IT"/7/')" \
    '{"method":"echod.Control.Ping","parameters":[]}' \
    "$(echo "$describe" | sed s/IT/no.such/)" "$ping"
  cat >"$tmp/expected" <<'TEXT'
{"parameters":{}}
{"error":"org.varlink.service.MethodNotFound","parameters":{"method":"echod.Control.No"}}
{"error":"org.varlink.service.InterfaceNotFound","parameters":{"interface":"no.such"}}
{"error":"org.varlink.service.InvalidParameter","parameters":{"parameter":"x"}}
{"error":"org.varlink.service.InvalidParameter","parameters":{"parameter":"interface"}}
{"error":"org.varlink.service.InvalidParameter","parameters":{"parameter":"parameters"}}
{"error":"org.varlink.service.InterfaceNotFound","parameters":{"interface":"no.such"}}
{"parameters":{}}
TEXT
  sed 2d "$tmp/answer" | diff "$tmp/expected" - || fail "$by: other answers"
done
{
  printf '%s\n' '{"method":"echod.Control.Ping","oneway":true}' \
    '{"method":"echod.Control.No","oneway":true}' "$info"
} | nc -NU "$ECHOD_SOCKET" >"$tmp/answer"
[ "$(wc -l <"$tmp/answer")" -eq 1 ] || fail "a call without answer was answered"

# The first end of a message fixes the form of all answers; spaces and empty messages do not count.
printf '\n\n  %s  \n' "$ping" | nc -NU "$ECHOD_SOCKET" >"$tmp/answer"
[ "$(od -c <"$tmp/answer" | grep -c '\\n')" -gt 0 ] || fail "not a line: $(od -c "$tmp/answer")"
printf '%s\0%s\n' "$ping" "$ping" | nc -NU "$ECHOD_SOCKET" >"$tmp/raw"
[ "$(tr -dc '\0' <"$tmp/raw" | wc -c)" -ge 1 ] || fail "the first NUL does not fix the form"

# What is in the status is what is.
expect_status ".pid == $echod_pid and .config_file == \"$tmp/echod.conf\" and .config_generation == 1"
expect_status ".control_socket == \"$ECHOD_SOCKET\" and .pid_file == \"$tmp/run/echod.pid\""
expect_status '.listeners | map([.name, .transport, .address, .path, .state]) == [
  ["echo", "tcp", "127.0.0.1", null, "listening"],
  ["local", "unix", null, "'"$tmp/run/echo.sock"'", "listening"]]'
expect_status ".listeners[0].port == $(echod_port tcp) and .listeners[1].port == null"
expect_status '.uptime_s >= 0 and .start_time_s > 1700000000 and .last_reload == null'
expect_status '.totals.closed | keys == (["peer", "reset", "error", "idle", "first_byte", "lifetime",
  "stall", "drain", "control", "protocol", "service", "memory", "worker_lost"] | sort)'
expect_status '.totals.rejected | keys == (["limit", "source_limit", "rate", "acl", "proxy",
  "draining", "descriptors"] | sort)'
expect_status '.totals.accept_errors | keys == (["ECONNABORTED", "EMFILE", "ENFILE", "ENOBUFS",
  "ENOMEM", "other"] | sort)'
expect_status '.totals.datagrams_dropped | keys == (["port_zero", "own_port", "reflector_port",
  "bad_source", "loopback_elsewhere", "self", "rate", "acl", "short", "truncated", "send"] | sort)'

# A line is enough to stop it, for everybody who may: nobody may not, whoever that is.
if [ "$(id -un)" = nobody ]; then
  by_line '{"method":"echod.Control.Stop","parameters":{"now":true}}'
  answered '{"error":"org.varlink.service.PermissionDenied","parameters":{}}'
  stop_echod
else
  by_line '{"method":"echod.Control.Stop","parameters":{"now":true}}'
  answered '{"parameters":{}}'
  expect_end "$echod_pid" 0
fi
