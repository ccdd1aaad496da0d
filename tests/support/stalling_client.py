#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""stalling_client.py PROGRAM: an echo server that prints its port, and a client
of it that sends far more than there is room for before it reads.  Others are
served meanwhile, and every byte comes back, and the end behind them; one that
resets instead takes nothing along."""
import os
import socket
import struct
import subprocess
import sys
import threading

SENT_BYTES = 16 << 20
PATIENCE_SECONDS = 10


def connect(port):
    client = socket.create_connection(("127.0.0.1", port))
    client.settimeout(PATIENCE_SECONDS)
    return client


def fill(client, data):
    """What of it is taken until nothing is taken any more."""
    sent = 0
    client.settimeout(0.2)
    try:
        while sent < len(data):
            sent += client.send(data[sent:])
    except TimeoutError:
        pass
    client.settimeout(PATIENCE_SECONDS)
    return sent


def check_served(port):
    with connect(port) as client:
        client.sendall(b"hello")
        assert client.recv(5) == b"hello"


def send_the_rest(client, data):
    client.sendall(data)
    client.shutdown(socket.SHUT_WR)


def check(port):
    data = memoryview(os.urandom(SENT_BYTES))
    with connect(port) as client:
        sent = fill(client, data)
        assert sent < SENT_BYTES, "all of it was taken"
        check_served(port)
        sender = threading.Thread(target=send_the_rest, args=(client, data[sent:]), daemon=True)
        sender.start()
        answer = b"".join(iter(lambda: client.recv(1 << 20), b""))
        assert answer == data, f"{len(answer)} bytes came back of {SENT_BYTES}"
    with connect(port) as client:
        fill(client, data)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    check_served(port)


def main():
    with subprocess.Popen([sys.argv[1], "0"], stdout=subprocess.PIPE) as server:
        try:
            check(int(server.stdout.readline()))
        finally:
            server.kill()


main()
