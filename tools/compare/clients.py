# SPDX-License-Identifier: MIT
"""clients.py - two loads: the ledger, which accounts for every exchange, and a
stream of new connections, which sees for how long a killed worker is missed."""
import errno
import json
import os
import select
import socket
import subprocess
import time

CLIENTS = 60
SHORT_PERCENT = 66
RATE = 50
HANG_SECONDS = 10


class Ledger:
    """A cohort-bench ledger that runs until it is told to end."""

    def __init__(self, build, port, is_killing):
        options = ["--allow-unknown", "1000000000"] if is_killing else ["--orderly"]
        self.process = subprocess.Popen(
            [
                os.path.join(build, "cohort-bench"), "ledger", f"127.0.0.1:{port}", "--http", "--json",
                "-c", str(CLIENTS), "--short", str(SHORT_PERCENT), "--rate", str(RATE),
                "-t", "86400", "-T", str(HANG_SECONDS), *options,
            ],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def end(self):
        self.process.terminate()
        return json.loads(self.process.communicate()[0])


PERIOD_SECONDS = 0.001
BEFORE_SECONDS = 0.1
AFTER_SECONDS = 0.3
LONGEST_SECONDS = 5
SERVED_SECONDS = 0.05
REQUEST = b"GET /c0-e0 HTTP/1.1\r\nHost: ledger\r\nConnection: close\r\n\r\n"


class Attempt:
    """One connection with one exchange."""

    def __init__(self, port):
        self.is_answered = False
        self.ended = None
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.started = time.monotonic()
        number = self.socket.connect_ex(("127.0.0.1", port))
        self.is_asked = False
        if number not in (0, errno.EINPROGRESS):
            self.end()

    def end(self):
        self.ended = time.monotonic()
        self.socket.close()

    def go_on(self):
        """It can be written to, or read from."""
        try:
            if not self.is_asked:
                self.socket.send(REQUEST)
                self.is_asked = True
                return
            self.is_answered = b" 200" in self.socket.recv(512)
        except OSError:
            pass
        self.end()

    def seconds(self):
        return self.ended - self.started

    def is_served(self):
        return self.is_answered and self.seconds() <= SERVED_SECONDS


class Stream:
    """A new connection every millisecond, before and after `kill` is called."""

    def __init__(self, port):
        self.port = port
        self.epoll = select.epoll()
        self.open = {}
        self.attempts = []

    def begin(self):
        attempt = Attempt(self.port)
        self.attempts.append(attempt)
        if attempt.ended is None:
            self.open[attempt.socket.fileno()] = attempt
            self.epoll.register(attempt.socket, select.EPOLLOUT)

    def poll(self, seconds):
        for number, _ in self.epoll.poll(max(seconds, 0)):
            attempt = self.open[number]
            attempt.go_on()
            if attempt.ended is None:
                self.epoll.modify(number, select.EPOLLIN)
            else:
                del self.open[number]

    def flow(self, seconds, tend):
        due = time.monotonic()
        end = due + seconds
        while due < end:
            if time.monotonic() >= due:
                self.begin()
                due += PERIOD_SECONDS
            self.poll(due - time.monotonic())
            tend()

    def finish(self, tend):
        end = time.monotonic() + LONGEST_SECONDS
        while self.open and time.monotonic() < end:
            self.poll(0.01)
            tend()
        for attempt in self.open.values():
            attempt.end()
        self.epoll.close()

    def run(self, kill, tend):
        """What it saw, as a Steering."""
        self.flow(BEFORE_SECONDS, tend)
        killed = time.monotonic()
        kill()
        self.flow(AFTER_SECONDS, tend)
        self.finish(tend)
        return Steering(killed, self.attempts)


class Steering:
    """Of one kill: when the last connection began, after it, that was not
    answered within SERVED_SECONDS, or refused, or reset; the longest time that
    an answer took; how many got none."""

    def __init__(self, killed, attempts):
        after = [attempt for attempt in attempts if attempt.started >= killed]
        late = [attempt.started - killed for attempt in after if not attempt.is_served()]
        answered = [attempt.seconds() for attempt in attempts if attempt.is_answered and attempt.ended >= killed]
        self.steered_ms = 1000 * max(late, default=0)
        self.longest_ms = 1000 * max(answered, default=0)
        self.tried_count = len(attempts)
        self.failed_count = sum(not attempt.is_answered for attempt in attempts)
