#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What a transport promises, seen from the client's side.

load support/common

probe() { start_ready 1 "$COHORT_BUILD/tests/servers/probe" -l 127.0.0.1:0 -w 1 "$@"; }
# ask COMMAND…: one line each, then half-close; prints the answers.
ask() { printf '%s\n' "$@" | timeout 20 socat -t 10 - "TCP:127.0.0.1:$PORT"; }
client() { timeout $((60 * COHORT_PATIENCE)) python3 "$BATS_TEST_DIRNAME/support/client.py" "$1" 127.0.0.1 "$PORT" "${@:2}"; }
# reason_counted REASON: after TERM the log says one connection closed so.
reason_counted() {
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 15
	log_has "closed:.* $1 [1-9]"
}

@test "eof_received may write before the transport closes" {
	need socat
	probe
	run ask "info"
	[[ "${lines[0]}" == "service=default worker=0 received=5"* ]]
	[ "${lines[1]}" = "eof" ]
}

@test "close delivers all that was queued, also when the peer sends on" {
	need socat
	probe
	size=$(ask "flood 3000" "close" "ignored" | wc -c)
	[ "$size" -eq 3000000 ]
}

@test "write_eof ends our half; reading goes on" {
	need python3
	probe
	timeout 20 python3 - "$PORT" <<-'END'
		import socket, sys
		client = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=10)
		client.sendall(b"pid\neof\n")
		data = b""
		while part := client.recv(100):
		    data += part
		assert data.strip().isdigit(), data
		client.sendall(b"close\n")
		client.close()
	END
}

@test "abort closes at once, reset sends an RST" {
	need python3
	probe
	timeout 20 python3 - "$PORT" <<-'END'
		import socket, sys
		for command, wanted in ((b"abort\n", b""), (b"reset\n", None)):
		    client = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=10)
		    client.sendall(command)
		    try:
		        found = client.recv(100)
		    except ConnectionResetError:
		        found = None
		    assert found == wanted, (command, found)
	END
}

@test "a paused transport is given on resume what arrived meanwhile" {
	need socat
	probe
	run ask "pause 300" "info"
	[[ "${lines[0]}" == "service="* || "${lines[0]}" == "timeout" ]]
	[[ "$output" == *timeout* && "$output" == *service=* ]]
}

@test "a protocol error ends that transport alone" {
	need socat
	probe
	run ask "nonsense"
	run ask "info"
	[[ "$output" == *"service=default"* ]]
	reason_counted protocol_error
}

@test "idle_timeout ends an idle connection and leaves a busy one alone" {
	need python3
	serve -w 1 -o 'idle_timeout 400ms;'
	timeout 30 python3 - "$PORT" <<-'END'
		import socket, sys, time
		port = int(sys.argv[1])
		idle = socket.create_connection(("127.0.0.1", port), timeout=10)
		busy = socket.create_connection(("127.0.0.1", port), timeout=10)
		for _ in range(12):
		    busy.sendall(b"x")
		    assert busy.recv(1) == b"x"
		    time.sleep(0.1)
		assert idle.recv(1) == b""
	END
	reason_counted idle_timeout
}

@test "first_byte_timeout, lifetime and write_timeout end what they should" {
	need python3
	serve -w 1 -o 'first_byte_timeout 300ms;'
	timeout 20 python3 -c 'import socket,sys; c=socket.create_connection(("127.0.0.1",int(sys.argv[1])),timeout=10); assert c.recv(1)==b""' "$PORT"
	reason_counted first_byte_timeout
	serve -w 1 -o 'lifetime 300ms;'
	timeout 20 python3 -c 'import socket,sys; c=socket.create_connection(("127.0.0.1",int(sys.argv[1])),timeout=10); c.send(b"x"); c.recv(1); assert c.recv(1)==b""' "$PORT"
	reason_counted lifetime
	serve -w 1 -o 'write_timeout 300ms;'
	# It stays until it is ended.
	timeout $((60 * COHORT_PATIENCE)) python3 - "$PORT" <<-'END'
		import socket, sys
		client = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=30)
		try:
		    while True:
		        client.sendall(b"z" * 65536)
		except ConnectionError:
		    pass
	END
	reason_counted write_timeout
}

@test "write_limit ends a transport whose queue grows beyond it" {
	need socat python3
	probe -o 'write_limit 1m; log stderr level=debug;'
	timeout 20 python3 - "$PORT" "$LOG" <<-'END'
		import socket, sys, time
		client = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=10)
		client.sendall(b"flood 100000\n")
		while "write_overflow" not in open(sys.argv[2]).read():
		    time.sleep(0.02)
		try:
		    while client.recv(1000000):
		        pass
		except ConnectionResetError:
		    pass
	END
	reason_counted write_overflow
}

@test "clients that never read cost the high mark, and others are served" {
	need python3 socat
	measure_memory
	serve -w 1 -o 'write_high 64k; send_buffer 64k; receive_buffer 64k;'
	worker=$(workers)
	run say "warm"
	before=$(memory_of "$worker")
	coproc DEAF { client deaf 200 10000000; }
	pid=$DEAF_PID out=${DEAF[0]} in=${DEAF[1]}
	read -r -t 60 word <&"$out"
	[[ "$word" == full* ]]
	run say "unharmed"
	[ "$output" = "unharmed" ]
	# 200 * (write_high + one chunk of 64 KiB, in pieces of 16 KiB) and some
	memory_grew_at_most $((200 * 160 + 4096)) "$worker" "$before"
	echo >&"$in"
	wait "$pid"
}

@test "over max_connections clients wait in the queue and are served in turn" {
	need python3
	serve -w 1 -o 'max_connections 2;'
	timeout 30 python3 - "$PORT" <<-'END'
		import socket, sys
		port = int(sys.argv[1])
		clients = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(3)]
		for client in clients:
		    client.sendall(b"x")
		assert clients[0].recv(1) == b"x" and clients[1].recv(1) == b"x"
		clients[2].settimeout(0.5)
		try:
		    clients[2].recv(1)
		    sys.exit("the third was served beyond the limit")
		except socket.timeout:
		    pass
		clients[0].close()
		clients[2].settimeout(10)
		assert clients[2].recv(1) == b"x"
	END
}

@test "an idle worker holds no memory for what it has sent" {
	need python3
	measure_memory
	serve -w 1
	worker=$(workers)
	for _ in 1 2 3; do
		run -0 timeout 60 "$COHORT_BENCH" echo "127.0.0.1:$PORT" -c 32 -s 65536 -d 4 -n 4000
	done
	first=$(memory_of "$worker")
	for _ in 1 2 3; do
		run -0 timeout 60 "$COHORT_BENCH" echo "127.0.0.1:$PORT" -c 32 -s 65536 -d 4 -n 4000
	done
	memory_grew_at_most 1024 "$worker" "$first"
}

@test "clients that spoke while their worker was stopped are not taken for idle" {
	need python3
	serve -w 1 -o 'idle_timeout 1s; first_byte_timeout 1s; watchdog_steer off;'
	timeout 30 python3 "$BATS_TEST_DIRNAME/support/client.py" spoke-meanwhile 127.0.0.1 "$PORT" 400 "$(workers)"
}

@test "bytes behind descriptors on a unix socket are read at once" {
	need python3
	start_ready 1 "$COHORT_BUILD/tests/servers/probe" -l "unix:$WORK/probe" -w 1
	timeout 30 python3 "$BATS_TEST_DIRNAME/support/client.py" behind-descriptor "$WORK/probe" 100
}

@test "byte_rate: no more than it allows comes back, and all of it in the end" {
	need python3
	serve -w 2 -o 'byte_rate 100k service=200k;'
	timeout $((60 * COHORT_PATIENCE)) python3 - "$PORT" <<-'END'
		import select, socket, sys, time
		def limited(count, size, rate):
		    begin, received = time.monotonic(), 0
		    clients = {}
		    for _ in range(count):
		        client = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=30)
		        client.setblocking(False)
		        clients[client] = [size, size]
		    while clients:
		        wanted = [c for c, left in clients.items() if left[0] > 0]
		        readable, writable, _ = select.select(list(clients), wanted, [], 30)
		        assert readable or writable
		        for client in writable:
		            clients[client][0] -= client.send(b"x" * min(clients[client][0], 65536))
		        for client in readable:
		            got = len(client.recv(65536))
		            assert got > 0
		            received += got
		            clients[client][1] -= got
		            if clients[client][1] == 0:
		                client.close()
		                del clients[client]
		        # and a burst of one second's worth
		        assert received <= rate * (time.monotonic() - begin) + rate, received
		limited(1, 150 * 1024, 100 * 1024)
		limited(4, 90 * 1024, 200 * 1024)
	END
}
