#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What the benchmarks compute, on numbers that are known: a figure that is
# published is the one that it is called.

load support/common

setup() {
	common_setup
	need python3
}

# with_modules: run the standard input with the modules of the benchmarks.
with_modules() {
	{
		echo 'import sys; sys.dont_write_bytecode = True'
		echo 'import cases, figures, loads, summary'
		cat
	} >"$WORK/script.py"
	PYTHONPATH=$BATS_TEST_DIRNAME/../tools/bench:$BATS_TEST_DIRNAME/../tools/compare:$BATS_TEST_DIRNAME/support \
		timeout $((20 * COHORT_PATIENCE)) python3 "$WORK/script.py"
}

@test "a figure is the median of its rounds, a ratio that to the bare loop of the same round" {
	with_modules <<-END
		def row(cpu_us, rate, p99, p999):
		    return {"cpu_us": cpu_us, "rate": rate, "p99": p99, "p999": p999}

		found = summary.summarize([
		    {"bare": row(2, 100, 10, 40), "peer": row(3, 50, 5, 60)},
		    {"bare": row(4, 100, 10, 40), "peer": row(5, 80, 20, 20)},
		    {"bare": row(1, 100, 10, 40), "peer": row(4, 10, 40, 80)},
		])["peer"]
		# {key: (median, least, most)}
		expected = {
		    "cpu_us": (4, 3, 5), "rate": (50, 10, 80), "p99": (20, 5, 40), "p999": (60, 20, 80),
		    "cpu_ratio": (1.5, 1.25, 4), "rate_ratio": (0.5, 0.1, 0.8),
		    "p99_ratio": (2, 0.5, 4), "p999_ratio": (1.5, 0.5, 2),
		}
		for key, values in expected.items():
		    assert tuple(found[key][of] for of in ("median", "least", "most")) == values, (key, found[key])
	END
}

@test "the user's part of a figure is that of the ticks of all rounds" {
	with_modules <<-END
		rows = [{"cpu_us": 8.0, "user_ticks": 1, "system_ticks": 5}, {"cpu_us": 8.0, "user_ticks": 1, "system_ticks": 1}]
		found = summary.summarize([{"bare": row} for row in rows])["bare"]
		assert found["user_us"]["median"] == 2, found
	END
}

@test "a load costs what the server took from its begin until it rested" {
	with_modules <<-END
		from made_up_load import Client, Server, load

		server = Server()
		client = Client(load(1000, server_ns=5_000_000, seconds=0.5, client_seconds=0.4))
		row = loads.run(client, server, cases.parse("64x64-d4"))
		assert client.asked == [["echo", "-c", 64, "-s", "64", "-t", 1, "-d", 4]], client.asked
		assert row["cpu_us"] == 5 and row["per_cpu_second"] == 200_000, row
		assert row["rate"] == 2000 and row["client_share"] == 0.8, row
		assert (row["user_ticks"], row["system_ticks"]) == (1, 3), row
		assert row["p99"] == 99 and row["p999"] == 999, row
	END
}

@test "what opening many connections takes is none of the cost of an exchange" {
	with_modules <<-END
		from made_up_load import Client, Server, load

		client = Client(
		    load(1000, server_ns=4_000_000, seconds=1, client_seconds=0.25),
		    load(1000, server_ns=4_000_000, seconds=1, client_seconds=0.25),
		    load(1000, server_ns=4_000_000, seconds=1, client_seconds=0),
		)
		row = loads.run(client, Server(), cases.parse("1000x64"))
		assert row["cpu_us"] == 4 and row["client_share"] == 0.25, row
		assert (row["user_ticks"], row["system_ticks"]) == (1, 3), row
		# At a rate nothing is halted, and what cannot be told apart is no figure.
		row = loads.run(client, Server(), cases.parse("1000x64-open"), 1000)
		assert "cpu_us" not in row and "client_share" not in row and row["p99"] == 99, row
		# No share of a core that was not measured.
		row = loads.run(client, Server(), cases.parse("1000x64"))
		assert "client_share" not in row and row["cpu_us"] == 4, row
	END
}

@test "an open loop asks for half of the median of what the bare loop can do" {
	with_modules <<-END
		from made_up_load import Client, Server, load

		loaded = [load(count, server_ns=0, seconds=1, client_seconds=0) for count in (9000, 1000, 6000)]
		rate = loads.half_of_peak(Client(*loaded), Server(), cases.parse("64x64-open"))
		assert rate == 3000, rate
		client = Client(load(3000, server_ns=3_000_000, seconds=1, client_seconds=0))
		row = loads.run(client, Server(), cases.parse("64x64-open"), rate)
		assert client.asked[0][-2:] == ["--rate", 3000], client.asked
		assert row["cpu_us"] == 1 and "client_share" not in row, row
	END
}

@test "servers that take turns are in each place as often as the others, and not always after the same one" {
	with_modules <<-END
		from importlib import machinery, util

		loader = machinery.SourceFileLoader("services", "$BATS_TEST_DIRNAME/../tools/bench/services")
		services = util.module_from_spec(util.spec_from_loader("services", loader))
		loader.exec_module(services)
		names = ["bare", "cohort", "bare-again"]
		orders = [services.in_turn(names, number) for number in range(6)]
		for rounds in range(1, 7):
		    for place in range(3):
		        counts = [[order[place] for order in orders[:rounds]].count(name) for name in names]
		        assert max(counts) - min(counts) <= 1, (rounds, place, counts)
		assert sorted(map(tuple, orders)) == sorted(set(map(tuple, orders))), orders
	END
}

@test "the unevenness of a spread is the fullest over the mean" {
	with_modules <<-END
		for counts, ratio in ([4, 4, 4, 4], 1), ([8, 0], 2), ([0, 0, 0, 12], 4), ([1, 2, 3], 1.5), ([5], 1):
		    assert figures.most_over_mean(counts) == ratio, (counts, figures.most_over_mean(counts))
	END
}

@test "p99 is what one of a hundred takes at least" {
	with_modules <<-END
		for values, p99 in (range(100), 99), (range(999, -1, -1), 990), ([7], 7):
		    assert figures.p99(values) == p99, (values, figures.p99(values))
	END
}

@test "the curve's figures are of an exchange, and its ratios of a round" {
	with_modules <<-END
		assert figures.per_exchange((100, 50, 10, 7), (300, 450, 30, 57), 4) == (2, 2.1, 0.25, 50)
		assert figures.per_exchange((100, 50, 10, 7), (100, 450, 30, 57), 4) is None
		base = [(2, 10), (4, 20), (1, 30)]
		mine = [(3, 60), (5, 40), (4, 50)]
		assert figures.beside(mine, base) == ([4, 50], [1.25, 1.5, 4])
		assert figures.beside(base, base) == ([2, 20], [1, 1, 1])
	END
}

@test "peers that come with make bench-install take part in the bench that it is called with" {
	local top
	top=$(realpath "$BATS_TEST_DIRNAME/..")

	need make
	mkdir -p "$WORK/tools/bench"
	ln -s "$top/src" "$WORK"
	ln -s "$top"/tools/cohort* "$WORK/tools"
	ln -s "$top"/tools/bench/{peers,bare_epoll.c} "$WORK/tools/bench"
	sed "s#/usr/include/uv.h#$WORK/uv.h#" "$top/Makefile" >"$WORK/Makefile"
	printf '#!/bin/sh\nsleep 0.2; touch %q\n' "$WORK/uv.h" >"$WORK/tools/bench/install"
	printf '#!/bin/sh\necho it runs\n' >"$WORK/tools/bench/run"
	chmod +x "$WORK"/tools/bench/{install,run}
	# Nothing is compiled: who is asked to be is what counts.
	run -0 timeout $((60 * COHORT_PATIENCE)) env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -j4 -C "$WORK" \
		COHORT_BUILD="$WORK/build" CC=true AR=true PEERS=libuv bench-install bench 3>&-
	[[ $output == *" $WORK/build/bench/libuv"*"it runs"* ]]
}
