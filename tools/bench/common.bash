# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # variables are for, and of, who reads this
# SPDX-License-Identifier: MIT
# common.bash - what the benchmarks share: two cores, servers that are started
# and ended, the CPU that they take, and the median of the rounds.

rounds=${ROUNDS:-5}
seconds_each=${SECONDS_EACH:-3}

# usable_cores: those that we may use, one a line.
usable_cores() {
	local range ranges

	ranges=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)
	for range in ${ranges//,/ }; do
		seq "${range%-*}" "${range#*-}"
	done
}

# The first for the server, the next for its client.
{ read -r server_core && read -r client_core; } < <(usable_cores) || true

die() {
	printf 'bench: %s\n' "$*" >&2
	exit 1
}

# begin PROGRAM...: are they there, and enough cores?
begin() {
	local program

	for program in "$@"; do
		[ -x "$program" ] || die "$program: no such program; run make first"
	done
	[ -n "$client_core" ] || die "two cores are needed"
}

work=$(mktemp -d)
pids=()
cleanup() {
	local pid

	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null || true
	done
	wait
	rm -rf "$work"
}
trap cleanup EXIT

# wait_line FILE: print its first line as soon as it is whole.
wait_line() {
	local line i

	for ((i = 0; i < 500; i++)); do
		if read -r line <"$1"; then
			printf '%s\n' "$line"
			return 0
		fi
		sleep 0.02
	done 2>/dev/null
	return 1
}

# start_cohort PROTOCOL: sets $cohort_pid and $cohort_address.
start_cohort() {
	rm -f "$work/cohort.ready"
	taskset -c "$server_core" "$cohort" -w 1 -l 127.0.0.1:0 -p "$1" \
		-o 'log stderr level=warning;' --ready-fd 3 \
		3>"$work/cohort.ready" &
	cohort_pid=$!
	pids+=("$cohort_pid")
	cohort_address=$(wait_line "$work/cohort.ready") ||
		die "$cohort did not start"
	cohort_address=${cohort_address#* }
}

# servers_of PID: the processes that move bytes: the workers of a cohort, or
# the process itself.
servers_of() {
	local pid title children workers=()

	# The list does not end in a newline, which read takes for a failure.
	read -r -a children <"/proc/$1/task/$1/children" || true
	for pid in "${children[@]}"; do
		title=$(tr '\0' ' ' <"/proc/$pid/cmdline")
		case $title in
		"cohort: worker"*) workers+=("$pid") ;;
		esac
	done
	echo "${workers[@]:-$1}"
}

# cpu_of PID...: "USER SYSTEM" of all of them, in clock ticks.
cpu_of() {
	local pid stat user=0 system=0 fields

	for pid in "$@"; do
		stat=$(<"/proc/$pid/stat")
		# The name, in parentheses, may hold anything.
		read -r -a fields <<<"${stat##*) }"
		user=$((user + fields[11]))
		system=$((system + fields[12]))
	done
	echo "$user $system"
}

# median_of FILE WORDS: "WORDS MEDIAN (LEAST to MOST)" of the numbers in it.
median_of() {
	sort -n "$1" | awk -v words="$2" '
		{ value[NR] = $1 }
		END {
			middle = NR % 2 ? value[(NR + 1) / 2] : \
				(value[NR / 2] + value[NR / 2 + 1]) / 2
			printf "%s %.3f (%.3f to %.3f)\n", words, middle,
				value[1], value[NR]
		}'
}
