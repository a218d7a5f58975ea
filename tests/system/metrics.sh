#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# The metrics are in Prometheus' form, have the numbers of the status, and only grow.
. "${top_srcdir:-.}/tests/system/lib.sh"

cat >"$tmp/metrics.conf" <<'CONF'
max-connections = 20;
listeners = {
  echo = { address = [ "127.0.0.1" ]; port = 0; transport = [ "tcp", "udp" ]; };
  refusing = { address = "127.0.0.1"; port = 0; deny = "127.0.0.1"; };
};
CONF
start_echod --workers 2 --config "$tmp/metrics.conf"
port=$(echod_port tcp echo)

metrics() {
  "$echoctl" metrics >"$tmp/metrics" || fail "echoctl metrics failed"
}

# value NAME{LABELS}: prints the sample.
value() {
  awk -v name="$1" '$1 == name { print $2; found = 1 } END { exit !found }' "$tmp/metrics" ||
    fail "no sample $1"
}

# expect_value NAME{LABELS} VALUE
expect_value() {
  [ "$(value "$1")" = "$2" ] || fail "$1 is $(value "$1"), not $2"
}

expect_exit 0 "$multiconn" -q 127.0.0.1 "$port" 7
expect_exit 4 "$multiconn" -q 127.0.0.1 "$(echod_port tcp refusing)" 1
wait_until 10 expect_idle
metrics

# ---- The form: HELP, then TYPE, then samples of that name; nothing twice ----
awk '
  /^# HELP / { help = $3; if (NF < 4 || seen[help]++) exit 1; next }
  /^# TYPE / { if ($3 != help || $4 !~ /^(counter|gauge|histogram)$/) exit 1; type = $4; next }
  {
    name = $1
    sub(/\{.*/, "", name)
    if (type == "histogram") sub(/_(bucket|sum|count)$/, "", name)
    if (name != help || samples[$1]++) exit 1
    if (name ~ /_total$/ ? type != "counter" : type !~ /^(gauge|histogram)$/) exit 1
    if ($0 !~ /^[a-z_]+(\{[a-z]+="[^"\\]*"(,[a-z]+="[^"\\]*")*\})? [0-9.e+-]+$/) exit 1
  }
  END { exit NR == 0 }' "$tmp/metrics" || fail "not in Prometheus' form: $(cat "$tmp/metrics")"

# ---- The numbers ----
expect_value 'echod_connections_accepted_total{listener="echo",service="echo",transport="tcp"}' 7
expect_value 'echod_connections_accepted_total{listener="echo",service="echo",transport="udp"}' 0
expect_value 'echod_connections_active{listener="echo",service="echo",transport="tcp"}' 0
expect_value 'echod_connections_closed_total{reason="peer"}' 7
expect_value 'echod_connections_rejected_total{reason="acl"}' 1
expect_value 'echod_accept_errors_total{errno="EMFILE"}' 0
expect_value 'echod_datagrams_dropped_total{reason="short"}' 0
expect_value echod_received_bytes_total 308
expect_value echod_sent_bytes_total 308
expect_value echod_ready 1
expect_value echod_draining 0
expect_value echod_config_last_reload_successful 1
expect_value process_start_time_seconds "$(status | jq .start_time_s)"
expect_value echod_config_last_reload_success_timestamp_seconds "$(status | jq .start_time_s)"
[ "$(value process_open_fds)" -ge 12 ] || fail "three processes have so few descriptors?"
[ "$(value process_resident_memory_bytes)" -gt 1000000 ] || fail "three processes in so little?"
grep -q '^echod_build_info{version="[^"]*",revision="[^"]*",backend="[a-z]*",systemd="[a-z]*"} 1$' \
  "$tmp/metrics" || fail "no build_info"
# Every reason of the status is a sample, and the other way round.
for object in closed rejected accept_errors datagrams_dropped; do
  status | jq -r ".totals.$object | keys[]"
done | LC_ALL=C sort >"$tmp/words"
sed -n 's/^echod_.*{\(reason\|errno\)="\(.*\)"}.*/\2/p' "$tmp/metrics" | LC_ALL=C sort >"$tmp/labels"
cmp -s "$tmp/words" "$tmp/labels" || fail "reasons differ: $(diff "$tmp/words" "$tmp/labels")"

# ---- The turns of the loops: buckets that only grow up to the count, for as long as was waited ----
awk '
  /^echod_loop_turn_seconds_bucket/ { if ($2 < last) exit 1; last = $2; n++ }
  /^echod_loop_turn_seconds_sum/ { sum = $2 }
  /^echod_loop_turn_seconds_count/ { count = $2 }
  END { exit !(n == 20 && count == last && count > 10 && sum > 0) }' "$tmp/metrics" ||
  fail "no histogram: $(grep loop_turn "$tmp/metrics")"
expect_status '.loop_limits_us | . == sort and length == 19 and .[0] == 10 and .[18] == 10000000'
expect_status '[.workers[].loop_turns | length] == [20, 20]'
turns=$(status | jq '[.workers[].loop_turns | add] | add')
busy=$(status | jq '[.workers[].loop_busy_us] | add')
expect_exit 0 "$multiconn" -q 127.0.0.1 "$port" 15
wait_until 10 expect_idle
expect_status "([.workers[].loop_turns | add] | add) > $turns and ([.workers[].loop_busy_us] | add) > $busy"
# What waits is no turn: two loops were not busy for longer than the daemon has been up.
expect_status '.uptime_s + 1 > ([.workers[].loop_busy_us] | max / 1000000)'

# ---- A worker that dies takes nothing back ----
cp "$tmp/metrics" "$tmp/before"
worker=$(status | jq '.workers[0].pid')
kill -KILL "$worker"
wait_until 20 restarted 0 "$worker"
metrics
expect_value echod_worker_restarts_total 1
expect_value echod_connections_closed_total'{reason="peer"}' 22
awk 'NR == FNR { if ($1 ~ /_total|_turn_/) old[$1] = $2; next }
  $1 in old && $2 + 0 < old[$1] + 0 { print $1, old[$1], $2; bad = 1 } END { exit bad }' \
  "$tmp/before" "$tmp/metrics" || fail "a counter went back"

# ---- A failed reload, a drain ----
cp "$tmp/metrics.conf" "$tmp/good.conf"
echo 'nonsense' >"$tmp/metrics.conf"
expect_exit 1 "$echoctl" reload
metrics
expect_value echod_config_last_reload_successful 0
cp "$tmp/good.conf" "$tmp/metrics.conf"
expect_exit 0 "$echoctl" reload
expect_exit 0 "$echoctl" drain
metrics
expect_value echod_config_last_reload_successful 1
expect_value echod_ready 0
expect_value echod_draining 1

# ---- Into a file, whole or not at all ----
echo old >"$tmp/out.prom"
expect_exit 0 "$echoctl" metrics --output "$tmp/out.prom"
[ ! -s "$tmp/stdout" ] || fail "it also printed"
grep -q '^echod_ready 0$' "$tmp/out.prom" || fail "the file does not have the numbers"
[ "$(stat -c %a "$tmp/out.prom")" = 644 ] || fail "others cannot read the file"
expect_exit 1 "$echoctl" metrics --output "$tmp/none/out.prom"
expect_match "$tmp/stderr" "none/out.prom: No such file or directory"
mkfifo "$tmp/out.prom.pipe"
expect_exit 1 "$echoctl" metrics --output "$tmp/out.prom.pipe"
expect_match "$tmp/stderr" "out.prom.pipe: is no regular file, and is not replaced\$"
[ -p "$tmp/out.prom.pipe" ] || fail "a pipe was replaced"
rm "$tmp/out.prom.pipe"
ln -s out.prom "$tmp/link"
echo old >"$tmp/out.prom"
expect_exit 0 "$echoctl" metrics --output "$tmp/link"
[ -L "$tmp/link" ] || fail "a link was replaced"
grep -q '^echod_ready 0$' "$tmp/out.prom" || fail "the file behind a link does not have the numbers"
# A file that cannot be written in full leaves the old one, and nothing beside it.
echo old >"$tmp/out.prom"
(trap '' XFSZ && ulimit -f 0 && "$echoctl" metrics --output "$tmp/out.prom" 2>&1) | grep -q 'out.prom: File too large$' ||
  fail "a file beyond the limit was no failure"
[ "$(cat "$tmp/out.prom")" = old ] || fail "the old file is gone"
set -- "$tmp"/out.prom*
[ $# -eq 1 ] || fail "something was left beside the file: $*"
if [ -w /dev/full ]; then
  # shellcheck disable=SC2016
  expect_exit 1 sh -c '"$1" metrics >/dev/full' sh "$echoctl"
  ! grep -q 'Input/output' "$tmp/stderr" || fail "an error that nobody made: $(cat "$tmp/stderr")"
  # shellcheck disable=SC2016
  expect_exit 1 sh -c '"$1" call Ping >/dev/full' sh "$echoctl"
  expect_line "$tmp/stderr" "echoctl: standard output: No space left on device"
fi
expect_exit 0 "$echoctl" metrics --json
expect_json '.text | startswith("# HELP echod_build_info ")'
cp "$tmp/stdout" "$tmp/answers.GetMetrics"
stop_echod
