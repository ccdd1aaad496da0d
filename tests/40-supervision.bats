#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Workers die in every way; others stand in their place.

load support/common

PROBE() { echo "$COHORT_BUILD/tests/servers/probe"; }
probe() { start_ready 1 "$(PROBE)" -l 127.0.0.1:0 "$@"; }
command_to() { printf '%s\n' "$1" | timeout 10 socat -t 2 - "TCP:127.0.0.1:$PORT" || true; }
other_than() { now=$(workers) && [ "$(wc -w <<<"$now")" -eq "$2" ] && ! grep -qx "$1" <<<"$now"; }

@test "a worker that is killed is replaced while the others keep serving" {
	need socat
	serve -w 3
	victim=$(workers | sed -n 2p)
	for signal in KILL SEGV ABRT; do
		kill -"$signal" "$victim"
		wait_until 10 other_than "$victim" 3
		victim=$(workers | sed -n 2p)
		run say "after $signal"
		[ "$output" = "after $signal" ]
	done
}

@test "a worker that is stopped and then killed is replaced" {
	need socat
	serve -w 2
	victim=$(workers | head -n 1)
	kill -STOP "$victim"
	kill -KILL "$victim"
	wait_until 10 other_than "$victim" 2
	run say "hello"
	[ "$output" = "hello" ]
}

@test "TERM to a worker: it serves its client on until a successor is ready, then drains" {
	need python3
	serve -w 1
	victim=$(workers)
	timeout 60 python3 - "$PORT" "$victim" <<-'END'
		import os, signal, socket, sys, time
		port, victim = map(int, sys.argv[1:])
		old = socket.create_connection(("127.0.0.1", port), timeout=20)
		old.sendall(b"a")
		assert old.recv(9) == b"a"
		os.kill(victim, signal.SIGTERM)
		title = ""
		while "draining" not in title:
		    time.sleep(0.02)
		    title = open(f"/proc/{victim}/cmdline").read()
		old.sendall(b"b")
		assert old.recv(9) == b"b"
		new = socket.create_connection(("127.0.0.1", port), timeout=20)
		new.sendall(b"c")
		assert new.recv(9) == b"c"
		old.close()
	END
	wait_until 10 is_gone "$victim"
	worker_count_is 1
}

@test "a crash in a callback costs one worker, which is replaced" {
	need socat
	probe -w 2
	victim=$(command_to pid)
	command_to "crash 11"
	command_to "crash 6"
	wait_until 10 worker_count_is 2
	[[ "$(command_to pid)" =~ ^[0-9]+ ]]
	log_has 'SEGV|signal 11'
	log_has 'data_received'
}

@test "a crash loop backs off and is logged once per step, not per crash" {
	need socat
	probe -w 1
	for _ in 1 2 3 4 5 6 7 8; do
		wait_until 30 worker_count_is 1
		command_to "crash 11" >/dev/null
	done
	wait_until 30 worker_count_is 1
	[ "$(log_count 'SEGV|signal 11')" -le 9 ]
	[ "$(log_count 'SEGV|signal 11')" -ge 1 ]
}

@test "workers that lost their supervisor drain and end, if nobody takes over" {
	serve -w 2 -o 'orphan_timeout 100ms;'
	children=$(workers)
	kill -KILL "$SERVER"
	for pid in $children; do wait_until 10 is_gone "$pid"; done
}

@test "workers have their titles, run as nobody, and cannot gain privileges" {
	serve -w 2
	for pid in $(workers); do
		grep -q '^NoNewPrivs:.1' "/proc/$pid/status"
		[ "$(id -u)" -ne 0 ] || [ "$(stat -c %U "/proc/$pid")" = nobody ] ||
			grep -q "^Uid:.$(id -u nobody)" "/proc/$pid/status"
	done
	[ "$(tr -d '\0' <"/proc/$SERVER/cmdline")" = "cohort: supervisor" ]
}

@test "workers hold no descriptor that is not theirs" {
	exec 8<"$BATS_TEST_DIRNAME"
	serve -w 2
	exec 8<&-
	for pid in $(workers); do
		ls -l "/proc/$pid/fd" >"$WORK/fds"
		run ! grep -q "$BATS_TEST_DIRNAME" "$WORK/fds"
		[ "$(grep -c socket: "$WORK/fds")" -eq 3 ] # channel, its spare, and listener
	done
}

@test "workers auto honours the affinity mask" {
	need taskset
	start_ready 1 taskset -c 0 "$COHORT" -l 127.0.0.1:0
	worker_count_is 1
}

@test "as process 1 of a namespace it reaps strangers and answers TERM" {
	need unshare
	unshare --pid --fork --mount-proc true 2>/dev/null || skip "no pid namespaces here"
	start unshare --pid --fork --mount-proc "$COHORT" -l 127.0.0.1:0 -w 2
	inner() { children_of "$SERVER" | head -n 1; }
	two_inside() { [ "$(workers "$(inner)" | wc -l)" -eq 2 ]; }
	wait_until 10 two_inside
	first=$(inner)
	# an orphan of the namespace becomes a child of process 1
	nsenter --target "$first" --pid --mount sh -c 'sleep 0.1 & exec true'
	no_zombie() { for pid in $(children_of "$first"); do ! is_zombie "$pid" || return 1; done; }
	sleep 0.3
	wait_until 5 no_zombie
	kill -TERM "$first"
	wait_exit "$SERVER" 15
	[ "$STATUS" -eq 0 ]
}

@test "two instances on one address: the second is refused with the owner's pid" {
	serve -w 1
	run -75 timeout 10 "$COHORT" -l "127.0.0.1:$PORT"
	[[ "$output" == *"$SERVER"* ]]
}

@test "an address that a stranger holds is refused with status 75" {
	need python3
	python3 -c 'import socket,time; s=socket.create_server(("127.0.0.1",0)); print(s.getsockname()[1],flush=True); time.sleep(60)' >"$WORK/port" 3>&- &
	SERVER_PIDS+=($!)
	wait_until 10 test -s "$WORK/port"
	run -75 timeout 10 "$COHORT" -l "127.0.0.1:$(cat "$WORK/port")"
	[[ "$output" == *"in use"* ]]
}

@test "an address that this machine lacks ends it with status 1" {
	run -1 timeout 10 "$COHORT" -l 192.0.2.1:0
	[[ "$output" == *"192.0.2.1"* ]]
}

@test "after kill -9 of everything it starts at once on the same port" {
	need socat
	serve -w 2
	# shellcheck disable=SC2046
	kill -KILL "$SERVER" $(children_of "$SERVER")
	wait_until 5 is_gone "$SERVER"
	start_ready 1 "$COHORT" -l "127.0.0.1:$PORT" -w 2
	run say "again"
	[ "$output" = "again" ]
}

@test "workers killed under load: the rest of the clients are served to the end" {
	need socat
	serve -w 4
	timeout 60 "$COHORT_BENCH" churn "127.0.0.1:$PORT" -c 32 -s 1000 -t 3 --json >"$WORK/churn" &
	bench=$!
	for signal in KILL SEGV ABRT TERM KILL STOP; do
		wait_until 10 worker_count_is 4
		victim=$(workers | sed -n 2p)
		kill -"$signal" "$victim"
		[ "$signal" != STOP ] || kill -KILL "$victim"
		wait_until 10 other_than "$victim" 4
	done
	# Connections that a killed worker had accepted may be lost; none may
	# be refused, hang, or come back wrong.
	wait "$bench" || true
	for kind in refused timeout corrupt; do
		grep -qE "\"$kind\": ?0" "$WORK/churn" || {
			cat "$WORK/churn"
			return 1
		}
	done
	run say "still whole"
	[ "$output" = "still whole" ]
}

@test "cpu_affinity pins each worker to a CPU of its own" {
	[ "$(nproc)" -ge 2 ] || skip "one CPU"
	serve -w 2 -o 'cpu_affinity on;'
	[ "$(for pid in $(workers); do sed -n 's/^Cpus_allowed_list:.//p' "/proc/$pid/status"; done | sort -u | wc -l)" -eq 2 ]
}

@test "max_open_files is the limit of the workers, and the connection cap follows" {
	need python3
	serve -w 1 -o 'max_open_files 100;'
	grep -qE '^Max open files +100 ' "/proc/$(workers)/limits"
	timeout 30 python3 - "$PORT" <<-'END'
		import socket, sys
		clients = [socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=1) for _ in range(120)]
		served = 0
		for client in clients:
		    client.sendall(b"x")
		for client in clients:
		    try:
		        served += client.recv(1) == b"x"
		    except socket.timeout:
		        break
		assert 50 < served < 100, served
	END
	run ! log_has 'cannot accept'
}

@test "user, chroot and pid_file do what they say" {
	need socat
	[ "$(id -u)" -eq 0 ] || skip "only root can change the root and the user"
	mkdir "$WORK/root"
	serve -w 1 -o "user daemon; chroot $WORK/root; pid_file $WORK/pid;"
	[ "$(cat "$WORK/pid")" = "$SERVER" ]
	[ "$(readlink "/proc/$(workers)/root")" = "$WORK/root" ]
	grep -qE "^Uid:.$(id -u daemon).$(id -u daemon)" "/proc/$(workers)/status"
	# the bank and a root that is elsewhere go together
	victim=$(workers)
	kill -KILL "$victim"
	wait_until 10 other_than "$victim" 1
	run say "jailed"
	[ "$output" = "jailed" ]
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 15
	[ ! -e "$WORK/pid" ]
}

@test "started without standard descriptors it serves, and none is mistaken for one" {
	need socat
	start_ready 1 bash -c 'exec "$@" <&- >&- 2>&-' - "$COHORT" -l 127.0.0.1:0 -w 1
	run say "silent"
	[ "$output" = "silent" ]
	for fd in 0 1 2; do
		[ "$(readlink "/proc/$(workers)/fd/$fd")" = /dev/null ]
	done
}
