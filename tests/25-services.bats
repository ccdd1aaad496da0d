#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The small services: discard, chargen, qotd, daytime, time. What Debian's inetd
# has built in is compared with it, byte for byte.

load support/common

setup() {
	common_setup
	HOLDERS=()
}

teardown() {
	local pid
	for pid in "${HOLDERS[@]}"; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	common_teardown
}

# take PORT [ADDRESS]: what a server says to a client that says nothing.
take() { timeout $((10 * COHORT_PATIENCE)) socat -u "TCP:${2:-127.0.0.1}:$1" -; }

# reference: inetd's own services on an address that nobody else uses, since it
# knows them by their official ports only; $INETD is the address.
reference() {
	local name
	[ "$(id -u)" -eq 0 ] || skip "only root can open the official ports"
	INETD=127.$((BASHPID / 250 % 250 + 2)).$((BASHPID % 250 + 2)).1
	mkdir "$WORK/inetd.d"
	for name in discard chargen daytime time; do
		echo "$INETD:$name stream tcp nowait root internal"
	done >"$WORK/inetd.conf"
	/usr/sbin/inetutils-inetd -d -p"$WORK/inetd.pid" "$WORK/inetd.conf" "$WORK/inetd.d" \
		3>&- >/dev/null 2>&1 </dev/null &
	HOLDERS+=("$!")
	wait_until 10 nc -z "$INETD" 37
}

# within_one_second COMMAND…: run it again until the second has not changed
# meanwhile.
within_one_second() {
	local try before
	for ((try = 0; try < 20; try++)); do
		before=$(date +%s)
		"$@"
		[ "$(date +%s)" != "$before" ] || return 0
	done
	echo "no second was long enough"
	return 1
}

ask_ours() {
	NOW=$(date +%s)
	take "$(port_of daytime)" >"$WORK/daytime"
	take "$(port_of time)" >"$WORK/time"
}

ask_both() {
	ask_ours
	take 13 "$INETD" >"$WORK/inetd.daytime"
	take 37 "$INETD" >"$WORK/inetd.time"
}

serve_all() {
	configure <<-END
		workers 2;
		service discard { listen 127.0.0.1:0; protocol discard; }
		service chargen { listen 127.0.0.1:0; protocol chargen; }
		service qotd { listen 127.0.0.1:0; protocol qotd; }
		service daytime { listen 127.0.0.1:0; protocol daytime; }
		service time { listen 127.0.0.1:0; protocol time; }
	END
	start_ready 5 "$COHORT" -c "$CONFIG"
}
port_of() { sed -n "s/^$1 .*://p" "$READY"; }

@test "discard takes everything, says nothing and ends when the client does" {
	need socat
	serve_all
	head -c 50000000 /dev/zero | timeout $((60 * COHORT_PATIENCE)) \
		socat -t 20 - "TCP:127.0.0.1:$(port_of discard)" >"$WORK/answer"
	[ ! -s "$WORK/answer" ]
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 15
	log_has 'service discard: accepted 1, live 0, received 50000000 bytes, sent 0 bytes; closed: eof 1$'
}

@test "iperf into discard is clean" {
	need iperf
	serve -w 2 -p discard
	run timeout $((60 * COHORT_PATIENCE)) iperf -c 127.0.0.1 -p "$PORT" -n 200M -P 4
	[ "$status" -eq 0 ]
	grep -qE '\[SUM\].* 800 MBytes' <<<"$output"
	run ! grep -iE 'fail|error|warn|reset|broken' <<<"$output"
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 15
	log_has 'accepted 4, live 0, received 8388[0-9]{5} bytes, sent 0 bytes; closed: eof 4$'
}

@test "daytime and time say the same as inetd in the same second" {
	need socat nc /usr/sbin/inetutils-inetd
	reference
	serve_all
	within_one_second ask_both
	cmp "$WORK/daytime" "$WORK/inetd.daytime"
	# RFC 868 has 32 bits; this inetd sends a long, four bytes too many.
	[ "$(stat -c %s "$WORK/time")" -eq 4 ]
	cmp -n 4 "$WORK/time" "$WORK/inetd.time"
}

@test "daytime and time name this second" {
	need socat
	serve_all
	within_one_second ask_ours
	LC_ALL=C date -d "@$NOW" '+%a %b %e %H:%M:%S %Y' | sed 's/$/\r/' | cmp - "$WORK/daytime"
	[ "$(od -An -tx1 "$WORK/time" | tr -d ' \n')" = "$(printf %08x $(((NOW + 2208988800) & 0xffffffff)))" ]
}

@test "chargen says the same as inetd" {
	need socat nc /usr/sbin/inetutils-inetd
	reference
	serve_all
	take "$(port_of chargen)" 2>/dev/null | head -c 100000 >"$WORK/cohort"
	take 19 "$INETD" 2>/dev/null | head -c 100000 >"$WORK/inetd"
	[ "$(stat -c %s "$WORK/inetd")" -eq 100000 ]
	cmp "$WORK/cohort" "$WORK/inetd"
}

@test "services that speak first answer whoever has sent a megabyte" {
	need socat
	serve_all
	for name in qotd daytime time; do
		head -c 1000000 /dev/zero | timeout $((20 * COHORT_PATIENCE)) \
			socat -t 10 - "TCP:127.0.0.1:$(port_of $name)" >"$WORK/$name" 2>"$WORK/$name.errors" || true
		[ -s "$WORK/$name" ]
		run ! grep reset "$WORK/$name.errors"
	done
	[ "$(stat -c %s "$WORK/time")" -eq 4 ]
}

@test "10 000 chargen clients that do not read take no memory from a worker" {
	need python3 socat
	[ "$(ulimit -Hn)" -ge 11000 ] || skip "only $(ulimit -Hn) descriptors"
	measure_memory
	# So that the kernel's own limit on all sockets together stays away.
	serve -w 1 -p chargen -o 'send_buffer 16k;'
	worker=$(workers)
	before=$(memory_of "$worker")
	mkfifo "$WORK/hold"
	timeout $((200 * COHORT_PATIENCE)) python3 "$BATS_TEST_DIRNAME/support/deaf.py" "$PORT" 10000 \
		<"$WORK/hold" >"$WORK/deaf" 3>&- &
	HOLDERS+=("$!")
	exec 8>"$WORK/hold"
	wait_until 100 grep -q connected "$WORK/deaf"
	# A client that reads gets its lines past all of them.
	[ "$(take "$PORT" 2>/dev/null | head -c 5000000 | wc -c)" -eq 5000000 ]
	memory_grew_at_most 20000 "$worker" "$before" # the transports
	connected=$(memory_of "$worker")
	[ "$(take "$PORT" 2>/dev/null | head -c 5000000 | wc -c)" -eq 5000000 ]
	memory_grew_at_most 64 "$worker" "$connected"
	exec 8>&-
}

# As root the workers become nobody, who may not look into the test's folder.
as_whom() { [ "$(id -u)" -ne 0 ] || echo "user root;"; }

@test "qotd reads its file anew at a reload, and keeps what it has if that is bad" {
	need socat
	printf 'old\n' >"$WORK/quotes"
	configure <<-END
		workers 2;
		$(as_whom)
		service qotd { listen 127.0.0.1:0; protocol qotd { file $WORK/quotes; } }
	END
	start_ready 1 "$COHORT" -c "$CONFIG"
	[ "$(take "$PORT")" = $'old\r' ]
	printf 'new\n' >"$WORK/quotes"
	kill -HUP "$SERVER"
	wait_until 10 log_has 'reloaded'
	[ "$(take "$PORT")" = $'new\r' ]
	head -c 600 /dev/zero | tr '\0' x >"$WORK/quotes"
	kill -HUP "$SERVER"
	wait_until 10 log_has 'service qotd: .*quotes:1: a quote of more than 512 characters'
	wait_until 10 log_has 'the reload failed'
	[ "$(take "$PORT")" = $'new\r' ]
	rm "$WORK/quotes"
	kill -HUP "$SERVER"
	wait_until 10 log_has "file: '.*quotes' cannot be read: No such file"
	[ "$(take "$PORT")" = $'new\r' ]
}

@test "a file of quotes that is missing or a directory is an error of -t" {
	configure <<-END
		service qotd { listen 127.0.0.1:0; protocol qotd { file $WORK/none; } }
	END
	run -78 "$COHORT" -t -c "$CONFIG"
	[[ $output == *":1:57: file: '$WORK/none' cannot be read: No such file or directory"* ]]
	mkdir "$WORK/none"
	run -78 "$COHORT" -t -c "$CONFIG"
	[[ $output == *"'$WORK/none' cannot be read: it is a directory, not a file"* ]]
	rmdir "$WORK/none"
	mkfifo "$WORK/none"
	run -78 timeout 20 "$COHORT" -t -c "$CONFIG"
	rm "$WORK/none"
	echo "quote" >"$WORK/none"
	run -0 "$COHORT" -T -c "$CONFIG"
	grep -qE "^ +file +$WORK/none;$" <<<"$output"
}
