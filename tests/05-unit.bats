#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The unit tests: C programs of tests/unit, one case each.

load support/common

# valgrind only plays descriptor limits, holds descriptors of its own and shows
# its own command line.
plays_along() {
	case "$COHORT_WRAPPER $1" in
	*valgrind*\ test_channel | *valgrind*\ test_limits | *valgrind*\ test_spawn | *valgrind*\ test_title) return 1 ;;
	esac
}

# run_unit PROGRAM: its last words are kept, and its name if it fails.
run_unit() {
	# shellcheck disable=SC2086
	timeout $((120 * COHORT_PATIENCE)) $COHORT_WRAPPER "$1" >"$WORK/${1##*/}.out" 2>&1 ||
		echo "${1##*/}" >>"$WORK/failed"
}

# bats_test_function is newer than the bats of stable distributions, so the
# cases are listed by one test that runs every program and names what failed:
# many at a time, since they wait more than they compute, but under valgrind.
@test "every unit test program passes" {
	for program in "$COHORT_BUILD"/tests/test_*; do
		[ -x "$program" ] && [ -f "$program" ] || continue
		case $program in *.d | *.o) continue ;; esac
		plays_along "${program##*/}" || continue
		echo "$program"
	done >"$WORK/programs"
	[ "$(wc -l <"$WORK/programs")" -ge 15 ]
	touch "$WORK/failed"
	export -f run_unit
	export WORK
	at_a_time=$((4 * $(nproc)))
	[ -z "$COHORT_WRAPPER" ] || at_a_time=$(nproc)
	xargs -P "$at_a_time" -I '{}' bash -c 'run_unit {}' <"$WORK/programs" 3>&-
	[ ! -s "$WORK/failed" ] || {
		while read -r name; do
			echo "failed: $name"
			tail -n 20 "$WORK/$name.out"
		done <"$WORK/failed"
		false
	}
}
