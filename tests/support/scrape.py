#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Ask for PATH over and over, until FILE exists: every other time over the
connection that is there, as long as the server keeps it, else over a new one.

usage: scrape.py HOST:PORT PATH FILE

Prints a line at the first answer, and at the end how many answers there were
and what went wrong: anything but a 200, a refusal, a reset, an end that was not
announced, a counter (if PATH has any) that is less than it was."""
import http.client
import os
import re
import sys


COUNTER = re.compile(r"^(\w+_(?:total|count|bucket|sum)(?:\{.*\})?) (\S+)$", re.MULTILINE)


def ask(connection, path, counters):
    connection.request("GET", path)
    answer = connection.getresponse()
    text = answer.read().decode()
    if answer.status != 200:
        raise ValueError("status %d" % answer.status)
    before = dict(counters)
    counters.update(COUNTER.findall(text))
    for name, value in before.items():
        if float(counters[name]) < float(value):
            raise ValueError("%s was %s, is %s" % (name, value, counters[name]))


def main():
    (host, port), path, stop = sys.argv[1].rsplit(":", 1), sys.argv[2], sys.argv[3]
    kept = http.client.HTTPConnection(host, int(port), timeout=10)
    count, failures, counters = 0, [], {}
    while not os.path.exists(stop):
        fresh = http.client.HTTPConnection(host, int(port), timeout=10)
        for connection in kept, fresh:
            try:
                ask(connection, path, counters)
                count += 1
                if count == 1:
                    print("begun", flush=True)
            except (OSError, ValueError, http.client.HTTPException) as error:
                failures.append(repr(error))
                connection.close()
        fresh.close()
    kept.close()
    print(count, "answers,", len(failures), "failures", *failures[:3], flush=True)


main()
