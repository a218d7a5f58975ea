#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# The small services over UDP: an answer is never longer than its datagram, unless udp-amplify says so.

. "${top_srcdir:-.}/tests/system/lib.sh"
need python3
udp() { python3 "$top_srcdir/tests/system/udp.py" "$@"; }

{
  echo 'workers = 2; listeners = {'
  for service in discard chargen daytime time reflect; do
    echo "$service = { address = \"127.0.0.1\"; port = 0; transport = \"udp\"; service = \"$service\"; };"
    echo "loud_$service = { address = \"127.0.0.1\"; port = 0; transport = \"udp\"; service = \"$service\";"
    echo "  udp-amplify = true; };"
  done
  echo 'message = { address = "127.0.0.1"; port = 0; transport = "udp"; service = "message"; };'
  echo '};'
} >"$tmp/a.conf"
start_echod -n 11 --config "$tmp/a.conf"

# answer NAME LENGTH: what a datagram of this length brings, in $tmp/stdout; and how long that is.
answer() {
  expect_exit 0 udp ask 127.0.0.1 "$(echod_port udp "$1")" "$2"
  answered=$(wc -c <"$tmp/stdout")
}
short() {
  status | jq -e ".totals.datagrams_dropped.short == $1" >/dev/null
}

answer time 4
[ "$answered" -eq 4 ] || fail "time answers $answered bytes"
answer daytime 64
expect_match "$tmp/stdout" '^[A-Z][a-z]+day, [A-Z][a-z]+ [0-9]+, [0-9]+ [0-9:]{8}-UTC'
for length in 1 74 512; do
  answer chargen $length
  [ "$answered" -eq $length ] || fail "chargen answers $answered bytes to $length"
done
answer chargen 600
[ "$answered" -eq 512 ] || fail "chargen answers $answered bytes to 600"
answer reflect 1000
expect_json ".transport == \"udp\" and .peer.address == \"127.0.0.1\" and .tcp == null
  and .local.address == \"127.0.0.1\" and .local.port == $(echod_port udp reflect)
  and .hop_limit == 64 and .dscp == 0 and .ecn == 0"
[ "$answered" -le 1000 ] || fail "reflect answers $answered bytes to 1000"
# A worker counts an answer after the client may have it.
all_left() {
  status | jq -e '.totals | .datagrams_received == 7 and .datagrams_sent == 7'
}
wait_until 10 all_left

# Too short for its answer: dropped, and counted.
expect_exit 0 udp send 127.0.0.1 "$(echod_port udp time)" 3
expect_exit 0 udp send 127.0.0.1 "$(echod_port udp daytime)" 3
expect_exit 0 udp send 127.0.0.1 "$(echod_port udp reflect)" 3
wait_until 10 short 9

# Discard answers nothing, which is no drop.
expect_exit 0 udp send 127.0.0.1 "$(echod_port udp discard)" 5
discarded() {
  status | jq -e '.listeners[] | select(.name == "discard") | .datagrams_received == 5
    and .received_bytes == 5 and .datagrams_sent == 0 and .datagrams_dropped == 0' >/dev/null
}
wait_until 10 discarded

# A message is one whole request; one that is wrong, or whose answer would be longer, brings none.
cat >"$tmp/message.py" <<'PY'
import json, socket, sys
sys.path.insert(0, sys.argv[1])
import framed, io
s = socket.socket(type=socket.SOCK_DGRAM)
s.settimeout(60)
s.connect(("127.0.0.1", int(sys.argv[2])))
ring = json.dumps({"action": "search", "value": "ring"}).encode()
s.send(framed.frame(ring))  # the answer is longer
s.send(framed.frame(ring, padding=" " * 100)[:-1])
s.send(framed.frame(b"{}", padding=" " * 100))
s.send(framed.frame(b"0123456789abc", "binary/x", "binary", padding=" " * 100))
assert framed.receive(io.BytesIO(s.recv(65536)))[1] == b"First 10 bytes of request: 0123456789"
s.send(framed.frame(ring, padding=" " * 100))
assert framed.receive(io.BytesIO(s.recv(65536)))[1] == {"result": framed.WORDS["ring"]}
PY
expect_exit 0 env PYTHONDONTWRITEBYTECODE=1 python3 "$tmp/message.py" "$top_srcdir/tests/system" \
  "$(echod_port udp message)"
wait_until 10 short 12

# Lifted, one byte is enough.
answer loud_time 1
[ "$answered" -eq 4 ] || fail "time answers $answered bytes"
answer loud_daytime 1
[ "$answered" -gt 20 ] || fail "daytime answers $answered bytes"
answer loud_chargen 1
[ "$answered" -eq 512 ] || fail "chargen answers $answered bytes"
answer loud_reflect 1
[ "$answered" -gt 100 ] || fail "reflect answers $answered bytes"
stop_echod
