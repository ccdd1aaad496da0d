# SPDX-License-Identifier: MIT
"""tree.py - a cohort that is measured as a whole: its processes, what they cost,
and what the machine has left."""
import atexit
import ctypes
import json
import os
import re
import select
import signal
import subprocess
import sys
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "compare"))

# pylint: disable=wrong-import-position
from processes import adopt_orphans, children, end_all, read, title

PATIENCE_SECONDS = 60
PR_SET_PDEATHSIG = 1  # linux/prctl.h

libc = ctypes.CDLL(None, use_errno=True)


def die(words):
    raise SystemExit(f"bench: {words}")


def ended_by_a_signal(number, _frame):
    # The next one would end the cleaning.
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)
    die(f"ended by {signal.Signals(number).name}")


def end_in_order():
    """However this program ends, nothing that it has started stays: what lost its
    parent becomes ours.  (After a SIGKILL see `child_on`.)"""
    adopt_orphans()
    atexit.register(end_all)
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, ended_by_a_signal)


def two_cores():
    """Two of those that we may use: for a server and for its client."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        die("two cores are needed, one for the server and one for its client")
    return cores[:2]


def number(path):
    """The first word of a file, which is one; 0 if it cannot be read."""
    words = read(path).split()
    return int(words[0]) if words else 0


# ---- The machine -----------------------------------------------------------


def meminfo():
    """/proc/meminfo in bytes."""
    rows = re.findall(r"^(\S+):\s+(\d+)", read("/proc/meminfo"), re.M)
    return {name: int(kilobytes) * 1024 for name, kilobytes in rows}


def slabs():
    """Bytes of the objects of each slab cache that are in use; empty without
    privilege."""
    found = {}
    for line in read("/proc/slabinfo").splitlines()[2:]:
        words = line.split()
        found[words[0]] = int(words[1]) * int(words[3])
    return found


# ---- Processes -------------------------------------------------------------


def child_on(cores=None, end_signal=signal.SIGTERM):
    """For a child before its program: bound to these cores, or to none, and asked
    to end when we are gone; one that may be stopped hears KILL alone."""
    parent = os.getpid()

    def prepare():
        libc.prctl(PR_SET_PDEATHSIG, end_signal)
        if os.getppid() != parent:
            os._exit(1)
        if cores:
            os.sched_setaffinity(0, cores)

    return prepare


def switches(pid):
    """Voluntary and involuntary."""
    rows = re.findall(r"^(?:non)?voluntary_ctxt_switches:\s+(\d+)", read(f"/proc/{pid}/status"), re.M)
    return tuple(int(count) for count in rows) or (0, 0)


def lines_of(fd, patience):
    """Of what comes through this pipe until its end, or that of our patience."""
    said, end = b"", time.monotonic() + patience
    while select.select([fd], [], [], max(0, end - time.monotonic()))[0]:
        if not (piece := os.read(fd, 4096)):
            break
        said += piece
    return said.decode(errors="replace").splitlines()


def start_ready(command, cores=None, patience=PATIENCE_SECONDS, **more):
    """A cohort, or what is made of its library: its process, and the addresses
    that it serves; none if it did not start."""
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as report:
        try:
            # pylint: disable-next=consider-using-with,subprocess-popen-preexec-fn
            process = subprocess.Popen(
                [*command, "--ready-fd", str(writer)], stdin=subprocess.DEVNULL,
                pass_fds=[writer], preexec_fn=child_on(cores), **more,
            )  # fmt: skip
        finally:
            os.close(writer)
        return process, [line.split()[1] for line in lines_of(report.fileno(), patience)]


class Cohort:
    """A server, from its configuration to its end."""

    def __init__(self, build, directory, configuration, cores=None):
        self.build = build
        self.control = os.path.join(directory, "control")
        self.log = os.path.join(directory, "log")
        path = os.path.join(directory, "cohort.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"control {self.control}; log stderr level=warning;\n{configuration}")
        begun = time.monotonic()
        try:
            self.addresses = self.start(path, cores)
        except BaseException:
            end_all()
            raise
        self.ready_seconds = time.monotonic() - begun

    def start(self, path, cores):
        with open(self.log, "ab") as log:
            command = [os.path.join(self.build, "cohort"), "-c", path]
            self.process, addresses = start_ready(command, cores, stderr=log)
        if not addresses:
            die(f"the server did not start: {read(self.log)}")
        return addresses

    def workers(self):
        return [pid for pid in children(self.process.pid) if title(pid).startswith("cohort: worker")]

    def processes(self):
        return [self.process.pid] + children(self.process.pid)

    def ask(self, verb, *words):
        """What cohortctl has to say, as an object; None: it could not."""
        if self.process.poll() is not None:
            die(f"the server has ended, status {self.process.returncode}: {read(self.log)}")
        answer = subprocess.run(
            [os.path.join(self.build, "cohortctl"), "-s", self.control, "--json", verb, *words],
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        return json.loads(answer.stdout) if answer.returncode == 0 else None

    def live(self):
        """Connections that it has, by what its workers count."""
        answer = self.ask("services")
        return sum(row["connections"] for row in answer["services"]) if answer else 0

    def stop(self):
        """Seconds until it has ended."""
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE_SECONDS)
        return time.monotonic() - begun

    def kill(self):
        """Whatever is left of it, also of one whose supervisor has died; and
        whatever else we have started."""
        end_all()
        self.process.wait()
