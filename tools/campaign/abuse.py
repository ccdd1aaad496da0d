#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""abuse.py - clients that nobody should have, for the control socket and HTTP.

    abuse.py [--seed N] [--rounds N] [--many N] HTTP-PORT CONTROL-PATH [CASE…]

Each case does its worst and then looks: whoever behaves is answered still.  Exit
status 0 if all were; what went wrong is said on standard error."""
import argparse
import inspect
import random
import socket
import struct
import sys

TIMEOUT_SECONDS = 60
GET = b"GET %s HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n"
PATHS = b"/metrics", b"/status.json", b"/ready", b"/live", b"/"
VERBS = (
    b"ping", b"status", b"workers", b"services", b"events", b"metrics", b"connections limit=20 sort=bytes",
    b"connections closed=on", b"status form=json", b"connections form=json",
)  # fmt: skip
# Of requests that are none, or must not be carried out.
FORGED = (
    b"scale workers=0", b"scale workers=-1", b"scale workers=99999999999999999999", b"scale workers=1e3", b"scale",
    b"scale workers=4 workers=1", b"scale workers=4 \x00", b"scale\tworkers=1", b"stop now=maybe", b"stop stop=on",
    b"STOP", b"st\\x6fp", b" stop\x00", b"stop now=on form=\\", b"suspend", b"suspend service=../echo",
    b"suspend service=echo\\x00", b"suspend service=" + b"e" * 900, b"close", b"close id=1", b"close id=-1--1",
    b"close id=99999999999999999999-1", b"close peer=0.0.0.0/33", b"close peer=::/129", b"close service=\\xff",
    b"close idle-over=-1s", b"close all=off", b"log-level level=9", b"log-level level=", b"upgrade to=/bin/sh",
    b"reload file=/etc/passwd", b"reload " + b"a=" * 400, b"order kind=6", b"\\x0a", b"=", b"form=json",
)  # fmt: skip


class Unanswered(Exception):
    """Somebody who behaved was not answered as expected."""


class Target:
    def __init__(self, port, path):
        self.port = port
        self.path = path

    def http(self):
        client = socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT_SECONDS)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client

    def control(self):
        client = socket.socket(socket.AF_UNIX)
        # what does not block does not wait for room in the queue either
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", TIMEOUT_SECONDS, 0))
        client.connect(self.path)
        client.settimeout(TIMEOUT_SECONDS)
        return client

    def both(self):
        return self.http, self.control


def send(client, data):
    """As much as they take; whether the other side has had enough is its affair."""
    try:
        client.sendall(data)
    except (BrokenPipeError, ConnectionResetError, socket.timeout, BlockingIOError):
        return False
    return True


def read_all(client):
    parts = []
    try:
        while part := client.recv(1 << 20):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def read_answer(client):
    """One of HTTP: the status and the body."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = client.recv(1)
        if not byte:
            raise Unanswered(f"the end after {head!r}")
        head += byte
    size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    body = b""
    while len(body) < size:
        body += client.recv(size - len(body))
    return int(head.split()[1]), body


def expect(condition, words):
    if not condition:
        raise Unanswered(words)


def ask(target, line):
    with target.control() as client:
        send(client, line + b"\n")
        return read_all(client)


def expect_refused(target, line):
    answer = ask(target, line)
    expect(answer.startswith((b"fail\t", b'{"ok":false')), f"{line[:60]!r} had {answer[:200]!r}")


def look(target):
    """All is as ever for those who behave."""
    with target.http() as client:
        for path in PATHS:
            send(client, GET % path)
            status, body = read_answer(client)
            expect(status == 200 and body, f"{path!r} had {status}")
    answer = ask(target, b"status")
    expect(answer.endswith(b"end\n"), f"status had {answer[-200:]!r}")


# ---- Cases --------------------------------------------------------------------


def case_noise(target, options):
    """Bytes that mean nothing."""
    for _ in range(options.rounds):
        for connect in target.both():
            with connect() as client:
                send(client, random.randbytes(random.choice((1, 7, 300, 20_000))))
                if random.random() < 0.5:
                    client.shutdown(socket.SHUT_WR)
                    read_all(client)


def changed(line):
    data = bytearray(line)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(data))
        choice = random.random()
        if choice < 0.4:
            data[at] = random.choice(b"\0\r\n \t:=/\\%\xff\x80-0a")
        elif choice < 0.7:
            del data[at : at + random.randint(1, 4)]
        else:
            data[at:at] = data[: random.randint(1, 8)]
        data = data or bytearray(b"\n")
    return bytes(data)


def case_changed(target, options):
    """Requests that were good, but for a few bytes."""
    for _ in range(options.rounds):
        with target.http() as client:
            send(client, changed(GET % random.choice(PATHS)) + b"\r\n\r\n")
            client.shutdown(socket.SHUT_WR)
            read_all(client)
        line = changed(random.choice(VERBS))
        with target.control() as client:
            send(client, line + b"\n")
            client.shutdown(socket.SHUT_WR)
            read_all(client)


def case_split(target, options):
    """Byte by byte, the request is a request."""
    with target.http() as client:
        for _ in range(2):
            for byte in GET % b"/live":
                client.sendall(bytes([byte]))
            expect(read_answer(client)[0] == 200, "a request byte by byte")
    with target.control() as client:
        for byte in b"ping\n":
            client.sendall(bytes([byte]))
        expect(read_all(client).endswith(b"end\n"), "a line byte by byte")
    del options


def case_huge(target, options):
    """Lines and bodies without an end."""
    for begin in (b"", b"GET /", GET[:-2] % b"/" + b"X: ", b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999\r\n\r\n"):
        with target.http() as client:
            client.settimeout(5)
            send(client, begin)
            for _ in range(64):
                if not send(client, b"a" * 65536):
                    break
    for line in (b"a" * 10_000_000, b"ping " + b"a=b " * 100_000, b"\xff" * 1_000_000):
        with target.control() as client:
            client.settimeout(5)
            send(client, line)
            answer = read_all(client)
            expect(not answer or answer.startswith(b"fail\t2\t"), f"a huge line had {answer[:100]!r}")
    del options


def case_nul(target, options):
    """NULs in every place."""
    for at in range(0, 30, 3):
        request = bytearray(GET % b"/live")
        request[at:at] = b"\0"
        with target.http() as client:
            send(client, bytes(request))
            expect(read_answer(client)[0] == 400, f"a NUL at {at}")
    for line in (b"\0", b"ping\0", b"\0ping", b"ping a=\0", b"\0" * 1000):
        expect_refused(target, line)
    del options


def case_forged(target, options):
    """Orders with fields that nobody gave out."""
    for line in FORGED:
        expect_refused(target, line)
    del options


def case_many(target, options):
    """Thousands of connections, as many at a time as descriptors allow; some
    say something."""
    left = options.many
    while left > 0:
        clients = []
        for number in range(min(left, 400)):
            for connect in target.both():
                client = connect()
                client.setblocking(False)
                if number % 3 == 0:
                    send(client, b"GET /metrics HT" if connect == target.http else b"pin")
                clients.append(client)
        left -= len(clients)
        for client in clients:
            client.close()


def case_half_closed(target, options):
    """Whoever has said all, and so closes that way, has the answer."""
    for path in PATHS:
        with target.http() as client:
            send(client, GET % path)
            client.shutdown(socket.SHUT_WR)
            expect(read_answer(client)[0] == 200, f"{path!r} half-closed")
    for verb in VERBS:
        with target.control() as client:
            send(client, verb + b"\n")
            client.shutdown(socket.SHUT_WR)
            answer = read_all(client)
            expect(b"end\n" in answer or b'"ok":true' in answer, f"{verb!r} half-closed: {answer[:200]!r}")
    for connect in target.both():
        with connect() as client:
            client.shutdown(socket.SHUT_WR)
            read_all(client)
    del options


def case_deaf(target, options):
    """They ask for all there is, many times, and read nothing; then they go."""
    clients = []
    for _ in range(options.rounds):
        client = target.http()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        send(client, b"".join(GET % path for path in PATHS) * 100)
        clients.append(client)
        client = target.control()
        send(client, random.choice(VERBS) + b"\n")
        clients.append(client)
    look(target)
    for client in clients:
        client.close()


def case_pipelined(target, options):
    """Thousands of requests at once: each of HTTP is answered in its turn, the
    control socket answers one."""
    count = options.rounds * 20
    with target.http() as client:
        for _ in range(count // 100):
            client.sendall((GET % b"/live") * 100)
            for _ in range(100):
                expect(read_answer(client)[0] == 200, "a pipelined request")
    for _ in range(3):
        with target.control() as client:
            client.settimeout(5)
            send(client, b"ping\n" * 1_000_000)
            answer = read_all(client)
            expect(not answer or b"only one request" in answer, f"a million pings had {answer[:100]!r}")


def case_hasty(target, options):
    """Gone before the answer is there."""
    for _ in range(options.rounds):
        with target.http() as client:
            send(client, (GET % random.choice(PATHS)) * 20)
        with target.control() as client:
            send(client, random.choice(VERBS) + b"\n")


CASES = {name[5:]: case for name, case in list(globals().items()) if name.startswith("case_") and inspect.isfunction(case)}


def play(target, options, names):
    """The failures, in words."""
    failures = []
    for name in names:
        try:
            CASES[name](target, options)
            look(target)
        except (Unanswered, OSError, IndexError, ValueError) as error:
            failures.append(f"{name}: {error!r}")
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--many", type=int, default=10_000)
    parser.add_argument("port", type=int)
    parser.add_argument("path")
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)}")
    options = parser.parse_args()
    random.seed(options.seed)
    failures = play(Target(options.port, options.path), options, options.cases or list(CASES))
    for failure in failures:
        print(f"FAILED: {failure}", file=sys.stderr)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
