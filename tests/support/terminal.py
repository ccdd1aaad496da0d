#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""terminal.py COLUMNS LINES KEYS COMMAND...: run it on a terminal of its own.

KEYS are typed one by one, each when the screen has been drawn anew; what came
is printed as it is. `\\x03` is Ctrl-C; `W` makes the terminal wider by 40; `@`
waits until there is a file $TERMINAL_GO. Ends with the command's status."""

import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time

PATIENCE_S = 20 * int(os.environ.get("COHORT_PATIENCE") or 1)


def resize(terminal, columns, lines):
    size = struct.pack("HHHH", lines, columns, 0, 0)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, size)


def read_some(terminal, wait_s):
    if not select.select([terminal], [], [], wait_s)[0]:
        return None
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other end is closed
        return b""


def run(terminal, columns, lines, keys):
    end = time.monotonic() + PATIENCE_S
    got = b""
    pending = b""
    while time.monotonic() < end:
        came = read_some(terminal, 0.2)
        if came == b"":
            return got
        if came:
            got += came
            pending += came
            sys.stdout.buffer.write(came)
            sys.stdout.flush()
        if keys[:1] == "@" and os.path.exists(os.environ["TERMINAL_GO"]):
            keys = keys[1:]
        if keys and keys[0] != "@" and b"\x1b[J" in pending:  # a whole screen has been drawn
            key, keys, pending = keys[0], keys[1:], b""
            if key == "W":
                columns += 40
                resize(terminal, columns, lines)
            else:
                os.write(terminal, key.encode())
    sys.exit("terminal.py: the command does not end")


def main():
    columns, lines = int(sys.argv[1]), int(sys.argv[2])
    keys = sys.argv[3].encode().decode("unicode_escape")
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm"
        os.read(0, 1)  # until the size is set
        os.execvp(sys.argv[4], sys.argv[4:])
    resize(terminal, columns, lines)
    os.write(terminal, b"\n")
    got = run(terminal, columns, lines, keys)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    is_sane = b"\x1b[?1049h" not in got or got.rindex(b"\x1b[?1049l") > got.rindex(b"\x1b[?1049h")
    sys.exit(status if is_sane else "terminal.py: the screen was not restored")


main()
