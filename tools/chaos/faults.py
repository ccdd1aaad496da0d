# SPDX-License-Identifier: MIT
"""faults.py - what is done to the server, a row each."""
import errno
import os
import resource
import signal
import time
from typing import Callable, NamedTuple

from server import WORKERS, Server, wait_until


def worker_killed(server):
    os.kill(server.a_worker(), signal.SIGKILL)


def worker_crashed(server):
    os.kill(server.a_worker(), signal.SIGSEGV)


def worker_leaves(server):
    os.kill(server.a_worker(), signal.SIGTERM)


def worker_stopped_shortly(server):
    pid = server.a_worker()
    os.kill(pid, signal.SIGSTOP)
    time.sleep(0.7)
    os.kill(pid, signal.SIGCONT)


def worker_stopped_for_good(server):
    before = server.count("hangs for")
    os.kill(server.a_worker(), signal.SIGSTOP)
    server.wait_for("hangs for", before)
    time.sleep(1.2)


def worker_loops(server):
    before = server.count("hangs for")
    server.say(b"!spin 1\n")
    server.wait_for("hangs for", before)


def worker_exits(server):
    server.say(b"!exit 0\n")


def worker_dies_at_start(server):
    known = set(server.workers())
    os.kill(server.a_worker(), signal.SIGKILL)
    wait_until(lambda: set(server.workers()) - known, "a successor")
    for pid in set(server.workers()) - known:
        os.kill(pid, signal.SIGKILL)


def reload_good(server):
    server.do(signal.SIGHUP, "reloaded: generation")


def reload_bad(server):
    server.write_config("service plain { listen 127.0.0.1:1; backlogg 7; }")
    server.do(signal.SIGHUP, "the reload failed")
    server.write_config()


def reload_storm(server):
    before = server.count("reloaded: generation")
    for _ in range(20):
        server.signal(signal.SIGHUP)
        time.sleep(0.01)
    server.wait_for("reloaded: generation", before)
    time.sleep(0.5)


def grow_and_shrink(server):
    server.do(signal.SIGTTIN, "one worker more")
    wait_until(lambda: len(server.workers()) == WORKERS + 1, "one more")
    server.do(signal.SIGTTOU, "one worker fewer")


def shrink_to_one(server):
    for _ in range(WORKERS - 1):
        server.do(signal.SIGTTOU, "one worker fewer")
    wait_until(lambda: len(server.workers()) == 1, "one worker")
    time.sleep(0.3)
    for _ in range(WORKERS - 1):
        server.do(signal.SIGTTIN, "one worker more")


def upgrade(server):
    server.do(signal.SIGUSR2, "upgraded: generation")


def upgrade_to_missing(server):
    os.unlink(server.program)
    server.do(signal.SIGUSR2, "the upgrade failed")
    server.install(server.original)


def upgrade_to_crashing(server):
    upgrade_to_impostor(server, "crash")


def upgrade_to_hanging(server):
    upgrade_to_impostor(server, "hang")


def upgrade_to_impostor(server, what):
    server.install(server.impostor, what)
    server.do(signal.SIGUSR2, "the upgrade failed")
    server.install(server.original)


def supervisor_killed(server):
    before = server.count("reloaded: generation")
    server.signal(signal.SIGKILL)
    server.process.wait()
    server.start()
    server.wait_for("reloaded: generation", before)


def supervisor_stopped(server):
    server.signal(signal.SIGSTOP)
    os.kill(server.a_worker(), signal.SIGKILL)
    time.sleep(1)
    server.signal(signal.SIGCONT)
    time.sleep(0.3)


def keeper_killed(server):
    for pid in server.children("keeper"):
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: server.children("keeper"), "a keeper")


def supervisor_and_keeper_killed(server):
    before = server.count("from workers of a supervisor that was killed")
    keepers = server.children("keeper")
    server.signal(signal.SIGSTOP)  # it would start another keeper
    for pid in keepers:
        os.kill(pid, signal.SIGKILL)
    server.signal(signal.SIGKILL)
    server.process.wait()
    server.start()
    server.wait_for("from workers of a supervisor that was killed", before)


def fork_fails(server):
    before = server.count("cannot start worker")
    server.fail("fork", errno.EAGAIN)
    os.kill(server.a_worker(), signal.SIGKILL)
    server.wait_for("cannot start worker", before)
    server.do(signal.SIGHUP, "the reload failed")
    time.sleep(0.2)
    server.fail("fork", 0)


def accept_fails(server, number, process=""):
    server.fail("accept4" + process, number)
    time.sleep(0.3)
    server.fail("accept4" + process, 0)


def accept_fails_for_buffers(server):
    accept_fails(server, errno.ENOBUFS)


def accept_fails_for_files(server):
    accept_fails(server, errno.ENFILE)


def worker_without_descriptors(server):
    accept_fails(server, errno.EMFILE, f".{server.a_worker()}")


def supervisor_without_descriptors(server):
    before = server.count("cannot start worker")
    pid = server.process.pid
    limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (4, limits[1]))
    os.kill(server.a_worker(), signal.SIGKILL)
    server.wait_for("cannot start worker", before)
    time.sleep(0.2)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)


class Fault(NamedTuple):
    name: str
    action: Callable[[Server], None]
    # It kills a worker with what it has accepted.
    is_killing: bool = False
    # The next supervisor does not know what the killed workers had accepted.
    is_forgetting: bool = False
    # Its successor kills a worker that is stopped in that moment.
    is_hasty: bool = False
    # It is about a worker that is stopped.
    is_stopping: bool = False


FAULTS = [
    Fault("worker: SIGKILL", worker_killed, True),
    Fault("worker: SIGSEGV", worker_crashed, True),
    Fault("worker: SIGTERM", worker_leaves),
    Fault("worker: stopped 0.7 s", worker_stopped_shortly, is_stopping=True),
    Fault("worker: stopped for good", worker_stopped_for_good, True, is_stopping=True),
    Fault("worker: endless loop", worker_loops, True),
    Fault("worker: exit(0)", worker_exits, True),
    Fault("worker: dies at start", worker_dies_at_start, True),
    Fault("worker: EMFILE", worker_without_descriptors),
    Fault("all workers: ENFILE", accept_fails_for_files),
    Fault("all workers: ENOBUFS", accept_fails_for_buffers),
    Fault("HUP: good", reload_good),
    Fault("HUP: bad", reload_bad),
    Fault("HUP: 20 in a row", reload_storm),
    Fault("grow, shrink", grow_and_shrink),
    Fault("shrink to 1, grow back", shrink_to_one),
    Fault("USR2: same binary", upgrade),
    Fault("USR2: missing binary", upgrade_to_missing),
    Fault("USR2: crashing binary", upgrade_to_crashing),
    Fault("USR2: hanging binary", upgrade_to_hanging),
    Fault("fork fails, worker: SIGKILL", fork_fails, True),
    Fault("supervisor: EMFILE, worker: SIGKILL", supervisor_without_descriptors, True),
    Fault("supervisor: SIGKILL, restart", supervisor_killed, is_hasty=True),
    Fault("supervisor: stopped, worker: SIGKILL", supervisor_stopped, True),
    Fault("keeper: SIGKILL", keeper_killed),
    Fault("supervisor, keeper: SIGKILL, restart", supervisor_and_keeper_killed, is_forgetting=True, is_hasty=True),
]
