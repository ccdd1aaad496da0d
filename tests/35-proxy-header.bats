#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The PROXY protocol: from real proxies, from none, and from those that get it
# wrong; and whoami, which tells what came of it.

load support/common

PATH+=:/usr/sbin
STREAM=/usr/lib/nginx/modules/ngx_stream_module.so

whoami() { serve -p whoami -w 1 "$@"; }
who() { timeout $((30 * COHORT_PATIENCE)) python3 "$BATS_TEST_DIRNAME/support/who.py" "$@"; }
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# front COMMAND…: a proxy in front of the server, in the background.
front() {
	"$@" 3>&- >>"$LOG" 2>&1 </dev/null &
	FRONT=$!
	SERVER_PIDS+=("$FRONT")
}
is_listening() { (: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# haproxy_front OPTIONS [BIND…]: on $FRONT_PORT, and wherever else.
haproxy_front() {
	FRONT_PORT=$(free_port)
	cat >"$WORK/haproxy.cfg" <<-END
		global
		    maxconn 100
		defaults
		    mode tcp
		    timeout connect 5s
		    timeout client 20s
		    timeout server 20s
		listen front
		    bind 127.0.0.1:$FRONT_PORT
		$([ $# -eq 1 ] || printf '    bind %s\n' "${@:2}")
		    unique-id-format id-%ci-%cp
		    server s 127.0.0.1:$PORT $1
	END
	front haproxy -db -f "$WORK/haproxy.cfg"
	wait_until 10 is_listening "$FRONT_PORT"
}

@test "whoami tells a client its addresses, and what TCP knows" {
	need python3
	whoami
	run -0 who "127.0.0.1:$PORT"
	[[ "$output" == *"own yes"*"proxy 0"*"worker 0"*"service default"* ]]
	[[ "$output" == *"rtt_us yes"* ]]
}

@test "whoami's line is JSON whatever the path of its socket" {
	need python3
	path=$WORK/$'a "b\\c\t\xff\xc3\xb6'
	whoami -l "unix:$path"
	run -0 who "$path"
	[[ "$output" == *'local unix:'*$'/a "b\\c\t\xef\xbf\xbd\xc3\xb6'* ]]
	[[ "$output" == *"peer unix:"* ]]
}

@test "HAProxy in front with send-proxy: the client is known" {
	need python3 haproxy
	whoami -o 'proxy_protocol required;'
	haproxy_front "send-proxy" "[::1]:$(free_port)"
	run -0 who "127.0.0.1:$FRONT_PORT"
	[[ "$output" == *"own yes"*"proxy 1"*"raw_local 127.0.0.1:$PORT"* ]]
	[[ "$output" == *"local 127.0.0.1:$FRONT_PORT"* ]]
	run -0 who "$(sed -n 's/.*bind \(\[::1\].*\)/\1/p' "$WORK/haproxy.cfg")"
	[[ "$output" == *"own yes"*"peer [::1]:"*"proxy 1"* ]]
}

@test "HAProxy in front with send-proxy-v2, a checksum and a unique id: all is read" {
	need python3 haproxy
	whoami -o 'proxy_protocol required;'
	haproxy_front "send-proxy-v2 proxy-v2-options crc32c,unique-id" "[::1]:$(free_port)" "unix@$WORK/front"
	run -0 who "127.0.0.1:$FRONT_PORT"
	[[ "$output" == *"own yes"*"proxy 2"*"raw_local 127.0.0.1:$PORT"* ]]
	[[ "$output" == *"unique_id id-127.0.0.1-"* ]]
	run -0 who "$(sed -n 's/.*bind \(\[::1\].*\)/\1/p' "$WORK/haproxy.cfg")"
	[[ "$output" == *"own yes"*"peer [::1]:"*"proxy 2"* ]]
	run -0 who "$WORK/front"
	[[ "$output" == *"proxy 2"* ]]
}

@test "HAProxy's health checks are taken for its own connections" {
	need python3 haproxy
	whoami -o 'proxy_protocol required;' -o 'log stderr level=debug;'
	haproxy_front "send-proxy-v2 check inter 50ms"
	wait_until 10 log_has "the proxy's own"
	run ! log_has "no PROXY header"
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 15
	run ! log_has "proxy_header [1-9]"
}

@test "nginx in front with proxy_protocol on: the client is known" {
	need python3 nginx
	[ -e "$STREAM" ] || skip "nginx has no module for streams"
	whoami -o 'proxy_protocol required;'
	FRONT_PORT=$(free_port)
	cat >"$WORK/nginx.conf" <<-END
		load_module $STREAM;
		daemon off;
		pid $WORK/pid;
		error_log $WORK/nginx.log;
		events { worker_connections 64; }
		stream {
		    server {
		        listen 127.0.0.1:$FRONT_PORT;
		        proxy_pass 127.0.0.1:$PORT;
		        proxy_protocol on;
		    }
		}
	END
	front nginx -p "$WORK" -e "$WORK/nginx.log" -c "$WORK/nginx.conf"
	wait_until 10 is_listening "$FRONT_PORT"
	run -0 who "127.0.0.1:$FRONT_PORT"
	[[ "$output" == *"own yes"*"proxy 1"*"raw_local 127.0.0.1:$PORT"* ]]
}

@test "a header that comes byte by byte is read, and so is what follows it" {
	need python3
	serve -w 1 -o 'proxy_protocol required;'
	run -0 who bytewise "127.0.0.1:$PORT"
}

@test "a bad, a cut and a late header end the connection, and are counted" {
	need python3
	serve -w 1 -o 'proxy_protocol required timeout=300ms limit=232;'
	worker=$(workers)
	run -0 who wrong "127.0.0.1:$PORT"
	[ "$output" = "14 ended" ]
	[ "$(workers)" = "$worker" ]
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 15
	log_has "accepted 15, live 0, received 5 bytes.* closed: eof 1, proxy_header 14$"
}

@test "garbage after a signature costs no worker" {
	need python3
	serve -w 1 -o 'proxy_protocol required;'
	worker=$(workers)
	run -0 who garbage "127.0.0.1:$PORT" 500
	[ "$(workers)" = "$worker" ]
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 15
	log_has "accepted 501, live 0"
}

@test "an optional header may be there or not, also for a protocol that speaks first" {
	need python3 socat
	serve -w 1 -o 'proxy_protocol optional;'
	run -0 say $'PROXY TCP4 192.0.2.1 192.0.2.2 5000 80\r\nhello'
	[ "$output" = hello ]
	run -0 say "hello"
	[ "$output" = hello ]
	run -0 say "PROX"
	[ "$output" = PROX ]
	whoami -o 'proxy_protocol optional timeout=200ms;'
	run -0 who "127.0.0.1:$PORT"
	[[ "$output" == *"own yes"*"proxy 0"* ]]
}

@test "a worker that drains waits for headers that are under way" {
	need python3
	whoami -o 'proxy_protocol required timeout=60s;'
	for signal in HUP TERM; do
		coproc LATE { who late "127.0.0.1:$PORT"; }
		pid=$LATE_PID out=${LATE[0]} in=${LATE[1]}
		read -r -t 30 word <&"$out"
		[ "$word" = connected ]
		before=$(workers)
		kill -"$signal" "$SERVER"
		wait_until 15 log_has "draining 1 connection"
		[ "$signal" = TERM ] || wait_until 15 worker_count_is 2
		echo >&"$in"
		read -r -t 30 word <&"$out"
		[ "$word" = "192.0.2.1:5000" ]
		wait "$pid"
		[ "$signal" = TERM ] || wait_until 15 is_gone "$before"
		: >"$LOG"
	done
	wait_exit "$SERVER" 15
	[ "$STATUS" -eq 0 ]
}

@test "a header that never comes holds a drain up no longer than its bound" {
	need python3
	whoami -o 'proxy_protocol required timeout=60s; shutdown_timeout 500ms;'
	coproc LATE { who late "127.0.0.1:$PORT"; }
	pid=$LATE_PID out=${LATE[0]}
	read -r -t 30 word <&"$out"
	[ "$word" = connected ]
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 15
	[ "$STATUS" -eq 0 ]
	log_has "accepted 1, live 0, .* shutdown 1"
	kill "$pid"
}
