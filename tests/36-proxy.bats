#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The forwarder: real peers on both sides, and upstreams that are refused,
# silent, slow, closing at once, resetting, killed and started again.

load support/common

ends() { timeout $((60 * COHORT_PATIENCE)) python3 "$BATS_TEST_DIRNAME/support/ends.py" "$@"; }

# upstream MODE [PORT]: in the background; $UPSTREAM is its port, $UPSTREAM_PID
# its pid, and what it prints goes to $WORK/upstream.PORT.
upstream() {
	local out
	out=$(mktemp "$WORK/upstream.XXXXXX")
	python3 "$BATS_TEST_DIRNAME/support/ends.py" serve "$@" 3>&- >"$out" 2>>"$LOG" &
	UPSTREAM_PID=$!
	SERVER_PIDS+=("$UPSTREAM_PID")
	wait_until 10 has_lines "$out" 1
	UPSTREAM=$(head -n 1 "$out")
	mv "$out" "$WORK/upstream.$UPSTREAM"
}
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
stop_upstream() {
	kill -KILL "$1"
	wait "$1" 2>/dev/null || true
}
told() { tail -n +2 "$WORK/upstream.$1"; }
is_told() { told "$1" | grep -qx "$2"; }

# proxy 'DIRECTIVES' ARG…: with these in the protocol's block.
proxy() { serve -w 1 -o "protocol proxy { $1 }" "${@:2}"; }
# The name that an upstream of the mode `name` says; the client says nothing, not
# even that it will say nothing.
who() {
	local line connection
	exec {connection}<>"/dev/tcp/127.0.0.1/$PORT"
	read -r -t $((20 * COHORT_PATIENCE)) line <&"$connection" || line=nobody
	exec {connection}>&-
	echo "$line"
}
times() { for ((i = 0; i < $1; i++)); do "${@:2}"; done; }

# A program on the library that echoes; $ECHO is its port.
echo_server() {
	local proxy_port=$PORT
	serve "$@"
	ECHO=$PORT PORT=$proxy_port ECHO_SERVER=$SERVER
}

stop_proxy() {
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 20
	[ "$STATUS" -eq 0 ]
}

# ---- Configuration ----------------------------------------------------------

@test "a proxy without an upstream is refused, and the help names its columns" {
	run -78 "$COHORT" -p proxy -t
	[[ "$output" == *"'upstream' is given 0 times"*"at least 1"* ]]
	run -78 "$COHORT" -o 'protocol proxy { upstream 127.0.0.1:80 wieght=2; }' -t
	[[ "$output" == *"-o#1:1:40: unknown parameter 'wieght=2'; did you mean weight=?"* ]]
	run -0 "$COHORT" -h
	[[ "$output" == *"upstream ADDRESS [weight=NUMBER] [max_connections=NUMBER]"*" [backup];"* ]]
	[[ "$output" == *"send_proxy off|v1|v2;"* ]]
}

@test "the canonical text of a proxy reads back as itself" {
	"$COHORT" -o 'protocol proxy { upstream [::0001]:80 backup weight=3; upstream unix:/a; balance source; }' -T >"$WORK/a"
	"$COHORT" -c "$WORK/a" -T >"$WORK/b"
	cmp "$WORK/a" "$WORK/b"
	grep -q 'upstream  *\[::1\]:80 weight=3 .* backup;' "$WORK/a"
}

# ---- Bytes -------------------------------------------------------------------

@test "both halves of a connection are closed for themselves" {
	need socat
	echo_server
	proxy "upstream 127.0.0.1:$ECHO;"
	run -0 say "hello"
	[ "$output" = "hello" ]
}

@test "100 MB each way come through byte for byte" {
	need socat cmp
	echo_server
	proxy "upstream 127.0.0.1:$ECHO;"
	head -c 100000000 /dev/urandom >"$WORK/sent"
	timeout $((120 * COHORT_PATIENCE)) socat -t 60 - "TCP:127.0.0.1:$PORT" <"$WORK/sent" >"$WORK/received"
	cmp "$WORK/sent" "$WORK/received"
	stop_proxy
	log_has 'upstream 127.0.0.1:[0-9]+: up, 1 connected, 0 failed, 100000000 bytes to it, 100000000 from it'
}

@test "an upstream and a client on unix sockets are as good" {
	need socat cmp
	echo_server -l "unix:@cohort-test-$$-echo"
	proxy "upstream unix:@cohort-test-$$-echo;" -l "unix:@cohort-test-$$"
	head -c 5000000 /dev/urandom >"$WORK/sent"
	timeout $((60 * COHORT_PATIENCE)) socat -t 30 - "ABSTRACT:cohort-test-$$" <"$WORK/sent" >"$WORK/received"
	cmp "$WORK/sent" "$WORK/received"
}

@test "redis-benchmark runs through it without an error" {
	need redis-server redis-benchmark redis-cli
	port=$(free_port)
	start redis-server --port "$port" --bind 127.0.0.1 --save '' --daemonize no --dir "$WORK" --logfile "$WORK/redis.log"
	wait_until 10 redis-cli -p "$port" ping
	serve -w 2 -o "protocol proxy { upstream 127.0.0.1:$port; }"
	run -0 timeout $((120 * COHORT_PATIENCE)) redis-benchmark -p "$PORT" -n 20000 -c 50 -P 4 -q -t ping,set,get,lrange_100
	[[ "$output" == *"LRANGE_100"*": "*"requests per second"* ]]
	[[ "$output" != *rror* ]]
	run -0 redis-cli -p "$PORT" --no-raw info clients
	stop_proxy
	run ! log_has 'is down'
}

# ---- Which upstream ----------------------------------------------------------

@test "clients are spread by weight" {
	need socat python3
	upstream name=a
	a=$UPSTREAM
	upstream name=b
	proxy "upstream 127.0.0.1:$a weight=3; upstream 127.0.0.1:$UPSTREAM;"
	run -0 times 8 who
	[ "$(sort <<<"$output" | uniq -c | awk '{ print $2 $1 }' | tr '\n' ' ')" = "a6 b2 " ]
}

@test "a source stays with its upstream until that is down" {
	need socat python3
	for name in a b c; do
		upstream "name=$name"
		rows+="upstream 127.0.0.1:$UPSTREAM max_failures=1;"
		declare "pid_$name=$UPSTREAM_PID"
	done
	proxy "$rows balance source;"
	first=$(who)
	run -0 times 5 who
	[ "$(sort -u <<<"$output")" = "$first" ]
	pid="pid_$first"
	stop_upstream "${!pid}"
	run -0 times 5 who
	[ "$(sort -u <<<"$output" | wc -l)" -eq 1 ]
	[ "$(sort -u <<<"$output")" != "$first" ]
}

@test "a backup is asked only while the others are down" {
	need socat python3
	upstream name=main
	main=$UPSTREAM pid=$UPSTREAM_PID
	upstream name=spare
	proxy "upstream 127.0.0.1:$main max_failures=1 failure_timeout=100ms; upstream 127.0.0.1:$UPSTREAM backup;"
	run -0 times 3 who
	[ "$(sort -u <<<"$output")" = main ]
	stop_upstream "$pid"
	run -0 times 3 who
	[ "$(sort -u <<<"$output")" = spare ]
	upstream name=main "$main"
	is_main_again() { [ "$(who)" = main ]; }
	wait_until 10 is_main_again
	run -0 times 3 who
	[ "$(sort -u <<<"$output")" = main ]
}

@test "an upstream gets no more connections than it may, and the next client the rest" {
	need socat python3
	upstream name=a
	a=$UPSTREAM
	upstream name=b
	proxy "upstream 127.0.0.1:$a max_connections=1 weight=100; upstream 127.0.0.1:$UPSTREAM max_connections=1;"
	mkfifo "$WORK/hold"
	socat - "TCP:127.0.0.1:$PORT" <"$WORK/hold" >"$WORK/held" 3>&- &
	SERVER_PIDS+=("$!")
	exec 8>"$WORK/hold"
	wait_until 10 grep -qx a "$WORK/held"
	is() { [ "$(who)" = "$1" ]; }
	is b
	wait_until 10 is b # when the other has gone
	exec 8>&-
	wait_until 10 is a
}

@test "without room anywhere a client is reset, and the log says why" {
	need python3
	upstream name=a
	proxy "upstream 127.0.0.1:$UPSTREAM max_connections=1;"
	mkfifo "$WORK/hold"
	socat - "TCP:127.0.0.1:$PORT" <"$WORK/hold" >"$WORK/held" 3>&- &
	SERVER_PIDS+=("$!")
	exec 8>"$WORK/hold"
	wait_until 10 grep -qx a "$WORK/held"
	run -0 ends get "$PORT"
	[ "$output" = "0 reset" ]
	log_has 'no upstream has room'
	exec 8>&-
	stop_proxy
	log_has 'upstream 127.0.0.1:[0-9]+: up, 1 connected, 0 failed, .* 1 times full'
}

# ---- The next one --------------------------------------------------------------

# bad_then_good MODE OPTIONS: every client comes to the good one.
bad_then_good() {
	local bad
	upstream "$1"
	bad=$UPSTREAM
	upstream name=good
	proxy "upstream 127.0.0.1:$bad max_failures=0 weight=1000; upstream 127.0.0.1:$UPSTREAM; $2"
	run -0 times 4 who
	[ "$(sort -u <<<"$output")" = good ]
}

@test "a refused client goes to the next upstream" {
	need socat python3
	bad=$(free_port)
	upstream name=good
	proxy "upstream 127.0.0.1:$bad; upstream 127.0.0.1:$UPSTREAM;"
	run -0 times 12 who
	[ "$(sort -u <<<"$output")" = good ]
	[ "$(wc -l <<<"$output")" -eq 12 ]
	[ "$(log_count "upstream 127.0.0.1:$bad is down: Connection refused")" -eq 1 ]
}

@test "a client that is not answered goes to the next upstream" {
	need socat python3
	bad_then_good hole "connect_timeout 200ms;"
}

@test "a client that is reset at once goes to the next upstream" {
	need socat python3
	bad_then_good reset
}

@test "a client that is closed at once goes to the next upstream" {
	need socat python3
	bad_then_good close
}

@test "what the last upstream does at once is passed on" {
	need python3
	upstream close
	proxy "upstream 127.0.0.1:$UPSTREAM max_failures=0;"
	run -0 ends get "$PORT"
	[ "$output" = "0 eof" ]
}

@test "tries bounds how many are asked" {
	need python3
	for _ in 1 2 3; do rows+="upstream 127.0.0.1:$(free_port) max_failures=0;"; done
	upstream name=good
	proxy "$rows upstream 127.0.0.1:$UPSTREAM backup; tries 2;"
	run -0 ends get "$PORT"
	[ "$output" = "0 reset" ]
	stop_proxy
	[ "$(log_count 'connected, 1 failed')" -eq 2 ]
}

@test "a name without an address ends the client and is told" {
	need python3
	proxy "upstream no-such-host.invalid:80;"
	run -0 ends get "$PORT"
	[ "$output" = "0 reset" ]
	log_has '1 clients refused since it was last said: (there is no such name|no name server answers)'
}

@test "when all are down they are asked all the same" {
	need socat python3
	port=$(free_port)
	proxy "upstream 127.0.0.1:$port max_failures=1 failure_timeout=1h;"
	run -0 ends get "$PORT"
	[ "$output" = "0 reset" ]
	log_has 'is down: Connection refused'
	upstream name=back "$port"
	run -0 who
	[ "$output" = back ]
	log_has "upstream 127.0.0.1:$port is up again"
}

# ---- Ends ----------------------------------------------------------------------

@test "a client can tell that its upstream was cut off" {
	need python3
	upstream cut=1000
	proxy "upstream 127.0.0.1:$UPSTREAM;"
	run -0 ends get "$PORT"
	[[ "$output" == *" reset" ]]
	stop_proxy
	log_has 'closed: upstream 1'
}

@test "an upstream can tell that its client was cut off" {
	need python3
	upstream tell
	proxy "upstream 127.0.0.1:$UPSTREAM;"
	ends send "$PORT" 1000 reset
	wait_until 10 is_told "$UPSTREAM" '1000 reset'
	ends send "$PORT" 100000 eof
	wait_until 10 is_told "$UPSTREAM" '100000 eof'
}

@test "a drain that reaches its bound is a reset for both sides" {
	need python3
	upstream tell
	tell=$UPSTREAM
	proxy "upstream 127.0.0.1:$tell;" -o 'shutdown_timeout 1s;'
	# Not by way of the function: what is ended shall be timeout, which ends it.
	timeout $((60 * COHORT_PATIENCE)) python3 "$BATS_TEST_DIRNAME/support/ends.py" send "$PORT" 1000 hold >"$WORK/held" 3>&- &
	SERVER_PIDS+=("$!")
	wait_until 10 has_lines "$WORK/held" 1
	stop_proxy
	wait_until 10 is_told "$tell" '1000 reset'
	upstream name=a
	proxy "upstream 127.0.0.1:$UPSTREAM;" -o 'shutdown_timeout 1s;'
	ends follow "$PORT" >"$WORK/got" 3>&- &
	client=$!
	wait_until 10 has_lines "$WORK/got" 1
	stop_proxy
	wait "$client"
	[ "$(tail -n 1 "$WORK/got")" = "1 reset" ]
}

@test "a client that goes while its upstream is being connected ends the try" {
	need python3
	upstream hole
	proxy "upstream 127.0.0.1:$UPSTREAM max_failures=1; connect_timeout 1h;"
	ends send "$PORT" 10 reset
	stop_proxy
	log_has 'closed: peer_reset 1'
	log_has 'upstream 127.0.0.1:[0-9]+: up, 0 connected, 0 failed'
}

@test "a slow upstream holds its client back, and gets everything" {
	need python3
	upstream slow=20000
	proxy "upstream 127.0.0.1:$UPSTREAM;"
	ends send "$PORT" 20000000 eof >"$WORK/client" &
	client=$!
	worker=$(workers)
	largest=0
	while kill -0 "$client" 2>/dev/null; do
		size=$(awk '/^VmRSS/ { print $2 }' "/proc/$worker/status")
		[ "$size" -le "$largest" ] || largest=$size
		sleep 0.05
	done
	wait "$client"
	wait_until 10 is_told "$UPSTREAM" '20000000 eof'
	echo "the worker had $largest kB"
	[ "$largest" -lt $((16000 * COHORT_PATIENCE)) ] || [ "${COHORT_WRAPPER:-}${ASAN_OPTIONS:-}" ]
}

# ---- Health ----------------------------------------------------------------------

@test "an upstream that is killed and started again is left out meanwhile" {
	need socat python3
	upstream name=a
	a=$UPSTREAM pid=$UPSTREAM_PID
	upstream name=b
	proxy "upstream 127.0.0.1:$a max_failures=2 failure_timeout=300ms; upstream 127.0.0.1:$UPSTREAM;"
	stop_upstream "$pid"
	run -0 times 8 who
	[ "$(sort -u <<<"$output")" = b ]
	[ "$(log_count "upstream 127.0.0.1:$a is down")" -eq 1 ]
	upstream name=a "$a"
	is_a() { [ "$(who)" = a ]; }
	wait_until 10 is_a
	log_has "upstream 127.0.0.1:$a is up again"
}

@test "checks find an upstream down, and up, before any client does" {
	need socat python3
	upstream name=a
	a=$UPSTREAM pid=$UPSTREAM_PID
	upstream name=b
	proxy "upstream 127.0.0.1:$a max_failures=0 weight=1000; upstream 127.0.0.1:$UPSTREAM; check_interval 30ms; rise 2; fall 2; tries 1;"
	stop_upstream "$pid"
	wait_until 10 log_has "upstream 127.0.0.1:$a is down: Connection refused"
	run -0 times 3 who
	[ "$(sort -u <<<"$output")" = b ]
	upstream name=a "$a"
	wait_until 10 log_has "upstream 127.0.0.1:$a is up again"
	run -0 who
	[ "$output" = a ]
	stop_proxy
	log_has "upstream 127.0.0.1:$a: up, .* [1-9][0-9]* checks failed"
}

@test "an upstream that closes after a silent client's while is not at fault" {
	need python3
	upstream late=1
	proxy "upstream 127.0.0.1:$UPSTREAM max_failures=1;"
	run -0 ends get "$PORT"
	[ "$output" = "0 eof" ]
	stop_proxy
	log_has 'upstream 127.0.0.1:[0-9]+: up, 1 connected, 0 failed'
}

@test "one that takes every connection only to close it is said to be down once" {
	need python3
	upstream close
	proxy "upstream 127.0.0.1:$UPSTREAM max_failures=1;"
	run -0 times 5 ends get "$PORT"
	stop_proxy
	[ "$(log_count "upstream 127.0.0.1:$UPSTREAM is down: it closes at once")" -eq 1 ]
	run ! log_has 'is up again'
	log_has 'upstream 127.0.0.1:[0-9]+: down, 5 connected, 5 failed'
}

# ---- PROXY headers -----------------------------------------------------------------

@test "the upstream is told who the client is, in either version" {
	need socat jq
	echo_server -p whoami -o 'proxy_protocol required;'
	for version in v1 v2; do
		proxy "upstream 127.0.0.1:$ECHO; send_proxy $version;"
		own=$(free_port)
		timeout 20 socat "TCP:127.0.0.1:$PORT,bind=127.0.0.1:$own" - </dev/null >"$WORK/who"
		[ "$(jq -r .peer "$WORK/who")" = "127.0.0.1:$own" ]
		[ "$(jq -r .local "$WORK/who")" = "127.0.0.1:$PORT" ]
		stop_proxy
	done
}

@test "a check tells an upstream that wants a header that it is no client" {
	need python3
	echo_server -p whoami -o 'proxy_protocol required; log stderr level=debug;'
	proxy "upstream 127.0.0.1:$ECHO; send_proxy v2; check_interval 20ms;"
	is_checked() { [ "$(log_count 'connected from')" -ge 3 ]; }
	wait_until 10 is_checked
	stop_proxy
	kill -TERM "$ECHO_SERVER"
	wait_exit "$ECHO_SERVER" 10
	log_has 'closed: .*local_close [0-9]'
	run ! log_has 'proxy_header [0-9]'
}

# ---- While it is being changed -----------------------------------------------------

# during COMMAND…: four transfers of 20 MB each way, which the command meets
# half-way; not a byte is lost.
transfer() {
	{
		head -c 10000000 "$WORK/sent"
		wait_until 60 test -e "$WORK/done" >&2
		tail -c +10000001 "$WORK/sent"
	} | timeout $((120 * COHORT_PATIENCE)) socat -t 60 - "TCP:127.0.0.1:$PORT" >"$WORK/received.$1"
}
is_under_way() { [ "$(stat -c %s "$WORK/received.$1" || echo 0)" -gt 3000000 ]; }
during() {
	local i clients=()
	head -c 20000000 /dev/urandom >"$WORK/sent"
	for i in 1 2 3 4; do
		transfer "$i" 3>&- &
		clients+=("$!")
	done
	for i in 1 2 3 4; do wait_until 60 is_under_way "$i"; done
	"$@"
	: >"$WORK/done"
	wait "${clients[@]}"
	for i in 1 2 3 4; do cmp "$WORK/sent" "$WORK/received.$i"; done
	wait_until 10 log_has 'upstream 127.0.0.1:[0-9]+: up, [0-9]+ connected, 0 failed'
	run -0 say hello
	[ "$output" = hello ]
}
change() {
	kill "-$1" "$SERVER"
	wait_until 20 log_has "$2"
}

@test "a reload does not touch what is being forwarded" {
	need socat cmp
	echo_server
	serve -w 2 -o "protocol proxy { upstream 127.0.0.1:$ECHO; }"
	during change HUP 'reloaded: generation'
	log_has 'upstream 127.0.0.1:[0-9]+: up, [0-9]+ connected, 0 failed, 0 bytes to it' # as it began to drain
	log_has 'draining [0-9]+ connection'
}

@test "nor does a worker less" {
	need socat cmp
	echo_server
	serve -w 2 -o "protocol proxy { upstream 127.0.0.1:$ECHO; }"
	during change TTOU 'one worker fewer: 1'
}

@test "nor does an upgrade" {
	need socat cmp
	echo_server
	serve -w 2 -o "protocol proxy { upstream 127.0.0.1:$ECHO; }"
	during change USR2 'going on as'
}

@test "a stop waits for what is being forwarded" {
	need socat cmp
	echo_server
	proxy "upstream 127.0.0.1:$ECHO;" -o 'shutdown_timeout 60s;'
	head -c 20000000 /dev/urandom >"$WORK/sent"
	transfer 1 3>&- &
	client=$!
	wait_until 60 is_under_way 1
	change TERM 'shutdown: waiting for at most 1m for 1 connection'
	: >"$WORK/done"
	wait "$client"
	cmp "$WORK/sent" "$WORK/received.1"
	wait_exit "$SERVER" 20
	[ "$STATUS" -eq 0 ]
}

# ---- Closed by order ---------------------------------------------------------

ctl() { timeout $((60 * COHORT_PATIENCE)) "$COHORT_BUILD/cohortctl" -s "$WORK/control" "$@"; }
ids() { ctl --json connections | jq -r "select(.direction == \"$1\" and $2) | .id"; }
has_ids() { [ -n "$(ids "$@")" ]; }

# Of an answer of 100001 bytes a part is queued for a client that reads nothing
# until it is told to.
order_begins() {
	need python3 jq
	upstream "name=$(printf 'x%.0s' {1..100000})"
	proxy "upstream 127.0.0.1:$UPSTREAM;" -o 'send_buffer 16k;' -o 'linger_timeout 60s;' -o "control $WORK/control;"
	timeout $((60 * COHORT_PATIENCE)) python3 - "$PORT" "$WORK/go" >"$WORK/heard" 3>&- <<-'END' &
		import os, socket, sys, time
		client = socket.socket()
		client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
		client.connect(("127.0.0.1", int(sys.argv[1])))
		while not os.path.exists(sys.argv[2]):
		    time.sleep(0.01)
		size, end = 0, "eof"
		try:
		    while data := client.recv(65536):
		        size += len(data)
		except ConnectionResetError:
		    end = "reset"
		print(size, end)
	END
	CLIENT=$!
	SERVER_PIDS+=("$CLIENT")
	wait_until 20 has_ids out '.received_bytes == 100001'
	wait_until 20 has_ids in '.queued_bytes > 0'
}
order_ends() {
	touch "$WORK/go"
	wait_until 20 is_gone "$CLIENT"
	[ "$(cat "$WORK/heard")" = "100001 reset" ]
	ctl --json connections --closed | jq -se 'map(select(.direction == "in"))[0].reason == "killed"'
}

@test "clients that are closed by order get what is queued for them" {
	order_begins
	run -0 ctl close --service default
	[[ $output == "1 connection "* ]]
	has_ids out true
	order_ends
}

@test "an order to close a connection to an upstream ends its client in order" {
	order_begins
	run -0 ctl close "$(ids out true)"
	[[ $output == "1 connection "* ]]
	order_ends
}
