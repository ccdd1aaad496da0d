#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What waited in the queue of a dead worker is served by its successor.

load support/common

clients() { timeout $((60 * COHORT_PATIENCE)) python3 "$BATS_TEST_DIRNAME/support/client.py" queue 127.0.0.1 "$PORT" "${COUNT:-200}"; }

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

@test "successors that fail while the server drains are followed by others" {
	need python3 strace
	serve -w 1 -o 'shutdown_timeout 20s;'
	victim=$(workers)
	kill -STOP "$victim"
	fail_twice() {
		timeout 20 strace -f -qq -o /dev/null -e trace=setresgid,listen \
			-e inject=listen:signal=KILL -p "$SERVER" 3>&- &
		tracer=$!
		wait_until 5 is_traced "$SERVER"
		kill -TERM "$SERVER"
		wait_until 5 log_has 'shutdown: waiting'
		kill -KILL "$victim"
		wait_until 5 started_twice
		kill "$tracer" || true
		wait "$tracer" || true
	}
	started_twice() { [ "$(log_count 'is started once more')" -ge 2 ]; }
	with_queue "$victim" fail_twice
	wait_exit "$SERVER" 20
	[ "$STATUS" -eq 0 ]
}

# ---- Siblings ---------------------------------------------------------------

probe() { start_ready 1 "$COHORT_BUILD/tests/servers/probe" -l 127.0.0.1:0 "$@"; }
command_to() { printf '%s\n' "$1" | timeout $((10 * COHORT_PATIENCE)) socat -t 5 - "TCP:127.0.0.1:$PORT"; }

@test "clients of a stopped worker are taken by a sibling, and it is spared if it goes on" {
	need python3
	serve -w 2 -o 'watchdog_steer 200ms;'
	victim=$(workers | head -n 1)
	kill -STOP "$victim"
	with_queue "$victim" wait_until 10 log_has 'no sign of life'
	kill -CONT "$victim"
	wait_until 10 log_has "worker 0 .* is back"
	[ "$(workers | head -n 1)" = "$victim" ]
	with_queue "$victim" true
}

@test "a worker in an endless loop loses its share, then its place, and the log says what it did" {
	need python3 socat
	probe -w 2 -o 'watchdog_steer 200ms; watchdog_timeout 2s;'
	mapfile -t first < <(workers)
	printf 'spin 1\n' | timeout 20 socat -t 20 - "TCP:127.0.0.1:$PORT" 3>&- &
	spinner=$!
	wait_until 10 log_has 'no sign of life .* in data_received'
	for _ in {1..20}; do [[ "$(command_to pid)" =~ ^[0-9]+ ]]; done
	wait_until 10 log_has 'hangs for .* in data_received'
	wait "$spinner" || true
	wait_until 10 log_has 'SIGABRT'
	wait_until 10 worker_count_is 2
	mapfile -t second < <(workers)
	[ "${first[*]}" != "${second[*]}" ]
}

@test "a stopped worker is killed after watchdog_timeout, its queue is served" {
	need python3
	serve -w 1 -o 'watchdog_steer 200ms; watchdog_timeout 1s;'
	victim=$(workers)
	kill -STOP "$victim"
	with_queue "$victim" wait_until 10 log_has 'killed: it hangs'
	wait_until 10 worker_count_is 1
	[ "$(workers)" != "$victim" ]
}

@test "nobody is blamed after the supervisor stood still, nor while a debugger holds a worker" {
	need strace
	serve -w 1 -o 'watchdog_steer 200ms; watchdog_timeout 1s;'
	before=$(workers)
	# shellcheck disable=SC2086
	kill -STOP "$SERVER" $before
	sleep 2
	# shellcheck disable=SC2086
	kill -CONT $before "$SERVER"
	timeout 20 strace -qq -o /dev/null -e inject=epoll_wait:delay_enter=2000000:when=1 -p "$before" 3>&- &
	tracer=$!
	wait_until 5 is_traced "$before"
	sleep 2
	kill "$tracer" || true
	wait "$tracer" || true
	run ! log_has 'sign of life|hangs'
	[ "$(workers)" = "$before" ]
}

@test "the queue of a worker in a crash loop is taken by a sibling" {
	need python3
	serve -w 2 -o 'respawn_delay 20s:20s;'
	fail_to_start() {
		victim=$(workers | head -n 1)
		timeout 20 strace -f -qq -o /dev/null -e trace=listen -e inject=listen:signal=KILL -p "$SERVER" 3>&- &
		tracer=$!
		wait_until 5 is_traced "$SERVER"
		kill -KILL "$victim"
		wait_until 10 log_has 'the next one starts in 20s'
	}
	need strace
	kill -STOP "$(workers | head -n 1)"
	with_queue 0 fail_to_start
	kill "$tracer" || true
	wait "$tracer" || true
}

@test "a worker that is full is steered around" {
	need python3
	# Each may hold 60 of 120; 100 clients that stay all have a place, though
	# the kernel's hash would send more than 60 of them to one queue.
	serve -w 2 -o 'max_connections 120;'
	timeout 60 python3 "$BATS_TEST_DIRNAME/support/client.py" hold 127.0.0.1 "$PORT" 118
}

@test "clients in the queue of a stopped worker survive TTOU of its slot, and HUP" {
	need python3
	serve -w 2
	victim=$(workers | tail -n 1)
	kill -STOP "$victim"
	with_queue 1 kill -TTOU "$SERVER"
	kill -CONT "$victim"
	wait_until 10 worker_count_is 1
	kill -TTIN "$SERVER"
	wait_until 10 worker_count_is 2
	victim=$(workers | head -n 1)
	kill -STOP "$victim"
	with_queue 0 kill -HUP "$SERVER"
	kill -CONT "$victim"
}

@test "a worker that was full with what it had adopted accepts again" {
	need python3
	serve -w 2 -o 'max_open_files 64; watchdog_steer 200ms;'
	for _ in 1 2; do
		victim=$(workers | head -n 1)
		kill -STOP "$victim"
		go_on() {
			wait_until 10 log_has 'no sign of life'
			sleep 0.3
			kill -CONT "$victim"
		}
		COUNT=60 with_queue "$victim" go_on
	done
	for _ in {1..10}; do
		timeout 20 python3 "$BATS_TEST_DIRNAME/support/client.py" hold 127.0.0.1 "$PORT" 20
	done
}

@test "a sibling that cannot adopt says so, and is asked again" {
	need python3 strace
	serve -w 2 -o 'watchdog_steer off; watchdog_timeout off;'
	sibling=$(workers | head -n 1)
	victim=$(workers | tail -n 1)
	kill -STOP "$victim"
	refuse_once() {
		timeout 20 strace -qq -o /dev/null -e inject=epoll_ctl:error=ENOSPC:when=1 -p "$sibling" 3>&- &
		tracer=$!
		wait_until 5 is_traced "$sibling"
		kill -TTOU "$SERVER"
		wait_until 10 log_has 'cannot accept for worker 1'
		kill "$tracer"
		wait "$tracer" || true
	}
	with_queue "$victim" refuse_once
	kill -CONT "$victim"
}

@test "a sibling whose channel is full is passed over: the next one adopts" {
	need python3
	serve -w 3 -o 'watchdog_steer off; watchdog_timeout off; log stderr level=debug;'
	mapfile -t all < <(workers)
	kill -STOP "${all[0]}" "${all[2]}"
	# Far more orders than a channel holds.
	python3 -c '
import os, sys, time
for _ in range(2000):
    os.kill(int(sys.argv[1]), 10)
    time.sleep(0.001)' "$SERVER"
	kill -TTOU "$SERVER"
	wait_until 10 log_has 'worker 1 accepts for worker 2'
	kill -CONT "${all[0]}" "${all[2]}"
	wait_until 10 worker_count_is 2
}
