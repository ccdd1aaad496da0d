#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The ledger accounts for every exchange: what is lost is entered, under its
# right name, and nothing else is.

load support/common

LEDGER_SERVER=$COHORT_BUILD/tests/servers/ledger

serve_ledger() { start_ready 1 "$LEDGER_SERVER" -l 127.0.0.1:0 "$@"; }

# serve_faulty CASE: sets $PORT.
serve_faulty() {
	need python3
	: >"$WORK/port"
	start python3 "$BATS_TEST_DIRNAME/support/faulty.py" "$1" >"$WORK/port"
	wait_until 10 has_lines "$WORK/port" 1
	PORT=$(cat "$WORK/port")
}

# ledger ARG…: a run against $PORT; its status in $STATUS, the report in
# $REPORT, the events before it in $EVENTS.
ledger() {
	STATUS=0
	timeout $((60 * COHORT_PATIENCE)) "$COHORT_BENCH" ledger "127.0.0.1:$PORT" --json "$@" >"$WORK/out" || STATUS=$?
	read_report
}
read_report() {
	REPORT=$(tail -n 1 "$WORK/out")
	EVENTS=$(sed '$d' "$WORK/out")
	echo "status $STATUS: $REPORT"
}

# ledger_begins ARG…: the same in the background, until ledger_ends.
ledger_begins() {
	"$COHORT_BENCH" ledger "127.0.0.1:$PORT" --json -t 600 "$@" >"$WORK/out" 3>&- &
	BENCH=$!
	SERVER_PIDS+=("$BENCH")
}
ledger_ends() {
	kill -TERM "$BENCH"
	wait_exit "$BENCH" 20
	read_report
}

# clients_are N: so many connections to $PORT are established, or more.
clients_are() {
	[ "$(grep -c "$(printf ' [0-9A-F]*:%04X [0-9A-F]*:[0-9A-F]* 01 ' "$PORT")" /proc/net/tcp)" -ge "$1" ]
}

# count KEY: the number of an account.
count() { sed -nE "s/.*\"$1\":([0-9]+).*/\1/p" <<<"$REPORT"; }

# only KEY…: these accounts are not zero, all other losses are.
only() {
	local key
	for key in refused reset_before reset_after lost_killed drained raced duplicated out_of_order corrupt hung other; do
		case " $* " in
		*" $key "*) [ "$(count $key)" -gt 0 ] ;;
		*) [ "$(count $key)" -eq 0 ] ;;
		esac || {
			echo "$key: $(count $key)"
			return 1
		}
	done
}

# faulty CASE KEY ARG…: such a server makes the run fail, under that name.
faulty() {
	serve_faulty "$1"
	ledger -c 4 -t 1 "${@:3}"
	[ "$STATUS" -eq 1 ]
	only "$2"
}

@test "a clean run exits 0 and has counted exchanges of both kinds of client" {
	serve_ledger -w 3
	ledger -c 20 -t 2
	[ "$STATUS" -eq 0 ]
	only
	[ "$(count exchanges)" -gt 0 ]
	# Half of the clients connect for each exchange.
	[ "$(count tried)" -gt 20 ]
	[ "$(count tried)" -lt "$(count exchanges)" ]
	[ "$(count connected)" -eq "$(count tried)" ]
	[ "$(count workers_seen)" -le 3 ]
}

@test "the table names every account" {
	serve_ledger -w 1
	run -0 --separate-stderr timeout 20 "$COHORT_BENCH" ledger "127.0.0.1:$PORT" -t 0.3 --short 100
	for label in 'connects tried' connected 'exchanges done' refused 'reset before first reply' 'reset after' \
		'lost with killed worker' drained raced duplicated 'out of order' corrupt hung 'other errors' \
		'workers seen' 'longest gap ms'; do
		[[ $output =~ "  $label "\ +[0-9] ]]
	done
}

@test "workers killed under load cost what their own clients had there, and nothing else" {
	serve_ledger -w 3
	ledger_begins -c 60 --allow-unknown 60 --events
	first=
	for _ in {1..5}; do
		# The long-lived ones are all there (again).
		wait_until 20 clients_are 30
		victim=$(workers | tail -n 1)
		: "${first:=$victim}"
		kill -KILL "$victim"
		wait_until 10 is_gone "$victim"
		wait_until 10 worker_count_is 3
	done
	wait_until 20 clients_are 30
	ledger_ends
	[ "$STATUS" -eq 0 ]
	[ "$(count reset_before)" -le 60 ]
	# How many had been accepted and not greeted is a matter of luck.
	REPORT=${REPORT/\"reset_before\":+([0-9])/\"reset_before\":0}
	only lost_killed
	[ "$(count workers_seen)" -ge 4 ]
	# Each loss has been told when it was known, with the pid of the dead.
	[ "$(grep -c '^EVENT [0-9]* lost_killed [0-9]* ' <<<"$EVENTS")" -eq "$(count lost_killed)" ]
	[ "$(grep -c " $first " <<<"$EVENTS")" -gt 0 ]
}

@test "a worker that leaves by itself with open connections counts as killed" {
	serve_ledger -w 1
	ledger_begins -c 10 --short 0
	wait_until 20 clients_are 10
	victim=$(workers)
	say $'!exit 0\n' >/dev/null || true
	wait_until 10 is_gone "$victim"
	wait_until 20 clients_are 10
	ledger_ends
	only lost_killed
	[ "$(count lost_killed)" -eq 10 ]
}

@test "where nobody is killed, a worker that closes and is gone counts as one that drained" {
	start_ready 1 "$COHORT_BUILD/tests/servers/http" -l 127.0.0.1:0 -w 1
	ledger_begins -c 10 --short 0 --http --orderly
	wait_until 20 clients_are 10
	victim=$(workers)
	kill -KILL "$victim"
	wait_until 10 is_gone "$victim"
	wait_until 20 clients_are 10
	ledger_ends
	[ "$(count lost_killed)" -eq 0 ]
	[ "$(count drained)" -gt 0 ]
}

@test "a server of HTTP that drains answers once more or closes between two requests" {
	start_ready 1 "$COHORT_BUILD/tests/servers/http" -l 127.0.0.1:0 -w 2
	ledger_begins -c 20 --http --orderly
	wait_until 20 clients_are 10
	kill -HUP "$SERVER"
	wait_until 20 log_has 'reloaded: generation'
	wait_until 20 worker_count_is 2
	ledger_ends
	[ "$STATUS" -eq 0 ]
	[ "$(count workers_seen)" -gt 2 ]
	[ $(($(count drained) + $(count raced))) -gt 0 ]
}

@test "workers that drain close idle clients in good order: drained, not lost" {
	serve_ledger -w 2
	ledger_begins -c 20 --short 0
	wait_until 20 clients_are 20
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 20
	ledger_ends
	[ "$STATUS" -eq 1 ] # nobody listens any more
	[ "$(count drained)" -gt 0 ]
	[ $(($(count drained) + $(count raced))) -ge 20 ]
	[ "$(count lost_killed)" -eq 0 ]
	[ "$(count reset_after)" -eq 0 ]
}

@test "a server that answers twice is found out" {
	faulty twice duplicated
	[ "$(count exchanges)" -gt 0 ]
}

@test "a server that answers with another token is found out" {
	faulty wrong out_of_order --events
	grep -qE '^EVENT [0-9]{13} out_of_order [0-9]+ [0-9]+ c[0-3]-e[0-9]+$' <<<"$EVENTS"
}

@test "a server that never answers is found out" {
	faulty never hung -T 0.3 --events
	grep -qE '^EVENT [0-9]{13} hung [0-9]+ [0-9]{3,} c[0-3]-e[0-9]+$' <<<"$EVENTS"
	grep -qE '^GAP [0-9]{13} [0-9]{3,}$' <<<"$EVENTS"
}

@test "a server that talks nonsense is found out" {
	faulty garbage corrupt
	faulty endless corrupt
	faulty stranger corrupt
}

@test "a living server that closes or resets a greeted client is found out" {
	faulty close reset_after
	faulty reset reset_after
}

@test "a server that closes before it greets is found out, unless that is allowed" {
	faulty silent reset_before
	# The client tells what it is: of at least one exchange nothing came.
	ledger -c 1 -t 0.2 --allow-unknown 1000000
	[ "$STATUS" -eq 1 ]
	[ "$(count exchanges)" -eq 0 ]
}

@test "nobody listens: refused" {
	serve_ledger -w 1
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 20
	ledger -c 4 -t 0.5
	[ "$STATUS" -eq 1 ]
	only refused
}

@test "through HTTP the same is counted" {
	serve_faulty http
	ledger --http -c 10 -t 1
	[ "$STATUS" -eq 0 ]
	only
	[ "$(count exchanges)" -gt 0 ]
	[ "$(count workers_seen)" -eq 1 ]
}

@test "clients that pause after connect are not counted as waiting" {
	serve_ledger -w 2
	ledger -c 4 -t 2 --pause 700 --short 100
	[ "$STATUS" -eq 0 ]
	only
	# Two exchanges each, one more that the end lets go on at once.
	[ "$(count exchanges)" -ge 4 ]
	[ "$(count exchanges)" -le 12 ]
	[ "$(count median_wait_ms)" -lt 700 ]
}

@test "a paced client does not do more than its rate, an unpaced one does" {
	serve_ledger -w 1
	ledger -c 2 -t 1 --rate 10 --short 0
	[ "$(count exchanges)" -le 24 ]
	ledger -c 2 -t 1 --rate 0 --short 50
	[ "$STATUS" -eq 0 ]
	[ "$(count exchanges)" -gt 100 ]
}

@test "TERM ends the run as if the time were up" {
	serve_ledger -w 1
	ledger_begins -c 10
	wait_until 20 clients_are 5
	ledger_ends
	[ "$STATUS" -eq 0 ]
	only
	[[ $REPORT == *'"interrupted":true'* ]]
}

@test "the ledger's server: too long a line ends the connection, ! makes it crash or spin" {
	serve_ledger -w 2
	run -0 say $'hello\n'
	[[ $output =~ ^[0-9]+$'\n'[0-9]+' hello'$ ]]
	run say "$(printf '%0200d' 1)"$'\n'
	[[ ! $output =~ 0001 ]]
	victim=$(say $'!crash 11\n' | head -n 1)
	wait_until 10 is_gone "$victim"
	wait_until 10 worker_count_is 2
	log_has "$victim.*SIGSEGV"
	(say $'!spin\n' >"$WORK/spins" 3>&- || true) &
	wait_until 10 has_lines "$WORK/spins" 1
	victim=$(head -n 1 "$WORK/spins")
	wait_until 20 grep -q '^State:.R' "/proc/$victim/status"
	kill -KILL "$victim"
}

@test "the help names the mode and its options" {
	run -0 "$COHORT_BENCH" -h
	[[ $output == *'  ledger '* ]]
	for option in '-T, --hang' --http --short --pause --rate --allow-unknown --orderly --events; do
		[[ $output == *"$option"* ]]
	done
	run -2 "$COHORT_BENCH" ledger 127.0.0.1:1 -d 2
	run -2 "$COHORT_BENCH" echo 127.0.0.1:1 --http
}
