#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# framed.py: both ends of the framed protocol with nothing but Python's standard library, as somebody
# who only has its description would write them.
#
#     framed.py client HOST PORT CASE       asks, and fails unless the answers are right
#     framed.py stall HOST PORT N LENGTH    N requests with so long a content, each but for its last
#                                           byte; says ready; and after a line on standard input sends
#                                           that, and says how many were answered and how many ended
#     framed.py server [OTHER]              prints its port, and answers one request per connection;
#                                           OTHER: wrong, error, cut, more, late-field
import json
import socket
import struct
import sys

WORDS = {
    "morpheus": "Follow the white rabbit. \U0001f430",
    "ring": "In the caves beneath the Misty Mountains. \U0001f48d",
    "\U0001f436": "\U0001f43e Playing ball! \U0001f3d0",
}


def frame(content, kind="text/json", encoding="utf-8", **changes):
    header = {
        "byteorder": sys.byteorder,
        "content-type": kind,
        "content-encoding": encoding,
        "content-length": len(content),
    }
    header.update({name.replace("_", "-"): value for name, value in changes.items()})
    header = {name: value for name, value in header.items() if value is not None}
    text = json.dumps(header, ensure_ascii=False).encode("utf-8")
    return struct.pack(">H", len(text)) + text + content


def ask(action, value=None):
    content = {"action": action}
    if value is not None:
        content["value"] = value
    return frame(json.dumps(content, ensure_ascii=False).encode("utf-8"))


def exactly(stream, length):
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return data


def receive(stream):
    """One message: its header and its content, parsed where that is JSON. None at the end."""
    first = stream.read(2)
    if not first:
        return None
    header = json.loads(exactly(stream, struct.unpack(">H", first)[0]).decode("utf-8"))
    assert header["byteorder"] in ("little", "big"), header
    content = exactly(stream, header["content-length"])
    if header["content-type"] == "text/json":
        content = json.loads(content.decode(header["content-encoding"]))
    return header, content


# ---- The client ----


def exchange(address, data, end=False):
    """Sends all of it; every message that comes until the server ends."""
    with socket.create_connection(address, timeout=60) as sock, sock.makefile("rb") as stream:
        sock.sendall(data)
        if end:
            sock.shutdown(socket.SHUT_WR)
        answers = []
        while True:
            answer = receive(stream)
            if answer is None:
                return answers
            answers.append(answer)


def results(answers):
    return [content.get("result") for _, content in answers]


def expect(got, wanted):
    if got != wanted:
        raise SystemExit(f"wanted {wanted!r}, got {got!r}")


def client_default(address):
    for word, text in WORDS.items():
        expect(results(exchange(address, ask("search", word))), [text])
    expect(results(exchange(address, ask("search", "x"))), ["No match for 'x'."])
    expect(results(exchange(address, ask("dance", "x"))), ["Error: invalid action 'dance'."])
    for content in (b"", b"abc", b"0123456789", b"0123456789abc"):
        ((header, answer),) = exchange(address, frame(content, "binary/x", "binary"))
        expect(header["content-type"], "binary/custom-server-binary-type")
        expect(header["content-encoding"], "binary")
        expect(answer, b"First 10 bytes of request: " + content[:10])
    # One answer per connection, however much is asked.
    expect(len(exchange(address, ask("search", "ring") * 3)), 1)
    long = "v" * 500000
    expect(results(exchange(address, ask("search", long))), [f"No match for '{long}'."])


def client_keep_alive(address):
    words = ["own", "ring"] * 300
    answers = exchange(address, b"".join(ask("search", word) for word in words), end=True)
    expect(results(answers), ["our text", "No match for 'ring'."] * 300)
    with socket.create_connection(address, timeout=60) as sock, sock.makefile("rb") as stream:
        for _ in range(10):
            for byte in ask("search", "own"):
                sock.sendall(bytes([byte]))
            expect(results([receive(stream)]), ["our text"])


def client_breaches(address):
    good = ask("search", "ring")
    breaches = [
        (b"\0\0", False),
        (b"\0\2[]", False),
        (frame(b"[1]"), False),
        (frame(b"{", encoding="utf-8"), False),
        (frame(b'{"action": "search"}'), False),
        (frame(b'{"action": "search", "value": 7}'), False),
        (frame(b"{}", encoding="latin-1"), False),
        (frame(b"{}", byteorder="middle"), False),
        (frame(b"{}", byteorder=None), False),
        (frame(b"{}", content_type=None), False),
        (frame(b"{}", content_encoding=None), False),
        (frame(b"{}", content_length=None), False),
        (frame(b"{}", content_length="2"), False),
        (frame(b"{}", content_length=-1), False),
        (frame(b"{}", content_length=10**9), False),
        (good[:1], True),
        (good[:40], True),
        (good[:-1], True),
    ]
    with socket.create_connection(address, timeout=60) as other, other.makefile("rb") as stream:
        other.sendall(good[:50])
        for data, end in breaches:
            answers = exchange(address, data, end)
            expect([sorted(content) for _, content in answers], [["error"]])
        other.sendall(good[50:])
        expect(results([receive(stream)]), [WORDS["ring"]])
    print(len(breaches))


def stalled(address, length):
    """A connection that has sent all but the last byte, or None if it was ended before."""
    sock = socket.create_connection(address, timeout=60)
    try:
        sock.sendall(frame(b"x" * length, "binary/x", "binary")[:-1])
        return sock
    except ConnectionError:
        sock.close()
        return None


def is_answered(sock):
    try:
        sock.sendall(b"x")
        with sock, sock.makefile("rb") as stream:
            return receive(stream)[1] == b"First 10 bytes of request: xxxxxxxxxx"
    except (ConnectionError, TypeError):
        return False


def stall(address, count, length):
    socks = [stalled(address, length) for _ in range(count)]
    print("ready", flush=True)
    sys.stdin.readline()
    answered = sum(is_answered(sock) for sock in socks if sock)
    print(answered, count - answered, flush=True)


# ---- The server ----


def answer_to(header, content):
    if header["content-type"] != "text/json":
        return frame(
            b"First 10 bytes of request: " + content[:10],
            "binary/custom-server-binary-type",
            "binary",
        )
    if content["action"] == "search":
        value = content["value"]
        result = WORDS.get(value) or f"No match for '{value}'."
    else:
        result = f"Error: invalid action '{content['action']}'."
    return frame(json.dumps({"result": result}, ensure_ascii=False).encode("utf-8"))


def spoil(answer, other, count):
    if other == "wrong" and count == 3:
        return frame(b'{"result": "another"}')
    if other == "error":
        return frame(b'{"error": "no"}')
    if other == "cut":
        return answer[:-1]
    if other == "more":
        return answer + b"x"
    if other == "late-field":
        return frame(b'{"result": "x"}', content_encoding=None)
    return answer


def server(other):
    with socket.create_server(("127.0.0.1", 0), backlog=200) as listener:
        print(listener.getsockname()[1], flush=True)
        count = 0
        while True:
            sock, _ = listener.accept()
            with sock, sock.makefile("rb") as stream:
                try:
                    request = receive(stream)
                    if request is None:
                        continue
                    count += 1
                    sock.sendall(spoil(answer_to(*request), other, count))
                except (EOFError, ConnectionError):
                    pass


if __name__ == "__main__":
    if sys.argv[1] == "server":
        server(sys.argv[2] if len(sys.argv) > 2 else "")
    elif sys.argv[1] == "stall":
        stall((sys.argv[2], int(sys.argv[3])), int(sys.argv[4]), int(sys.argv[5]))
    else:
        cases = {
            "default": client_default,
            "keep-alive": client_keep_alive,
            "breaches": client_breaches,
        }
        cases[sys.argv[4]]((sys.argv[2], int(sys.argv[3])))
