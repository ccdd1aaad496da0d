#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What others do to the server's listeners is seen and mended.

load support/common

listeners() { timeout 60 python3 "$BATS_TEST_DIRNAME/support/listeners.py" "$@"; }

# With three places, one of them a stranger's, thirty clients would all pass it
# by once in 190 000 times.
thirty_are_served() {
	local i
	for i in {1..30}; do
		[ "$(say "client $i")" = "client $i" ] || return 1
	done
}

# told: who has joined; $inode is the last one's.
told() {
	read -r -t 10 -a inodes <&"${STRANGER[0]}"
	inode=${inodes[-1]}
	[ "$inode" -gt 0 ]
}

# join [HOW [PORT…]]
join() {
	local how=${1:-join}
	shift || true
	coproc STRANGER { listeners "$how" 127.0.0.1 "${@:-$PORT}"; }
	stranger=$STRANGER_PID
	told
}

# grow_to N: by one more worker, whose slot is N.
grow_to() {
	kill -TTIN "$SERVER"
	wait_until 10 log_has "slot $1: .* -> serving"
}

# More strangers than there are places for, around two workers.
serve_in_a_crowd() {
	serve -w 2 -o 'log stderr level=debug;'
	join many 66 "$PORT"
	wait_until 10 log_has 'more sockets that are not ours'
}

leave() {
	eval "exec ${STRANGER[1]}>&-"
	wait "$stranger"
}

@test "a listener that joins the group from outside is reported and steered around" {
	need python3 socat
	serve -w 2
	join
	wait_until 10 log_has "not ours listens there .inode $inode"
	thirty_are_served
	kill -KILL "$(workers | head -n 1)"
	wait_until 10 worker_count_is 2
	thirty_are_served
	leave
	wait_until 10 log_has ".inode $inode. listens no more"
	thirty_are_served
}

@test "listeners that are not in the group hide none that is" {
	need python3 socat
	serve -w 2
	join beside
	wait_until 10 log_has "not ours listens there .inode $inode"
	[ "$(log_count 'not ours listens there')" -eq 1 ]
	leave
	wait_until 10 log_has ".inode $inode. listens no more"
	thirty_are_served
}

@test "a crowd in one group hides nobody in another, and is reported once" {
	need python3 socat
	local service ports each
	configure < <(
		echo 'workers 2; log stderr level=debug;'
		for service in {a..h}; do
			echo "service $service { listen 127.0.0.1:0; }"
		done
	)
	start_ready 8 "$COHORT" -c "$CONFIG"
	mapfile -t ports < <(sed 's/.*://' "$READY")
	join crowd "${ports[@]}"
	for each in "${inodes[@]:2}"; do
		wait_until 10 log_has "not ours listens there .inode $each"
	done
	for PORT in "${ports[@]:0:2}"; do
		thirty_are_served
	done
	log_has "${ports[0]}: [0-9]+ more sockets that are not ours"
	# Behind so many no index is known: it would be one of theirs.
	grow_to 2
	PORT=${ports[0]}
	thirty_are_served
	# Another round has nothing to say of the first.
	echo one more >&"${STRANGER[1]}"
	told
	wait_until 10 log_has "not ours listens there .inode $inode"
	[ "$(log_count 'more sockets that are not ours')" -eq 1 ]
	[ "$(log_count "${ports[0]}: a socket that is not ours")" -eq 64 ]
	leave
	wait_until 10 log_has ".inode $inode. listens no more"
	thirty_are_served
}

@test "where all others are full, who joined behind a crowd helps them" {
	local client clients=()
	need python3
	# Two for each of three.
	serve -w 2 -o 'log stderr level=debug; max_connections 6;'
	join crowd
	wait_until 10 log_has 'more sockets that are not ours'
	grow_to 2
	for _ in {1..6}; do
		exec {client}<>"/dev/tcp/127.0.0.1/$PORT"
		printf x >&"$client"
		read -r -n 1 -t 5 -u "$client"
		clients+=("$client")
	done
	for client in "${clients[@]}"; do
		exec {client}>&-
	done
	leave
}

@test "workers that join behind a stranger are found by the index that they have" {
	need python3 socat
	serve -w 2
	join
	kill -TTIN "$SERVER"
	wait_until 10 worker_count_is 3
	# It was there before the third: the order says so at once.
	log_has "not ours listens there .inode $inode"
	# A stopped worker is steered around by its index.
	kill -STOP "$(workers | tail -n 1)"
	wait_until 10 log_has 'no sign of life'
	thirty_are_served
	leave
}

@test "an upgrade knows the strangers of the build before it" {
	need python3 socat
	serve -w 2
	join
	wait_until 10 log_has 'not ours listens there'
	kill -USR2 "$SERVER"
	wait_until 20 log_has 'upgraded: generation'
	thirty_are_served
	[ "$(grep -c 'not ours listens there' "$LOG")" -eq 1 ]
	leave
}

@test "an upgrade knows who is adrift, and where all others stand" {
	need python3 socat
	serve_in_a_crowd
	grow_to 2
	# Two leave: it is moved to where one of them was, nobody knows which.
	echo >&"${STRANGER[1]}"
	echo >&"${STRANGER[1]}"
	wait_until 10 log_has 'all that are not ours there are steered around'
	kill -USR2 "$SERVER"
	wait_until 20 log_has 'upgraded: generation'
	thirty_are_served
	leave
	wait_until 10 log_has 'it is known again where all of ours stand'
	thirty_are_served
}

@test "once a crowd has left, all get clients, whichever stands where" {
	need python3 socat
	serve_in_a_crowd
	grow_to 2
	grow_to 3
	leave
	wait_until 10 log_has ' 0 instructions steer 4 listeners'
	thirty_are_served
}

@test "a listener that somebody shuts down listens again" {
	need python3 socat
	[ "$(id -u)" -eq 0 ] || skip 'only root may take a descriptor out of a worker'
	serve -w 2
	listeners shutdown "$(workers | head -n 1)" 16
	wait_until 10 log_has 'shut down the listener of worker 0'
	thirty_are_served
	# It is the last of the kernel's order now, and known to be.
	kill -STOP "$(workers | head -n 1)"
	wait_until 10 log_has 'worker 0 .* no sign of life'
	thirty_are_served
}
