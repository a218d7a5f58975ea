#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# WatchEvents and WatchStatus: each kind of event to those who want it, nothing to anybody while nobody
# does, a subscriber that does not read, and `echoctl events`.
. "${top_srcdir:-.}/tests/system/lib.sh"
need python3 jq
[ -r /proc/self/status ] || skip "needs /proc"

cat >"$tmp/echod.conf" <<CONF
workers = 1;
listeners = { echo = { address = "127.0.0.1"; port = 0; deny = "127.0.0.9"; }; };
CONF
start_echod --config "$tmp/echod.conf"
expect_exit 0 env PYTHONDONTWRITEBYTECODE=1 python3 "$top_srcdir/tests/system/events.py" \
  "$tmp/echod.conf" "$(echod_port)" "$multiconn"
# ---- echoctl events ----
"$echoctl" events close refused >"$tmp/events.out" 2>"$tmp/events.err" &
text=$!
end_at_exit "$text"
"$echoctl" --json events >"$tmp/json.out" 2>"$tmp/json.err" &
json=$!
end_at_exit "$json"
wait_until 20 grep -qx '{"event":null,"lost":0}' "$tmp/json.out"
until "$multiconn" -q -m '' 127.0.0.1 "$(echod_port)" 1 >/dev/null && grep -q close "$tmp/events.out"; do
  sleep 0.05
done
"$multiconn" -q -B 127.0.0.9 127.0.0.1 "$(echod_port)" 1 >/dev/null 2>&1
wait_until 20 grep -q refused "$tmp/events.out"
expect_match "$tmp/events.out" \
  '^20[0-9-]+T[0-9:]+\.[0-9]{3}Z close worker 0 listener echo id [0-9]+ 127\.0\.0\.1:[0-9]+ after [0-9]+ ms, [0-9]+ bytes received, [0-9]+ sent: peer$'
expect_match "$tmp/events.out" 'Z refused worker 0 listener echo 127\.0\.0\.9:[0-9]+: acl$'
! grep -q ' open ' "$tmp/events.out" || fail "a kind that nobody asked for"
wait_until 20 grep -q '"kind":"refused"' "$tmp/json.out"
kill "$text" "$json"
wait "$text" "$json"
cat "$tmp/json.out" >>"$tmp/answers.WatchEvents"
# Where the machine is slow its beginning may be late.
begins_with_names() {
  "$echoctl" events --csv --timeout 100ms >"$tmp/stdout" 2>"$tmp/stderr"
  [ $? -eq 5 ] || return 1
  grep -qx time_ms,kind,worker,listener,id,peer,proxied_peer,reason,message,age_ms,received_bytes,sent_bytes,lost "$tmp/stdout"
}
wait_until 20 begins_with_names
expect_exit 5 "$echoctl" events --csv -H --timeout 100ms
[ ! -s "$tmp/stdout" ] || fail "a first line in spite of -H"
"$echoctl" events --csv -H close >"$tmp/csv.out" 2>/dev/null &
csv=$!
end_at_exit "$csv"
until "$multiconn" -q 127.0.0.1 "$(echod_port)" 1 >/dev/null && [ -s "$tmp/csv.out" ]; do
  sleep 0.05
done
kill "$csv"
expect_match "$tmp/csv.out" '^[0-9]{13},close,0,echo,[0-9]+,127\.0\.0\.1:[0-9]+,,peer,,[0-9]+,44,44,0$'
expect_exit 2 "$echoctl" events opne
expect_line "$tmp/stderr" "echoctl: 'opne' is no kind of event; there are open, close, refused, reload and worker_died"

# ---- What cannot be told is counted: a worker has more to tell than the master reads meanwhile ----
# happened: prints how many connections were opened and closed so far.
happened() {
  status | jq '.totals | .accepted + (.closed | add)'
}
wait_until 20 expect_idle
before=$(happened)
rm "$tmp/json.out" "$tmp/events.out" "$tmp/csv.out" # of those who watched before
"$echoctl" --json events open close >"$tmp/json.out" 2>"$tmp/json.err" &
json=$!
end_at_exit "$json"
wait_until 20 grep -qx '{"event":null,"lost":0}' "$tmp/json.out"
"$echoctl" events open close >"$tmp/events.out" 2>"$tmp/events.err" &
text=$!
end_at_exit "$text"
"$echoctl" events --csv close >"$tmp/csv.out" 2>/dev/null &
csv=$!
end_at_exit "$csv"
until "$multiconn" -q 127.0.0.1 "$(echod_port)" 1 >/dev/null && grep -q close "$tmp/events.out" &&
  grep -q close "$tmp/csv.out"; do
  sleep 0.05
done
kill -STOP "$echod_pid"
expect_exit 0 "$multiconn" -q 127.0.0.1 "$(echod_port)" 4000
kill -CONT "$echod_pid"
# What was lost is told with the next event.
all_are_told() {
  "$multiconn" -q 127.0.0.1 "$(echod_port)" 1 >/dev/null
  wait_until 20 expect_idle
  [ "$(jq -s 'map(.lost + (if .event then 1 else 0 end)) | add' "$tmp/json.out")" -eq $(($(happened) - before)) ]
}
wait_until 20 all_are_told
lost=$(jq -s 'map(.lost) | add' "$tmp/json.out")
[ "$lost" -gt 0 ] || fail "8,000 events fit between two processes?"
# sum_is FILE PROGRAM: what awk adds up is what was lost.
sum_is() {
  [ "$(awk -F '[ ,]' "$2"' { sum += n } END { print sum + 0 }' "$1")" -eq "$lost" ]
}
# shellcheck disable=SC2016 # awk's
wait_until 20 sum_is "$tmp/events.out" '{ n = /^[0-9]+ events were lost$/ ? $1 : 0 }'
# shellcheck disable=SC2016
wait_until 20 sum_is "$tmp/csv.out" '{ n = $NF }'
kill "$text" "$json" "$csv"
wait "$text" "$json" "$csv"

# What cannot be written is said once, and ends it.
if [ -w /dev/full ]; then
  for verb in "--json events" "top -i 100ms" "top --json -n 1 -i 100ms"; do
    # shellcheck disable=SC2086 # words
    "$echoctl" $verb >/dev/full 2>"$tmp/full.err" &
    full=$!
    expect_end "$full" 1
    echo "echoctl: standard output: No space left on device" | cmp -s - "$tmp/full.err" ||
      fail "$verb: $(cat "$tmp/full.err")"
  done
fi

# A stop is not held up by those who watch, who are told.
"$echoctl" --json events >"$tmp/watch.out" 2>"$tmp/events.err" &
watch=$!
end_at_exit "$watch"
wait_until 20 grep -qx '{"event":null,"lost":0}' "$tmp/watch.out"
stop_echod
expect_end "$watch" 3
expect_line "$tmp/events.err" "echoctl: $ECHOD_SOCKET: the daemon has gone"
