#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Orders that are answered, and services that are suspended: from the side of
# the supervisor, with a socket in the place of the admin process.

load support/common

ORDER=$BATS_TEST_DIRNAME/support/order.py

# serve_orders ARG…: a program of its own, to be replaced.
serve_orders() {
	need python3 socat
	[ -e "$WORK/ordered" ] || cp "$COHORT_BUILD/tests/servers/ordered" "$WORK/ordered"
	export ORDERS_SOCKET=$WORK/orders BAD_START=$WORK/bad
	start_ready 1 "$WORK/ordered" "$@"
}
# order KIND ARG…: "STATUS WORDS" in $output.
order() {
	run timeout $((60 * COHORT_PATIENCE)) python3 "$ORDER" "$WORK/orders" "$@"
	echo "$*: $output"
	[ "$status" -eq 0 ]
}
# queue COUNT: so many clients connect and send; released by `answered`.
queue() {
	mkfifo "$WORK/go"
	timeout $((60 * COHORT_PATIENCE)) python3 "$BATS_TEST_DIRNAME/support/client.py" \
		queue 127.0.0.1 "$PORT" "$1" <"$WORK/go" >"$WORK/queue" 2>&1 3>&- &
	QUEUE=$!
	SERVER_PIDS+=("$QUEUE")
	exec 8>"$WORK/go"
	wait_until 20 grep -q sent "$WORK/queue"
	wait_until 10 waiting "$1"
}
waiting() { [ "$(ss -Hltn "sport = :$PORT" | awk '{ sum += $2 } END { print sum + 0 }')" -eq "$1" ]; }
# Every client of the queue has its echo.
answered() {
	echo >&8
	exec 8>&-
	wait "$QUEUE" || {
		cat "$WORK/queue"
		return 1
	}
	rm "$WORK/go"
}
# hold: a client that is connected; held WORD: it is served.
hold() {
	coproc CLIENT { timeout 60 socat - "TCP:127.0.0.1:$PORT"; }
	IN=${CLIENT[1]} OUT=${CLIENT[0]}
	held first
}
held() {
	echo "$1" >&"$IN"
	read -r -t 10 line <&"$OUT"
	[ "$line" = "$1" ]
}
# A worker that has no client.
free_worker() {
	for pid in $(workers); do echo "$(find "/proc/$pid/fd" -lname 'socket:*' | wc -l) $pid"; done |
		sort -n | awk 'NR == 1 { print $2 }'
}
steered() { log_has 'no sign of life|hangs'; }

# ---- suspended ----------------------------------------------------------

@test "clients of a service that is configured to be suspended wait until a reload, in order and whole" {
	need python3 socat
	configure <<-END
		workers 2;
		service a { listen 127.0.0.1:0; suspended on; }
	END
	serve -c "$CONFIG"
	queue 40
	kill -HUP "$SERVER"
	wait_until 10 log_has 'reloaded: generation 2'
	waiting 40
	victim=$(workers | head -n 1)
	kill -KILL "$victim"
	wait_until 10 log_has 'is replaced'
	waiting 40
	sed -i 's/ suspended on;//' "$CONFIG"
	kill -HUP "$SERVER"
	wait_until 10 log_has 'reloaded: generation 3'
	answered
}

@test "TERM serves those who wait for a suspended service" {
	need python3
	configure <<-END
		workers 3;
		service a { listen 127.0.0.1:0; suspended on; }
	END
	serve -c "$CONFIG"
	queue 60
	kill -TERM "$SERVER"
	answered
	wait_exit "$SERVER" 15
	[ "$STATUS" -eq 0 ]
	log_has 'accepted 60, live 0'
}

@test "suspend leaves those who are connected alone, and holds for whoever comes to be a worker" {
	serve_orders -l 127.0.0.1:0 -w 2
	hold
	order suspend default
	[ "$output" = '0 service default is suspended: its clients wait in the queues' ]
	queue 40
	held second
	order suspend default
	[ "$output" = '0 service default was suspended already' ]
	# a worker that takes the place of one that died, …
	kill -KILL "$(free_worker)"
	wait_until 10 log_has 'is replaced'
	# … of another generation, …
	order reload
	# … in another slot, and in none, …
	order scale 4
	order scale 1
	# … and of another build
	order upgrade
	held third
	waiting 40
	order resume default
	[ "$output" = '0 service default is resumed' ]
	answered
	[ "$(say new)" = new ]
	[ "$(log_count 'is killed')" -eq 0 ]
	run ! log_has 'unexpected record'
}

@test "an order to suspend overrules the file until the file changes" {
	configure <<-END
		workers 1;
		service a { listen 127.0.0.1:0; }
		service b { listen 127.0.0.1:0; suspended on; }
	END
	serve_orders -c "$CONFIG"
	order suspend a
	order resume b
	order reload
	PORT=$(sed -n '2s/.*://p' "$READY")
	[ "$(say b)" = b ]
	PORT=$(sed -n '1s/.*://p' "$READY")
	queue 3
	sed -i 's/:0; }/:0; suspended on; }/' "$CONFIG"
	order reload
	waiting 3
	sed -i 's/:0; suspended on; }/:0; }/' "$CONFIG"
	order reload
	answered
}

@test "a successor keeps a service suspended" {
	serve_orders -l 127.0.0.1:0 -w 1
	end_server "$SERVER" # its port is free now
	serve_orders -l "127.0.0.1:$PORT" -w 2
	order suspend default
	queue 10
	old=$(workers)
	kill -KILL "$SERVER"
	wait_until 5 is_gone "$SERVER"
	serve_orders -l "127.0.0.1:$PORT" -w 2
	log_has 'taking over'
	all_gone() { for pid in $old; do is_gone "$pid" || return 1; done; }
	wait_until 10 all_gone
	waiting 10
	order resume default
	answered
}

@test "without a successor orphans serve who waits for a suspended service" {
	serve_orders -l 127.0.0.1:0 -w 2 -o 'orphan_timeout 300ms; shutdown_timeout 20s;'
	order suspend default
	queue 10
	kill -KILL "$SERVER"
	answered
}

@test "the queue of a suspended service is nobody's fault" {
	serve_orders -l 127.0.0.1:0 -w 2 -o 'watchdog_steer 200ms; watchdog_timeout 500ms;'
	before=$(workers)
	order suspend default
	for i in {1..8}; do
		timeout 0.25 socat -u OPEN:/dev/null,ignoreeof "TCP:127.0.0.1:$PORT" || true
		waiting "$i"
	done
	run ! steered
	[ "$(workers)" = "$before" ]
	order resume default
	wait_until 10 waiting 0
	[ "$(say on)" = on ]
	[ "$(workers)" = "$before" ]
}

@test "an address that goes while its service is suspended is emptied first" {
	configure <<-END
		workers 2;
		service a { listen 127.0.0.1:0; listen unix:$WORK/a; suspended on; }
	END
	serve_orders -c "$CONFIG"
	queue 20
	order scale 1 # one of the queues is parked
	sed -i 's/listen 127.0.0.1:0; //' "$CONFIG"
	order reload
	answered
	run timeout 5 socat -u OPEN:/dev/null "TCP:127.0.0.1:$PORT"
	[[ "$output" == *refused* ]]
}

# ---- answers ------------------------------------------------------------

@test "reload answers with who took whose place, or with the first error" {
	configure <<-END
		workers 2;
		user $(id -un); # who may look at BAD_START
		service a { listen 127.0.0.1:0; }
	END
	serve_orders -c "$CONFIG"
	mapfile -t old < <(workers)
	order reload
	[[ "$output" =~ ^'0 generation 2 serves with 2 workers (0: '${old[0]}' -> '([0-9]+)', 1: '${old[1]}' -> '([0-9]+)') after '[0-9]+' ms; 2 old workers drain'$ ]]
	pids="${BASH_REMATCH[1]} ${BASH_REMATCH[2]}"
	one_generation() { [ "$(workers | xargs)" = "$pids" ]; }
	wait_until 10 one_generation
	printf 'bakclog 5;\nservice a { listen 127.0.0.1:0; protocol nonsense; }\n' >"$CONFIG"
	order reload
	[[ "$output" =~ ^"1 $CONFIG:1:1: unknown directive 'bakclog'".*'(and 1 more error); everything is as it was'$ ]]
	[ "$(workers | xargs)" = "$pids" ]
	# one that loads, and cannot be served
	printf 'service a { listen 127.0.0.1:0; listen 192.0.2.1:9; }\n' >"$CONFIG"
	order reload
	[[ "$output" =~ ^'1 '.*192.0.2.1:9.*'; everything is as it was'$ ]]
	# one whose workers do not start
	printf 'user %s;\nservice a { listen 127.0.0.1:0; }\n' "$(id -un)" >"$CONFIG"
	touch "$WORK/bad"
	order reload
	[[ "$output" =~ ^'1 worker '.*'before it was ready'.*'everything is as it was'$ ]]
	[ "$(workers | xargs)" = "$pids" ]
}

@test "many who order a reload at once are all answered, by few reloads" {
	serve_orders -l 127.0.0.1:0 -w 1
	mapfile -t reloads < <(yes reload | head -n 100)
	order burst "$SERVER" "${reloads[@]}"
	[ "${#lines[@]}" -eq 101 ]
	[ "$(grep -c '^0 generation' <<<"$output")" -ge 64 ]
	[ "$(grep -cE '^0 generation|^1 too many orders wait$' <<<"$output")" -eq 100 ]
	[ "$(log_count 'reloaded: generation')" -le 20 ]
	order scale 2
	[[ "$output" =~ ^'0 2 workers (was 1)' ]]
}

@test "scale goes to a number at once, and is done when all of them serve" {
	serve_orders -l 127.0.0.1:0 -w 2 -o "user $(id -un);" # who may look at BAD_START
	hold
	order scale 6
	[[ "$output" =~ ^'0 6 workers (were 2) after '[0-9]+' ms'$ ]]
	worker_count_is 6
	order scale 6
	[ "$output" = '0 6 workers already' ]
	order scale 1
	[[ "$output" =~ ^'0 1 worker (were 6) after '[0-9]+' ms'$ ]]
	held second
	order scale 3
	[[ "$output" =~ ^'0 3 workers (was 1) after '[0-9]+' ms'$ ]]
	order reload
	[[ "$output" =~ 'serves with 3 workers' ]]
	order scale 0
	[[ "$output" =~ ^'2 scale: one worker has to be left' ]]
	order scale 257
	[[ "$output" =~ ^'2 scale: 257 is not between 1 and 256' ]]
	touch "$WORK/bad"
	order scale 5
	[[ "$output" =~ ^'1 worker '[34].*'before it was ready'.*'it is tried again, to be one of 5 workers'$ ]]
	rm "$WORK/bad"
	wait_until 15 worker_count_is 6 # with the one that drains
	[ "$(say five)" = five ]
}

@test "scale that the descriptors do not allow changes nothing" {
	serve_orders -l 127.0.0.1:0 -w 1 -o 'max_open_files 64;'
	order scale 200
	[[ "$output" =~ ^'1 200 workers with 1 listeners each need'.*'raise max_open_files' ]]
	worker_count_is 1
	order scale 2
	[[ "$output" =~ ^'0 2 workers (was 1)' ]]
}

@test "upgrade is answered by the new build, or says why there is none" {
	serve_orders -l 127.0.0.1:0 -w 2
	printf '#!/bin/sh\nexit 7\n' >"$WORK/not"
	chmod +x "$WORK/not"
	mv "$WORK/ordered" "$WORK/good"
	order upgrade
	[[ "$output" =~ ^'1 cannot open'.*ordered.*'; everything is as it was'$ ]]
	cp "$WORK/not" "$WORK/ordered"
	order upgrade
	[[ "$output" =~ ^"1 the new program's trial: ".*'; everything is as it was'$ ]]
	cp "$WORK/good" "$WORK/new"
	mv "$WORK/new" "$WORK/ordered"
	order upgrade
	[[ "$output" =~ ^'0 upgraded from '[0-9.]+' to '[0-9.]+', generation '[0-9]+' serves with 2 workers (0: '.*') after '[0-9]+' ms; 2 old workers drain'$ ]]
	# what waited behind it is answered, too
	order again 3 upgrade
	[ "$(grep -c '^0 upgraded' <<<"$output")" -eq 3 ]
	order burst "$SERVER" upgrade 'scale 4'
	[[ "${lines[1]}" =~ ^'0 upgraded from ' ]]
	[[ "${lines[2]}" =~ ^'0 4 workers (were 2) after ' ]]
	[ "$(say new)" = new ]
}

@test "log-level changes what supervisor and workers log, until the file says otherwise" {
	configure <<-END
		workers 1;
		log $WORK/file level=info;
		service a { listen 127.0.0.1:0; }
	END
	serve_orders -c "$CONFIG"
	file_count() { grep -cE "$1" "$WORK/file" || true; }
	order log-level debug
	[ "$output" = '0 log level debug (was info)' ]
	say x >/dev/null
	kill -TERM "$(workers)" # it was born at info
	worker_debugs() { [ "$(file_count 'debug +worker')" -ge "$1" ]; }
	wait_until 10 worker_debugs 2
	order reload
	order upgrade
	# those that were born at it
	wait_until 10 worker_debugs 4
	count=$(file_count 'debug ')
	order log-level warning
	order suspend a
	[ "$(file_count 'suspended')" -eq 0 ]
	order log-level debug
	sed -i 's/level=info/level=error/' "$CONFIG"
	order reload
	before=$(wc -l <"$WORK/file")
	order resume a
	order scale 2
	[ "$(wc -l <"$WORK/file")" -eq "$before" ]
	[ "$count" -gt 0 ]
}

@test "stop answers first, drains as TERM does, and cancels what waits" {
	serve_orders -l 127.0.0.1:0 -w 2
	hold
	order stop
	[ "$output" = '0 draining 1 connection' ]
	wait_until 5 log_has 'shutdown: waiting'
	order stop
	[ "$output" = '0 it ends already: 1 connection left' ]
	order scale 3
	[ "$output" = '1 too late, the program ends' ]
	order suspend default
	[ "$output" = '1 too late, the program ends' ]
	held second
	order stop now
	[ "$output" = '0 stopping now: 1 connection is cut' ]
	wait_exit "$SERVER" 10
	[ "$STATUS" -eq 0 ]
}

@test "what runs and what waits is cancelled by a stop, and says so" {
	serve_orders -l 127.0.0.1:0 -w 2
	order burst "$SERVER" upgrade reload 'scale 4' 'scale 5' 'stop quit'
	[ "$(grep -c '^1 cancelled: the program ends$' <<<"$output")" -eq 4 ]
	[ "$(grep -c '^0 draining 0 connections$' <<<"$output")" -eq 1 ]
	wait_exit "$SERVER" 10
	[ "$STATUS" -eq 0 ]
}

@test "orders that make no sense are refused, with the nearest name, and hurt nobody" {
	configure <<-END
		workers 1;
		service echo { listen 127.0.0.1:0; }
	END
	serve_orders -c "$CONFIG"
	order suspend ecko
	[ "$output" = '2 there is no service ecko; did you mean echo?' ]
	order resume nothing-like-it
	[ "$output" = '2 there is no service nothing-like-it' ]
	order suspend
	[ "$output" = '2 suspend: which service?' ]
	order reload 5
	[ "$output" = '2 reload takes no number' ]
	order raw ''
	order raw 0100000000
	# of another version, and of a kind that there is not, with a ticket
	order raw 02000000000000000500000000000000 5
	[[ "$output" =~ '2 the admin process is of another build' ]]
	wait_until 5 log_has 'an order of 0 bytes is none'
	[ "$(say still)" = still ]
	worker_count_is 1
}
