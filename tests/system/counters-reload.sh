#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# The counters of a listener go with its name through reloads that give it other addresses, take it
# away and bring it back, give its address to another listener, or fail: in the metrics, in the
# status and in the list of listeners. None goes back, and none has what another listener counted.

. "${top_srcdir:-.}/tests/system/lib.sh"
need jq

: >"$tmp/before"

# look: none of the counters is smaller than it ever was.
look() {
  "$echoctl" metrics >"$tmp/metrics" || fail "echoctl metrics failed"
  awk -v before="$tmp/before" -v after="$tmp/after" '
    FILENAME == before { old[$1] = $2; next }
    $1 !~ /_total(\{|$)/ { next }
    $1 in old && $2 + 0 < old[$1] + 0 { print $1, old[$1], $2; bad = 1 }
    { old[$1] = $2 }
    END { for (name in old) print name, old[name] >after; exit bad }' \
    "$tmp/before" "$tmp/metrics" || fail "a counter went back"
  mv "$tmp/after" "$tmp/before"
}

# expect_accepted NAME SERVICE TRANSPORT N: say the metrics, the status and the list.
expect_accepted() {
  grep -Fqx "echod_connections_accepted_total{listener=\"$1\",service=\"$2\",transport=\"$3\"} $4" \
    "$tmp/metrics" || fail "not $4 were accepted of $1 $2 $3: $(grep accepted_total "$tmp/metrics")"
  rows="[.listeners[] | select(.name == \"$1\" and .service == \"$2\" and .transport == \"$3\")]"
  expect_status "$rows | length > 0 and (map(.accepted) | add) == $4"
  expect_exit 0 "$echoctl" --json listeners
  expect_json "$rows | (map(.accepted) | add) == $4"
}

# put ADDRESSES LINE...: in force; the first listener is echo at these addresses.
put() {
  printf 'listeners = {\necho = { address = [ %s ]; port = 0; transport = [ "tcp", "udp" ]; };\n' "$1" >"$tmp/echod.conf"
  shift
  printf '%s\n' "$@" '};' >>"$tmp/echod.conf"
  expect_exit 0 "$echoctl" reload
}

# use NAME ADDRESS N: N more connections over TCP.
use() {
  port=$(status | jq ".listeners[] | select(.name == \"$1\" and .transport == \"tcp\" and .address == \"$2\") | .port")
  expect_exit 0 "$multiconn" -q "$2" "$port" "$3"
}

cat >"$tmp/echod.conf" <<CONF
listeners = {
  echo = { address = "127.0.0.1"; port = 0; transport = [ "tcp", "udp" ]; };
  other = { address = "127.0.0.1"; port = 0; };
  node = { address = "$tmp/run/a"; transport = "unix"; };
};
CONF
start_echod -n 4 --workers 2 --config "$tmp/echod.conf"
use echo 127.0.0.1 10
use other 127.0.0.1 3
expect_exit 0 "$multiconn" -q -u 127.0.0.1 "$(echod_port udp echo)" 4
expect_exit 0 "$multiconn" -q --unix "$tmp/run/a" 2
datagrams=$(status | jq '.listeners[1].datagrams_received')
[ "$datagrams" -gt 0 ] || fail "no datagrams"
hold 5 127.0.0.1 "$(echod_port tcp echo)"
wait_until 10 active_is 5
look
expect_accepted echo echo tcp 15

# ---- Moved: over both transports, and a path; what lives on at the old address still counts ----
put '"127.0.0.2"' 'other = { address = "127.0.0.1"; port = 0; };' \
  "node = { address = \"$tmp/run/b\"; transport = \"unix\"; };"
look
expect_accepted echo echo tcp 15
expect_accepted other echo tcp 3
expect_accepted node echo unix 2
expect_status '.listeners[0] | .address == "127.0.0.2" and .active == 5 and .received_bytes == 445'
expect_status ".listeners[1] | .transport == \"udp\" and .datagrams_received == $datagrams"
grep -Fqx 'echod_connections_active{listener="echo",service="echo",transport="tcp"} 5' "$tmp/metrics" ||
  fail "who lives on is not counted: $(grep active "$tmp/metrics")"
use echo 127.0.0.2 1
wait_until 10 active_is 5
end_hold
wait_until 10 active_is 0
look
expect_accepted echo echo tcp 16
expect_status '.listeners[0] | .active == 0 and .received_bytes == 494'

# ---- Gone, and another one on its address; then back, elsewhere ----
printf 'listeners = { other = { address = "127.0.0.1"; port = 0; }; next = { address = "127.0.0.2"; port = 0; }; };\n' \
  >"$tmp/echod.conf"
expect_exit 0 "$echoctl" reload
use next 127.0.0.2 6
look
! grep -q 'listener="echo"' "$tmp/metrics" || fail "echo is still there"
expect_accepted next echo tcp 6
put '"127.0.0.1", "127.0.0.3"' 'next = { address = "127.0.0.2"; port = 0; };'
look
expect_accepted echo echo tcp 16
expect_accepted next echo tcp 6
use echo 127.0.0.1 1
use echo 127.0.0.3 1

# ---- One address of two ----
put '"127.0.0.3"' 'next = { address = "127.0.0.2"; port = 0; };'
look
expect_accepted echo echo tcp 18

# ---- A socket that is kept goes to another name, and to another service ----
port=$(status | jq '.listeners[] | select(.name == "echo" and .transport == "tcp") | .port')
cat >"$tmp/echod.conf" <<CONF
listeners = {
  echo = { address = "127.0.0.4"; port = 0; };
  taken = { address = "127.0.0.3"; port = $port; };
};
CONF
expect_exit 0 "$echoctl" reload
expect_exit 0 "$multiconn" -q 127.0.0.3 "$port" 7
look
expect_accepted echo echo tcp 18
expect_accepted taken echo tcp 7
sed -i 's/"127.0.0.3"; /&service = "discard"; /' "$tmp/echod.conf"
expect_exit 0 "$echoctl" reload
expect_exit 0 "$multiconn" -q --service discard 127.0.0.3 "$port" 2
look
expect_accepted taken discard tcp 2
sed -i 's/service = "discard"; //' "$tmp/echod.conf"
expect_exit 0 "$echoctl" reload
look
expect_accepted taken echo tcp 7

# ---- A reload that fails, a worker that dies ----
sed -i 's/127.0.0.4/127.0.0.5/; s/127.0.0.3/192.0.2.1/' "$tmp/echod.conf"
expect_exit 1 "$echoctl" reload
look
expect_accepted echo echo tcp 18
worker=$(status | jq '.workers[0].pid')
kill -KILL "$worker"
wait_until 20 restarted 0 "$worker"
sed -i 's/192.0.2.1/127.0.0.3/' "$tmp/echod.conf"
expect_exit 0 "$echoctl" reload
look
expect_accepted echo echo tcp 18
expect_accepted taken echo tcp 7
wait_until 10 active_is 0
# The totals are those of all that there ever were.
expect_status '.totals | .accepted == 15 + 3 + 2 + 1 + 6 + 2 + 7 + 2'
stop_echod
