#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What README and conf/ show works as shown.

load support/common

TOP=$BATS_TEST_DIRNAME/..

@test "the sample configuration is good and complete" {
	run -0 "$COHORT" -t -c "$TOP/conf/cohort.conf"
	"$COHORT" -T | sed -nE 's/^ *([a-z_]+) +[^{]*;$/\1/p' | sort -u >"$WORK/names"
	while read -r name; do
		grep -qE "^ *#? *$name( |$)" "$TOP/conf/cohort.conf" || [ "$name" = once ] || {
			echo "conf/cohort.conf does not show $name"
			return 1
		}
	done <"$WORK/names"
	[ "$(wc -l <"$WORK/names")" -ge 30 ]
}

@test "the configuration of the README is good" {
	sed -n '/^workers  /,/^}/p' "$TOP/README.md" >"$WORK/readme.conf"
	[ -s "$WORK/readme.conf" ]
	run -0 "$COHORT" -t -c "$WORK/readme.conf"
}

@test "every flag and signal that the README names exists" {
	for flag in $(grep -oE '^`cohort .*`$' "$TOP/README.md" | grep -oE -- ' ?\[?-{1,2}[a-zA-Z-]+' | tr -d ' ['); do
		"$COHORT" -h | grep -qE -- "(^| )$flag( |$)" || {
			echo "the README names $flag, -h does not"
			return 1
		}
	done
}
