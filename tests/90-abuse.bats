#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Bad weather: no descriptors, no memory, failing calls, full disks.

load support/common

# injected SPEC COMMAND…: the server with a failing system call, by strace.
injected() {
	local spec=$1
	shift
	need strace
	strace -o /dev/null -e trace=none true 2>/dev/null || skip "strace cannot trace here"
	# -D: the server, not the tracer, is our child
	start_ready 1 strace -E "ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0" -D -f -qq -o "$WORK/strace" -e trace="${spec%%:*}" -e inject="$spec" \
		"$COHORT" -l 127.0.0.1:0 "$@"
}
cpu_ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }

@test "with 64 descriptors clients beyond them wait, nothing spins, all are served" {
	need python3
	start_ready 1 bash -c 'ulimit -n 64; exec "$@"' - "$COHORT" -l 127.0.0.1:0 -w 1
	worker=$(workers)
	timeout 60 python3 - "$PORT" "$worker" <<-'END'
		import socket, sys, time
		port, worker = map(int, sys.argv[1:])
		clients = []
		for number in range(120):
		    client = socket.create_connection(("127.0.0.1", port), timeout=20)
		    client.sendall(b"%03d" % number)
		    clients.append(client)
		def ticks():
		    return sum(map(int, open(f"/proc/{worker}/stat").read().split()[13:15]))
		before = ticks()
		time.sleep(1)
		spent = ticks() - before
		assert spent < 50, f"{spent} ticks of CPU in a second of waiting"
		for number, client in enumerate(clients):
		    assert client.recv(3) == b"%03d" % number, number
		    client.close()
	END
	[ "$(wc -l <"$LOG")" -lt 30 ]
}

@test "accept fails with EMFILE and ENOMEM for a while: clients wait and are served" {
	need socat
	for error in EMFILE ENFILE ENOBUFS ENOMEM; do
		injected "accept4:error=$error:when=1..3" -w 1
		run say "after $error"
		[ "$output" = "after $error" ]
		log_has "$error|Too many open files|No buffer space|Cannot allocate memory"
		end_server "$SERVER"
	done
}

@test "fork fails with EAGAIN at first: it is retried" {
	need socat
	injected "clone,clone3,fork,vfork:error=EAGAIN:when=2..4" -w 2
	run say "forked"
	[ "$output" = "forked" ]
}

@test "send and recv that fail end one connection, not the server" {
	need socat
	for call in recvfrom sendto; do
		injected "$call:error=ECONNRESET:when=2" -w 1
		for _ in 1 2 3; do say "x" >/dev/null || true; done
		run say "alive"
		[ "$output" = "alive" ]
		end_server "$SERVER"
	done
}

@test "workers that can never bind: a message, the status of the reason, no loop" {
	need strace
	strace -o /dev/null -e trace=none true 2>/dev/null || skip "strace cannot trace here"
	run -77 timeout 30 strace -E "ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0" -f -qq -o "$WORK/strace" -e trace=bind \
		-e inject=bind:error=EACCES:when=1+ "$COHORT" -l 127.0.0.1:0 -w 2
	[[ "$output" == *ermission* ]]
}

@test "a worker killed in the middle of its start is replaced" {
	need socat strace
	injected "listen:signal=KILL:when=2" -w 2
	run say "started"
	[ "$output" = "started" ]
}

@test "the log on a full disk or a closed pipe stops nobody" {
	need socat
	LOG=/dev/full serve -w 2
	run say "full"
	[ "$output" = "full" ]
	end_server "$SERVER"
	LOG=$WORK/log
	: >"$WORK/ready.pipe"
	exec 7>"$WORK/ready.pipe"
	{ "$COHORT" -l 127.0.0.1:0 -w 2 --ready-fd 7 3>&- </dev/null 2>&1 7>&7 & echo $! >"$WORK/pid"; wait; } 7>&7 | head -c 1 >/dev/null &
	exec 7>&-
	wait_until 10 has_lines "$WORK/ready.pipe" 1
	SERVER=$(cat "$WORK/pid")
	SERVER_PIDS+=("$SERVER")
	kill -KILL "$(workers | head -n 1)"
	wait_until 10 worker_count_is 2
	run say "pipe" "$(sed -n '1s/.*://p' "$WORK/ready.pipe")"
	[ "$output" = "pipe" ]
}

@test "after a storm of clients no descriptor is left" {
	need python3
	serve -w 1
	worker=$(workers)
	fds() { find "/proc/$worker/fd" -mindepth 1 | wc -l; }
	before=$(fds)
	for case in resets vanish close-unread; do
		timeout 60 python3 "$BATS_TEST_DIRNAME/support/client.py" "$case" 127.0.0.1 "$PORT"
	done
	as_before() { [ "$(fds)" -eq "$before" ]; }
	wait_until 15 as_before
}

# (EAGAIN from recv or send while the kernel could do it is left out: no kernel
# says so, and edge-triggered readiness rests on that.)
@test "calls that fail once in each process, with any of these, cost no more than that" {
	need socat
	while read -r spec; do
		echo "# $spec"
		injected "$spec" -w 2
		run say "after it"
		[ "$output" = "after it" ]
		end_server "$SERVER"
	done <<-'END'
		socketpair:error=ENOMEM:when=2
		sendmsg:error=ENOBUFS:when=3
		recvmsg:error=ENOMEM:when=3
		recvfrom:error=EINTR:when=1
		sendto:error=ENOBUFS:when=1
		sendto:error=EINTR:when=1
		accept4:error=ECONNABORTED:when=1
		accept4:error=EINTR:when=1
		epoll_wait:error=EINTR:when=2..5
		epoll_ctl:error=ENOMEM:when=9
	END
}
