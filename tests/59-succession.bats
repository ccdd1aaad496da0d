#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The supervisor is killed: its workers serve on, its keeper waits for a
# successor.

load support/common

# serve_here ARG…: on a port that a successor can name.
serve_here() {
	start_ready 1 "$COHORT" -l "127.0.0.1:$PORT" "$@"
}
all_gone() { for pid in "$@"; do is_gone "$pid" || return 1; done; }

setup() {
	common_setup
	serve -w 1
	end_server "$SERVER" # its port is free now
}

@test "workers serve on, and a successor takes them over without losing a connection" {
	need socat
	serve_here -w 2
	old=$(workers) first_keeper=$(keeper)
	coproc CLIENT { timeout 30 socat - "TCP:127.0.0.1:$PORT"; }
	client=$CLIENT_PID
	echo one >&"${CLIENT[1]}"
	read -r -t 10 line <&"${CLIENT[0]}"
	[ "$line" = one ]
	kill -KILL "$SERVER"
	wait_until 5 is_gone "$SERVER"
	[ "$(say orphans)" = orphans ]
	serve_here -w 2
	log_has 'taking over'
	[ "$(say successor)" = successor ]
	echo two >&"${CLIENT[1]}"
	read -r -t 10 line <&"${CLIENT[0]}"
	[ "$line" = two ]
	eval "exec ${CLIENT[1]}>&-"
	wait "$client"
	# shellcheck disable=SC2086
	wait_until 10 all_gone $old $first_keeper
	worker_count_is 2
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 10
	[ "$STATUS" -eq 0 ]
	log_has 'accepted 3, live 0'
}

@test "200 clients in the queue of a stopped worker survive its supervisor and its end" {
	need python3
	serve_here -w 2
	victim=$(workers | head -n 1)
	kill -STOP "$victim"
	coproc CLIENTS { timeout 60 python3 "$BATS_TEST_DIRNAME/support/client.py" queue 127.0.0.1 "$PORT" 200 2>&1; }
	clients=$CLIENTS_PID in=${CLIENTS[1]}
	read -r -t 30 word <&"${CLIENTS[0]}"
	[ "$word" = sent ]
	kill -KILL "$SERVER"
	wait_until 5 is_gone "$SERVER"
	serve_here -w 2
	echo >&"$in"
	wait "$clients"
	wait_until 5 is_gone "$victim"
	log_has 'stopped and cannot leave'
}

@test "without a successor they drain, newcomers are refused, and nothing is left behind" {
	need socat
	serve_here -w 2 -o 'orphan_timeout 500ms; shutdown_timeout 20s;'
	all=$(children_of "$SERVER")
	coproc CLIENT { timeout 30 socat - "TCP:127.0.0.1:$PORT"; }
	client=$CLIENT_PID
	echo one >&"${CLIENT[1]}"
	read -r -t 10 line <&"${CLIENT[0]}"
	kill -KILL "$SERVER"
	refused() { timeout 5 socat -u OPEN:/dev/null "TCP:127.0.0.1:$PORT" 2>&1 | grep -q refused; }
	wait_until 10 refused
	# the one that is there is still served
	echo two >&"${CLIENT[1]}"
	read -r -t 10 line <&"${CLIENT[0]}"
	[ "$line" = two ]
	eval "exec ${CLIENT[1]}>&-"
	wait "$client"
	# shellcheck disable=SC2086
	wait_until 10 all_gone $all
}

@test "a keeper that is killed is replaced, and the new one serves a successor" {
	need socat
	serve_here -w 1
	old=$(keeper)
	kill -KILL "$old"
	another() { [ -n "$(keeper)" ] && [ "$(keeper)" != "$old" ]; }
	wait_until 5 another
	sleep 0.2
	kill -KILL "$SERVER"
	wait_until 5 is_gone "$SERVER"
	serve_here -w 1
	log_has 'taking over'
	[ "$(say x)" = x ]
}

@test "a second instance is refused while the first lives; after kill -9 of everything it starts at once" {
	need socat
	serve_here -w 2
	run -75 timeout 10 "$COHORT" -l "127.0.0.1:$PORT"
	[[ "$output" == *"process $SERVER"* ]]
	# shellcheck disable=SC2046
	kill -KILL "$SERVER" $(children_of "$SERVER")
	wait_until 5 is_gone "$SERVER"
	serve_here -w 2
	[ "$(say again)" = again ]
}

@test "a successor has another configuration, and what it does not name is drained" {
	need socat
	configure <<-END
		workers 1;
		service a { listen 127.0.0.1:$PORT; }
		service b { listen unix:$WORK/b; }
	END
	start_ready 2 "$COHORT" -c "$CONFIG"
	kill -KILL "$SERVER"
	wait_until 5 is_gone "$SERVER"
	configure <<-END
		workers 3;
		service a { listen 127.0.0.1:$PORT; }
	END
	start_ready 1 "$COHORT" -c "$CONFIG"
	log_has 'taking over'
	wait_until 5 worker_count_is 3
	[ "$(say x)" = x ]
	gone() { ! test -e "$WORK/b"; }
	wait_until 5 gone
}

# Whatever killed the supervisor took the keeper, too.
kill_both() {
	local keeper
	keeper=$(keeper)
	kill -STOP "$SERVER" # it would start another keeper
	kill -KILL "$keeper" "$SERVER"
	wait_until 5 is_gone "$SERVER"
	wait_until 5 is_gone "$keeper"
}

# The stopped worker's queue, and the half-open clients of both.
both_are_killed() {
	old=$(workers) victim=$(workers | head -n 1)
	kill -STOP "$victim"
	coproc CLIENTS { timeout 60 python3 "$BATS_TEST_DIRNAME/support/client.py" queue 127.0.0.1 "$PORT" 200 2>&1; }
	clients=$CLIENTS_PID in=${CLIENTS[1]}
	read -r -t 30 word <&"${CLIENTS[0]}"
	[ "$word" = sent ]
	kill_both
	"$@"
	log_has 'taking over 2 listeners from workers of a supervisor that was killed'
	echo >&"$in"
	wait "$clients"
	# shellcheck disable=SC2086
	wait_until 10 all_gone $old
	[ "$(say after)" = after ]
}

@test "supervisor and keeper killed together: a successor takes the listeners from the workers" {
	need python3 socat
	serve_here -w 2
	both_are_killed serve_here -w 2
}

@test "an ordinary user's server survives the same" {
	need python3 socat setpriv
	[ "$(id -u)" -eq 0 ] || skip 'only root can become another user'
	chmod 755 "$WORK"
	cp "$COHORT" "$WORK/cohort"
	as_user() {
		start_ready 1 setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs \
			"$WORK/cohort" -l "127.0.0.1:$PORT" -w 2
	}
	as_user
	both_are_killed as_user
}

@test "a stranger beside the workers keeps a successor out, for nobody may take its listener" {
	need python3 socat
	serve_here -w 2 -o 'orphan_timeout 1s;'
	old=$(workers)
	coproc STRANGER { timeout 60 python3 "$BATS_TEST_DIRNAME/support/listeners.py" join 127.0.0.1 "$PORT"; }
	read -r -t 10 word _ <&"${STRANGER[0]}"
	[ "$word" = inode ]
	kill_both
	run -75 timeout 10 "$COHORT" -l "127.0.0.1:$PORT"
	# the workers were not touched, and end as those without a successor do
	# shellcheck disable=SC2086
	wait_until 20 all_gone $old
	eval "exec ${STRANGER[1]}>&-"
}

@test "a successor whose configuration cannot be had replaces workers of the old one that serve" {
	need socat
	serve_here -w 1
	old=$(workers)
	port=$PORT first=$SERVER
	start_ready 1 "$COHORT" -l 127.0.0.1:0 -w 1
	kill -KILL "$first"
	wait_until 5 is_gone "$first"
	start "$COHORT" -l "127.0.0.1:$port" -l "127.0.0.1:$PORT" -w 1
	wait_until 10 log_has 'the reload failed'
	kill -KILL "$old"
	serves() { [ "$(say x "$port")" = x ]; }
	wait_until 10 serves
}

@test "a supervisor that is killed while it turns newcomers away has a successor that lets them in" {
	need socat
	serve_here -w 2 -o 'defer_accept 10s; log stderr level=debug;'
	coproc SILENT { timeout 60 socat - "TCP:127.0.0.1:$PORT"; }
	connected() { [ "$(ss -Htn state established "dport = :$PORT" | wc -l)" -eq 1 ]; }
	wait_until 10 connected
	kill -TERM "$SERVER"
	wait_until 5 log_has 'newcomers are turned away'
	kill -KILL "$SERVER"
	wait_until 5 is_gone "$SERVER"
	serve_here -w 2
	[ "$(say welcome)" = welcome ]
	eval "exec ${SILENT[1]}>&-"
}
