#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Each verb of cohortctl on a real server: what it does, what it says, how it
# ends; and what becomes of orders that are wrong.

load support/common

COHORTCTL=$COHORT_BUILD/cohortctl
TERMINAL=$BATS_TEST_DIRNAME/support/terminal.py

setup() {
	common_setup
	export COHORT_CONTROL=$WORK/control
}

# ctl ARG…: cohortctl, bounded.
ctl() { timeout $((30 * COHORT_PATIENCE)) "$COHORTCTL" "$@"; }

# said STATUS WORDS…: what the last `run` has come to, and words that are in it.
said() {
	echo "status $status, expected $1: $output"
	[ "$status" -eq "$1" ] || return 1
	while [ $# -gt 1 ]; do
		[[ $output == *"$2"* ]] || {
			echo "without: $2"
			return 1
		}
		shift
	done
}

# steer [DIRECTIVES]: a server that can be steered, with two services, which
# may be replaced by another build.
steer() {
	need jq
	cp "$COHORT" "$WORK/cohort"
	configure <<-END
		workers 2;
		control $COHORT_CONTROL ${CONTROL_MODE:-};
		${1:-shutdown_timeout 50ms;}
		service echo { listen 127.0.0.1:0; }
		service sink { listen 127.0.0.1:0; protocol discard; }
	END
	start_ready 2 "$WORK/cohort" -c "$CONFIG"
	ECHO=$PORT
	SINK=$(sed -n '2s/.*://p' "$READY")
}

# talk [BYTES]: a client of echo that says so much and stays; its descriptor is
# $CLIENT.
talk() {
	exec {CLIENT}<>"/dev/tcp/127.0.0.1/$ECHO"
	printf '%*s\n' "$((${1:-6} - 1))" x >&"$CLIENT"
	read -r -t $((10 * COHORT_PATIENCE)) <&"$CLIENT"
}
hush() { exec {CLIENT}<>"/dev/tcp/127.0.0.1/$SINK"; }
# ended CLIENT: its connection has been closed, and is closed here, too.
ended() {
	local status=0 client=$1
	read -r -t $((10 * COHORT_PATIENCE)) <&"$client" || status=$?
	exec {client}>&-
	[ "$status" -eq 1 ] # 142: the time is over
}

# rows OPTION…: the connections, an object a line.
rows() { ctl --json connections "$@" | jq -c 'select(.id)'; }
rows_are() { [ "$(rows "${@:2}" | wc -l)" -eq "$1" ]; }
# field NAME OPTION…: of each row.
field() { rows "${@:2}" | jq -r ".$1" | xargs; }

# whole VERB: stdin is one object that says that it went well, with the verb's
# member.
whole() { jq -es "length == 1 and (.[0] | .ok and has(\"$1\"))"; }

# ---- Looking -----------------------------------------------------------------

@test "each verb that looks has a table without escapes, and an object" {
	steer
	talk
	wait_until 10 rows_are 1
	for verb in ping status workers services events metrics connections "connections --closed"; do
		echo "# $verb"
		# shellcheck disable=SC2086  # a verb and its options
		run -0 ctl $verb
		[ -n "$output" ]
		[[ $output != *$'\e'* ]]
		# shellcheck disable=SC2086
		NO_COLOR=1 run -0 ctl --exact --wide $verb
		[[ $output != *$'\e'* ]]
		[[ $verb == connections* ]] || ctl --json "$verb" | whole "$verb"
	done
	run -0 ctl ping
	[[ $output == "cohort "*", process $SERVER, generation 1, is serving" ]]
	ctl --json status | jq -e ".status | .supervisor_pid == $SERVER and .phase == \"serving\" and .workers_wanted == 2"
	[ "$(ctl --json workers | jq -r '.workers[].pid' | xargs)" = "$(workers | xargs)" ]
	ctl --json services | jq -e ".services[0] | .name == \"echo\" and .protocol == \"echo\"
		and .listen == \"127.0.0.1:$ECHO\" and .connections == 1 and .received_bytes == 6"
	run -0 ctl metrics
	[[ $output == *'cohort_connections{service="echo"} 1'* ]]
	run -0 ctl events
	[[ $output == *started* ]]
}

@test "connections are filtered, sorted, cut and turned round" {
	steer
	talk 10
	talk 5000
	talk 300
	hush
	wait_until 10 rows_are 4
	rows_are 1 --service sink
	rows_are 4 --peer 127.0.0.0/8
	rows_are 4 --peer 127.0.0.1
	rows_are 0 --peer 10.0.0.0/8
	rows_are 0 --peer ::1
	rows_are 4 --idle-over 1ms
	rows_are 0 --idle-over 1h
	rows_are 2 --limit 2
	[ "$(field received_bytes --sort bytes --service echo)" = "5000 300 10" ]
	[ "$(field received_bytes --sort bytes --service echo --reverse)" = "10 300 5000" ]
	[ "$(field received_bytes --sort received --limit 1)" = 5000 ]
	[ "$(($(rows --worker 0 | wc -l) + $(rows --worker 1 | wc -l)))" -eq 4 ]
	for by in id age idle received sent bytes queued rtt retransmits; do
		rows_are 4 --sort "$by"
	done
	run -0 ctl connections --sort bytes --limit 1
	[ "${#lines[@]}" -eq 2 ]
	[[ ${lines[1]} == *" echo "*" open "*4.9k* ]]
}

@test "closed connections are told with their reasons, the last one first" {
	need socat
	steer
	[ "$(say hello "$ECHO")" = hello ]
	talk
	run -0 ctl close --all
	ended "$CLIENT"
	closed_are() { [ "$(ctl --json connections --closed "${@:2}" | jq -r 'select(.reason) | .reason' | xargs)" = "$1" ]; }
	wait_until 10 closed_are "killed eof"
	closed_are killed --limit 1
	closed_are "" --service sink
	closed_are "" --peer 10.0.0.0/8
	run ctl connections --closed --sort age
	said 2 "sort and idle-over are for those that live"
	run -0 ctl connections --closed
	[[ ${lines[1]} == *" echo "*" killed "* ]]
}

# ---- Orders ------------------------------------------------------------------

@test "close ends those that are meant, by each filter, and no others" {
	steer
	talk
	local by_id=$CLIENT
	id=$(field id)
	hush
	local by_service=$CLIENT
	talk
	local other=$CLIENT
	wait_until 10 rows_are 3
	run -0 ctl close "$id"
	[ "$output" = "1 connection is closed" ]
	ended "$by_id"
	wait_until 10 rows_are 2
	run ctl close "$id"
	said 1 "there is no connection $id"
	run -0 ctl close --service sink
	ended "$by_service"
	run -0 ctl close --peer 10.0.0.0/8
	[ "$output" = "0 connections are closed" ]
	run -0 ctl close --idle-over 1h
	wait_until 10 rows_are 1
	run -0 ctl close --peer 127.0.0.0/24
	ended "$other"
	for filter in "--worker 0 --worker 1" --all; do
		talk
		wait_until 10 rows_are 1
		# One of its workers has it.
		for one in ${filter//--worker /--worker=}; do
			run -0 ctl close "$one"
		done
		ended "$CLIENT"
	done
	talk
	wait_until 10 rows_are 1 --idle-over 1ms
	ctl --json close --idle-over 1ms | jq -e '.ok and .close.message == "1 connection is closed"'
	ended "$CLIENT"
}

@test "each order says what has come of it" {
	need socat
	steer
	run -0 ctl reload
	said 0 "generation 2 serves with 2 workers (0: " "after " "drain"
	run -0 ctl scale 3
	said 0 "3 workers (were 2) after "
	run -0 ctl scale 3
	said 0 "3 workers already"
	ctl --json services | jq -e '.services[1].state == "serving"'
	run -0 ctl suspend sink
	said 0 "service sink is suspended"
	ctl --json services | jq -e '.services[1].state == "suspended"'
	run -0 ctl resume sink
	said 0 "service sink is resumed"
	run -0 ctl log-level debug
	said 0 "log level debug (was info)"
	[ "$(say hello "$ECHO")" = hello ]
	wait_until 10 log_has 'debug .*received 5 bytes'
	run -0 ctl upgrade
	said 0 "upgraded from " "serves with 3 workers"
	for order in reload "scale 2" "suspend echo" "resume echo" "log-level info" upgrade stop; do
		echo "# $order"
		# shellcheck disable=SC2086  # a verb and its argument
		ctl --json $order >"$WORK/json"
		whole "${order%% *}" <"$WORK/json"
		jq -e ".\"${order%% *}\".message | length > 0" "$WORK/json"
	done
	wait_exit "$SERVER" 15
	[ "$STATUS" -eq 0 ]
}

@test "stop drains, waits for the last one, or cuts them off" {
	steer 'shutdown_timeout 30s;'
	talk
	run -0 ctl stop
	[ "$output" = "draining 1 connection" ]
	ctl --json status | jq -e '.status.phase == "draining"'
	run ctl scale 4
	said 1 "too late, the program ends"
	run -0 ctl stop --now
	said 0 "1 connection is cut"
	wait_exit "$SERVER" 15
	[ "$STATUS" -eq 0 ]
	ended "$CLIENT"

	steer 'shutdown_timeout 50ms;'
	talk
	run -0 ctl stop --wait
	[ "$output" = "draining 1 connection" ]
	wait_until 10 log_has 'waiting .*without a bound'
	echo still >&"$CLIENT"
	read -r -t 10 REPLY <&"$CLIENT"
	[ "$REPLY" = still ]
	exec {CLIENT}>&-
	wait_exit "$SERVER" 15
	[ "$STATUS" -eq 0 ]
	[ "$(log_count 'closed: eof 1$')" -eq 1 ]
}

# ---- What is wrong -----------------------------------------------------------

@test "what the supervisor refuses ends with 1, its reason, and everything as it was" {
	steer 'max_open_files 64;'
	before=$(workers)
	run ctl scale 200
	said 1 "raise max_open_files"
	cp "$CONFIG" "$WORK/good"
	sed -i 's/^service sink.*/service sink { listen 127.0.0.1:0;\n\tbaklog 5; }/' "$CONFIG"
	run ctl reload
	said 1 "$CONFIG:6:2: unknown directive 'baklog'; did you mean 'backlog'?" "everything is as it was"
	[[ $output == "cohortctl: "* ]]
	run ctl --json reload
	jq -e ".ok == false and .status == 1 and (.error | startswith(\"$CONFIG:6:2: \"))" <<<"$output"
	rm "$CONFIG"
	run ctl reload
	said 1 "$CONFIG" "No such file"
	mv "$WORK/cohort" "$WORK/kept"
	run ctl upgrade
	said 1 "cannot open" "$WORK/cohort" "everything is as it was"
	printf '#!/bin/sh\nexit 0\n' >"$WORK/cohort"
	run ctl upgrade
	said 1 "everything is as it was"
	chmod +x "$WORK/cohort"
	run ctl upgrade
	said 1 "trial" "everything is as it was"
	ctl --json upgrade >"$WORK/json" || [ $? -eq 1 ]
	jq -e '.ok == false and .status == 1' "$WORK/json"
	[ "$(workers)" = "$before" ]
	run -0 ctl ping
}

@test "what makes no sense ends with 2, and says what would" {
	steer
	while IFS='|' read -r line words; do
		echo "# $line"
		# shellcheck disable=SC2086  # a command line
		run ctl $line
		said 2 "$words"
		[[ $output == "cohortctl: "* ]]
		# shellcheck disable=SC2086
		run ctl --json $line
		[ "$status" -eq 2 ]
		jq -es 'length == 1 and (.[0] | .ok == false and .status == 2 and (.error | length > 0))' <<<"$output"
	done <<-'END'
		|which verb?
		relaod|unknown verb 'relaod'; did you mean 'reload'?
		frobnicate|unknown verb 'frobnicate'
		connections --serivce echo|unknown option --serivce; did you mean --service?
		ping -z|unknown option -z
		ping now|ping: unexpected word 'now'
		--timeout never ping|--timeout: 'never' is neither seconds nor a duration
		scale|scale
		scale 0|0
		scale 10000|10000
		scale many|many
		scale 2 3|unexpected word '3'
		suspend|suspend
		suspend ecko|there is no service ecko; did you mean echo?
		resume sunk|did you mean sink?
		log-level
		log-level lod|lod
		close|close which ones?
		close 17|'17' is no connection like 4711-12
		close --all --service echo|all goes with nothing else
		close --service ecko|did you mean 'echo'?
		close --peer 10.0.0.0/33|10.0.0.0/33
		close --peer localhost|localhost
		close --peer ::1/129|::1/129
		close --idle-over soon|soon
		close --worker 99999|99999
		close --worker -1|-1
		connections --service ecko|did you mean 'echo'?
		connections --peer 1.2.3|1.2.3
		connections --idle-over 5|5
		connections --sort size|size
		connections --limit 0|0
		connections --limit -3|-3
		connections --reverse|reverse goes with sort
		connections --limit 3 --limit 4|limit is given twice
		stop --now --wait|do not go together
		--watch stop|stop is done once: no --watch
	END
	run -0 ctl ping
}

@test "a socket of something else, or of somebody silent, keeps nobody waiting" {
	need python3 jq
	python3 - "$WORK" 3>&- <<-'END' &
		import signal, socket, sys
		kept = []
		def listen(name, kind, queue):
		    s = socket.socket(socket.AF_UNIX, kind)
		    s.bind(f"{sys.argv[1]}/{name}")
		    if queue is not None:
		        s.listen(queue)
		    kept.append(s)
		listen("silent", socket.SOCK_STREAM, 5)
		listen("datagrams", socket.SOCK_DGRAM, None)
		listen("full", socket.SOCK_STREAM, 0)
		client = socket.socket(socket.AF_UNIX)
		client.connect(f"{sys.argv[1]}/full")
		open(f"{sys.argv[1]}/there", "w").close()
		signal.pause()
	END
	SERVER_PIDS+=("$!")
	wait_until 20 test -e "$WORK/there"
	run ctl -s "$WORK/silent" --timeout 100ms ping
	said 1 "no answer from $WORK/silent in time"
	run ctl -s "$WORK/full" --timeout 100ms ping
	said 1 "no answer from $WORK/full in time"
	run ctl --json -s "$WORK/full" --timeout 100ms ping
	jq -e '.ok == false and .status == 1' <<<"$output"
	run ctl -s "$WORK/datagrams" ping
	said 69 "no server at $WORK/datagrams (\`control PATH;\`"
	run ctl -s "$WORK" ping
	said 69 "no server at $WORK"
	run ctl -s "$WORK/there/below" ping
	said 69 "no server at $WORK/there/below"
	run ctl --json -s "$WORK/nothing" status
	said 69
	jq -e '.ok == false and .status == 69 and (.error | contains("control PATH;"))' <<<"$output"
}

# As somebody who is not root.
as_nobody() { timeout $((20 * COHORT_PATIENCE)) setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }

@test "who may only look is refused orders, who may not even that is told so" {
	need setpriv
	[ "$(id -u)" -eq 0 ] || skip "only root can become others"
	OPEN=$(mktemp -d /tmp/cohortctl.XXXXXX)
	chmod 755 "$OPEN"
	cp "$COHORTCTL" "$OPEN/cohortctl"
	COHORT_CONTROL=$OPEN/control
	CONTROL_MODE=mode=0666 steer
	run -0 as_nobody "$OPEN/cohortctl" workers
	run -0 as_nobody "$OPEN/cohortctl" connections
	for order in reload upgrade "scale 3" "suspend echo" "resume echo" "close --all" "log-level debug" stop "stop --now"; do
		# shellcheck disable=SC2086  # a verb and its argument
		run as_nobody "$OPEN/cohortctl" $order
		said 77 "not permitted"
	done
	run as_nobody "$OPEN/cohortctl" --json reload
	said 77
	jq -e '.ok == false and .status == 77' <<<"$output"
	sed -i 's/mode=0666/mode=0600/' "$CONFIG"
	run -0 ctl reload
	run as_nobody "$OPEN/cohortctl" ping
	said 77 "not permitted to ask the server at $COHORT_CONTROL"
	run as_nobody "$OPEN/cohortctl" --json ping
	jq -e '.ok == false and .status == 77' <<<"$output"
	rm -r "$OPEN"
}

# ---- Where it is written to ---------------------------------------------------

@test "an answer that cannot be written is a failure, and none that hangs" {
	need python3
	steer
	for words in ping status metrics "--json status" connections "--json connections" --help "help close" --version \
		"--watch=10ms ping" "--json --watch=10ms ping"; do
		echo "# $words"
		# shellcheck disable=SC2086  # a command line
		run -1 bash -c 'exec "$@" >/dev/full' - timeout 20 "$COHORTCTL" $words
		[[ $output == *"cannot write the answer"* ]]
		# Without any standard output: the socket must not be taken for it.
		# shellcheck disable=SC2086
		run -1 bash -c 'exec "$@" >&- <&-' - timeout 20 "$COHORTCTL" $words
		[[ $output == *"cannot write the answer"* ]]
		# Nobody reads any more, and SIGPIPE is ignored.
		# shellcheck disable=SC2086
		run -1 python3 - timeout 20 "$COHORTCTL" $words <<-'END'
			import os, signal, subprocess, sys
			reader, writer = os.pipe()
			os.close(reader)
			done = subprocess.run(sys.argv[1:], stdout=writer, restore_signals=False)
			sys.exit(done.returncode)
		END
	done
	# … and is not: the first reader that has enough ends it quietly.
	timeout 20 "$COHORTCTL" --watch=10ms ping | head -n 3 >"$WORK/three" || true
	[ "$(wc -l <"$WORK/three")" -eq 3 ]
	run -0 ctl ping
}

@test "a view of each verb that looks ends with q and leaves the screen as it was" {
	need python3
	steer
	talk
	wait_until 10 rows_are 1
	for verb in ping status workers services connections "connections --closed" events; do
		echo "# $verb"
		# shellcheck disable=SC2086  # a verb and its option
		run -0 "$TERMINAL" 100 30 " q" "$COHORTCTL" --watch=50ms $verb
		[[ $output == *$'\e[?1049h'*"every 50ms"*$'\e[?1049l'* ]]
	done
}
