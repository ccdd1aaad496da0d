#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Whom the watchdog blames, and whom it spares.

load support/common

# slow_down CALL MICROSECONDS: in whatever the server forks from now on.
slow_down() {
	strace -f -qq -o /dev/null -e "trace=$1" -e "inject=$1:delay_enter=$2" -p "$SERVER" 3>&- &
	TRACER=$!
	wait_until 10 is_traced "$SERVER"
}
speed_up() {
	kill -INT "$TRACER"
	wait "$TRACER" || true
}

@test "a worker that is full is not blamed for clients that wait" {
	need socat
	serve -w 1 -o 'watchdog_steer 300ms; watchdog_timeout 1500ms; max_connections 1;'
	hold
	kill -STOP "$(workers)"
	wait_until 10 log_has 'no sign of life'
	say waits >"$WORK/answer" 3>&- &
	waiting=$!
	queued() { [ "$(ss -Hltn "sport = :$PORT" | awk '{ print $2 }')" -ge 1 ]; }
	wait_until 10 queued
	kill -CONT "$(workers)"
	wait_until 10 log_has 'is back'
	answered two
	eval "exec ${CLIENT[1]}>&-"
	wait "$waiting"
	[ "$(cat "$WORK/answer")" = waits ]
	run ! log_has 'hangs for'
}

@test "a hung worker that is told to drain is killed nevertheless" {
	serve -w 2 -o 'watchdog_steer 200ms; watchdog_timeout 500ms;'
	victim=$(workers | head -n 1)
	kill -STOP "$victim"
	wait_until 10 log_has 'hangs for'
	kill -HUP "$SERVER"
	wait_until 10 is_gone "$victim"
	wait_until 10 log_has 'reloaded: generation 2'
}

@test "a worker that was slow to start gets its share" {
	need strace socat
	start_ready 1 "$COHORT_BUILD/tests/servers/ledger" -l 127.0.0.1:0 -w 2 \
		-o 'watchdog_steer 300ms; watchdog_timeout 60s;'
	slow_down listen 1500000
	kill -KILL "$(workers | head -n 1)"
	wait_until 20 log_has 'worker 0 is replaced'
	speed_up
	first=$(workers | head -n 1)
	serves() { say x | grep -q "$first"; }
	wait_until 10 serves
}

@test "a worker without room for the reopened log goes on with the old one" {
	need prlimit socat
	[ "$(id -u)" -eq 0 ] || skip 'only root may change the limits of others'
	configure <<<"log $WORK/file level=debug; user root; workers 1; service s { listen 127.0.0.1:0; }"
	serve -c "$CONFIG"
	hold
	worker=$(workers)
	prlimit --pid "$worker" --nofile=4:
	mv "$WORK/file" "$WORK/old"
	kill -USR1 "$SERVER"
	wait_until 10 grep -q 'the reopened log found no room' "$WORK/old"
	answered two
	[ "$(workers)" = "$worker" ]
	eval "exec ${CLIENT[1]}>&-"
}

@test "a reload to a shorter watchdog blames nobody who beats by the longer one" {
	need socat
	configure <<<"workers 1; service s { listen 127.0.0.1:0; }"
	serve -c "$CONFIG"
	hold
	configure <<<"workers 1; watchdog_steer 100ms; watchdog_timeout 200ms; service s { listen 127.0.0.1:0; }"
	kill -HUP "$SERVER"
	wait_until 10 log_has 'reloaded: generation 2'
	# by when a worker of the new one is ended, the old one has been judged, too
	kill -STOP "$(workers | tail -n 1)"
	wait_until 10 log_has 'hangs for'
	answered two
	eval "exec ${CLIENT[1]}>&-"
	[ "$(log_count 'hangs for')" -eq 1 ]
}

@test "max_connections holds for a worker that started while another was added" {
	need strace python3
	serve -w 1 -o 'max_connections 4; watchdog_steer off;'
	slow_down listen 1500000
	kill -KILL "$(workers)"
	wait_until 10 log_has 'was killed'
	kill -TTIN "$SERVER"
	wait_until 20 log_has 'one worker more'
	both_serve() { [ "$(ss -Hltn "sport = :$PORT" | wc -l)" -eq 2 ] && [ "$(log_count 'is replaced')" -ge 1 ]; }
	wait_until 20 both_serve
	speed_up
	timeout 60 python3 "$BATS_TEST_DIRNAME/support/client.py" served_at_most 127.0.0.1 "$PORT" 12 4
}

# voluntary PID: how often it has gone to sleep so far.
voluntary() {
	awk '/^voluntary/ { print $2 }' "/proc/$1/status"
}

# Of counts: a machine that is slow makes them smaller.
@test "an idle server wakes up for its heartbeats only" {
	need socat
	serve -w 2 -o "busy_poll auto; control $WORK/control; watchdog_steer 400ms;"
	hold
	keeper=$(keeper)
	worker=$(workers | head -n 1)
	# Whatever the start left to do is done.
	settled() {
		local before=${sleeps:-x}
		sleeps=$(voluntary "$keeper")
		[ "$sleeps" = "$before" ]
	}
	wait_until 10 settled
	began=$(date +%s%N)
	supervisor_before=$(voluntary "$SERVER")
	worker_before=$(voluntary "$worker")
	keeper_before=$(voluntary "$keeper")
	long_enough() { [ $(($(voluntary "$worker") - worker_before)) -ge 12 ]; }
	wait_until 30 long_enough
	supervisor_slept=$(($(voluntary "$SERVER") - supervisor_before))
	worker_slept=$(($(voluntary "$worker") - worker_before))
	keeper_slept=$(($(voluntary "$keeper") - keeper_before))
	beats=$((($(date +%s%N) - began) / 100000000 + 1))
	echo "beats $beats: supervisor $supervisor_slept, worker $worker_slept, keeper $keeper_slept"
	[ "$worker_slept" -le $((beats + 2)) ]
	[ "$supervisor_slept" -le $((beats + beats / 4 + 2)) ]
	[ "$keeper_slept" -le 1 ]
}
