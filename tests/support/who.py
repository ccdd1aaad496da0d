#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""who.py [CASE] ADDRESS [COUNT] - clients of services that read a PROXY header.

Without a case: connect, read whoami's line to the end, and print its members, a
line each, with `own yes` if its peer is this very socket."""
import errno
import json
import os
import random
import socket
import struct
import sys

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
LINE = b"PROXY TCP4 192.0.2.1 192.0.2.2 5000 80\r\n"
BLOCK = bytes([192, 0, 2, 1, 192, 0, 2, 2]) + struct.pack("!HH", 5000, 80)


def connect(address):
    if address.startswith("/"):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(20)
        client.connect(os.fsencode(address))
        return client
    host, port = address.rsplit(":", 1)
    client = socket.create_connection((host.strip("[]"), int(port)), timeout=20)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def read_all(client):
    data = b""
    while part := client.recv(65536):
        data += part
    return data


def own_name(client):
    if client.family == socket.AF_UNIX:
        return "unix:"
    host, port = client.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def header(data=BLOCK, command=0x21, family=0x11, size=None):
    length = len(data) if size is None else size
    return SIGNATURE + struct.pack("!BBH", command, family, length) + data


def case_who(address):
    client = connect(address)
    told = json.loads(read_all(client))
    told.setdefault("proxy", 0)
    print("own", "yes" if told["peer"] == own_name(client) else "no")
    for name in ("peer", "local", "proxy", "raw_peer", "raw_local", "worker", "service"):
        print(name, told.get(name))
    if "unique_id" in told:
        print("unique_id", bytes.fromhex(told["unique_id"]).decode())
    print("rtt_us", "yes" if told["rtt_us"] > 0 else "no")


def case_bytewise(address):
    """A line, and a header of 1000 bytes, on an echo server."""
    padding = b"\x04" + struct.pack("!H", 1000 - 16 - 12 - 3)
    for first in LINE, header(BLOCK + padding.ljust(1000 - 16 - 12, b"x")):
        client = connect(address)
        for byte in first + b"echo":
            client.sendall(bytes([byte]))
        client.shutdown(socket.SHUT_WR)
        answer = read_all(client)
        if answer != b"echo":
            sys.exit(f"got {answer!r}")


def is_ended(client):
    """Without a byte."""
    try:
        return read_all(client) == b""
    except ConnectionResetError:
        return True


def case_wrong(address):
    """What an echo server must not echo; and one connection in order."""
    bad = [
        b"GET / HTTP/1.1\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 5000\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 5000 80\n",
        b"PROXY UNKNOWN" + b" " * 100,
        header(command=0x11),
        header(command=0x22),
        header(family=0x41),
        header(data=BLOCK[:-1]),
        header(data=BLOCK + b"\x04\x00\x02x"),
        header(data=BLOCK + b"\x03\x00\x04abcd"),
        header(size=217),
    ]
    late = [b"", b"PROXY TCP4", header()[:-1]]
    clients = [connect(address) for _ in bad + late]
    for client, data in zip(clients, bad + late):
        client.sendall(data)
    ended = sum(is_ended(client) for client in clients)
    client = connect(address)
    client.sendall(header() + b"hello")
    client.shutdown(socket.SHUT_WR)
    if read_all(client) != b"hello":
        sys.exit("a good one was not served")
    print(ended, "ended")


def case_garbage(address, count):
    """Random bytes behind random beginnings of good headers, then a good one."""
    chance = random.Random(20261121)
    for _ in range(int(count)):
        client = connect(address)
        good = chance.choice([LINE, header(BLOCK + b"\x04\x00\x01x")])
        data = good[: chance.randrange(len(good))] + chance.randbytes(chance.randrange(300))
        try:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            read_all(client)
        except OSError as error:
            if error.errno not in (errno.ECONNRESET, errno.EPIPE, errno.ENOTCONN):
                raise
        client.close()
    client = connect(address)
    client.sendall(LINE + b"hello")
    client.shutdown(socket.SHUT_WR)
    if read_all(client) != b"hello":
        sys.exit("a good one was not served")


def case_late(address):
    """Send the second half of a header when told to."""
    client = connect(address)
    client.sendall(LINE[:10])
    print("connected", flush=True)
    sys.stdin.readline()
    client.sendall(LINE[10:])
    print(json.loads(read_all(client))["peer"], flush=True)


def main():
    cases = {"bytewise": case_bytewise, "wrong": case_wrong, "garbage": case_garbage, "late": case_late}
    if sys.argv[1] in cases:
        cases[sys.argv[1]](*sys.argv[2:])
    else:
        case_who(sys.argv[1])


main()
