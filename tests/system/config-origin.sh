#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# GetConfig and `echoctl config`: each setting that is in force, as a file could say it, with the file
# and line it came from; over pages, and over a reload that must leave some of it as it was.
. "${top_srcdir:-.}/tests/system/lib.sh"
need jq
need_nc

# expect_setting LISTENER KEY VALUE FROM FILE LINE: of the answer in $tmp/stdout, all as JSON.
expect_setting() {
  jq -e --argjson l "$1" --arg k "$2" --arg v "$3" --arg w "$4" --argjson f "$5" --argjson n "$6" \
    '[.values[] | select(.listener == $l and .key == $k)] ==
     [{listener: $l, key: $k, value: $v, from: $w, file: $f, line: $n}]' \
    "$tmp/stdout" >/dev/null && return
  jq -c --arg k "$2" '.values[] | select(.key == $k)' "$tmp/stdout"
  fail "not so: $*"
}

cat >"$tmp/more.conf" <<CONF
# a comment
drain-timeout = 7;
CONF
cat >"$tmp/echod.conf" <<CONF
workers = 2;
@include "more.conf"
max-pending-total = "65536k";
control = { operate-groups = [ "daemon", "bin" ]; };
listeners = {
  echo = { address = "127.0.0.1"; port = 0;
    idle-timeout = 90;
    deny = [ "192.0.2.0/24", "2001:db8::/32" ];
    max-connections = "2k"; };
};
CONF
start_echod --log-level notice --config "$tmp/echod.conf"
file="\"$tmp/echod.conf\""
expect_exit 0 "$echoctl" --json config
expect_json '.generation == 1 and .cursor == null'
expect_json ".config_file == $file"
expect_json '[.values[] | select(.from == "file" and (.line == null or .file == null))] == []'
expect_json '[.values[] | select(.from != "file" and (.line != null or .file != null))] == []'
expect_setting null workers 2 file "$file" 1
expect_setting null drain-timeout '"7s"' file "\"$tmp/more.conf\"" 2
expect_setting null max-pending-total '"64m"' file "$file" 3
expect_setting null control.operate-groups '[ "daemon", "bin" ]' file "$file" 4
expect_setting null log.level '"notice"' option null null
expect_setting null max-connections '"off"' default null null
expect_setting '"echo"' port 0 file "$file" 6
expect_setting '"echo"' idle-timeout '"90s"' file "$file" 7
expect_setting '"echo"' deny '[ "192.0.2.0/24", "2001:db8::/32" ]' file "$file" 8
expect_setting '"echo"' max-connections 2000 file "$file" 9
expect_setting '"echo"' allow '[]' default null null
expect_setting '"echo"' socket-mode '"0666"' default null null
expect_setting '"echo"' keep-alive false default null null

expect_exit 0 "$echoctl" config
expect_match "$tmp/stdout" "^workers = 2 +# $tmp/echod.conf:1\$"
expect_match "$tmp/stdout" "^listeners.echo.idle-timeout = \"90s\" +# $tmp/echod.conf:7\$"
expect_match "$tmp/stdout" '^log.level = "notice" +# option$'
expect_match "$tmp/stdout" '^max-connections = "off" +# default$'

expect_exit 0 "$echoctl" config --csv
expect_line "$tmp/stdout" listener,key,value,from,file,line
expect_line "$tmp/stdout" ",workers,2,file,$tmp/echod.conf,1"
expect_line "$tmp/stdout" 'echo,socket-mode,"""0666""",default,,'
lines=$(wc -l <"$tmp/stdout")
expect_exit 0 "$echoctl" config --csv -H
[ "$(wc -l <"$tmp/stdout")" -eq $((lines - 1)) ] || fail "-H leaves out more or less than a line"

expect_exit 0 "$echoctl" config
# What is shown is a configuration itself, but for defaults that another kind of listener has.
sed -n 's/ *#.*//; /^listeners\./!s/$/;/p' "$tmp/stdout" | grep -v '^control\|^log\|^listeners' \
  >"$tmp/again.conf"
sed -n 's/ *#.*//; s/^listeners\.echo\.\(.*\)/\1;/p' "$tmp/stdout" |
  grep -Ev '^(keep-alive|max-content|search-dictionary|socket-mode) ' >"$tmp/echo.conf"
{ cat "$tmp/again.conf"; echo 'listeners = { echo = {'; cat "$tmp/echo.conf"; echo '}; };'; } >"$tmp/shown.conf"
expect_exit 0 "$echod" --check --config "$tmp/shown.conf"

# ---- Over a reload ----
ask GetConfig '{"cursor":"1.1"}'
jq -e '.parameters.values[0].listener == "echo"' "$tmp/reply" >/dev/null || fail "not from the cursor on"
for cursor in '"1.2"' '"2.1"' '"1.0"' '"x"' '"1."' '7'; do
  ask GetConfig "{\"cursor\":$cursor}"
  jq -e '.parameters.parameter == "cursor"' "$tmp/reply" >/dev/null || fail "not refused: $cursor"
done
{ echo "# one line more"; sed 's/workers = 2/workers = 3/; s/idle-timeout = 90/idle-timeout = "2m"/' \
  "$tmp/echod.conf"; } >"$tmp/new.conf" && mv "$tmp/new.conf" "$tmp/echod.conf"
expect_exit 0 "$echoctl" reload
expect_exit 0 "$echoctl" --json config
expect_json '.generation == 2'
expect_setting null workers 2 file "$file" 1
expect_setting '"echo"' idle-timeout '"2m"' file "$file" 8
ask GetConfig '{"cursor":"1.1"}'
jq -e '.parameters.parameter == "cursor"' "$tmp/reply" >/dev/null || fail "a cursor outlived a reload"

# ---- More than a page ----
{
  echo 'workers = 1; listeners = {'
  for i in $(seq 100); do
    echo "l$i = { address = \"127.0.0.1\"; port = 0; };"
  done
  echo '};'
} >"$tmp/many.conf"
stop_echod
start_echod -n 100 --config "$tmp/many.conf"
ask GetConfig '{}'
jq -e '.parameters.cursor != null and (.parameters.values | length) < 1100' "$tmp/reply" >/dev/null ||
  fail "not a page"
expect_exit 0 "$echoctl" --json config
expect_json '.cursor == null and ([.values[] | select(.key == "port") | .listener] | length) == 100'
expect_json '([.values[] | [.listener, .key]] | unique | length) == (.values | length)'
expect_json '[.values[] | select(.key == "port") | .line] == [range(2; 102)]'
stop_echod

# ---- A value that is longer than what a client may leave unread; a sanitizer is slow to read it ----
if ! grep -q __asan_init "$echod"; then
  {
    echo 'listeners = { echo = { address = "127.0.0.1"; port = 0; deny = ['
    awk 'BEGIN { for (i = 0; i < 26000; i++) printf "%s\"fd11:1111:2222:3333:4444:5555:1%03x:1%03x\"",
      i ? "," : "", i / 4096, i % 4096 }'
    echo ']; }; second = { address = "127.0.0.1"; port = 0; }; };'
  } >"$tmp/long.conf"
  start_echod -n 2 --config "$tmp/long.conf"
  ask GetConfig
  jq -e '.parameters.cursor != null' "$tmp/reply" >/dev/null || fail "a page without bounds"
  expect_exit 0 "$echoctl" --json config
  expect_json '[.values[] | select(.key == "deny" and .listener == "echo") | .value][0] |
    length > 1048576 and endswith("\"fd11:1111:2222:3333:4444:5555:1006:158f/128\" ]")'
  expect_json '[.values[] | select(.key == "deny") | .listener] == ["echo", "second"]'
  expect_exit 0 "$echoctl" config
  expect_match "$tmp/stdout" '^listeners.second.deny = '
  expect_status '.control.dropped == 0'
  stop_echod
fi

start_echod 127.0.0.1 0
expect_exit 0 "$echoctl" --json config
expect_json '.config_file == null'
expect_setting '"echo"' port 0 option null null
expect_setting '"echo"' service '"echo"' default null null
stop_echod
