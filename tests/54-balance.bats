#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `balance adaptive`: connections are spread by what the workers have, and by how
# quickly they take them.

load support/common

LEDGER_SERVER=$COHORT_BUILD/tests/servers/ledger

# Its clients are answered with the pid of their worker.
serve_adaptive() { start_ready 1 "$LEDGER_SERVER" -l 127.0.0.1:0 -o 'balance adaptive;' "$@"; }

# client WORD…: the Python program of stdin, with what it begins with.
client() {
	need python3
	{
		cat <<-'END'
			import collections, json, os, signal, socket, subprocess, sys, time
			port, words = int(sys.argv[1]), sys.argv[2:]

			def open_one():
			    one = socket.create_connection(("127.0.0.1", port), timeout=60)
			    one.sendall(b"x\n")
			    return one

			def pid_of(one):
			    answer = b""
			    while not answer.endswith(b"\n"):
			        answer += one.recv(99) or sys.exit("the server has closed")
			    return int(answer.split()[0])

			# Not at once: until the weights follow, the kernel draws lots.
			def open_paced(count):
			    for _ in range(count):
			        yield open_one()
			        time.sleep(0.002)

			# Where the clients of one worker leave, those that come go.
			def check_gaps_are_filled(workers, count):
			    held = collections.defaultdict(list)
			    for one in open_paced(count):
			        held[pid_of(one)].append(one)
			    assert len(held) == workers, held.keys()
			    print({pid: len(ones) for pid, ones in held.items()})
			    poor = min(held)
			    gone = len(held[poor])
			    for one in held.pop(poor):
			        one.close()
			    came = list(open_paced(gone))
			    refill = collections.Counter(pid_of(one) for one in came)
			    print("of", gone, "that left, came back:", refill)
			    # At random it were a quarter; nobody gets more than three.
			    assert refill[poor] > 0.5 * gone
			    return came + sum(held.values(), [])
		END
		cat
	} >"$WORK/client.py"
	timeout $((120 * COHORT_PATIENCE)) python3 "$WORK/client.py" "$PORT" "$@"
}

@test "balance adaptive is a word of the configuration" {
	run -0 "$COHORT" -o 'balance adaptive;' -T
	grep -q '^ *balance *adaptive;' <<<"$output"
	run -78 "$COHORT" -o 'balance adaptiv;' -t
	[[ $output == *adaptive* ]]
	# One listener for all leaves nothing to choose.
	run -0 "$COHORT" -o 'balance adaptive; reuse_port off;' -T
	grep -q '^ *balance *shared;' <<<"$output"
}

@test "connections that stay are even, and those that come fill the gaps" {
	serve_adaptive -w 4 -o "control $WORK/control;"
	client "$COHORT_BUILD/cohortctl" "$WORK/control" <<-'END'
		kept = check_gaps_are_filled(4, 400)
		# Everybody's part is to be seen.
		rows = json.loads(subprocess.check_output([words[0], "-s", words[1], "--json", "workers"]))["workers"]
		print([row["share_percent"] for row in rows])
		assert 390 <= sum(row["share_percent"] for row in rows) <= 410
	END
}

@test "a worker's share is of what comes to all services" {
	configure <<-END
		workers 4;
		control $WORK/control;
		service one { listen 127.0.0.1:0; balance adaptive; }
		service two { listen 127.0.0.1:0; balance adaptive; }
		service other { listen 127.0.0.1:0; }
	END
	start_ready 3 "$LEDGER_SERVER" -c "$CONFIG"
	client "$COHORT_BUILD/cohortctl" "$WORK/control" "$(sed -n '2s/.*://p' "$READY")" <<-'END'
		def shares():
		    rows = json.loads(subprocess.check_output([words[0], "-s", words[1], "--json", "workers"]))["workers"]
		    return {row["pid"]: row["share_percent"] for row in rows}

		# Each has a worker with more of its clients than the others have.
		kept, busy = [], []
		for port in port, int(words[2]):
		    held = collections.defaultdict(list)
		    for one in open_paced(80):
		        held[pid_of(one)].append(one)
		    busy.append(sorted(held)[len(busy)])
		    for pid, ones in held.items():
		        for one in ones:
		            kept.append(one) if pid == busy[-1] else one.close()
		    pid_of(open_one())
		end = time.monotonic() + 60
		while max(shares()[pid] for pid in busy) >= 100:
		    print(shares(), busy)
		    assert time.monotonic() < end, "as if there were but one service"
		    time.sleep(0.1)
		assert 390 <= sum(shares().values()) <= 410
	END
}

@test "a worker that is stopped gets fewer, and its part when it goes on" {
	serve_adaptive -w 4 -o 'watchdog_steer off; watchdog_timeout off;'
	victim=$(workers | sed -n 2p)
	client "$victim" <<-'END'
		victim, ones = int(words[0]), []
		os.kill(victim, signal.SIGSTOP)
		try:
		    for one in open_paced(400):
		        ones.append(one)
		finally:
		    os.kill(victim, signal.SIGCONT)
		# At random it were a hundred.
		its = sum(pid_of(one) == victim for one in ones)
		print(its, "of 400 came to the stopped one")
		assert its <= 50
		for one in ones:
		    one.close()
		lately, end = collections.deque(maxlen=60), time.monotonic() + 60
		while sum(lately) < 9:
		    assert time.monotonic() < end, "it gets no more than before"
		    for one in open_paced(1):
		        lately.append(pid_of(one) == victim)
		        one.close()
	END
}

# Until then nobody's load would be looked at: its start may take long.
@test "a new worker is reckoned with from when it listens, not from when it is ready" {
	serve -w 2 -o 'balance adaptive; log stderr level=debug;'
	kill -TTIN "$SERVER"
	wait_until 10 log_has 'one worker more'
	line_of() { grep -n "$1" "$LOG" | head -n 1 | cut -d: -f1; }
	[ "$(line_of 'steer 3 listeners')" -lt "$(line_of 'slot 2: ready')" ]
}

@test "nothing is lost while workers die, are more, are fewer and are reloaded" {
	configure <<-'END'
		workers 3;
		service default { listen 127.0.0.1:0; balance adaptive; }
	END
	start_ready 1 "$LEDGER_SERVER" -c "$CONFIG"
	"$COHORT_BENCH" ledger "127.0.0.1:$PORT" --json -c 8 -t 600 >"$WORK/out" 3>&- &
	bench=$!
	SERVER_PIDS+=("$bench")
	for signal in HUP TTIN TTOU TTOU HUP; do
		before=$(workers)
		kill -"$signal" "$SERVER"
		wait_until 20 eval "! workers_are '$before'"
	done
	wait_until 20 worker_count_is 2
	victim=$(workers | head -n 1)
	kill -KILL "$victim"
	wait_until 20 eval "! grep -qx $victim <<<\"\$(workers)\" && worker_count_is 2"
	kill -TERM "$bench"
	wait_exit "$bench" 20
	cat "$WORK/out"
	for key in refused reset_before reset_after duplicated out_of_order corrupt hung other; do
		grep -q "\"$key\":0[,}]" "$WORK/out"
	done
}

@test "gaps are filled by a new build, and by a successor" {
	serve_adaptive -w 1
	end_server "$SERVER" # its port is free now
	cp "$LEDGER_SERVER" "$WORK/ledger"
	serve_here() { start_ready 1 "$WORK/ledger" -l "127.0.0.1:$PORT" -w 4 -o 'balance adaptive;'; }
	are_all_new() { worker_count_is 4 && [ -z "$(comm -12 <(sort <<<"$before") <(workers | sort))" ]; }
	fill() { client <<<'check_gaps_are_filled(4, 200)'; }
	serve_here
	before=$(workers)
	kill -USR2 "$SERVER"
	wait_until 20 log_has 'upgraded: generation'
	wait_until 20 are_all_new
	fill
	before=$(workers)
	kill -KILL "$SERVER"
	wait_until 20 is_gone "$SERVER"
	serve_here
	for pid in $before; do wait_until 20 is_gone "$pid"; done
	fill
}

@test "clients that wait for a suspended service are answered, and those after them fill gaps" {
	configure <<-'END'
		workers 4;
		service default { listen 127.0.0.1:0; balance adaptive; suspended on; }
	END
	start_ready 1 "$LEDGER_SERVER" -c "$CONFIG"
	client "$SERVER" "$CONFIG" <<-'END'
		waiting = list(open_paced(40))
		with open(words[1], "r+") as file:
		    text = file.read().replace(" suspended on;", "")
		    file.seek(0)
		    file.truncate()
		    file.write(text)
		os.kill(int(words[0]), signal.SIGHUP)
		for one in waiting:
		    pid_of(one)
		    one.close()
	END
	wait_until 20 log_has 'reloaded: generation 2'
	wait_until 20 worker_count_is 4
	client <<<'check_gaps_are_filled(4, 200)'
}
