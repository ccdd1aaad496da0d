#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""listeners.py - what others may do to a server's listeners.

    listeners.py join HOST PORT     listen beside it until stdin ends
    listeners.py shutdown PID FD    shut down the socket FD of a process"""
import ctypes
import os
import socket
import sys

PIDFD_GETFD = 438


def join(host, port):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((host, int(port)))
    listener.listen(64)
    print(f"inode {os.fstat(listener.fileno()).st_ino}", flush=True)
    sys.stdin.read()


def shutdown(pid, number):
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.syscall(PIDFD_GETFD, os.pidfd_open(int(pid)), int(number), 0)
    if fd < 0:
        sys.exit(f"pidfd_getfd: {os.strerror(ctypes.get_errno())}")
    socket.socket(fileno=fd).shutdown(socket.SHUT_RDWR)


{"join": join, "shutdown": shutdown}[sys.argv[1]](*sys.argv[2:])
