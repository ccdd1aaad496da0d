#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What each signal to the supervisor does.

load support/common

# A client that stays connected: its pid is in $CLIENT.
hold() {
	mkfifo "$WORK/silence"
	timeout 60 socat - "TCP:127.0.0.1:$PORT" <"$WORK/silence" >/dev/null 3>&- &
	CLIENT=$!
	exec 8>"$WORK/silence"
	SERVER_PIDS+=("$CLIENT")
	wait_until 10 connected
}
connected() { [ "$(for pid in $(workers); do find "/proc/$pid/fd" -lname 'socket:*'; done | wc -l)" -gt "$((2 * $(worker_count)))" ]; }

@test "TERM waits for a connection, a second one stops now, status 0" {
	need socat
	serve -w 2
	hold
	kill -TERM "$SERVER"
	wait_until 5 log_has 'wait.* 1 connection'
	run ! is_gone "$SERVER"
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 5
	[ "$STATUS" -eq 0 ]
}

@test "after TERM newcomers are refused, not left hanging" {
	need socat
	serve -w 2
	hold
	kill -TERM "$SERVER"
	refused() { timeout 5 socat -u OPEN:/dev/null "TCP:127.0.0.1:$PORT" 2>&1 | grep -q refused; }
	wait_until 5 refused
	run ! is_gone "$SERVER"
}

@test "the bound of TERM is shutdown_timeout" {
	need socat
	serve -w 1 -o 'shutdown_timeout 500ms;'
	hold
	kill -INT "$SERVER"
	wait_exit "$SERVER" 8
	[ "$STATUS" -eq 0 ]
	log_has 'shutdown'
}

@test "QUIT drains without a bound and ends when the last client has gone" {
	need socat
	serve -w 1 -o 'shutdown_timeout 100ms;'
	hold
	kill -QUIT "$SERVER"
	sleep 1
	run ! is_gone "$SERVER"
	kill "$CLIENT"
	wait_exit "$SERVER" 10
	[ "$STATUS" -eq 0 ]
}

@test "WINCH, PIPE, ALRM and signals of a terminal to the workers change nothing" {
	need socat
	serve -w 2
	before=$(workers)
	for signal in WINCH PIPE ALRM; do kill -"$signal" "$SERVER"; done
	for pid in $before; do
		for signal in INT QUIT HUP USR1 USR2 TTIN TTOU WINCH; do kill -"$signal" "$pid"; done
	done
	run say "same"
	[ "$output" = "same" ]
	[ "$(workers)" = "$before" ]
}

@test "USR1 reopens the log file in supervisor and workers" {
	need socat
	serve -w 2 -o "log $WORK/server.log level=debug;"
	wait_until 5 test -s "$WORK/server.log"
	mv "$WORK/server.log" "$WORK/server.log.1"
	kill -USR1 "$SERVER"
	wait_until 5 test -e "$WORK/server.log"
	new_has_workers() {
		say x >/dev/null
		grep -q 'worker 0' "$WORK/server.log" && grep -q 'worker 1' "$WORK/server.log"
	}
	wait_until 10 new_has_workers
}

@test "TERM while it is starting ends it with status 0" {
	start "$COHORT" -l 127.0.0.1:0 -w 8
	wait_until 5 test -e "/proc/$SERVER"
	started() { tr '\0' ' ' <"/proc/$SERVER/cmdline" | grep -q supervisor; }
	wait_until 10 started
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 10
	[ "$STATUS" -eq 0 ]
}
