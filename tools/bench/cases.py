# SPDX-License-Identifier: MIT
"""cases.py - what the servers go through: a table of names, each of which says
all that there is to know.

    64x16k            64 connections, messages of 16 KiB
    64x64-d16         16 of them in flight on each connection
    64x64-open        open loop at half of what the bare loop does at most
    1x64-spin         the client polls without sleeping
    churn-64          connect, send, get it echoed, close; 64 at a time
    idle-10000        memory of connections on which nothing happens
    life              from the start to the first echo; Cohort: respawn, reload
"""
import re
from dataclasses import dataclass

DEFAULT = [
    "1x64", "4x64", "64x64", "1000x64", "10000x64",
    "64x1k", "64x16k", "64x1m", "1x1m", "64x64-d16",
    "1x64-spin", "64x64-open", "churn-64", "idle-10000", "life",
]  # fmt: skip

ECHO = re.compile(r"(?P<connections>\d+)x(?P<size>\d+[km]?)(-d(?P<depth>\d+))?(?P<how>-open|-spin)?")
OTHERS = re.compile(r"(?P<kind>churn|idle)-(?P<connections>\d+)|life")
# What cohort-bench takes, which would fail in the middle of a run; of
# connections, those that there are descriptors for.
SIZE_MOST, DEPTH_MOST = 1 << 30, 65536
FACTORS = {"": 1, "k": 1 << 10, "m": 1 << 20}
UNITS = {"": "B", "k": "KiB", "m": "MiB"}


@dataclass
class Case:
    name: str
    kind: str  # echo, churn, idle, life
    connections: int = 0
    size: str = "64"
    depth: int = 1
    is_open_loop: bool = False
    is_spinning: bool = False

    def words(self):
        """For people."""
        if self.kind == "life":
            return "from the start to the first echo"
        if self.kind == "idle":
            return f"{self.connections} idle connections"
        if self.kind == "churn":
            return f"connect, echo, close; {self.connections} at a time"
        number, unit = re.fullmatch(r"(\d+)(\D?)", self.size).groups()
        words = f"{self.connections} × {number} {UNITS[unit]}"
        if self.depth > 1:
            words += f", depth {self.depth}"
        if self.is_spinning:
            words += ", spinning"
        if self.is_open_loop:
            words += ", open loop"
        return words


def bytes_of(size):
    number, unit = re.fullmatch(r"(\d+)(\D?)", size).groups()
    return int(number) * FACTORS[unit]


def checked(case):
    """It can be run, and means something; ValueError otherwise."""
    if case.kind == "life":
        return case
    if case.connections < 1:
        raise ValueError(f"{case.name}: no connections")
    if not 1 <= bytes_of(case.size) <= SIZE_MOST:
        raise ValueError(f"{case.name}: a message has 1 to {SIZE_MOST} bytes")
    if not 1 <= case.depth <= DEPTH_MOST:
        raise ValueError(f"{case.name}: a depth is 1 to {DEPTH_MOST}")
    return case


def parse(name):
    """The case of that name; ValueError if there is none."""
    return checked(read(name))


def read(name):
    if found := ECHO.fullmatch(name):
        return Case(
            name, "echo", int(found["connections"]), found["size"], int(found["depth"] or 1),
            found["how"] == "-open", found["how"] == "-spin",
        )  # fmt: skip
    if found := OTHERS.fullmatch(name):
        return Case(name, found["kind"] or "life", int(found["connections"] or 0))
    raise ValueError(f"{name}: no such case; there are {', '.join(DEFAULT)}")
