#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bats file_tags=alone
# The short forms of `make compare`, every event once on all three servers, and
# of `make compare-forward`, one case through all forwarders.

load support/common

# cell SERVER EVENT COLUMN: of the table of events.
cell() {
	awk -F ' *[|] *' -v server="$1" -v event="$2" -v column="$3" '
		$2 == "server" { for (i = 2; i < NF; i++) number[$i] = i }
		$2 == server && $3 == event { print $number[column] }' <<<"$output"
}

@test "beside nginx and HAProxy, under the same clients, Cohort loses nothing that waits" {
	[ -z "$COHORT_WRAPPER" ] || skip "too slow under $COHORT_WRAPPER"
	PATH+=:/usr/sbin
	need python3 nginx haproxy
	run timeout $((200 * COHORT_PATIENCE)) "$BATS_TEST_DIRNAME/../tools/compare/run" "$COHORT_BUILD" --times 1 --kills 3 3>&-
	echo "$output"
	[ "$status" -eq 0 ]
	for server in Cohort nginx HAProxy; do
		for event in crash 'crash, queue waiting' reload 'shrink, grow back' upgrade; do
			[ "$(cell $server "$event" tried)" -gt 0 ]
		done
		grep -qE "^\| $server \| 3 \|" <<<"$output"
	done
	for event in reload 'shrink, grow back' upgrade; do
		for column in refused 'reset before' 'reset after' hung wrong; do
			[ "$(cell Cohort "$event" "$column")" -eq 0 ]
		done
	done
	# It would have seen a loss: these cannot be without.
	[ "$(cell HAProxy crash refused)" -gt 0 ]
	[ "$(cell HAProxy crash 'with worker')" -gt 0 ]
	[ "$(cell nginx 'crash, queue waiting' 'with worker')" -gt 0 ]
}

@test "HAProxy, nginx and Cohort forward the same load, and no byte is wrong" {
	[ -z "$COHORT_WRAPPER" ] || skip "too slow under $COHORT_WRAPPER"
	PATH+=:/usr/sbin
	need python3 nginx haproxy
	[ "$(nproc)" -ge 2 ] || skip "two cores are needed"
	run timeout $((100 * COHORT_PATIENCE)) "$BATS_TEST_DIRNAME/../tools/compare/forward" "$COHORT_BUILD" --rounds 1 --seconds 0.5 --only "64 x 16,bulk" 3>&-
	echo "$output"
	[ "$status" -eq 0 ]
	for forwarder in Cohort HAProxy 'HAProxy, splice-auto' nginx; do
		[ "$(grep -cE "^\| (64 x 16 KiB|bulk, 4 x 1 MiB) \| $forwarder \| [1-9]" <<<"$output")" -eq 2 ]
	done
}
