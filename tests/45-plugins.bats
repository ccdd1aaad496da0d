#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `load FILE.so`: protocols that come from shared objects.

load support/common

TOP=$BATS_TEST_DIRNAME/..
PLUGINS=$(realpath "$COHORT_BUILD")/tests/plugins

setup() {
	common_setup
	[ -e "$COHORT_BUILD/libcohort.so" ] || skip "a static build loads no plug-ins"
}

# loaded NAME ARG…: serve the protocols of a plug-in of the tests.
loaded() { serve -o "load $PLUGINS/$1.so;" "${@:2}"; }
# copy_version WORD: the plug-in $WORK/version.so answers with it.
copy_version() { cp "$PLUGINS/version_$1.so" "$WORK/version.so"; }
serve_version() {
	copy_version one
	serve -o "load $WORK/version.so;" -p version "$@"
}
version() { say $'version\n'; }
version_is() { [ "$(version)" = "$1" ]; }
reloads_are() { [ "$(log_count 'reloaded: generation')" -eq "$1" ]; }
# reload: HUP, and wait until the next generation serves.
reload() {
	local wanted=$(($(log_count 'reloaded: generation') + 1))
	kill -HUP "$SERVER"
	wait_until 20 reloads_are "$wanted"
}
# ask WORD: the worker that is told so does not answer.
ask() { say "$1" || true; }

fail_with() { cat "$1" && return 1; }

# refuses WORDS [TEXT…]: -t says FILE:LINE:COLUMN, and the words (an expression).
refuses() {
	local words=$1
	shift
	printf '%s\n' "$@" >"$WORK/bad.conf"
	run -78 timeout $((60 * COHORT_PATIENCE)) "$COHORT" -t -c "$WORK/bad.conf"
	[[ $output =~ (^|$'\n')"$WORK/bad.conf:"[0-9]+:[0-9]+": load: ".*$words ]] || {
		echo "not said: $words; but: $output"
		return 1
	}
}
# ill WHAT WORDS: a plug-in of which that is wrong.
ill() { ILL=$1 refuses "$2" "service a { listen 127.0.0.1:0; }" "load $PLUGINS/ill.so;"; }
# constructs ACT WORDS: a plug-in whose constructor does it.
constructs() { CONSTRUCTOR=$1 refuses "$2" "load $PLUGINS/constructor.so;"; }

@test "the protocols of a plug-in serve, with options that the configuration gives them" {
	need socat
	configure <<-END
		load $PLUGINS/options.so;
		workers 2;
		service a {
		    listen 127.0.0.1:0;
		    protocol told { flag on; number 7; duration 30s; greeting "a { b } \"c\""; }
		}
		service b { listen 127.0.0.1:0; protocol plain; }
		service c { listen 127.0.0.1:0; protocol told; }
		service d { listen 127.0.0.1:0; }
	END
	start_ready 4 "$COHORT" -c "$CONFIG"
	port() { sed -n "$1s/.*://p" "$READY"; }
	run say "" "$(port 1)"
	[ "$output" = '1 7 4096 30000 a { b } "c" NULL' ]
	run say "" "$(port 2)"
	[ "$output" = bye ]
	run say "" "$(port 3)"
	[ "$output" = '0 5 4096 -1 good day NULL' ]
	run say "echo" "$(port 4)"
	[ "$output" = echo ]
}

@test "what -T prints of a plug-in reads back as itself, and its options are checked" {
	configure <<-END
		load $PLUGINS/options.so;
		service a { listen 127.0.0.1:8888; protocol told { flag on; greeting 'x;{ y'; } }
		service b { listen 127.0.0.1:8889; protocol plain; }
	END
	"$COHORT" -T -c "$CONFIG" >"$WORK/canonical"
	grep -qE '^load +/.*/options.so;$' "$WORK/canonical"
	grep -qE '^ +number +5;$' "$WORK/canonical"
	"$COHORT" -T -c "$WORK/canonical" >"$WORK/again"
	diff "$WORK/canonical" "$WORK/again"
	configure <<-END
		load $PLUGINS/options.so;
		service a { listen 127.0.0.1:8888; protocol told { number 1; numbr 3; } }
	END
	run -78 "$COHORT" -t -c "$CONFIG"
	[[ $output == *"$CONFIG:2:59: number: "* ]]
	[[ $output == *"$CONFIG:2:62: unknown directive 'numbr'; did you mean 'number'?"* ]]
}

@test "a plug-in is looked for beside the file that loads it, and may follow its use" {
	mkdir "$WORK/more"
	cp "$PLUGINS/options.so" "$WORK/more/here.so"
	echo 'load here.so;' >"$WORK/more/more.conf"
	configure <<-END
		service a { listen 127.0.0.1:8888; protocol plain; }
		include more/more.conf;
	END
	"$COHORT" -T -c "$CONFIG" >"$WORK/canonical"
	grep -qE "^load +$WORK/more/here.so;$" "$WORK/canonical"
	cd "$WORK/more"
	"$COHORT" -T -o 'load ./here.so;' -p plain >"$WORK/canonical"
	grep -qE "^load +$WORK/more/./here.so;$" "$WORK/canonical"
}

@test "what cannot be loaded is said by -t, with its place and the reason" {
	refuses "No such file" "load /nowhere/x.so;"
	refuses "it is a directory" "load $WORK;"
	refuses "is not a regular file" "load /dev/null;"
	: >"$WORK/empty.so"
	refuses "it is empty" "load $WORK/empty.so;"
	refuses "no shared object that can be loaded: " "load $TOP/README.md;"
	head -c 3000 "$PLUGINS/version_one.so" >"$WORK/cut.so"
	refuses "it is shorter than its headers say" "load $WORK/cut.so;"
	head -c -8 "$PLUGINS/version_one.so" >"$WORK/cut.so"
	refuses "it is shorter than its headers say" "load $WORK/cut.so;"
	head -c 40 "$PLUGINS/version_one.so" >"$WORK/cut.so"
	refuses "no shared object that can be loaded: file too short" "load $WORK/cut.so;"
	refuses "cohort_protocol_export.*COHORT_EXPORT" "load $PLUGINS/no_export.so;"
	refuses "undefined symbol: cohort_of_tomorrow: it was compiled for a newer cohort" "load $PLUGINS/newer.so;"
	refuses "the name of the file is empty" 'load "";'
	[[ $output != */proc/self* ]]
}

@test "where memory may not be executed the file itself is opened, with a warning" {
	need strace
	local inject=(strace -f -qq -o /dev/null -e trace=memfd_create -e inject=memfd_create:error=EACCES)
	ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 run -0 "${inject[@]}" "$COHORT" -T -o "load $PLUGINS/version_one.so;" -p version
	[[ $output == *"version_one.so cannot be copied into memory that runs (Permission denied): replace it by renaming, never write over it"* ]]
	[[ $output == *"protocol            version;"* ]]
}

@test "a plug-in without read permission is refused" {
	need setpriv
	[ "$(id -u)" -eq 0 ] || skip "only root can be somebody else"
	cp "$PLUGINS/version_one.so" "$WORK/secret.so"
	chmod 600 "$WORK/secret.so"
	chmod 755 "$WORK"
	run -78 setpriv --reuid=65534 --regid=65534 --clear-groups "$COHORT" -t -o "load $WORK/secret.so;"
	[[ $output == "-o#1:1:6: load: '$WORK/secret.so': Permission denied"* ]]
}

@test "a plug-in for another API is refused, and both numbers are named" {
	ill api "it is for API 4711, and this program has API 1: compile it"
	ill size "a struct cohort_protocol of [0-9]+ bytes, not [0-9]+"
	ill none "it exports no protocol"
}

@test "names that are ill or taken are refused, and the owner is named" {
	ill null "NULL cannot be a protocol's name"
	ill empty "'' cannot be a protocol's name"
	ill blank "'a b' cannot be a protocol's name"
	ill echo "its protocol 'echo' is built in already"
	ill twins "its protocol 'ill' is one of $PLUGINS/ill.so already"
	copy_version two
	refuses "'$WORK/version.so': its protocol 'version' is one of $PLUGINS/version_one.so already" \
		"load $PLUGINS/version_one.so;" "load $WORK/version.so;"
}

@test "directives of a plug-in that nobody could read are refused" {
	ill offset "'second' is stored beyond options_size"
	ill kind "'second' is of a kind \\(77\\)"
	ill default "the default of the directive 'second': "
	ill twice "the directive 'first' is there twice"
	ill unnamed "'' cannot be a directive's name"
	# None of this is wrong with it as it is.
	run -0 "$COHORT" -t -o "load $PLUGINS/ill.so;" -p ill
}

@test "a plug-in whose constructor crashes, exits or hangs is named" {
	constructs segv "'$PLUGINS/constructor.so' ends or blocks the process that opens it"
	[[ $output == *"the loader was killed by SIGSEGV"* ]]
	constructs exit "'$PLUGINS/constructor.so' ends or blocks the process that opens it"
	[[ $output == *"the loader ended before it had read the configuration"* ]]
	constructs hang "'$PLUGINS/constructor.so' ends or blocks the process that opens it"
	[[ $output == *"the loader was killed after 10 s with a plug-in"* ]]
}

@test "nothing of a loader outlives its answer" {
	export LEFT_BEHIND=$WORK/left
	CONSTRUCTOR=fork run -0 timeout $((60 * COHORT_PATIENCE)) "$COHORT" -t -o "load $PLUGINS/constructor.so;" -p constructed
	wait_until 10 is_gone "$(cat "$LEFT_BEHIND")"
	# Not even one that does not end after it.
	CONSTRUCTOR=answer run -78 timeout $((60 * COHORT_PATIENCE)) "$COHORT" -t -o "load $PLUGINS/constructor.so;"
}

@test "what a constructor forks in the loader of a reload is killed with it" {
	need socat
	export LEFT_BEHIND=$WORK/left CONSTRUCTOR=fork
	copy_version one
	configure <<-END
		workers 1;
		load $WORK/version.so;
		service a { listen 127.0.0.1:0; protocol version; }
	END
	serve -c "$CONFIG"
	# It is bad, so that no worker opens it.
	sed -i "1s|.*|load $PLUGINS/constructor.so; nonsense;|" "$CONFIG"
	kill -HUP "$SERVER"
	wait_until 20 log_has "the reload failed: everything is as it was"
	wait_until 10 is_gone "$(cat "$LEFT_BEHIND")"
	version_is one
}

@test "the supervisor opens no plug-in, and workers keep no descriptor of one" {
	need socat
	serve_version -w 1
	version_is one
	run -1 grep -q version.so "/proc/$SERVER/maps"
	grep -q version.so "/proc/$(workers)/maps"
	[ "$(find "/proc/$SERVER/fd" -lname '*version.so*' | wc -l)" -eq 1 ]
	[ "$(find "/proc/$(workers)/fd" -lname '*version.so*' | wc -l)" -eq 0 ]
}

@test "a reload takes a changed plug-in; what is connected finishes with the old one" {
	need socat
	serve_version -w 2
	coproc CLIENT { timeout 60 socat - "TCP:127.0.0.1:$PORT"; }
	client=$CLIENT_PID
	echo version >&"${CLIENT[1]}"
	read -r -t 10 line <&"${CLIENT[0]}"
	[ "$line" = one ]
	cp "$PLUGINS/version_two.so" "$WORK/new.so"
	mv "$WORK/new.so" "$WORK/version.so"
	version_is one
	reload
	version_is two
	echo version >&"${CLIENT[1]}"
	read -r -t 10 line <&"${CLIENT[0]}"
	[ "$line" = one ]
	eval "exec ${CLIENT[1]}>&-"
	wait "$client"
}

@test "a plug-in that is written over in place crashes nobody, and changes nothing until a reload" {
	need socat
	serve_version -w 2
	before=$(workers)
	copy_version two
	version_is one
	: >"$WORK/version.so"
	version_is one
	wait_until 10 workers_are "$before"
	# Not even those who come after it.
	kill -KILL "$(head -n 1 <<<"$before")"
	wait_until 10 log_has "worker 0 is replaced"
	for _ in 1 2 3 4; do version_is one; done
	kill -HUP "$SERVER"
	wait_until 20 log_has "the reload failed: everything is as it was"
	log_has "reload: -o#1:1:6: load: '$WORK/version.so': it is empty"
	version_is one
	copy_version two
	reload
	version_is two
}

@test "no connection is lost while a plug-in is written over and reloaded" {
	need socat
	serve_version -w 2
	"$COHORT_BENCH" churn "127.0.0.1:$PORT" -c 8 -s 64 -t $((4 * COHORT_PATIENCE)) >"$WORK/churn" 2>&1 3>&- &
	churn=$!
	"$COHORT_BENCH" echo "127.0.0.1:$PORT" -c 8 -s 5000 -t $((4 * COHORT_PATIENCE)) >"$WORK/echo" 2>&1 3>&- &
	echo=$!
	for word in two one two; do
		copy_version "$word"
		reload
	done
	version_is two
	wait "$churn" || fail_with "$WORK/churn"
	wait "$echo" || fail_with "$WORK/echo"
	# No generation leaves anything of its plug-in behind.
	[ "$(find "/proc/$SERVER/fd" -lname '*version.so*' | wc -l)" -eq 1 ]
	run -1 log_has "killed by"
}

@test "a reload with a plug-in that crashes changes nothing" {
	need socat
	copy_version one
	serve -o "load $WORK/version.so;" -p version -w 1
	export CONSTRUCTOR=
	cp "$PLUGINS/constructor.so" "$WORK/version.so"
	kill -HUP "$SERVER"
	wait_until 20 log_has "the reload failed: everything is as it was"
	log_has "reload: -p: unknown protocol 'version'"
	version_is one
}

@test "a plug-in that crashes in every worker cannot start them, and is named" {
	CONSTRUCTOR=worker-segv run -70 timeout $((60 * COHORT_PATIENCE)) "$COHORT" -l 127.0.0.1:0 -w 1 \
		-o "load $PLUGINS/constructor.so;" -p constructed 3>&-
	[[ $output == *"was killed by SIGSEGV before it was ready, in load for "*", of plug-in $PLUGINS/constructor.so, which has ended 5 workers"* ]]
}

@test "a plug-in that is another one in workers fails their start, with one line" {
	ILL=worker-name run -70 timeout $((60 * COHORT_PATIENCE)) "$COHORT" -l 127.0.0.1:0 -w 1 \
		-o "load $PLUGINS/ill.so;" -p ill 3>&-
	[[ $output == *"worker 0"*" cannot start: opening the plug-ins again: unknown protocol 'ill'"* ]]
	[[ $output != *"canonical text"* && $output != *"^"* ]]
	# As for a program with another API that takes over.
	ILL=worker-api run -70 timeout $((60 * COHORT_PATIENCE)) "$COHORT" -l 127.0.0.1:0 -w 1 \
		-o "load $PLUGINS/ill.so;" -p ill 3>&-
	[[ $output == *"the copy that an upgrade goes on with (to take the file, stop and start): it is for API 4711,"* ]]
}

@test "a plug-in whose constructor hangs in workers alone fails a reload, and is named" {
	need socat
	# The environment is that of the start; the first file does not look at it.
	export CONSTRUCTOR=worker-hang
	cp "$PLUGINS/version_one.so" "$WORK/x.so"
	configure <<-END
		workers 1;
		watchdog_timeout 500ms;
		watchdog_steer 500ms;
		load x.so;
		service a { listen 127.0.0.1:0; protocol version; }
	END
	serve -c "$CONFIG"
	sed -i 's/version/constructed/' "$CONFIG"
	cp "$PLUGINS/constructor.so" "$WORK/x.so"
	kill -HUP "$SERVER"
	wait_until 20 log_has "the reload failed: everything is as it was"
	log_has "reload: worker 0 .* was killed by SIGABRT before it was ready, in load for .*, of plug-in $WORK/x.so, which has ended 1 worker"
	version_is one
}

@test "descriptors that a constructor opens are no listener's, nor the other way round" {
	need socat
	configure <<-END
		load $PLUGINS/constructor.so;
		workers 2;
		service a { listen 127.0.0.1:0; protocol constructed; }
		service b { listen 127.0.0.1:0; listen unix:$WORK/b; }
		service c { listen 127.0.0.1:0; }
	END
	export CONSTRUCTOR=hoard
	start_ready 4 "$COHORT" -c "$CONFIG"
	hoards() { for pid in $(workers); do [ "$(find "/proc/$pid/fd" -lname /dev/full | wc -l)" -eq 40 ] || return 1; done; }
	hoards
	served() { [ "$(say echo "$(sed -n '$s/.*://p' "$READY")")" = echo ]; }
	served
	kill -TERM "$(workers | head -n 1)"
	wait_until 10 log_has "worker 0 is replaced"
	wait_until 10 worker_count_is 2
	hoards
	for _ in 1 2 3 4; do served; done
}

@test "a crash in a plug-in's callback costs one worker, names the plug-in and backs off" {
	need socat
	loaded faulty -p faulty -w 2 -o 'respawn_delay 300ms:30s;'
	# Longer than an early death of a built-in protocol would be.
	old_enough() { [ "$(ps -o etimes= -p "$(workers | head -n 1)")" -ge 2 ]; }
	wait_until 10 old_enough
	ask segv
	wait_until 10 log_has 'killed by SIGSEGV after .*, in data_received for .*, protocol faulty of plug-in .*/faulty.so, which has ended 1 worker; the next one starts in 300ms'
	[ "$(say alive)" = alive ]
	wait_until 10 worker_count_is 2
	ask abort
	wait_until 10 log_has 'killed by SIGABRT after .*/faulty.so, which has ended 2 workers; the next one starts in [36]00ms'
	wait_until 10 worker_count_is 2
	ask exit
	wait_until 10 log_has 'exited with status 0 after .*/faulty.so, which has ended 3 workers; the next one starts in '
	[ "$(say alive)" = alive ]
	# A worker that is killed from outside is nobody's fault.
	wait_until 10 worker_count_is 2
	kill -KILL "$(workers | head -n 1)"
	wait_until 10 log_has 'killed by SIGKILL'
	[ "$(log_count 'has ended')" -eq 3 ]
	# The count goes on after a reload.
	wait_until 10 worker_count_is 2
	reload
	ask segv
	wait_until 10 log_has 'killed by SIGSEGV after .*/faulty.so, which has ended 4 workers'
}

@test "a crash in a worker that finishes with an older plug-in names it, too" {
	need socat
	loaded faulty -p faulty -w 1
	coproc CLIENT { timeout 60 socat - "TCP:127.0.0.1:$PORT"; }
	client=$CLIENT_PID
	echo hello >&"${CLIENT[1]}"
	read -r -t 10 line <&"${CLIENT[0]}"
	[ "$line" = hello ]
	reload
	reload
	echo segv >&"${CLIENT[1]}"
	wait_until 10 log_has 'worker 0 .* killed by SIGSEGV after .*, in data_received for .*, protocol faulty of plug-in .*/faulty.so, which has ended 1 worker .draining'
	wait "$client" || true
	ask segv
	wait_until 10 log_has 'which has ended 2 workers; the next one starts in '
}

@test "a plug-in that hangs is named when its worker is replaced" {
	need socat
	loaded faulty -p faulty -w 2 -o 'watchdog_steer 200ms; watchdog_timeout 500ms;'
	ask spin &
	asker=$!
	wait_until 30 log_has 'in data_received for .*, protocol faulty of plug-in .*/faulty.so, which has ended 1 worker'
	wait_until 10 worker_count_is 2
	[ "$(say alive)" = alive ]
	wait "$asker"
}

@test "USR2 goes on with the plug-in that is served, wherever its file is by then" {
	need socat
	cp "$COHORT" "$WORK/cohort"
	copy_version one
	start_ready 1 "$WORK/cohort" -l 127.0.0.1:0 -w 2 -o "load $WORK/version.so;" -p version
	rm "$WORK/version.so"
	kill -USR2 "$SERVER"
	wait_until 20 log_has 'upgraded: generation'
	version_is one
	kill -USR2 "$SERVER"
	twice() { [ "$(log_count 'upgraded: generation')" -eq 2 ]; }
	wait_until 20 twice
	version_is one
	[ "$(find "/proc/$SERVER/fd" -lname '*version.so*' | wc -l)" -eq 1 ]
}

@test "USR2 to a program that has what a plug-in calls itself built in changes nothing, and says so" {
	need socat
	cp "$COHORT" "$WORK/cohort"
	export ILL=probe
	start_ready 1 "$WORK/cohort" -l 127.0.0.1:0 -w 1 -o "load $PLUGINS/ill.so;" -p probe
	first=$(workers)
	cp "$COHORT_BUILD/tests/servers/probe" "$WORK/new"
	mv "$WORK/new" "$WORK/cohort"
	kill -USR2 "$SERVER"
	wait_until 20 log_has 'the upgrade failed'
	log_has "the protocol 'probe' is built in now, and was one of a plug-in"
	[ "$(workers)" = "$first" ]
}

@test "a successor goes on with the plug-ins of a supervisor that was killed" {
	need socat
	serve_version -w 2
	old=$(workers)
	kill -KILL "$SERVER"
	wait_until 5 is_gone "$SERVER"
	version_is one
	copy_version two
	start_ready 1 "$COHORT" -l "127.0.0.1:$PORT" -w 2 -o "load $WORK/version.so;" -p version
	log_has 'taking over'
	version_is two
	all_gone() { for pid in $old; do is_gone "$pid" || return 1; done; }
	wait_until 10 all_gone
	# A bad plug-in leaves it with the one that was served.
	copy_version one
	reload
	kill -KILL "$SERVER"
	wait_until 5 is_gone "$SERVER"
	rm "$WORK/version.so"
	start_ready 1 "$COHORT" -l "127.0.0.1:$PORT" -w 2 -o "load $PLUGINS/version_two.so;" -p version
	version_is two
}

@test "a plug-in serves under another root, as another user" {
	need socat
	mkdir "$WORK/root"
	if [ "$(id -u)" -eq 0 ]; then
		serve_version -w 1 -o "chroot $WORK/root; user nobody;"
	else
		serve_version -w 1
	fi
	version_is one
	kill -KILL "$(workers)"
	wait_until 10 log_has "worker 0 is replaced"
	version_is one
}

@test "a plug-in that brings libcohort along calls the server's functions" {
	need socat
	loaded linked -p linked -w 1
	run say ""
	[[ ${output##*/} == cohort* && $output != *libcohort* ]]
}

@test "the object code of the README's program is a plug-in, too" {
	need socat
	compiler=$(cut -d' ' -f1 "$COHORT_BUILD/flags")
	sed -n '/^#include <cohort.h>/,/^```/p' "$TOP/README.md" | sed '$d' >"$WORK/hello.c"
	"$compiler" -Wall -Wextra -Werror -I"$TOP/src" -fPIC -c "$WORK/hello.c" -o "$WORK/hello.o"
	"$compiler" -shared "$WORK/hello.o" -o "$WORK/hello.so"
	serve -o "load $WORK/hello.so;" -p hello -w 1
	run say "world"
	[ "${lines[0]}" = "Hello" ]
	[ "${lines[1]}" = "world" ]
}

@test "a program that shows nothing of itself refuses plug-ins, and says how to link it" {
	run -78 "$COHORT_BUILD/tests/servers/probe" -t -o "load $PLUGINS/version_one.so;"
	[[ $output == *"this program does not show cohort_"*" to what it loads: link it with libcohort.so"* ]]
}
