#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# Reloads add, move and remove a UDP listener, and one of UDP and TCP on one port, while numbered flows
# go on over an endpoint that stays: not one datagram is lost or overtaken by another, and where
# nothing listens any more nothing answers. With every back end.

. "${top_srcdir:-.}/tests/system/lib.sh"
need python3
udp() { python3 "$top_srcdir/tests/system/udp.py" "$@"; }

# Addresses of its own: on the port of an endpoint that has gone no other test's may answer.
both='port = 0; transport = [ "udp", "tcp" ];'
cat >"$tmp/a.conf" <<CONF
listeners = {
  kept = { address = "127.7.0.1"; $both udp-rate = "off"; };
  old = { address = "127.7.0.1"; port = 0; transport = "udp"; };
  old-both = { address = "127.7.0.1"; $both };
  mover = { address = "127.7.0.1"; port = 0; transport = "udp"; };
  mover-both = { address = "127.7.0.1"; $both };
};
CONF
cat >"$tmp/b.conf" <<CONF
max-connections = 5000;
listeners = {
  new-both = { address = [ "127.7.0.1", "127.7.0.3" ]; $both };
  mover-both = { address = "127.7.0.2"; $both };
  kept = { address = "127.7.0.1"; $both udp-rate = "off"; udp-burst = 77; };
  mover = { address = "127.7.0.2"; port = 0; transport = "udp"; };
  new = { address = "127.7.0.1"; port = 0; transport = "udp"; };
};
CONF

# use FILE: puts it in force.
use() {
  cp "$tmp/$1.conf" "$tmp/echod.conf"
  expect_exit 0 "$echoctl" --json reload
}

# endpoints: TRANSPORT ADDRESS PORT of each that is served.
endpoints() {
  status | jq -r '.listeners[] | select(.state == "listening") |
    "\(.transport) \(.address) \(.port)"' | sort
}

# serves LIST, silent LIST: each of these endpoints answers, or none does.
serves() {
  sed -n 's/^udp //p' "$1" >"$tmp/udp"
  expect_exit 0 udp each order 3 <"$tmp/udp"
  sed -n 's/^tcp //p' "$1" >"$tmp/tcp"
  while read -r address port; do
    expect_exit 0 "$multiconn" -q "$address" "$port" 2
  done <"$tmp/tcp"
}
silent() {
  sed -n 's/^udp //p' "$1" >"$tmp/udp"
  expect_exit 0 udp each silent 0 <"$tmp/udp"
  sed -n 's/^tcp //p' "$1" >"$tmp/tcp"
  while read -r address port; do
    expect_exit 3 "$multiconn" -q "$address" "$port" 1
  done <"$tmp/tcp"
}

# alternate SELECTOR TIMES
alternate() {
  cp "$tmp/a.conf" "$tmp/echod.conf"
  start_echod -n 8 --selector "$1" --workers 2 --config "$tmp/echod.conf"
  kept=$(echod_port udp kept)
  mkfifo "$tmp/flow.in"
  udp flow 127.7.0.1 "$kept" 4 <"$tmp/flow.in" >"$tmp/flow.out" 2>"$tmp/flow.err" &
  flow=$!
  end_at_exit "$flow"
  exec 5>"$tmp/flow.in"
  wait_until 10 grep -q flowing "$tmp/flow.out"
  hold 4 127.7.0.1 "$kept"
  endpoints >"$tmp/before"
  asked=0
  for i in $(seq "$2"); do
    if [ $((i % 2)) -eq 1 ]; then use b; else use a; fi
    expect_json '.changed | index("kept") and index("mover") and index("mover-both")'
    endpoints >"$tmp/now"
    comm -23 "$tmp/before" "$tmp/now" >"$tmp/gone"
    comm -13 "$tmp/before" "$tmp/now" >"$tmp/came"
    grep -qx "udp 127.7.0.1 $kept" "$tmp/now" || fail "the kept endpoint is another"
    # Four and five of UDP, two and three of TCP.
    [ "$(cut -d ' ' -f 1 "$tmp/gone" "$tmp/came" | sort | uniq -c | tr -s ' \n' ' ')" = ' 5 tcp 9 udp ' ] ||
      fail "gone: $(cat "$tmp/gone") came: $(cat "$tmp/came")"
    silent "$tmp/gone"
    serves "$tmp/came"
    asked=$((asked + 3 * $(grep -c udp "$tmp/came")))
    ! gone "$flow" || fail "$(cat "$tmp/flow.err")"
    mv "$tmp/now" "$tmp/before"
  done
  exec 5>&-
  expect_end "$flow" 0
  flowed=$(tail -n 1 "$tmp/flow.out")
  end_hold
  wait_until 10 expect_idle
  # A worker counts an answer after the client may have it.
  all_left() {
    status | jq -e ".totals.datagrams_sent == $flowed + $asked"
  }
  wait_until 10 all_left
  expect_status ".listeners[] | select(.name == \"kept\" and .transport == \"udp\") |
    .port == $kept and .datagrams_received == $flowed and .datagrams_sent == $flowed and
    .datagrams_dropped == 0"
  expect_status ".totals.datagrams_received == $flowed + $asked and
    .totals.datagrams_sent == $flowed + $asked and ([.totals.datagrams_dropped[]] | add) == 0"
  expect_status '.totals.closed | to_entries | all(.key == "peer" or .value == 0)'
  echo "$1: $2 reloads, $flowed datagrams"
  stop_echod
  rm "$tmp"/flow*
}

# dropped REASON N: so many in all for this reason.
dropped() {
  status | jq -e ".totals.datagrams_dropped.$1 == $2" >/dev/null
}

# rules GLOBAL TIME ECHO: puts in force what these settings say.
rules() {
  cat >"$tmp/echod.conf" <<CONF
$1
listeners = {
  time = { address = "127.0.0.1"; port = 0; transport = "udp"; service = "time"; $2 };
  echo = { address = "127.0.0.1"; port = 0; transport = "udp"; $3 };
};
CONF
  [ "${4-}" = start ] || expect_exit 0 "$echoctl" reload
}

# has_no_socket PORT: every worker has closed what it had there; it knows then that it has. Linux.
has_no_socket() {
  ! grep -q ":$(printf %04X "$1") 00000000:0000 " /proc/net/udp
}

# What is said of datagrams acts on those that come from then on, at endpoints that stay.
change_rules() {
  rules '' '' '' start
  start_echod -n 2 --workers 2 --config "$tmp/echod.conf"
  time=$(echod_port udp time)
  echo=$(echod_port udp echo)
  expect_exit 0 udp send 127.0.0.1 "$time" 1
  wait_until 10 dropped short 1
  rules '' 'udp-amplify = true;' 'deny = "127.0.0.9";'
  expect_exit 0 udp ask 127.0.0.1 "$time" 1
  expect_exit 0 udp send 127.0.0.1 "$echo" 2 127.0.0.9
  wait_until 10 dropped acl 2
  rules '' '' 'udp-rate = 1; udp-burst = 50;'
  expect_exit 0 udp send 127.0.0.1 "$time" 1
  wait_until 10 dropped short 2
  began=$(date +%s)
  expect_exit 0 udp send 127.0.0.1 "$echo" 200 127.0.0.9
  all_came() {
    status | jq -e '.totals | .datagrams_received == 205 and
      .datagrams_sent + ([.datagrams_dropped[]] | add) == 205' >/dev/null
  }
  wait_until 10 all_came
  took=$(($(date +%s) - began + 1))
  expect_status ".totals.datagrams_dropped.rate | . <= 150 and . >= 150 - $took"
  limited=$(status | jq .totals.datagrams_dropped.rate)
  rules 'reflector-ports = [];' '' 'udp-rate = "off";'
  expect_exit 0 udp order 127.0.0.1 "$echo" 300
  # From that one there would never be an answer. On 127.0.0.1 some other test's client may have it by
  # then.
  rules "reflector-ports = [ $(python3 -c 'import socket; s = socket.socket(type=socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])' | tee "$tmp/reflector") ];" '' ''
  expect_exit 0 udp send 127.0.0.1 "$echo" 3 127.0.0.6 "$(cat "$tmp/reflector")"
  wait_until 10 dropped reflector_port 3
  # What is no longer in the list is no reflector, and a listener's port is ours while it is there.
  rules '' '' ''
  expect_exit 0 udp order 127.0.0.1 "$echo" 3 127.0.0.6 "$(cat "$tmp/reflector")"
  expect_exit 0 udp send 127.0.0.1 "$echo" 4 127.0.0.8 "$time"
  wait_until 10 dropped own_port 4
  sed -i '/time = /d' "$tmp/echod.conf"
  expect_exit 0 "$echoctl" reload
  wait_until 10 has_no_socket "$time"
  expect_exit 0 udp order 127.0.0.1 "$echo" 5 127.0.0.8 "$time"
  expect_status "[.totals.datagrams_dropped[]] | add == 2 + 2 + 3 + 4 + $limited"
  stop_echod
}

change_rules
times=6
for selector in $(selectors); do
  alternate "$selector" "$times"
  times=2
done
