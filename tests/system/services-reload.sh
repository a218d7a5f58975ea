#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# A reload brings a new dictionary and new settings, also to connections that are there, and another
# service to an endpoint, whose connections keep theirs; a dictionary that is wrong changes nothing.

. "${top_srcdir:-.}/tests/system/lib.sh"

# conf SERVICE LINE: message, and an endpoint with this service.
conf() {
  cat >"$tmp/echod.conf" <<CONF
listeners = {
  message = { address = "127.0.0.1"; port = 0; service = "message";
    search-dictionary = "$tmp/words.json"; $2 };
  turn = { address = "127.0.0.1"; port = 0; service = "$1"; };
};
CONF
}
# finds TEXT: what a search for "ring" gives.
finds() {
  expect_exit 0 "$multiconn" --action search --value ring 127.0.0.1 "$message" 1
  expect_line "$tmp/stdout" "got result: $1"
}

echo '{ "ring": "one" }' >"$tmp/words.json"
conf echo ''
start_echod -n 2 --workers 2 --config "$tmp/echod.conf"
message=$(echod_port tcp message)
turn=$(echod_port tcp turn)
finds one

# Only what is in the dictionary differs.
echo '{ "ring": "two" }' >"$tmp/words.json"
finds one
expect_exit 0 "$echoctl" --json reload
expect_json '.changed == ["message"] and .kept == ["turn"]'
finds two
expect_exit 0 "$echoctl" --json reload
expect_json '.changed == [] and .kept == ["message", "turn"]'

# A wrong one is told with file and line, and the old one stays.
printf '{ "ring":\n 3 }' >"$tmp/words.json"
expect_exit 1 "$echoctl" reload
expect_match "$tmp/stderr" "$tmp/words.json: the value of 'ring' is not a text"
printf '{ "ring":\n' >"$tmp/words.json"
expect_exit 1 "$echoctl" reload
expect_match "$tmp/stderr" "$tmp/words.json:2: "
rm "$tmp/words.json"
expect_exit 1 "$echoctl" reload
expect_match "$tmp/stderr" "$tmp/words.json: No such file or directory"
finds two

# The workers that are new have the new one too.
echo '{ "ring": "three" }' >"$tmp/words.json"
expect_exit 0 "$echoctl" reload
for worker in $(children_of "$echod_pid"); do
  kill -KILL "$worker"
done
wait_until 20 restarted 0 "$worker"
finds three
expect_exit 0 "$multiconn" -q --action search --value ring 127.0.0.1 "$message" 50

# A live connection goes on echoing where new ones are told the time.
hold 4 127.0.0.1 "$turn"
conf time 'max-content = 30;'
expect_exit 0 "$echoctl" --json reload
expect_json '.changed == ["message", "turn"]'
expect_exit 0 "$multiconn" -q --service time 127.0.0.1 "$turn" 20
wait_until 5 active_is 4
expect_status '.listeners[] | select(.name == "turn") | .service == "time" and .active == 4'
expect_exit 4 "$multiconn" --action search --value ring 127.0.0.1 "$message" 1
expect_match "$tmp/stdout" 'the content is longer than is allowed here'
conf echo ''
expect_exit 0 "$echoctl" --json reload
expect_exit 0 "$multiconn" -q 127.0.0.1 "$turn" 20
end_hold
wait_until 5 expect_idle
expect_status '.totals.closed.worker_lost == 0 and .totals.closed.error == 0'
stop_echod
