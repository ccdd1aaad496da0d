#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The program builds, starts, echoes, and stops.

load support/common

@test "the server echoes what it is sent" {
	need socat
	serve
	run say "Hello World!"
	[ "$output" = "Hello World!" ]
}

@test "TERM ends it with status 0 and leaves no process behind" {
	serve -w 3
	children=$(children_of "$SERVER")
	[ "$(wc -w <<<"$children")" -ge 3 ]
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 10
	[ "$STATUS" -eq 0 ]
	for pid in $children; do is_gone "$pid"; done
}

@test "without arguments it listens on 127.0.0.1:8888 with one worker per CPU" {
	need socat
	if timeout 2 socat -u OPEN:/dev/null TCP:127.0.0.1:8888 2>/dev/null; then
		skip "something else listens on port 8888"
	fi
	start_ready 1 "$COHORT"
	[ "$(cat "$READY")" = "default 127.0.0.1:8888" ]
	run say "hi" 8888
	[ "$output" = "hi" ]
	worker_count_is "$(nproc)"
}

@test "-V prints the version and -h the options" {
	run "$COHORT" -V
	[ "$status" -eq 0 ]
	[[ "$output" =~ ^cohort\ [0-9]+\.[0-9]+\.[0-9]+ ]]
	run "$COHORT" -h
	[ "$status" -eq 0 ]
	for flag in -c -l -p -w -o -t -T --ready-fd -V -h; do
		[[ "$output" == *"$flag"* ]]
	done
}

@test "what is no plug-in is refused; a static build says that it can load none" {
	run -78 "$COHORT" -t -o "load $BATS_TEST_FILENAME;"
	[[ $output == "-o#1:1:6: load: '$BATS_TEST_FILENAME': "* ]]
	if [ -e "$COHORT_BUILD/libcohort.so" ]; then
		[[ $output == *"no shared object that can be loaded"* ]]
	else
		[[ $output == *"this program is linked statically"* ]]
	fi
}
