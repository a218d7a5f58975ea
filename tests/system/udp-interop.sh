#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# Programs that others wrote, over UDP: what socat and netcat send comes back to them byte for byte.

. "${top_srcdir:-.}/tests/system/lib.sh"
if ! command -v socat >/dev/null && ! command -v nc >/dev/null; then
  skip "needs socat or nc"
fi

cat >"$tmp/a.conf" <<'CONF'
listeners = { echo = { address = "127.0.0.1"; port = 0; transport = "udp"; }; };
CONF
start_echod --config "$tmp/a.conf"
port=$(echod_port udp)
head -c 65000 /dev/urandom >"$tmp/random"

# comes_back COMMAND...: whole. None of them knows when the last answer has come: they wait a second
# for it, which on a loaded machine need not be enough each time.
comes_back() {
  for _ in 1 2 3; do
    "$@" <"$tmp/random" >"$tmp/back"
    ! cmp "$tmp/random" "$tmp/back" || return 0
  done
  fail "not what was sent: $*"
}
if command -v socat >/dev/null; then
  comes_back socat -t 1 -b 8192 - "UDP4:127.0.0.1:$port"
  comes_back socat -t 1 -b 65507 - "UDP4:127.0.0.1:$port"
fi
if command -v nc >/dev/null; then
  comes_back nc -u -w 1 127.0.0.1 "$port"
fi
# A worker counts an answer after the client may have it.
all_left() {
  status | jq -e '.totals.received_bytes == .totals.sent_bytes'
}
wait_until 10 all_left
stop_echod
