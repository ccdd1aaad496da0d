# SPDX-License-Identifier: MIT
"""server.py - the server of the campaign: its files, its processes, and what
its log has said so far."""
import os
import random
import re
import shlex
import shutil
import signal
import socket
import subprocess
import time

WORKERS = 4
# As in tests/run: what starts the server, and by how much all bounds grow then.
WRAPPER = shlex.split(os.environ.get("COHORT_WRAPPER", ""))
PATIENCE = int(os.environ.get("COHORT_PATIENCE", "1")) if WRAPPER else 1
SETTLE_SECONDS = 0.3
PATIENCE_SECONDS = 40 * PATIENCE
# Long enough for a fault that blocks the fault's own connection.
HANG_SECONDS = 20 * PATIENCE


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_until(condition, what):
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"gave up waiting for: {what}")
        time.sleep(0.02)


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


class Server:
    """One that is started again where it was."""

    def __init__(self, build, directory):
        self.directory = directory
        self.original = os.path.join(build, "tests/servers/ledger")
        self.impostor = os.path.join(build, "tests/servers/impostor")
        self.program = os.path.join(directory, "server")
        self.config = os.path.join(directory, "cohort.conf")
        self.log = os.path.join(directory, "log")
        self.ports = free_port(), free_port()
        self.failing = os.path.join(directory, "failing")
        self.process = None
        self.victim = 0
        os.mkdir(self.failing)
        self.install(self.original)
        self.write_config()

    def install(self, program, what=""):
        """What stands where the server was started from; an impostor reads
        from a file what it shall do."""
        with open(self.program + ".does", "w", encoding="utf-8") as file:
            file.write(what)
        shutil.copy(program, self.program + ".new")
        os.rename(self.program + ".new", self.program)

    def write_config(self, text=None):
        good = f"""
            workers {WORKERS};
            log {self.log};
            watchdog_steer {300 * PATIENCE}ms;
            watchdog_timeout {1500 * PATIENCE}ms;
            respawn_delay 50ms:500ms;
            orphan_timeout 30s;
            service plain {{ listen 127.0.0.1:{self.ports[0]}; }}
            service deferred {{ listen 127.0.0.1:{self.ports[1]}; defer_accept 3s; }}
        """
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(good if text is None else text)

    def start(self):
        environment = dict(os.environ, IMPOSTOR=self.program + ".does", FAILING_CALLS=self.failing)
        self.process = subprocess.Popen(
            [*WRAPPER, self.program, "-c", self.config], env=environment, stdin=subprocess.DEVNULL
        )
        wait_until(lambda: len(self.workers()) >= 1, "a worker")

    def fail(self, call, number):
        """Have this call fail in the server and all of its children (or in one:
        CALL.PID), with this errno; 0: not any more."""
        path = os.path.join(self.failing, call)
        if number == 0:
            os.unlink(path)
            return
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(str(number))
        os.rename(path + ".new", path)

    def signal(self, number):
        self.process.send_signal(number)

    def children(self, name):
        found = []
        pid = self.process.pid
        for child in read(f"/proc/{pid}/task/{pid}/children").split():
            if read(f"/proc/{child}/comm").startswith(name):
                found.append(int(child))
        return found

    def workers(self):
        """Those that serve; the title of others says that they drain."""
        return [pid for pid in self.children("worker ") if "draining" not in read(f"/proc/{pid}/cmdline")]

    def a_worker(self):
        """The one that clients wait for, if it is still there."""
        workers = self.workers()
        return self.victim if self.victim in workers else random.choice(workers)

    def count(self, words):
        return len(re.findall(words, read(self.log)))

    def wait_for(self, words, before):
        wait_until(lambda: self.count(words) > before, words)

    def do(self, number, words):
        """A signal, and wait until the log has these words once more."""
        before = self.count(words)
        self.signal(number)
        self.wait_for(words, before)

    def settle(self):
        wait_until(lambda: len(self.workers()) == WORKERS, f"{WORKERS} workers")
        time.sleep(SETTLE_SECONDS)

    def say(self, command):
        """To one of the workers, which will not answer."""
        with socket.create_connection(("127.0.0.1", self.ports[0])) as client:
            client.recv(64)
            client.sendall(command)
            client.settimeout(HANG_SECONDS)
            try:
                while client.recv(64):
                    pass
            except OSError:
                pass
