#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What becomes of workers whose supervisor was killed, and of their clients.

load support/common

# A server must not hold the client's connection.
serve_here() { start_ready 1 "$COHORT" -l "127.0.0.1:$PORT" "$@" 5>&-; }
# A client that stays: `say_here WORD` has to come back.
connect() { exec 5<>"/dev/tcp/127.0.0.1/$PORT" && say_here hello; }
say_here() {
	local line
	echo "$1" >&5 && read -r -t 10 line <&5 && [ "$line" = "$1" ]
}
disconnect() { exec 5>&-; }
kill_supervisor() {
	kill -KILL "$SERVER"
	wait_until 5 is_gone "$SERVER"
}
refused() { timeout 5 socat -u OPEN:/dev/null "TCP:127.0.0.1:${1:-$PORT}" 2>&1 | grep -q refused; }
accepts() { [ "$(say x)" = x ]; }
all_gone() { for pid in "$@"; do is_gone "$pid" || return 1; done; }

setup() {
	common_setup
	serve -w 1
	end_server "$SERVER" # its port is free now
}
teardown() {
	exec 5>&- 6>&-
	common_teardown
}

@test "TERM after a succession ends within shutdown_timeout, whoever stays" {
	serve_here -w 1
	connect
	kill_supervisor
	serve_here -w 1 -o 'shutdown_timeout 200ms;'
	say_here still
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 10
	[ "$STATUS" -eq 0 ]
	log_has 'outstayed its drain'
}

@test "after a succession newcomers are refused while the last orphan drains, and a second TERM ends it" {
	need socat
	serve_here -w 1
	connect
	kill_supervisor
	serve_here -w 1 -o 'shutdown_timeout 60s;'
	kill -TERM "$SERVER"
	wait_until 5 refused
	say_here still
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 10
	[ "$STATUS" -eq 0 ]
}

@test "an upgrade leaves orphans that drain alone, and hears of their end" {
	serve_here -w 1
	orphan=$(workers)
	connect
	kill_supervisor
	serve_here -w 1
	kill -USR2 "$SERVER"
	wait_until 20 log_has 'upgraded: generation'
	say_here still
	disconnect
	wait_until 5 is_gone "$orphan"
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 10
	[ "$STATUS" -eq 0 ]
	run ! log_has "process $orphan. is killed"
}

@test "a successor whose configuration cannot be goes on with the one before" {
	need socat
	serve_here -w 2 -o 'orphan_timeout 60s;'
	orphans=$(workers)
	connect
	kill_supervisor
	configure <<-END
		workers 2;
		pid_file $WORK/pid;
		service default { listen 127.0.0.1:$PORT; balance shared; }
	END
	start_ready 1 "$COHORT" -c "$CONFIG" 5>&-
	log_has 'going on with the configuration'
	say_here still
	disconnect
	# shellcheck disable=SC2086
	wait_until 10 all_gone $orphans
	worker_count_is 2
	accepts
}

@test "a worker that became ready when its supervisor was killed is known to the successor" {
	need strace
	serve_here -w 1
	old=$(workers)
	# Only the end of the old one's channel is heard in time.
	strace -qq -o "$WORK/trace" -p "$SERVER" -e trace=recvmsg \
		-e inject=recvmsg:delay_enter=20000000:when=2+ 3>&- 2>/dev/null &
	tracer=$!
	SERVER_PIDS+=("$tracer")
	wait_until 10 is_traced "$SERVER"
	kill -KILL "$old"
	another() { [ "$(workers)" != "$old" ] && [ -n "$(workers)" ]; }
	wait_until 10 another
	orphan=$(workers)
	connect
	kill -KILL "$SERVER" "$tracer"
	wait_until 5 is_gone "$SERVER"
	serve_here -w 1
	drains() { is_gone "$orphan" || grep -q draining "/proc/$orphan/cmdline"; }
	wait_until 10 drains
	say_here still
	disconnect
	wait_until 10 is_gone "$orphan"
	run ! log_has 'nobody has taken over'
}

# Two services; the port of the second is $removed.
serve_both() {
	configure <<-END
		workers 1;
		service a { listen 127.0.0.1:$PORT; }
		service b { listen 127.0.0.1:0; }
	END
	start_ready 2 "$COHORT" -c "$CONFIG"
	removed=$(sed -n '2s/.*://p' "$READY")
	connect
}

@test "an address that a reload removes is refused while old clients stay" {
	need socat
	serve_both
	sed -i /service.b/d "$CONFIG"
	kill -HUP "$SERVER"
	wait_until 10 refused "$removed"
	say_here still
}

@test "an address that a successor does not name is refused while old clients stay" {
	need socat
	serve_both
	kill_supervisor
	sed -i /service.b/d "$CONFIG"
	start_ready 1 "$COHORT" -c "$CONFIG" 5>&-
	wait_until 10 refused "$removed"
	say_here still
}

# The same without a successor tells when the bound would have come.
@test "what drains without a bound goes on when a successor comes" {
	# by when the successor is there
	local bound=$((600 * COHORT_PATIENCE))ms
	bounds="orphan_timeout $bound; shutdown_timeout $bound;"
	serve_here -w 1 -o "$bounds"
	connect
	first=$SERVER first_port=$PORT
	serve -w 1 -o "$bounds" 5>&-
	exec 6<>"/dev/tcp/127.0.0.1/$PORT"
	old=$(workers)
	for pid in "$first" "$SERVER"; do kill -HUP "$pid"; done
	both() { [ "$(log_count 'generation 2 serves')" -eq 2 ]; }
	wait_until 10 both
	kill -KILL "$first"
	wait_until 5 is_gone "$first"
	start_ready 1 "$COHORT" -w 1 -l "127.0.0.1:$first_port" -o "$bounds" 5>&- 6>&-
	kill -KILL "${SERVER_PIDS[-2]}"
	wait_until 10 is_gone "$old"
	say_here still
}
