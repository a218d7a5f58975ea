# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
"""Asks reflect and compares what it says with what this end of the same connection knows:
python3 reflect.py COMMAND HOST PORT [ARG]..."""

import ctypes
import json
import select
import socket
import struct
import sys
import time

WAIT_S = 60
HOPS, DSCP, ECN = 17, 46, 1
MEMBERS = ["transport", "peer", "local", "proxy", "time", "time_ns", "hop_limit", "dscp", "ecn",
           "tcp"]
TCP_MEMBERS = ["round_trip_ns", "round_trip_variance_ns", "send_mss_bytes", "receive_mss_bytes",
               "path_mtu_bytes", "send_window_scale", "receive_window_scale", "retransmissions"]
PROXY_MEMBERS = ["version", "from", "source", "destination", "text", "length_bytes", "hex"]
V2 = b"\r\n\r\n\0\r\nQUIT\n"


def family_of(host):
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def mark(s, traffic_class):
    """What this socket sends has this hop limit and traffic class."""
    six = s.family == socket.AF_INET6
    level = socket.IPPROTO_IPV6 if six else socket.IPPROTO_IP
    s.setsockopt(level, socket.IPV6_UNICAST_HOPS if six else socket.IP_TTL, HOPS)
    s.setsockopt(level, socket.IPV6_TCLASS if six else socket.IP_TOS, traffic_class)


def end(address):
    return {"address": address[0], "port": address[1]}


def check(text, s, before_ns):
    """What is true of every answer to this socket."""
    answer = json.loads(text)
    assert text.endswith(b"\n") and text.count(b"\n") == 1, text
    assert list(answer) == MEMBERS, answer
    assert answer["local"] == end(s.getpeername()), answer
    assert before_ns <= answer["time_ns"] <= time.time_ns(), answer
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(answer["time_ns"] // 10**9))
    assert answer["time"] == "%s.%06dZ" % (stamp, answer["time_ns"] % 10**9 // 1000), answer
    assert answer["tcp"] is None or list(answer["tcp"]) == TCP_MEMBERS, answer
    assert answer["proxy"] is None or list(answer["proxy"]) == PROXY_MEMBERS, answer
    return answer


def finish(s, before_ns):
    text = b""
    while part := s.recv(65536):
        text += part
    return check(text, s, before_ns)


class Info:
    """TCP_INFO of this end."""

    def __init__(self, s):
        raw = s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
        self.wscale_ok = bool(raw[5] & 4)
        self.send_scale, self.receive_scale = raw[6] & 15, raw[6] >> 4
        self.send_mss, self.receive_mss = struct.unpack_from("=2I", raw, 16)
        (self.pmtu,) = struct.unpack_from("=I", raw, 60)
        (self.total_retransmissions,) = struct.unpack_from("=I", raw, 100)


def tcp(host, port):
    """All of a TCP connection: small segments, and a window whose scale is this end's choice."""
    before_ns = time.time_ns()
    s = socket.socket(family_of(host))
    mark(s, DSCP << 2)
    s.settimeout(WAIT_S)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1000)
    began = time.monotonic_ns()
    s.connect((host, port))
    ours = Info(s)
    s.sendall(b"what do ")
    s.sendall(b"you see?\n")
    answer = finish(s, before_ns)
    passed_ns = time.monotonic_ns() - began
    assert answer["transport"] == "tcp" and answer["proxy"] is None, answer
    assert answer["peer"] == end(s.getsockname()), answer
    assert (answer["hop_limit"], answer["dscp"], answer["ecn"]) == (HOPS, DSCP, 0), answer
    theirs = answer["tcp"]
    assert 0 < theirs["round_trip_ns"] < passed_ns + 1000, (answer, passed_ns)
    assert theirs["round_trip_variance_ns"] >= 0, answer
    # A timestamp in each segment takes 12 bytes of what was agreed on.
    assert theirs["send_mss_bytes"] in (1000, 988), answer
    assert theirs["send_mss_bytes"] == ours.send_mss, (answer, ours.send_mss)
    assert 0 < theirs["receive_mss_bytes"] <= theirs["path_mtu_bytes"] == ours.pmtu, answer
    assert ours.wscale_ok, "no window scales here"
    assert theirs["send_window_scale"] == ours.receive_scale == 0, (answer, ours.receive_scale)
    assert theirs["receive_window_scale"] == ours.send_scale > 0, (answer, ours.send_scale)
    assert theirs["retransmissions"] == 0, answer


def lossy(host, port):
    """The server's first answer to a connection is lost: this end drops all until it was repeated.
    Exit code 77 where the kernel lets nobody like us do that."""
    class Instruction(ctypes.Structure):
        _fields_ = [("code", ctypes.c_ushort), ("jt", ctypes.c_ubyte), ("jf", ctypes.c_ubyte),
                    ("k", ctypes.c_uint)]

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.POINTER(Instruction))]

    so_attach_filter, so_detach_filter = 26, 27
    before_ns = time.time_ns()
    drop = Instruction(6, 0, 0, 0)  # RET 0
    program = Program(1, ctypes.pointer(drop))
    s = socket.socket(family_of(host))
    try:
        s.setsockopt(socket.SOL_SOCKET, so_attach_filter, bytes(program))
    except PermissionError:
        sys.exit(77)
    s.setblocking(False)
    s.connect_ex((host, port))
    while Info(s).total_retransmissions == 0:  # our SYN, because no answer came
        assert time.time_ns() < before_ns + WAIT_S * 10**9
        select.select([], [], [], 0.01)
    s.setsockopt(socket.SOL_SOCKET, so_detach_filter, 0)
    assert select.select([], [s], [], WAIT_S)[1]
    s.settimeout(WAIT_S)
    s.sendall(b"\n")
    assert finish(s, before_ns)["tcp"]["retransmissions"] >= 1


def udp(host, port):
    """A datagram, whose traffic class has ECN bits as well; and one that is a byte too short."""
    before_ns = time.time_ns()
    s = socket.socket(family_of(host), socket.SOCK_DGRAM)
    mark(s, DSCP << 2 | ECN)
    s.settimeout(WAIT_S)
    s.connect((host, port))
    s.send(b"?" * 1000)
    text = s.recv(65536)
    answer = check(text, s, before_ns)
    assert answer["transport"] == "udp", answer
    assert answer["peer"] == end(s.getsockname()), answer
    assert (answer["hop_limit"], answer["dscp"], answer["ecn"]) == (HOPS, DSCP, ECN), answer
    assert answer["proxy"] is None and answer["tcp"] is None, answer
    # The time's digits are as many as before, but for one day in some centuries.
    s.send(b"?" * (len(text) - 1))
    s.send(b"?" * len(text))
    again = s.recv(65536)
    assert len(again) == len(text), (text, again)
    s.setblocking(False)
    assert not select.select([s], [], [], 0)[0]


def unix(path, _):
    before_ns = time.time_ns()
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(WAIT_S)
    s.connect(path)
    s.sendall(b"\n")
    text = b""
    while part := s.recv(65536):
        text += part
    answer = json.loads(text)
    nowhere = {"address": None, "port": None}
    assert list(answer) == MEMBERS and answer["transport"] == "unix", answer
    assert answer["peer"] == answer["local"] == nowhere and answer["proxy"] is None, answer
    assert answer["hop_limit"] is answer["dscp"] is answer["ecn"] is answer["tcp"] is None, answer
    assert before_ns <= answer["time_ns"] <= time.time_ns(), answer


# ---- Behind a proxy ----

def proxied_once(host, port, header, pieces=False):
    """The answer behind this header, and the socket that sent it."""
    before_ns = time.time_ns()
    s = socket.socket(family_of(host))
    mark(s, DSCP << 2)
    s.settimeout(WAIT_S)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    s.connect((host, port))
    data = header + b"hello\n"
    for i in range(0, len(data), 1 if pieces else len(data)):
        s.sendall(data[i:i + (1 if pieces else len(data))])
    answer = finish(s, before_ns)
    proxy = answer["proxy"]
    assert proxy["from"] == end(s.getsockname()), answer
    assert proxy["length_bytes"] == len(header), answer
    assert header.hex().startswith(proxy["hex"]), answer
    # The way is that to the proxy, whoever the client is.
    assert (answer["hop_limit"], answer["dscp"]) == (HOPS, DSCP), answer
    assert answer["transport"] == "tcp" and answer["tcp"]["send_mss_bytes"] > 0, answer
    return answer, proxy, s


def proxied(host, port):
    client4, there4 = {"address": "192.0.2.1", "port": 56324}, {"address": "198.51.100.2", "port": 443}
    client6, there6 = {"address": "2001:db8::1", "port": 7}, {"address": "2001:db8::2", "port": 443}
    nowhere = {"address": None, "port": None}
    raw4 = socket.inet_aton("192.0.2.1") + socket.inet_aton("198.51.100.2") + struct.pack("!2H", 56324, 443)
    raw6 = (socket.inet_pton(socket.AF_INET6, "2001:db8::1") +
            socket.inet_pton(socket.AF_INET6, "2001:db8::2") + struct.pack("!2H", 7, 443))
    tags = b"\x02\0\x0bexample.org" + b"\xea\0\4" + b"\0\1\2\3"
    line4 = b"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443"
    line6 = b"PROXY TCP6 2001:db8::1 2001:db8::2 7 443"
    named = [
        (line4 + b"\r\n", 1, line4, client4, there4),
        (line6 + b"\r\n", 1, line6, client6, there6),
        (V2 + b"\x21\x11\0\x0c" + raw4, 2, None, client4, there4),
        (V2 + b"\x21\x11" + struct.pack("!H", len(raw4 + tags)) + raw4 + tags, 2, None, client4, there4),
        (V2 + b"\x21\x21\0\x24" + raw6, 2, None, client6, there6),
    ]
    for header, version, text, client, there in named:
        for pieces in (False, True):
            answer, proxy, _ = proxied_once(host, port, header, pieces)
            assert proxy["version"] == version and proxy["hex"] == header.hex(), answer
            assert proxy["text"] == (text and text.decode()), answer
            assert answer["peer"] == proxy["source"] == client, answer
            assert proxy["destination"] == there, answer
    own = [
        (b"PROXY UNKNOWN\r\n", 1, "PROXY UNKNOWN"),
        (b"PROXY UNKNOWN whatever \xff\r\n", 1, None),
        (V2 + b"\x20\0\0\0", 2, None),
        (V2 + b"\x20\x11\0\x0c" + raw4, 2, None),
        (V2 + b"\x21\0\0\0", 2, None),
    ]
    for header, version, text in own:
        answer, proxy, s = proxied_once(host, port, header)
        assert (proxy["version"], proxy["text"], proxy["hex"]) == (version, text, header.hex()), answer
        assert proxy["source"] == proxy["destination"] == nowhere, answer
        assert answer["peer"] == end(s.getsockname()), answer


def long_header(host, port):
    """The longest that there is, where it does not fit into max-pending."""
    header = V2 + b"\x21\x11\xff\xff" + bytes(12) + b"\xea" + struct.pack("!H", 65535 - 15) + bytes(65535 - 15)
    answer, proxy, _ = proxied_once(host, port, header)
    assert 0 < len(proxy["hex"]) < 2 * len(header), answer
    assert 1022 <= len(json.dumps(answer, separators=(",", ":"))) + 1 <= 1024, answer


def unix_proxied(path, _):
    """A proxy may be a neighbour on a Unix socket."""
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(WAIT_S)
    s.connect(path)
    s.sendall(b"PROXY TCP6 2001:db8::1 2001:db8::2 7 443\r\n\n")
    text = b""
    while part := s.recv(65536):
        text += part
    answer = json.loads(text)
    assert answer["transport"] == "unix" and answer["tcp"] is answer["hop_limit"] is None, answer
    assert answer["peer"] == answer["proxy"]["source"] == {"address": "2001:db8::1", "port": 7}, answer
    assert answer["proxy"]["from"] == answer["local"] == {"address": None, "port": None}, answer


def through(host, port, version, bind):
    """Through a proxy that is not ours: it names this very socket, and where it went."""
    before_ns = time.time_ns()
    s = socket.socket(family_of(host))
    s.settimeout(WAIT_S)
    s.bind((bind, 0))
    s.connect((host, port))
    s.sendall(b"\n")
    text = b""
    while part := s.recv(65536):
        text += part
    answer = json.loads(text)
    proxy = answer["proxy"]
    assert answer["peer"] == proxy["source"] == end(s.getsockname()), answer
    assert proxy["destination"] == end(s.getpeername()), answer
    assert proxy["from"] != answer["peer"] and before_ns <= answer["time_ns"], answer
    assert proxy["version"] == int(version), answer
    header = bytes.fromhex(proxy["hex"])
    assert len(header) == proxy["length_bytes"], answer
    ends = s.getsockname() + s.getpeername()
    if proxy["version"] == 1:
        assert header == b"PROXY TCP4 %s %s %d %d\r\n" % (
            ends[0].encode(), ends[2].encode(), ends[1], ends[3]), answer
        assert proxy["text"].encode() + b"\r\n" == header, answer
    else:
        assert header[:14] == V2 + b"\x21\x11" and proxy["text"] is None, answer
        assert header[16:28] == (socket.inet_aton(ends[0]) + socket.inet_aton(ends[2]) +
                                 struct.pack("!2H", ends[1], ends[3])), answer


if __name__ == "__main__":
    globals()[sys.argv[1]](sys.argv[2], int(sys.argv[3]), *sys.argv[4:])
