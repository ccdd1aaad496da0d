#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Echo for every kind of client, on every kind of address.

load support/common

client() { timeout $((60 * COHORT_PATIENCE)) python3 "$BATS_TEST_DIRNAME/support/client.py" "$1" 127.0.0.1 "$PORT" "${@:2}"; }

@test "every byte comes back for 64 clients with large messages" {
	serve -w 2
	run -0 timeout 60 "$COHORT_BENCH" echo "127.0.0.1:$PORT" -c 64 -s 65536 -t 2
}

@test "clients that send much get every byte, whatever others do, and share one pipe" {
	local i pids=()
	need socat
	serve -w 1
	pipes() { find "/proc/$(workers)/fd" -lname 'pipe:*' | wc -l; }
	clients_are() { [ "$(ss -Htn "sport = :$PORT" | wc -l)" -eq "$1" ]; }
	before=$(pipes)
	head -c 20000000 /dev/urandom >"$WORK/bytes"
	# One that never reads, until it is killed.
	timeout $((60 * COHORT_PATIENCE)) socat -u OPEN:/dev/zero "TCP:127.0.0.1:$PORT" 3>&- &
	deaf=$!
	for i in 1 2 3; do
		timeout $((60 * COHORT_PATIENCE)) socat -t 60 - "TCP:127.0.0.1:$PORT" \
			<"$WORK/bytes" >"$WORK/back.$i" 3>&- &
		pids+=("$!")
	done
	for i in 1 2 3; do
		wait "${pids[i - 1]}"
		cmp "$WORK/bytes" "$WORK/back.$i"
	done
	[ "$(pipes)" -eq $((before + 2)) ]
	kill "$deaf"
	wait "$deaf" || true
	wait_until 20 clients_are 0
	[ "$(pipes)" -eq $((before + 2)) ]
	run say "still here"
	[ "$output" = "still here" ]
}

@test "every byte comes back with 16 messages in flight per client" {
	serve -w 2
	run -0 timeout 60 "$COHORT_BENCH" echo "127.0.0.1:$PORT" -c 16 -s 64 -d 16 -n 20000
}

@test "connections come and go without one failing" {
	serve -w 2
	run -0 timeout 60 "$COHORT_BENCH" churn "127.0.0.1:$PORT" -c 16 -s 64 -n 5000
	run -0 timeout 60 "$COHORT_BENCH" churn "127.0.0.1:$PORT" -c 16 -s 100000 -n 1000
	run -0 timeout 60 "$COHORT_BENCH" churn "127.0.0.1:$PORT" -c 16 -s 64 -n 5000 --until-eof
}

@test "once: one chunk comes back, then the server closes, without a reset" {
	need python3
	serve -w 1 -o 'protocol echo { once on; }'
	client once
	run -0 timeout 60 "$COHORT_BENCH" churn "127.0.0.1:$PORT" -c 16 -s 64 -n 1000 --until-eof
}

@test "a client that sends one byte per segment is echoed byte by byte" {
	need python3
	serve -w 1
	client bytewise
}

@test "a client that half-closes first gets all of its echo, then EOF" {
	need python3
	serve -w 1
	client half-close
	client half-close-first
}

@test "urgent data does not stall or corrupt the stream" {
	need python3
	serve -w 1
	client urgent
}

@test "clients that reset, vanish or never read their echo harm nobody" {
	need python3 socat
	serve -w 1
	client resets
	client vanish
	client close-unread
	run say "still here"
	[ "$output" = "still here" ]
}

@test "IPv6 and IPv4 listeners share a port number" {
	need socat
	[ -e /proc/net/if_inet6 ] || skip "this machine has no IPv6"
	serve -w 1
	start_ready 2 "$COHORT" -w 1 -l "[::1]:$PORT" -l 127.0.0.2:"$PORT"
	run timeout 10 socat -t 5 - "TCP:[::1]:$PORT" <<<"six"
	[ "$output" = "six" ]
	run timeout 10 socat -t 5 - "TCP:127.0.0.2:$PORT" <<<"four"
	[ "$output" = "four" ]
}

@test "a unix socket has the mode that was asked for and is removed at the end" {
	need socat
	configure <<-END
		service one { listen unix:$WORK/socket mode=0600; protocol echo; }
	END
	start_ready 1 "$COHORT" -c "$CONFIG" -w 2
	[ "$(cat "$READY")" = "one unix:$WORK/socket" ]
	[ "$(stat -c %a "$WORK/socket")" = 600 ]
	run timeout 10 socat -t 5 - "UNIX-CONNECT:$WORK/socket" <<<"path"
	[ "$output" = "path" ]
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 15
	[ "$STATUS" -eq 0 ]
	[ ! -e "$WORK/socket" ]
}

@test "a stale unix socket is replaced, a living one and a plain file are not" {
	need socat python3
	python3 -c 'import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$WORK/stale"
	start_ready 1 "$COHORT" -l "unix:$WORK/stale" -w 1
	run timeout 10 socat -t 5 - "UNIX-CONNECT:$WORK/stale" <<<"new"
	[ "$output" = "new" ]
	run -75 timeout 10 "$COHORT" -l "unix:$WORK/stale"
	echo "precious" >"$WORK/file"
	run -1 timeout 10 "$COHORT" -l "unix:$WORK/file"
	[ "$(cat "$WORK/file")" = "precious" ]
}

@test "an abstract unix socket serves" {
	need socat
	start_ready 1 "$COHORT" -l "unix:@cohort-test-$$" -w 2
	run timeout 10 socat -t 5 - "ABSTRACT-CONNECT:cohort-test-$$" <<<"abstract"
	[ "$output" = "abstract" ]
}

@test "an inherited listening descriptor is served" {
	need socat python3
	python3 - "$COHORT" "$WORK/port" 3>&- 2>>"$LOG" <<-'END' &
		import os, socket, sys
		listener = socket.create_server(("127.0.0.1", 0))
		with open(sys.argv[2], "w") as report:
		    print(listener.getsockname()[1], file=report)
		os.dup2(listener.fileno(), 9, inheritable=True)
		os.execv(sys.argv[1], [sys.argv[1], "-l", "fd:9", "-w", "2"])
	END
	SERVER_PIDS+=($!)
	wait_until 10 test -s "$WORK/port"
	run say "inherited" "$(cat "$WORK/port")"
	[ "$output" = "inherited" ]
}

@test "redis-benchmark in pipelined mode ends clean" {
	need redis-benchmark
	serve -w 2
	run -0 timeout 100 redis-benchmark -p "$PORT" -t ping_mbulk -n 20000 -c 50 -P 16 -q
	[[ "$output" != *rror* ]]
}

@test "10 000 connections are opened, used and closed, and nothing stays" {
	[ "$(ulimit -n)" -ge 12000 ] || skip "the descriptor limit is $(ulimit -n)"
	serve -w 2
	descriptors() { for pid in $(workers); do find "/proc/$pid/fd" -mindepth 1 | wc -l; done; }
	before=$(descriptors)
	run -0 timeout 100 "$COHORT_BENCH" hold "127.0.0.1:$PORT" -c 9000 -t 1 --json
	[[ "$output" == *'"connected":9000,'*'"exchanges":18000,'* ]]
	descriptors_are() { [ "$(descriptors)" = "$1" ]; }
	wait_until 20 descriptors_are "$before"
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 15
	log_has 'accepted 9000'
	log_has 'live 0'
}

@test "cohort-bench connects from the source addresses that it is given" {
	serve -w 1
	"$COHORT_BENCH" hold "127.0.0.1:$PORT" -c 20 -t 20 --source 127.7.0.255 >"$WORK/out" 2>&1 3>&- &
	bench=$!
	held() { [ "$(ss -Htn state established "src 127.7.0.255 and dport = :$PORT" | wc -l)" -eq 20 ]; }
	wait_until $((20 * COHORT_PATIENCE)) held
	kill -INT "$bench"
	STATUS=0
	wait "$bench" || STATUS=$?
	[ "$STATUS" -eq 0 ]
	for source in 10.0.0.1 127.1 there; do
		run -2 "$COHORT_BENCH" hold "127.0.0.1:$PORT" --source "$source"
	done
	run -2 "$COHORT_BENCH" hold unix:/there --source 127.1.0.0
}

@test "cohort-bench keeps a rate and says so, or refuses to report one" {
	need jq
	serve -w 1
	# A busy machine may not grant even these few; one of several runs it must.
	kept() { timeout 20 "$COHORT_BENCH" echo "127.0.0.1:$PORT" -c 4 --rate 200 -t 0.5 --json >"$WORK/report"; }
	wait_until $((30 * COHORT_PATIENCE)) kept
	jq -e '.ok and .is_rate_kept and .rate_wanted == 200 and .exchanges == 100 and .latency_us.p999 > 0 and .own_delay_us.p999 > 0' "$WORK/report"
	run -1 timeout 20 "$COHORT_BENCH" echo "127.0.0.1:$PORT" -c 4 --rate 10000000 -t 0.5 --json
	jq -e '(.ok or .is_rate_kept) == false and .rate_kept < 9900000 and .latency_us == null and .failures.total == 0' <<<"$output"
	run -1 timeout 20 "$COHORT_BENCH" echo "127.0.0.1:$PORT" -c 4 --rate 10000000 -t 0.5
	[[ "$output" == *"10000000/s wanted"*"too slow; no latencies"* ]]
	[[ "$output" != *"latency us"* ]]
}

@test "cohort-bench that spins never sleeps between connect and the end" {
	need strace jq
	serve -w 1
	# Who looks for leaks cannot be traced itself.
	run -0 env ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" timeout 60 strace -o "$WORK/calls" -e trace=epoll_wait,epoll_pwait \
		"$COHORT_BENCH" echo "127.0.0.1:$PORT" -n 50 --spin --json
	jq -e '.ok and .is_spinning' <<<"$output"
	[ "$(grep -c '^epoll_' "$WORK/calls")" -gt 50 ]
	run ! grep -vE '^epoll_p?wait\(.*, 0(, NULL, [0-9]+)?\) += |^[-+]' "$WORK/calls"
}

@test "cohort-bench tells the two meanings of --rate apart, wherever the mode stands" {
	run -2 "$COHORT_BENCH" --rate 0 echo 127.0.0.1:9
	[[ "$output" == *"--rate: 0 is out of range"* ]]
	run -2 "$COHORT_BENCH" --rate 2000000 ledger 127.0.0.1:9
	[[ "$output" == *"--rate: 2000000 is out of range"* ]]
	run -2 "$COHORT_BENCH" churn 127.0.0.1:9 --rate 5
	[[ "$output" == *"--rate means nothing to churn"* ]]
}

@test "cohort-bench that is stopped twice counts what was not answered as lost" {
	serve -w 1
	"$COHORT_BENCH" echo "127.0.0.1:$PORT" -c 8 -t 20 >"$WORK/out" 2>&1 3>&- &
	bench=$!
	served() { [ "$(ss -Htn "sport = :$PORT" | wc -l)" -ge 8 ]; }
	wait_until 10 served
	kill -STOP "$(workers)"
	sleep 0.2
	kill -INT "$bench"
	sleep 0.2
	kill -INT "$bench"
	STATUS=0
	wait "$bench" || STATUS=$?
	kill -CONT "$(workers)"
	[ "$STATUS" -eq 1 ]
	grep -q timeout "$WORK/out"
}
