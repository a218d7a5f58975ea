#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# A hundred reloads alternate two files that add, move and remove a listener, rename another and
# change a limit, while connections come and go and others stay: no byte is lost, no connection is
# refused, reset or counted wrongly, and no process keeps a descriptor. With every back end.

. "${top_srcdir:-.}/tests/system/lib.sh"

cat >"$tmp/a.conf" <<CONF
listeners = {
  echo = { address = "127.0.0.1"; port = 0; max-connections = 1000; };
  mover = { address = "127.0.0.1"; port = 0; };
  old = { address = "127.0.0.1"; port = 0; };
  left = { address = "$tmp/run/echo.sock"; transport = "unix"; };
};
CONF
cat >"$tmp/b.conf" <<CONF
max-connections = 5000;
listeners = {
  new = { address = [ "127.0.0.1", "127.0.0.3" ]; port = 0; };
  right = { address = "$tmp/run/echo.sock"; transport = "unix"; };
  mover = { address = "127.0.0.2"; port = 0; };
  echo = { address = "127.0.0.1"; port = 0; max-connections = 2000; max-pending = "64k"; };
};
CONF

# descriptors: how many each process of the daemon has open.
descriptors() {
  for pid in $echod_pid $(children_of "$echod_pid"); do
    set -- "/proc/$pid/fd"/*
    echo "$pid $#"
  done
}

same_descriptors_as_before() {
  descriptors | cmp -s - "$tmp/descriptors"
}

# use FILE: puts it in force, and says what echoctl did.
use() {
  cp "$tmp/$1.conf" "$tmp/echod.conf.new"
  mv "$tmp/echod.conf.new" "$tmp/echod.conf"
  expect_exit 0 "$echoctl" --json reload
}

# load: connections over TCP and Unix in turn until $tmp/stop is there; $tmp/runs has a dot for each
# turn, $tmp/bad what was wrong with one.
load() {
  while [ ! -e "$tmp/stop" ]; do
    "$multiconn" -q 127.0.0.1 "$echo_port" 20 >"$tmp/load" 2>&1 || cat "$tmp/load" >>"$tmp/bad"
    "$multiconn" -q --unix "$tmp/run/echo.sock" 20 >"$tmp/load" 2>&1 || cat "$tmp/load" >>"$tmp/bad"
    printf . >>"$tmp/runs"
  done
}

# stay HOST PORT: ten more connections like hold()'s, of a listener that goes.
stay() {
  mkfifo "$tmp/stay.in" "$tmp/stay.out"
  "$top_builddir/tests/fake/rude" hold "$1" "$2" 10 <"$tmp/stay.in" >"$tmp/stay.out" 9>&- &
  stay_pid=$!
  end_at_exit "$stay_pid"
  exec 8>"$tmp/stay.in"
  read -r _ <"$tmp/stay.out" || fail "could not stay"
  rm "$tmp/stay.in" "$tmp/stay.out"
}

# alternate SELECTOR TIMES
alternate() {
  rm -f "$tmp/stop" "$tmp/runs" "$tmp/bad"
  cp "$tmp/a.conf" "$tmp/echod.conf"
  start_echod -n 4 --selector "$1" --workers 2 --config "$tmp/echod.conf"
  echo_port=$(echod_port tcp echo)
  hold 10 127.0.0.1 "$echo_port"
  stay 127.0.0.1 "$(echod_port tcp old)"
  use b
  expect_json '.generation == 2 and .added == ["new", "right"] and .removed == ["old", "left"]'
  expect_json '.changed == ["mover", "echo"] and .kept == [] and .needs_restart == []'
  use a
  wait_until 10 active_is 20
  descriptors >"$tmp/descriptors"

  load &
  load_pid=$!
  end_at_exit "$load_pid"
  moved=0
  for i in $(seq 3 "$2"); do
    if [ $((i % 2)) -eq 1 ]; then use b; else use a; fi
    expect_match "$tmp/stdout" "\"generation\":$((i + 1)),.*\"changed\":\[.*\"mover\""
    if [ $((i % 10)) -ge 8 ]; then
      status >"$tmp/stdout"
      expect_json ".listeners[] | select(.name == \"echo\") | .port == $echo_port"
      # shellcheck disable=SC2046
      expect_exit 0 "$multiconn" -q $(jq -r '.listeners[] | select(.name == "mover") | .address, .port' "$tmp/stdout") 5
      moved=$((moved + 5))
    fi
  done
  : >"$tmp/stop"
  expect_end "$load_pid" 0
  [ ! -e "$tmp/bad" ] || fail "$(head -n 5 "$tmp/bad")"
  runs=$(wc -c <"$tmp/runs")

  # The sums are those of the clients, over all reloads.
  wait_until 10 active_is 20
  accepted=$((20 + moved + 40 * runs))
  expect_status ".totals.accepted == $accepted and .totals.closed.peer == $accepted - 20"
  expect_status '.totals.closed | to_entries | all(.key == "peer" or .value == 0)'
  expect_status '[.totals.rejected, .totals.accept_errors] | all(add == 0)'
  expect_status '.totals.received_bytes == .totals.sent_bytes and .totals.worker_restarts == 0'
  expect_status ".config_generation == $(($2 + 1)) and .last_reload.ok"
  expect_status '[.listeners[].name] == ["echo", "mover", "old", "left"]'
  expect_status ".listeners[0].accepted == 10 + 20 * $runs"
  wait_until 10 same_descriptors_as_before

  # What stayed is still served, also where its listener went a hundred reloads ago.
  end_hold
  exec 8>&-
  expect_end "$stay_pid" 0
  wait_until 10 expect_idle
  expect_status '.listeners | all(.active == 0)'
  echo "$1: $2 reloads, $accepted connections"
  stop_echod
}

# waiting PORT: how many connections wait there to be accepted.
waiting() {
  awk -v at="$(printf '0100007F:%04X' "$1")" '$2 == at && $4 == "0A" { sub(".*:", "", $5); print $5 }' \
    /proc/net/tcp
}

all_wait() {
  [ "$(waiting "$port")" = 000007D0 ]
}

is_bound() {
  awk '$2 ~ /^0300007F:/ && $4 == "0A"' /proc/net/tcp | grep -q .
}

# The queue of a listener that goes: what the kernel has taken is served to the last connection.
accept_the_rest() {
  cp "$tmp/a.conf" "$tmp/echod.conf"
  start_echod -n 4 --workers 1 --config "$tmp/echod.conf"
  port=$(echod_port tcp old)
  worker=$(status | jq '.workers[0].pid')
  kill -STOP "$worker"
  "$top_builddir/tests/fake/rude" hold 127.0.0.1 "$port" 2000 </dev/null >"$tmp/rude" &
  rude_pid=$!
  end_at_exit "$rude_pid"
  wait_until 10 all_wait
  cp "$tmp/b.conf" "$tmp/echod.conf"
  "$echoctl" reload >"$tmp/reload" &
  reload_pid=$!
  wait_until 10 is_bound
  kill -CONT "$worker"
  expect_end "$reload_pid" 0
  expect_end "$rude_pid" 0
  expect_exit 3 "$multiconn" -q 127.0.0.1 "$port" 1
  wait_until 10 expect_idle
  expect_status '.totals.accepted == 2000 and .totals.received_bytes == 4000'
  stop_echod
}

[ "$(cat /proc/sys/net/core/somaxconn)" -lt 2000 ] || accept_the_rest
times=100
for selector in $(selectors); do
  alternate "$selector" "$times"
  times=10
done
