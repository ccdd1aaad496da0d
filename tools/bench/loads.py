# SPDX-License-Identifier: MIT
"""loads.py - one case on one server, once: what comes of it, as a row of numbers.

Times are microseconds of CPU of all processes of the server, per exchange; a
churn's exchange is a connection.  `client_share` is how much of its core the
client took for the load: near 1 it is the client that limits the rate.  It says
nothing of a client that spins, or that is told its rate, and is missing there.
Memory is a case of its own, on fresh servers: what these have by now depends on
what they went through.  The client is cohort-bench, which compares every byte:
whatever fails there fails the run."""
import os
import signal
import statistics
import time

import processes

# Of so many, opening is none of the load that counts.
MANY_CONNECTIONS = 1000
QUIET_SECONDS = 0.02
QUIET_NS = 400_000
QUIET_PATIENCE_SECONDS = 30
# Memory is looked at when it has rested for longer.
SETTLED_TIMES = 5
PEAK_LOADS = 3
# Of a slot, the supervisor starts ten workers a second at most.
SETTLED_SECONDS = 0.3


def arguments_of(case, seconds):
    arguments = ["-c", case.connections, "-s", case.size, "-t", seconds]
    if case.kind == "echo":
        arguments += ["-d", case.depth]
    if case.is_spinning:
        arguments += ["--spin"]
    return arguments


def wait_quiet(server):
    """Until it has done what it was asked; one that nobody asks rests."""
    before = server.cpu_ns()
    end = time.monotonic() + QUIET_PATIENCE_SECONDS
    while time.monotonic() < end:
        time.sleep(QUIET_SECONDS)
        now = server.cpu_ns()
        if now - before < QUIET_NS:
            return
        before = now
    server.fail("does not rest although nobody asks for anything")


def wait_settled(server):
    for _ in range(SETTLED_TIMES):
        wait_quiet(server)


def counted(client, server, mode, *arguments):
    """A load and what the server took for it until it rested again: what is
    left to do, as the ends of its connections, is neither forgotten nor in the
    way of the server whose turn comes next."""
    cpu_ns, ticks = server.cpu_ns(), server.ticks()
    report = client.load(mode, server, *arguments)
    wait_quiet(server)
    cpu = report.get("cpu", {})
    report["client_seconds"] = cpu.get("user_s", 0) + cpu.get("system_s", 0)
    report["server_ns"] = server.cpu_ns() - cpu_ns
    report["ticks"] = [after - before for after, before in zip(server.ticks(), ticks)]
    return report


def without_opening(client, server, *arguments):
    """A load and what the server took while all connections were open: to open
    and to close thousands of them takes as long as the load lasts.  The clock
    of the client runs as long."""
    looks = []

    def look(client_ns):
        wait_quiet(server)
        looks.append((server.cpu_ns(), *server.ticks(), client_ns))

    report = client.load_halting(server, look, *arguments)
    if len(looks) < 2:
        server.fail("has lost a connection under its load")
    wait_quiet(server)
    server_ns, *ticks, client_ns = (after - before for before, after in zip(*looks))
    return report | {"server_ns": server_ns, "ticks": ticks, "client_seconds": client_ns / 1e9}


def row_of(report, server, case):
    exchanges = report.get("exchanges", 0)
    if not exchanges:
        server.fail("too short a load, nothing was counted; SECONDS_EACH is the length")
    latency = report.get("latency_us") or {}
    row = {
        "rate": report["rate"],
        "exchanges": exchanges,
        "seconds": report["seconds"],
        "user_ticks": report["ticks"][0],
        "system_ticks": report["ticks"][1],
    }
    if not case.is_spinning and not case.is_open_loop and report["client_seconds"] > 0:
        row["client_share"] = report["client_seconds"] / report["seconds"]
    if report["server_ns"] > 0:
        row["cpu_us"] = report["server_ns"] / 1e3 / exchanges
        row["per_cpu_second"] = exchanges * 1e9 / report["server_ns"]
    row |= {key: latency[key] for key in ("mean", "p50", "p99", "p999", "max") if key in latency}
    return row


def echo(client, server, case, rate):
    arguments = arguments_of(case, client.seconds)
    if case.connections >= MANY_CONNECTIONS and not rate:
        return row_of(without_opening(client, server, *arguments), server, case)
    if rate:
        arguments += ["--rate", rate]
    report = counted(client, server, "echo", *arguments)
    if not report.get("is_rate_kept", True):
        return {"is_rate_kept": False, "rate_wanted": rate, "rate": report.get("rate")}
    if case.connections >= MANY_CONNECTIONS:
        report["server_ns"] = 0  # opening is in it: no figure
    return row_of(report, server, case)


def churn(client, server, case, _):
    return row_of(counted(client, server, "churn", *arguments_of(case, client.seconds)), server, case)


def share_of_core(server, seconds):
    begun, before = time.monotonic(), server.cpu_ns()
    time.sleep(seconds)
    return (server.cpu_ns() - before) / 1e9 / (time.monotonic() - begun)


def idle(client, server, case, _):
    """Of a fresh server; each of the connections has exchanged a message."""
    server.echo()
    wait_settled(server)
    rss, pss = server.memory_bytes()
    others = server.descriptors()
    process = client.open("hold", server, "-c", case.connections, "-t", 600)
    try:
        processes.wait_until(
            lambda: server.descriptors() >= others + case.connections or process.poll() is not None,
            f"{case.connections} connections of {server.peer.name}",
            60 + case.connections / 1000,
        )
        wait_settled(server)
        held_rss, held_pss = server.memory_bytes()
        core_share = share_of_core(server, client.seconds)
    finally:
        process.send_signal(signal.SIGTERM)
        client.result(process, server)
    return {
        "rss_each": (held_rss - rss) / case.connections,
        "pss_each": (held_pss - pss) / case.connections,
        "core_share": core_share,
        "rss_bytes": rss,
        "pss_bytes": pss,
    }


def milliseconds(act):
    begun = time.monotonic()
    act()
    return (time.monotonic() - begun) * 1e3


def life(_client, server, _case, _):
    """How long a client waits whose server has just lost its worker, and how
    long a reload takes until it is done; `start_ms` is of who has started it."""
    server.echo()
    row = {}
    if hasattr(server, "kill_worker"):
        time.sleep(SETTLED_SECONDS)
        server.kill_worker()
        row["respawn_ms"] = milliseconds(server.echo)
        processes.wait_until(server.workers, "a new worker")
        row["reload_ms"] = milliseconds(lambda: server.order("reload"))
        server.echo()
    return row


MEASURES = {"echo": echo, "churn": churn, "idle": idle, "life": life}
ON_FRESH_SERVERS = ("idle", "life")


def run(client, server, case, rate=0):
    return MEASURES[case.kind](client, server, case, rate)


def half_of_peak(client, server, case):
    """What the clients of an open loop ask for: half of what this server, the
    bare loop, does for as many that wait for each answer."""
    arguments = arguments_of(case, client.seconds)
    peaks = [counted(client, server, "echo", *arguments)["rate"] for _ in range(PEAK_LOADS)]
    return int(statistics.median(peaks) / 2)


def start_and_measure(peer, build, work, cores, client, case):
    """A case that wants a server of its own."""
    begun = time.monotonic()
    server = peer.start(build, work, cores[0])
    try:
        server.echo()
        row = {"start_ms": (time.monotonic() - begun) * 1e3}
        return row | run(client, server, case)
    finally:
        server.stop()


def program(build):
    return os.path.join(build, "cohort-bench")
