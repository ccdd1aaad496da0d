#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bats file_tags=alone
# The short form of `make chaos`: every fault under load, at least once.

load support/common

@test "under constant load no fault costs a client what it must not" {
	need python3
	[ -z "$COHORT_WRAPPER" ] || skip "too slow under $COHORT_WRAPPER"
	timeout $((280 * COHORT_PATIENCE)) "$BATS_TEST_DIRNAME/../tools/chaos/run" "$COHORT_BUILD" \
		--minutes 0.4 3>&-
}
