#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# HUP, TTIN and TTOU: another configuration, more and fewer workers.

load support/common

is_reloaded() { [ "$(log_count 'reloaded: generation')" -ge "${1:-1}" ]; }
has_failed() { [ "$(log_count 'the reload failed')" -ge "${1:-1}" ]; }
reload() {
	local before
	before=$(log_count 'reloaded: generation') || true
	kill -HUP "$SERVER"
	wait_until 10 is_reloaded $((before + 1))
}
fail_to_reload() {
	local before
	before=$(log_count 'the reload failed') || true
	kill -HUP "$SERVER"
	wait_until 10 has_failed $((before + 1))
}

closed_b() { ! test -e "$WORK/b"; }

@test "HUP rolls the workers while a connection lives on in the old one" {
	need socat
	serve -w 2
	before=$(workers)
	coproc CLIENT { timeout 30 socat - "TCP:127.0.0.1:$PORT"; }
	client=$CLIENT_PID
	echo one >&"${CLIENT[1]}"
	read -r -t 10 line <&"${CLIENT[0]}"
	[ "$line" = one ]
	reload
	[ "$(say new)" = new ]
	echo two >&"${CLIENT[1]}"
	read -r -t 10 line <&"${CLIENT[0]}"
	[ "$line" = two ]
	eval "exec ${CLIENT[1]}>&-"
	wait "$client"
	one_generation() { worker_count_is 2 && [ -z "$(comm -12 <(sort <<<"$before") <(workers | sort))" ]; }
	wait_until 10 one_generation
}

@test "a reload adds and removes addresses and services, and changes options" {
	need socat
	configure <<-END
		workers 2;
		service a { listen 127.0.0.1:0; backlog 64; }
		service b { listen unix:$WORK/b; }
	END
	start_ready 2 "$COHORT" -c "$CONFIG"
	a=$PORT
	[ "$(say one "$a")" = one ]
	configure <<-END
		workers 3;
		service a { listen 127.0.0.1:0; backlog 32; protocol echo { once on; } }
		service c { listen unix:$WORK/c; }
	END
	reload
	wait_until 10 worker_count_is 3
	# the port that the kernel picked stays; the service has its new protocol
	[ "$(printf one | timeout 5 socat -t 5 - "TCP:127.0.0.1:$a,shut-none")" = one ]
	[ "$(ss -Hltn "sport = :$a" | awk '{ print $3 }' | sort -u)" = 32 ]
	[ "$(printf c | timeout 5 socat -t 5 - "UNIX:$WORK/c")" = c ]
	wait_until 10 closed_b
}

@test "a removed address accepts what waits, then refuses" {
	need socat
	configure <<-END
		workers 1;
		service a { listen 127.0.0.1:0; }
		service b { listen unix:$WORK/b; }
	END
	start_ready 2 "$COHORT" -c "$CONFIG"
	victim=$(workers)
	kill -STOP "$victim"
	printf waits | timeout 20 socat -t 10 - "UNIX:$WORK/b" >"$WORK/out" 3>&- &
	client=$!
	queued() { [ "$(ss -Hlx "src = $WORK/b" | awk '{ print $3 }')" -ge 1 ]; }
	wait_until 5 queued
	configure <<-END
		workers 1;
		service a { listen 127.0.0.1:0; }
	END
	reload
	kill -CONT "$victim"
	wait "$client"
	[ "$(cat "$WORK/out")" = waits ]
	wait_until 10 closed_b
}

@test "a removed address refuses where a worker has drained, whoever else has not" {
	need ss
	configure <<<'workers 2; service a { listen 127.0.0.1:0; } service b { listen 127.0.0.1:0; }'
	start_ready 2 "$COHORT" -c "$CONFIG"
	b=$(sed -n '2s/.*://p' "$READY")
	victim=$(workers | tail -n 1)
	kill -STOP "$victim"
	listening_are() { [ "$(ss -Hltn "sport = :$b" | wc -l)" -eq "$1" ]; }
	listening_are 2
	configure <<<'workers 2; service a { listen 127.0.0.1:0; }'
	reload
	wait_until 5 listening_are 1
	kill -CONT "$victim"
	wait_until 10 listening_are 0
}

@test "a reload changes who may connect to a unix socket" {
	configure <<<"service a { listen unix:$WORK/a mode=0600; }"
	start_ready 1 "$COHORT" -c "$CONFIG" -w 1
	[ "$(stat -c %a "$WORK/a")" = 600 ]
	configure <<<"service a { listen unix:$WORK/a mode=0666; }"
	reload
	[ "$(stat -c %a "$WORK/a")" = 666 ]
	# a file that somebody put there is not touched
	mv "$WORK/a" "$WORK/moved"
	install -m 644 /dev/null "$WORK/a"
	configure <<<"service a { listen unix:$WORK/a mode=0600; }"
	reload
	[ "$(stat -c %a "$WORK/a")" = 644 ]
	log_has "cannot change who may connect to unix:$WORK/a"
	rm "$WORK/a" "$WORK/moved"
}

@test "what decides which listeners belong together does not change with a reload" {
	configure <<<'service a { listen [::1]:0; }'
	start_ready 1 "$COHORT" -c "$CONFIG" -w 1
	configure <<<'service a { listen [::1]:0; ipv6_only off; }'
	fail_to_reload
	log_has 'served with another ipv6_only now: that changes with a restart only'
	configure <<<'service a { listen [::1]:0; bind_device lo; }'
	fail_to_reload
	log_has 'served with another bind_device now'
	configure <<<'service a { listen [::1]:0; nodelay off; }'
	reload
}

@test "a bad file changes nothing: syntax, unknown directive, address in use, no such host" {
	need socat
	configure <<<'service a { listen 127.0.0.1:0; }'
	start_ready 1 "$COHORT" -c "$CONFIG" -w 2
	before=$(workers)
	serve -w 1
	taken=$PORT
	PORT=$(sed -n '1s/.*://p' "$WORK/ready.0")
	SERVER=${SERVER_PIDS[0]}
	for bad in 'service a { listen 127.0.0.1:0;' \
		'service a { listen 127.0.0.1:0; backlogg 7; }' \
		"service a { listen 127.0.0.1:0; listen 127.0.0.1:$taken; }" \
		'service a { listen no-such-host.invalid:80; }' \
		'service a { listen 127.0.0.1:0; reuse_port off; }' \
		'service a { listen 127.0.0.1:0; congestion bogus; }'; do
		configure <<<"$bad"
		fail_to_reload
		wait_until 10 workers_are "$before"
		[ "$(say same)" = same ]
	done
	log_has 'backlogg'
	log_has 'cohort.conf:1:'
	log_has 'service a: cannot set congestion to bogus'
	log_has "process ${SERVER_PIDS[1]}"
	run -78 "$COHORT" -t -c <(echo 'service a { listen no-such-host.invalid:80; }')
	configure <<<'service a { listen 127.0.0.1:0; }'
	reload
	[ "$(say good)" = good ]
}

@test "a worker that fails to start undoes a reload" {
	need socat strace
	serve -w 2
	before=$(workers)
	timeout 20 strace -f -qq -o /dev/null -e trace=setresgid,prctl -e inject=prctl:error=EPERM:when=2+ -p "$SERVER" 3>&- &
	tracer=$!
	wait_until 5 is_traced "$SERVER"
	fail_to_reload
	kill "$tracer" || true
	wait "$tracer" || true
	wait_until 10 workers_are "$before"
	[ "$(say same)" = same ]
	reload
	[ "$(say good)" = good ]
}

# Ports that the supervisor still holds, of all its addresses.
ports() { ss -Hltnp | grep -F "pid=$SERVER," | awk '{ sub(/.*:/, "", $4); print $4 }' | sort -u; }
only_port() { [ "$(ports)" = "$PORT" ]; }

@test "a reload that fails leaves nothing behind that listens" {
	need socat strace ss
	configure <<<'workers 2; service a { listen 127.0.0.1:0; }'
	start_ready 1 "$COHORT" -c "$CONFIG"
	a=$PORT
	serve -w 1
	taken=$PORT PORT=$a SERVER=${SERVER_PIDS[0]}
	# an address that cannot be had comes after one that can
	configure <<-END
		workers 2;
		service a { listen 127.0.0.1:0; }
		service b { listen unix:$WORK/b; listen 127.0.0.1:$taken; }
	END
	fail_to_reload
	closed_b
	# a worker dies when it listens already
	configure <<<'workers 2; service a { listen 127.0.0.1:0; } service b { listen 127.0.0.1:0; }'
	timeout 20 strace -f -qq -o /dev/null -e trace=setresgid,prctl -e inject=prctl:error=EPERM:when=2+ -p "$SERVER" 3>&- &
	tracer=$!
	wait_until 5 is_traced "$SERVER"
	fail_to_reload
	kill "$tracer" || true
	wait "$tracer" || true
	wait_until 10 only_port
	[ "$(say same)" = same ]
	reload
	[ "$(ports | wc -l)" -eq 2 ]
}

@test "a reload that fails leaves the descriptor limit as it was" {
	need socat
	configure <<<'workers 2; max_open_files 200; service a { listen 127.0.0.1:0; }'
	start_ready 1 "$COHORT" -c "$CONFIG"
	limit() { awk '/^Max open files/ { print $4 }' "/proc/$SERVER/limits"; }
	[ "$(limit)" -eq 200 ]
	# too few for what it asks, and enough for another reason to fail
	for bad in 'workers 12; max_open_files 64; service a { listen 127.0.0.1:0; }' \
		"workers 2; max_open_files 90; service a { listen 127.0.0.1:0; listen unix:$WORK; }"; do
		configure <<<"$bad"
		fail_to_reload
		[ "$(limit)" -eq 200 ]
	done
	log_has 'need 90 descriptors'
	configure <<<'workers 2; max_open_files 90; service a { listen 127.0.0.1:0; }'
	reload
	[ "$(limit)" -eq 90 ]
	[ "$(say good)" = good ]
}

@test "one listener is never two services': a port that the kernel picked, named too" {
	need socat
	configure <<<'service a { listen 127.0.0.1:0; }'
	start_ready 1 "$COHORT" -c "$CONFIG" -w 2
	for bad in "service a { listen 127.0.0.1:0; } service b { listen 127.0.0.1:$PORT; }" \
		"service b { listen 127.0.0.1:$PORT; } service a { listen 127.0.0.1:0; }"; do
		configure <<<"$bad"
		fail_to_reload
	done
	log_has "service b: 127.0.0.1:$PORT is what service a has for 127.0.0.1:0"
	log_has "service a: 127.0.0.1:$PORT is what service b has"
	[ "$(say same)" = same ]
	# one after the other is fine
	configure <<<"service b { listen 127.0.0.1:$PORT; }"
	reload
	[ "$(say named)" = named ]
}

@test "an inherited descriptor is there for the next reload if one fails" {
	need socat python3
	configure <<<'service a { listen 127.0.0.1:0; }'
	inherit='
import os, socket, sys
s = socket.create_server(("127.0.0.1", 0))
os.dup2(s.fileno(), 9)
print(s.getsockname()[1], file=open(sys.argv[1], "w"), flush=True)
os.execv(sys.argv[2], sys.argv[2:])'
	start_ready 1 python3 -c "$inherit" "$WORK/port" "$COHORT" -c "$CONFIG" -w 2
	configure <<<"service a { listen 127.0.0.1:0; listen fd:9; listen unix:$WORK; }"
	fail_to_reload
	configure <<<'service a { listen 127.0.0.1:0; listen fd:9; }'
	reload
	[ "$(say there "$(cat "$WORK/port")")" = there ]
	configure <<<'service a { listen 127.0.0.1:0; }'
	reload
	refused() { ! timeout 5 socat -u OPEN:/dev/null "TCP:127.0.0.1:$(cat "$WORK/port")"; }
	wait_until 10 refused
}

@test "a wildcard address in the place of one of its own is refused with clear words" {
	configure <<<'service a { listen 127.0.0.1:0; }'
	start_ready 1 "$COHORT" -c "$CONFIG" -w 1
	configure <<<"service a { listen *:$PORT; }"
	fail_to_reload
	log_has "our own 127.0.0.1:$PORT holds that port"
	run ! log_has 'another program'
}

# Sockets of the supervisor that are bound, and nothing else: the kernel lists
# them nowhere.
idle_sockets() {
	local listed
	listed=$(awk '{ print $10 }' /proc/net/tcp /proc/net/tcp6; awk '{ print $7 }' /proc/net/unix; awk '{ print $10 }' /proc/net/netlink)
	find "/proc/$SERVER/fd" -lname 'socket:*' -printf '%l\n' | tr -dc '0-9\n' | grep -vxF "$listed"
}
no_idle_socket() { ! idle_sockets; }

@test "a port that the kernel picks is reserved no longer than needed, also if workers become fewer" {
	configure <<<'workers 3; service a { listen 127.0.0.1:0; }'
	start_ready 1 "$COHORT" -c "$CONFIG"
	wait_until 5 no_idle_socket
	configure <<<'workers 1; service a { listen 127.0.0.1:0; } service b { listen 127.0.0.1:0; }'
	reload
	wait_until 10 worker_count_is 1
	wait_until 5 no_idle_socket
}

@test "HUPs that come in a storm melt, and TERM ends a reload" {
	need socat
	serve -w 2
	for _ in {1..50}; do kill -HUP "$SERVER"; done
	wait_until 10 is_reloaded
	[ "$(say x)" = x ]
	[ "$(log_count 'reloaded: generation')" -le 10 ]
	kill -HUP "$SERVER"
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 15
	[ "$STATUS" -eq 0 ]
}

# one_more_or_fewer SIGNAL: until the answer is there, since two signals of a
# kind that are pending are one.
one_more_or_fewer() {
	local words='one worker (more|fewer)|cannot be fewer' count
	count=$(log_count "$words") || true
	kill -"$1" "$SERVER"
	is_answered() { [ "$(log_count "$words")" -gt "$count" ]; }
	wait_until 10 is_answered
}

@test "TTIN and TTOU: one worker more and fewer, down to 1, up to 16 and back" {
	need socat
	serve -w 2
	kill -TTIN "$SERVER"
	wait_until 10 worker_count_is 3
	for _ in 1 2 3; do
		one_more_or_fewer TTOU
	done
	wait_until 10 worker_count_is 1
	wait_until 5 log_has 'cannot be fewer'
	for _ in {1..20}; do [ "$(say parked)" = parked ]; done
	for _ in {2..16}; do
		one_more_or_fewer TTIN
	done
	wait_until 20 worker_count_is 16
	for _ in {1..20}; do [ "$(say more)" = more ]; done
	for _ in {2..16}; do
		one_more_or_fewer TTOU
	done
	wait_until 20 worker_count_is 1
	for _ in {1..20}; do [ "$(say less)" = less ]; done
}

# slow_births: every process that the server forks from now on stands still for
# two seconds before it is ready.
slow_births() {
	timeout 60 strace -f -qq -o /dev/null -e trace=prctl -e inject=prctl:delay_enter=2000000:when=1 -p "$SERVER" 3>&- &
	TRACER=$!
	wait_until 5 is_traced "$SERVER"
}
end_slow_births() {
	kill "$TRACER" || true
	wait "$TRACER" || true
}

@test "a worker that was asked to leave goes, although its slot is scaled away first" {
	need strace
	serve -w 2
	slow_births
	kill -TERM "$(workers | tail -n 1)"
	wait_until 5 log_has 'was asked to leave'
	kill -TTOU "$SERVER"
	wait_until 5 log_has 'one worker fewer: 1'
	end_slow_births
	wait_until 10 worker_count_is 1
}

@test "a new worker that is asked to leave before the reload is done is replaced" {
	need strace
	serve -w 2 -o 'log stderr level=debug;'
	before=$(workers)
	new_workers() { workers | grep -vxF "$before"; }
	are_born() { [ "$(new_workers | wc -l)" -eq 2 ]; }
	slow_births
	kill -HUP "$SERVER"
	wait_until 20 are_born
	{ read -r first; read -r second; } < <(new_workers)
	kill -STOP "$second"
	wait_until 20 log_has "worker 0 .process $first. is ready"
	kill -TERM "$first"
	# a turn of its loop after the signal
	is_told() { [ "$(awk '/^SigPnd|^ShdPnd/ { print $2 }' "/proc/$first/status" | tr -d '0\n')" = '' ]; }
	wait_until 5 is_told
	kill -CONT "$second"
	wait_until 20 is_reloaded
	end_slow_births
	wait_until 10 log_has "worker 0 .process $first. was asked to leave"
	wait_until 10 is_gone "$first"
	wait_until 10 worker_count_is 2
}

@test "HUP right after TTIN waits until the new slot has its listeners" {
	need socat strace
	serve -w 1
	timeout 60 strace -f -qq -o /dev/null -e trace=bind -e inject=bind:delay_enter=500000 -p "$SERVER" 3>&- &
	TRACER=$!
	wait_until 5 is_traced "$SERVER"
	kill -TTIN "$SERVER"
	wait_until 5 log_has 'one worker more: 2'
	kill -HUP "$SERVER"
	wait_until 20 is_reloaded
	end_slow_births
	run ! log_has 'banked|failed'
	wait_until 10 worker_count_is 2
	for _ in {1..10}; do [ "$(say x)" = x ]; done
}

@test "a reload keeps a count that was set by TTIN, unless the file has another" {
	configure <<<'workers 2; service a { listen 127.0.0.1:0; }'
	start_ready 1 "$COHORT" -c "$CONFIG"
	kill -TTIN "$SERVER"
	wait_until 10 worker_count_is 3
	reload
	wait_until 10 worker_count_is 3
	configure <<<'workers 4; service a { listen 127.0.0.1:0; }'
	reload
	wait_until 10 worker_count_is 4
	configure <<<'workers 1; service a { listen 127.0.0.1:0; }'
	reload
	wait_until 10 worker_count_is 1
}

@test "the new configuration's log is used by all, and pid_file moves" {
	need socat
	configure <<<"pid_file $WORK/one.pid; log $LOG; service a { listen 127.0.0.1:0; }"
	start_ready 1 "$COHORT" -c "$CONFIG" -w 1
	[ "$(cat "$WORK/one.pid")" = "$SERVER" ]
	configure <<<"pid_file $WORK/two.pid; log $WORK/new level=debug; service a { listen 127.0.0.1:0; }"
	kill -HUP "$SERVER"
	wait_until 10 grep -q 'reloaded: generation 2' "$WORK/new"
	[ "$(cat "$WORK/two.pid")" = "$SERVER" ]
	[ ! -e "$WORK/one.pid" ]
	[ "$(say x)" = x ]
	wait_until 5 grep -q 'worker 0.* connected from' "$WORK/new"
}

@test "a new log that cannot be opened is tried again by USR1 and HUP" {
	configure <<<"log $LOG; service a { listen 127.0.0.1:0; }"
	start_ready 1 "$COHORT" -c "$CONFIG" -w 1
	for again in USR1 HUP; do
		configure <<<"log $WORK/logs.$again/new; service a { listen 127.0.0.1:0; }"
		kill -HUP "$SERVER"
		wait_until 10 log_has "cannot open log $WORK/logs.$again/new.*going on with the old log"
		mkdir "$WORK/logs.$again"
		kill -"$again" "$SERVER"
		wait_until 10 test -e "$WORK/logs.$again/new"
		configure <<<"log $LOG; service a { listen 127.0.0.1:0; }"
		reload
	done
}

@test "an option that is removed is the kernel's again, or stays with a warning" {
	need socat
	configure <<<'service a { listen 127.0.0.1:0; max_segment 500; keepalive 100s:5s:3; tos 16; receive_buffer 8k; }'
	start_ready 1 "$COHORT" -c "$CONFIG" -w 2
	segment_of() {
		exec 8<>"/dev/tcp/127.0.0.1/$PORT"
		ss -Htino "sport = :$PORT" >"$WORK/ss"
		exec 8>&-
		cat "$WORK/ss"
	}
	mss_of() { segment_of | grep -o ' mss:[0-9]*' | sort -u; }
	[ "$(mss_of)" = ' mss:488' ]
	configure <<<'service a { listen 127.0.0.1:0; }'
	reload
	log_has 'receive_buffer stays as it was until a restart'
	run ! log_has 'max_segment stays|tos stays'
	reloaded=$(mss_of)
	serve -w 1
	[ "$reloaded" = "$(mss_of)" ]
}
