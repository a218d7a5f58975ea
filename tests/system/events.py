# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
"""WatchEvents and WatchStatus, as events.sh says: CONFIG PORT MULTICONN."""

import os
import signal
import socket
import subprocess
import sys

from control import Control, expect_refused, wait_until

CONFIG, PORT, MULTICONN = sys.argv[1], int(sys.argv[2]), sys.argv[3]
MANY = 1500  # what is told of so many is less than a client may leave unread
NOTHING = dict.fromkeys(["listener", "id", "peer", "proxied_peer", "reason", "message", "age_ms",
                         "received_bytes", "sent_bytes"])


class Subscriber:
    def __init__(self, *kinds):
        self.control = Control()
        self.control.send("WatchEvents", more=True, kinds=list(kinds) or None)
        assert self.reply() == {"event": None, "lost": 0}

    def reply(self):
        reply = self.control.receive()
        assert reply["continues"]
        return reply["parameters"]

    def event(self, kind):
        reply = self.reply()
        assert reply["lost"] == 0 and reply["event"]["kind"] == kind, reply
        return reply["event"]

    def end(self):
        self.control.socket.close()


def connect(address="127.0.0.1"):
    s = socket.create_connection(("127.0.0.1", PORT), 30, (address, 0))
    return s, "%s:%d" % s.getsockname()


def test_connection():
    everything, refusals = Subscriber(), Subscriber("refused")
    s, peer = connect()
    opened = everything.event("open")
    assert opened["peer"] == peer and opened["listener"] == "echo" and opened["id"] > 0, opened
    assert opened["reason"] is None and opened["received_bytes"] is None, opened
    s.sendall(b"12345")
    assert s.recv(100) == b"12345"
    s.close()
    closed = everything.event("close")
    assert (closed["id"], closed["peer"], closed["reason"]) == (opened["id"], peer, "peer"), closed
    assert (closed["received_bytes"], closed["sent_bytes"]) == (5, 5), closed
    assert closed["age_ms"] >= 0 and opened["time_ms"] <= closed["time_ms"], closed
    s, peer = connect("127.0.0.9")
    for subscriber in everything, refusals:
        refused = subscriber.event("refused")
        assert (refused["peer"], refused["reason"], refused["id"]) == (peer, "acl", None), refused
    s.close()
    refusals.end()
    return everything


def fail_to_reload(control):
    with open(CONFIG) as file:
        good = file.read()
    with open(CONFIG, "w") as file:
        file.write("nonsense = 1;\n" + good)
    expect_refused("ConfigInvalid", {"errors": [{"file": CONFIG, "line": 1,
                   "message": "nonsense: unknown key"}]}, control.call, "Reload")
    with open(CONFIG, "w") as file:
        file.write(good)


def test_reload_and_death(everything):
    control = Control()
    generation = control.call("Reload")["generation"]
    event = everything.event("reload")
    assert {**NOTHING, "reason": "ok", "message": f"generation {generation}"}.items() <= event.items()
    fail_to_reload(control)
    event = everything.event("reload")
    assert event["reason"] == "failed" and "unknown key" in event["message"], event
    pid = control.call("GetStatus")["workers"][0]["pid"]
    os.kill(pid, signal.SIGKILL)
    event = everything.event("worker_died")
    assert (event["worker"], event["reason"]) == (0, "signal 9"), event
    assert event["message"] == "0 connections lost", event
    # A worker that comes now tells as well.
    wait_until(lambda: control.call("GetStatus")["workers"][0]["state"] == "running")
    connect()[0].close()
    everything.event("open")
    everything.event("close")
    everything.end()


def test_beginning():
    """Nothing is told to one who is not told of everything yet: a worker hangs, and does not know of him."""
    watcher, late, control = Subscriber("reload"), Control(), Control()
    pid = control.call("GetStatus")["workers"][0]["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        late.send("WatchEvents", more=True, kinds=["reload", "open"])
        fail_to_reload(control)
        watcher.event("reload")
    finally:
        os.kill(pid, signal.SIGCONT)
    assert late.receive()["parameters"] == {"event": None, "lost": 0}
    late.socket.close()
    watcher.end()


def switches(pid):
    with open(f"/proc/{pid}/status") as file:
        return int(next(line for line in file if line.startswith("voluntary_ctxt")).split()[1])


def is_asleep(pid):
    with open(f"/proc/{pid}/status") as file:
        return next(line for line in file if line.startswith("State:")).split()[1] == "S"


def test_idle():
    """Nobody is told of what nobody wants: the master sleeps through it."""
    control = Control()
    status = control.call("GetStatus")
    accepted = status["totals"]["accepted"]
    wait_until(lambda: control.call("GetStatus")["control"]["clients"] == 1)
    wait_until(lambda: is_asleep(status["pid"]))
    before = switches(status["pid"])
    subprocess.run([MULTICONN, "-q", "127.0.0.1", str(PORT), "100"], check=True)
    assert switches(status["pid"]) - before <= 2, "the master was woken"
    assert control.call("GetStatus")["totals"]["accepted"] == accepted + 100


def test_flood():
    """One reads, one does not: the first misses nothing untold, the other is dropped."""
    reader, silent, control = Subscriber("open", "close"), Subscriber("open", "close"), Control()
    dropped = control.call("GetStatus")["control"]["dropped"]
    ids, seen, lost, expected = {"open": set(), "close": set()}, 0, 0, 0

    def take():
        nonlocal seen, lost
        reply = reader.reply()
        event = reply["event"]
        seen, lost = seen + 1, lost + reply["lost"]
        assert event["id"] not in ids[event["kind"]], event
        ids[event["kind"]].add(event["id"])

    # Until the silent one is too far behind: events that are lost do not wait for it.
    for _ in range(20):
        process = subprocess.Popen([MULTICONN, "-q", "127.0.0.1", str(PORT), str(MANY)])
        expected += 2 * MANY
        while process.poll() is None or reader.control.has_more():
            if reader.control.has_more():
                take()
        assert process.returncode == 0
        if control.call("GetStatus")["control"]["dropped"] > dropped:
            break
    # What was lost is told with the next event, and each worker has its own way to us.
    for _ in range(100):
        connect()[0].close()
        expected += 2
        while reader.control.has_more():
            take()
        if seen + lost == expected:
            break
    assert seen + lost == expected, (seen, lost, expected)
    assert control.call("GetStatus")["control"]["dropped"] == dropped + 1
    reader.end()
    silent.end()


def test_status():
    watcher, control = Control(), Control()
    watcher.send("WatchStatus", more=True, interval_ms=100)
    first = watcher.receive()["parameters"]
    connect()[0].close()
    accepted = first["totals"]["accepted"] + 1
    wait_until(lambda: watcher.receive()["parameters"]["totals"]["accepted"] == accepted)
    watcher.socket.close()
    for wrong in 99, 3600001, -1:
        expect_refused("InvalidParameter", {"parameter": "interval_ms"}, list,
                       control.replies("WatchStatus", interval_ms=wrong))
    for wrong in ["open", "shut"], [1], []:
        expect_refused("InvalidParameter", {"parameter": "kinds"}, list,
                       control.replies("WatchEvents", kinds=wrong))
    for method in "WatchStatus", "WatchEvents":
        expect_refused("ExpectedMore", {}, control.call, method)


test_reload_and_death(test_connection())
test_beginning()
test_idle()
test_flood()
test_status()
