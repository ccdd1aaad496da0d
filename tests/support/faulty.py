#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""faulty.py CASE - a server for the ledger's clients that breaks one promise,
on a free port of 127.0.0.1, which it prints.  It runs until it is killed."""
import os
import socket
import socketserver
import struct
import sys

PID = b"%d" % os.getpid()


def answer(token):
    return PID + b" " + token + b"\n"


def case_honest(connection, token):
    connection.sendall(answer(token))


def case_twice(connection, token):
    connection.sendall(answer(token) * 2)


def case_wrong(connection, token):
    connection.sendall(answer(b"c999-e1"))


def case_never(_connection, _token):
    pass


def case_garbage(connection, _token):
    connection.sendall(b"what?\n")


def case_endless(connection, _token):
    connection.sendall(b"1" * 4000)


def case_stranger(connection, token):
    """Another pid than the one that greeted."""
    connection.sendall(b"1 " + token + b"\n")


def case_close(connection, _token):
    """Greeted, then closed: the worker lives and has not answered."""
    connection.shutdown(socket.SHUT_WR)


def case_reset(connection, _token):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(connection.detach())


def case_silent(connection, token):
    """Closed without a greeting: whose connection it was is not known."""
    case_close(connection, token)


def case_http(connection, token):
    if not token.startswith(b"GET /"):
        return
    body = answer(token.split()[1])
    head = b"HTTP/1.1 200 OK\r\nServer: test\r\nContent-Length: %d\r\n\r\n" % len(body)
    connection.sendall(head + body)


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        try:
            if sys.argv[1] not in ("silent", "http"):
                self.request.sendall(PID + b"\n")
            for line in self.rfile:
                CASE(self.request, line.rstrip())
        except OSError:
            pass


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128


CASE = globals()["case_" + sys.argv[1]]
with Server(("127.0.0.1", 0), Handler) as server:
    print(server.server_address[1], flush=True)
    server.serve_forever()
