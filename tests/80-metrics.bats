#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Nothing that was counted is lost.

load support/common

total() { sed -nE "s/.*service default: accepted ([0-9]+), live ([0-9]+).*/\\1 \\2/p" "$LOG" | tail -n 1; }
stop() {
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 15
	[ "$STATUS" -eq 0 ]
}

@test "what killed workers had counted is in the totals" {
	need socat
	serve -w 2
	for _ in 1 2 3 4 5; do
		for _ in 1 2 3 4; do
			run say "counted"
			[ "$output" = "counted" ]
		done
		victim=$(workers | head -n 1)
		kill -KILL "$victim"
		wait_until 10 is_gone "$victim"
		wait_until 10 worker_count_is 2
	done
	stop
	[ "$(total)" = "20 0" ]
	log_has 'received 140 bytes, sent 140 bytes'
	log_has 'closed:.* eof 20'
}

@test "connections of a killed worker count as closed by worker_exit" {
	need python3
	serve -w 1
	timeout 30 python3 - "$PORT" "$(workers)" <<-'END'
		import os, signal, socket, sys
		port, worker = map(int, sys.argv[1:])
		clients = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(7)]
		for client in clients:
		    client.sendall(b"x")
		    assert client.recv(1) == b"x"
		os.kill(worker, signal.SIGKILL)
		for client in clients:
		    try:
		        assert client.recv(1) == b""
		    except ConnectionResetError:
		        pass
	END
	wait_until 10 worker_count_is 1
	stop
	[ "$(total)" = "7 0" ]
	log_has 'closed:.* worker_exit 7'
}

@test "promtool finds nothing amiss in the metrics" {
	need promtool
	"$COHORT_BUILD/tests/test_exposition" text >"$WORK/metrics"
	grep -q '^cohort_connections{service="echo"} ' "$WORK/metrics"
	run promtool check metrics <"$WORK/metrics"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}
