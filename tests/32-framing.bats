#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Frames, the protocol `line`, and the examples that are built on them.

load support/common

example() { start_ready 1 "$COHORT_BUILD/examples/$1" -l 127.0.0.1:0 "${@:2}"; }
# kv REQUEST…: each as a frame, in one segment; the answers, one a line.
kv() {
	timeout $((20 * COHORT_PATIENCE)) python3 - "$PORT" "$@" <<-'END'
		import socket, struct, sys
		client = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=10)
		stream = client.makefile("rwb")
		for words in sys.argv[2:]:
		    stream.write(struct.pack(">I", len(words)) + words.encode())
		stream.flush()
		for _ in sys.argv[2:]:
		    size, = struct.unpack(">I", stream.read(4))
		    print(stream.read(size).decode())
	END
}
stop_server() {
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 15
}

@test "line: each line comes back, in capitals if wanted" {
	need socat
	serve -w 1 -p line
	[ "$(say $'one\r\ntwo\nlast')" = $'one\r\ntwo\nlast' ]
	configure <<<'service s { listen 127.0.0.1:0; protocol line { upper_case on; limit 1k; } }'
	serve -w 1 -c "$CONFIG"
	[ "$(say $'one\nTwo')" = $'ONE\nTWO' ]
	run -0 "$COHORT" -T -c "$CONFIG"
	[[ "$output" =~ upper_case\ +on\; && "$output" =~ limit\ +1k\; ]]
}

@test "line: a line beyond the limit of the configuration is a protocol error" {
	need socat
	serve -w 1 -p line -o 'protocol line { limit 10; }'
	[ "$(say $'0123456789\n')" = "0123456789" ]
	run say $'first\n0123456789a\nlast\n'
	[[ "$output" != *last* ]]
	stop_server
	log_has 'closed:.* protocol_error 1'
}

@test "a gigabyte of garbage ends its transport; memory stays flat" {
	need socat
	measure_memory
	serve -w 1 -p line
	worker=$(workers)
	run say "warm"
	before=$(memory_of "$worker")
	# Refused early, so that the client is told by a reset.
	head -c 1G /dev/zero | timeout $((60 * COHORT_PATIENCE)) socat -u - "TCP:127.0.0.1:$PORT" 2>/dev/null || true
	# As much in lines that are good.
	yes "$(printf '%01023d' 0)" | head -c 256M |
		timeout $((60 * COHORT_PATIENCE)) socat -t 20 - "TCP:127.0.0.1:$PORT" | wc -c >"$WORK/count"
	[ "$(cat "$WORK/count")" -eq $((256 * 1024 * 1024)) ]
	[ "$(workers)" = "$worker" ]
	memory_grew_at_most 1024 "$worker" "$before"
	stop_server
	log_has 'closed:.* protocol_error 1'
}

@test "clients that keep lines unfinished cost their bytes; others are served" {
	need python3 socat
	measure_memory
	serve -w 1 -p line -o 'protocol line { limit 1m; }'
	worker=$(workers)
	run say "warm"
	before=$(memory_of "$worker")
	coproc PARTS {
		timeout $((60 * COHORT_PATIENCE)) python3 /dev/fd/4 "$PORT" 4<<-'END'
			import socket, sys
			clients = [socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20) for _ in range(500)]
			for client in clients:
			    client.sendall(b"whole\n" + b"x" * 1000)
			for client in clients:
			    assert client.recv(6, socket.MSG_WAITALL) == b"whole\n"
			print("kept", flush=True)
			sys.stdin.read(1)
			for client in clients:
			    client.sendall(b"\n")
			for client in clients:
			    assert client.recv(1001, socket.MSG_WAITALL) == b"x" * 1000 + b"\n"
			print("whole", flush=True)
		END
	}
	pid=$PARTS_PID out=${PARTS[0]} in=${PARTS[1]}
	read -r -t 60 word <&"$out"
	[ "$word" = kept ]
	run say "unharmed"
	[ "$output" = unharmed ]
	# a transport, its part, and some
	memory_grew_at_most $((500 * 3 + 2048)) "$worker" "$before"
	echo >&"$in"
	read -r -t 60 word <&"$out"
	[ "$word" = whole ]
	wait "$pid"
}

@test "many tiny lines of one client do not keep others waiting" {
	need python3
	serve -w 1 -p line
	timeout $((60 * COHORT_PATIENCE)) python3 - "$PORT" <<-'END'
		import socket, sys, threading
		port = int(sys.argv[1])
		loud = socket.create_connection(("127.0.0.1", port), timeout=30)
		quiet = socket.create_connection(("127.0.0.1", port), timeout=30)
		size = 1 << 19
		received = 0
		def read():
		    global received
		    while received < size:
		        received += len(loud.recv(1 << 16))
		reader = threading.Thread(target=read)
		reader.start()
		writer = threading.Thread(target=lambda: loud.sendall(b"\n" * size))
		writer.start()
		between = 0
		while reader.is_alive():
		    quiet.sendall(b"hello\n")
		    assert quiet.recv(6, socket.MSG_WAITALL) == b"hello\n"
		    between += 0 < received < size
		writer.join()
		assert between >= 3, between
	END
}

@test "example: the key-value store is one for all workers and outlives them" {
	need python3
	example kv -w 3
	run -0 kv "GET a" "SET a 1 2" "GET a" "DEL a" "DEL a" "GET a" "SET b " "GET b"
	[ "${lines[*]}" = "NONE OK OK 1 2 OK NONE NONE OK OK " ]
	run -0 kv "SET kept value"
	for worker in $(workers); do
		kill -KILL "$worker"
	done
	wait_until 20 worker_count_is 3
	for _ in 1 2 3 4 5 6 7 8; do
		[ "$(kv "GET kept")" = "OK value" ]
	done
}

@test "example: the key-value store refuses what it cannot hold" {
	need python3
	example kv -w 1
	long=$(printf '%064d' 1)
	run -0 kv "" "GET" "GET " "PUT a" "GET a b" "SET a" "SET $long 1" "SET a $(printf '%01025d' 1)" "SET a $(printf '%01024d' 1)"
	[ "${lines[*]}" = "ERROR ERROR ERROR ERROR ERROR ERROR ERROR ERROR OK" ]
	# More than there is room for: FULL, and what was taken stays.
	timeout $((60 * COHORT_PATIENCE)) python3 - "$PORT" <<-'END'
		import socket, struct, sys, threading
		client = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=30)
		stream = client.makefile("rwb")
		def ask(requests):
		    def send():
		        for words in requests:
		            stream.write(struct.pack(">I", len(words)) + words)
		        stream.flush()
		    sender = threading.Thread(target=send)
		    sender.start()
		    answers = []
		    for _ in requests:
		        size, = struct.unpack(">I", stream.read(4))
		        answers.append(stream.read(size))
		    sender.join()
		    return answers
		count = 20000
		taken = ask([b"SET key%d value%d" % (i, i) for i in range(count)])
		assert set(taken) == {b"OK", b"FULL"}, set(taken)
		found = ask([b"GET key%d" % i for i in range(count)])
		for i in range(count):
		    assert found[i] == (b"OK value%d" % i if taken[i] == b"OK" else b"NONE"), i
	END
}

@test "example: a length beyond the limit is a protocol error, by its first bytes" {
	need python3
	example kv -w 1
	timeout 20 python3 - "$PORT" <<-'END'
		import socket, sys
		client = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=10)
		client.sendall(b"\0\0\x10\x01")
		assert client.recv(1) == b""
	END
	stop_server
	log_has 'closed:.* protocol_error 1'
}

@test "example: sockperf's ping-pong gets every answer" {
	need sockperf
	example sockperf -w 1
	for size in 14 16384; do
		run -0 timeout $((30 * COHORT_PATIENCE)) sockperf ping-pong --tcp -i 127.0.0.1 -p "$PORT" -t 1 -m "$size"
		[[ "$output" == *"dropped messages = 0; # duplicated messages = 0; # out-of-order messages = 0"* ]]
		[[ "$output" != *"ReceivedMessages=0"* ]]
	done
	stop_server
	run ! log_has 'protocol_error'
}

@test "example: sockperf's server refuses a length that cannot be" {
	need python3
	example sockperf -w 1
	timeout 20 python3 - "$PORT" <<-'END'
		import socket, struct, sys
		for length in (0, 13, 65537, 0xffffffff):
		    client = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=10)
		    client.sendall(struct.pack(">QHI", 1, 1, length))
		    assert client.recv(1) == b"", length
		client = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=10)
		for byte in struct.pack(">QHI", 7, 3, 16) + b"ab":
		    client.sendall(bytes([byte]))
		assert client.recv(16, socket.MSG_WAITALL) == struct.pack(">QHI", 7, 2, 16) + b"ab"
	END
	stop_server
	log_has 'closed:.* protocol_error 4'
}
