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
connected() { [ "$(for pid in $(workers); do find "/proc/$pid/fd" -lname 'socket:*'; done | wc -l)" -gt "$((3 * $(worker_count)))" ]; }

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

@test "QUIT while a worker leaves: it drains too, and the program ends" {
	need strace socat
	serve -w 1
	coproc HELD { timeout 60 socat - "TCP:127.0.0.1:$PORT"; }
	echo one >&"${HELD[1]}"
	read -r -t 10 _ <&"${HELD[0]}"
	# The successor takes long to start: the worker leaves meanwhile.
	timeout 20 strace -f -qq -o /dev/null -e trace=listen -e inject=listen:delay_enter=3000000 -p "$SERVER" 3>&- &
	tracer=$!
	wait_until 5 is_traced "$SERVER"
	kill -TERM "$(workers)"
	wait_until 5 log_has 'asked to leave'
	kill -QUIT "$SERVER"
	wait_until 5 log_has 'waiting without a bound'
	kill "$tracer" || true # leak checks do not work under it
	wait "$tracer" || true
	eval "exec ${HELD[1]}>&-"
	wait_exit "$SERVER" 15
	[ "$STATUS" -eq 0 ]
}

@test "TERM while the configuration is read ends it with status 0" {
	# leak checks do not work under strace, and say so by the status
	printf 'include "%s";\nservice a { listen 127.0.0.1:0; }\n' "$WORK/fast" >"$WORK/cohort.conf"
	: >"$WORK/fast"
	need strace
	start strace -f -qq -o /dev/null -e trace=openat -e inject=openat:delay_enter=100000 \
		-I 4 "$COHORT" -c "$WORK/cohort.conf"
	loading() { [ -n "$(children_of "$SERVER")" ] && pgrep -P "$(children_of "$SERVER" | head -n 1)" >/dev/null; }
	wait_until 10 loading
	kill -TERM "$(children_of "$SERVER" | head -n 1)"
	wait_exit "$SERVER" 10
	[ "$STATUS" -eq 0 ] || [ -n "${COHORT_REPORTS:-}" ]
	run ! log_has serving
}

@test "--ready-fd 2 leaves nothing of the channel in the workers" {
	: >"$WORK/ready"
	"$COHORT" -l 127.0.0.1:0 -w 1 -o "log $LOG;" --ready-fd 2 2>"$WORK/ready" 3>&- </dev/null &
	SERVER=$!
	SERVER_PIDS+=("$SERVER")
	wait_until 10 test -s "$WORK/ready"
	wait_until 10 worker_count_is 1
	victim=$(workers)
	kill -KILL "$victim"
	replaced() { worker_count_is 1 && [ "$(workers)" != "$victim" ]; }
	wait_until 10 replaced
	[[ "$(readlink "/proc/$(workers)/fd/2")" != socket:* ]]
}

@test "clients that wait behind a full worker are served after TERM" {
	need socat
	serve -w 1 -o 'max_connections 1; shutdown_timeout 30s;'
	hold
	say "late" >"$WORK/late" 3>&- &
	late=$!
	queued() { [ "$(ss -Hltn "sport = :$PORT" | awk '{ print $2 }')" -ge 1 ]; }
	wait_until 10 queued
	kill -TERM "$SERVER"
	wait_until 5 log_has 'shutdown: waiting'
	kill "$CLIENT"
	wait "$late"
	[ "$(cat "$WORK/late")" = "late" ]
	wait_exit "$SERVER" 10
	[ "$STATUS" -eq 0 ]
}

@test "drain_delay goes on accepting after TERM, then drains; a second TERM cuts it short" {
	need socat
	serve -w 2 -o 'drain_delay 1s;'
	kill -TERM "$SERVER"
	wait_until 5 log_has 'accepting for another 1s'
	[ "$(say late)" = late ]
	kill -HUP "$SERVER"
	wait_until 5 log_has 'reload: too late'
	wait_exit "$SERVER" 10
	[ "$STATUS" -eq 0 ]
	serve -w 2 -o 'drain_delay 60s;'
	kill -TERM "$SERVER"
	wait_until 5 log_has 'accepting for another 1m'
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 10
	[ "$STATUS" -eq 0 ]
}

@test "TERM with a drain_delay is not lost to an upgrade or reload of the same moment" {
	is_stopped() { grep -q '^State:.T' "/proc/$SERVER/status"; }
	for signal in USR2 HUP; do
		serve -w 2 -o 'drain_delay 300ms;'
		kill -STOP "$SERVER"
		wait_until 5 is_stopped
		kill -"$signal" "$SERVER"
		kill -TERM "$SERVER"
		kill -CONT "$SERVER"
		wait_exit "$SERVER" 15
		[ "$STATUS" -eq 0 ]
	done
	log_has 'accepting for another 300ms'
	run ! log_has 'upgrading|reloading'
}

@test "clients that connect in the moment of a TERM are served or refused, never reset" {
	need jq
	for _ in {1..5}; do
		start_ready 1 "$COHORT_BUILD/tests/servers/ledger" -l 127.0.0.1:0 -w 4
		# In the background timeout sends a TERM twice, and two end the ledger at once.
		timeout --foreground 60 "$COHORT_BENCH" ledger "127.0.0.1:$PORT" -c 40 --short 100 -t 86400 --json >"$WORK/ledger" 2>/dev/null 3>&- &
		ledger=$!
		is_under_way() { [ "$(ss -Htn state all "dport = :$PORT" | wc -l)" -gt 200 ]; }
		wait_until 20 is_under_way
		kill -TERM "$SERVER"
		wait_exit "$SERVER" 20
		[ "$STATUS" -eq 0 ]
		kill -TERM "$ledger"
		wait "$ledger" || true
		cat "$WORK/ledger"
		[ "$(jq .exchanges "$WORK/ledger")" -gt 100 ]
		[ "$(jq '.reset_before + .reset_after + .hung + .other' "$WORK/ledger")" -eq 0 ]
	done
}

@test "TERM is not lost to an upgrade while somebody is in the midst of coming in" {
	need socat
	cp "$COHORT" "$WORK/cohort"
	export IMPOSTOR=slow IMPOSTOR_OF=$COHORT
	start_ready 1 "$WORK/cohort" -l 127.0.0.1:0 -w 2 -o 'defer_accept 10s;'
	mv "$WORK/cohort" "$WORK/old"
	cp "$COHORT_BUILD/tests/servers/impostor" "$WORK/cohort"
	# half-open: the server waits for its first byte
	coproc SILENT { timeout 60 socat - "TCP:127.0.0.1:$PORT"; }
	half_open() { [ "$(ss -Htn state established "dport = :$PORT" | wc -l)" -eq 1 ]; }
	wait_until 10 half_open
	kill -USR2 "$SERVER"
	wait_until 5 log_has 'upgrading to'
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 10
	[ "$STATUS" -eq 0 ]
	run ! log_has 'going on as'
	eval "exec ${SILENT[1]}>&-"
}

@test "TERM starts no worker for a parked slot where nobody waits" {
	serve -w 4
	for n in 3 2 1; do
		kill -TTOU "$SERVER"
		wait_until 10 worker_count_is "$n"
	done
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 10
	[ "$STATUS" -eq 0 ]
	run ! log_has 'started once more'
}
