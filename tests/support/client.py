#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""client.py CASE HOST PORT [ARGUMENT...] - the clients that no ready tool plays:
those that reset, dribble, never read, send urgent data or only half-close.

Exit status 0 if the server did what the case expects; what went wrong is said
on standard error."""
import os
import select
import signal
import socket
import struct
import sys
import time


def connect(host, port):
    client = socket.create_connection((host, int(port)), timeout=60)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def expect(found, wanted):
    if found != wanted:
        sys.exit(f"got {found[:80]!r} ({len(found)}), expected {wanted[:80]!r} ({len(wanted)})")


def read_exactly(client, size):
    parts = []
    while size > 0:
        part = client.recv(min(size, 1 << 20))
        if not part:
            break
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def read_all(client):
    parts = []
    while part := client.recv(1 << 20):
        parts.append(part)
    return b"".join(parts)


def reset(client):
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def case_bytewise(host, port):
    """One byte per segment, both ways."""
    client = connect(host, port)
    for byte in b"one byte per segment":
        client.sendall(bytes([byte]))
        expect(client.recv(10), bytes([byte]))


def case_half_close(host, port, size="3000000"):
    """Send much, half-close, then read everything, then EOF."""
    client = connect(host, port)
    data = os.urandom(int(size))
    pid = os.fork()
    if pid == 0:
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        os._exit(0)
    back = read_all(client)
    os.waitpid(pid, 0)
    expect(back, data)


def case_half_close_first(host, port):
    """EOF at once: the server closes and sends nothing."""
    client = connect(host, port)
    client.shutdown(socket.SHUT_WR)
    expect(read_all(client), b"")


def case_resets(host, port, count="200"):
    """Reset at every stage: at once, after a write, with an unread echo."""
    for number in range(int(count)):
        client = connect(host, port)
        if number % 3 > 0:
            client.sendall(b"x" * 10000)
        if number % 3 > 1:
            client.recv(1)
        reset(client)


def case_close_unread(host, port, count="20"):
    """100 000 bytes, then close without reading the echo."""
    for _ in range(int(count)):
        client = connect(host, port)
        client.sendall(b"y" * 100000)
        client.close()


def case_vanish(host, port, count="200"):
    """Connect and go."""
    for _ in range(int(count)):
        connect(host, port).close()


def case_urgent(host, port):
    """Urgent bytes in between: the ordinary ones all come back, in order (an
    urgent byte that a later one overtakes becomes an ordinary one)."""
    client = connect(host, port)
    wanted = b""
    for number in range(50):
        text = b"before %d " % number
        client.sendall(text)
        client.send(b"!", socket.MSG_OOB)
        client.sendall(b"after;")
        wanted += text + b"after;"
    found = b""
    while len(found) < len(wanted) and (part := client.recv(1 << 16)):
        found += part.replace(b"!", b"")
    expect(found, wanted)


def case_once(host, port):
    """One chunk comes back, then the server closes; more input is no reset."""
    client = connect(host, port)
    client.sendall(b"first")
    expect(client.recv(100), b"first")
    client.sendall(b"too late" * 1000)
    expect(read_all(client), b"")


def case_deaf(host, port, count, size):
    """COUNT clients that write up to SIZE bytes each and never read; waits for
    a line on standard input before it lets go, and prints when it is full."""
    clients = []
    for _ in range(int(count)):
        client = connect(host, port)
        client.setblocking(False)
        clients.append(client)
    block = b"z" * 65536
    left = {client: int(size) for client in clients}
    quiet = time.monotonic()
    while left and time.monotonic() - quiet < 1:
        for client in list(left):
            try:
                left[client] -= client.send(block[: left[client]])
                quiet = time.monotonic()
                if left[client] <= 0:
                    del left[client]
            except BlockingIOError:
                pass
            except ConnectionError:
                del left[client]
        time.sleep(0.001)
    print(f"full {len(clients)}", flush=True)
    sys.stdin.readline()


def case_spoke_meanwhile(host, port, count, pid):
    """They are served, then speak while process PID is stopped for longer than
    they may be idle."""
    clients = [connect(host, port) for _ in range(int(count))]
    for client in clients:
        client.sendall(b"first")
        expect(read_exactly(client, 5), b"first")
    os.kill(int(pid), signal.SIGSTOP)
    try:
        time.sleep(0.5)
        for client in clients:
            client.sendall(b"meanwhile")
        time.sleep(1.2)
    finally:
        os.kill(int(pid), signal.SIGCONT)
    for client in clients:
        expect(read_exactly(client, 9), b"meanwhile")


def case_behind_descriptor(path, count):
    """Half a line with a descriptor, the other half without."""
    for _ in range(int(count)):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(10)
            client.connect(path)
            socket.send_fds(client, [b"pi"], [0])
            client.sendall(b"d\n")
            line = client.recv(64)
            expect(line[-1:], b"\n")


def case_hold(host, port, count):
    """So many clients at once, each served while all others stay."""
    clients = []
    for _ in range(int(count)):
        client = connect(host, port)
        client.sendall(b"hold")
        clients.append(client)
    for client in clients:
        expect(read_exactly(client, 4), b"hold")
    for client in clients:
        client.sendall(b"on")
        expect(read_exactly(client, 2), b"on")


def case_served_at_most(host, port, count, most):
    """Of `count` clients `most` are served; one more when one of these leaves."""
    clients = [connect(host, port) for _ in range(int(count))]
    for client in clients:
        client.sendall(b"x")
    served = []
    for expected in (int(most), int(most) + 1):
        while len(served) < expected:
            ready, _, _ = select.select([c for c in clients if c not in served], [], [])
            for client in ready:
                expect(client.recv(1), b"x")
                served.append(client)
        expect(len(served), expected)
        if expected == int(most):
            served[0].shutdown(socket.SHUT_WR)


def case_queue(host, port, count):
    """COUNT clients connect and send; prints "sent", waits for a line, then
    every one of them has to get its echo."""
    clients = []
    for number in range(int(count)):
        client = connect(host, port)
        client.sendall(b"client %06d" % number)
        clients.append(client)
    print("sent", flush=True)
    sys.stdin.readline()
    lost = 0
    for number, client in enumerate(clients):
        try:
            client.settimeout(20)
            lost += read_exactly(client, 13) != b"client %06d" % number
        except OSError as error:
            print(f"client {number}: {error}", file=sys.stderr)
            lost += 1
    if lost:
        sys.exit(f"{lost} of {count} clients lost their answer")


def main():
    cases = {name[5:]: call for name, call in globals().items() if name.startswith("case_")}
    name, *arguments = sys.argv[1:]
    cases[name.replace("-", "_")](*arguments)


main()
