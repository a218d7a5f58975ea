# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
"""Datagrams to an echo server, for the tests of UDP: python3 udp.py COMMAND HOST PORT [ARG]..."""

import array
import select
import socket
import struct
import sys

WAIT_S = 60


def family_of(host):
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def client(host, port, bind=None):
    """A connected socket: only what comes from that very address and port is received."""
    s = socket.socket(family_of(host), socket.SOCK_DGRAM)
    s.settimeout(WAIT_S)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    if bind:
        s.bind(bind)
    s.connect((host, port))
    return s


def pattern(n):
    return bytes((i * 7 + n) & 255 for i in range(n))


def sizes(host, port, bind_host=None):
    """One datagram of each size comes back as it went."""
    most = 65527 if family_of(host) == socket.AF_INET6 else 65507
    s = client(host, port, (bind_host, 0) if bind_host else None)
    for n in (0, 1, 2, 3, 255, 511, 512, 513, 1471, 1472, 1473, 2048, 8192, 9001, 32768,
              65506, 65507, most):
        s.send(pattern(n))
        got = s.recv(70000)
        assert got == pattern(n), "%d bytes: %d came back" % (n, len(got))


def order(host, port, count, bind_host=None, bind_port=0):
    """Numbered datagrams of one flow come back in order, none missing."""
    s = client(host, port, (bind_host, int(bind_port)) if bind_host else None)
    sent = 0
    for i in range(int(count)):
        while sent < int(count) and sent - i < 64:
            s.send(b"%d" % sent)
            sent += 1
        got = s.recv(100)
        assert got == b"%d" % i, "%r came instead of %d" % (got, i)


def flows(host, port, count):
    """Many sockets, one datagram each: more than one slot gets some."""
    sockets = [client(host, port) for _ in range(int(count))]
    for i, s in enumerate(sockets):
        s.send(b"%d" % i)
        assert s.recv(100) == b"%d" % i


def vanish(host, port, count):
    """Clients that are gone before the answer comes: ICMP tells the server so."""
    for _ in range(int(count)):
        s = client(host, port)
        s.send(b"gone")
        s.close()


def send(host, port, count, bind_host=None, bind_port=0):
    """So many datagrams, and no look at what comes back."""
    s = client(host, port, (bind_host, int(bind_port)) if bind_host else None)
    for i in range(int(count)):
        s.send(b"%d" % i)


def broadcast(host, port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    s.sendto(b"to all", (host, port))


def hold(host, port, count):
    """Sends so many, says so, and after a line on standard input has every answer in order."""
    s = client(host, port)
    for i in range(int(count)):
        s.send(b"%d" % i)
    print("sent", flush=True)
    sys.stdin.readline()
    for i in range(int(count)):
        assert s.recv(100) == b"%d" % i


def flow(host, port, count):
    """So many flows without a pause; says so, and goes on until standard input ends. Every datagram
    of each came back in order then; the number of all is printed."""
    flows = [client(host, port) for _ in range(int(count))]
    sent = dict.fromkeys(flows, 0)
    got = dict.fromkeys(flows, 0)
    ends = False
    while not ends or sent != got:
        for s in flows:
            while not ends and sent[s] - got[s] < 16:
                s.send(b"%d" % sent[s])
                sent[s] += 1
        ready = select.select([*flows] + ([] if ends else [sys.stdin]), [], [], WAIT_S)[0]
        assert ready, "%d of %d came back" % (sum(got.values()), sum(sent.values()))
        for s in ready:
            if s is sys.stdin:
                ends = True
                continue
            data = s.recv(100)
            assert data == b"%d" % got[s], "%r came instead of %d" % (data, got[s])
            got[s] += 1
            if got[s] == 100 and s is flows[0]:
                print("flowing", flush=True)
    print(sum(got.values()), flush=True)


def silent(host, port):
    """Nobody answers there any more."""
    s = client(host, port)
    try:
        s.send(b"anybody?")
        ready = select.select([s], [], [], 1)[0]
        assert not ready or not s.recv(100), "somebody answers"
    except ConnectionRefusedError:
        pass


def each(command, count):
    """The command, with the count unless that is 0, for each HOST PORT that is a line on standard
    input."""
    for line in sys.stdin:
        host, port = line.split()
        globals()[command](host, int(port), *([count] if count else []))


def ask(host, port, length):
    """One datagram of this length; the answer goes to standard output."""
    s = client(host, port)
    s.send(b" " * int(length))
    sys.stdout.buffer.write(s.recv(70000))


# ---- Sources that are not true ----

def checksum(data):
    words = array.array("H", data + b"\0" * (len(data) % 2))
    total = sum(words)
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    return struct.pack("=H", ~total & 0xffff)


def packet(source, source_port, host, port, data):
    """An IPv4 packet with a UDP datagram that has no checksum."""
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + len(data), 1, 0, 64, 17, 0,
                       socket.inet_aton(source), socket.inet_aton(host))
    head = head[:10] + checksum(head) + head[12:]
    return head + struct.pack("!HHHH", source_port, port, 8 + len(data), 0) + data


def spoof(host, port, source, source_port):
    """Over the loopback interface, by a raw socket."""
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    s.sendto(packet(source, int(source_port), host, port, b"spoofed"), (host, 0))


def inject(host, port, source, source_port, interface, mac):
    """Onto a wire: out of one end of a pair of interfaces, so that it comes in by the other."""
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind((interface, 0))
    s.send(bytes.fromhex(mac.replace(":", "")) + b"\2\0\0\0\0\1\x08\0" +
           packet(source, int(source_port), host, port, b"injected"))


# ---- A peer that lies ----

def lie(host, port, what, nth, says=None):
    """An echo server that does this to each nth datagram: drop, duplicate, reorder, flip, late; or
    one that answers every datagram with this text, as Python escapes it."""
    s = socket.socket(family_of(host), socket.SOCK_DGRAM)
    s.bind((host, port))
    print(s.getsockname()[1], flush=True)
    kept = []
    wait_s = 2.5 if what == "late" else 0.2
    n = 0
    while True:
        # A datagram held back goes out after the next one, or when none comes.
        if not select.select([s], [], [], wait_s if kept else None)[0]:
            s.sendto(*kept.pop())
            continue
        data, source = s.recvfrom(70000)
        if says:
            data = says.encode().decode("unicode_escape").encode("latin-1")
        n += 1
        if n % int(nth) == 0:
            if what == "drop":
                continue
            if what == "duplicate":
                s.sendto(data, source)
            if what == "flip":
                data = data[:-1] + bytes([data[-1] ^ 1])
            if what in ("reorder", "late"):
                kept.append((data, source))
                continue
        s.sendto(data, source)
        if kept and what == "reorder":
            s.sendto(*kept.pop())


if __name__ == "__main__":
    globals()[sys.argv[1]](sys.argv[2], int(sys.argv[3]), *sys.argv[4:])
