# SPDX-License-Identifier: MIT
"""usage.py - what a server takes, as the kernel counts it."""
import ctypes
import os
import resource
import signal

from processes import children, read

PR_SET_PDEATHSIG = 1  # linux/prctl.h
DESCRIPTORS = 1048576

libc = ctypes.CDLL(None, use_errno=True)


def raise_descriptors(wanted=DESCRIPTORS):
    """RLIMIT_NOFILE, for us and those that we start, as far as it goes; unless told
    otherwise for 10 000 connections at either end."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = min(wanted, int(read("/proc/sys/fs/nr_open") or wanted))
    for limit in (wanted, wanted if hard == resource.RLIM_INFINITY else hard):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, max(limit, hard)))
            return limit
        except (OSError, ValueError):
            continue
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def child_on(core):
    """For a child before its program: bound to that core, and gone with us."""

    def prepare():
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        os.sched_setaffinity(0, {core})

    return prepare


def tree(pid):
    """It and all below it: a server is all of its processes."""
    pids = [pid]
    for parent in pids:
        pids += children(parent)
    return pids


def cpu_ns(pid):
    """Of all its threads, exact: the first number of schedstat."""
    total = 0
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return 0
    for task in tasks:
        total += int((read(f"/proc/{pid}/task/{task}/schedstat") or "0").split()[0])
    return total


def ticks(pid):
    """(user, system), sampled by the clock's tick: good for a share only."""
    fields = read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return (int(fields[11]), int(fields[12])) if len(fields) > 12 else (0, 0)


def memory_bytes(pid):
    """(RSS, PSS)."""
    found = {"Rss": 0, "Pss": 0}
    for line in read(f"/proc/{pid}/smaps_rollup").splitlines():
        name, _, value = line.partition(":")
        if name in found:
            found[name] = int(value.split()[0]) * 1024
    return found["Rss"], found["Pss"]


def descriptors(pid):
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return 0
