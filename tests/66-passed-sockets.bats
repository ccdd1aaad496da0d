#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Sockets that a service manager passes, and those that it keeps for us.

load support/common

# manage [NAME=HOST:PORT…] -- ARG…: the server under a manager that lives as
# long as the test; what it says is in $TOLD.
manage() {
	local sockets=()
	while [ "$1" != -- ]; do
		sockets+=("$1")
		shift
	done
	shift
	TOLD=$WORK/told
	mkfifo "$WORK/orders"
	timeout 120 python3 "$BATS_TEST_DIRNAME/support/manager.py" "$WORK/notify" "${sockets[@]}" -- \
		"$COHORT" "$@" <>"$WORK/orders" >"$TOLD" 2>>"$LOG" 3>&- &
	SERVER_PIDS+=("$!")
	MANAGER=$!
	exec 8>"$WORK/orders"
	wait_until 10 told 'READY=1'
	SERVER=$(sed -n 's/^started //p' "$TOLD" | tail -n 1)
	PORT=$(sed -n 's/^passed [a-z]* //p' "$TOLD" | head -n 1)
}
told() { grep -qF -- "$1" "$TOLD"; }
ready_times() { [ "$(grep -cF 'READY=1' "$TOLD")" -eq "$1" ]; }
order() { echo "$1" >&8; }
manager_ends() {
	order end
	wait_until 10 is_gone "$MANAGER"
}
free_port() {
	serve -w 1
	end_server "$SERVER"
}
queue() { timeout 60 python3 "$BATS_TEST_DIRNAME/support/client.py" queue 127.0.0.1 "$PORT" 200 2>&1; }

@test "a service listens on the socket that the manager passes under its name" {
	need python3 socat
	manage web=127.0.0.1:0 -- -l systemd:web -w 2
	[ "$(say one)" = one ]
	kill -HUP "$SERVER"
	wait_until 10 log_has 'reloaded: generation 2'
	[ "$(say two)" = two ]
	# who comes while nobody is there waits for the next instance
	order kill
	wait_until 10 told killed
	say three >"$WORK/answer" &
	client=$!
	order start
	wait "$client"
	[ "$(cat "$WORK/answer")" = three ]
	manager_ends
}

@test "several sockets of one name are told apart by their number" {
	need python3 socat
	manage web=127.0.0.1:0 web=127.0.0.1:0 -- -l systemd:web -l systemd:web:2 -w 1
	mapfile -t ports < <(sed -n 's/^passed web //p' "$TOLD")
	[ "$(say first "${ports[0]}")" = first ]
	[ "$(say second "${ports[1]}")" = second ]
	manager_ends
}

@test "a passed socket comes back after a reload has dropped it, also by an upgraded build" {
	need python3 socat
	both='service one { listen systemd:web; } service two { listen systemd:other; }'
	configure <<<"$both"
	cp "$COHORT" "$WORK/cohort"
	COHORT=$WORK/cohort
	manage web=127.0.0.1:0 other=127.0.0.1:0 -- -c "$CONFIG"
	other=$(sed -n 's/^passed other //p' "$TOLD")
	configure <<<'service one { listen systemd:web; }'
	kill -HUP "$SERVER"
	wait_until 10 log_has 'reloaded: generation 2'
	kill -USR2 "$SERVER"
	wait_until 20 log_has 'upgraded: generation 3'
	configure <<<"$both"
	kill -HUP "$SERVER"
	wait_until 10 log_has 'reloaded: generation 4'
	[ "$(say again "$other")" = again ]
	manager_ends
}

@test "a name that was not passed, or is none, is a clear error" {
	run timeout 10 "$COHORT" -l systemd:web
	[ "$status" -eq 1 ]
	[[ "$output" == *'systemd:web: the service manager has passed no such socket, but nothing'* ]]
	for word in systemd: systemd:web:0 systemd:web:x systemd::1; do
		run timeout 10 "$COHORT" -l "$word" -t
		[ "$status" -eq 78 ]
		[[ "$output" == *'is neither systemd:NAME nor systemd:NAME:NUMBER'* ]]
	done
	run timeout 10 "$COHORT" -l systemd:web:2 -T
	[[ "$output" == *'systemd:web:2;'* ]]
	LISTEN_PID=nonsense LISTEN_FDS=1 run timeout 10 "$COHORT"
	[ "$status" -eq 1 ]
	[[ "$output" == *'LISTEN_PID "nonsense" is no process id'* ]]
}

@test "200 clients in the queues survive a SIGKILL of everything, in the manager's store" {
	need python3
	free_port
	manage -- -l "127.0.0.1:$PORT" -w 2
	PORT=$(sed -n 's/.*serving echo on 127.0.0.1:\([0-9]*\) with 2.*/\1/p' "$LOG" | tail -n 1)
	wait_until 10 told "FDSTORE=1 FDNAME=cohort/0/127.0.0.1+$PORT FDPOLL=0"
	wait_until 10 told "FDSTORE=1 FDNAME=cohort/1/127.0.0.1+$PORT FDPOLL=0"
	# shellcheck disable=SC2046
	kill -STOP $(workers)
	coproc CLIENTS { queue; }
	clients=$CLIENTS_PID in=${CLIENTS[1]}
	read -r -t 30 word <&"${CLIENTS[0]}"
	[ "$word" = sent ]
	order kill
	wait_until 10 told killed
	order start
	wait_until 10 ready_times 2
	log_has "127.0.0.1:$PORT: taking over 2 listeners from the service manager's store"
	echo >&"$in"
	wait "$clients"
	manager_ends
}

@test "fewer workers than before accept from all that was stored" {
	need python3
	free_port
	configure <<<"workers 3; service s { listen 127.0.0.1:$PORT; }"
	manage -- -c "$CONFIG"
	PORT=$(sed -n 's/.*serving echo on 127.0.0.1:\([0-9]*\) with 3.*/\1/p' "$LOG" | tail -n 1)
	wait_until 10 told "FDNAME=cohort/2/"
	SERVER=$(sed -n 's/^started //p' "$TOLD")
	# shellcheck disable=SC2046
	kill -STOP $(workers)
	coproc CLIENTS { queue; }
	clients=$CLIENTS_PID in=${CLIENTS[1]}
	read -r -t 30 word <&"${CLIENTS[0]}"
	order kill
	wait_until 10 told killed
	configure <<<"workers 1; service s { listen 127.0.0.1:$PORT; }"
	order start
	wait_until 10 ready_times 2
	echo >&"$in"
	wait "$clients"
	manager_ends
}

@test "what is not served any more leaves the store" {
	need python3
	free_port
	first=$PORT
	free_port
	# more of them than the manager's queue takes at once
	configure <<<"workers 24; service s { listen 127.0.0.1:$first; listen 127.0.0.1:$PORT; }"
	manage -- -c "$CONFIG"
	stored() { [ "$(grep -c "FDSTORE=1" "$TOLD")" -eq "$1" ]; }
	wait_until 10 stored 48
	configure <<<"workers 1; service s { listen 127.0.0.1:$first; }"
	kill -HUP "$SERVER"
	removed() { [ "$(grep -c "FDSTOREREMOVE=1" "$TOLD")" -eq "$1" ]; }
	wait_until 10 removed 24
	run ! told "FDSTOREREMOVE=1 FDNAME=cohort/0/127.0.0.1+$first"
	# the next instance has no use for the first one either
	configure <<<"workers 1; service s { listen 127.0.0.1:0; }"
	order kill
	wait_until 10 told killed
	order start
	wait_until 10 told "FDSTOREREMOVE=1 FDNAME=cohort/0/127.0.0.1+$first"
	manager_ends
}
