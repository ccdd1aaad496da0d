# SPDX-License-Identifier: MIT
"""tree.py - a cohort that is measured as a whole: its processes, what they cost,
and what the machine has left."""
import atexit
import json
import os
import re
import signal
import subprocess
import sys
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "compare"))

# pylint: disable=wrong-import-position
from processes import adopt_orphans, children, end_all, read, title
from usage import PR_SET_PDEATHSIG, libc

PATIENCE_SECONDS = 60


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


def end_with_parent():
    """For a child, before its program: a TERM when whoever started it is gone."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


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


def wait_until(condition, what, seconds=PATIENCE_SECONDS, poll=0.02):
    end = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > end:
            raise RuntimeError(f"gave up waiting for: {what}")
        time.sleep(poll)
    return found


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


def child_on(cores=None):
    """For a child before its program: bound to these cores, or to none, and asked
    to end when we are gone."""
    parent = os.getpid()

    def prepare():
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)
        if cores:
            os.sched_setaffinity(0, cores)

    return prepare


def cpu_us(pid):
    """What it has spent since it began."""
    return number(f"/proc/{pid}/schedstat") / 1000


def switches(pid):
    """Voluntary and involuntary."""
    rows = re.findall(r"^(?:non)?voluntary_ctxt_switches:\s+(\d+)", read(f"/proc/{pid}/status"), re.M)
    return tuple(int(count) for count in rows) or (0, 0)


def memory(pid):
    """Its own memory and its part of what is shared, in bytes."""
    rows = dict(re.findall(r"^(\w+):\s+(\d+) kB", read(f"/proc/{pid}/smaps_rollup"), re.M))
    return {"anonymous": int(rows.get("Anonymous", 0)) * 1024, "pss": int(rows.get("Pss", 0)) * 1024}


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
        reader, writer = os.pipe()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [os.path.join(self.build, "cohort"), "-c", path, "--ready-fd", str(writer)],
                stdin=subprocess.DEVNULL,
                stderr=log,
                pass_fds=[writer],
                preexec_fn=child_on(cores),
            )
        os.close(writer)
        with os.fdopen(reader, encoding="utf-8") as report:
            lines = report.read().splitlines()
        if not lines:
            die(f"the server did not start: {read(self.log)}")
        return [line.split()[1] for line in lines]

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
