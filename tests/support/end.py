#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""end.py PORTS HOW...: connections that end in the ways that are named.

PORTS is what the server has reported (--ready-fd): a line `SERVICE ADDRESS:PORT`
for each service; HOW is the name of one, of whose connection this is the client.
Ends when the server has ended its side of all of them."""

import os
import socket
import struct
import sys

PATIENCE_S = 20 * int(os.environ.get("COHORT_PATIENCE") or 1)
BLOCK = b"x" * 65536


def connect(port, buffer_bytes=None):
    client = socket.socket()
    if buffer_bytes:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
    client.settimeout(PATIENCE_S)
    client.connect(("127.0.0.1", port))
    return client


def read_all(client):
    try:
        while client.recv(65536):
            pass
    except ConnectionError:
        pass
    client.close()


def exchange(client):
    client.sendall(b"hello\n")
    assert client.recv(1)


def eof(port):
    client = connect(port)
    exchange(client)
    client.shutdown(socket.SHUT_WR)
    return client


def peer_reset(port):
    client = connect(port)
    exchange(client)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    return None


def words(port):
    """The server has an objection to what it says, or ends it by itself."""
    client = connect(port)
    client.sendall(b"these are more words than it takes\r\n")
    return client


def silence(port):
    return connect(port)


def flood(port):
    """It sends until it is cut off, and takes nothing."""
    client = connect(port, 4096)
    try:
        while True:
            client.sendall(BLOCK)
    except ConnectionError:
        client.close()


WAYS = {
    "eof": eof,
    "peer_reset": peer_reset,
    "local_close": words,
    "idle_timeout": words,
    "first_byte_timeout": silence,
    "lifetime": words,
    "write_overflow": flood,
    "proxy_header": words,
    "protocol_error": words,
    "upstream": words,
    "resource": words,
}


def begin(how, port):
    try:
        return WAYS[how](port)
    except ConnectionError:  # ended already
        return None


def main():
    with open(sys.argv[1], encoding="ascii") as report:
        ports = {line.split()[0]: int(line.split(":")[-1]) for line in report}
    clients = [begin(how, ports[how]) for how in sys.argv[2:]]
    for client in clients:
        if client:
            read_all(client)


main()
