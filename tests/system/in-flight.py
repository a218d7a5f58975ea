# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
"""python3 in-flight.py TCP-PORT: a client for each method of the interface, all at once, while a worker
hangs. What needs no worker is answered meanwhile, and the rest when the worker goes on; or nobody is
there any more to be answered."""

import os
import select
import signal
import socket
import sys

from control import Control, wait_until

port = int(sys.argv[1])
control = Control()
workers = [w["pid"] for w in control.call("GetStatus")["workers"]]


def connections_of(worker):
    return [row for row in control.stream() if row["worker"] == worker]


# Some on each worker.
clients = {}
while not (connections_of(0) and connections_of(1)):
    s = socket.create_connection(("127.0.0.1", port))
    s.sendall(b"x")
    assert s.recv(1) == b"x"
    clients["%s:%d" % s.getsockname()] = s
of_hanging = connections_of(1)[0]["id"]
served = clients[connections_of(0)[0]["peer"]]

ALONE = {  # the master answers these by itself
    "Ping": {},
    "GetStatus": {},
    "GetConfig": {},
    "GetMetrics": {},
    "GetRefusals": {},
    "ListListeners": {},
    "TestAcl": {"listener": "echo", "address": "::1"},
    "WatchStatus": {"more": True},
}
ASKED = {  # for these it asks the workers
    "Drain": {},
    "Resume": {},
    "ListConnections": {"more": True},
    "GetConnection": {"id": of_hanging},
    "CloseConnections": {"filter": {"listener": "none"}},
    "SetLogLevel": {"level": "info"},
    "ReopenLogs": {},
    "Reload": {},
    "WatchEvents": {"more": True},
}
# Every other method of the interface would not have been tried.
control.socket.sendall(b'{"method":"org.varlink.service.GetInterfaceDescription",'
                       b'"parameters":{"interface":"echod.Control"}}\0')
control.method = "interface"
text = control.receive()["parameters"]["description"]
os.remove(os.environ["ECHOD_REPLIES"] + ".interface")
methods = {line.split()[1].split("(")[0] for line in text.split("\n") if line.startswith("method ")}
assert methods == {*ALONE, *ASKED, "Stop"}, methods ^ {*ALONE, *ASKED, "Stop"}


def begin(calls):
    begun = {}
    for method, parameters in calls.items():
        begun[method] = Control()
        begun[method].send(method, **parameters)
    return begun


def expect_all_well():
    assert control.call("Ping") == {}
    served.sendall(b"y")
    assert served.recv(1) == b"y"


def is_quiet():
    return control.call("GetStatus")["control"]["clients"] == 1


for leave in (False, True):
    os.kill(workers[1], signal.SIGSTOP)
    waiting = begin(ASKED)
    for client in begin(ALONE).values():
        client.receive()
        client.socket.close()
    expect_all_well()
    for client in waiting.values():
        if leave:
            client.socket.close()
    if leave:
        wait_until(is_quiet)
    else:
        ready, _, _ = select.select([client.socket for client in waiting.values()], [], [], 0.1)
        assert not ready, "answered without the worker"
    os.kill(workers[1], signal.SIGCONT)
    for method, client in waiting.items():
        if not leave:
            reply = client.receive()["parameters"]
            assert method != "GetConnection" or reply["connection"]["id"] == of_hanging
            client.socket.close()
    wait_until(is_quiet)
    wait_until(lambda: control.call("GetStatus")["state"] == "running")
    expect_all_well()
    assert control.call("GetStatus")["totals"]["worker_restarts"] == 0

# With a call of each of 64 clients under way there is no place for another, until one goes.
control.socket.close()
watchers = []
for _ in range(64):
    watchers.append(Control())
    watchers[-1].send("WatchStatus", more=True, interval_ms=3600000)
    watchers[-1].receive()


def is_served():
    try:
        return Control().call("Ping") == {}
    except (EOFError, ConnectionError):
        return False


assert not is_served()
watchers.pop().socket.close()
wait_until(is_served)
for client in watchers:
    client.socket.close()
control = Control()
wait_until(is_quiet)

# And in the end all of them once more, of whom none holds up a stop.
waiting = begin({**ALONE, **ASKED})
control.call("Stop", now=True)
