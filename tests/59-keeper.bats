#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What the keeper holds when its supervisor is killed, for whom, and until when.

load support/common

# A server must not hold the client's connection.
serve_here() { start_ready 1 "$COHORT" -l "127.0.0.1:$PORT" "$@" 5>&-; }
kill_supervisor() {
	kill -KILL "$SERVER"
	wait_until 5 is_gone "$SERVER"
}
refused() { timeout 5 socat -u OPEN:/dev/null "TCP:127.0.0.1:$PORT" 2>&1 | grep -q refused; }
accepts() { [ "$(say x)" = x ]; }
all_gone() { for pid in "$@"; do is_gone "$pid" || return 1; done; }
# abstract NAME [UID]: hold an abstract name until the test ends.
abstract() {
	timeout 60 python3 -c '
import os, socket, sys, time
os.setuid(int(sys.argv[2])) if len(sys.argv) > 2 else None
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET if "keeper" in sys.argv[1] else socket.SOCK_STREAM)
s.bind("\0" + sys.argv[1])
s.listen(5)
time.sleep(60)' "$@" 3>&- &
	SERVER_PIDS+=("$!")
	wait_until 10 grep -q "@$1\$" /proc/net/unix
}
# Three services: two ports and a unix socket.
configure_three() {
	configure <<-END
		workers 1;
		pid_file $WORK/pid;
		$1
		service a { listen 127.0.0.1:$PORT; }
		service b { listen unix:$WORK/b; }
		service c { listen 127.0.0.1:$OTHER; }
	END
}

setup() {
	common_setup
	configure <<-END
		workers 1;
		service a { listen 127.0.0.1:0; }
		service b { listen 127.0.0.1:0; }
	END
	start_ready 2 "$COHORT" -c "$CONFIG"
	OTHER=$(sed -n '2s/.*://p' "$READY")
	end_server "$SERVER" # the ports are free now
}

@test "a successor that fails leaves the socket files to those who serve there" {
	need socat python3
	configure_three
	start_ready 3 "$COHORT" -c "$CONFIG"
	kill_supervisor
	abstract "cohort/127.0.0.1:$OTHER"
	run -75 timeout 20 "$COHORT" -c "$CONFIG"
	[ -S "$WORK/b" ]
	accepts
	end_server "${SERVER_PIDS[-1]}"
	start_ready 3 "$COHORT" -c "$CONFIG"
	log_has 'taking over'
	[ -S "$WORK/b" ]
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 10
	[ ! -e "$WORK/b" ]
}

@test "of four successors at once one takes over" {
	need socat
	configure_three
	start_ready 3 "$COHORT" -c "$CONFIG"
	kill_supervisor
	for _ in 1 2 3 4; do start "$COHORT" -c "$CONFIG"; done
	three_gone() { [ "$(for pid in "${SERVER_PIDS[@]: -4}"; do is_gone "$pid" && echo x; done | wc -l)" -eq 3 ]; }
	wait_until 10 three_gone
	wait_until 10 log_has 'reloaded: generation 2'
	[ "$(log_count 'taking over')" -eq 1 ]
	[ -S "$WORK/b" ]
	accepts
}

@test "a successor with a low descriptor limit takes over from many workers" {
	need socat
	addresses=()
	for _ in {1..5}; do addresses+=(-l 127.0.0.1:0); done
	start_ready 6 "$COHORT" -w 12 -l "127.0.0.1:$PORT" "${addresses[@]}"
	mapfile -t words < <(sed 's/^default /-l\n/' "$READY")
	kill_supervisor
	start_ready 6 bash -c 'ulimit -Sn 64; exec "$0" "$@"' "$COHORT" -w 12 "${words[@]}"
	log_has 'taking over'
	accepts
}

@test "a stopped worker without a successor is killed, and nothing is left behind" {
	need socat
	configure_three 'orphan_timeout 100ms; shutdown_timeout 100ms;'
	start_ready 3 "$COHORT" -c "$CONFIG"
	all=$(children_of "$SERVER")
	kill -STOP "$(workers)"
	kill_supervisor
	# shellcheck disable=SC2086
	wait_until 10 all_gone $all
	log_has 'should have drained'
	refused
	[ ! -e "$WORK/b" ]
	[ ! -e "$WORK/pid" ]
}

# Another server, which gives up soon, tells when the keeper has looked.
@test "clients of a worker that was killed with its supervisor wait for a successor" {
	need socat
	start_ready 1 "$COHORT" -l "127.0.0.1:$OTHER" -w 1 -o 'orphan_timeout 300ms;'
	other=$SERVER other_children=$(children_of "$SERVER") other_worker=$(workers)
	PORT=$(sed -n '1s/.*://p' "$WORK/ready.0")
	serve_here -w 1
	victim=$(workers)
	kill -STOP "$victim"
	exec 5<>"/dev/tcp/127.0.0.1/$PORT"
	echo waiting >&5
	kill -STOP "$SERVER" "$other"
	kill -KILL "$victim" "$SERVER" "$other_worker" "$other"
	# shellcheck disable=SC2086
	wait_until 10 all_gone "$SERVER" $other_children
	serve_here -w 1
	log_has 'taking over'
	read -r -t 10 line <&5
	[ "$line" = waiting ]
	exec 5>&-
}

@test "a stranger who has the keeper's name cannot keep a successor out" {
	need socat python3
	[ "$(id -u)" -eq 0 ] || skip "only root can be somebody else"
	abstract "cohort-keeper/127.0.0.1:$PORT" 65534
	serve_here -w 1
	log_has 'ignoring the keeper.s name'
	kill_supervisor
	serve_here -w 1
	log_has 'taking over'
	accepts
}

@test "the keeper is told of all listeners of a worker at once, however many they are" {
	need strace
	[ -z "$COHORT_WRAPPER" ] || skip "strace cannot look through ${COHORT_WRAPPER%% *}"
	{
		echo "workers 2;"
		for i in {1..40}; do echo "service s$i { listen 127.0.0.1:0; }"; done
	} | configure
	start_ready 40 strace -D -qq -o "$WORK/trace" -e trace=sendmsg "$COHORT" -c "$CONFIG"
	sent=$(grep -c '^sendmsg(.*= [0-9]' "$WORK/trace")
	echo "records sent by the supervisor: $sent"
	# A state of some 40 records, a few times for each worker; never for
	# each of its listeners.
	[ "$sent" -gt 0 ]
	[ "$sent" -lt 1000 ]
}
