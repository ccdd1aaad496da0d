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

join() {
	coproc STRANGER { listeners join 127.0.0.1 "$PORT"; }
	stranger=$STRANGER_PID
	read -r -t 10 _ inode <&"${STRANGER[0]}"
	[ -n "$inode" ]
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
