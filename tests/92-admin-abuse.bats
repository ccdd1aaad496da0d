#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What strangers do to the control socket and HTTP never reaches the traffic.

load support/common

ABUSE=$BATS_TEST_DIRNAME/../tools/campaign/abuse.py

serve_administered() {
	administer
	wait_until 10 answers
	ADMIN=$(admins)
}
answers() { timeout $((10 * COHORT_PATIENCE)) python3 "$ABUSE" "$HTTP" "$WORK/control" split >/dev/null; }

# Connections that are used, others that stay, and new ones.
traffic_begins() {
	"$COHORT_BENCH" echo "127.0.0.1:$PORT" -c 10 -t 600 --json >"$WORK/echo.out" 2>&1 3>&- &
	BENCHES=("$!")
	"$COHORT_BENCH" hold "127.0.0.1:$PORT" -c 500 -t 600 --json >"$WORK/hold.out" 2>&1 3>&- &
	BENCHES+=("$!")
	python3 "$BATS_TEST_DIRNAME/support/traffic.py" "$PORT" "$WORK/stop" >"$WORK/new.out" 2>&1 3>&- &
	NEW=$!
	SERVER_PIDS+=("${BENCHES[@]}" "$NEW")
	wait_until 20 live_are 510
}
live_are() { [ "$(curl -sS "http://127.0.0.1:$HTTP/metrics" | awk '/^cohort_connections\{/ { print $2 }')" -ge "$1" ]; }
# All of it went as if nothing else had been.
traffic_was_well() {
	touch "$WORK/stop"
	for bench in "${BENCHES[@]}"; do
		kill -TERM "$bench"
		wait_exit "$bench" 20
	done
	wait_exit "$NEW" 30
	cat "$WORK"/{echo,hold,new}.out
	[ "$(cat "$WORK"/{echo,hold}.out | jq '.failures.total' | tr '\n' ' ')" = "0 0 " ]
	[ "$(jq '.exchanges > 0 and .connected == 10' "$WORK/echo.out")" = true ]
	[ "$(jq '.connected' "$WORK/hold.out")" -eq 500 ]
	[ "$(awk '$1 == "connected" { print $2 }' "$WORK/new.out")" -gt 0 ]
	[ "$(awk '$1 == "connected" { print $2 }' "$WORK/new.out")" -eq "$(awk '$1 == "answered" { print $2 }' "$WORK/new.out")" ]
	[ "$(wc -l <"$WORK/new.out")" -eq 3 ]
}
admin_was_well() {
	wait_until 10 answers
	[ "$(admins)" = "$ADMIN" ]
	lines=$(wc -l <"$LOG")
	echo "the log has $lines lines"
	[ "$lines" -le "$1" ]
	# of the supervisor there is what it said at the start
	[ "$(grep -c " supervisor\[" "$LOG")" -le 4 ]
}
ticks_of() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }

@test "noise, huge lines, 10000 clients and forged orders: nobody else notices" {
	need python3 curl jq
	serve_administered
	traffic_begins
	rounds=$((COHORT_PATIENCE > 2 ? 40 : 100))
	timeout 200 python3 "$ABUSE" --seed 1 --rounds "$rounds" "$HTTP" "$WORK/control"
	traffic_was_well
	admin_was_well 30
	# an order that could have been one has its line
	log_has 'control: suspend service=../echo '
	run ! log_has 'draining|suspended|[0-9] workers after'
	[ "$(ticks_of "$SERVER")" -lt $(($(ticks_of "$ADMIN") + 20)) ]
}

@test "what slow and deaf clients cost the admin process is bounded, and given back" {
	need python3 curl jq
	measure_memory
	serve_administered
	traffic_begins
	play() { timeout 200 python3 "$ABUSE" --rounds 60 "$HTTP" "$WORK/control" deaf hasty; }
	play
	before=$(memory_of "$ADMIN")
	play
	play
	memory_grew_at_most 2048 "$ADMIN" "$before"
	echo "at most: $(grep VmHWM "/proc/$ADMIN/status")"
	traffic_was_well
	admin_was_well 20
}

# slow OPTION…: by slowhttptest, whatever it thinks of what it meets.
slow() {
	timeout 60 slowhttptest -c 200 -r 200 -l 4 -p 3 -u "http://127.0.0.1:$HTTP/metrics" "$@" 3>&- </dev/null |
		grep -o 'Test ended'
}

@test "slowhttptest: slow headers, bodies, readers and ranges, all at once" {
	need python3 curl jq slowhttptest
	serve_administered
	traffic_begins
	attacks=()
	for options in "-H -i 1" "-B -i 1" "-X -w 1 -y 64 -n 1 -z 5 -k 10" "-R"; do
		# shellcheck disable=SC2086
		slow $options >>"$WORK/slow.out" &
		attacks+=("$!")
	done
	until is_gone "${attacks[0]}" && is_gone "${attacks[2]}"; do
		wait_until 10 answers
	done
	for attack in "${attacks[@]}"; do
		wait_exit "$attack" 30
	done
	[ "$(wc -l <"$WORK/slow.out")" -eq 4 ]
	traffic_was_well
	admin_was_well 20
}
