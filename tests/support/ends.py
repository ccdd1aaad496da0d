#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The two ends of a forwarder, well or badly behaved.

serve MODE [PORT]   an upstream on 127.0.0.1; prints its port, then a line for
                    each connection when it has ended:
    name=X          says "X\n", then echoes
    close, reset    as soon as it has accepted
    late=S          closes S seconds after it has accepted
    cut=N           sends N bytes, then resets
    tell            reads; prints how many bytes and how it ended
    slow=N          reads N bytes every 5 ms; prints as tell does
    hole            accepts nobody, and its queue is full
get PORT            prints how many bytes came, and how it ended
follow PORT         says when the first byte has come, then the rest as get
send PORT N HOW     sends N bytes and ends by HOW: eof, reset, or hold (on TERM)
"""
import signal
import socket
import struct
import sys
import threading
import time

RESET = struct.pack("ii", 1, 0)


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    connection.close()


def say(*words):
    print(*words, flush=True)


def read_all(connection, size=65536, wait_s=0.0):
    total = 0
    try:
        while data := connection.recv(size):
            total += len(data)
            time.sleep(wait_s)
    except ConnectionResetError:
        return total, "reset"
    return total, "eof"


def echo(connection):
    while data := connection.recv(65536):
        connection.sendall(data)


def talk(connection, mode, value):
    if mode == "name":
        connection.sendall(value.encode() + b"\n")
        echo(connection)
    elif mode == "cut":
        connection.sendall(b"x" * int(value))
        time.sleep(0.1)
        reset(connection)
        return
    elif mode == "late":
        time.sleep(float(value))
    elif mode in ("tell", "slow"):
        slow = mode == "slow"
        say(*read_all(connection, int(value) if slow else 65536,
                      0.005 if slow else 0.0))
    connection.close()


def serve(what, port=0):
    mode, _, value = what.partition("=")
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if mode == "slow":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    listener.bind(("127.0.0.1", int(port)))
    listener.listen(0 if mode == "hole" else 128)
    if mode == "hole":
        filler = [socket.socket() for _ in range(4)]
        for each in filler:
            each.setblocking(False)
            each.connect_ex(listener.getsockname())
        say(listener.getsockname()[1])
        signal.pause()
    say(listener.getsockname()[1])
    while True:
        connection, _ = listener.accept()
        if mode == "close":
            connection.close()
            continue
        if mode == "reset":
            reset(connection)
            continue
        threading.Thread(target=talk, args=(connection, mode, value),
                         daemon=True).start()


def get(port):
    with socket.create_connection(("127.0.0.1", int(port))) as connection:
        say(*read_all(connection))


def follow(port):
    with socket.create_connection(("127.0.0.1", int(port))) as connection:
        connection.recv(1)
        say("begun")
        say(*read_all(connection))


def send(port, size, how):
    connection = socket.create_connection(("127.0.0.1", int(port)))
    connection.sendall(b"y" * int(size))
    if how == "hold":
        say("sent")
        signal.pause()
    elif how == "reset":
        time.sleep(0.1)
        reset(connection)
    else:
        connection.shutdown(socket.SHUT_WR)
        say(*read_all(connection))


if __name__ == "__main__":
    {"serve": serve, "get": get, "follow": follow,
     "send": send}[sys.argv[1]](*sys.argv[2:])
