# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
"""python3 connections.py TCP-PORT PROXIED-PORT UNIX-PATH: makes connections of which it knows
everything, and holds the daemon's lists of them against that."""

import socket
import sys
import time

from control import Control, expect_refused, wait_until

tcp_port, proxied_port, unix_path = sys.argv[1:]
control = Control()
ORDERS = {
    "id": lambda row: row["id"],
    "received": lambda row: (-row["received_bytes"], row["id"]),
    "sent": lambda row: (-row["sent_bytes"], row["id"]),
    "bytes": lambda row: (-row["received_bytes"] - row["sent_bytes"], row["id"]),
    "pending": lambda row: (-row["pending_bytes"], row["id"]),
}


def tcp(port, source="127.0.0.1"):
    s = socket.create_connection(("127.0.0.1", int(port)), 30, (source, 0))
    return s


def echo(s, n):
    s.sendall(b"x" * n)
    while n > 0:
        n -= len(s.recv(n))


def name(s):
    return "%s:%d" % s.getsockname()


def ids(rows):
    return [row["id"] for row in rows]


def expect_peers(connections, **filters):
    rows = control.stream(filter=filters)
    assert sorted(row["peer"] for row in rows) == sorted(name(c) for c in connections), filters
    assert ids(control.pages(filter=filters)) == ids(rows), filters


def expect_wrong(parameter, method="ListConnections", **parameters):
    expect_refused("InvalidParameter", {"parameter": parameter}, control.call, method, **parameters)


# Of each kind some, and every number is told as it is.
assert control.call("ListConnections") == {"connections": [], "cursor": None}
plain = [tcp(tcp_port) for _ in range(20)]
other = [tcp(tcp_port, "127.0.1.9") for _ in range(3)]
for i, s in enumerate(plain + other):
    echo(s, 1 + i % 7)
echo(plain[4], 100000)
local = socket.socket(socket.AF_UNIX)
local.connect(unix_path)
echo(local, 5)
proxied = tcp(proxied_port)
proxied.sendall(b"PROXY TCP4 192.0.2.7 127.0.0.1 4711 7\r\n")
echo(proxied, 9)
waiting = tcp(proxied_port)  # its header is still to come: it is none yet

rows = control.stream()
assert len(rows) == 25 and len(set(ids(rows))) == 25
assert ids(control.pages()) == ids(rows)
assert ids(control.pages(limit=3)) == ids(rows)
by_peer = {row["peer"]: row for row in rows}
row = by_peer[name(plain[4])]
assert row["received_bytes"] == row["sent_bytes"] == 100005 and row["pending_bytes"] == 0
assert (row["listener"], row["service"], row["transport"]) == ("echo", "echo", "tcp")
assert row["state"] == "open" and row["local"] == "127.0.0.1:" + tcp_port
assert row["worker"] == row["id"] >> 40 and row["proxied_peer"] is None and row["tcp"] is None
assert row["age_ms"] >= row["idle_ms"] >= 0
row = by_peer["unix"]
assert (row["transport"], row["local"], row["received_bytes"]) == ("unix", unix_path, 5)
row = by_peer[name(proxied)]
assert row["proxied_peer"] == "192.0.2.7:4711" and row["received_bytes"] == 9

# One of them, and with what the kernel knows.
one = control.call("GetConnection", id=by_peer[name(plain[4])]["id"])["connection"]
assert one["peer"] == name(plain[4])
assert one["tcp"]["round_trip_us"] > 0 and one["tcp"]["send_mss_bytes"] > 0
one_id = one["id"]


def all_is_acknowledged():
    side = control.call("GetConnection", id=one_id)["connection"]["tcp"]
    return side["receive_queue_bytes"] == side["send_queue_bytes"] == 0


wait_until(all_is_acknowledged)
assert control.call("GetConnection", id=by_peer["unix"]["id"])["connection"]["tcp"] is None
assert all(row["tcp"] for row in control.stream(tcp=True, filter={"transport": "tcp"}))
for none in (0, -1, 2**41 - 1, 2**52, 999 << 40):
    expect_refused("NoSuchConnection", {"id": none}, control.call, "GetConnection", id=none)
expect_wrong("id", "GetConnection", id="1")

# Filters, one by one and together.
expect_peers(plain + other, listener="echo")
expect_peers([], listener="none")
expect_peers(other, source="127.0.1.0/24")
expect_peers(plain, source="127.0.0.1", listener="echo")
expect_peers([proxied], source="192.0.2.0/24")
expect_peers([], source="2001:db8::/32")
expect_peers([plain[4]], min_bytes=200010)
expect_peers([], min_bytes=200011)
expect_peers(plain + other + [proxied], transport="tcp", service="echo", state="open")
expect_peers([], service="discard")
expect_peers([], state="lingering")
assert len(control.stream(filter={"transport": "unix"})) == 1
assert len(control.stream(filter={"min_age_ms": 0, "min_idle_ms": None})) == 25
assert control.stream(filter={"min_age_ms": 3600000}) == []


def all_but_one_are_quiet():
    echo(plain[7], 1)
    quiet = [row["peer"] for row in control.stream(filter={"min_idle_ms": 300, "transport": "tcp"})]
    return len(quiet) == 23 and name(plain[7]) not in quiet


wait_until(all_but_one_are_quiet)
for field, value in (("source", "127.0.0.1/8"), ("source", "here"), ("source", 1), ("state", "done"),
                     ("service", "ehco"), ("transport", "udp"), ("min_idle_ms", -1),
                     ("min_age_ms", "1"), ("min_bytes", 1.5), ("listener", [])):
    expect_wrong("filter." + field, filter={field: value})
expect_wrong("filter", filter={"form": "127.0.0.0/8"})
expect_wrong("filter", filter="")
for cursor in ("", "p", "p0", "p0.", "p0.1x", "k1.1", "p-1.0", "p0.-1", "q0.0"):
    expect_wrong("cursor", cursor=cursor)
expect_wrong("cursor", cursor="p0.0", sort="id")
expect_wrong("limit", limit=0)
expect_wrong("sort", sort="colour")

# Orders, in one stream, in pages of any size, and turned round.
for order, key in ORDERS.items():
    sorted_ids = ids(sorted(control.stream(), key=key))
    assert ids(control.stream(sort=order)) == sorted_ids, order
    assert ids(control.pages(sort=order, limit=4)) == sorted_ids, order
    assert ids(control.stream(sort=order, limit=5)) == sorted_ids[:5], order
    assert ids(control.stream(sort=order, reverse=True)) == sorted_ids[::-1], order
# Each worker has its own moment between call and answer to say how old they are.
began = time.monotonic()
ages = [row["age_ms"] for row in control.stream(sort="age")]
took_ms = (time.monotonic() - began) * 1000 + 1
assert all(a >= b - took_ms for a, b in zip(ages, ages[1:])) and len(ages) == 25
assert control.stream(sort="idle")[-1]["peer"] == name(plain[7])
assert control.stream(sort="idle", reverse=True)[0]["peer"] == name(plain[7])

# Pages while connections come and go: who is there all the time is listed once.
steady = set(ids(control.stream(filter={"transport": "tcp"})))
seen, cursor = [], None
while True:
    passing = [tcp(tcp_port) for _ in range(8)]
    page = control.call("ListConnections", limit=5, cursor=cursor)
    seen += [row["id"] for row in page["connections"]]
    cursor = page["cursor"]
    for s in passing[::2]:
        s.close()
    if cursor is None:
        break
    passing = passing[1::2]
assert len(seen) == len(set(seen)) and steady <= set(seen)
for s in passing:
    s.close()
wait_until(lambda: len(control.stream()) == 25)

# The end: by id, by what it is, and without doing it.
wanted = [by_peer[name(s)]["id"] for s in plain[:3]]
answer = control.call("CloseConnections", ids=wanted + [77777, 1 << 50], dry_run=True)
assert answer == {"closed": 3, "missing": [77777, 1 << 50]}
assert len(control.stream()) == 25
answer = control.call("CloseConnections", ids=wanted + [77777])
assert answer == {"closed": 3, "missing": [77777]}
assert control.call("CloseConnections", ids=wanted, now=True) == {"closed": 0, "missing": wanted}
for s in plain[:3]:
    assert s.recv(1) == b""
    s.close()
assert control.call("CloseConnections", ids=wanted) == {"closed": 0, "missing": wanted}
source = {"source": "127.0.1.0/24"}
assert control.call("CloseConnections", filter=source, dry_run=True)["closed"] == 3
assert control.call("CloseConnections", filter=source)["closed"] == 3
for s in other:
    assert s.recv(1) == b""
    s.close()
assert control.call("CloseConnections", filter={"min_idle_ms": 3600000})["closed"] == 0
expect_wrong("filter", "CloseConnections")
expect_wrong("filter", "CloseConnections", ids=[1], filter={})
expect_wrong("filter.source", "CloseConnections", filter={"source": "127.0.0.1/8"})
expect_wrong("ids", "CloseConnections", ids=["1"])
expect_wrong("ids", "CloseConnections", ids=1)

# One that takes nothing is only waited for, until what is unsent is given up.
stuck = tcp(tcp_port)
stuck.setblocking(False)
is_stuck = {"source": "127.0.0.1", "min_bytes": 1000000}
try:
    while not [row for row in control.stream(filter=is_stuck) if row["pending_bytes"]]:
        stuck.send(b"y" * 65536)
except BlockingIOError:
    wait_until(lambda: [r for r in control.stream(filter=is_stuck) if r["pending_bytes"]])
assert control.stream(sort="pending", limit=1)[0]["peer"] == name(stuck)
tcp_side = control.stream(filter=is_stuck, tcp=True)[0]["tcp"]
assert tcp_side["send_queue_bytes"] > 0
assert control.call("CloseConnections", filter=is_stuck)["closed"] == 1
assert control.stream(filter=is_stuck)[0]["state"] == "flushing"
assert control.call("CloseConnections", filter=is_stuck)["closed"] == 0
assert control.call("CloseConnections", filter=is_stuck, now=True)["closed"] == 1
wait_until(lambda: not [r for r in control.stream(filter=is_stuck) if r["pending_bytes"]])
stuck.close()

# Clients of the other address family, and those that are of both.
six = tcp(proxied_port)
six.sendall(b"PROXY TCP6 2001:db8::7 2001:db8::1 4711 7\r\n")
echo(six, 9)
mapped = tcp(proxied_port)
mapped.sendall(b"PROXY TCP6 ::ffff:192.0.2.8 ::ffff:127.0.0.1 4711 7\r\n")
echo(mapped, 9)
expect_peers([six], source="2001:db8::/32")
expect_peers([six], source="2001:db8::7")
expect_peers([six], source="::/0", listener="proxied")
expect_peers([proxied, mapped], source="192.0.2.0/24")
expect_peers([mapped], source="192.0.2.8")
expect_peers([mapped], source="::ffff:192.0.2.8/128")

left = control.call("CloseConnections", filter={})["closed"]
assert left == 21, left
wait_until(lambda: control.stream() == [])
assert len(control.call("ListListeners")["listeners"]) == 3
waiting.close()
