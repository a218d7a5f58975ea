#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# echoctl's lists of listeners and connections, in each form, and disconnect, against a daemon whose
# connections the test knows; what is wrong on the command line is said before anything is asked.

. "${top_srcdir:-.}/tests/system/lib.sh"
need jq
bad() {
  expect_exit 2 "$echoctl" "$@"
}

said() {
  expect_line "$tmp/stderr" "echoctl: $1"
}

# ---- The command line ----
bad connections --fromm 127.0.0.0/8
said "unknown option '--fromm'; did you mean '--from'?"
bad connections --rev
said "unknown option '--rev'; did you mean '--reverse'?"
# What abbreviates one verb is not taken for it, but suggested.
bad conn
said "unknown verb 'conn'; did you mean 'connections'?"
bad stat
said "unknown verb 'stat'; did you mean 'status'?"
bad conections
said "unknown verb 'conections'; did you mean 'connections'?"
bad con
said "unknown verb 'con'"
bad connections --sort agee
said "--sort knows no 'agee'; did you mean 'age'?"
bad connections --state opne
said "--state knows no 'opne'; did you mean 'open'?"
bad connections --transport carrier-pigeon
said "--transport knows no 'carrier-pigeon'; see --help"
bad connections --idle soon
said "--idle 'soon' is no time such as 30s, 10m or 1h"
bad connections --age 0
bad connections --bytes many
bad connections --limit 0
bad connections idle
said "one argument too many for connections: 'idle'"
bad status --csv
said "--csv goes with listeners, connections, config, refusals, events, methods only"
bad listeners --from 127.0.0.1
bad disconnect --limit 3
bad show
bad show -- -1
bad show 1 2
bad disconnect
said "disconnect whom? Give ids, filters or --all"
bad disconnect 1 --all
bad disconnect 1 --idle 10m
said "ids, filters and --all do not go together in disconnect"
bad disconnect 1 two
said "'two' is no connection's id"
bad disconnect --listener local --idle 1h --listener=echo
said "--listener is there twice"
for filter in from listener service transport=tcp state=open idle=1s age=1s bytes=1; do
  case $filter in *=*) ;; *) filter=$filter=a ;; esac
  bad connections "--$filter" "--$filter"
  said "--${filter%%=*} is there twice"
done
bad listeners --csv --json
said "--json and --csv do not go together"
bad log configured --for 5m
said "--for goes with a level: configured is no other one"
bad metrics --json --output "$tmp/numbers"
said "--json and --output do not go together: the file is for a collector"
# What is no UTF-8 is no text for the daemon, and never a filter that is left out.
latin=$(printf '\351')
for words in "disconnect --listener" "disconnect --from" "connections --service" call "acl echo"; do
  # shellcheck disable=SC2086
  bad $words "$latin"
  said "'$latin' is not UTF-8"
done
bad acl "$latin" ::1
expect_exit 3 "$echoctl" disconnect 1

# ---- Lists ----
cat >"$tmp/echod.conf" <<CONF
workers = 2;
listeners = {
  echo = { address = "127.0.0.1"; port = 0; };
  local = { transport = "unix"; address = "$tmp/run/a,b.sock"; };
};
CONF
start_echod -n 2 --config "$tmp/echod.conf"
port=$(echod_port tcp)
expect_exit 0 "$echoctl" connections
expect_line "$tmp/stdout" "ID  LISTENER  SERVICE  STATE  PEER  LOCAL  AGE  IDLE  RECEIVED  SENT  PENDING"
expect_exit 0 "$echoctl" connections -H
[ ! -s "$tmp/stdout" ] || fail "headings in spite of -H"
expect_exit 0 "$echoctl" connections --json
expect_line "$tmp/stdout" '{"connections":[],"cursor":null}'

hold 300 127.0.0.1 "$port"
"$top_builddir/tests/fake/rude" silent unix "$tmp/run/a,b.sock" 1 >"$tmp/silent" &
end_at_exit $!
local_connected() {
  status | jq -e '.totals.active == 301'
}
wait_until 10 local_connected
# A worker may still be counting what the clients have.
# shellcheck disable=SC2046
wait_until 10 asleep $(children_of "$echod_pid")

expect_exit 0 "$echoctl" listeners
expect_match "$tmp/stdout" '^LISTENER +SERVICE +TRANSPORT +ADDRESS +PORT +PATH +STATE +ACTIVE +ACCEPTED'
expect_match "$tmp/stdout" "^echo +echo +tcp +127.0.0.1 +$port +- +listening +300 +300 +0 +300 B +300 B\$"
expect_match "$tmp/stdout" "^local +echo +unix +- +- +$tmp/run/a,b.sock +listening +1 +1 +0"
expect_exit 0 "$echoctl" listeners --csv
expect_match "$tmp/stdout" '^name,service,transport,address,port,path,state,active,accepted,'
expect_match "$tmp/stdout" "^echo,echo,tcp,127.0.0.1,$port,,listening,300,300,0,300,300,"
expect_match "$tmp/stdout" "^local,echo,unix,,,\"$tmp/run/a,b.sock\",listening,1,1,"
expect_exit 0 "$echoctl" listeners --json
expect_json '.listeners | length == 2'

# As a table: more than one page of it, one heading, columns in line.
expect_exit 0 "$echoctl" connections
[ "$(wc -l <"$tmp/stdout")" -eq 302 ] || fail "not 302 lines"
[ "$(grep -c LISTENER "$tmp/stdout")" -eq 1 ] || fail "not one heading"
expect_match "$tmp/stdout" "^ *[0-9]+  echo      echo     open   127.0.0.1:[0-9]+ +127.0.0.1:$port +[0-9]+s +[0-9]+s +1 B +1 B +0 B\$"
expect_exit 0 "$echoctl" connections --listener local -H
expect_match "$tmp/stdout" "^ *[0-9]+  local +echo +open +unix +$tmp/run/a,b.sock "
[ "$(wc -l <"$tmp/stdout")" -eq 1 ] || fail "not one connection over the Unix socket"
expect_exit 0 "$echoctl" connections --tcp --limit 3
expect_match "$tmp/stdout" 'PENDING +RECV-Q +SEND-Q +RTT +RETRANS +CWND +MSS$'
expect_match "$tmp/stdout" ' 0 B +0 B +[0-9.]+ m?s +[0-9]+ +[0-9]+ +[0-9]+$'

# As CSV, always with the same fields; and as JSON, which is one object.
expect_exit 0 "$echoctl" connections --csv
fields=$(head -n 1 "$tmp/stdout" | tr ',' '\n' | wc -l)
[ "$fields" -eq 24 ] || fail "$fields fields"
[ "$(wc -l <"$tmp/stdout")" -eq 302 ] || fail "not 302 lines of CSV"
expect_match "$tmp/stdout" "^[0-9]+,[01],echo,echo,tcp,open,127.0.0.1:[0-9]+,127.0.0.1:$port,,[0-9]+,[0-9]+,1,1,0,,,,,,,,,,\$"
expect_match "$tmp/stdout" ",local,echo,unix,open,unix,\"$tmp/run/a,b.sock\",,"
expect_exit 0 "$echoctl" connections --csv -H --tcp --transport tcp
[ "$(wc -l <"$tmp/stdout")" -eq 300 ] || fail "not 300 lines of CSV"
expect_match "$tmp/stdout" ',1,1,0,0,0,[0-9]+,[0-9]+,0,[0-9]+,0,[0-9]+,[0-9]+,[0-9]+$'
# What the kernel says of them is what ss says, as soon as both see the last acknowledgements.
ss_says() {
  ss -tinOH "sport = :$port" | awk '{
    delete of
    for (i = 6; i <= NF; i++) { split($i, pair, ":"); of[pair[1]] = pair[2] }
    sub("/.*", "", of["rtt"]); sub(".*/", "", of["retrans"])
    print $5, $2, $3, of["rtt"], of["retrans"] + 0, of["cwnd"], of["unacked"] + 0, of["mss"], of["rcvmss"], of["pmtu"]
  }' | sort
}
ss_agrees() {
  ss_says >"$tmp/ss"
  "$echoctl" connections --csv -H --tcp --transport tcp |
    awk -F, '{ printf "%s %s %s %g %s %s %s %s %s %s\n", $7, $15, $16, $17 / 1000, $19, $20, $21, $22, $23, $24 }' |
    sort | diff "$tmp/ss" - >"$tmp/ss.err"
}
if command -v ss >/dev/null && ss -tinOH "sport = :$port" 2>/dev/null | grep -q rtt:; then
  wait_until 10 ss_agrees
  [ "$(wc -l <"$tmp/ss")" -eq 300 ] || fail "ss did not list them all"
fi
expect_exit 0 "$echoctl" --json connections
expect_json '.cursor == null and (.connections | map(.id) | unique | length == 301)'
[ "$(wc -l <"$tmp/stdout")" -eq 303 ] || fail "not a row on each line"
expect_exit 0 "$echoctl" connections --json --sort id --reverse --limit 2
expect_json '.cursor != null and (.connections | length == 2 and .[0].id > .[1].id)'
expect_exit 0 "$echoctl" connections --json --from 127.0.0.1/32 --service echo --state open --bytes 2 --age 1ms
expect_json '.connections | length == 300'
expect_exit 0 "$echoctl" connections --json --from 127.0.0.1 --bytes 3
expect_json '.connections == []'
expect_exit 0 "$echoctl" connections --json --idle 1h
expect_json '.connections == []'
expect_exit 1 "$echoctl" connections --from 127.0.0.1/8
expect_match "$tmp/stderr" '^echoctl: --from wants a network such as 192.0.2.0/24'
expect_exit 1 "$echoctl" connections --service ehco
expect_match "$tmp/stderr" '^echoctl: --service: the daemon has no such service$'
if [ -w /dev/full ]; then
  "$echoctl" connections --csv >/dev/full 2>"$tmp/stderr"
  [ $? -eq 1 ] || fail "a list that cannot be written was no failure"
fi

# On a terminal: no line is longer than it is wide, and what matters most stays.
if command -v script >/dev/null && script -qec true /dev/null >/dev/null 2>&1; then
  for width in 200 100 80 60 40; do
    script -qec "stty cols $width; '$echoctl' connections --no-color --tcp" /dev/null </dev/null |
      tr -d '\r' >"$tmp/stdout"
    longest=$(awk '{ if (length > n) n = length } END { print n }' "$tmp/stdout")
    [ "$longest" -le "$width" ] || fail "$longest columns of $width"
    [ "$(wc -l <"$tmp/stdout")" -eq 302 ] || fail "not 302 lines on a terminal of $width"
    expect_match "$tmp/stdout" '^ *ID .*PEER'
  done
  # Rather than a part of who it is.
  script -qec "stty cols 80; '$echoctl' connections --tcp --transport tcp --no-color" /dev/null </dev/null |
    tr -d '\r' >"$tmp/stdout"
  expect_match "$tmp/stdout" '^ *[0-9]+ +127\.0\.0\.1:[0-9]+ .* [0-9.]+ m?s +0$'
  for verb in status listeners refusals; do
    for width in 120 80 60 40; do
      script -qec "stty cols $width; '$echoctl' $verb --no-color" /dev/null </dev/null |
        tr -d '\r' | grep -v ', ' >"$tmp/stdout"
      longest=$(awk '{ if (length > n) n = length } END { print n }' "$tmp/stdout")
      [ "$longest" -le "$width" ] || fail "$verb takes $longest columns of $width"
      [ "$verb" = refusals ] || expect_match "$tmp/stdout" '^LISTENER .*ACTIVE'
    done
  done
  script -qec "stty cols 80; '$echoctl' connections --no-color" /dev/null </dev/null | tr -d '\r' >"$tmp/stdout"
  grep -q LOCAL "$tmp/stdout" && fail "the most dispensable column is still there"
  expect_match "$tmp/stdout" '^ *ID .*STATE.*PEER.*IDLE +RECEIVED +SENT'
fi

# ---- One, and the end of some ----
"$echoctl" --json connections --from 127.0.0.1 --sort id --limit 4 >"$tmp/first"
ids=$(jq -r '.connections[].id' "$tmp/first" | tr '\n' ' ')
first=${ids%% *}
expect_exit 0 "$echoctl" show "$first"
expect_match "$tmp/stdout" "^connection  $first, open, of worker [01]\$"
expect_match "$tmp/stdout" '^bytes +1 B received, 1 B sent, 0 B pending$'
expect_match "$tmp/stdout" '^round trip +[0-9.]+ m?s, varies by .*; 0 retransmissions$'
expect_exit 0 "$echoctl" show "$first" --json
expect_json ".connection.id == $first and .connection.tcp.round_trip_us > 0"
expect_exit 1 "$echoctl" show 77777
said "there is no connection 77777"

# shellcheck disable=SC2086
expect_exit 0 "$echoctl" disconnect --dry-run $ids
expect_line "$tmp/stdout" "4 connections would be closed"
expect_exit 0 "$echoctl" disconnect "$first"
expect_line "$tmp/stdout" "1 connection closed"
# shellcheck disable=SC2086
expect_exit 1 "$echoctl" disconnect $ids 77777
expect_line "$tmp/stdout" "3 connections closed"
said "there is no connection $first"
said "there is no connection 77777"
expect_exit 1 "$echoctl" disconnect 77777 --json
expect_line "$tmp/stdout" '{"closed":0,"missing":[77777]}'
expect_exit 0 "$echoctl" disconnect --from 127.0.0.0/8 --dry-run
expect_line "$tmp/stdout" "296 connections would be closed"
expect_exit 0 "$echoctl" disconnect --idle 1h
expect_line "$tmp/stdout" "0 connections closed"
expect_exit 0 "$echoctl" disconnect --idle 1ms --listener local
expect_line "$tmp/stdout" "1 connection closed"
# More ids than fit into one call.
"$echoctl" connections --state open --csv -H | cut -d, -f1 >"$tmp/ids"
seq 5000000 5002500 >>"$tmp/ids"
# shellcheck disable=SC2046
expect_exit 1 "$echoctl" disconnect --now $(cat "$tmp/ids")
expect_line "$tmp/stdout" "296 connections closed"
[ "$(wc -l <"$tmp/stderr")" -eq 2501 ] || fail "not every id that is not there was named"
wait_until 10 expect_idle
expect_exit 0 "$echoctl" disconnect --all
expect_line "$tmp/stdout" "0 connections closed"
expect_status '.totals.closed.control == 301'

# ---- Rights: everybody may look, but not everybody may end ----
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
  cp "$echoctl" "$tmp/echoctl"
  chmod 666 "$ECHOD_SOCKET"
  other() {
    setpriv --reuid 12345 --regid 12345 --clear-groups "$tmp/echoctl" "$@"
  }
  expect_exit 0 other connections
  expect_exit 0 other listeners
  expect_exit 1 other show 1
  expect_exit 4 other disconnect --all
  expect_match "$tmp/stderr" '^echoctl: not permitted: echod.Control.CloseConnections is for'
  expect_match "$echod_err" 'control: echod.Control.CloseConnections refused to uid 12345'
fi
stop_echod
