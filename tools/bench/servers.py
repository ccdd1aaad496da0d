# SPDX-License-Identifier: MIT
"""servers.py - who is compared: a table, and how one of its rows is started,
looked at and ended."""
import os
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time

import processes
import usage
from tree import child_on, start_ready

HERE = os.path.dirname(os.path.abspath(__file__))

# Every feature is on: a server of the real world has them.
CONFIGURATION = """\
workers 1;
log stderr level=warning;
access_log off;
control {work}/control.sock;
admin 127.0.0.1:0;
{more}
service echo {{
    listen 127.0.0.1:0;
    protocol {protocol};
    backlog 511;
    idle_timeout 5m;
    first_byte_timeout 1m;
    write_timeout 30s;
    lifetime 1h;
    max_connections 100000;
}}
"""


def output_of(*command):
    """The first line of it; "" if it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.splitlines()[0].strip() if done.stdout else ""


def debian_version(package):
    return output_of("dpkg-query", "-W", "-f", "${Version}\n", package)


class Peer:
    """A row of the table.  `package`: the Debian package without which it is left out."""

    package = ""

    def __init__(self, name, label):
        self.name, self.label = name, label

    def why_not(self, build):
        """Why it cannot take part, or ""."""
        raise NotImplementedError

    def version(self, build):
        raise NotImplementedError

    def start(self, build, work, core):
        raise NotImplementedError


class Program(Peer):
    """A program that prints the port it serves on."""

    def __init__(self, name, label, package="", versioned=""):
        super().__init__(name, label)
        self.package, self.versioned = package, versioned or package

    def command(self, build):
        return [os.path.join(build, "bench", self.name)]

    def why_not(self, build):
        return "" if os.access(self.command(build)[0], os.X_OK) else "not built"

    def version(self, build):
        return debian_version(self.versioned) if self.versioned else ""

    def start(self, build, work, core):
        return ProgramServer(self, self.command(build) + ["0"], work, core)


class Bare(Program):
    def command(self, build):
        return [os.path.join(build, "bench", "bare-epoll")]


class Own(Program):
    """NAME=PROGRAM: a server of the user's, with arguments as in a shell."""

    def __init__(self, name, program):
        super().__init__(name, name)
        self.program = program

    def command(self, build):
        return shlex.split(self.program)

    def why_not(self, build):
        program = self.command(build)[0] if self.command(build) else ""
        return "" if shutil.which(program) else f"{program}: no such program"


class Python(Program):
    """On the interpreter that Debian's modules are for."""

    def __init__(self, name, label, package, module, *arguments):
        super().__init__(name, label, package)
        self.module, self.arguments = module, arguments

    def command(self, build):
        python = "/usr/bin/python3" if os.access("/usr/bin/python3", os.X_OK) else sys.executable
        return [python, os.path.join(HERE, "peers", "asyncio_echo.py"), *self.arguments]

    def why_not(self, build):
        has_module = [self.command(build)[0], "-c", f"import {self.module}"]
        found = subprocess.run(has_module, capture_output=True, timeout=60, check=False)
        return "" if found.returncode == 0 else f"no module {self.module}"


class Cohort(Peer):
    def __init__(self, name, label, more="", protocol="echo"):
        super().__init__(name, label)
        self.more, self.protocol = more, protocol

    def program(self, build):
        return os.path.join(build, "cohort")

    def why_not(self, build):
        if not os.access(self.program(build), os.X_OK):
            return "not built"
        check = [self.program(build), "-t", *(["-o", self.more] if self.more else [])]
        done = subprocess.run(check, capture_output=True, text=True, timeout=60, check=False)
        return done.stderr.partition("\n")[0] if done.returncode else ""

    def version(self, build):
        return output_of(self.program(build), "-V")

    def start(self, build, work, core):
        return CohortServer(self, build, work, core)


PEERS = [
    Bare("bare", "bare epoll loop"),
    Cohort("cohort", "Cohort"),
    Cohort("cohort-busy-poll", "Cohort, busy_poll auto", "busy_poll auto;"),
    Program("tokio", "tokio", "librust-tokio-dev"),
    Program("libuv", "libuv", "libuv1-dev"),
    Python("uvloop", "uvloop", "python3-uvloop", "uvloop", "--uvloop"),
    Program("go", "Go", "golang-go"),
    Python("asyncio", "asyncio", "python3", "asyncio"),
    Program("libevent", "libevent", "libevent-dev"),
    Program("bufferevent", "libevent, bufferevents", "libevent-dev"),
    # Twice the same: what the figures of this row are away from 1 is chance.
    Bare("bare-again", "bare again"),
]


class Server:
    """One that runs.  `pid` is its first process."""

    def __init__(self, peer, command, work, core):
        self.peer = peer
        self.log = os.path.join(work, f"{peer.name}.log")
        with open(self.log, "ab") as log:
            self.process = self.launch(command, {core}, log)
        self.pid = self.process.pid

    def launch(self, command, cores, log):
        # pylint: disable-next=consider-using-with,subprocess-popen-preexec-fn
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
            preexec_fn=child_on(cores),
        )  # fmt: skip

    def first_line(self, fd):
        """Of what it says on this pipe; what there is of it at its end, or when
        our patience ends."""
        said, end = b"", time.monotonic() + processes.PATIENCE_SECONDS
        while b"\n" not in said and select.select([fd], [], [], max(0, end - time.monotonic()))[0]:
            if not (piece := os.read(fd, 4096)):
                break
            said += piece
        return said.partition(b"\n")[0].decode(errors="replace").strip()

    def fail(self, what):
        raise RuntimeError(f"{self.peer.name} {what}\n{processes.read(self.log)[-2000:]}".rstrip())

    def check(self, patience=0):
        """It lives, or ends within so many seconds: that is a failure."""
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            return
        self.fail(f"has ended, status {self.process.returncode}")

    def pids(self):
        return usage.tree(self.pid)

    def cpu_ns(self):
        return sum(usage.cpu_ns(pid) for pid in self.pids())

    def ticks(self):
        return tuple(map(sum, zip(*map(usage.ticks, self.pids()))))

    def memory_bytes(self):
        """(RSS, PSS)."""
        all_of_them = [usage.memory(pid) for pid in self.pids()]
        return tuple(sum(one[kind] for one in all_of_them) for kind in ("rss", "pss"))

    def descriptors(self):
        return sum(map(usage.descriptors, self.pids()))

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(processes.PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def echo(self, patience=processes.PATIENCE_SECONDS):
        """Connect and get a message back."""
        with socket.create_connection(self.endpoint(), timeout=patience) as client:
            client.sendall(b"hello")
            answer = b""
            while len(answer) < 5:
                piece = client.recv(5)
                if not piece:
                    break
                answer += piece
        if answer != b"hello":
            self.fail(f"answered {answer!r} to b'hello'")

    def endpoint(self):
        host, _, port = self.address.rpartition(":")
        return host, int(port)

    address = ""


class ProgramServer(Server):
    def __init__(self, peer, command, work, core):
        super().__init__(peer, command, work, core)
        with self.process.stdout as stdout:
            port = self.first_line(stdout.fileno())
        if not port.isdigit():
            self.stop()
            self.fail(f"printed no port, but {port!r}")
        self.address = f"127.0.0.1:{port}"


class CohortServer(Server):
    def __init__(self, peer, build, work, core):
        self.directory = os.path.join(work, f"{peer.name}.{time.monotonic_ns()}")
        os.mkdir(self.directory, 0o755)
        self.control = os.path.join(build, "cohortctl")
        file = os.path.join(self.directory, "cohort.conf")
        with open(file, "w", encoding="utf-8") as out:
            out.write(CONFIGURATION.format(work=self.directory, more=peer.more, protocol=peer.protocol))
        super().__init__(peer, [peer.program(build), "-c", file], work, core)
        if not self.address:
            self.stop()
            self.fail("did not start")

    def launch(self, command, cores, log):
        process, addresses = start_ready(
            command, cores, processes.PATIENCE_SECONDS, stdout=subprocess.DEVNULL, stderr=log
        )  # fmt: skip
        self.address = addresses[0] if addresses else ""
        return process

    def stop(self):
        super().stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def workers(self):
        return [pid for pid in self.pids() if processes.title(pid).startswith("cohort: worker ")]

    def kill_worker(self):
        os.kill(self.workers()[0], signal.SIGKILL)

    def order(self, verb):
        socket_name = os.path.join(self.directory, "control.sock")
        done = subprocess.run(
            [self.control, "-s", socket_name, verb], capture_output=True, text=True, timeout=60, check=False
        )
        if done.returncode:
            self.fail(f"does not {verb}: {done.stderr}{done.stdout}")


def choose(words):
    """The peers of a comma-separated list; the bare loop is always one of them."""
    by_name = {peer.name: peer for peer in PEERS}
    if not words:
        return list(PEERS)
    chosen = [by_name["bare"]]
    for word in filter(None, words.split(",")):
        name, is_own, program = word.partition("=")
        if not is_own and name not in by_name:
            raise ValueError(f"{name}: no such peer; there are {', '.join(by_name)}, or NAME=PROGRAM")
        peer = Own(name, program) if is_own else by_name[name]
        if peer.name not in [other.name for other in chosen]:
            chosen.append(peer)
    return chosen
