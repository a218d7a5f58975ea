#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# Each mistake that a configuration can have, by --check and by a reload: all of a file in one go, with
# file and line, in the answer and in the log; and what was in force stays so, untouched.

. "${top_srcdir:-.}/tests/system/lib.sh"

config=$tmp/echod.conf

# snapshot FILE: what must not change.
snapshot() {
  status | jq 'del(.uptime_s, .last_reload, .control)' >"$1"
  for pid in $echod_pid $(children_of "$echod_pid"); do
    for fd in "/proc/$pid/fd"/*; do
      echo "$pid $fd $(readlink "$fd")"
    done
  done >>"$1"
}

is_untouched() {
  snapshot "$tmp/after" && cmp -s "$tmp/before" "$tmp/after"
}

# reload_fails: with exactly the lines of $tmp/expected.
reload_fails() {
  log_lines=$(wc -l <"$echod_err")
  expect_exit 1 "$echoctl" reload
  sed '$d' "$tmp/stderr" | diff "$tmp/expected" - || fail "other mistakes by echoctl reload"
  n=$(wc -l <"$tmp/expected")
  expect_line "$tmp/stderr" "echoctl: $n mistake$([ "$n" -eq 1 ] || echo s) in the configuration; nothing has changed"
  tail -n "+$((log_lines + 1))" "$echod_err" | sed -n 's/.*: error: config: //p' |
    diff "$tmp/expected" - || fail "other mistakes in the log"
  expect_status ".last_reload.ok == false and (.last_reload.message | startswith(\"$config\"))"
  wait_until 10 is_untouched
}

# wrong: both ways, with exactly the lines of standard input (FILE is $config without a name).
wrong() {
  sed "s|^:|$config:|; s|FILE:|$config:|" >"$tmp/expected"
  expect_exit 78 "$echod" --check --config "$config"
  diff "$tmp/expected" "$tmp/stderr" || fail "other mistakes by --check"
  reload_fails
}

good='workers = 2;
listeners = { echo = { address = "127.0.0.1"; port = 0; }; };'

echo "$good" >"$config"
expect_exit 0 "$echod" --check --config "$config"
start_echod --config "$config"
hold 5 127.0.0.1 "$(echod_port)"
# A worker counts its turn, and how long that took, at the end of it.
# shellcheck disable=SC2046
wait_until 10 asleep $(children_of "$echod_pid")
snapshot "$tmp/before"

# ---- Values and keys: all in one go ----
cat >"$config" <<'CONF'
usr = "echod";
workers = "many";
drain-timeout = "5 parsecs";
log = { level = "loud"; };
port = 7;
listeners = {
  one = { address = "127.0.0.256"; };
  two = { allow = [ "10.0.0.0/33" ]; address = "127.0.0.1"; };
  three = { service = "ehco"; port = 7003; };
  four = { port = 65536; adress = "::1"; };
  five = { port = -1; };
  six = { address = "127.0.0.1"; port = 7006; };
  seven = { address = "*"; port = 7006; };
  eight = { transport = "unix"; address = "relative"; };
  nine = { max-pending = 1.5; port = 7009; };
  ten = { transport = [ "tcp", "unix" ]; };
  eleven = { deny = "everybody"; port = 7011; };
};
CONF
wrong <<'MISTAKES'
:1: usr: unknown key; did you mean 'user'?
:2: workers: must be a decimal number without quotes
:3: drain-timeout: must be a whole number of seconds, or a duration such as "5s" or "250ms", or "off"
:4: log.level: unknown log.level 'loud'; known: error, warning, notice, info, debug
:5: port: unknown key here; it belongs to a listener: listeners = { NAME = { port = ...; }; };
:8: listeners.two.allow: '10.0.0.0/33' has a prefix longer than its address
:9: listeners.three.service: unknown service 'ehco'; did you mean 'echo'?
:10: listeners.four.port: must be 0 to 65535
:10: listeners.four.adress: unknown key; did you mean 'address'?
:11: listeners.five.port: must be 0 to 65535
:15: listeners.nine.max-pending: must be a decimal number of bytes, or a size such as "256k"
:17: listeners.eleven.deny: 'everybody' is not a network such as "10.0.0.0/8" or "::1"
:7: listeners.one.address: '127.0.0.256' is neither a numeric address nor "*"
:13: listeners.seven.address: the same address and port as listener 'six' at FILE:12
:14: listeners.eight.address: 'relative': transport "unix" needs an absolute path
:16: listeners.ten.transport: "unix" stands alone
MISTAKES

# ---- What ends a file ----
printf 'listeners = {\n  a = { port = 7; };\n  a = { port = 8; };\n};\nx = 1;\n' >"$config"
echo ":3: this name was already used in the same group" | wrong
printf 'workers = 1\nlisteners = { a = { };\n' >"$config"
echo ":3: syntax error here, or just before (a missing ';' or quote?)" | wrong
: >"$config"
echo ": no listener: listeners = { echo = { port = 7; }; }; is one" | wrong
printf 'workers = 1;\n@include "gone.conf"\nwrkers = 2;\n' >"$config"
wrong <<MISTAKES
:2: $tmp/gone.conf: No such file or directory
:3: wrkers: unknown key; did you mean 'workers'?
MISTAKES
printf '@include "%s"\n' "$tmp" >"$config"
echo ":1: $tmp: is a directory, not a file" | wrong
printf 'listeners = {\n@include "gone.conf"\n@include "%s"\n};\nport = 7;\n' "$tmp" >"$config"
wrong <<MISTAKES
:2: $tmp/gone.conf: No such file or directory
:3: $tmp: is a directory, not a file
:5: port: unknown key here; it belongs to a listener: listeners = { NAME = { port = ...; }; };
MISTAKES
printf '@include "other.conf"\n%s\n' "$good" >"$config"
echo 'wrkers = 1;' >"$tmp/other.conf"
echo "$tmp/other.conf:1: wrkers: unknown key; did you mean 'workers'?" >"$tmp/expected"
expect_exit 78 "$echod" --check --config "$config"
diff "$tmp/expected" "$tmp/stderr" || fail "the mistake of an include"
expect_exit 1 "$echoctl" reload
expect_line "$tmp/stderr" "$(cat "$tmp/expected")"
wait_until 10 is_untouched

# Files that cannot be read.
rm "$config"
echo ": No such file or directory" | wrong
mkdir "$config"
echo ": is a directory, not a file" | wrong
rmdir "$config"
if [ "$(id -u)" -ne 0 ]; then
  echo "$good" >"$config"
  chmod 000 "$config"
  echo ": Permission denied" | wrong
  chmod 600 "$config"
fi

# ---- An address that is taken: known only when it is bound ----
start_echod --control-socket "$tmp/run/2.sock" --pid-file "$tmp/run/2.pid" 127.0.0.1 0
other_pid=$echod_pid
taken=$(echod_port)
echod_err=$tmp/echod1.err
echod_pid=$(status | jq .pid)
cat >"$config" <<CONF
listeners = {
  echo = { address = "127.0.0.1"; port = 0; };
  good = { address = "127.0.0.1"; port = 0; };
  taken = { address = "127.0.0.1"; port = $taken; };
  nowhere = { address = "192.0.2.1"; port = 7001; };
};
CONF
expect_exit 0 "$echod" --check --config "$config"
cat >"$tmp/expected" <<MISTAKES
$config:4: listener 'taken': cannot listen on tcp 127.0.0.1 $taken: Address already in use
$config:5: listener 'nowhere': cannot listen on tcp 192.0.2.1 7001: Cannot assign requested address
MISTAKES
reload_fails
expect_exit 1 "$echoctl" --json reload
[ ! -s "$tmp/stdout" ] || fail "an answer beside the mistakes"
expect_exit 0 "$multiconn" -q 127.0.0.1 "$taken" 2
stop_echod "$other_pid"

# A log file that cannot be opened.
echo "log = { to = \"file\"; file = \"$tmp/none/echod.log\"; }; $good" >"$config"
expect_exit 1 "$echoctl" reload
expect_line "$tmp/stderr" "echoctl: the reload failed, nothing has changed: cannot open the log $tmp/none/echod.log: No such file or directory"
wait_until 10 is_untouched

# ---- The same by SIGHUP, and then a good one ----
echo "nonsense" >"$config"
log_lines=$(wc -l <"$echod_err")
kill -HUP "$echod_pid"
reload_is_logged() {
  tail -n "+$((log_lines + 1))" "$echod_err" | grep -q "master: reload failed, nothing has changed: $config:2: syntax error"
}
wait_until 10 reload_is_logged
wait_until 10 is_untouched
end_hold
echo "$good" >"$config"
expect_exit 0 "$echoctl" reload
expect_line "$tmp/stdout" "reloaded, generation 2"
expect_line "$tmp/stdout" "  kept     echo"
expect_status '.last_reload.ok and .last_reload.message == null and .config_generation == 2'
stop_echod

# ---- Started as HOST PORT ----
start_echod 127.0.0.1 0
expect_exit 1 "$echoctl" reload
expect_line "$tmp/stderr" "echoctl: the daemon was started as HOST PORT: it has no configuration to reload"
kill -HUP "$echod_pid"
said_so() {
  grep -q "warning: master: started as HOST PORT: there is no configuration to reload" "$echod_err"
}
wait_until 10 said_so
expect_exit 0 "$multiconn" -q 127.0.0.1 "$(echod_port)" 2
expect_status '.last_reload == null and .config_generation == 1'
stop_echod
