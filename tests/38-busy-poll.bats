#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Workers that poll for a while before they sleep.

load support/common

CPUS=$(nproc)

ctl() { timeout $((30 * COHORT_PATIENCE)) "$COHORT_BUILD/cohortctl" -s "$WORK/control" "$@"; }
# metric NAME: its value, as it is written.
metric() { ctl metrics | sed -n "s/^cohort_$1 //p"; }
# spent: microseconds.
spent() { metric busy_poll_seconds_total | awk '{ printf "%d", $1 * 1000000 + 0.5 }'; }
turns() { metric loop_lag_seconds_count; }
# A spin is told of by the turn after it, at the latest by a heartbeat.
turn() { wait_until 30 has_turned $(($(turns) + 2)); }
has_turned() { [ "$(turns)" -ge "$1" ]; }
exchange() { for _ in 1 2 3 4 5 6 7 8; do say x >/dev/null; done; }
# Traffic has it spin: at least the first time, until it finds that it is in vain.
spins() {
	local before
	turn
	before=$(spent)
	exchange
	turn
	[ "$(spent)" != "$before" ]
}
# … or has it not.
rests() {
	turn
	before=$(spent)
	exchange
	turn
	[ "$(spent)" = "$before" ]
}
let_go() { eval "exec ${CLIENT[1]}>&-"; }

# serve_polling HOW WORKERS
serve_polling() {
	configure <<-END
		workers $2;
		busy_poll $1;
		control $WORK/control;
		service echo { listen 127.0.0.1:0; }
	END
	serve -c "$CONFIG"
}

@test "busy_poll is off, auto or a duration, and is printed as it is" {
	prints() { [ "$(timeout 20 "$COHORT" -T "${@:2}" | tr -s ' ' | grep busy_poll)" = "busy_poll $1;" ]; }
	prints off
	prints off -o 'busy_poll off;'
	prints auto -o 'busy_poll auto;'
	prints 50us -o 'busy_poll 50us;'
	prints 1ms -o 'busy_poll 1000us;'
	for value in on 0 50 2s -1us 1.5us; do
		run -78 timeout 20 "$COHORT" -t -o "busy_poll $value;"
		[[ "$output" = *"busy_poll: '$value' "*", or off, or auto"* ]]
	done
}

@test "without busy_poll no time is spent on it" {
	need socat
	serve_polling off 1
	exchange
	turn
	[ "$(spent)" = 0 ]
}

@test "busy_poll auto spins for traffic, and for nothing else" {
	need socat
	need jq
	serve_polling auto 1
	turn
	[ "$(spent)" = 0 ]
	hold
	wait_until 20 spins
	[ "$(ctl --json workers | jq '.workers[0].busy_poll_ms >= 0')" = true ]
	# somebody is connected, and silent: its heart beats, and that is all
	turn
	before=$(spent)
	turn
	[ "$(spent)" = "$before" ]
	answered two
	# a reload keeps it
	kill -HUP "$SERVER"
	wait_until 20 log_has 'reloaded: generation 2'
	let_go
	wait_until 20 worker_count_is 1
	wait_until 20 spins
}

@test "a duration is spun while somebody is connected" {
	need socat
	serve_polling 20us 1
	turn
	[ "$(spent)" = 0 ]
	hold
	turn
	before=$(spent)
	[ "$before" != 0 ]
	turn
	[ "$(spent)" != "$before" ]
	let_go
}

@test "busy_poll auto rests while there are more workers than CPUs" {
	need socat
	serve_polling auto $((CPUS + 1))
	rests
	[ "$(spent)" = 0 ]
	kill -TTOU "$SERVER"
	wait_until 20 worker_count_is "$CPUS"
	wait_until 20 spins
	kill -TTIN "$SERVER"
	wait_until 20 worker_count_is $((CPUS + 1))
	wait_until 20 log_has 'one worker more'
	rests
}

@test "busy_poll auto rests while two generations live" {
	need socat
	serve_polling auto "$CPUS"
	hold
	wait_until 20 spins
	kill -HUP "$SERVER"
	wait_until 20 log_has 'reloaded: generation 2'
	wait_until 20 worker_count_is $((CPUS + 1))
	rests
	answered two
	let_go
	wait_until 20 worker_count_is "$CPUS"
	wait_until 20 spins
}
