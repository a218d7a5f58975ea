#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# reflect tells what the network did: addresses, and hop limit and traffic class as they arrived.

. "${top_srcdir:-.}/tests/system/lib.sh"
need python3
case $(uname) in Linux) ;; *) skip "what the kernel tells is only known of Linux" ;; esac

cat >"$tmp/reflect.conf" <<'CONF'
listeners = {
  four = { address = "127.0.0.1"; port = 0; service = "reflect"; };
  six = { address = "::1"; port = 0; service = "reflect"; };
};
CONF
endpoints=2
if ! ipv6_works; then
  endpoints=1
  sed -i '/six/d' "$tmp/reflect.conf"
fi
start_echod -n "$endpoints" --workers 1 --config "$tmp/reflect.conf"
cat >"$tmp/ask.py" <<'PY'
import json, socket, sys
host, port = sys.argv[1], int(sys.argv[2])
six = ":" in host
s = socket.socket(socket.AF_INET6 if six else socket.AF_INET)
level = socket.IPPROTO_IPV6 if six else socket.IPPROTO_IP
s.setsockopt(level, socket.IPV6_UNICAST_HOPS if six else socket.IP_TTL, 17)
s.setsockopt(level, socket.IPV6_TCLASS if six else socket.IP_TOS, 46 << 2)
s.settimeout(20)
s.connect((host, port))
s.sendall(b"what do you see?\n")
text = b""
while part := s.recv(65536):
    text += part
answer = json.loads(text)
assert text.endswith(b"\n") and text.count(b"\n") == 1, text
assert answer["transport"] == "tcp", answer
assert answer["peer"] == {"address": host, "port": s.getsockname()[1]}, answer
assert answer["local"] == {"address": host, "port": port}, answer
assert answer["hop_limit"] == 17 and answer["dscp"] == 46 and answer["ecn"] == 0, answer
tcp = answer["tcp"]
assert tcp["round_trip_ns"] > 0 and tcp["send_mss_bytes"] > 500, answer
assert tcp["retransmissions"] == 0 and tcp["send_window_scale"] >= 0, answer
PY
expect_exit 0 python3 "$tmp/ask.py" 127.0.0.1 "$(echod_port tcp four)"
! ipv6_works || expect_exit 0 python3 "$tmp/ask.py" ::1 "$(echod_port tcp six)"
stop_echod
