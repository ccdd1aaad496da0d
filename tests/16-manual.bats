#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The manual pages: they can be read, are installed, and leave nothing out.

load support/common

TOP=$BATS_TEST_DIRNAME/..
PAGES=$TOP/conf/man

# The words of a page, without its formatting.
page() { mandoc -T utf8 "$PAGES/$1" | col -b | tr -s ' \n' ' '; }

# holds_words PAGE WORD…: and none is missing.
holds_words() {
	local text missing=0
	text=" $(page "$1") "
	[ "${#text}" -gt 1000 ]
	shift
	[ $# -gt 3 ]
	for word in "$@"; do
		[[ $text == *[!a-z_-]"$word"[!a-z_-]* ]] || {
			echo "missing: $word"
			missing=1
		}
	done
	return "$missing"
}

@test "every page can be formatted without a warning" {
	need mandoc
	for page in "$PAGES"/*.[1-8]; do
		run -0 mandoc -T lint -W warning "$page"
		[ -z "$output" ]
		[ "$(mandoc -T utf8 "$page" | wc -l)" -gt 40 ]
		if command -v man >/dev/null; then
			MANWIDTH=80 timeout 60 man --warnings=w -l "$page" 2>"$WORK/warnings" | grep -q "SEE ALSO"
			[ ! -s "$WORK/warnings" ]
		fi
	done
}

@test "the parts that come from the program's tables are as the tables are" {
	run -0 "$TOP/tools/man/write" "$COHORT_BUILD" --check
	for part in $("$COHORT_BUILD/man-tables"); do
		run -0 "$COHORT_BUILD/man-tables" "$part"
		grep -qxF ".\\\" BEGIN $part" "$PAGES"/*
	done
	run -1 "$COHORT_BUILD/man-tables" nonsense
}

@test "a part that has changed is found" {
	mkdir -p "$WORK/tools/man" "$WORK/conf" "$WORK/build"
	cp "$TOP/tools/man/write" "$WORK/tools/man/write"
	cp -r "$PAGES" "$WORK/conf"
	# Its tables know one thing more.
	printf '#!/bin/sh\n%q "$@"\necho .It Ic new\n' "$(realpath "$COHORT_BUILD")/man-tables" >"$WORK/build/man-tables"
	chmod +x "$WORK/build/man-tables"
	run -1 "$WORK/tools/man/write" "$WORK/build" --check
	[[ $output == *"cohort.8 is not what"* ]]
	run -0 "$WORK/tools/man/write" "$WORK/build"
	run -0 "$WORK/tools/man/write" "$WORK/build" --check
}

@test "no flag, verb, option or directive is left out" {
	need mandoc col
	mapfile -t flags < <("$COHORT" -h | sed -n '/^Directives/q; s/^  \(--*[A-Za-z-]*\) .*/\1/p')
	holds_words cohort.8 "${flags[@]}"
	mapfile -t directives < <("$COHORT" -h | sed -n '1,/^Directives/d; s/^  \([a-z_]*\) .*;.*/\1/p')
	holds_words cohort.8 "${directives[@]}"
	mapfile -t words < <("$COHORT_BUILD/cohortctl" --help | sed -n 's/^  -\(.\), --\([a-z]*\).*/-\1\n--\2/p; s/^  \([a-z-]*\)  .*/\1/p')
	holds_words cohortctl.1 "${words[@]}"
	mapfile -t words < <("$COHORT_BENCH" -h | sed -nE 's/^  (-.), (--[a-z-]*) .*/\1\n\2/p; s/^      (--[a-z-]*) .*/\1/p; s/^  ([a-z]+)  .*/\1/p')
	mapfile -t -O "${#words[@]}" words < <(grep -oE '\[FAILURE_[A-Z]*\] = "[a-z]+"' "$TOP/tools/cohort-bench/failures.c" | sed '1d; s/.* "\(.*\)"/\1/')
	[[ " ${words[*]} " == *" ledger "*" --until-eof "*" corrupt "* ]]
	holds_words cohort-bench.1 "${words[@]}"
}

@test "no metric, reason, event or member of a log line is left out" {
	need mandoc col
	mapfile -t metrics < <("$COHORT_BUILD/tests/test_exposition" text | sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p')
	holds_words cohort-metrics.5 "${metrics[@]}"
	mapfile -t reasons < <("$COHORT_BUILD/tests/test_exposition" text |
		sed -n 's/^cohort_connections_closed_total{.*reason="\([a-z_]*\)".*/\1/p' | sort -u)
	holds_words cohort-log.5 "${reasons[@]}"
	mapfile -t events < <(sed -n 's/.*\[LOG_EVENT_[A-Z_]*\] = "\([a-z_]*\)".*/\1/p' "$TOP/src/base/log_event.c")
	holds_words cohort-log.5 "${events[@]}"
	mapfile -t members < <(sed -n '/^def required/,/^# An access/p' "$BATS_TEST_DIRNAME/support/log-schema.jq" | grep -oE '[a-z_]+: "' | cut -d: -f1)
	holds_words cohort-log.5 "${members[@]}"
}

@test "make install puts the pages where man looks, and uninstall removes them" {
	in_top() { env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -C "$TOP" COHORT_BUILD="$COHORT_BUILD" DESTDIR="$WORK" "$@"; }
	in_top -o all install PREFIX=/opt/cohort
	for page in man8/cohort.8 man1/cohortctl.1 man1/cohort-bench.1 man5/cohort-log.5 man5/cohort-metrics.5; do
		cmp "$PAGES/${page#*/}" "$WORK/opt/cohort/share/man/$page"
	done
	in_top uninstall PREFIX=/opt/cohort
	[ -z "$(find "$WORK/opt" -name '*.[1-8]')" ]
	in_top -o all install MANDIR=/opt/man
	[ -e "$WORK/opt/man/man8/cohort.8" ]
}
