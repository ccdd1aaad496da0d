# SPDX-License-Identifier: MIT
"""servers.py - the three servers, each set up and handled as its own
documentation says, all answering a GET with "PID PATH".

Each has PARALLEL workers (HAProxy: threads of its one worker), with a listener
of their own each."""
import os
import random
import re
import shutil
import signal
import socket
import subprocess

from processes import (
    children, comm, free_port, is_gone, read, reap, title, wait_until, write,
)  # fmt: skip

PARALLEL = 4
FEWER = 2


class Server:
    """What the three have in common.  `workers` are the processes that take new
    connections, `leaving` those that finish with their old ones."""

    name = tool = ""
    worker_count = PARALLEL
    stop_signal = signal.SIGTERM

    def __init__(self, program, directory):
        self.program = program
        self.directory = directory
        self.port = free_port()
        self.master = 0
        self.log = self.path("log")

    @classmethod
    def find(cls, _build):
        """Its program, or None."""
        return shutil.which(cls.tool, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")

    @classmethod
    def version(cls, program):
        done = subprocess.run([program, "-v"], capture_output=True, text=True, check=False)
        return (done.stdout + done.stderr).splitlines()[0].removeprefix("nginx version: ")

    def path(self, name):
        return os.path.join(self.directory, name)

    def command(self):
        raise NotImplementedError

    def configure(self, parallel):
        raise NotImplementedError

    def is_leaving(self, _pid):
        return False

    def is_worker(self, _pid):
        return True

    def start(self):
        self.configure(PARALLEL)
        self.launch()
        wait_until(self.is_answering, f"{self.name}'s first answer")
        self.settle()

    def launch(self):
        with open(self.log, "a", encoding="utf-8") as log:
            self.master = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            ).pid

    def stop(self):
        if self.master and not is_gone(self.master):
            os.kill(self.master, self.stop_signal)
            wait_until(lambda: is_gone(self.master), f"{self.name}'s end")

    def is_answering(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as client:
                client.sendall(b"GET /c0-e0 HTTP/1.1\r\nHost: ledger\r\n\r\n")
                return b" 200" in client.recv(512)
        except OSError:
            return False

    def processes(self):
        return [pid for pid in children(self.master) if self.is_worker(pid)]

    def workers(self):
        return [pid for pid in self.processes() if not self.is_leaving(pid)]

    def a_worker(self):
        return random.choice(self.workers())

    def kill(self, pid):
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: is_gone(pid), "the end of a killed worker")

    def tend(self):
        """What a service manager does for it; called often."""

    def settle(self):
        """Wait until all workers serve and those that leave have left."""

        def is_settled():
            self.tend()
            return len(self.processes()) == len(self.workers()) == self.worker_count

        wait_until(is_settled, f"{self.worker_count} workers of {self.name}")
        reap()

    def replace(self, action):
        """Do what gives it new workers, and wait until they have taken over."""
        old = set(self.processes())
        action()
        wait_until(lambda: not old & set(self.processes()), f"{self.name}'s old workers to leave")
        self.settle()

    def send(self, number):
        os.kill(self.master, number)

    def told(self):
        """Connections that killed workers may have accepted; None: it does not say."""
        return None


class Cohort(Server):
    """This project's, with its defaults."""

    name = "Cohort"

    @classmethod
    def find(cls, build):
        return os.path.join(build, "tests/servers/http")

    @classmethod
    def version(cls, program):
        done = subprocess.run([program, "-V"], capture_output=True, text=True, check=True)
        return "Cohort " + done.stdout.split()[-1]

    def command(self):
        return [self.program, "-c", self.path("cohort.conf")]

    def configure(self, parallel):
        write(
            self.path("cohort.conf"),
            f"workers {parallel};\nlog {self.log};\nservice ledger {{ listen 127.0.0.1:{self.port}; }}\n",
        )

    def is_worker(self, pid):
        return comm(pid).startswith("worker ")

    def is_leaving(self, pid):
        return "draining" in title(pid)

    def do(self, number, words):
        """A signal, and wait until the log has these words once more."""
        before = read(self.log).count(words)
        self.send(number)
        wait_until(lambda: read(self.log).count(words) > before, words)

    def reload(self):
        self.replace(lambda: self.do(signal.SIGHUP, "reloaded: generation"))

    def upgrade(self):
        self.replace(lambda: self.do(signal.SIGUSR2, "upgraded: generation"))

    def resize(self, parallel):
        number, words = (
            (signal.SIGTTOU, "one worker fewer") if parallel < self.worker_count else (signal.SIGTTIN, "one worker more")
        )
        for _ in range(abs(parallel - self.worker_count)):
            self.do(number, words)
        self.worker_count = parallel
        self.settle()

    def told(self):
        log = read(self.log)
        counted = sum(int(count) for count in re.findall(r"worker_exit (\d+)", log))
        # One that dies within accept4() itself has taken a client from the queue
        # and cannot count it: one for each death, since it takes one at a time.
        return counted + len(re.findall(r"worker \d+ .*was killed by", log))


NGINX = """
worker_processes {parallel};
pid {directory}/pid;
error_log {log};
events {{ worker_connections 1024; }}
http {{
    access_log off;
    default_type text/plain;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    server {{
        listen 127.0.0.1:{port} reuseport;
        location / {{ return 200 "$pid $request_uri\\n"; }}
    }}
}}
"""


class Nginx(Server):
    """https://nginx.org/en/docs/control.html"""

    name = tool = "nginx"
    stop_signal = signal.SIGQUIT

    def command(self):
        return [self.program, "-p", self.directory, "-e", self.log, "-c", self.path("nginx.conf")]

    def configure(self, parallel):
        write(
            self.path("nginx.conf"),
            NGINX.format(parallel=parallel, directory=self.directory, log=self.log, port=self.port),
        )

    def launch(self):
        """It becomes a daemon: without that it takes no USR2."""
        super().launch()
        wait_until(lambda: is_gone(self.master) and self.pid_in_file(), "nginx's pid file")
        self.master = self.pid_in_file()

    def is_worker(self, pid):
        return title(pid).startswith("nginx: worker process")

    def is_leaving(self, pid):
        return "is shutting down" in title(pid)

    def reload(self):
        self.replace(lambda: self.send(signal.SIGHUP))

    def resize(self, parallel):
        self.configure(parallel)
        self.worker_count = parallel
        self.reload()

    def upgrade(self):
        """ "Upgrading Executable on the Fly" there."""
        old = self.master
        self.send(signal.SIGUSR2)
        wait_until(lambda: self.pid_in_file() not in (0, old), "a new nginx master")
        self.master = self.pid_in_file()
        wait_until(lambda: len(self.workers()) == self.worker_count, "new nginx workers")
        os.kill(old, signal.SIGWINCH)
        wait_until(lambda: not [pid for pid in children(old) if self.is_worker(pid)], "old nginx workers to leave")
        os.kill(old, signal.SIGQUIT)
        wait_until(lambda: is_gone(old), "the old nginx master to leave")
        self.settle()

    def pid_in_file(self):
        return int(read(self.path("pid")).strip() or 0)


HAPROXY = """
global
    nbthread {parallel}
    maxconn 4000
    stats socket {directory}/admin mode 600 level admin expose-fd listeners
defaults
    mode http
    option idle-close-on-response
    timeout connect 5s
    timeout client 50s
    timeout server 50s
frontend ledger
    bind 127.0.0.1:{port} shards by-thread
    http-request return status 200 content-type text/plain lf-string "%pid %[path]\\n"
"""


class Haproxy(Server):
    """Its management guide, 3 and 4, and the unit that Debian installs: master
    and worker, Restart=always.  If the worker dies the master ends itself; the
    service manager is here one that starts it again at once."""

    name = "HAProxy"
    tool = "haproxy"
    worker_count = 1

    def command(self):
        return [self.program, "-W", "-f", self.path("haproxy.cfg")]

    def configure(self, parallel):
        write(
            self.path("haproxy.cfg"),
            HAPROXY.format(parallel=parallel, directory=self.directory, port=self.port),
        )

    def tend(self):
        if is_gone(self.master):
            self.launch()

    def reload(self):
        self.replace(lambda: self.send(signal.SIGUSR2))

    def resize(self, parallel):
        self.configure(parallel)
        self.reload()

    def upgrade(self):
        """The same: at USR2 the master executes the program anew."""
        self.reload()


SERVERS = [Cohort, Nginx, Haproxy]
