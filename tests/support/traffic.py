#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Connect, say something, hear it again, close; from a few threads, until FILE
exists.

usage: traffic.py PORT FILE

Prints at the end: how many connections came about, how many were answered in
full, and what else happened."""
import collections
import os
import socket
import sys
import threading
import time

THREADS = 3
PAUSE_SECONDS = 0.005
MESSAGE = b"sixteen bytes..."


def exchange(port):
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        count["connected"] += 1
        client.sendall(MESSAGE)
        client.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := client.recv(64):
            answer += piece
        count["answered" if answer == MESSAGE else "cut"] += 1


def run(port, stop):
    while not os.path.exists(stop):
        try:
            exchange(port)
        except ConnectionResetError:
            count["cut"] += 1
        except OSError as error:
            count[repr(error)] += 1
        time.sleep(PAUSE_SECONDS)


# One for all threads: nothing else of Python runs between two of them.
count = collections.Counter(connected=0, answered=0, cut=0)
threads = [threading.Thread(target=run, args=(int(sys.argv[1]), sys.argv[2])) for _ in range(THREADS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(*[f"{name} {number}" for name, number in count.items()], sep="\n")
