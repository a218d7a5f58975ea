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
  echo = { address = "127.0.0.1"; port = 0;
    allow = [ "127.0.0.0/8", "2001:db8::/32" ];
@include "lists.conf"
  };
  open = { address = "127.0.0.1"; port = 0; };
};
CONF
start_echod -n 2 --config "$tmp/echod.conf"
port=$(echod_port tcp echo)
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
expect_match "$tmp/stdout" '^127\.9\.0\.0/30 +20 +acl 20$'

# A worker that dies takes nothing with it.
worker=$(status | jq '.workers[0].pid')
kill -KILL "$worker"
wait_until 20 restarted 0 "$worker"
refused_from 127.9.0.1 4
ask GetRefusals '{}'
expect_json '.sources[0].count == 24 and .rejected.acl == 36'
stop_echod
