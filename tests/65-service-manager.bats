#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What a service manager is told through $NOTIFY_SOCKET.

load support/common

# A service manager: writes down each datagram as one line.
listen_at() {
	NOTIFY_SOCKET=$WORK/notify
	timeout 60 python3 -c '
import socket, sys
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(sys.argv[1])
while True:
    print(manager.recv(4096).decode().replace("\n", " "), flush=True)
' "$NOTIFY_SOCKET" >"$WORK/told" 3>&- &
	SERVER_PIDS+=("$!")
	export NOTIFY_SOCKET
	wait_until 10 test -S "$NOTIFY_SOCKET"
}
told() { grep -qE -- "$1" "$WORK/told"; }

@test "READY, RELOADING, STOPPING and the watchdog are told as sd_notify(3) has them" {
	need python3
	listen_at
	export WATCHDOG_USEC=200000
	cp "$COHORT" "$WORK/cohort"
	start_ready 1 "$WORK/cohort" -l 127.0.0.1:0 -w 2 -o 'shutdown_timeout 1s;'
	wait_until 5 told '^READY=1 STATUS=generation 1 serves with 2 workers'
	wait_until 5 told '^WATCHDOG=1'
	kill -HUP "$SERVER"
	wait_until 5 told '^RELOADING=1 MONOTONIC_USEC=[0-9]+'
	wait_until 10 told '^READY=1 STATUS=generation 2 serves'
	kill -USR2 "$SERVER"
	wait_until 20 told '^READY=1 STATUS=generation 3 serves'
	kill -TERM "$SERVER"
	wait_until 5 told '^STOPPING=1'
	wait_until 5 told '^EXTEND_TIMEOUT_USEC=10000000'
	wait_exit "$SERVER" 10
	[ "$STATUS" -eq 0 ]
}

@test "a manager that is behind hears of READY and STOPPING all the same" {
	need python3
	mkfifo "$WORK/orders"
	timeout 60 python3 -c '
import socket, sys
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(sys.argv[1])
other = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
other.setblocking(False)
for _ in range(2):
    try:
        while True:
            other.sendto(b"x", sys.argv[1])
    except BlockingIOError:
        pass
    print("full", flush=True)
    sys.stdin.readline()
    manager.settimeout(10)
    while True:
        word = manager.recv(4096).decode().replace("\n", " ")
        print(word, flush=True)
        if "READY" in word or "STOPPING" in word:
            break
' "$WORK/notify" <>"$WORK/orders" >"$WORK/told" 3>&- &
	SERVER_PIDS+=("$!")
	exec 8>"$WORK/orders"
	wait_until 10 told full
	NOTIFY_SOCKET=$WORK/notify serve -w 1 -o 'shutdown_timeout 5s;'
	echo >&8
	wait_until 10 told '^READY=1'
	full_again() { [ "$(grep -c full "$WORK/told")" -eq 2 ]; }
	wait_until 10 full_again
	coproc CLIENT { timeout 30 socat - "TCP:127.0.0.1:$PORT"; }
	echo one >&"${CLIENT[1]}"
	read -r -t 10 _ <&"${CLIENT[0]}"
	kill -TERM "$SERVER"
	wait_until 5 log_has 'shutdown: waiting'
	echo >&8
	wait_until 10 told '^STOPPING=1'
}

@test "STOPPING is told when a drain_delay begins" {
	need python3 socat
	listen_at
	serve -w 1 -o 'drain_delay 60s;'
	kill -TERM "$SERVER"
	wait_until 5 told '^STOPPING=1'
	wait_until 5 told '^EXTEND_TIMEOUT_USEC=10000000'
	[ "$(say still)" = still ]
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 10
	[ "$STATUS" -eq 0 ]
}

@test "READY follows RELOADING when no worker of the new build can be started" {
	need python3 strace
	listen_at
	cp "$COHORT" "$WORK/cohort"
	start_ready 1 "$WORK/cohort" -l 127.0.0.1:0 -w 1
	wait_until 5 told '^READY=1'
	# the trial and the keeper are started, and nobody else
	timeout 30 strace -qq -o /dev/null -e trace=?clone,?clone3,?fork -e inject=?clone,?clone3,?fork:error=EAGAIN:when=3+ -p "$SERVER" 3>&- &
	tracer=$!
	wait_until 5 is_traced "$SERVER"
	kill -USR2 "$SERVER"
	wait_until 20 log_has 'the upgrade failed'
	log_has 'going on as cohort'
	kill "$tracer" || true
	wait "$tracer" || true
	is_ready_again() { [ "$(grep -oE '^(READY|RELOADING)' "$WORK/told" | tr '\n' ' ')" = 'READY RELOADING READY ' ]; }
	wait_until 5 is_ready_again
}

@test "without a service manager, or with one that is gone, it serves" {
	need socat
	NOTIFY_SOCKET=$WORK/nobody serve -w 1
	[ "$(say x)" = x ]
	log_has 'the service manager'
}
