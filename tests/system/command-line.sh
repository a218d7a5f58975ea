#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# How echod ends when it cannot start: the exit code and the words of each cause; and where HOST PORT
# of each kind makes it listen.

. "${top_srcdir:-.}/tests/system/lib.sh"

# refused CODE TEXT ARG...: this exit code, and standard error ends with exactly this line.
refused() {
  code=$1
  text=$2
  shift 2
  expect_exit "$code" "$echod" --log-level error "$@"
  [ "$(tail -n 1 "$tmp/stderr")" = "$text" ] || fail "not '$text' but: $(cat "$tmp/stderr")"
  [ ! -s "$tmp/stdout" ] || fail "a failure on standard output: $(cat "$tmp/stdout")"
}

# ---- 2, the command line ----
try="Try 'echod --help'."
for wrong in --chek -x --check=1 --workers "--workers 0" "--workers 257" "--selector epol" \
  "--log-level loud" "-c" "127.0.0.1" "127.0.0.1 0 0" "127.0.0.1 65536" "127.0.0.1 echo" \
  "127.0.0.1 -1" "-c x 127.0.0.1 0" "--transcript -d 127.0.0.1 0"; do
  # shellcheck disable=SC2086
  refused 2 "$try" $wrong
done
expect_exit 2 "$echod" --chek
expect_line "$tmp/stderr" "echod: unknown option '--chek'; did you mean '--check'?"

# The default place of the configuration is this build's, and nothing may be there.
default=$("$echod" --version | sed -n 's/^ *configuration *//p')
case $default in /*/echod/echod.conf) ;; *) fail "--version names no place: $default" ;; esac
if [ ! -e "$default" ]; then
  expect_exit 2 "$echod"
  [ "$(cat "$tmp/stderr")" = "usage: echod HOST PORT" ] || fail "not the tutorial's usage line"
  for option in --check --daemon; do
    expect_exit 78 "$echod" "$option"
    expect_match "$tmp/stderr" "$default: No such file or directory\$"
  done
fi

# ---- 78, the configuration; 0 where it is good ----
refused 78 "echod: $tmp/none.conf: No such file or directory" --config "$tmp/none.conf"
refused 78 "$tmp/none.conf: No such file or directory" --check --config "$tmp/none.conf"
cat >"$tmp/wrong.conf" <<'CONF'
workers = 300;
listeners = { echo = { prot = 7; service = "ehco"; }; };
CONF
expect_exit 78 "$echod" --check --config "$tmp/wrong.conf"
expect_match "$tmp/stderr" "^$tmp/wrong.conf:1: .*workers"
expect_match "$tmp/stderr" "^$tmp/wrong.conf:2: .*prot.*did you mean 'port'"
expect_match "$tmp/stderr" "^$tmp/wrong.conf:2: .*ehco.*did you mean 'echo'"
for daemon in "" --daemon; do
  # shellcheck disable=SC2086
  expect_exit 78 "$echod" $daemon --config "$tmp/wrong.conf"
  [ "$(wc -l <"$tmp/stderr")" -eq 3 ] || fail "not three mistakes: $(cat "$tmp/stderr")"
done
expect_exit 0 "$echod" --check --config "$top_srcdir/etc/echod.conf"
expect_exit 0 "$echod" --check 127.0.0.1 0
if [ -s "$tmp/stdout" ] || [ -s "$tmp/stderr" ]; then
  fail "a good configuration is worth no word"
fi
[ -z "$(ls "$tmp/run")" ] || fail "something that did not start left a trace: $(ls "$tmp/run")"

# ---- 1, everything else ----
# A label this long is no name, which is found without asking anybody.
label=$(printf '%064d' 0)
expect_exit 1 "$echod" "x$label" 0
expect_match "$tmp/stderr" "^echod: HOST 'x$label': "
refused 1 "echod: listener 'echo': cannot listen on tcp 192.0.2.1 0: Cannot assign requested address" \
  192.0.2.1 0
refused 1 "echod: $tmp/none/pid: No such file or directory" --pid-file "$tmp/none/pid" 127.0.0.1 0
refused 1 "echod: control socket $tmp/none/sock: No such file or directory" \
  --control-socket "$tmp/none/sock" 127.0.0.1 0
if [ "$(id -u)" -eq 0 ]; then
  refused 1 'echod: user "nobody-here": there is no such user' --user nobody-here 127.0.0.1 0
fi
[ -z "$(ls "$tmp/run")" ] || fail "a failed start left something: $(ls "$tmp/run")"

# A port below 1024, for somebody who may not have it; on the way the sample is tried as it stands.
low=$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start 2>/dev/null || echo 1024)
needs="Permission denied (a port below 1024 needs root or the capability CAP_NET_BIND_SERVICE)"
cp "$echod" "$tmp/echod" && cp "$top_srcdir/etc/echod.conf" "$tmp/sample.conf" || exit 99
as_nobody=
[ "$(id -u)" -ne 0 ] || as_nobody="setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all"
if [ "$low" -gt 7 ] && { [ -z "$as_nobody" ] || command -v setpriv >/dev/null; }; then
  # shellcheck disable=SC2086
  expect_exit 1 $as_nobody "$tmp/echod" 127.0.0.1 7
  expect_line "$tmp/stderr" "echod: listener 'echo': cannot listen on tcp 127.0.0.1 7: $needs"
  # shellcheck disable=SC2086
  expect_exit 1 $as_nobody "$tmp/echod" --daemon --config "$tmp/sample.conf"
  expect_match "$tmp/stderr" "sample.conf:[0-9]+: listener 'echo': cannot listen on tcp .* 7: Permission denied"
  [ ! -s "$tmp/stdout" ] || fail "--daemon speaks on standard output"
fi

# ---- Where it listens ----
# listens ENDPOINTS HOST LINE...: these lines, PORT standing for the first one's port.
listens() {
  endpoints=$1
  host=$2
  shift 2
  start_echod -n "$endpoints" --log-level error --workers 1 "$host" 0
  port=$(echod_port)
  for line in "$@"; do
    echo "$line"
  done | sed "s/PORT/$port/" >"$tmp/expected"
  diff "$tmp/expected" "$echod_out" || fail "HOST '$host' listens elsewhere"
  stop_echod
}
listens 1 127.0.0.1 "listening on tcp 127.0.0.1 PORT echo"
listens 1 0.0.0.0 "listening on tcp 0.0.0.0 PORT echo"
if ipv6_works; then
  listens 1 ::1 "listening on tcp ::1 PORT echo"
  listens 1 :: "listening on tcp :: PORT echo"
  for all in '' '*'; do
    listens 2 "$all" "listening on tcp 0.0.0.0 PORT echo" "listening on tcp :: PORT echo"
  done
fi

# In use, by another daemon and by all addresses of another.
start_echod --workers 1 127.0.0.1 0
port=$(echod_port)
for host in 127.0.0.1 '*' 0.0.0.0; do
  expect_exit 1 "$echod" --control-socket "$tmp/run/2.sock" --pid-file "$tmp/run/2.pid" \
    "$host" "$port"
  expect_match "$tmp/stderr" "^echod: listener 'echo': cannot listen on tcp .* $port: Address already in use\$"
done
expect_exit 1 "$echod" --pid-file "$tmp/run/2.pid" 127.0.0.1 0
expect_line "$tmp/stderr" "echod: control socket $ECHOD_SOCKET: another daemon answers there"
stop_echod
