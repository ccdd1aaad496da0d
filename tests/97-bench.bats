#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bats file_tags=alone
# The short form of `make bench`: every peer that is here really echoes, the
# report is whole, and whoever does not echo fails the run. No figure is judged.

load support/common

setup() {
	common_setup
	[ -z "$COHORT_WRAPPER" ] || skip "too slow under $COHORT_WRAPPER"
	need python3 jq
	[ "$(nproc)" -ge 2 ] || skip "two cores are needed"
	RESULTS=$WORK/results
	mkdir "$WORK/tmp"
	export RESULTS ROUNDS=1 SECONDS_EACH=0.1 TMPDIR=$WORK/tmp
}

# compare CASES PEERS: sets $status and $output.
compare() {
	CASES=$1 PEERS=$2 run timeout $((100 * COHORT_PATIENCE)) "$BATS_TEST_DIRNAME/../tools/bench/run" "$COHORT_BUILD" 3>&-
	echo "$output"
}

# holds FILTER: of the JSON, by jq.
holds() { jq -e "$1" "$RESULTS/results.json" >/dev/null || { echo "not so: $1"; return 1; }; }

# with_modules: run the standard input with the modules of the benchmark.
with_modules() {
	{
		echo 'import sys; sys.dont_write_bytecode = True'
		echo 'import cases, plot, processes, servers, summary'
		cat
	} >"$WORK/script.py"
	PYTHONPATH=$BATS_TEST_DIRNAME/../tools/bench:$BATS_TEST_DIRNAME/../tools/compare \
		timeout $((20 * COHORT_PATIENCE)) python3 "$WORK/script.py"
}

@test "every peer of the benchmark that is here echoes, and the plot is drawn" {
	need gnuplot
	compare 4x64 ''
	[ "$status" -eq 0 ]
	holds '.is_complete and .rounds == 1 and (.machine.kernel | length > 0)'
	holds '[.peers[] | select(.left_out | not) | .name] | index("bare") == 0 and index("cohort") == 1 and index("asyncio") > 0'
	holds '.peers[-1].name == "bare-again"'
	holds '. as $all | [.peers[] | select(.left_out | not) | .name] | all(. as $peer |
		$all.cases[0].rounds[0][$peer] | .rate > 0 and .exchanges > 0 and .cpu_us > 0 and .p50 > 0 and .p99 >= .p50
			and .p999 >= .p99 and .client_share > 0 and (has("rss_bytes") | not))'
	# Of what CI installs nobody is missing; not these compilers.
	if [ -n "${COHORT_CI:-}" ]; then
		holds '[.peers[] | select(.left_out) | .name] - ["tokio", "go"] == []'
	fi
	# Built with the rest, where the library is.
	if [ -e /usr/include/uv.h ] && [ -e "$COHORT_BUILD/libcohort.so" ]; then
		holds '.cases[0].summary.libuv.cpu_ratio.median > 0'
	fi
	python3 -c 'import sys, xml.etree.ElementTree as x; assert len(list(x.parse(sys.argv[1]).iter())) > 50' "$RESULTS/results.svg"
	grep -qF '| 4 × 64 B | 1.00 |' "$RESULTS/results.md"
}

@test "every kind of case of the benchmark is measured" {
	compare 2x1k-d4,1x64-spin,2x64-open,churn-2,idle-20,life,1000x64 bare,cohort
	[ "$status" -eq 0 ]
	holds '[.cases[].kind] == ["echo", "echo", "echo", "churn", "idle", "life", "echo"]'
	holds '[.peers[].name] == ["bare", "cohort"]'
	holds '.cases[0].summary.cohort | .cpu_ratio.median > 0 and .rate_ratio.median > 0'
	holds '[.cases[1, 2].rounds[0].cohort | has("client_share")] == [false, false]'
	holds '.cases[2] | .rate_wanted > 0 and (.rounds[0].cohort | .is_rate_kept == false or .p999 > 0)'
	holds '.cases[3].summary.cohort.per_cpu_second.median > 0'
	holds '.cases[4].rounds[0].cohort | .rss_bytes > 0 and has("rss_each")'
	holds '.cases[5].summary.cohort | .start_ms.median > 0 and .respawn_ms.median > 0 and .reload_ms.median > 0'
	holds '.cases[5].summary.bare | .start_ms.median > 0 and (has("respawn_ms") | not)'
	# Of many connections what it takes is counted between opening and closing.
	holds '.cases[6].rounds[0][] | .cpu_us > 0 and .client_share > 0'
	[ -z "$(ls "$TMPDIR")" ]
}

@test "a peer of the benchmark that corrupts, dies or does not start fails the run" {
	local ill="$BATS_TEST_DIRNAME/support/ill_peer.py"

	compare 1x64 "ill=python3 $ill corrupt"
	[ "$status" -eq 1 ]
	[[ "$output" == *"bench: ill failed under its load: corrupt 1"* ]]
	compare 1x64 "ill=python3 $ill die"
	[ "$status" -eq 1 ]
	[[ "$output" == *"bench: ill has ended, status 3"* ]]
	compare 1x64 "ill=python3 $ill mute"
	[ "$status" -eq 1 ]
	[[ "$output" == *"bench: ill printed no port"* ]]
}

@test "a peer of the benchmark that neither prints its port nor ends is given up" {
	with_modules <<-END
		processes.PATIENCE_SECONDS = 0.2
		peer = servers.Own("ill", "python3 $BATS_TEST_DIRNAME/support/ill_peer.py silent")
		try:
		    peer.start(None, "$WORK", 0)
		except RuntimeError as error:
		    assert "ill printed no port, but ''" in str(error), error
		else:
		    assert False, "it has started"
	END
}

@test "the benchmark has no figure where a rate was not kept in every round" {
	with_modules <<-END
		kept = {"rate": 9, "p50": 10, "p99": 20, "p999": 30, "cpu_us": 5.0}
		slow = {"is_rate_kept": False, "rate_wanted": 9, "rate": 4}
		rounds = [{"bare": kept, "peer": slow if number else kept} for number in range(5)]
		case = cases.parse("64x64-open")
		done = vars(case) | {"words": case.words(), "summary": summary.summarize(rounds)}
		peers = [{"name": name, "label": name} for name in ("bare", "peer")]
		report = summary.markdown_of({"peers": peers, "cases": [done]}, True)
		assert "| 30 | not kept (1/5) |" in report, report
		assert "| 1.00 | not kept (1/5) |" in report, report
		values = plot.latencies({"peers": peers, "cases": [done]})
		assert set(map(str, (group["peer"] for group in values.values()))) == {"not kept (1/5)"}, values
	END
}

@test "the bare loop serves others while one client does not read, and loses nothing" {
	timeout $((20 * COHORT_PATIENCE)) python3 "$BATS_TEST_DIRNAME/support/stalling_client.py" "$COHORT_BUILD/bench/bare-epoll"
}

@test "how evenly connections are spread is measured, of every balance" {
	RATE=6000 SECONDS_EACH=0.04 WORKERS=2 SERVERS='cohort, hash;cohort, adaptive' run timeout $((60 * COHORT_PATIENCE)) \
		"$BATS_TEST_DIRNAME/../tools/bench/balance" "$COHORT_BUILD" 3>&-
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(grep -cE '^\| cohort, adaptive \|( [0-9.]+ \([0-9.]+–[0-9.]+\) \|){1,3}$' <<<"$output")" -eq 3 ]
	[ -z "$(ls "$TMPDIR")" ]
}

# has_children PID: sets $children; is there one?
has_children() {
	mapfile -t children < <(children_of "$1")
	[ "${#children[@]}" -gt 0 ]
}

# is_stopping PID: its server has a child that is stopped; sets $server, too.
is_stopping() {
	local child

	has_children "$1" && server=${children[0]} && has_children "$server" || return 1
	for child in "${children[@]}"; do
		! grep -q '^State:.T' "/proc/$child/status" || return 0
	done
	return 1
}

@test "a comparison of balances that is told to end leaves no process, none stopped" {
	local server children pid

	CASES=stopped SECONDS_EACH=30 WORKERS=2 SERVERS='cohort, hash' \
		"$BATS_TEST_DIRNAME/../tools/bench/balance" "$COHORT_BUILD" >"$WORK/balance.log" 2>&1 3>&- &
	pid=$!
	SERVER_PIDS+=("$pid")
	wait_until 20 is_stopping "$pid"
	kill -TERM "$pid"
	wait "$pid" || true
	SERVER_PIDS=()
	grep -qF 'ended by SIGTERM' "$WORK/balance.log"
	for pid in "$server" "${children[@]}"; do
		wait_until 20 is_gone "$pid"
	done
	[ -z "$(ls "$TMPDIR")" ]
}

are_gone() {
	local pid
	for pid in "$@"; do
		is_gone "$pid" || return 1
	done
}

# has_cohort PID: a child of it has workers; sets $supervisor and its $children.
has_cohort() {
	for supervisor in $(children_of "$1"); do
		[ -z "$(workers "$supervisor")" ] || { has_children "$supervisor" && return; }
	done
	return 1
}

@test "a supervisor that dies in the benchmark leaves no worker to the next run" {
	local supervisor children pid

	CASES=1x64 PEERS=cohort SECONDS_EACH=60 "$BATS_TEST_DIRNAME/../tools/bench/run" "$COHORT_BUILD" >"$WORK/run.log" 2>&1 3>&- &
	pid=$!
	SERVER_PIDS+=("$pid")
	wait_until $((20 * COHORT_PATIENCE)) has_cohort "$pid"
	kill -KILL "$supervisor"
	kill -TERM "$pid"
	wait_exit "$pid" $((20 * COHORT_PATIENCE))
	[ "$STATUS" -eq 1 ]
	SERVER_PIDS=()
	are_gone "${children[@]}"
	[ -z "$(ls "$TMPDIR")" ]
}

@test "the bench of the chat room that is told to end, or killed, leaves nothing" {
	local signal pid child children started

	# is_telling PID: its servers and its clients are there; sets $started.
	is_telling() {
		has_children "$1" && [ "${#children[@]}" -ge 4 ] || return 1
		started=("${children[@]}")
		for child in "${children[@]}"; do
			mapfile -t -O "${#started[@]}" started < <(children_of "$child")
		done
	}
	for signal in TERM KILL; do
		MEMBERS=50 ROUNDS=900000 "$BATS_TEST_DIRNAME/../tools/bench/chat" "$COHORT_BUILD/examples/chat" \
			"$COHORT_BUILD/bench/bare-send" >"$WORK/chat.log" 2>&1 3>&- &
		pid=$!
		SERVER_PIDS+=("$pid")
		wait_until $((20 * COHORT_PATIENCE)) is_telling "$pid"
		kill "-$signal" "$pid"
		wait_exit "$pid" $((20 * COHORT_PATIENCE))
		SERVER_PIDS=()
		wait_until $((20 * COHORT_PATIENCE)) are_gone "${started[@]}"
	done
}

@test "services in bulk are measured beside a bare loop, which takes part twice" {
	CASES=echo-1,discard-64,chargen-64 ROUNDS=2 SECONDS_EACH=0.05 run timeout $((60 * COHORT_PATIENCE)) \
		"$BATS_TEST_DIRNAME/../tools/bench/services" "$COHORT_BUILD" 3>&-
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(grep -cE '^(echo-1|discard-64|chargen-64) +[12] (bare|cohort|bare-again) ' <<<"$output")" -eq 18 ]
	[ "$(grep -cE 'to bare: cohort [0-9.]+ \([0-9.]+ to [0-9.]+\), bare-again [0-9.]+ \(' <<<"$output")" -eq 6 ]
	[ "$(grep -cE "the client's core: +bare [0-9]+%, cohort [0-9]+%, bare-again" <<<"$output")" -eq 3 ]
	[ -z "$(ls "$TMPDIR")" ]
}

@test "the bench of services that is killed leaves no server" {
	local supervisor children started pid

	CASES=chargen-1 SECONDS_EACH=60 "$BATS_TEST_DIRNAME/../tools/bench/services" "$COHORT_BUILD" >"$WORK/log" 2>&1 3>&- &
	pid=$!
	SERVER_PIDS+=("$pid")
	wait_until $((20 * COHORT_PATIENCE)) has_cohort "$pid"
	mapfile -t started < <(children_of "$pid")
	kill -KILL "$pid"
	wait_until $((20 * COHORT_PATIENCE)) are_gone "${started[@]}" "${children[@]}"
	SERVER_PIDS=()
}

@test "a comparison of balances refuses what it does not know" {
	SERVERS='cohort, hush' run timeout 20 "$BATS_TEST_DIRNAME/../tools/bench/balance" "$COHORT_BUILD"
	[ "$status" -eq 1 ]
	[[ "$output" == *"SERVERS: cohort, hush is none of: cohort, hash;"* ]]
	CASES=stop run timeout 20 "$BATS_TEST_DIRNAME/../tools/bench/balance" "$COHORT_BUILD"
	[ "$status" -eq 1 ]
	[[ "$output" == *"CASES: stop is none of: spread,busy,stopped"* ]]
}

@test "the benchmark refuses what it does not know" {
	compare 1x64x2 bare
	[ "$status" -eq 1 ]
	[[ "$output" == *"1x64x2: no such case"* ]]
	compare 1x64 nobody
	[ "$status" -eq 1 ]
	[[ "$output" == *"nobody: no such peer"* ]]
	ROUNDS=none compare 1x64 bare
	[ "$status" -eq 1 ]
	[[ "$output" == *"ROUNDS=none is not"* ]]
}

@test "the benchmarks refuse settings that mean nothing, before they begin" {
	local tools="$BATS_TEST_DIRNAME/../tools/bench" program setting words

	# PROGRAM SETTING WHAT-IT-SAYS
	while read -r program setting words; do
		echo "$program $setting: $words"
		run timeout $((20 * COHORT_PATIENCE)) env "$setting" "$tools/$program" "$COHORT_BUILD" 3>&-
		echo "$output"
		[ "$status" -eq 1 ]
		[ "$output" = "bench: $words" ]
	done <<-END
		run ROUNDS=2.7 ROUNDS=2.7 is not a whole number above 0
		run CASES=1x64,0x64 0x64: no connections
		services CASES=echo-2 CASES: echo-2 is none of: echo-1,echo-64,discard-1,discard-64,chargen-1,chargen-64
		balance ROUNDS=0 ROUNDS=0 is not a whole number above 0
		balance RATE=2 RATE=2 is not a whole number of 4 or more
	END
	run -2 timeout $((20 * COHORT_PATIENCE)) "$tools/scale" "$COHORT_BUILD" --rounds 0
	[[ "$output" == *"argument --rounds: invalid positive whole number value: '0'" ]]
	run -2 timeout $((20 * COHORT_PATIENCE)) "$tools/million" "$COHORT_BUILD" --connections 0
	[[ "$output" == *"argument --connections: invalid positive whole number value: '0'" ]]
	with_modules <<-END
		import settings
		def refused(act, *words):
		    try:
		        act(*words)
		    except ValueError:
		        return True
		    return False
		for name in ("64x0", "64x0k", "64x64-d0", "64x64-d65537", "64x1025m", "0x64", "idle-0", "churn-0"):
		    assert refused(cases.parse, name), name
		for word in ("0", "-1", "x", "2.7", "1e9", "99999999"):
		    assert refused(settings.positive, {"ROUNDS": word}, "ROUNDS", 5), word
		for word in ("0", "-1", "x", "nan", "inf"):
		    assert refused(settings.positive, {"SECONDS": word}, "SECONDS", 1.0), word
		assert refused(settings.positive, {"RATE": "3"}, "RATE", 5, 4)
		assert settings.positive({"RATE": "4"}, "RATE", 5, 4) == 4
		assert settings.positive({}, "ROUNDS", 5) == 5
		assert settings.argument(1)("1000000") == 1000000
	END
}

@test "the benchmark refuses more connections than it may have, before it begins" {
	compare 1x64,2000000x64 bare
	[ "$status" -eq 1 ]
	[[ "$output" == *"2000000x64: 2000000 connections, but a process may have "*" descriptors here"* ]]
	[[ "$output" != *rate/s* ]]
}

@test "a run of the benchmark that fails leaves no report of another" {
	mkdir "$RESULTS"
	touch "$RESULTS"/results.{json,md,svg}
	compare 1x64 "ill=python3 $BATS_TEST_DIRNAME/support/ill_peer.py mute"
	[ "$status" -eq 1 ]
	[ -z "$(ls "$RESULTS")" ]
}
