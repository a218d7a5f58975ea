#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# An independent client of the framed protocol gets the right answers from us, whole or in pieces,
# once or many times; each breach gets an error message and its end, is counted, and disturbs nobody.

. "${top_srcdir:-.}/tests/system/lib.sh"
need python3
framed="$top_srcdir/tests/system/framed.py"

echo '{ "own": "our text" }' >"$tmp/words.json"
cat >"$tmp/message.conf" <<CONF
listeners = {
  once = { address = "127.0.0.1"; port = 0; service = "message"; };
  many = { address = "127.0.0.1"; port = 0; service = "message"; keep-alive = true;
    search-dictionary = "$tmp/words.json"; max-pending = "4k"; };
  short = { address = "127.0.0.1"; port = 0; service = "message"; max-content = 36; };
};
CONF
for selector in $(selectors); do
  start_echod -n 3 --selector "$selector" --workers 2 --config "$tmp/message.conf"
  expect_exit 0 python3 "$framed" client 127.0.0.1 "$(echod_port tcp once)" default
  expect_exit 0 python3 "$framed" client 127.0.0.1 "$(echod_port tcp many)" keep-alive
  wait_until 5 expect_idle
  expect_status '.totals.closed.protocol == 0 and .totals.closed.service == 11
    and .totals.closed.peer == 2'
  expect_exit 0 python3 "$framed" client 127.0.0.1 "$(echod_port tcp once)" breaches
  breaches=$(cat "$tmp/stdout")
  wait_until 5 expect_idle
  expect_status ".totals.closed.protocol == $breaches and .totals.closed.service == 12
    and .totals.pending_bytes == 0"
  stop_echod
done

# max-content: 37 bytes are one too many.
start_echod -n 3 --workers 1 --config "$tmp/message.conf"
port=$(echod_port tcp short)
ask() { python3 - "$framed" "$port" "$1" <<'PY'
import sys
sys.path.insert(0, sys.argv[1].rsplit("/", 1)[0])
sys.dont_write_bytecode = True
import framed
((_, content),) = framed.exchange(("127.0.0.1", int(sys.argv[2])), framed.ask("search", sys.argv[3]))
print(content)
PY
}
ask rin >"$tmp/stdout"
expect_line "$tmp/stdout" "{'result': \"No match for 'rin'.\"}"
ask ring >"$tmp/stdout"
expect_line "$tmp/stdout" "{'error': 'the content is longer than is allowed here'}"
stop_echod
