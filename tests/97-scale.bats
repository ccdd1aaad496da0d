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

million() { timeout $((60 * COHORT_PATIENCE)) "$TOOLS/million" "$1" --connections 2000 --hold 2 3>&-; }

@test "every one of many connections is opened, exchanges twice and outlives a reload" {
	run -0 million "$COHORT_BUILD"
	[[ $output =~ connected\ +\|\ +2000\  ]]
	[[ $output =~ "of two on each"\ +\|\ +4000\  ]]
	[[ $output =~ "timed out"\ +\|\ +0\  ]]
}

@test "a connection that is lost among many is a failure of the run" {
	mkdir "$WORK/build"
	ln -s "$(realpath "$COHORT")" "$(realpath "$COHORT_BUILD/cohortctl")" "$WORK/build"
	# It says that it has had fewer than it should.
	cat >"$WORK/build/cohort-bench" <<-END
		#!/bin/sh
		$(realpath "$COHORT_BENCH") "\$@" | sed 's/"connected":[0-9]*/"connected":7/'
	END
	chmod +x "$WORK/build/cohort-bench"
	run -1 million "$WORK/build"
}

@test "the curve over services has a row for each count" {
	run -0 timeout $((60 * COHORT_PATIENCE)) "$TOOLS/scale" "$COHORT_BUILD" --cases services --rounds 1 --seconds 0.2 3>&-
	[[ $output == *"| 1 services |"*"| 10 services |"*"| 100 services |"* ]]
}
