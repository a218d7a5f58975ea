# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
"""python3 connections-many.py TCP-PORT COUNT ECHOCTL SLACK-MIB: lists of very many connections:
complete, paced by who reads, in bounded memory at both ends, with echoes in between; and with all
who may stop half-way."""

import fcntl
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import termios

from control import Control, expect_refused, wait_until

port, count, echoctl = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
PAGE = 256
SLACK_KIB = int(sys.argv[4]) * 1024
PIPE_BYTES = 65536
ROW_BYTES = 70  # at least, as text or CSV
control = Control()
status = control.call("GetStatus")
master, workers = status["pid"], [w["pid"] for w in status["workers"]]


def peak_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int([line for line in file if line.startswith("VmHWM")][0].split()[1])


def run(length, *arguments):
    """Its output, and the peak of its memory in KiB, seen when it cannot yet have written the last
    of the output, which is at least so long: that does not fit into the pipe."""
    with subprocess.Popen([echoctl, *arguments], stdout=subprocess.PIPE) as process:
        out = process.stdout.read(length - PIPE_BYTES)
        kib = peak_kib(process.pid)
        out += process.stdout.read()
    assert process.returncode == 0
    control.call("Ping")  # or it would be sent away for being idle, where all of it takes a minute
    return out, kib


def ids_of(replies):
    return [row["id"] for reply in replies for row in reply["connections"]]


def rest_of(client):
    """The parameters of the replies that a stream still has."""
    while True:
        reply = client.receive()
        yield reply["parameters"]
        if not reply.get("continues"):
            return


def not_read_by_the_daemon(client):
    return struct.unpack("i", fcntl.ioctl(client.socket, termios.TIOCOUTQ, bytes(4)))[0]


def expect_all(ids, n=count):
    assert len(ids) == len(set(ids)) == n, (len(ids), len(set(ids)), n)


# First what memory it takes to answer a page; then all pages take little more.
control.call("ListConnections", sort="id", tcp=True)
before = {pid: peak_kib(pid) for pid in [master, *workers]}
_, small_kib = run(2 * PAGE * ROW_BYTES * 2, "--json", "connections", "--limit", str(2 * PAGE))

# An echo goes back and forth on the same workers while the pages come.
ping = [socket.create_connection(("127.0.0.1", port)) for _ in range(8)]
for s in ping:
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    s.sendall(b"x")
stream = Control()
stream.send("ListConnections", more=True)
pages, echoes, last = [], 0, False
while not last:
    ready, _, _ = select.select([stream.socket, *ping], [], [], 30)
    assert ready, "nothing came"
    for s in ready:
        if s is not stream.socket:
            assert s.recv(1) == b"x"
            s.sendall(b"x")
            echoes += 1
    if stream.socket in ready:
        reply = stream.receive()
        while True:
            pages.append(reply["parameters"])
            last = not reply.get("continues")
            if b"\0" not in stream.bytes:
                break
            reply = stream.receive()
for s in [*ping, stream.socket]:
    s.close()
assert all(len(page["connections"]) <= PAGE for page in pages)
assert len(pages) >= count // PAGE and echoes >= len(pages) // 4, (len(pages), echoes)
wait_until(lambda: control.call("GetStatus")["totals"]["active"] == count)

# Complete in every way of asking, and by echoctl in each form.
ids = ids_of(control.replies("ListConnections"))
expect_all(ids)
ordered = ids_of(control.replies("ListConnections", sort="id", reverse=True))
assert ordered == sorted(ids, reverse=True)
out, big_kib = run(2 * count * ROW_BYTES, "--json", "connections")
expect_all([row["id"] for row in json.loads(out)["connections"]])
for form in ([], ["--csv", "--sort", "age"]):
    out, kib = run(count * ROW_BYTES, "connections", "-H", *form)
    assert out.count(b"\n") == count
    big_kib = max(big_kib, kib)
assert big_kib - small_kib < SLACK_KIB, (small_kib, big_kib)

# Who reads nothing holds up nobody, and gets the rest when it reads on.
slow = Control()
slow.send("ListConnections", more=True)
first = slow.receive()
leaver = Control()
leaver.send("ListConnections", more=True, sort="id")
leaver.receive()
expect_all(ids_of(control.replies("ListConnections")))
assert control.call("GetStatus")["control"]["clients"] == 3
leaver.socket.close()
wait_until(lambda: control.call("GetStatus")["control"]["clients"] == 2)
expect_all(ids_of([first["parameters"], *rest_of(slow)]))

# A list that waits behind other answers, which are still to be read, is as whole.
for n in range(1, 6):
    slow.send("ListConnections", more=True, limit=n * PAGE)
    slow.send("ListConnections", more=True, limit=8 * PAGE)
    control.call("ListConnections", tcp=True)  # by then there is no room for the end of the first
    expect_all(ids_of(rest_of(slow)), n * PAGE)
    expect_all(ids_of(rest_of(slow)), 8 * PAGE)

os.kill(workers[0], signal.SIGSTOP)
for _ in range(200):
    slow.send("GetStatus")
slow.send("ListConnections", more=True)
wait_until(lambda: not_read_by_the_daemon(slow) == 0)
for _ in range(200):
    slow.receive()  # the last is taken while the list waits for its first rows
os.kill(workers[0], signal.SIGCONT)
expect_all(ids_of(rest_of(slow)))

for pid, kib in before.items():
    grown = peak_kib(pid) - kib
    assert grown < SLACK_KIB, f"process {pid} has grown by {grown} KiB"

# One call ends many, and counts them first.
assert control.call("CloseConnections", filter={}, dry_run=True)["closed"] == count

# A worker that dies in the middle of a list takes its rows along, and no others: while its answer is
# awaited, and while nothing is asked because the client does not read.
ids = ids_of(control.replies("ListConnections"))
for victim, stopped in ((1, True), (2, False)):
    slow = Control()
    if stopped:
        os.kill(workers[victim], signal.SIGSTOP)
    slow.send("ListConnections", more=True)
    seen = [slow.receive()["parameters"]]
    while stopped and len(seen) < len([i for i in ids if i >> 40 == 0]) // PAGE:
        seen.append(slow.receive()["parameters"])
    os.kill(workers[victim], signal.SIGKILL)
    wait_until(lambda: control.call("GetStatus")["totals"]["worker_restarts"] == victim)
    seen = ids_of([*seen, *rest_of(slow)])
    of_others = [i for i in ids if i >> 40 != victim]
    assert [i for i in seen if i >> 40 != victim] == of_others
    ids = of_others
expect_all(ids_of(control.replies("ListConnections")), len(of_others))
expect_refused("NoSuchConnection", {"id": (1 << 40) + 1}, control.call, "GetConnection",
               id=(1 << 40) + 1)

assert control.call("CloseConnections", filter={})["closed"] == len(of_others)
wait_until(lambda: control.call("GetStatus")["totals"]["active"] == 0)

# Whoever is busy moves to the end of the least idle ones again and again, and yet the list ends.
busy = [socket.create_connection(("127.0.0.1", port)) for _ in range(4 * PAGE)]
wait_until(lambda: control.call("GetStatus")["totals"]["active"] == len(busy))
rows = []
for reply in control.replies("ListConnections", sort="idle"):
    rows += ids_of([reply])
    assert len(rows) <= len(busy), "a list without end"
    for s in busy:
        s.sendall(b"x")
    for s in busy:
        assert s.recv(1) == b"x"
assert len(rows) == len(busy), len(rows)
print(f"{len(pages)} pages, {echoes} echoes meanwhile; echoctl {small_kib} and {big_kib} KiB")
