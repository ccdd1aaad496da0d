#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The library as a programmer gets it: installed, linked, and run.

load support/common

TOP=$BATS_TEST_DIRNAME/..
TREE=$BATS_FILE_TMPDIR/tree
PREFIX=/opt/cohort
ROOT=$TREE$PREFIX

# The build's own variables would have all of it compiled anew.
in_top() { env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -C "$TOP" COHORT_BUILD="$COHORT_BUILD" PREFIX="$PREFIX" DESTDIR="$1" "${@:2}"; }

has_shared_library() { [ -e "$COHORT_BUILD/libcohort.so" ]; }
need_shared_library() { has_shared_library || skip "a static build has no shared library"; }

# The compiler of this build, and what a program needs that links to it.
compiler() { cut -d' ' -f1 "$COHORT_BUILD/flags"; }
link_flags() { grep -oE -- '-(fsanitize=[^ ]*|-coverage)' "$COHORT_BUILD/flags" | sort -u; }

setup_file() {
	if [ -e "$COHORT_BUILD/libcohort.so" ]; then
		in_top "$TREE" -o all install
	fi
}

installed() { PKG_CONFIG_PATH=$ROOT/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$TREE pkg-config "$@" cohort; }

# copy_example: the program of the README becomes $WORK/hello.c.
copy_example() { sed -n '/^#include <cohort.h>/,/^```/p' "$TOP/README.md" | sed '$d' >"$WORK/hello.c"; }

# build_hello FLAG…: the example, as the README says.
build_hello() {
	copy_example
	# shellcheck disable=SC2046  # flags are words
	"$(compiler)" $(link_flags) -Wall -Wextra -Werror "$@" "$WORK/hello.c" $(installed --cflags --libs) -o "$WORK/hello"
}

hello() {
	export LD_LIBRARY_PATH=$ROOT/lib
	start_ready 1 "$WORK/hello" -l 127.0.0.1:0 "$@"
}

greets() { [ "$(say "world")" = $'Hello\nworld' ]; }

# What cohort.h declares, and what a file shows to those who load it.
declared() { "$(compiler)" -E -P -xc "$TOP/src/cohort.h" | grep -oE '\bcohort_[a-z0-9_]+\(' | tr -d '(' | sort -u; }
exported() { nm -D --defined-only "$1" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort -u; }

@test "the shared library exports what cohort.h declares, and nothing else" {
	need nm
	need_shared_library
	declared >"$WORK/declared"
	exported "$COHORT_BUILD/libcohort.so" >"$WORK/exported"
	has_lines "$WORK/declared" 20
	diff "$WORK/declared" "$WORK/exported"
}

@test "the server has all of the library for its plug-ins, and shows nothing else" {
	need nm
	need_shared_library
	declared >"$WORK/declared"
	# Sanitizers show functions of their own.
	exported "$COHORT" | grep -vE '^_?_[a-z]|^(mem|str)' >"$WORK/exported" || true
	case $(link_flags) in *sanitize*) grep '^cohort_' "$WORK/exported" >"$WORK/own" && mv "$WORK/own" "$WORK/exported" ;; esac
	diff "$WORK/declared" "$WORK/exported"
}

@test "the shared library has its soname and needs libc alone" {
	need readelf
	need_shared_library
	readelf -d "$COHORT_BUILD/libcohort.so" >"$WORK/dynamic"
	grep -q 'SONAME.*\[libcohort\.so\.0\]' "$WORK/dynamic"
	grep NEEDED "$WORK/dynamic" >"$WORK/needed"
	allowed='libc|libdl|libpthread|ld-[a-z0-9-]*'
	[ -z "$(link_flags)" ] || allowed="$allowed|lib[a-z]+san|libm|libgcc_s|libstdc[+]{2}"
	run -1 grep -vE "\[($allowed)\.so" "$WORK/needed"
}

@test "the program of the README builds by pkg-config, and survives a kill of its worker" {
	need socat pkg-config
	need_shared_library
	build_hello
	hello -w 4
	worker_count_is 4
	greets
	victim=$(workers | head -n 1)
	kill -KILL "$victim"
	wait_until 10 log_has "worker 0 is replaced"
	worker_count_is 4
	greets
}

@test "the program of the README reloads" {
	need socat pkg-config
	need_shared_library
	build_hello -std=c11 -pedantic
	hello -w 2
	before=$(workers)
	kill -HUP "$SERVER"
	wait_until 20 log_has "generation 2 serves with 2 workers"
	greets
	# those of before have left, or do so now
	for worker in $before; do
		wait_until 10 is_gone "$worker"
	done
	[ "$(worker_count)" -eq 2 ]
}

@test "the program of the README links to the archive, too" {
	need socat pkg-config
	need_shared_library
	copy_example
	# shellcheck disable=SC2046
	"$(compiler)" $(link_flags) $(installed --cflags) "$WORK/hello.c" "$ROOT/lib/libcohort.a" $(installed --libs-only-other --static) -o "$WORK/hello"
	start_ready 1 "$WORK/hello" -l 127.0.0.1:0 -w 1
	greets
}

@test "the program of the README loads plug-ins, and serves them" {
	need socat pkg-config
	need_shared_library
	build_hello
	hello -w 1 -o "load $COHORT_BUILD/tests/plugins/version_one.so;" -p version
	run say "version
"
	[ "$output" = one ]
}

@test "what is installed is removed by uninstall" {
	need_shared_library
	in_top "$WORK/tree" -o all install
	find "$WORK/tree" -type f -o -type l >"$WORK/installed"
	has_lines "$WORK/installed" 8
	in_top "$WORK/tree" uninstall
	run -0 find "$WORK/tree" -type f -o -type l
	[ -z "$output" ]
}

@test "make install puts libraries and the header where it is told, and pkg-config says so" {
	need pkg-config
	need_shared_library
	local places=(LIBDIR="$PREFIX/lib/multi" INCLUDEDIR=/opt/include)
	in_top "$WORK" -o all install "${places[@]}"
	[ -e "$WORK$PREFIX/lib/multi/libcohort.so.0" ]
	[ -e "$WORK/opt/include/cohort.h" ]
	[ ! -e "$WORK$PREFIX/include" ]
	told() { PKG_CONFIG_PATH=$WORK$PREFIX/lib/multi/pkgconfig pkg-config --variable="$1" cohort; }
	[ "$(told libdir)" = "$PREFIX/lib/multi" ]
	[ "$(told includedir)" = /opt/include ]
	in_top "$WORK" uninstall "${places[@]}"
	[ -z "$(find "$WORK/opt" -type f)" ]
}

@test "pkg-config says the version of the header" {
	need pkg-config
	need_shared_library
	grep -qF "#define COHORT_VERSION \"$(installed --modversion)\"" "$TOP/src/cohort.h"
}
