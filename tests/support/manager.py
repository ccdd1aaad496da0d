#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""manager.py - as much of a service manager as a server can tell: it passes
sockets, keeps those that it is given, and starts the server again.

    manager.py NOTIFY_SOCKET [NAME=HOST:PORT…] -- PROGRAM ARG…

It prints `passed NAME PORT`, `started PID`, and whatever it is told.  A line on
stdin: `kill` ends all of the server by SIGKILL, `start` starts it again with
what was stored, `end` ends everything."""
import array
import os
import select
import signal
import socket
import sys

FIRST = 3


class Manager:
    def __init__(self, path, sockets, command):
        self.command = command
        self.sockets = sockets
        self.stored = []
        self.pid = 0
        self.path = path
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(path)
        os.chmod(path, 0o777)

    def start(self):
        passed = self.sockets + self.stored
        self.pid = os.fork()
        if self.pid == 0:
            self.become_server(passed)
        try:
            os.setpgid(self.pid, self.pid)
        except PermissionError:
            pass  # it has done so itself, and executes the server already
        print("started", self.pid, flush=True)

    def become_server(self, passed):
        os.setpgid(0, 0)
        high = [os.dup2(fd, 500 + i, False) for i, (_, fd) in enumerate(passed)]
        for i, fd in enumerate(high):
            os.dup2(fd, FIRST + i, True)
        os.closerange(FIRST + len(high), 1000)
        environment = dict(os.environ, NOTIFY_SOCKET=self.path)
        if passed:
            environment["LISTEN_PID"] = str(os.getpid())
            environment["LISTEN_FDS"] = str(len(passed))
            environment["LISTEN_FDNAMES"] = ":".join(name for name, _ in passed)
        os.execve(self.command[0], self.command, environment)

    def kill(self):
        if self.pid:
            os.killpg(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        self.pid = 0

    def hear(self):
        room = socket.CMSG_SPACE(253 * 4)
        data, controls, _, _ = self.notify.recvmsg(4096, room)
        fds = array.array("i")
        for _, _, content in controls:
            fds.frombytes(content[: len(content) - len(content) % fds.itemsize])
        words = dict(line.split("=", 1) for line in data.decode().split("\n"))
        name = words.get("FDNAME")
        if "FDSTORE" in words:
            self.stored += [(name, fd) for fd in fds]
        if "FDSTOREREMOVE" in words:
            for _, fd in [entry for entry in self.stored if entry[0] == name]:
                os.close(fd)
            self.stored = [entry for entry in self.stored if entry[0] != name]
        print("told", data.decode().replace("\n", " "), flush=True)

    def run(self):
        while True:
            ready, _, _ = select.select([self.notify, sys.stdin.fileno()], [], [])
            if self.notify in ready:
                self.hear()
            if sys.stdin.fileno() in ready:
                word = os.read(sys.stdin.fileno(), 100).decode().strip()
                if word == "kill":
                    self.kill()
                    print("killed", flush=True)
                elif word == "start":
                    self.start()
                else:
                    return


def listen(word):
    name, address = word.split("=")
    host, port = address.split(":")
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, int(port)))
    listener.listen(512)
    print("passed", name, listener.getsockname()[1], flush=True)
    return name, listener.detach()


def main():
    end = sys.argv.index("--")
    sockets = [listen(word) for word in sys.argv[2:end]]
    manager = Manager(sys.argv[1], sockets, sys.argv[end + 1 :])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        manager.start()
        manager.run()
    finally:
        manager.kill()


main()
