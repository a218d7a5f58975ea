#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# echoctl top in a real terminal: what it shows is what the status says, keys, other sizes, and a
# terminal that is as it was, however it ends.
. "${top_srcdir:-.}/tests/system/lib.sh"
need jq
. "$top_srcdir/tests/system/lib-terminal.sh"

# ---- What is to be true of it ----

# expect_restored CODE: it has ended, and the terminal is as it was.
expect_restored() {
  await "^Ended with $1\\.$"
  await '^Before the show\.$'
  cmp -s "$tmp/before" "$tmp/after" || fail "other modes: $(cat "$tmp/before" "$tmp/after")"
  [ "$(tm display -p -t top '#{alternate_on} #{cursor_flag} #{wrap_flag}')" = '0 1 1' ] ||
    fail "the terminal is not as it was"
}

expect_drawn() {
  await '^echod '
  [ "$(tm display -p -t top '#{alternate_on} #{cursor_flag} #{wrap_flag}')" = '1 0 0' ] ||
    fail "not on the other screen, without a cursor and wrapping"
}

top_pid() {
  tm list-panes -t top -F '#{pane_pid}' | while read -r shell; do children_of "$shell"; done | tr -d ' '
}

cat >"$tmp/echod.conf" <<CONF
workers = 2;
listeners = {
  echo = { address = "127.0.0.1"; port = 0; transport = [ "tcp", "udp" ]; };
  other = { address = "127.0.0.1"; port = 0; };
  local = { address = "$tmp/run/echo.sock"; transport = "unix"; };
};
CONF
start_echod -n 4 --config "$tmp/echod.conf"
port=$(echod_port tcp echo)
hold 4 127.0.0.1 "$port"
"$top_builddir/tests/fake/chat" 127.0.0.1 "$(echod_port tcp other)" 1000000 >"$tmp/chat.out" 2>&1 9>&- &
end_at_exit "$!"
wait_until 20 active_is 5
has_chatted() {
  "$echoctl" --json connections --listener other | jq -e '.connections[0].received_bytes > 1'
}
wait_until 20 has_chatted

# ---- What it shows is what the status says ----
in_terminal 110 24 "$echoctl" top -i 100ms
expect_drawn
status >"$tmp/status"
await "^connections +$(jq .totals.active "$tmp/status") active, "
jq -r '.listeners[] | "^\(.name) +\(.service) +\(.transport) " +
  (if .path then .path else "\(.address):\(.port)" end) + " +\(.state) +\(.active) "' \
  "$tmp/status" >"$tmp/wanted"
jq -r '.workers[] | "^ +\(.index) +\(.pid) +\(.state) +\(.active) "' "$tmp/status" >>"$tmp/wanted"
[ "$(wc -l <"$tmp/wanted")" -eq 6 ] || fail "not six rows: $(cat "$tmp/wanted")"
while read -r row; do
  await "$row"
done <"$tmp/wanted"
"$echoctl" --json connections --sort id | jq -r '.connections[] | "^ *\(.id) +\(.listener) +\(.peer) "' \
  >"$tmp/wanted"
while read -r row; do
  await "$row"
done <"$tmp/wanted"

# ---- Keys: the first connection is the first of the list in that order ----
first_of() {
  "$echoctl" --json connections --limit 1 "$@" | jq '.connections[0].id'
}
# expect_first KEY WORDS ID: the key is pressed, the head says so, and that connection is on top.
expect_first() {
  press "$1"
  await "^echod .*, by $2"
  lib_left=400
  until [ "$(screen | awk '$1 == "ID" { getline; print $1; exit }')" = "$3" ]; do
    lib_left=$((lib_left - 1))
    [ "$lib_left" -gt 0 ] || { screen; fail "connection $3 is not the first, $2"; }
    sleep 0.05
  done
}
chatty=$(first_of --sort bytes)
oldest=$(first_of --sort age)
[ "$chatty" != "$oldest" ] || fail "the oldest connection is the busiest"
expect_first a age "$oldest"
expect_first r rate "$chatty"
expect_first i idle "$(first_of --sort idle)"
expect_first b bytes "$chatty"
press R
expect_first a 'age reversed' "$chatty"
press R
await ', by age$'
press '?'
await '^  space +stop the screen, and go on$'
! screen_has '^LISTENER' || fail "the help is not alone"
press x
await '^LISTENER'
# What a cursor key sends ends in a letter that is no key then.
press Up F5 Home r
await ', by rate$'

# Nothing changes while it is paused, however many intervals pass.
press Space
await ', PAUSED$'
before=$(screen)
"$top_builddir/tests/fake/rude" silent 127.0.0.1 "$port" 3 >"$tmp/silent.out" 2>&1 9>&- &
silent=$!
end_at_exit "$silent"
wait_until 20 active_is 8
expect_exit 0 "$echoctl" top -i 100ms -n 5
[ "$(screen)" = "$before" ] || fail "it changed while it was paused"
press Space
await '^connections +8 active'
kill "$silent"
wait "$silent"
await '^connections +5 active'

# ---- Other sizes, at once: no line is wider, none is lost, nothing of the old size is left ----
in_terminal 110 24 "$echoctl" top -i 1h
expect_drawn
await '^LISTENER '
resize() {
  tm resize-window -t top -x "$1" -y "$2"
}
resize 40 14
await '^WORKER  ACTIVE  CONN/s  BUSY  TURN 99%$'
[ "$(screen | wc -l)" -eq 14 ] || fail "not 14 lines"
# How much of a connection fits depends on its number, which tells which worker has it.
screen_has '^ *ID  PEER( +IDLE)? +IN/s( +OUT/s)?$' || fail "no connections: $(screen)"
[ "$(screen | grep -c '^echod')" -eq 1 ] || fail "a line was wrapped, or is left: $(screen)"
resize 20 5
await '^loops +[^ ]+ bus'
[ "$(screen | sed 's/ .*//' | tr '\n' ' ')" = 'echod connections bytes loops  ' ] ||
  fail "lines were wrapped: $(screen)"
resize 1 1
await '^e$'
resize 150 40
await '^LISTENER  SERVICE .*OUT/s'
await '^ *ID  LISTENER .*PENDING$'

# ---- Every end ----
in_terminal 80 24 "$echoctl" top
expect_drawn
press q
expect_restored 0
in_terminal 80 24 "$echoctl" top
expect_drawn
press C-c
expect_restored 130
for ending in TERM=143 HUP=129 QUIT=131; do
  in_terminal 80 24 sh -c 'ulimit -c 0; exec "$@"' sh "$echoctl" top --no-color
  expect_drawn
  kill "-${ending%=*}" "$(top_pid)"
  expect_restored "${ending#*=}"
done
in_terminal 80 24 "$echoctl" top -i 100ms -n 2
expect_restored 0

# ---- Suspended, and back ----
in_terminal 80 24 "$echoctl" top
expect_drawn
press C-z
await '^Suspended\.$'
wait_until 20 test -s "$tmp/suspended"
cmp -s "$tmp/before" "$tmp/suspended" || fail "other modes while it is suspended"
[ "$(tm display -p -t top '#{alternate_on} #{cursor_flag}')" = '0 1' ] || fail "it holds the screen"
press Enter
expect_drawn
press q
expect_restored 0

# ---- Colours, or none ----
in_terminal 80 24 "$echoctl" top
expect_drawn
tm capture-pane -e -p -t top | grep -q "$(printf '\033\[')" || fail "no colours"
press q
expect_restored 0
for how in --no-color NO_COLOR=1; do
  if [ "$how" = --no-color ]; then
    in_terminal 80 24 "$echoctl" top --no-color
  else
    in_terminal 80 24 env NO_COLOR=1 "$echoctl" top
  fi
  expect_drawn
  ! tm capture-pane -e -p -t top | grep -q "$(printf '\033\[')" || fail "colours in spite of $how"
  press q
  expect_restored 0
done

# ---- A terminal that can only print: lines, cut to its width ----
for name in dumb ''; do
  in_terminal 40 24 env TERM="$name" "$echoctl" top -i 100ms -n 2
  expect_restored 0
  await '^TIME +STATE +ACTIVE$'
  [ "$(screen | grep -c '^20.* running  ')" -eq 2 ] || fail "not two lines: $(screen)"
done

# ---- A daemon that goes ----
end_hold
in_terminal 80 24 "$echoctl" top -i 100ms
expect_drawn
stop_echod
expect_restored 3
await '^echoctl: .*: the daemon has gone$'
