#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Why a connection has ended: each reason is made to happen, and read in the log,
# in the access log, in the metrics and in the history of cohortctl.

load support/common

COHORTCTL=$COHORT_BUILD/cohortctl

# Those that cannot happen yet have series nevertheless: limit and limit_source
# come with limits of connections by source, denied with allow and deny.
REASONS="eof peer_reset local_close idle_timeout first_byte_timeout write_timeout
	lifetime write_overflow limit limit_source denied proxy_header
	protocol_error upstream shutdown killed worker_exit resource"

ctl() { timeout $((30 * COHORT_PATIENCE)) "$COHORTCTL" -s "$WORK/control" "$@"; }

# configure_all: stdin goes on behind what all of them have.
configure_all() {
	configure < <(
		cat - <<-END
			workers 1;
			control $WORK/control;
			log stderr format=json level=debug;
			access_log $WORK/access format=json;
		END
		cat
	)
}

# run_clients HOW…: those connections begin and end (end.py).
run_clients() { timeout $((60 * COHORT_PATIENCE)) python3 "$BATS_TEST_DIRNAME/support/end.py" "$READY" "$@" </dev/null; }
port_of() { sed -n "s/^$1 .*://p" "$READY"; }

# hold SERVICE [PORT]: a client that stays; its descriptor is $CLIENT.
hold() {
	exec {CLIENT}<>"/dev/tcp/127.0.0.1/${2:-$(port_of "$1")}"
	echo hello >&"$CLIENT"
	read -r -t $((10 * COHORT_PATIENCE)) <&"$CLIENT"
}

scrape() { ctl metrics >"$WORK/metrics"; }
# counted METRIC SERVICE REASON: the value of the series in the last scrape.
counted() {
	sed -n "s/^cohort_connections_$1_total{service=\"$2\",reason=\"$3\"} //p" "$WORK/metrics"
}
counts() { scrape && [ "$(counted closed "$1" "$2")" = "$3" ]; }
# logged SERVICE REASON: the connection of the access log's line ends in the log, too.
logged() {
	local id
	id=$(jq -r "select(.service == \"$1\") | .connection" "$WORK/access")
	[ "$(jq -r "select(.connection == \"$id\" and .event == \"connection_closed\") | .reason" "$LOG")" = "$2" ]
}
# remembered SERVICE REASON: it is in the history, once.
remembered() {
	[ "$(ctl --json connections --closed --service "$1" | jq -r "select(.reason == \"$2\" and .direction == \"in\") | .reason")" = "$2" ]
}
# told SERVICE REASON: all of them tell of the one connection that the service had.
told() {
	echo "service $1: $2"
	wait_until 10 counts "$1" "$2" 1
	[ "$(jq -r "select(.service == \"$1\") | .reason" "$WORK/access")" = "$2" ]
	logged "$1" "$2"
	remembered "$1" "$2"
	ctl services | grep -qE "^ *$1 +$2 +1\$"
}

@test "every reason has a series of every service from the start" {
	need jq
	configure_all <<-'END'
		service one { listen 127.0.0.1:0; }
		service two { listen 127.0.0.1:0; protocol discard; }
	END
	start_ready 2 "$COHORT" -c "$CONFIG"
	scrape
	for service in one two; do
		for reason in $REASONS; do
			[ "$(counted closed "$service" "$reason")" = 0 ]
		done
		for reason in resource limit limit_source denied; do
			[ "$(counted rejected "$service" "$reason")" = 0 ]
		done
	done
	# No other, and each once.
	[ "$(grep -c '^cohort_connections_closed_total{service="one",' "$WORK/metrics")" -eq "$(wc -w <<<"$REASONS")" ]
}

@test "what a client, a protocol or a timeout does is told by log, metric and history" {
	need jq python3
	configure_all <<-'END'
		service eof { listen 127.0.0.1:0; }
		service peer_reset { listen 127.0.0.1:0; }
		service local_close { listen 127.0.0.1:0; protocol daytime; }
		service idle_timeout { listen 127.0.0.1:0; idle_timeout 50ms; }
		service first_byte_timeout { listen 127.0.0.1:0; first_byte_timeout 50ms; }
		service write_timeout { listen 127.0.0.1:0; protocol chargen; write_timeout 200ms; }
		service lifetime { listen 127.0.0.1:0; lifetime 50ms; }
		service write_overflow {
			listen 127.0.0.1:0;
			send_buffer 4k;
			write_high 1k;
			write_limit 1k;
		}
		service proxy_header { listen 127.0.0.1:0; proxy_protocol required; }
		service protocol_error { listen 127.0.0.1:0; protocol line { limit 8; } }
		service upstream {
			listen 127.0.0.1:0;
			protocol proxy { upstream 127.0.0.1:1; }
		}
		service killed { listen 127.0.0.1:0; }
	END
	start_ready 12 "$COHORT" -c "$CONFIG"
	# One that takes nothing of what it is sent.
	exec {CLIENT}<>"/dev/tcp/127.0.0.1/$(port_of write_timeout)"
	hold killed
	run -0 ctl close --service killed
	run_clients eof peer_reset local_close idle_timeout first_byte_timeout lifetime \
		write_overflow proxy_header protocol_error upstream
	while read -r reason _; do
		told "$reason" "$reason"
	done <"$READY"
	[ "$(jq -s 'map(select(.event == "connection_closed")) | length' "$WORK/access")" -eq 12 ]
	[ "$(jq -r 'select(.service == "peer_reset") | .error' "$WORK/access")" = ECONNRESET ]
}

@test "a worker without descriptors ends what it cannot serve, and says resource" {
	need jq python3 prlimit
	configure_all <<-END
		user $(id -un); # the limits of others are root's to change
		service resource {
			listen 127.0.0.1:0;
			protocol proxy { upstream 127.0.0.1:1; }
		}
	END
	serve -c "$CONFIG"
	# Room for the client, and none for its upstream.
	worker=$(workers)
	room=$(comm -23 <(seq 0 1000 | sort) <(find "/proc/$worker/fd" -type l -printf '%f\n' | sort) | sort -n | sed -n 2p)
	prlimit --pid "$worker" --nofile="$room:"
	run_clients resource
	told resource resource
	jq -e 'select(.service == "resource") | .error == "EMFILE"' "$WORK/access"
}

@test "who has outstayed a drain was ended by shutdown" {
	need jq
	configure_all <<-'END'
		drain_timeout 50ms;
		service shutdown { listen 127.0.0.1:0; }
	END
	serve -c "$CONFIG"
	hold shutdown
	run -0 ctl reload
	told shutdown shutdown
}

@test "those who die with their worker are counted, named and remembered" {
	need jq
	configure_all <<-'END'
		service worker_exit { listen 127.0.0.1:0; }
		service other { listen 127.0.0.1:0; }
	END
	start_ready 2 "$COHORT" -c "$CONFIG"
	hold worker_exit
	hold worker_exit
	victim=$(workers)
	kill -KILL "$victim"
	wait_until 10 counts worker_exit worker_exit 2
	counts other worker_exit 0
	# It had no time for a line of its own: the supervisor has one for all.
	jq -se "map(select(.event == \"connections_lost\"))[0] | .reason == \"worker_exit\" and .worker_pid == $victim and .worker == 0
		and (.message | startswith(\"2 connections of service worker_exit died with worker 0\"))" "$LOG"
	[ ! -s "$WORK/access" ]
	[ "$(ctl --json connections --closed | jq -r 'select(.reason == "worker_exit") | "\(.service) \(.count)"')" = "worker_exit 2" ]
}
