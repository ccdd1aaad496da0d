# shellcheck shell=bash
# shellcheck disable=SC2034,SC2120,SC2119  # variables and defaults are for the tests
# SPDX-License-Identifier: MIT
# common.bash - what every .bats file starts from: a server on a free port,
# waiting with a bound, and a teardown that leaves nothing behind.

: "${COHORT_BUILD:=$BATS_TEST_DIRNAME/../build}"
: "${COHORT_WRAPPER:=}"
COHORT=$COHORT_BUILD/cohort
COHORT_BENCH=$COHORT_BUILD/cohort-bench
# Under valgrind everything takes longer: bounds are multiplied, never removed.
: "${COHORT_PATIENCE:=1}"

bats_require_minimum_version 1.5.0

# Run in `setup`.
common_setup() {
	WORK=$BATS_TEST_TMPDIR
	LOG=$WORK/log
	SERVER_PIDS=()
	PORT=
}

# Run in `teardown`: ends what the test started and shows the log if it
# failed.
common_teardown() {
	local pid
	for pid in "${SERVER_PIDS[@]}"; do
		end_server "$pid"
	done
	if [ "${BATS_TEST_COMPLETED:-}" != 1 ] && [ -s "$LOG" ]; then
		echo "--- the server's log:"
		tail -n 60 "$LOG"
	fi
}

setup() { common_setup; }
teardown() { common_teardown; }

# need TOOL…: skip with a reason if one is absent.
need() {
	local tool
	for tool in "$@"; do
		command -v "$tool" >/dev/null || skip "$tool is not installed"
	done
}

# wait_until SECONDS COMMAND…: poll every 20 ms until the command succeeds.
wait_until() {
	local end=$((SECONDS + $1 * COHORT_PATIENCE + 1))
	shift
	until "$@" >/dev/null 2>&1; do
		if [ "$SECONDS" -ge "$end" ]; then
			echo "gave up waiting for: $*"
			return 1
		fi
		sleep 0.02
	done
}

is_gone() { ! kill -0 "$1" 2>/dev/null || is_zombie "$1"; }
is_zombie() { grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null; }

# start PROGRAM ARG…: in the background, its log in $LOG, its pid in $SERVER.
start() {
	# shellcheck disable=SC2086  # the wrapper is a command with arguments
	$COHORT_WRAPPER "$@" 3>&- 2>>"$LOG" </dev/null &
	SERVER=$!
	SERVER_PIDS+=("$SERVER")
}

has_lines() { [ "$(wc -l <"$1")" -ge "$2" ]; }
is_up_or_gone() { has_lines "$1" "$2" || is_gone "$SERVER"; }

# start_ready LINES PROGRAM ARG…: start it and wait until it has reported that
# many addresses; $READY is the report, $PORT the port of its first line.
start_ready() {
	local lines=$1
	shift
	READY=$WORK/ready.${#SERVER_PIDS[@]}
	: >"$READY"
	exec 7>"$READY"
	start "$@" --ready-fd 7
	exec 7>&-
	wait_until 20 is_up_or_gone "$READY" "$lines"
	has_lines "$READY" "$lines" || {
		echo "the server ended before it was ready"
		return 1
	}
	PORT=$(sed -n '1s/.*://p' "$READY")
}

# serve ARG…: the server on a free port of 127.0.0.1 (beside -c the file
# names the addresses).
serve() {
	case " $* " in
	*" -c "* | *" -l "*) start_ready 1 "$COHORT" "$@" ;;
	*) start_ready 1 "$COHORT" -l 127.0.0.1:0 "$@" ;;
	esac
}

# measure_memory: before the servers whose memory is compared are started. What
# they free must be used again; the sanitizer would keep it for a while, and as
# much of it as would be a leak here. Other tests do without this.
measure_memory() {
	[ -z "$COHORT_WRAPPER" ] || skip "its memory is that of ${COHORT_WRAPPER%% *}"
	export ASAN_OPTIONS=${ASAN_OPTIONS:-}:quarantine_size_mb=0:thread_local_quarantine_size_kb=0
}

# memory_of PID: its own, in kB: without the pages of files and those that are
# shared, such as the scoreboard's.
memory_of() { awk '/^RssAnon/ { print $2 }' "/proc/$1/status"; }

# memory_grew_at_most KB PID BEFORE
memory_grew_at_most() {
	local after
	after=$(memory_of "$2")
	echo "memory of process $2: before $3 kB, after $after kB, may grow by $1 kB"
	[ $((after - $3)) -le "$1" ]
}

# configure: stdin becomes $CONFIG.
configure() {
	CONFIG=$WORK/cohort.conf
	cat >"$CONFIG"
}

# administer [DIRECTIVES]: serve with a control socket and HTTP on a free port,
# which is $HTTP.
administer() {
	configure <<-END
		workers 2;
		control $WORK/control;
		admin 127.0.0.1:0;
		${1:-}
		service echo { listen 127.0.0.1:0; }
	END
	serve -c "$CONFIG"
	HTTP=$(sed -n 's/.* admin: 127.0.0.1:\([0-9]*\) is served/\1/p' "$LOG" | tail -n 1)
}

# end_server PID: TERM, then KILL of it and of what it has forked.
end_server() {
	local pid=$1 children
	kill -0 "$pid" 2>/dev/null || return 0
	children=$(children_of "$pid")
	kill -TERM "$pid" 2>/dev/null || true
	kill -CONT "$pid" 2>/dev/null || true
	if ! wait_until 3 is_gone "$pid"; then
		kill -TERM "$pid" 2>/dev/null || true
		wait_until 3 is_gone "$pid" || kill -KILL "$pid" 2>/dev/null || true
	fi
	# shellcheck disable=SC2086
	[ -z "$children" ] || kill -KILL $children 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
}

is_traced() { grep -q '^TracerPid:.[1-9]' "/proc/$1/status"; }

# wait_exit PID SECONDS: wait for its end; its status is in $STATUS.
wait_exit() {
	wait_until "$2" is_gone "$1"
	STATUS=0
	wait "$1" || STATUS=$?
}

children_of() { tr -s ' ' '\n' <"/proc/$1/task/$1/children" 2>/dev/null | sed '/^$/d'; }

keeper() { for pid in $(children_of "$SERVER"); do [ "$(cat "/proc/$pid/comm")" != keeper ] || echo "$pid"; done; }

# admins: the pids of the admin processes.
admins() { for pid in $(children_of "$SERVER"); do [ "$(cat "/proc/$pid/comm" 2>/dev/null)" != admin ] || echo "$pid"; done; }

# workers: the pids of the server's workers, in the order of their slots (by
# the thread's name, which is right under valgrind too).
workers() {
	local pid name
	for pid in $(children_of "${1:-$SERVER}"); do
		read -r name 2>/dev/null <"/proc/$pid/comm" || continue
		[[ $name != "worker "* ]] || echo "${name#worker } $pid"
	done | sort -n | awk '{ print $NF }'
}
worker_count() { workers | wc -l; }
# workers_are PIDS: these and, once those that failed have ended, no others.
workers_are() { [ "$(workers)" = "$1" ]; }
worker_count_is() { [ "$(worker_count)" -eq "$1" ]; }

# say TEXT [PORT]: send TEXT, half-close, print everything that comes back.
say() { printf '%s' "$1" | timeout $((10 * COHORT_PATIENCE)) socat -t 5 - "TCP:127.0.0.1:${2:-$PORT}"; }

# hold: a client whose connection lives on; answered TEXT: it still does.
hold() {
	coproc CLIENT { timeout 60 socat - "TCP:127.0.0.1:$PORT"; }
	answered one
}
answered() {
	local line
	echo "$1" >&"${CLIENT[1]}"
	read -r -t 10 line <&"${CLIENT[0]}"
	[ "$line" = "$1" ]
}

log_has() { grep -qE -- "$1" "$LOG"; }
log_count() { grep -cE -- "$1" "$LOG"; }
