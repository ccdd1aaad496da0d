#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""listeners.py - what others may do to a server's listeners.

    listeners.py join HOST PORT     listen beside it until stdin ends
    listeners.py beside HOST PORT   one, and 70 bound to lo behind it
    listeners.py crowd HOST PORTS   100 on the first of the ports, one on each of
                                    the others; on the last one more for each line
    listeners.py many HOST COUNT PORT
                                    so many; for each line the oldest leaves
    listeners.py shutdown PID FD    shut down the socket FD of a process"""
import ctypes
import os
import socket
import sys

PIDFD_GETFD = 438


def listen(host, port, device=""):
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if device:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
    listener.bind((host, int(port)))
    listener.listen(64)
    return listener


def tell(listeners):
    print("inode", *(os.fstat(one.fileno()).st_ino for one in listeners), flush=True)


def stay(listeners):
    tell(listeners)
    sys.stdin.read()


def join(host, port):
    stay([listen(host, port)])


def beside(host, port):
    real = listen(host, port)
    others = [listen(host, port, "lo") for _ in range(70)]
    stay([real])
    del others


def crowd(host, *ports):
    others = [listen(host, ports[0]) for _ in range(99)]
    others += [listen(host, port) for port in ports]
    tell(others[-len(ports):])
    for _ in sys.stdin:
        others.append(listen(host, ports[-1]))
        tell(others[-1:])


def many(host, count, port):
    others = [listen(host, port) for _ in range(int(count))]
    tell(others)
    for _ in sys.stdin:
        others.pop(0).close()


def shutdown(pid, number):
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.syscall(PIDFD_GETFD, os.pidfd_open(int(pid)), int(number), 0)
    if fd < 0:
        sys.exit(f"pidfd_getfd: {os.strerror(ctypes.get_errno())}")
    socket.socket(fileno=fd).shutdown(socket.SHUT_RDWR)


{"join": join, "beside": beside, "crowd": crowd, "many": many, "shutdown": shutdown}[sys.argv[1]](*sys.argv[2:])
