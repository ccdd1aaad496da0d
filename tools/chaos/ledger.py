# SPDX-License-Identifier: MIT
"""ledger.py - the load of the campaigns: clients who account for everything."""
import json
import os
import subprocess
import threading

from server import HANG_SECONDS


class Ledger:
    """A cohort-bench ledger that runs until it is told to end."""

    def __init__(self, build, port, clients, *options):
        self.events = []
        self.summary = None
        self.process = subprocess.Popen(
            [
                os.path.join(build, "cohort-bench"), "ledger", f"127.0.0.1:{port}",
                "-c", str(clients), "-t", "86400", "-T", str(HANG_SECONDS),
                "--events", "--json", "--allow-unknown", "1000000", *options,
            ],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.reader = threading.Thread(target=self.follow)
        self.reader.start()

    def follow(self):
        for line in self.process.stdout:
            words = line.split()
            if words and words[0] == "EVENT":
                self.events.append((int(words[1]), words[2], 0))
            elif words and words[0] == "GAP":
                self.events.append((int(words[1]), "gap", int(words[2])))
            elif line.startswith("{"):
                self.summary = json.loads(line)

    def end(self):
        self.process.terminate()
        self.process.wait()
        self.reader.join()
        return self.summary
