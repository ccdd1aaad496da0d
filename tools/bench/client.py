# SPDX-License-Identifier: MIT
"""client.py - whoever loads a server: cohort-bench, which compares every byte."""
import json
import os
import signal
import subprocess

from processes import wait_until
from tree import child_on
from usage import cpu_ns

# A server's connections end before it does.
DYING_SECONDS = 0.5
# A client that gets no byte gives up long before.
HUNG_SECONDS = 120
POLL_SECONDS = 0.02


def has_stopped(process):
    """By itself, or by its end; no report is taken away."""
    return os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOHANG | os.WNOWAIT)


class Client:
    """cohort-bench, on a core of its own."""

    def __init__(self, program, core, seconds):
        self.program, self.core, self.seconds = program, core, seconds

    def open(self, mode, server, *arguments):
        command = [self.program, mode, server.address, "--json", *map(str, arguments)]
        # pylint: disable-next=subprocess-popen-preexec-fn
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, preexec_fn=child_on({self.core}, signal.SIGKILL),
        )  # fmt: skip

    def result(self, process, server):
        """Its report; a rate that was not kept is a result, too."""
        try:
            out, error = process.communicate(timeout=self.seconds + HUNG_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            out, error = process.communicate()
            error += "cohort-bench does not end"
        server.check()
        try:
            report = json.loads(out)
        except ValueError:
            report = {}
        failures = {kind: count for kind, count in report.get("failures", {"no report": 1}).items() if count}
        if process.returncode and (report.get("is_rate_kept", True) or failures):
            server.check(DYING_SECONDS)
            words = ", ".join(f"{kind} {count}" for kind, count in failures.items() if kind != "total")
            server.fail(f"failed under its load: {words or 'nothing was exchanged'} {error.strip()}".rstrip())
        return report

    def load_halting(self, server, look, *arguments):
        """An echo.  `look` is called with the client's CPU, in ns, when all connections
        are open and again before they end, both times while nothing moves."""
        process = self.open("echo", server, *arguments, "--halt")
        for _ in range(2):
            found = wait_until(
                lambda: has_stopped(process), "cohort-bench's halt", self.seconds + HUNG_SECONDS, POLL_SECONDS
            )
            if found.si_code != os.CLD_STOPPED:
                break
            look(cpu_ns(process.pid))
            process.send_signal(signal.SIGCONT)
        return self.result(process, server)

    def load(self, mode, server, *arguments):
        return self.result(self.open(mode, server, *arguments), server)
