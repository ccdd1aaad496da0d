#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Command line and configuration: what is accepted, what is refused, and how.

load support/common

# refuses PATTERN: `cohort -t` on the text of stdin ends with 78 and says so.
refuses() {
	configure
	run -78 timeout 20 "$COHORT" -t -c "$CONFIG"
	grep -qE -- "$1" <<<"$output" || {
		echo "expected /$1/, got:"
		echo "$output"
		return 1
	}
}
service() { printf 'service s {\n listen 127.0.0.1:0;\n %s\n}\n' "$1"; }
canonical() { "$COHORT" -T "$@"; }

@test "an unknown flag, a missing argument and a stray word are usage errors" {
	run -2 "$COHORT" --frobnicate
	run -2 "$COHORT" -c
	run -2 "$COHORT" stray
	run -2 "$COHORT" -c some.conf -l 127.0.0.1:0
	run -2 "$COHORT" -c some.conf -p echo
	run -2 "$COHORT" --ready-fd notanumber
	run -2 "$COHORT" --ready-fd 99
}

@test "--tune names what cannot take effect on this system, and exits with 1" {
	local limit
	limit=$(cat /proc/sys/net/core/somaxconn)
	run -0 timeout 20 "$COHORT" --tune -o 'backlog 1;'
	grep -qE "^ok +net.core.somaxconn = $limit$" <<<"$output"
	grep -qE '; 0 cannot take effect$' <<<"$output"
	run -1 timeout 20 "$COHORT" --tune -o "backlog $((limit + 1));"
	grep -qE "^CANNOT +net.core.somaxconn = $limit$" <<<"$output"
	grep -qF "configured: backlog $((limit + 1)) (service default)" <<<"$output"
	grep -qE '; 1 cannot take effect$' <<<"$output"
	run -78 timeout 20 "$COHORT" --tune -o 'backlog many;'
	run -2 timeout 20 "$COHORT" --tune now
}

@test "a missing, an empty, a binary file and a directory are refused by name" {
	run -78 "$COHORT" -t -c "$WORK/absent.conf"
	[[ "$output" == *"$WORK/absent.conf"*"No such file"* ]]
	run -78 "$COHORT" -t -c "$WORK"
	[[ "$output" == *"$WORK"*irectory* ]]
	: >"$WORK/empty.conf"
	run -78 "$COHORT" -t -c "$WORK/empty.conf"
	[[ "$output" == *service* ]]
	printf 'workers\0 2;\n' >"$WORK/nul.conf"
	run -78 "$COHORT" -t -c "$WORK/nul.conf"
	[[ "$output" == *"nul.conf:1:8: "* ]]
}

@test "an unreadable file is refused" {
	need setpriv
	[ "$(id -u)" -eq 0 ] || skip "only root can become somebody else here"
	configure </dev/null
	chmod 000 "$CONFIG"
	chmod 755 "$WORK"
	setpriv --reuid nobody --clear-groups test -x "$COHORT" ||
		skip "nobody cannot reach the program"
	run -78 setpriv --reuid nobody --clear-groups "$COHORT" -t -c "$CONFIG"
	[[ "$output" == *"ermission denied"* ]]
}

@test "a line of 10 MB gives a short message" {
	{ printf 'workers '; head -c 10000000 /dev/zero | tr '\0' x; echo ';'; } | refuses ':1:9: '
	[ "${#output}" -lt 2000 ]
}

@test "an error shows file, line and column, the line, a caret and the nearest name" {
	configure <<-'END'
		workers 2;
		service s {
		    listen 127.0.0.1:0;
		    bakclog 5;
		}
	END
	run -78 "$COHORT" -t -c "$CONFIG"
	[[ "$output" == *"cohort.conf:4:5: "*bakclog*backlog* ]]
	grep -qE '^ *    bakclog 5;' <<<"$output"
	grep -qE '^ *\^' <<<"$output"
}

@test "all errors of a file are shown" {
	configure <<-'END'
		workers many;
		frobnicate on;
		service s { listen nowhere; backlog -3; idle_timeout 5; }
	END
	run -78 "$COHORT" -t -c "$CONFIG"
	for place in 1:9 2:1 3:; do
		[[ "$output" == *"cohort.conf:$place"* ]]
	done
	[ "$(grep -c 'cohort.conf:3:' <<<"$output")" -ge 3 ]
}

@test "each kind of ill value is refused" {
	while IFS='|' read -r statement; do
		echo "# $statement"
		service "$statement" | refuses 'cohort.conf:3:'
	done <<-'END'
		nodelay maybe;
		nodelay;
		nodelay on off;
		backlog 0;
		backlog 99999999999999999999;
		receive_buffer 64q;
		send_buffer -1;
		keepalive 0s:15s:5;
		keepalive 40000s:15s:5;
		keepalive 1s:2s;
		keepalive 1s:2s:128;
		quickack sometimes;
		user_timeout 5;
		tos 256;
		max_segment 1;
		idle_timeout 5 s;
		idle_timeout -5s;
		idle_timeout 5m
		write_high lots;
		write_high 1k; write_low 2k;
		write_limit 1k;
		max_connections 0;
		protocol nonesuch;
		protocol echo { twice on; }
		protocol echo { once perhaps; }
		backlog 5; backlog 6;
		nodelay "on;
	END
}

@test "each kind of ill global value is refused" {
	while IFS='|' read -r statement; do
		echo "# $statement"
		{ echo "$statement"; service ''; } | refuses 'cohort.conf:1:'
	done <<-'END'
		workers 0;
		workers 257;
		workers -1;
		shutdown_timeout soon;
		respawn_delay 1s;
		respawn_delay 2s:1s;
		log stderr level=loud;
		log stderr format=xml;
		max_open_files none;
		cpu_affinity 3;
		user no-such-user-anywhere;
		service bad/name { listen 127.0.0.1:0; }
		include nothere.conf;
		shutdown_timeout 5s; shutdown_timeout 6s;
		}
	END
}

@test "addresses that cannot be are refused" {
	for address in nowhere 127.0.0.1 127.0.0.1:70000 127.0.0.1:x '[::1' '[::1]' \
		300.1.1.1:80 unix: unix:@ fd:x "unix:/$(printf '%0120d' 1)" ''; do
		run -78 timeout 20 "$COHORT" -t -l "$address"
	done
}

@test "the same address in two services is refused, twice in one it is bound once" {
	refuses 'b|two services|already' <<-'END'
		service a { listen 127.0.0.1:4001; }
		service b { listen 127.0.0.1:4001; }
	END
	configure <<-'END'
		service a { listen 127.0.0.1:4001; listen 127.0.0.1:4001; }
	END
	run -0 canonical -c "$CONFIG"
	[ "$(grep -c 'listen .*4001' <<<"$output")" -eq 1 ]
}

@test "include works relative to the file, globs may match nothing, loops are refused" {
	mkdir "$WORK/sub"
	echo 'include sub/*.conf; include none/*.conf;' >"$WORK/main.conf"
	echo 'include ../leaf.inc;' >"$WORK/sub/a.conf"
	service '' >"$WORK/leaf.inc"
	run -0 "$COHORT" -t -c "$WORK/main.conf"
	echo 'include main.conf;' >>"$WORK/leaf.inc"
	run -78 "$COHORT" -t -c "$WORK/main.conf"
	[[ "$output" == *main.conf* ]]
	echo 'backlog;' >"$WORK/leaf.inc"
	run -78 "$COHORT" -t -c "$WORK/main.conf"
	[[ "$output" == *"leaf.inc:1:"* ]]
}

@test "the environment fills variables, with defaults, and its absence is an error" {
	service 'backlog ${COHORT_TEST_BACKLOG:-77};' >"$WORK/env.conf"
	canonical -c "$WORK/env.conf" | grep -qE 'backlog +77;'
	COHORT_TEST_BACKLOG=78 canonical -c "$WORK/env.conf" | grep -qE 'backlog +78;'
	service 'backlog ${COHORT_TEST_ABSENT};' | refuses 'COHORT_TEST_ABSENT'
}

@test "-T prints every directive and reads back as itself" {
	canonical -c "$BATS_TEST_DIRNAME/../conf/cohort.conf" >"$WORK/one"
	canonical -c "$WORK/one" >"$WORK/two"
	diff "$WORK/one" "$WORK/two"
	canonical >"$WORK/default"
	for name in workers log shutdown_timeout listen protocol backlog keepalive \
		idle_timeout write_limit max_connections; do
		grep -qE "^ *$name " "$WORK/default"
	done
	canonical -c "$WORK/default" | diff "$WORK/default" -
}

@test "-o and -w override the file, and their errors have their names" {
	configure < <(service 'backlog 100;')
	canonical -c "$CONFIG" -w 3 -o 'backlog 200; shutdown_timeout 3s;' >"$WORK/out"
	grep -qE '^workers +3;' "$WORK/out"
	grep -qE 'backlog +200;' "$WORK/out"
	grep -qE '^shutdown_timeout +3s;' "$WORK/out"
	run -78 "$COHORT" -t -o 'backlog x;'
	[[ "$output" == *"-o#1:1:9: "* ]]
	run -78 "$COHORT" -t -o 'backlog 5;' -o 'nope on;'
	[[ "$output" == *"-o#2:1:1: "* ]]
	run -78 "$COHORT" -t -w some
	[[ "$output" == *"-w"* ]]
}

@test "a host name is resolved to all its addresses, an unknown one refused" {
	run -0 canonical -l localhost:0
	[[ "$output" == *127.0.0.1:0* ]]
	run -78 timeout 60 "$COHORT" -t -l no-such-host.invalid:80
	[[ "$output" == *no-such-host.invalid* ]]
}

@test "a backlog above somaxconn is a warning that names it" {
	serve -w 2 -o 'backlog 1000000;'
	[ "$(log_count somaxconn)" -eq 1 ]
}

@test "an option that the kernel refuses is an error, not silence" {
	run -1 timeout 10 "$COHORT" -l 127.0.0.1:0 -w 2 -o 'congestion nonesuch;'
	[[ "$output" == *congestion*nonesuch* ]]
	run -1 timeout 10 "$COHORT" -l 127.0.0.1:0 -w 2 -o 'bind_device nodevice0;'
	[[ "$output" == *bind_device*nodevice0* ]]
}

@test "socket options are logged at debug as asked, got and limit" {
	serve -w 1 -o 'receive_buffer 64k; keepalive 60s:5s:3; log stderr level=debug;'
	log_has 'receive_buffer.*65536.*131072'
	log_has 'keepalive'
}

@test "a port below 1024 as a plain user ends it with status 77" {
	need setpriv
	[ "$(id -u)" -eq 0 ] || skip "only root can become somebody else here"
	[ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" -gt 80 ] || skip "ports are free for all here"
	setpriv --reuid nobody --clear-groups test -x "$COHORT" || skip "nobody cannot reach the program"
	run -77 timeout 10 setpriv --reuid nobody --clear-groups "$COHORT" -l 127.0.0.1:80
	[[ "$output" == *"127.0.0.1:80"* ]]
}

@test "-h lists the directives of the protocols, and -t refuses a path that no log can have" {
	run -0 "$COHORT" -h
	[[ "$output" == *"protocol echo {"*"once "* ]]
	run -78 "$COHORT" -t -o "log $(printf '%05000d' 0);"
	[[ "$output" == *"longer than 4095"* ]]
}
