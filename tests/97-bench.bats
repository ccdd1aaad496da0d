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

# children_of PID: sets $children; is there one?
children_of() {
	read -r -a children <"/proc/$1/task/$1/children" || true # it ends without a newline
	[ "${#children[@]}" -gt 0 ]
}

# is_stopping PID: its server has a child that is stopped; sets $server, too.
is_stopping() {
	local child

	children_of "$1" && server=${children[0]} && children_of "$server" || return 1
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
