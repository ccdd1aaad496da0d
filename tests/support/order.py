#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""order.py SOCKET KIND [NUMBER | NAME]: give an order as the admin process does
(tests/servers/ordered.c), wait for its answer, print "STATUS WORDS".

A supervisor that executes another build closes the connection: the answer comes
over another one.  `again COUNT KIND …` gives the same order so often, and prints
every answer; `burst PID 'KIND …' …` gives some while the supervisor PID is
stopped, and prints the answers in their order; `raw HEX [TICKET]` sends those bytes as an order, and waits for the
answer to the ticket, if there is one in them."""

import os
import random
import signal
import socket
import struct
import sys
import time

PATIENCE = 30 * int(os.environ.get("COHORT_PATIENCE", "1"))
KINDS = "reload scale suspend resume upgrade log-level stop".split()
NUMBERS = {
    "debug": 0, "info": 1, "warning": 2, "error": 3,
    "term": 0, "quit": 1, "now": 2,
}
ORDER, ANSWER = 23, 24
deadline = time.monotonic() + PATIENCE


def connect(path):
    while True:
        client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        client.settimeout(max(0.1, deadline - time.monotonic()))
        try:
            client.connect(path)
            return client
        except OSError:
            client.close()
            if time.monotonic() > deadline:
                sys.exit("no supervisor there")
            time.sleep(0.01)


def record(kind, data):
    return struct.pack("<HHIII", 1, kind, 0, len(data), 0) + data


def order(kind, argument, ticket):
    number, name = 0, b""
    if argument is None:
        pass
    elif argument in NUMBERS:
        number = NUMBERS[argument]
    elif argument.lstrip("-").isdigit():
        number = int(argument)
    else:
        name = argument.encode()
    return struct.pack("<IIQq64s", 1, KINDS.index(kind), ticket, number, name)


def receive(client):
    """(status, ticket, words), or None if the connection has ended."""
    while True:
        try:
            got = client.recv(2048)
        except ConnectionError:
            return None
        except socket.timeout:
            sys.exit("no answer")
        if not got:
            return None
        _, kind, status, size, _ = struct.unpack("<HHIII", got[:16])
        if kind == ANSWER:
            ticket, = struct.unpack("<Q", got[16:24])
            return status, ticket, got[24:16 + size].decode()


def wait(path, client, tickets):
    while tickets:
        answer = receive(client)
        if answer is None:
            client = connect(path)
            continue
        status, ticket, words = answer
        if ticket in tickets:
            tickets.remove(ticket)
            print(status, words, flush=True)


def is_stopped(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return file.read().rsplit(")", 1)[1].split()[0] == "T"


def burst(path, client, pid, orders):
    """As many as the socket takes are there before the first is looked at."""
    client.send(record(ORDER, order("resume", None, 1)))
    wait(path, client, [1])
    os.kill(pid, signal.SIGSTOP)
    while not is_stopped(pid):
        time.sleep(0.01)
    tickets = list(range(2, 2 + len(orders)))
    for ticket, words in zip(tickets, orders):
        kind, *rest = words.split()
        data = record(ORDER, order(kind, rest[0] if rest else None, ticket))
        client.setblocking(False)
        try:
            client.send(data)
        except BlockingIOError:
            os.kill(pid, signal.SIGCONT)
            client.settimeout(PATIENCE)
            client.send(data)
    os.kill(pid, signal.SIGCONT)
    client.settimeout(PATIENCE)
    wait(path, client, tickets)


def main():
    path, kind, *rest = sys.argv[1:]
    client = connect(path)
    count = 1
    if kind == "again":
        count, kind, *rest = int(rest[0]), rest[1], *rest[2:]
    first = random.getrandbits(62) + 1
    tickets = list(range(first, first + count))
    if kind == "burst":
        burst(path, client, int(rest[0]), rest[1:])
        return
    if kind == "raw":
        client.send(record(ORDER, bytes.fromhex(rest[0])))
        tickets = [int(ticket) for ticket in rest[1:]]
    else:
        for ticket in tickets:
            argument = rest[0] if rest else None
            client.send(record(ORDER, order(kind, argument, ticket)))
    wait(path, client, tickets)


main()
