#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What waited in the queue of a dead worker is served by its successor.

load support/common

clients() { timeout $((60 * COHORT_PATIENCE)) python3 "$BATS_TEST_DIRNAME/support/client.py" queue 127.0.0.1 "$PORT" 200; }

# Stop worker $1 while 200 clients connect and send, then run the rest.
with_queue() {
	local victim=$1
	shift
	coproc CLIENTS { clients 2>&1; }
	local pid=$CLIENTS_PID out=${CLIENTS[0]} in=${CLIENTS[1]}
	read -r -t 30 word <&"$out"
	[ "$word" = sent ]
	"$@"
	echo >&"$in"
	wait "$pid"
}

@test "200 clients of a stopped, then killed worker all get their echo, twenty times" {
	need python3
	serve -w 2
	for _ in {1..20}; do
		victim=$(workers | head -n 1)
		kill -STOP "$victim"
		with_queue "$victim" kill -KILL "$victim"
		wait_until 10 worker_count_is 2
	done
}

@test "all workers stopped and killed at once: all 200 clients get their echo" {
	need python3
	serve -w 2
	# shellcheck disable=SC2046
	kill -STOP $(workers)
	# shellcheck disable=SC2046
	with_queue all kill -KILL $(workers)
}

@test "clients that wait when the server drains are still served" {
	need python3
	serve -w 2
	# shellcheck disable=SC2046
	kill -STOP $(workers)
	drain() {
		kill -TERM "$SERVER"
		# shellcheck disable=SC2046
		kill -CONT $(workers)
	}
	with_queue all drain
	wait_exit "$SERVER" 20
	[ "$STATUS" -eq 0 ]
}
