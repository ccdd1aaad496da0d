#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# USR2: another build of the program takes the supervisor's place.

load support/common

is_upgraded() { [ "$(log_count 'upgraded: generation')" -ge "${1:-1}" ]; }
has_failed() { [ "$(log_count 'the upgrade failed')" -ge "${1:-1}" ]; }

# A program of its own, to be replaced.
serve_copy() {
	cp "$COHORT" "$WORK/cohort"
	start_ready 1 "$WORK/cohort" -l 127.0.0.1:0 "$@"
}
# replace_by FILE: as a package manager does it.
replace_by() { cp "$1" "$WORK/new" && mv "$WORK/new" "$WORK/cohort"; }
upgrade() {
	local before
	before=$(log_count 'upgraded: generation') || true
	kill -USR2 "$SERVER"
	wait_until 20 is_upgraded $((before + 1))
}

@test "USR2 goes on as the same process with new workers, while a connection lives on" {
	need socat
	serve_copy -w 2 -o "pid_file $WORK/pid;"
	before=$(workers)
	coproc CLIENT { timeout 30 socat - "TCP:127.0.0.1:$PORT"; }
	client=$CLIENT_PID
	echo one >&"${CLIENT[1]}"
	read -r -t 10 line <&"${CLIENT[0]}"
	[ "$line" = one ]
	replace_by "$COHORT"
	upgrade
	[ "$(cat "$WORK/pid")" = "$SERVER" ]
	[ "$(tr -d '\0' <"/proc/$SERVER/cmdline")" = "cohort: supervisor" ]
	[ "$(say new)" = new ]
	echo two >&"${CLIENT[1]}"
	read -r -t 10 line <&"${CLIENT[0]}"
	[ "$line" = two ]
	eval "exec ${CLIENT[1]}>&-"
	wait "$client"
	one_generation() { worker_count_is 2 && [ -z "$(comm -12 <(sort <<<"$before") <(workers | sort))" ]; }
	wait_until 10 one_generation
	victim=$(workers | head -n 1)
	kill -KILL "$victim"
	wait_until 10 worker_count_is 2
	[ "$(say healed)" = healed ]
	upgrade
	kill -HUP "$SERVER"
	wait_until 10 log_has 'reloaded: generation'
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 15
	[ "$STATUS" -eq 0 ]
	# what the workers of all builds have counted
	log_has 'service default: accepted 3, live 0'
	[ ! -e "$WORK/pid" ]
	# nothing was wrong
	[ "$(log_count 'is killed')" -eq 0 ]
}

# refused: an upgrade that fails; everything is as it was.
refused() {
	local before
	before=$(log_count 'the upgrade failed') || true
	kill -USR2 "$SERVER"
	wait_until 30 has_failed $((before + 1))
	[ "$(workers)" = "$first" ]
	[ "$(say same)" = same ]
}

@test "a binary that is missing, no program, or another one changes nothing" {
	need socat
	serve_copy -w 2
	first=$(workers)
	rm "$WORK/cohort"
	refused
	printf '#!/bin/sh\necho "cohort trial 1 ok"\n' >"$WORK/script"
	chmod +x "$WORK/script"
	replace_by "$WORK/script"
	refused
	printf 'no program' >"$WORK/text"
	replace_by "$WORK/text"
	refused
	for other in true false cat; do
		replace_by "$(type -P "$other")"
		refused
	done
	# of our make, but it does not know the protocol
	replace_by "$COHORT_BUILD/tests/servers/probe"
	refused
	replace_by "$COHORT"
	chmod -x "$WORK/cohort"
	refused
	chmod +x "$WORK/cohort"
	upgrade
	[ "$(say good)" = good ]
}

@test "a build that lacks a directive takes over, and gives back, unless it is in use" {
	need socat
	LC_ALL=C sed 's/busy_poll/lazy_poll/g' "$COHORT" >"$WORK/other"
	chmod +x "$WORK/other"
	"$WORK/other" -h | grep -q 'lazy_poll'
	serve_copy -w 1 -o 'busy_poll 50us;'
	first=$(workers)
	replace_by "$WORK/other"
	refused
	log_has "unknown directive 'busy_poll'"
	serve_copy -w 1
	replace_by "$WORK/other"
	upgrade
	[ "$(say there)" = there ]
	replace_by "$COHORT"
	upgrade
	[ "$(say back)" = back ]
}

@test "a binary that crashes, fails, says another version or hangs in its trial changes nothing" {
	need socat
	for what in crash other late hang; do
		export IMPOSTOR=$what
		serve_copy -w 1
		first=$(workers)
		replace_by "$COHORT_BUILD/tests/servers/impostor"
		refused
	done
	log_has 'SIGABRT'
	log_has 'no matching version'
	log_has 'status 4'
	log_has 'took too long'
}

@test "workers of the new build that do not come up leave those of the old one serving" {
	need socat strace
	serve_copy -w 3 -o 'log stderr level=debug;'
	# the kernel steers around the one that is parked
	kill -TTOU "$SERVER"
	wait_until 5 log_has 'instructions steer'
	wait_until 5 worker_count_is 2
	before=$(workers)
	steered=$(log_count 'instructions steer')
	timeout 30 strace -f -qq -o /dev/null -e trace=prctl -e inject=prctl:error=EPERM:when=2+ -p "$SERVER" 3>&- &
	tracer=$!
	wait_until 5 is_traced "$SERVER"
	kill -USR2 "$SERVER"
	wait_until 20 has_failed
	kill "$tracer" || true
	wait "$tracer" || true
	wait_until 10 workers_are "$before"
	[ "$(log_count 'instructions steer')" -eq "$steered" ]
	[ "$(say same)" = same ]
	upgrade
	[ "$(say good)" = good ]
}

@test "clients in the queue of a stopped worker survive an upgrade" {
	need python3
	serve_copy -w 2
	victim=$(workers | head -n 1)
	kill -STOP "$victim"
	coproc CLIENTS { timeout 60 python3 "$BATS_TEST_DIRNAME/support/client.py" queue 127.0.0.1 "$PORT" 200 2>&1; }
	clients=$CLIENTS_PID in=${CLIENTS[1]}
	read -r -t 30 word <&"${CLIENTS[0]}"
	[ "$word" = sent ]
	upgrade
	echo >&"$in"
	wait "$clients"
	kill -CONT "$victim"
}

@test "a build that cannot share the scoreboard is refused in its trial" {
	need socat
	export IMPOSTOR=board IMPOSTOR_OF=$COHORT
	serve_copy -w 2
	first=$(workers)
	replace_by "$COHORT_BUILD/tests/servers/impostor"
	refused
	log_has 'cannot go on from "scoreboard'
}

@test "a build that fails although its trial went well leaves everything to a successor" {
	need socat
	export IMPOSTOR=change IMPOSTOR_OF=$COHORT
	serve_copy -w 2 -l "unix:$WORK/socket"
	replace_by "$COHORT_BUILD/tests/servers/impostor"
	kill -USR2 "$SERVER"
	wait_exit "$SERVER" 20
	[ "$STATUS" -eq 1 ]
	log_has 'cannot go on from "scoreboard'
	[ "$(say orphans)" = orphans ]
	start_ready 2 "$COHORT" -l "127.0.0.1:$PORT" -l "unix:$WORK/socket" -w 2
	log_has 'taking over'
	[ "$(say successor)" = successor ]
	[ "$(printf unix | timeout 10 socat -t 5 - "UNIX:$WORK/socket")" = unix ]
}

@test "the keeper of the old build ends when the new one has everything" {
	serve_copy -w 1
	old=$(keeper)
	upgrade
	wait_until 5 is_gone "$old"
	one_keeper() { [ "$(keeper | wc -l)" -eq 1 ]; }
	wait_until 5 one_keeper
	has_door() { grep -q "@cohort-keeper/127.0.0.1:$PORT" /proc/net/unix; }
	wait_until 5 has_door
	kill -KILL "$SERVER"
	wait_until 5 is_gone "$SERVER"
	start_ready 1 "$COHORT" -l "127.0.0.1:$PORT" -w 1
	log_has 'taking over'
}

@test "a build that has too few descriptors for what is served is refused in its trial" {
	need socat prlimit
	serve_copy -w 12 -l 127.0.0.1:0
	first=$(workers)
	prlimit --pid "$SERVER" --nofile=90:90
	refused
	log_has 'only 90 are allowed'
	log_has "the new program's trial"
}

@test "any number of second instances are refused after an upgrade" {
	serve_copy -w 1
	upgrade
	# more than wait in the queue of a lock
	for _ in {1..20}; do
		run -75 timeout 10 "$COHORT" -l "127.0.0.1:$PORT" 3>&-
		[[ "$output" == *"process $SERVER"* ]]
	done
}

@test "a slot whose worker could not be forked goes along, and gets its worker" {
	need socat strace
	serve_copy -w 1 -o 'respawn_delay 30s:30s;'
	timeout 30 strace -qq -o /dev/null -e trace=?clone,?clone3,?fork -e inject=?clone,?clone3,?fork:error=EAGAIN -p "$SERVER" 3>&- &
	tracer=$!
	wait_until 5 is_traced "$SERVER"
	kill -TTIN "$SERVER"
	wait_until 10 log_has 'cannot start worker 1'
	kill "$tracer" || true
	wait "$tracer" || true
	worker_count_is 1
	upgrade
	wait_until 10 worker_count_is 2
	[ "$(say both)" = both ]
}

# A roll of the new build that fails: the trial and the keeper are forked, and
# nobody else.  fail_roll STRACE-OPTION…
fail_roll() {
	timeout 30 strace -qq -o /dev/null "$@" -e inject=?clone,?clone3,?fork:error=EAGAIN:when=3+ -p "$SERVER" 3>&- &
	tracer=$!
	wait_until 5 is_traced "$SERVER"
}
end_tracer() {
	kill "$tracer" || true
	wait "$tracer" || true
}

@test "a worker that is full still counts as full after an upgrade whose workers cannot be forked" {
	need socat strace
	serve_copy -w 2 -o 'max_connections 4; log stderr level=debug;'
	# one of the two has no room
	fds=()
	for word in one two three; do
		exec {fd}<>"/dev/tcp/127.0.0.1/$PORT"
		fds+=("$fd")
		echo "$word" >&"$fd"
		read -r -t 10 line <&"$fd"
		[ "$line" = "$word" ]
	done
	wait_until 5 log_has 'accepts for worker'
	helper=$(sed -n 's/.*worker \([01]\) accepts for worker.*/\1/p' "$LOG" | tail -n 1)
	victim=$(workers | sed -n "$((helper + 1))p")
	fail_roll
	kill -USR2 "$SERVER"
	wait_until 20 has_failed
	end_tracer
	log_has 'going on as cohort'
	# whoever comes for it has to be asked to help, too
	kill -KILL "$victim"
	wait_until 10 log_has 'is replaced'
	for _ in {1..12}; do
		[ "$(say room)" = room ]
	done
	for fd in "${fds[@]}"; do exec {fd}>&-; done
}

@test "an order that a worker could not be sent before the exec is sent after it" {
	need strace
	serve_copy -w 1 -o "log $WORK/first;"
	worker=$(workers)
	fail_roll -e inject=sendmsg:error=EAGAIN
	mv "$WORK/first" "$WORK/old"
	kill -USR1 "$SERVER"
	wait_until 5 test -e "$WORK/first"
	kill -USR2 "$SERVER"
	fails() { grep -q 'the upgrade failed' "$WORK/first"; }
	wait_until 20 fails
	grep -q 'going on as cohort' "$WORK/first"
	end_tracer
	is_told() { [ -n "$(find "/proc/$worker/fd" -lname "$WORK/first")" ]; }
	wait_until 10 is_told
}

@test "a worker that was told to end before it was ready ends after an upgrade" {
	need strace
	serve_copy -w 1
	first=$(workers)
	# it waits for an order
	timeout 30 strace -qq -o /dev/null -e inject=sendmsg:error=EAGAIN -p "$SERVER" 3>&- &
	tracer=$!
	wait_until 5 is_traced "$SERVER"
	kill -TTIN "$SERVER"
	wait_until 10 worker_count_is 2
	stuck=$(workers | grep -vx "$first")
	kill -STOP "$stuck"
	end_tracer
	kill -TTOU "$SERVER"
	upgrade
	wait_until 10 is_gone "$stuck"
}

# trial: the process that was forked last and is no worker.
trial() { for pid in $(children_of "$SERVER"); do ! grep -q -- --trial "/proc/$pid/cmdline" || echo "$pid"; done; }
is_trying() { [ -n "$(trial)" ]; }

@test "a trial has the listeners, the scoreboard and the state, and no other socket" {
	export IMPOSTOR=hang
	serve_copy -w 2
	replace_by "$COHORT_BUILD/tests/servers/impostor"
	kill -USR2 "$SERVER"
	wait_until 10 is_trying
	sockets=$(find "/proc/$(trial)/fd" -lname 'socket:*' | wc -l)
	[ "$sockets" -eq 2 ]
}

@test "a supervisor that is killed takes its trial along, and a successor finds everything" {
	need socat
	export IMPOSTOR=hang
	serve_copy -w 2
	replace_by "$COHORT_BUILD/tests/servers/impostor"
	kill -USR2 "$SERVER"
	wait_until 10 is_trying
	old=$(trial)
	kill -KILL "$SERVER"
	wait_until 5 is_gone "$old"
	start_ready 1 "$COHORT" -l "127.0.0.1:$PORT" -w 2
	log_has 'taking over'
	[ "$(say successor)" = successor ]
}

@test "what a trial has forked ends with it" {
	need socat
	export IMPOSTOR=fork
	serve_copy -w 1
	first=$(workers)
	replace_by "$COHORT_BUILD/tests/servers/impostor"
	refused
	wait_until 5 log_has 'impostor: forked'
	left=$(sed -n 's/^impostor: forked //p' "$LOG")
	wait_until 5 is_gone "$left"
}
