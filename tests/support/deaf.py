#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""deaf.py PORT COUNT - that many clients on 127.0.0.1 that never read: prints
"connected" when all are, and holds them until standard input ends."""
import resource
import socket
import sys

IP_BIND_ADDRESS_NO_PORT = 24  # ip(7); newer Pythons know it

port, count = int(sys.argv[1]), int(sys.argv[2])
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
if hard != resource.RLIM_INFINITY and hard < count + 64:
    sys.exit(f"{count} clients need more than {hard} descriptors")
resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count + 64), hard))
clients = []
for i in range(count):
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    # Each address of 127/8 has ports of its own; which one is left to connect,
    # which may use a port again that others connect from, and finds one faster.
    client.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
    client.bind((f"127.0.{1 + i // 5000}.1", 0))
    client.connect(("127.0.0.1", port))
    clients.append(client)
print("connected", flush=True)
sys.stdin.read()
