# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
"""A client of the HTTP side, as http.sh says: WHAT PORT [ECHO_PORT]."""

import html.parser
import http.client
import os
import select
import socket
import sys
import time

WHAT, PORT = sys.argv[1], int(sys.argv[2])
PATHS = {
    "/": (200, "text/html; charset=utf-8"),
    "/style.css": (200, "text/css; charset=utf-8"),
    "/metrics": (200, "text/plain; version=0.0.4; charset=utf-8"),
    "/healthz": (200, "text/plain; charset=utf-8"),
    "/readyz": (200, "text/plain; charset=utf-8"),
    "/nothing": (404, "text/plain; charset=utf-8"),
    "//metrics": (404, "text/plain; charset=utf-8"),
    "/metrics/": (404, "text/plain; charset=utf-8"),
    "/../metrics": (404, "text/plain; charset=utf-8"),
    "/%6Detrics": (200, "text/plain; version=0.0.4; charset=utf-8"),
}
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; "
                               "form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
WAIT_S = 30


def connect(address="127.0.0.1"):
    return socket.create_connection(("127.0.0.1", PORT), WAIT_S, (address, 0))


def connection():
    return http.client.HTTPConnection("127.0.0.1", PORT, WAIT_S)


def ask(client, method, path, **more):
    client.request(method, path, **more)
    reply = client.getresponse()
    return reply, reply.read()


def read_all(s):
    data = b""
    while part := s.recv(65536):
        data += part
    return data


def raw(request):
    """What one connection answers until it is closed; b"" also when it is reset."""
    with connect() as s:
        try:
            s.sendall(request)
            s.shutdown(socket.SHUT_WR)
            return read_all(s)
        except (ConnectionResetError, BrokenPipeError, OSError) as error:
            assert not isinstance(error, TimeoutError), request
            return b""


def expect_alive():
    reply, body = ask(connection(), "GET", "/healthz")
    assert (reply.status, body) == (200, b"ok\n"), (reply.status, body)


def test_paths():
    client = connection()  # one connection for all of it
    for path, (status, kind) in PATHS.items():
        reply, body = ask(client, "GET", path)
        assert (reply.status, reply.getheader("Content-Type")) == (status, kind), path
        assert int(reply.getheader("Content-Length")) == len(body) > 0, path
        for name, value in HEADERS.items():
            assert reply.getheader(name) == value, (path, name, reply.getheader(name))
        head, nothing = ask(client, "HEAD", path)
        assert (head.status, head.getheader("Content-Type"), nothing) == (status, kind, b""), path
        assert int(head.getheader("Content-Length")) > 0, path
        assert ask(client, "GET", path + "?x=1&y")[0].status == status, path


def test_methods():
    client = connection()
    for method in "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW", "get":
        for path in "/", "/metrics", "/nothing":
            reply, body = ask(client, method, path, body=b"x" * 70000 if method != "TRACE" else None)
            assert (reply.status, reply.getheader("Allow")) == (405, "GET, HEAD"), (method, path)
            assert body == b"Only GET and HEAD.\n", body
    reply, body = ask(client, "GET", "/healthz", body=b"y" * 70000)
    assert (reply.status, body) == (200, b"ok\n")


def test_versions():
    reply = raw(b"GET /healthz HTTP/1.0\r\n\r\n")
    assert reply.startswith(b"HTTP/1.") and b" 200 OK\r\n" in reply and reply.endswith(b"\r\n\r\nok\n")
    with connect() as s:  # the server closes
        s.sendall(b"GET /readyz HTTP/1.0\r\n\r\n")
        assert read_all(s).endswith(b"\r\n\r\nrunning\n")
    with connect() as s:
        s.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        reply = read_all(s)
        assert reply.endswith(b"\r\n\r\nrunning\n") and b"\r\nConnection: close\r\n" in reply
    with connect() as s:  # many at once, answered in their order
        s.sendall(b"".join(b"GET /%s HTTP/1.1\r\nHost: x\r\n%s\r\n" % (path, end) for path, end in (
            (b"healthz", b""), (b"nothing", b""), (b"readyz", b""), (b"style.css", b""),
            (b"healthz", b"Connection: close\r\n"))))
        reply = read_all(s)
        places = [reply.index(text) for text in (
            b"ok\n", b"Nothing is here", b"running\n", b":root")] + [reply.rindex(b"ok\n")]
        assert places == sorted(places) and reply.count(b"HTTP/1.1 200 OK\r\n") == 4, reply


class Page(html.parser.HTMLParser):
    EMPTY = "meta", "link"

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.ids, self.words = [], {}, set(), []
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        assert len(attrs) == len(dict(attrs)), attrs
        self.seen.setdefault(tag, []).append(dict(attrs))
        for name, value in attrs:
            assert not name.startswith("on") and name != "style", (tag, attrs)
            assert "javascript:" not in value, (tag, attrs)
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, (tag, self.open)

    def handle_data(self, data):
        self.words.append(data)


def test_page():
    reply, body = ask(connection(), "GET", "/")
    text = body.decode()
    page = Page(text)
    words = " ".join(" ".join(page.words).split())
    assert text.startswith("<!DOCTYPE html>\n") and page.seen["html"] == [{"lang": "en"}]
    for tag in "script", "style", "img", "iframe", "form", "object", "svg", "b":
        assert tag not in page.seen, tag
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in page.seen["meta"]
    assert [link["href"] for link in page.seen["link"]] == ["style.css"]
    assert [link["href"] for link in page.seen["a"]] == ["./", "metrics"]
    for word in "Traffic", "Listeners", "Workers", "Refusals", "refusing", "<b>&\"'x.sock":
        assert word in words, (word, words)
    assert "Worker 0" in words and "Worker 1" in words and "Worker 2" not in words
    # 7 echoed and 1 refused, before this is run.
    assert "Connections accepted" in words and "Connections refused: 1" in words, words
    assert "Connections ended: 7" in words and "since the start." in words, words
    for _ in range(2):  # the first of these may still be too soon after the start
        time.sleep(1.01)  # that much between two views is an interval of its own
        again = ask(connection(), "GET", "/")[1].decode()
    assert "since an earlier view of this page." in again and ">0/s<" in again, again


GARBAGE = [
    b"", b"\r\n", b"\r\n" * 1000, b"\0" * 5000, b"\xff" * 5000, b"GET / HTTP/1.1\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET\r\n\r\n", b"GET  /  HTTP/1.1  \r\n\r\n",
    b"GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: " + b"h" * 100000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % i for i in range(10000)) + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n" * 50,
    b"GET / HTTP/1.1\r\nHost: x\r\nRange: bytes=0-,1-,2-\r\nUpgrade: websocket\r\n\r\n",
    b"GET /%%%%%%%2%00 HTTP/1.1\r\nHost: x\r\nCookie: " + b"a=b;" * 500 + b"\r\n\r\n",
    b"-- noise --\n" * 2000,
]


# What more may come of, for all that the server knows, until its patience is over.
UNFINISHED = [
    b"", b"G", b"GET", b"GET /", b"GET / HTTP/1.1", b"GET / HTTP/1.1\r", b"HEAD / HTTP/1.1\r\nHost:",
    b"GET /metrics HTTP/1.1\r\nHost: x\r\nX-Folded: a\r\n b\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000000\r\n\r\nx",
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nf\r\nx",
    b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n",
]


class Others:
    """An echo connection and a control client, which must not notice any of it."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), WAIT_S)
        self.control = socket.socket(socket.AF_UNIX)
        self.control.settimeout(WAIT_S)
        self.control.connect(os.environ["ECHOD_SOCKET"])

    def check(self):
        data, got = b"still there? " * 10, b""
        self.socket.sendall(data)
        while len(got) < len(data):
            got += self.socket.recv(len(data))
        assert got == data
        self.control.sendall(b'{"method":"echod.Control.Ping"}\0')
        reply = self.control.recv(1000)
        assert reply == b'{"parameters":{}}\0', reply


def test_garbage(others):
    for request in GARBAGE:
        reply = raw(request)
        assert reply == b"" or reply.startswith(b"HTTP/1."), (request[:60], reply[:60])
        if reply:
            assert reply.split(b" ")[1][:1] in (b"2", b"4", b"5"), (request[:60], reply[:60])
        expect_alive()
        others.check()


def test_crowd(others):
    for i in range(200):
        with connect() as s:
            try:
                if i % 3:
                    s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"[:i])
            except ConnectionError:
                pass  # there were too many already, for a slow machine
        if i % 20 == 0:
            others.check()
    expect_alive_soon()


def expect_alive_soon():
    """Each of those who went without a word may have had a place until now."""
    deadline = time.monotonic() + WAIT_S
    while True:
        try:
            return expect_alive()
        except (ConnectionError, http.client.HTTPException):
            assert time.monotonic() < deadline


def test_slow(others):
    """All places that one address may have, and not one request that ever ends."""
    slow = [connect("127.0.0.2") for _ in range(16)]
    for i, s in enumerate(slow):
        s.sendall(UNFINISHED[i % len(UNFINISHED)])
    with connect("127.0.0.2") as one_more:
        try:
            assert one_more.recv(1) == b""
        except ConnectionResetError:
            pass
    expect_alive()  # others have their places
    others.check()
    for s in slow:
        try:
            rest = read_all(s)
            assert rest in (b"", b"HTTP/1.1 100 Continue\r\n\r\n"), rest
        except ConnectionResetError:
            pass
        s.close()
    expect_alive()
    others.check()


def test_reader(others):
    """Who asks again and again and does not read the answers holds up nobody."""
    with connect() as s:
        s.settimeout(0.2)
        try:
            while True:
                s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 100)
        except (TimeoutError, ConnectionError):
            pass
        expect_alive()
        others.check()


def get():
    """Prints status and text of a path."""
    reply, body = ask(connection(), "GET", sys.argv[3])
    print(reply.status)
    sys.stdout.write(body.decode())


def keep():
    """A connection that is used once for each line of standard input, and then said to be so; and
    now and then between, or the server would think that it is of no use."""
    client = connection()
    while True:
        told = select.select([0], [], [], 2)[0]
        if told and not os.read(0, 1):
            return
        reply, body = ask(client, "GET", "/healthz")
        if told:
            print(reply.status, body.decode().strip(), flush=True)


if WHAT == "plain":
    for test in test_paths, test_methods, test_versions, test_page:
        test()
elif WHAT == "hostile":
    others = Others(int(sys.argv[3]))
    for test in test_garbage, test_crowd, test_slow, test_reader:
        test(others)
elif WHAT == "get":
    get()
else:
    keep()
