# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
"""A client of the control socket made of the standard library, for tests: it speaks NUL mode, and
keeps the replies, each method's first megabytes of them, where lib.sh holds them against the
interface."""

import json
import os
import select
import socket
import time

WAIT_S = 30
KEPT_BYTES = 2 << 20


class Refused(Exception):
    """An error of the daemon: its name without the interface, and its parameters."""

    def __init__(self, error, parameters):
        super().__init__(error, parameters)
        self.error, self.parameters = error.rsplit(".", 1)[1], parameters


class Control:
    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(WAIT_S)
        self.socket.connect(os.environ["ECHOD_SOCKET"])
        self.bytes, self.method = b"", None

    def send(self, method, more=False, **parameters):
        self.method = method
        call = {"method": "echod.Control." + method, "parameters": parameters, "more": more}
        self.socket.sendall(json.dumps(call).encode() + b"\0")

    def has_more(self):
        """Whether something comes, or came, within a moment."""
        return b"\0" in self.bytes or bool(select.select([self.socket], [], [], 0.1)[0])

    def keep(self, text):
        with open(f"{os.environ['ECHOD_REPLIES']}.{self.method}", "ab") as file:
            if file.tell() < KEPT_BYTES:
                file.write(text + b"\n")

    def receive(self):
        while b"\0" not in self.bytes:
            piece = self.socket.recv(65536)
            if not piece:
                raise EOFError("the daemon closed the connection")
            self.bytes += piece
        text, self.bytes = self.bytes.split(b"\0", 1)
        self.keep(text)
        reply = json.loads(text)
        if "error" in reply:
            raise Refused(reply["error"], reply["parameters"])
        return reply

    def call(self, method, **parameters):
        self.send(method, **parameters)
        return self.receive()["parameters"]

    def replies(self, method, **parameters):
        """The parameters of each reply of a call with "more"."""
        self.send(method, more=True, **parameters)
        while True:
            reply = self.receive()
            yield reply["parameters"]
            if not reply.get("continues"):
                return

    def stream(self, **parameters):
        return [row for p in self.replies("ListConnections", **parameters)
                for row in p["connections"]]

    def pages(self, **parameters):
        rows, cursor = [], None
        while True:
            page = self.call("ListConnections", cursor=cursor, **parameters)
            rows += page["connections"]
            cursor = page["cursor"]
            if cursor is None:
                return rows


def wait_until(what):
    deadline = time.monotonic() + WAIT_S
    while not what():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def expect_refused(error, parameters, what, *args, **kwargs):
    try:
        what(*args, **kwargs)
    except Refused as r:
        assert (r.error, r.parameters) == (error, parameters), r
        return
    raise AssertionError(f"not refused: {args} {kwargs}")
