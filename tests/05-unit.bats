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

# bats_test_function is newer than the bats of stable distributions, so the
# cases are listed by one test that runs every program and names what failed.
@test "every unit test program passes" {
	failed=()
	count=0
	for program in "$COHORT_BUILD"/tests/test_*; do
		[ -x "$program" ] && [ -f "$program" ] || continue
		case $program in *.d | *.o) continue ;; esac
		plays_along "${program##*/}" || continue
		count=$((count + 1))
		# shellcheck disable=SC2086
		timeout $((120 * COHORT_PATIENCE)) $COHORT_WRAPPER "$program" >"$WORK/out" 2>&1 3>&- || {
			failed+=("${program##*/}")
			tail -n 20 "$WORK/out"
		}
	done
	[ "$count" -ge 15 ]
	[ "${#failed[@]}" -eq 0 ] || {
		echo "failed: ${failed[*]}"
		false
	}
}
