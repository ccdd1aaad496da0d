# SPDX-License-Identifier: MIT
"""made_up_load.py - a server and a client of the benchmark, of which it is known
what a load costs and what comes of it."""


def load(exchanges, server_ns, seconds, client_seconds):
    """What the client reports, and what the server has taken by then."""
    report = {
        "exchanges": exchanges,
        "seconds": seconds,
        "rate": exchanges / seconds,
        "cpu": {"user_s": client_seconds / 4, "system_s": client_seconds * 3 / 4},
        "latency_us": {"p50": 50, "p99": 99, "p999": 999},
    }
    return report, server_ns


class Server:
    """It rests at once."""

    def __init__(self):
        # Not from zero: what it did before is none of the load's.
        self.taken_ns, self.user_ticks, self.system_ticks = 77_000_000, 5, 6

    def cpu_ns(self):
        return self.taken_ns

    def ticks(self):
        return self.user_ticks, self.system_ticks

    def fail(self, words):
        raise RuntimeError(words)


class Client:
    """Its loads in turn; what it was asked for."""

    seconds = 1

    def __init__(self, *loads):
        self.loads = list(loads)
        self.asked = []

    def load_halting(self, server, look, *arguments):
        """What comes before and after costs, too."""
        server.taken_ns += 50_000_000
        look(900_000_000)
        report = self.load("echo", server, *arguments)
        cpu = report["cpu"]
        look(900_000_000 + int((cpu["user_s"] + cpu["system_s"]) * 1e9))
        server.taken_ns += 70_000_000
        return report

    def load(self, mode, server, *arguments):
        self.asked.append([mode, *arguments])
        report, server_ns = self.loads.pop(0)
        server.taken_ns += server_ns
        server.user_ticks += 1
        server.system_ticks += 3
        return report
