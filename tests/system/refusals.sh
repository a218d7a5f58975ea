#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# GetRefusals and TestAcl: who was refused most and why, over workers and their deaths; and what an
# access list says of an address, which a connection from there then meets.
. "${top_srcdir:-.}/tests/system/lib.sh"
need jq
need_nc

# verdict LISTENER ADDRESS JSON
verdict() {
  ask TestAcl "{\"listener\":\"$1\",\"address\":\"$2\"}"
  expect_json ". == $3"
}

# refused_from ADDRESS N: so many connections, none of which is served.
refused_from() {
  "$multiconn" -q -B "$1" 127.0.0.1 "$port" "$2" >/dev/null 2>&1 && fail "served $1"
}

cat >"$tmp/lists.conf" <<CONF
deny = [ "127.0.0.3",
         "127.9.0.0/16" ];
CONF
cat >"$tmp/echod.conf" <<CONF
workers = 2;
source-prefix-ipv4 = 30;
listeners = {
  echo = { address = "127.0.0.1"; port = 0; transport = [ "tcp", "udp" ];
    allow = [ "127.0.0.0/8", "2001:db8::/32" ];
@include "lists.conf"
  };
  open = { address = "127.0.0.1"; port = 0; };
};
CONF
start_echod -n 3 --config "$tmp/echod.conf"
port=$(echod_port tcp echo)
udp=$(echod_port udp echo)
allow="\"file\": \"$tmp/echod.conf\", \"line\": 5"
deny="\"file\": \"$tmp/lists.conf\", \"line\": 1"

# ---- Access lists ----
verdict echo 127.0.0.1 "{\"allowed\":true,\"list\":\"allow\",\"network\":\"127.0.0.0/8\",$allow}"
verdict echo 2001:db8::7 "{\"allowed\":true,\"list\":\"allow\",\"network\":\"2001:db8::/32\",$allow}"
verdict echo ::ffff:127.9.1.1 "{\"allowed\":false,\"list\":\"deny\",\"network\":\"127.9.0.0/16\",$deny}"
verdict echo 192.0.2.1 "{\"allowed\":false,\"list\":\"none\",\"network\":null,$allow}"
verdict open 192.0.2.1 '{"allowed":true,"list":"none","network":null,"file":null,"line":null}'
expect_exit 0 "$echoctl" acl echo 127.9.0.1
expect_line "$tmp/stdout" "refused: deny has 127.9.0.0/16 ($tmp/lists.conf:1)"
expect_exit 0 "$echoctl" acl echo 127.0.0.1
expect_line "$tmp/stdout" "allowed: allow has 127.0.0.0/8 ($tmp/echod.conf:5)"
expect_exit 0 "$echoctl" acl echo ::1
expect_line "$tmp/stdout" "refused: no network of allow holds it ($tmp/echod.conf:5)"
expect_exit 0 "$echoctl" acl open ::1
expect_line "$tmp/stdout" "allowed: no rule is for it, and allow is empty"
expect_exit 1 "$echoctl" acl other ::1
expect_line "$tmp/stderr" "echoctl: there is no listener 'other'"
ask TestAcl '{"listener":"other","address":"::1"}'
ask TestAcl '{"listener":"echo","address":"localhost"}'
jq -e '.parameters.parameter == "address"' "$tmp/reply" >/dev/null || fail "a name is no address"
expect_exit 2 "$echoctl" acl echo

# ---- Who was refused ----
ask GetRefusals '{}'
expect_json '.sources == [] and .rejected.acl == 0'
expect_exit 0 "$multiconn" -q 127.0.0.1 "$port" 3
refused_from 127.0.0.3 5
refused_from 127.9.0.1 20
refused_from 127.9.0.9 7
ask GetRefusals '{}'
expect_json '.rejected.acl == 32 and .accept_errors.EMFILE == 0 and .datagrams_dropped.rate == 0'
expect_json '[.sources[] | [.network, .count, .overcount, .reasons.acl, .reasons.limit]] ==
  [["127.9.0.0/30", 20, 0, 20, 0], ["127.9.0.8/30", 7, 0, 7, 0], ["127.0.0.0/30", 5, 0, 5, 0]]'
ask GetRefusals '{"limit":1}'
expect_json '[.sources[].network] == ["127.9.0.0/30"]'
for limit in -1 1001 '"1"'; do
  ask GetRefusals "{\"limit\":$limit}"
  jq -e '.parameters.parameter == "limit"' "$tmp/reply" >/dev/null || fail "not refused: $limit"
done
expect_exit 0 "$echoctl" refusals
expect_match "$tmp/stdout" '^connections refused +acl 32$'
expect_match "$tmp/stdout" '^accept failed +none$'
expect_match "$tmp/stdout" '^SOURCE +WHAT +REFUSED +REASONS$'
expect_match "$tmp/stdout" '^127\.9\.0\.0/30 +connections +20 +acl 20$'

# ---- Of whom datagrams were dropped ----
expect_json_of() {
  ask GetRefusals
  expect_json "$1"
}
dropped() {
  ask GetRefusals && jq -e ".datagrams_dropped.$1 == $2" "$tmp/stdout"
}
expect_json_of '.datagram_sources == []'
# Denied, and from a port of a service.
"$multiconn" -q -u -B 127.0.0.3 --timeout 100ms 127.0.0.1 "$udp" 7 >"$tmp/sent" 2>&1 && fail "served 127.0.0.3"
n=$(sed -n 's/.*; \([0-9]*\) datagrams sent, .*/\1/p' "$tmp/sent")
[ "$n" -ge 7 ] || fail "$(cat "$tmp/sent")"
wait_until 10 dropped acl "$n"
from_reflector() {
  printf x | nc -u -q 0 -s 127.0.1.1 -p 11211 127.0.0.1 "$udp"
}
wait_until 10 from_reflector # while another test has the port
wait_until 10 dropped reflector_port 1
expect_json_of '[.datagram_sources[] | [.network, .count, .overcount, .reasons.acl, .reasons.reflector_port]] ==
  [["127.0.0.0/30", '"$n, 0, $n"', 0], ["127.0.1.0/30", 1, 0, 0, 1]]'
expect_json '[.sources[].count] == [20, 7, 5]'
ask GetRefusals '{"limit":1}'
expect_json '[.sources[].network, .datagram_sources[].network] == ["127.9.0.0/30", "127.0.0.0/30"]'

# ---- In every form ----
expect_exit 0 "$echoctl" refusals
expect_match "$tmp/stdout" '^datagrams dropped +reflector_port 1, acl [0-9]+$'
expect_match "$tmp/stdout" '^127\.0\.0\.0/30 +datagrams +[0-9]+ +acl [0-9]+$'
expect_exit 0 "$echoctl" refusals -H
[ "$(wc -l <"$tmp/stdout")" -eq 5 ] || fail "not five sources without headings"
expect_exit 0 "$echoctl" refusals --limit 1
[ "$(grep -c /30 "$tmp/stdout")" -eq 2 ] || fail "more than one source of each"
expect_exit 0 "$echoctl" refusals --csv
expect_match "$tmp/stdout" '^network,what,count,overcount,reasons_limit,.*,reasons_send$'
expect_line "$tmp/stdout" 127.9.0.0/30,connections,20,0,0,0,0,0,0,0,20,,,,,,,,,
expect_line "$tmp/stdout" 127.0.1.0/30,datagrams,1,0,,,,,,0,0,0,0,1,0,0,0,0,0,0
expect_exit 0 "$echoctl" refusals --csv -H --limit 1
[ "$(wc -l <"$tmp/stdout")" -eq 2 ] || fail "not two lines of CSV"
expect_exit 0 "$echoctl" refusals --json --limit 1
expect_json '.sources | length == 1'
expect_exit 2 "$echoctl" refusals --limit 0
expect_exit 0 "$echoctl" refusals --limit 1000
expect_exit 1 "$echoctl" refusals --limit 1001
expect_line "$tmp/stderr" "echoctl: the daemon takes no such limit; that of refusals goes to 1000"
# Every reason that there is has its column.
expect_exit 0 "$echoctl" refusals --csv
head -n 1 "$tmp/stdout" | tr , '\n' | sed -n 's/^reasons_//p' | sort >"$tmp/columns"
status | jq -r '.totals | (.rejected, .datagrams_dropped) | keys[]' | sort -u | diff - "$tmp/columns" ||
  fail "the columns are not the reasons"

# A worker that dies takes nothing with it.
worker=$(status | jq '.workers[0].pid')
kill -KILL "$worker"
wait_until 20 restarted 0 "$worker"
refused_from 127.9.0.1 4
ask GetRefusals '{}'
expect_json '.sources[0].count == 24 and .rejected.acl == 36'
stop_echod
