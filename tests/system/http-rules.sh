#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# metrics-listen: what is wrong is said with its line; a build without HTTP says so; a reload adds, moves
# and removes it, all or nothing; the address is bound before privileges are dropped.
. "${top_srcdir:-.}/tests/system/lib.sh"

# configure METRICS_LISTEN [LINE...]: the file, whose second line it is.
configure() {
  {
    echo 'listeners = { echo = { address = "127.0.0.1"; port = 0; }; };'
    echo "metrics-listen = $1;"
    shift
    printf '%s\n' "$@"
  } >"$tmp/echod.conf"
}

# wrong METRICS_LISTEN TEXT: refused in these words.
wrong() {
  configure "$1"
  expect_exit 78 "$echod" --check --config "$tmp/echod.conf"
  expect_match "$tmp/stderr" "^$tmp/echod.conf:2: metrics-listen: .*$2"
}

for text in '' localhost:9007 127.0.0.1 127.0.0.1: 127.0.0.1:x 127.0.0.1:65536 ::1:9007 '[::1]' \
  '[127.0.0.1]:9007' '*:9007' ' 127.0.0.1:9007'; do
  [ -z "$text" ] || wrong "\"$text\"" "is not a numeric address with a port, such as"
done
for value in 9007 true '[ "127.0.0.1:9007" ]' '"off"'; do
  wrong "$value" 'address and a port|numeric address with a port'
done

if "$echod" --version | grep -q 'libmicrohttpd *no'; then
  wrong '"127.0.0.1:0"' 'built without HTTP'
  configure '""'
  start_echod --config "$tmp/echod.conf"
  stop_echod
  exit 0
fi

wrong '"[::ffff:127.0.0.1]:9007"' 'write it as IPv4'
printf '%s\n' 'metrics-listen = "127.0.0.1:7007";' \
  'listeners = { all = { address = "*"; port = 7007; }; };' >"$tmp/overlap.conf"
expect_exit 78 "$echod" --check --config "$tmp/overlap.conf"
expect_match "$tmp/stderr" "^$tmp/overlap.conf:1: metrics-listen: the same .* as listener 'all'"
sed -i "s/port = 7007;/& transport = \"udp\";/" "$tmp/overlap.conf"
expect_exit 0 "$echod" --check --config "$tmp/overlap.conf"

need python3 jq

# web PORT PATH [ADDRESS]: what is there.
web() {
  python3 -c 'import sys, http.client
client = http.client.HTTPConnection(sys.argv[3], int(sys.argv[1]), 30)
client.request("GET", sys.argv[2])
print(client.getresponse().read().decode(), end="")' "$1" "$2" "${3:-127.0.0.1}" 2>"$tmp/web.err"
}

# lives PORT [ADDRESS]; is_gone PORT
lives() {
  [ "$(web "$1" /healthz "${2:-127.0.0.1}")" = ok ] || fail "nothing on port $1: $(cat "$tmp/web.err")"
}
is_gone() {
  [ -z "$(web "$1" /healthz)" ] || fail "something answers on port $1"
  grep -q refused "$tmp/web.err" || fail "something is on port $1: $(cat "$tmp/web.err")"
}

# ---- Off by default ----
configure '""'
start_echod --config "$tmp/echod.conf"
! grep -q http "$echod_out" || fail "it serves HTTP unasked"
expect_status '.metrics_url == null'
# shellcheck disable=SC2012
descriptors=$(ls "/proc/$echod_pid/fd" | wc -l)

# ---- Added, kept, moved, refused, removed ----
# logged REGEX...: prints the port of the last such line of the log.
logged() {
  sed -n "s/.*master: $1 http 127\\.0\\.0\\.[0-9]* \\([0-9]*\\) metrics\$/\\1/p" "$echod_err" | tail -n 1
}
configure '"127.0.0.1:0"'
expect_exit 0 "$echoctl" --json reload
expect_json '.needs_restart == [] and .kept == ["echo"]'
first=$(logged 'listening on')
lives "$first"
expect_status ".metrics_url == \"http://127.0.0.1:$first/\""
expect_exit 0 "$echoctl" --json call GetConfig
expect_json '[.. | objects | select(.key? == "metrics-listen")][0] |
  (.value | contains("127.0.0.1:0")) and .line == 2'
# Whatever else changes, it stays, with its connections.
mkfifo "$tmp/keep.in"
PYTHONDONTWRITEBYTECODE=1 python3 "$top_srcdir/tests/system/web.py" keep "$first" \
  <"$tmp/keep.in" >"$tmp/keep.out" &
keep=$!
end_at_exit "$keep"
exec 5>"$tmp/keep.in"
echo >&5
wait_until 20 grep -q ok "$tmp/keep.out"
configure '"127.0.0.1:0"' 'max-connections = 100;'
expect_exit 0 "$echoctl" reload
echo >&5
exec 5>&-
expect_end "$keep" 0
[ "$(grep -c '^200 ok$' "$tmp/keep.out")" -eq 2 ] || fail "a reload ended a connection"
# Nor does the same address in other words move it.
configure "\"127.0.0.1:$first\"" 'max-connections = 100;'
expect_exit 0 "$echoctl" reload
lives "$first"
[ "$(grep -c 'listening on http' "$echod_err")" -eq 1 ] || fail "it has moved"
# All or nothing: an address that is taken, and a mistake elsewhere.
port=$(echod_port tcp echo)
configure "\"127.0.0.1:$port\"" 'max-connections = 7;'
expect_exit 1 "$echoctl" reload
expect_match "$tmp/stderr" "echod.conf:2: metrics-listen: cannot listen on 127.0.0.1:$port: Address"
lives "$first"
configure '"127.0.0.2:0"' 'max-connections = -1;'
expect_exit 1 "$echoctl" reload
lives "$first"
configure '"127.0.0.2:0"' 'log = { to = "file"; file = "/no/such/directory/log"; };'
expect_exit 1 "$echoctl" reload
lives "$first"
status | jq -e '.config_generation == 4' >"$tmp/stdout" || fail "a failed reload counted"
# Moved, with what was counted.
served=$(status | jq .http.accepted)
configure '"127.0.0.2:0"'
expect_exit 0 "$echoctl" reload
expect_status ".http.accepted >= $served and $served > 5"
is_gone "$first"
lives "$(logged 'listening on')" 127.0.0.2
if ipv6_works; then
  configure '"[::1]:0"'
  expect_exit 0 "$echoctl" reload
  lives "$(sed -n 's/.*: listening on http ::1 \([0-9]*\) metrics$/\1/p' "$echod_err")" ::1
fi
# Removed, with all that belonged to it.
configure '""'
expect_exit 0 "$echoctl" reload
[ "$(grep -c 'no longer listening on http' "$echod_err")" -eq "$(grep -c ': listening on http' "$echod_err")" ] ||
  fail "its end is not in the log"
has_descriptors() {
  # shellcheck disable=SC2012
  [ "$(ls "/proc/$echod_pid/fd" | wc -l)" -eq "$1" ]
}
wait_until 20 has_descriptors "$descriptors"
# A start cannot have what is taken; the line that says so is the file's.
configure "\"127.0.0.1:$port\""
expect_exit 1 "$echod" --config "$tmp/echod.conf" --control-socket "$tmp/run/two.sock" \
  --pid-file "$tmp/run/two.pid"
expect_match "$tmp/stderr" "echod.conf:2: metrics-listen: cannot listen on 127.0.0.1:$port: Address"
stop_echod

# ---- A transcript keeps to its lines ----
configure '"127.0.0.1:0"'
start_echod --transcript --config "$tmp/echod.conf"
[ "$(wc -l <"$echod_out")" -eq 1 ] || fail "the transcript has: $(cat "$echod_out")"
lives "$(logged 'listening on')"
stop_echod

# ---- Every back end waits for it ----
for selector in $(selectors); do
  start_echod -n 2 --selector "$selector" --config "$tmp/echod.conf"
  lives "$(echod_port http)"
  web "$(echod_port http)" / | grep -q "</html>" || fail "no page under $selector"
  stop_echod
done

# ---- Bound while it may be ----
if [ "$(id -u)" -eq 0 ]; then
  # Nobody else's, also where this test runs twice.
  host=127.99.$(($$ / 256 % 256)).$(($$ % 256))
  configure "\"$host:907\"" 'user = "daemon";' 'workers = 1;'
  start_echod -n 2 --config "$tmp/echod.conf"
  [ "$(stat -c %U "/proc/$echod_pid")" = daemon ] || fail "it is still root"
  lives 907 "$host"
  if "$echod" --version | grep -q 'libcap-ng *yes'; then
    configure "\"$host:908\"" 'user = "daemon";' 'workers = 1;'
    expect_exit 0 "$echoctl" reload
    lives 908 "$host"
  fi
  stop_echod
fi
