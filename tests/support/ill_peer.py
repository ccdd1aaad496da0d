#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ill_peer.py corrupt|die|mute|silent PORT: a server that `make bench` must not take
for one that echoes.  It prints its port.  `corrupt` changes a byte of what is
longer than a greeting, `die` ends instead of answering it, `mute` prints no
port and ends, `silent` prints none and lives."""
import signal
import socket
import sys

GREETING_BYTES = 16


def serve(illness, client):
    while data := client.recv(65536):
        if len(data) > GREETING_BYTES:
            if illness == "die":
                sys.exit(3)
            data = data[:-1] + bytes([data[-1] ^ 1])
        client.sendall(data)


def main():
    illness = sys.argv[1]
    if illness == "mute":
        sys.exit(4)
    if illness == "silent":
        signal.pause()
    with socket.create_server(("127.0.0.1", int(sys.argv[2]))) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            client, _ = listener.accept()
            with client:
                try:
                    serve(illness, client)
                except OSError:
                    pass


main()
