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

@test "the protocol of the README compiles against what was installed, and serves" {
	need socat make cc
	case ${COHORT_BUILD##*/} in asan | musl) skip "the installed library of this build needs its own flags" ;; esac
	make -s -C "$TOP" install COHORT_BUILD="$COHORT_BUILD" PREFIX=/usr DESTDIR="$WORK/tree" >"$WORK/install" 2>&1
	sed -n '/^#include <cohort.h>/,/^```/p' "$TOP/README.md" | sed '$d' >"$WORK/hello.c"
	cc -Wall -Wextra -Werror -I"$WORK/tree/usr/include" "$WORK/hello.c" -L"$WORK/tree/usr/lib" -lcohort -o "$WORK/hello"
	start_ready 1 "$WORK/hello" -l 127.0.0.1:0 -w 4
	worker_count_is 4
	run say "world"
	[ "${lines[0]}" = "Hello" ]
	[ "${lines[1]}" = "world" ]
}

@test "every flag and signal that the README names exists" {
	for flag in $(grep -oE '^`cohort .*`$' "$TOP/README.md" | grep -oE -- ' ?\[?-{1,2}[a-zA-Z-]+' | tr -d ' ['); do
		"$COHORT" -h | grep -qE -- "(^| )$flag( |$)" || {
			echo "the README names $flag, -h does not"
			return 1
		}
	done
}
