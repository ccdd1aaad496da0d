# SPDX-License-Identifier: MIT
"""processes.py - the processes that a comparison starts, and their end: nothing
of it is left, however it ends, and whoever has forked what."""
import ctypes
import os
import signal
import socket
import time

PATIENCE_SECONDS = 30
POLL_SECONDS = 0.002
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


def adopt_orphans():
    """Whoever loses its parent below us becomes our child: a new nginx master
    outlives the old one that has started it."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def state(pid):
    """A letter of proc(5); "" if there is no such process."""
    return read(f"/proc/{pid}/stat").rpartition(")")[2][1:2]


def is_gone(pid):
    return state(pid) in ("", "Z", "X")


def children(pid):
    """Those that live."""
    found = read(f"/proc/{pid}/task/{pid}/children").split()
    return [int(child) for child in found if not is_gone(child)]


def title(pid):
    return read(f"/proc/{pid}/cmdline").replace("\0", " ")


def comm(pid):
    return read(f"/proc/{pid}/comm").strip()


def wait_until(condition, what, seconds=PATIENCE_SECONDS, poll=POLL_SECONDS):
    """What the condition has found."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > end:
            raise RuntimeError(f"gave up waiting for: {what}")
        time.sleep(poll)
    return found


def reap():
    """Children of ours that have ended; who waits for one finds it gone."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def end_all():
    """Kill every process below this one."""
    while left := read(f"/proc/self/task/{os.getpid()}/children").split():
        for pid in left:
            try:
                os.kill(int(pid), signal.SIGKILL)
                os.waitpid(int(pid), 0)
            except (ProcessLookupError, ChildProcessError):
                pass


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
