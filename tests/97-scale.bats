#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bats file_tags=alone
# The benchmarks of many connections, workers and services run, and notice what
# is lost.  What they measure is nobody's business here.

load support/common

TOOLS=$BATS_TEST_DIRNAME/../tools/bench

setup() {
	common_setup
	need python3
	[ -z "$COHORT_WRAPPER" ] || skip "the benchmarks start their own servers"
}

million() { timeout $((60 * COHORT_PATIENCE)) "$TOOLS/million" "$1" --connections 2000 --hold 0 3>&-; }

scale() { timeout $((60 * COHORT_PATIENCE)) "$TOOLS/scale" "$@" 3>&-; }

# bench_that_says SED_SCRIPT: $WORK/build with a client that reports otherwise.
bench_that_says() {
	mkdir "$WORK/build"
	ln -s "$(realpath "$COHORT")" "$(realpath "$COHORT_BUILD/cohortctl")" "$WORK/build"
	cat >"$WORK/build/cohort-bench" <<-END
		#!/usr/bin/env bash
		exec $(realpath "$COHORT_BENCH") "\$@" > >(sed '$1')
	END
	chmod +x "$WORK/build/cohort-bench"
}

are_gone() {
	local pid
	for pid in "$@"; do
		is_gone "$pid" || return 1
	done
}

@test "every one of many connections is opened, exchanges twice and outlives a reload" {
	run -0 million "$COHORT_BUILD"
	[[ $output =~ connected\ +\|\ +2000\  ]]
	[[ $output =~ "of two on each"\ +\|\ +4000\  ]]
	[[ $output =~ "timed out"\ +\|\ +0\  ]]
}

@test "a connection that is lost among many is a failure of the run" {
	bench_that_says 's/"connected":[0-9]*/"connected":7/'
	run -1 million "$WORK/build"
}

@test "the curve over services has a row for each count" {
	run -0 scale "$COHORT_BUILD" --cases services --rounds 1 --seconds 0.2
	[[ $output == *"| 1 services |"*"| 10 services |"*"| 100 services |"* ]]
}

@test "an exchange that fails is a failure of the curve" {
	bench_that_says 's/"ok":true/"ok":false/'
	run -1 scale "$WORK/build" --cases services --rounds 1 --seconds 0.2
	[[ $output == *"1 services: a client of status 0 has failed"* ]]
}

@test "a curve that descriptors do not suffice for is not begun" {
	need setpriv
	few() (
		ulimit -n 2000
		# Root would raise it again.
		[ "$EUID" -ne 0 ] || set -- setpriv --bounding-set=-sys_resource --inh-caps=-sys_resource "$@"
		timeout $((60 * COHORT_PATIENCE)) "$@" 3>&-
	)
	run -1 few "$TOOLS/scale" "$COHORT_BUILD" --cases crowd
	[[ $output == *"8 workers with room for 1744 connections each do not hold them"* ]]
}

@test "the curve asks for two cores, any two" {
	run -1 taskset -c "$(taskset -cp $$ | sed 's/.*[:,-] *//')" "$TOOLS/scale" "$COHORT_BUILD"
	[[ $output == *"two cores are needed"* ]]
}

@test "a benchmark that is ended while its server starts leaves nothing behind" {
	mkdir "$WORK/build"
	cat >"$WORK/build/cohort" <<-END
		#!/bin/sh
		sleep 1000 &
		echo "\$\$ \$!" >"$WORK/pids"
		wait
	END
	chmod +x "$WORK/build/cohort"
	"$TOOLS/scale" "$WORK/build" --cases services >"$WORK/out" 2>&1 3>&- &
	scale=$!
	wait_until $((20 * COHORT_PATIENCE)) test -s "$WORK/pids"
	kill -TERM "$scale"
	wait_exit "$scale" $((20 * COHORT_PATIENCE))
	read -r -a pids <"$WORK/pids"
	are_gone "${pids[@]}"
}

# start_scale: $scale, with its $supervisor and the $pids that this has started.
start_scale() {
	TMPDIR=$WORK "$TOOLS/scale" "$COHORT_BUILD" --cases services --rounds 1 --seconds 1 >"$WORK/out" 2>&1 3>&- &
	scale=$!
	busy() {
		supervisor=$(children_of "$scale" | head -n 1)
		mapfile -t pids < <(children_of "$supervisor")
		[ "${#pids[@]}" -ge 4 ]
	}
	wait_until $((20 * COHORT_PATIENCE)) busy
}

@test "a benchmark ends the workers of a supervisor that has died" {
	start_scale
	kill -KILL "$supervisor"
	wait_exit "$scale" $((20 * COHORT_PATIENCE))
	are_gone "${pids[@]}"
}

@test "the server of a benchmark that was killed ends" {
	start_scale
	kill -KILL "$scale"
	wait_until $((20 * COHORT_PATIENCE)) are_gone "$supervisor" "${pids[@]}"
}
