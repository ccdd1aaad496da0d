#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Nothing that was counted is lost.

load support/common

total() { sed -nE "s/.*service default: accepted ([0-9]+), live ([0-9]+).*/\\1 \\2/p" "$LOG" | tail -n 1; }
stop() {
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 15
	[ "$STATUS" -eq 0 ]
}

@test "what killed workers had counted is in the totals" {
	need socat
	serve -w 2
	for _ in 1 2 3 4 5; do
		for _ in 1 2 3 4; do
			run say "counted"
			[ "$output" = "counted" ]
		done
		victim=$(workers | head -n 1)
		kill -KILL "$victim"
		wait_until 10 is_gone "$victim"
		wait_until 10 worker_count_is 2
	done
	stop
	[ "$(total)" = "20 0" ]
	log_has 'received 140 bytes, sent 140 bytes'
	log_has 'closed:.* eof 20'
}

@test "connections of a killed worker count as closed by worker_exit" {
	need python3
	serve -w 1
	timeout 30 python3 - "$PORT" "$(workers)" <<-'END'
		import os, signal, socket, sys
		port, worker = map(int, sys.argv[1:])
		clients = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(7)]
		for client in clients:
		    client.sendall(b"x")
		    assert client.recv(1) == b"x"
		os.kill(worker, signal.SIGKILL)
		for client in clients:
		    try:
		        assert client.recv(1) == b""
		    except ConnectionResetError:
		        pass
	END
	wait_until 10 worker_count_is 1
	stop
	[ "$(total)" = "7 0" ]
	log_has 'closed:.* worker_exit 7'
}

# ---- What the supervisor publishes -------------------------------------------

BOARD="$COHORT_BUILD/tests/clients/board"
# board [PATTERN]: what is on the board of the supervisor, or the lines that match.
board() { "$BOARD" "${2:-$SERVER}" | grep -aE -- "${1:-.}"; }
board_has() { board "$1" >/dev/null; }
board_has_not() { ! board "$1" >/dev/null; }

@test "the board shows slots, workers and services as they are" {
	need socat
	serve -w 2
	[ "$(say hello)" = hello ]
	wait_until 10 board_has '^count default closed_eof 1$'
	board_has '^phase serving$'
	board_has '^cell workers_wanted 2$'
	board_has '^cell generation 1$'
	board_has '^cell generations 1$'
	board_has "^cell supervisor_pid $SERVER\$"
	board_has '^slot 0 serving wanted 1 steered 0 adopter -1$'
	board_has '^service default current 1 suspended 0 limit'
	for pid in $(workers); do
		board_has "^worker [01] $pid ready generation 1 suspect 0 full 0 orphan 0 "
	done
	board_has '^count default received_bytes 5$'
	board_has '^closed default eof count 1 id [1-9][0-9]* pid [0-9]+ in 5 out 5 error 0 outgoing 0 peer 127.0.0.1 [1-9]'
	# every turn and every connection is in its histogram
	[ "$(board '^count default duration_[0-9]' | awk '{n += $4} END {print n}')" -eq 1 ]
	lag=$(board '^worker_total lag_[0-9]' | awk '{n += $3} END {print n}')
	[ "$lag" -gt 0 ]
	board_has '^event started -1 cohort '
	kill -TTOU "$SERVER"
	wait_until 10 board_has '^slot 1 parked wanted 0'
	board_has '^event scaled -1 1 worker$'
	[ "$(board '^event scaled' | wc -l)" -eq 1 ]
	wait_until 10 board_has '^slot 1 parked wanted 0 steered 1 adopter 0$'
}

@test "a worker has its own page mapped and nothing else of the scoreboard" {
	serve -w 2
	for pid in $(workers); do
		[ "$(grep -c 'memfd:cohort-scoreboard' "/proc/$pid/maps")" -eq 1 ]
		range=$(awk '/memfd:cohort-scoreboard/ {print $1}' "/proc/$pid/maps")
		[ $((0x${range#*-} - 0x${range%-*})) -eq 262144 ]
	done
}

@test "connections that died with a worker are in the history, and its death on the time line" {
	need python3
	serve -w 1
	victim=$(workers)
	timeout 30 python3 - "$PORT" "$victim" <<-'END'
		import os, signal, socket, sys
		port, worker = map(int, sys.argv[1:])
		clients = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(3)]
		for client in clients:
		    client.sendall(b"x")
		    assert client.recv(1) == b"x"
		clients.pop().close()
		os.kill(worker, signal.SIGKILL)
	END
	wait_until 10 worker_count_is 1
	wait_until 10 board_has '^closed default worker_exit'
	[ "$(board '^closed default' | awk '{n += $5} END {print n}')" -eq 3 ]
	board_has '^accepted default 0 3$'
	board_has '^restarts killed 1$'
	board_has "^event worker_died 0 worker 0 \\(process $victim\\) was killed by SIGKILL"
}

@test "clients that wait are on the board, by the worker they wait for" {
	need python3
	serve -w 1 -o 'watchdog_steer off; watchdog_timeout off;'
	victim=$(workers)
	kill -STOP "$victim"
	python3 - "$PORT" <<-'END' &
		import socket, sys, time
		clients = [socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=10) for _ in range(4)]
		time.sleep(60)
	END
	clients=$!
	wait_until 10 board_has '^queue default 0 4$'
	board_has '^worker 0 .* queue 4$'
	board_has '^service default .* limit 511$'
	kill -CONT "$victim"
	wait_until 10 board_has_not '^queue '
	kill "$clients"
	wait "$clients" || true
}

@test "a reload that fails says why, until one goes well" {
	configure <<<'service a { listen 127.0.0.1:0; }'
	serve -c "$CONFIG" -w 1
	old=$(board '^cell reloads')
	[ "$old" = "$(printf 'cell reloads_success 0\ncell reloads_failure 0')" ]
	echo 'service a { listen 127.0.0.1:0; baclog 5; }' >"$CONFIG"
	kill -HUP "$SERVER"
	wait_until 10 board_has '^cell reloads_failure 1$'
	board_has '^failure .*conf:1:[0-9]+: .*baclog'
	board_has '^event reload_failed -1 .*baclog'
	printf 'service a { listen 127.0.0.1:0; }\nservice b { listen 127.0.0.1:0; }\n' >"$CONFIG"
	kill -HUP "$SERVER"
	wait_until 10 board_has '^cell reloads_success 1$'
	board_has '^failure $'
	board_has '^event reloaded -1 generation [0-9]+ serves with'
	board_has '^cell reloaded_wall_ms [1-9]'
	wait_until 10 board_has '^service b current 1 '
	echo 'service b { listen 127.0.0.1:0; }' >"$CONFIG"
	kill -HUP "$SERVER"
	wait_until 10 board_has '^service a current 0 '
	wait_until 10 board_has '^cell generations 1$'
}

# all_counts PID: every number that must never become smaller.
all_counts() {
	"$BOARD" "$1" | grep -E '^(count|accepted|restarts|worker_total|cell (reloads_s|reloads_f|upgrades|keeper|log_d|started))' |
		grep -vE ' (live|out_live|queued_bytes) ' | sort
}
# has_shrunk BEFORE AFTER: lines of numbers, of which one is gone, or smaller.
has_shrunk() {
	awk 'NR == FNR { n = $NF; $NF = ""; before[$0] = n; next } { n = $NF; $NF = ""; after[$0] = n }
		END { for (key in before) if (after[key] < before[key] + 0) { print key, before[key], after[key]; bad = 1 } exit !bad }' \
		<(printf '%s\n' "$1") <(printf '%s\n' "$2")
}

@test "no counter goes down over a worker's death, a reload, an upgrade and a killed supervisor" {
	need socat
	cp "$COHORT" "$WORK/cohort"
	start_ready 1 "$WORK/cohort" -l 127.0.0.1:0 -w 2
	for _ in 1 2 3; do [ "$(say counted)" = counted ]; done
	start_ms=$(board '^cell started_wall_ms')
	kill -KILL "$(workers | head -n 1)"
	wait_until 10 board_has '^restarts killed 1$'
	before=$(all_counts "$SERVER")
	[ -n "$before" ]
	kill -HUP "$SERVER"
	wait_until 10 board_has '^cell reloads_success 1$'
	after=$(all_counts "$SERVER")
	! has_shrunk "$before" "$after" || false
	before=$after
	kill -USR2 "$SERVER"
	wait_until 20 board_has '^cell upgrades_success 1$'
	after=$(all_counts "$SERVER")
	! has_shrunk "$before" "$after" || false
	board_has '^event upgraded -1 '
	[ "$(say counted)" = counted ]
	wait_until 10 board_has '^count default closed_eof 4$'
	before=$(all_counts "$SERVER") reloads=$(board '^cell reloads')
	old=$SERVER
	kill -KILL "$SERVER"
	wait_until 5 is_gone "$old"
	start_ready 1 "$WORK/cohort" -l "127.0.0.1:$PORT" -w 2
	after=$(all_counts "$SERVER")
	! has_shrunk "$before" "$after" || false
	[ "$(board '^cell started_wall_ms')" = "$start_ms" ]
	board_has '^count default accepted 4$'
	board_has '^event started -1 .* goes on for a supervisor that was killed$'
	# nobody has asked for a reload
	wait_until 10 log_has 'reloaded: generation 4'
	[ "$(board '^cell reloads')" = "$reloads" ]
	board_has '^closed default eof count 1 '
}

@test "promtool finds nothing amiss in the metrics" {
	need promtool
	"$COHORT_BUILD/tests/test_exposition" text >"$WORK/metrics"
	grep -q '^cohort_connections{service="echo"} ' "$WORK/metrics"
	run promtool check metrics <"$WORK/metrics"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}
