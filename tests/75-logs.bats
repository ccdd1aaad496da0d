#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The log as text, as objects, to syslog and the journal; the access log.

load support/common

# misfits FILE: the lines that are not what the schema says.
misfits() { jq -nRr -f "$BATS_TEST_DIRNAME/support/log-schema.jq" "$1"; }
fits() {
	local unfit
	# Without its status a schema that jq cannot read would have no misfits.
	[ -s "$1" ] && unfit=$(misfits "$1") && [ -z "$unfit" ]
}

# select_lines FILTER [FILE]: the lines of which the filter is true.
select_lines() { jq -c "select($1)" "${2:-$LOG}"; }
has_line() { [ -n "$(select_lines "$@")" ]; }
lines_are() { [ "$(wc -l <"$1")" -eq "$2" ]; }
has_gone() { ! test -e "$1"; }
holds() { grep -qE -- "$1" "$2"; }

# hold: a client that stays, its pid in $CLIENT_PID.
hold() {
	coproc CLIENT { timeout 60 socat - "TCP:127.0.0.1:$PORT"; }
	echo hello >&"${CLIENT[1]}"
	read -r -t 10 REPLY <&"${CLIENT[0]}"
	[ "$REPLY" = hello ]
}
let_go() { eval "exec ${CLIENT[1]}>&-"; }

# The client resets what it has.
reset_connection() {
	timeout 20 python3 - "$PORT" <<-'END'
		import socket, struct, sys
		client = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=10)
		client.sendall(b"x")
		client.recv(1)
		client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
		client.close()
	END
}

# ---- Lines -------------------------------------------------------------------

@test "JSON lines fit their schema through deaths, reloads and scaling" {
	need jq socat
	configure <<-'END'
		workers 2;
		log stderr format=json level=debug;
		service echo { listen 127.0.0.1:0; }
	END
	serve -c "$CONFIG"
	wait_until 10 has_line '.event == "serving" and .service == "echo"'
	[ "$(say hello)" = hello ]
	victim=$(workers | head -n 1)
	kill -KILL "$victim"
	wait_until 10 has_line ".event == \"worker_died\" and .worker_pid == $victim and .worker == 0
		and .generation == 1 and .role == \"supervisor\" and .level == \"warning\""
	wait_until 10 has_line '.event == "worker_replaced" and .worker == 0'
	kill -TTIN "$SERVER"
	wait_until 10 has_line '.event == "scaled"'
	cp "$CONFIG" "$WORK/good"
	echo 'nonsense;' >>"$CONFIG"
	kill -HUP "$SERVER"
	wait_until 10 has_line '.event == "reload_failed"'
	cp "$WORK/good" "$CONFIG"
	kill -HUP "$SERVER"
	wait_until 10 has_line '.event == "reloaded" and .generation == 2'
	wait_until 10 has_line '.event == "worker_ready" and .role == "worker" and .generation == 2'
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 15
	has_line '.event == "service_totals" and .service == "echo"'
	has_line '.event == "stopped"'
	fits "$LOG" || {
		misfits "$LOG"
		false
	}
}

@test "lines about a connection name its service, its id and its end" {
	need jq socat python3
	serve -w 1 -o 'log stderr format=json level=debug;'
	reset_connection
	wait_until 10 has_line '.event == "connection_closed" and .reason == "peer_reset" and .error == "ECONNRESET"'
	id=$(select_lines '.event == "connection_opened"' | jq -r .connection)
	[ "$id" = "$(select_lines '.event == "connection_closed"' | jq -r .connection)" ]
	[[ "$id" == "$(workers)-"* ]]
	[ "$(select_lines ".connection == \"$id\"" | jq -r .service | sort -u)" = default ]
}

@test "what a client sends forges no line, neither text nor JSON" {
	need jq socat
	forged=$'\n{"level":"error","event":"forged"}\r\n\x1b[2J\xff\xc3"\\'
	serve -w 1 -o 'log stderr format=json level=debug;'
	say "$forged" >/dev/null
	wait_until 10 has_line '.event == "connection_closed"'
	fits "$LOG"
	has_line '.message | contains("forged")'
	run ! has_line '.event == "forged"'
	LOG=$WORK/text
	serve -w 1 -o 'log stderr level=debug;'
	say "$forged" >/dev/null
	wait_until 10 log_has 'connection .* ended: eof'
	run grep -vE '^[0-9T:.-]+Z (debug  |info   |warning|error  ) [a-z]+( [0-9]+)?\[[0-9]+\] [ -~]*$' "$LOG"
	[ "$output" = "" ]
}

@test "a line of text is what it was" {
	serve -w 1
	wait_until 5 log_has "^[0-9]{4}(-[0-9]{2}){2}T([0-9]{2}:){2}[0-9]{2}\\.[0-9]{3}Z info    supervisor\\[$SERVER\\] serving echo on 127\\.0\\.0\\.1:$PORT with 1 worker \\(service default\\)\$"
}

@test "ill logs are refused, and what is good reads back as itself" {
	while read -r directive; do
		echo "# $directive"
		run -78 timeout 20 "$COHORT" -t -o "$directive"
		[[ "$output" == *-o#1:1:* ]]
	done <<-'END'
		log journald;
		log syslog:relative;
		log stderr tag=x;
		log /tmp/x facility=mail;
		log syslog facility=loud;
		log syslog tag=a[b];
		log stderr sample=1/2;
		access_log;
		access_log off format=json;
		access_log stderr level=info;
		access_log stderr sample=2/3;
		access_log stderr sample=1/0;
	END
	run -78 timeout 20 "$COHORT" -t -o 'access_log syslog:relative;'
	[[ "$output" == *": access_log: syslog:SOCKET is"* ]]
	while read -r directive; do
		run -0 timeout 20 "$COHORT" -T -o "$directive"
		output=$(tr -s ' ' <<<"$output")
		[[ $'\n'"$output"$'\n' == *$'\n'"$directive"$'\n'* ]]
	done <<-'END'
		log stderr format=json level=info;
		log syslog format=text level=debug facility=local3 tag=my-echo;
		log "syslog:/run/a b" format=json level=error facility=daemon tag=cohort;
		access_log off;
		access_log stderr format=text sample=1/1;
		access_log ./off format=json sample=1/100;
		access_log syslog format=text sample=1/1 facility=daemon tag=cohort;
	END
}

# ---- Where to ----------------------------------------------------------------

serve_syslog() {
	rm -f "$WORK/syslog"
	timeout 60 socat -u "UNIX-RECV:$WORK/syslog,mode=666" "OPEN:$WORK/datagrams,creat,append" &
	SYSLOG=$!
	SERVER_PIDS+=("$SYSLOG")
	wait_until 5 test -S "$WORK/syslog"
}

@test "syslog gets datagrams in its own form, and again when it comes back" {
	need socat
	touch "$WORK/datagrams"
	serve_syslog
	# Few lines at a time: its queue may be as short as ten.
	serve -w 1 -o "log syslog:$WORK/syslog tag=my-echo facility=local1;" \
		-o "access_log syslog:$WORK/syslog;"
	head='[A-Z][a-z]{2} [ 123][0-9] [0-9:]{8}'
	wait_until 5 holds "<142>$head my-echo\\[$SERVER\\]: supervisor: serving echo" "$WORK/datagrams"
	[ "$(say hello)" = hello ]
	wait_until 5 holds "<30>$head cohort\\[[0-9]+\\]: access connection=.* reason=eof" "$WORK/datagrams"
	hold
	worker=$(workers)
	kill -HUP "$SERVER"
	wait_until 10 holds "<142>$head my-echo\\[$worker\\]: worker 0: draining 1 connection" "$WORK/datagrams"
	let_go
	kill "$SYSLOG"
	wait_until 5 is_gone "$SYSLOG"
	: >"$WORK/datagrams"
	serve_syslog
	is_heard() {
		say again >/dev/null
		holds ': access ' "$WORK/datagrams"
	}
	wait_until 10 is_heard
	kill -KILL "$(workers)"
	wait_until 10 holds "<140>$head my-echo\\[$SERVER\\]: supervisor: worker 0 .*killed" "$WORK/datagrams"
}

@test "without the syslog socket or the access log's folder nothing is started" {
	for directive in "log syslog:$WORK/none;" "access_log syslog:$WORK/none;" "access_log $WORK/no/access;"; do
		run -1 timeout 20 "$COHORT" -l 127.0.0.1:0 -w 1 -o "$directive"
		[[ "$output" == *"No such file or directory"* ]]
	done
}

@test "the journal on standard error gets priorities, another one none" {
	touch "$LOG"
	JOURNAL_STREAM=$(stat -c %d:%i "$LOG") serve -w 1
	wait_until 5 log_has '^<6>2.* serving echo'
	kill -KILL "$(workers)"
	wait_until 5 log_has '^<4>2.* was killed'
	LOG=$WORK/other
	JOURNAL_STREAM=1:1 serve -w 1
	wait_until 5 log_has '^2.* serving echo'
}

# ---- The access log ----------------------------------------------------------

@test "the access log has a line for each connection, and tells why it ended" {
	need socat python3
	configure <<-END
		workers 1;
		access_log $WORK/access;
		service echo { listen 127.0.0.1:0; }
		service idle { listen 127.0.0.1:0; idle_timeout 100ms; }
	END
	start_ready 2 "$COHORT" -c "$CONFIG"
	id=connection=$(workers)'-[0-9]+ service'
	[ "$(say hello)" = hello ]
	wait_until 5 holds "^[0-9T:.-]+Z access $id=echo worker=0 generation=1 peer=127\\.0\\.0\\.1:[0-9]+ local=127\\.0\\.0\\.1:$PORT duration_ms=[0-9]+ received_bytes=5 sent_bytes=5 rtt_us=[0-9]+ reason=eof error=-\$" "$WORK/access"
	reset_connection
	wait_until 5 holds "$id=echo .* received_bytes=1 sent_bytes=1 .* reason=peer_reset error=ECONNRESET\$" "$WORK/access"
	PORT=$(sed -n '2s/.*://p' "$READY")
	timeout 20 socat -u "TCP:127.0.0.1:$PORT" - </dev/null
	wait_until 5 holds "$id=idle .* duration_ms=[1-9][0-9]{2,} received_bytes=0 .* reason=idle_timeout error=-\$" "$WORK/access"
	lines_are "$WORK/access" 3
}

@test "JSON lines of the access log fit the schema, and agree with the log" {
	need jq socat
	serve -w 1 -o 'log stderr format=json level=debug;' -o "access_log $WORK/access format=json;"
	for _ in 1 2 3; do
		[ "$(say hello)" = hello ]
	done
	wait_until 5 lines_are "$WORK/access" 3
	fits "$WORK/access"
	[ "$(select_lines '.received_bytes == 5 and .sent_bytes == 5 and .worker == 0' "$WORK/access" | wc -l)" -eq 3 ]
	diff <(jq -r .connection "$WORK/access") <(select_lines '.event == "connection_closed"' | jq -r .connection)
}

@test "of a sample each worker writes one line in so many" {
	need socat
	serve -w 1 -o "access_log $WORK/access sample=1/4;"
	for _ in 1 2 3 4 5 6 7 8 9; do
		[ "$(say hello)" = hello ]
	done
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 15
	lines_are "$WORK/access" 3
}

@test "USR1 reopens the access log, in workers that drain too" {
	need socat
	configure <<-END
		workers 1;
		access_log $WORK/access;
		service echo { listen 127.0.0.1:0; }
	END
	serve -c "$CONFIG"
	hold
	kill -HUP "$SERVER"
	wait_until 10 log_has 'reloaded: generation 2'
	mv "$WORK/access" "$WORK/access.1"
	kill -USR1 "$SERVER"
	wait_until 5 test -e "$WORK/access"
	is_new() {
		say x >/dev/null
		holds 'generation=2' "$WORK/access"
	}
	wait_until 10 is_new
	let_go
	wait_until 10 holds 'generation=1 .*reason=eof' "$WORK/access"
	run ! holds 'generation=1' "$WORK/access.1"
}

@test "a reload changes where the access log goes, and that there is one" {
	need socat jq
	write_config() {
		configure <<-END
			workers 1;
			access_log $1;
			service echo { listen 127.0.0.1:0; }
		END
	}
	reload() {
		write_config "$1"
		kill -HUP "$SERVER"
		wait_until 10 log_has "reloaded: generation $2"
	}
	write_config off
	serve -c "$CONFIG"
	[ "$(say one)" = one ]
	hold
	reload "$WORK/first" 2
	[ "$(say two)" = two ]
	wait_until 5 lines_are "$WORK/first" 1
	reload "$WORK/second format=json" 3
	let_go
	wait_until 5 has_line '.generation == 1' "$WORK/second"
	fits "$WORK/second"
	reload "$WORK/no/where" 4
	log_has 'access_log: .*no/where.*going on with the old one'
	[ "$(say three)" = three ]
	wait_until 5 lines_are "$WORK/second" 2
	reload off 5
	[ "$(say four)" = four ]
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 15
	lines_are "$WORK/first" 1
	lines_are "$WORK/second" 2
}

@test "the access log goes on behind a worker's death and an upgrade" {
	need socat
	serve -w 1 -o "access_log $WORK/access;"
	victim=$(workers)
	kill -KILL "$victim"
	wait_until 10 log_has 'worker 0 is replaced'
	[ "$(say one)" = one ]
	wait_until 5 lines_are "$WORK/access" 1
	kill -USR2 "$SERVER"
	wait_until 20 log_has 'upgraded: generation 2'
	[ "$(say two)" = two ]
	wait_until 5 lines_are "$WORK/access" 2
	holds 'generation=2' "$WORK/access"
}

@test "an access log that takes nothing delays nobody, and its lines are counted" {
	need python3
	mkfifo "$WORK/access"
	exec 8<>"$WORK/access"
	serve -w 1 -o "access_log $WORK/access;" 8>&-
	timeout 60 python3 - "$PORT" <<-'END'
		import socket, sys
		for _ in range(600):
		    with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=10) as client:
		        client.sendall(b"x")
		        assert client.recv(1) == b"x"
	END
	wait_until 5 log_has 'access_log: [0-9]+ lines could not be written so far'
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 15
	exec 8>&-
	log_has 'accepted 600, live 0'
	log_has '[0-9]+ lines of the log could not be written'
}

@test "outgoing connections have no access line; a protocol's words have their fields" {
	need jq socat
	configure <<-END
		workers 1;
		log stderr format=json;
		access_log $WORK/access format=json;
		service default { listen 127.0.0.1:0; protocol tunnel { upstream 127.0.0.1:9; at_start ""; } }
	END
	start_ready 1 "$COHORT_BUILD/tests/servers/tunnel" -c "$CONFIG"
	say hello || true
	is_lost() { [ "$(select_lines '.event == "protocol" and .service == "default" and (.message | contains("lost: "))' | wc -l)" -eq 2 ]; }
	wait_until 10 is_lost
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 15
	lines_are "$WORK/access" 1
	id=$(jq -r .connection "$WORK/access")
	has_line ".event == \"protocol\" and .connection == \"$id\""
}
