#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# cohortctl and the control socket, in front of a made-up server.

load support/common

COHORTCTL=$COHORT_BUILD/cohortctl
TERMINAL=$BATS_TEST_DIRNAME/support/terminal.py

setup() {
	common_setup
	export COHORT_CONTROL=$WORK/control.sock
}

is_socket() { [ -S "$COHORT_CONTROL" ]; }

# Nothing was written to the file for a while.
is_quiet() { [ $(($(date +%s) - $(stat -c %Y "$1"))) -ge 2 ]; }

teardown() {
	common_teardown
	[ -z "${OPEN:-}" ] || rm -r "$OPEN"
}

# control [ROWS [reader]]: the made-up server.
control() {
	start "$COHORT_BUILD/tests/servers/control" "$COHORT_CONTROL" "$@"
	wait_until 20 is_socket
}

# ctl ARG…: cohortctl, bounded.
ctl() { timeout $((30 * COHORT_PATIENCE)) "$COHORTCTL" "$@"; }

# said STATUS WORDS: what the last `run` has come to.
said() {
	echo "status $status, not $1: $output"
	[ "$status" -eq "$1" ] && [[ $output == *"$2"* ]]
}

@test "an answer is a table with numbers to the right" {
	control
	run -0 ctl workers
	[[ ${lines[0]} == "WORKER   PID  STATE "* ]]
	[[ ${lines[1]} == "     0  4711  serving "*"1.5k"* ]]
	[[ ${lines[2]} == "     1  4712  suspect "*"data_received"* ]]
	[[ ${lines[4]} == "     2     -  waiting "* ]]
	run -0 ctl status
	[[ $output == *"Up for "*"1h00m"* ]]
	[[ $output != *$'\e'* ]]
}

@test "a table is no wider than it may be" {
	local line
	control
	for COLUMNS in 50 65 80 120; do
		export COLUMNS
		run -0 ctl connections
		[[ ${lines[0]} == *"ID  "* ]]
		for line in "${lines[@]}"; do
			[ "${#line}" -le "$COLUMNS" ]
		done
	done
	run -0 ctl --wide connections
	[[ ${lines[0]} == *" CWND "* ]]
}

@test "JSON is one object, or one a line, and says whether it went well" {
	need jq
	control
	for verb in ping status workers services events metrics reload "scale 3" "close --all"; do
		# shellcheck disable=SC2086  # a verb and its argument
		ctl --json $verb >"$WORK/json"
		[ "$(wc -l <"$WORK/json")" -eq 1 ]
		jq -e ".ok and has(\"${verb%% *}\")" "$WORK/json"
	done
	ctl --json services | jq -e '.services[1].listen | endswith("\u001b[31m")'
	ctl --json connections >"$WORK/json"
	[ "$(jq -s 'map(select(.id)) | length' "$WORK/json")" -eq 3 ]
	tail -n 1 "$WORK/json" | jq -e '.ok and .connections.count == 3'
	run -1 ctl --json upgrade
	jq -e '.ok == false and .status == 1 and (.error | startswith("bad.conf:1:9: "))' <<<"$output"
}

@test "an order says what it has come to" {
	control
	run -0 ctl scale 6
	[ "$output" = "done 1 6 " ]
	run -1 ctl upgrade
	[ "${lines[0]}" = "cohortctl: bad.conf:1:9: no such thing" ]
	[ "${lines[2]}" = "         ^" ]
	run ctl --timeout 200ms stop --wait
	said 1 "no answer from $COHORT_CONTROL in time"
}

@test "whoever may only look is told so, and may look" {
	control 3 reader
	run ctl reload
	said 77 "not permitted"
	run ctl --json reload
	said 77 '"status":77'
	run -0 ctl ping
}

@test "where no server is, the message says how there could be one" {
	run ctl ping
	said 69 "no server at $COHORT_CONTROL (\`control PATH;\`"
	touch "$COHORT_CONTROL"
	run ctl ping
	said 69 "no server at"
	run ctl -s "$WORK/$(printf 'x%.0s' {1..120})" ping
	said 2 "too long"
	run ctl -s "" ping
	said 2 "empty"
}

# As somebody who is not root.
as_nobody() {
	if [ "$(id -u)" -eq 0 ]; then
		timeout 20 setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
	else
		timeout 20 "$@"
	fi
}

@test "a socket without permission is not permitted" {
	need setpriv
	# Somewhere that everybody can get to.
	OPEN=$(mktemp -d /tmp/cohortctl.XXXXXX)
	chmod 755 "$OPEN"
	cp "$COHORTCTL" "$OPEN/cohortctl"
	COHORT_CONTROL=$OPEN/control.sock
	control
	chmod 000 "$COHORT_CONTROL"
	run as_nobody "$OPEN/cohortctl" ping
	said 77 "not permitted to ask the server"
}

@test "what answers there, but is not Cohort, is named so" {
	need socat
	start socat UNIX-LISTEN:"$COHORT_CONTROL",fork SYSTEM:'read -r line; echo HTTP/1.1 400 Bad Request'
	wait_until 20 is_socket
	run ctl ping
	said 69 "is not Cohort"
	run ctl --json ping
	said 69 "is not Cohort"
}

@test "a server that ends in the midst of its answer has failed" {
	need socat
	printf 'read -r line\nprintf "say\\thalf\\n"\n' >"$WORK/half"
	start socat UNIX-LISTEN:"$COHORT_CONTROL",fork EXEC:"sh $WORK/half"
	wait_until 20 is_socket
	run ctl ping
	said 1 "in the midst of its answer"
	[[ $output == "half"* ]]
	printf 'read -r line\nprintf "{\\"a\\":1}\\n"\n' >"$WORK/half"
	run ctl --json ping
	said 1 "in the midst of its answer"
}

@test "a mistake in the command line is a usage error with the nearest name" {
	run ctl stauts
	said 2 "unknown verb 'stauts'; did you mean 'status'?"
	run ctl connections --limt 3
	said 2 "did you mean --limit?"
	run ctl close
	said 2 "close which ones?"
	run ctl close 12
	said 2 "'12' is no connection like 4711-12"
	run ctl
	said 2 "which verb?"
	run -0 ctl --help
	[[ $output == *"close connections"* ]]
	run -0 ctl help connections
	[[ $output == *"--idle-over DURATION"* ]]
	run -0 ctl --version
	[[ $output == "cohortctl "* ]]
}

@test "thirty thousand connections come without filling the server's memory" {
	local peak
	control 30000
	ctl connections >"$WORK/lines"
	[ "$(wc -l <"$WORK/lines")" -eq 30001 ]
	ctl --json connections >"$WORK/json"
	[ "$(wc -l <"$WORK/json")" -eq 30001 ]
	[ "$(tail -n 1 "$WORK/json")" = '{"ok":true,"connections":{"count":30000}}' ]
	[[ -n $COHORT_WRAPPER || -n ${ASAN_OPTIONS:-} ]] || {
		peak=$(awk '/^VmHWM/ { print $2 }' "/proc/$SERVER/status")
		[ "$peak" -lt 12288 ]
	}
}

@test "a server outlives clients that leave, say nonsense, or nothing" {
	need socat python3
	control 30000
	for _ in 1 2 3; do
		head -c 100000 /dev/urandom | timeout 20 socat -u - UNIX-CONNECT:"$COHORT_CONTROL" || true
		printf 'connections\n' | timeout 20 socat - UNIX-CONNECT:"$COHORT_CONTROL" | head -n 20 >/dev/null
		timeout 20 "$COHORTCTL" connections | head -n 2 >/dev/null
	done
	timeout 20 python3 - <<-'END'
		import os, socket
		crowd = []
		for i in range(200):
		    s = socket.socket(socket.AF_UNIX)
		    s.connect(os.environ["COHORT_CONTROL"])
		    s.send(b"conn" if i % 4 else b"connections\n")
		    crowd.append(s)
		s = socket.socket(socket.AF_UNIX)
		s.connect(os.environ["COHORT_CONTROL"])
		s.send(b"ping\n")
		assert s.recv(1000).startswith(b"say\tcohort ")
	END
	run -0 ctl ping
}

@test "a terminal gets colours, unless NO_COLOR says otherwise" {
	need python3
	control
	run -0 "$TERMINAL" 200 40 "" "$COHORTCTL" workers
	[[ $output == *$'\e[32mserving'* ]]
	[[ $output == *$'\e[31msuspect'* ]]
	NO_COLOR=1 run -0 "$TERMINAL" 200 40 "" "$COHORTCTL" workers
	[[ $output == *"serving"* ]]
	[[ $output != *$'\e'* ]]
}

@test "a view is drawn again, follows the terminal's width, and leaves it as it was" {
	need python3
	control 30000
	run -0 "$TERMINAL" 60 12 "W q" "$COHORTCTL" --watch=50ms connections
	[[ $output == *$'\e[?1049h'* ]]
	[[ $output == *"every 50ms"* ]]
	[[ $output != *"4711-13"* ]]
	run -0 "$TERMINAL" 60 12 '  \x03' "$COHORTCTL" --watch=50ms status
	run "$TERMINAL" 60 12 "" "$COHORTCTL" --watch -s "$WORK/nothing" status
	said 69 "no server"
	[[ $output != *$'\e'* ]]
}

@test "a view goes on when the server is gone, and when it is back" {
	need python3
	control 3
	export TERMINAL_GO=$WORK/go
	"$TERMINAL" 150 30 "@q" "$COHORTCTL" --watch=50ms connections >"$WORK/view" 3>&- &
	local view=$!
	SERVER_PIDS+=("$view")
	wait_until 20 grep -q 4711-3 "$WORK/view"
	end_server "$SERVER"
	wait_until 20 grep -q "no server at" "$WORK/view"
	rm -f "$COHORT_CONTROL"
	control 9
	wait_until 20 grep -q 4711-9 "$WORK/view"
	touch "$TERMINAL_GO"
	wait "$view"
}

# The server has stopped: neither its answer nor a bound of time ends the wait.
@test "a view that waits for an answer ends at a key, and at Ctrl-C" {
	need python3
	local key view
	export TERMINAL_GO=$WORK/go
	for key in '@q' '@\x03'; do
		rm -f "$TERMINAL_GO" "$WORK/view"
		control 3
		"$TERMINAL" 150 30 "$key" "$COHORTCTL" --watch=20ms --timeout=10m connections >"$WORK/view" 3>&- &
		view=$!
		SERVER_PIDS+=("$view")
		wait_until 20 grep -q 4711-3 "$WORK/view"
		kill -STOP "$SERVER"
		wait_until 20 is_quiet "$WORK/view"
		touch "$TERMINAL_GO"
		wait_until 20 is_gone "$view"
		wait "$view"
		kill -CONT "$SERVER"
		end_server "$SERVER"
		rm -f "$COHORT_CONTROL"
		grep -q $'\e\[?1049l' "$WORK/view"
	done
}

@test "--watch in JSON is an object a line" {
	need jq
	control
	(timeout 20 "$COHORTCTL" --json --watch=20ms status || true) | head -n 3 >"$WORK/json"
	[ "$(jq -s 'map(.status.phase) | length' "$WORK/json")" -eq 3 ]
	run ctl --watch reload
	said 2 "is done once"
}

# ---- A real server -----------------------------------------------------------

# talk: a client that says a word and stays; $CLIENT.
talk() {
	printf 'hello\n' >"$WORK/word"
	timeout $((60 * COHORT_PATIENCE)) socat -t 60 "OPEN:$WORK/word,ignoreeof!!CREATE:$WORK/said.$1" "TCP:127.0.0.1:$PORT" 3>&- &
	CLIENT=$!
	SERVER_PIDS+=("$CLIENT")
	wait_until 20 grep -q hello "$WORK/said.$1"
}

has_connections() { [ "$(ctl --json connections | jq -s 'map(select(.id)) | length')" -eq "$1" ]; }

@test "a server tells of its connections and closes those that are meant" {
	need socat jq
	local first id
	serve -w 2 -o "control $COHORT_CONTROL;"
	talk one
	first=$CLIENT
	talk two
	wait_until 20 has_connections 2
	run -0 ctl connections --sort age --limit 1
	[[ ${lines[1]} == *" default "*" open "* ]]
	id=${lines[1]%% *}
	run -0 ctl close "$id"
	[[ $output == *"1 connection"* ]]
	wait_until 20 has_connections 1
	wait_until 20 is_gone "$first"
	run ctl close --service defalt
	said 2 "did you mean 'default'?"
	run -0 ctl close --peer 10.0.0.0/8
	has_connections 1
	run -0 ctl close --all
	wait_until 20 has_connections 0
}

@test "a server carries orders out and says what came of them" {
	need jq
	serve -w 2 -o "control $COHORT_CONTROL;"
	run -0 ctl reload
	[[ $output == "generation "*" serves with 2 workers"* ]]
	run -0 ctl scale 3
	[[ $output == "3 workers (were 2)"* ]]
	run -0 ctl suspend default
	run -0 ctl resume default
	run -2 ctl suspend elsewhere
	ctl --json stop | jq -e .ok
	wait_until 20 is_gone "$SERVER"
	run -69 ctl ping
}
