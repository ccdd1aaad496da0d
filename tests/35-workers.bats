#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What a protocol does with its worker: hooks, and connections that go out.

load support/common

# tunnel AT_START [GLOBALS]: the configuration; clients of it reach the echo
# server at $ECHO.
tunnel() {
	configure <<-END
		${2:-}
		workers 2;
		service default {
			listen 127.0.0.1:0;
			protocol tunnel { upstream "${ECHO:-127.0.0.1:9}"; at_start "$1"; }
		}
	END
}
serve_tunnel() { start_ready 1 "$COHORT_BUILD/tests/servers/tunnel" -c "$CONFIG"; }

# An echo server on a port of its own; its log is another one.
serve_echo() {
	local log=$LOG
	LOG=$WORK/echo.log
	serve -w 1
	LOG=$log
	ECHO=127.0.0.1:$PORT
}

count_is() { [ "$(log_count "$2")" -eq "$1" ]; }
failed_count_is() { [ "$(log_count 'the reload failed')" -ge "$1" ]; }

# open_client: a socat with its ends in ${CLIENT[@]}, that has had an answer.
open_client() {
	coproc CLIENT { timeout 60 socat - "TCP:127.0.0.1:$PORT"; }
	client=$CLIENT_PID
	talk one
}
talk() {
	local line
	echo "$1" >&"${CLIENT[1]}"
	read -r -t 10 line <&"${CLIENT[0]}"
	[ "$line" = "$1" ]
}

@test "a protocol whose workers cannot start says why, and the program ends" {
	tunnel fail
	start "$COHORT_BUILD/tests/servers/tunnel" -c "$CONFIG"
	wait_exit "$SERVER" 20
	[ "$STATUS" -eq 70 ]
	log_has 'cannot start: service default: at_start is fail, uid is not 0' ||
		{ [ "$(id -u)" -ne 0 ] && log_has 'cannot start: service default: at_start is fail'; }
}

@test "a crash in worker_start is told as such" {
	tunnel crash
	start "$COHORT_BUILD/tests/servers/tunnel" -c "$CONFIG"
	wait_exit "$SERVER" 20
	[ "$STATUS" -eq 70 ]
	log_has 'before it was ready, in worker_start'
}

@test "a worker that hangs in worker_start is found out" {
	tunnel hang 'watchdog_timeout 1s;'
	start "$COHORT_BUILD/tests/servers/tunnel" -c "$CONFIG"
	wait_until 20 log_has 'hangs for .*, in worker_start'
}

@test "a reload whose workers fail in worker_start changes nothing" {
	need socat
	serve_echo
	tunnel ""
	serve_tunnel
	before=$(workers)
	[ "$(say hello)" = hello ]
	for act in fail crash; do
		tunnel "$act"
		count=$(log_count 'the reload failed') || true
		kill -HUP "$SERVER"
		wait_until 20 failed_count_is $((count + 1))
	done
	log_has 'reload: .* cannot start: service default: at_start is fail'
	wait_until 10 workers_are "$before"
	[ "$(say again)" = again ]
}

@test "hooks come in order: started, drained, stopped after the last connection" {
	need socat
	serve_echo
	tunnel ""
	serve_tunnel
	wait_until 5 count_is 2 'its worker starts'
	open_client
	kill -TERM "$SERVER"
	wait_until 10 count_is 2 'its worker drains'
	wait_until 10 count_is 1 'its worker stops'
	talk two
	count_is 1 'its worker stops'
	eval "exec ${CLIENT[1]}>&-"
	wait "$client"
	wait_exit "$SERVER" 15
	[ "$STATUS" -eq 0 ]
	count_is 2 'its worker stops'
}

@test "a connection through a worker outlives a reload, outgoing half and all" {
	need socat
	serve_echo
	tunnel ""
	serve_tunnel
	before=$(workers)
	open_client
	kill -HUP "$SERVER"
	wait_until 20 log_has 'reloaded: generation'
	talk two
	one_is_left() { [ "$(comm -12 <(sort <<<"$before") <(workers | sort) | wc -l)" -eq 1 ]; }
	wait_until 10 one_is_left
	talk three
	[ "$(say new)" = new ]
	eval "exec ${CLIENT[1]}>&-"
	wait "$client"
	none_is_left() { [ -z "$(comm -12 <(sort <<<"$before") <(workers | sort))" ]; }
	wait_until 10 none_is_left
	count_is 2 'its worker stops'
}

@test "the bound of a drain ends both halves of a connection" {
	need socat
	serve_echo
	tunnel "" 'shutdown_timeout 1s;'
	serve_tunnel
	open_client
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 15
	[ "$STATUS" -eq 0 ]
	count_is 2 'its worker stops'
	[ "$(log_count 'lost: shutdown')" -ge 1 ]
	wait "$client" || true
}

# A listener whose queue is full: nobody answers, nobody refuses.
serve_hole() {
	python3 - 3>&- >"$WORK/hole" <<-END &
		import socket, time
		listener = socket.socket()
		listener.bind(("127.0.0.1", 0))
		listener.listen(0)
		fillers = [socket.socket() for i in range(8)]
		for filler in fillers:
		    filler.setblocking(False)
		    filler.connect_ex(listener.getsockname())
		print(listener.getsockname()[1], flush=True)
		time.sleep(120)
	END
	SERVER_PIDS+=($!)
	wait_until 10 test -s "$WORK/hole"
	ECHO=127.0.0.1:$(cat "$WORK/hole")
}

@test "the bound of a drain cuts a connection that is not there yet" {
	need socat python3
	serve_hole
	tunnel "" 'shutdown_timeout 1s; log stderr level=debug;'
	serve_tunnel
	coproc CLIENT { timeout 60 socat - "TCP:127.0.0.1:$PORT"; }
	client=$CLIENT_PID
	echo hello >&"${CLIENT[1]}"
	wait_until 10 log_has 'received 6 bytes'
	run ! log_has 'connected to'
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 15
	[ "$STATUS" -eq 0 ]
	count_is 2 'its worker stops'
	count_is 2 ' lost: shutdown'
	wait "$client" || true
}

@test "a client of a service that cannot be reached is let go" {
	need socat
	tunnel ""
	serve_tunnel
	[ "$(say hello)" = "" ]
	log_has 'lost: upstream: Connection refused'
}

@test "an upstream is found by its name" {
	need socat getent
	getent ahosts localhost | grep -q '^127\.0\.0\.1' || skip "localhost is not 127.0.0.1"
	serve_echo
	ECHO=localhost:${ECHO#*:}
	tunnel ""
	serve_tunnel
	[ "$(say hello)" = hello ]
	[ "$(say again)" = again ]
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 15
	[ "$STATUS" -eq 0 ]
}

@test "four megabytes each way go through unharmed" {
	need socat
	serve_echo
	tunnel ""
	serve_tunnel
	head -c 4000000 /dev/urandom >"$WORK/sent"
	timeout 60 socat -t 10 - "TCP:127.0.0.1:$PORT" <"$WORK/sent" >"$WORK/got"
	cmp "$WORK/sent" "$WORK/got"
}

@test "a worker that is full of clients can connect for each of them" {
	serve_echo
	tunnel "" 'max_open_files 64;'
	sed -i 's/workers 2/workers 1/' "$CONFIG"
	serve_tunnel
	timeout 60 "$COHORT_BENCH" churn "127.0.0.1:$PORT" -c 60 -n 3000
	run ! log_has 'Too many open files'
	log_has 'worker 0.* its worker starts'
}

@test "the trial of an upgrade starts and stops the protocol's worker too" {
	cp "$COHORT_BUILD/tests/servers/tunnel" "$WORK/tunnel"
	tunnel ""
	sed -i 's/workers 2/workers 1/' "$CONFIG"
	start_ready 1 "$WORK/tunnel" -c "$CONFIG"
	kill -USR2 "$SERVER"
	wait_until 20 log_has 'upgraded: generation'
	# the first one, the trial's, the new one
	wait_until 10 count_is 3 'its worker starts'
	wait_until 10 count_is 2 'its worker stops'
}
