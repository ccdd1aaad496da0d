#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The admin process: whose child it is, what it holds, and how it comes back.

load support/common

# serve_administered [DIRECTIVES]: and the admin process is there.
serve_administered() {
	administer "$@"
	wait_until 10 admin_is_there
}
# One, which is not $1, and holds no other descriptor than it should.
admin_is_there() { [ "$(admins | wc -l)" -eq 1 ] && [ "$(admins)" != "${1:-}" ] && admin_is_ready; }
admin_is_ready() { [ "$(awk '/^Uid/ { print $2 }' "/proc/$(admins)/status")" != 0 ] || [ "$(id -u)" -ne 0 ] && grep -q '^NoNewPrivs:.1' "/proc/$(admins)/status"; }
no_admin() { [ -z "$(admins)" ]; }
no_admin_listens() { [ -z "$(listening)" ]; }
# The socket that listens on $HTTP, by its inode.
listening() { ss -Hltne "sport = :$HTTP" | grep -o 'ino:[0-9]*'; }
reloaded() { [ "$(log_count 'reloaded: generation|upgraded: generation')" -ge "$1" ]; }

@test "the admin process has no privileges and only its own descriptors" {
	serve_administered
	pid=$(admins)
	[ "$(tr '\0' '\n' <"/proc/$pid/cmdline" | head -n 1)" = "cohort: admin" ]
	if [ "$(id -u)" -eq 0 ]; then
		nobody=$(id -u nobody)
		[ "$(awk '/^Uid/ { print $2, $3, $4 }' "/proc/$pid/status")" = "$nobody $nobody $nobody" ]
		[ "$(awk '/^CapEff/ { print $2 }' "/proc/$pid/status")" = 0000000000000000 ]
	fi
	[ "$(awk '/^NoNewPrivs/ { print $2 }' "/proc/$pid/status")" = 1 ]
	# two listeners, the channel and its spare, and one to each worker
	has_six() { [ "$(find "/proc/$pid/fd" -lname 'socket:*' | wc -l)" -eq 6 ]; }
	wait_until 10 has_six
	# a folder would lead out of a chroot
	[ -z "$(find -L "/proc/$pid/fd" -maxdepth 1 -mindepth 1 -type d)" ]
	run ! grep -vE '^$|socket:|/dev/null|/log$|^/proc/[0-9]+/(stat|limits)$|eventpoll|signalfd|pipe:|report' < <(find "/proc/$pid/fd" -printf '%l\n')
}

@test "an admin process that is killed is back, and no connection has noticed" {
	need socat
	serve_administered
	hold
	socket=$(listening)
	for _ in 1 2 3; do
		victim=$(admins)
		kill -KILL "$victim"
		wait_until 5 admin_is_there "$victim"
		answered again
	done
	[ "$(listening)" = "$socket" ]
	[ "$(log_count 'the admin process .* was killed by SIGKILL')" -eq 3 ]
	run ! log_has 'worker .* (was killed|exited)'
	kill "$CLIENT_PID"
}

@test "an admin process that is stopped is replaced" {
	serve_administered "watchdog_steer 200ms; watchdog_timeout 500ms;"
	victim=$(admins)
	kill -STOP "$victim"
	wait_until 10 admin_is_there "$victim"
	log_has 'the admin process .* is killed: it hangs'
}

@test "a supervisor that stood still does not blame the admin process" {
	serve_administered "watchdog_steer 200ms; watchdog_timeout 500ms;"
	pid=$(admins)
	kill -STOP "$SERVER"
	# longer than the bound; the admin is silent as well
	kill -STOP "$pid"
	python3 -c 'import time; time.sleep(0.8)'
	kill -CONT "$pid" "$SERVER"
	kill -HUP "$SERVER"
	wait_until 10 reloaded 1
	run ! log_has 'admin process .* is killed'
}

@test "TERM to the admin process has another one take its place first" {
	serve_administered
	victim=$(admins)
	socket=$(listening)
	kill -TERM "$victim"
	wait_until 10 admin_is_there "$victim"
	[ "$(listening)" = "$socket" ]
	run ! log_has 'the admin process'
}

@test "a reload and an upgrade roll the admin process and keep its sockets" {
	serve_administered
	file=$(stat -c %i "$WORK/control")
	socket=$(listening)
	for signal in HUP USR2 HUP; do
		victim=$(admins)
		kill "-$signal" "$SERVER"
		wait_until 20 admin_is_there "$victim"
	done
	wait_until 10 reloaded 3
	[ "$(listening)" = "$socket" ]
	[ "$(stat -c %i "$WORK/control")" = "$file" ]
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 10
	[ "$STATUS" -eq 0 ]
	[ ! -e "$WORK/control" ]
	[ -z "$(listening)" ]
}

@test "a reload opens and closes what the admin process listens on" {
	serve_administered
	[ "$(stat -c %a "$WORK/control")" = 600 ]
	sed -i "s|control .*|control $WORK/control mode=0660;|; s|admin .*|admin 127.0.0.1:0 unix:$WORK/http;|" "$CONFIG"
	kill -HUP "$SERVER"
	wait_until 10 test -S "$WORK/http"
	wait_until 10 reloaded 1
	[ "$(stat -c %a "$WORK/control")" = 660 ]
	[ -n "$(listening)" ]
	sed -i '/^control/d; /^admin/d' "$CONFIG"
	kill -HUP "$SERVER"
	wait_until 10 reloaded 2
	wait_until 10 no_admin
	[ ! -e "$WORK/control" ]
	[ ! -e "$WORK/http" ]
	[ -z "$(listening)" ]
}

@test "what somebody else has cannot be had for the admin process" {
	need socat
	serve_administered
	run -75 timeout 20 "$COHORT" -l 127.0.0.1:0 -o "admin 127.0.0.1:$HTTP;"
	[[ $output == *"admin: cannot serve 127.0.0.1:$HTTP: another instance (process $SERVER) has it"* ]]
	run -75 timeout 20 "$COHORT" -l 127.0.0.1:0 -o "control $WORK/control;"
	[[ $output == *"control: cannot serve unix:$WORK/control: another instance (process $SERVER)"* ]]
	[ -S "$WORK/control" ]
	run -75 timeout 20 "$COHORT" -l 127.0.0.1:0 -o "admin 127.0.0.1:$PORT;"
	[[ $output == *"admin: cannot serve 127.0.0.1:$PORT"* ]]
	echo mine >"$WORK/file"
	run -1 timeout 20 "$COHORT" -l 127.0.0.1:0 -o "control $WORK/file;"
	[[ $output == *"control: cannot bind unix:$WORK/file: the file there is not a socket"* ]]
	[ "$(cat "$WORK/file")" = mine ]
	run -78 timeout 20 "$COHORT" -t -l 127.0.0.1:7777 -o "admin 127.0.0.1:7777;"
	[[ $output == *"admin: 127.0.0.1:7777 is an address of service 'default'"* ]]
}

@test "a reload that cannot have an address changes nothing and says why" {
	need python3
	serve_administered
	before=$(admins)
	timeout 60 python3 -c '
import socket, time
s = socket.create_server(("127.0.0.1", 0))
print("127.0.0.1:%d" % s.getsockname()[1], flush=True)
time.sleep(60)' >"$WORK/taken" 3>&- &
	SERVER_PIDS+=("$!")
	wait_until 10 test -s "$WORK/taken"
	taken=$(cat "$WORK/taken")
	sed -i "s|^admin .*|admin 127.0.0.1:0 $taken;|" "$CONFIG"
	kill -HUP "$SERVER"
	wait_until 10 log_has 'the reload failed'
	log_has "reload: admin: cannot bind $taken: Address already in use"
	[ "$(admins)" = "$before" ]
	[ -n "$(listening)" ]
}

@test "a stale control socket is replaced" {
	need python3 socat
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$WORK/control"
	run ! timeout 5 socat -u OPEN:/dev/null "UNIX:$WORK/control"
	serve_administered
	timeout 5 socat -u OPEN:/dev/null "UNIX:$WORK/control"
}

@test "the admin process ends with its supervisor, and a successor has its own" {
	serve_administered
	victim=$(admins)
	sed -i "s|^admin .*|admin 127.0.0.1:$HTTP;|; s|listen .*|listen 127.0.0.1:$PORT; }|" "$CONFIG"
	kill -STOP "$victim"
	kill -KILL "$SERVER"
	wait_until 5 is_gone "$victim"
	serve -c "$CONFIG"
	wait_until 10 log_has 'taking over'
	wait_until 10 admin_is_there "$victim"
	[ -n "$(listening)" ]
	wait_until 10 reloaded 1
	run ! log_has 'failed'
}

@test "a successor serves what it can have of the admin process, and the rest as soon as it can" {
	need python3 socat curl
	serve_administered
	sed -i "s|^admin .*|admin 127.0.0.1:$HTTP;|; s|listen .*|listen 127.0.0.1:$PORT; }|" "$CONFIG"
	kill -KILL "$SERVER"
	wait_until 5 no_admin_listens
	timeout 60 python3 -c '
import socket, sys, time
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("bound", flush=True)
time.sleep(60)' "$HTTP" >"$WORK/bound" 3>&- &
	stranger=$!
	SERVER_PIDS+=("$stranger")
	wait_until 10 test -s "$WORK/bound"
	serve -c "$CONFIG"
	log_has 'taking over'
	wait_until 10 reloaded 1
	wait_until 10 admin_is_there
	[[ $(ask ping) == *end* ]]
	wait_until 10 log_has "admin: cannot bind 127.0.0.1:$HTTP.*; trying again"
	kill "$stranger"
	wait_until 30 status_is /ready 200
}

@test "a successor whose configuration cannot be had has an admin process all the same" {
	need socat
	serve_administered
	kill -KILL "$SERVER"
	wait_until 5 no_admin_listens
	sed -i "s|listen .*|listen 127.0.0.1:$PORT; listen 192.0.2.1:9; }|" "$CONFIG"
	start "$COHORT" -c "$CONFIG"
	wait_until 10 log_has 'the reload failed'
	wait_until 10 admin_is_there
	[[ $(ask ping) == *end* ]]
}

@test "a control socket whose file was removed is there again after HUP" {
	need socat
	serve_administered
	rm "$WORK/control"
	kill -HUP "$SERVER"
	wait_until 10 reloaded 1
	[[ $(ask ping) == *end* ]]
}

@test "the admin process is there until the last connection has ended" {
	need socat
	serve_administered
	hold
	kill -TERM "$SERVER"
	wait_until 10 log_has 'shutdown: waiting'
	victim=$(admins)
	kill -KILL "$victim"
	wait_until 10 admin_is_there "$victim"
	eval "exec ${CLIENT[1]}>&-"
	wait_exit "$SERVER" 20
	[ "$STATUS" -eq 0 ]
	[ ! -e "$WORK/control" ]
}

# ask VERB…: through the control socket, as lines.
ask() { printf '%s\n' "$*" | timeout $((30 * COHORT_PATIENCE)) socat -t 30 - "UNIX:$WORK/control"; }
get() { timeout $((10 * COHORT_PATIENCE)) curl -sS "http://127.0.0.1:$HTTP$1"; }
status_of() { timeout $((10 * COHORT_PATIENCE)) curl -s -o "$WORK/body" -w '%{http_code}' "http://127.0.0.1:$HTTP$1"; }
status_is() { [ "$(status_of "$1")" = "$2" ]; }

@test "no scrape fails, no counter falls while reloads and upgrades roll the admin process" {
	need python3
	serve_administered
	timeout 120 python3 "$BATS_TEST_DIRNAME/support/traffic.py" "$PORT" "$WORK/stop" >"$WORK/traffic" 3>&- 2>&1 &
	traffic=$!
	timeout 120 python3 "$BATS_TEST_DIRNAME/support/scrape.py" "127.0.0.1:$HTTP" /metrics "$WORK/stop" >"$WORK/scraped" 3>&- 2>&1 &
	scraper=$!
	wait_until 10 grep -q begun "$WORK/scraped"
	count=0
	for signal in HUP USR2 HUP USR2; do
		victim=$(admins)
		kill "-$signal" "$SERVER"
		count=$((count + 1))
		wait_until 20 reloaded "$count"
		wait_until 20 is_gone "${victim##*$'\n'}"
	done
	touch "$WORK/stop"
	wait "$scraper"
	wait "$traffic"
	cat "$WORK/scraped" "$WORK/traffic"
	grep -q ' 0 failures$' "$WORK/scraped"
}

# counters: of all that count up, with their labels.
counters() { get /metrics | grep -E '^cohort_[a-z_]+_(total|count|bucket|sum)[{ ]' | sort; }
# none_fell BEFORE AFTER: nor is any gone.
none_fell() {
	awk 'NR == FNR { before[$1] = $2; next } { after[$1] = $2 }
		END { for (name in before) if (!(name in after) || after[name] < before[name] + 0) { print name, before[name], after[name]; bad = 1 } exit bad }' "$1" "$2"
}

@test "an admin process that is killed is back within a second, its numbers whole" {
	need curl socat
	serve_administered
	for i in 1 2 3; do [ "$(say "$i")" = "$i" ]; done
	count_of() { sed -nE "s/^$1 ([0-9]+)\$/\1/p" "$WORK/after"; }
	for i in 1 2 3; do
		counters >"$WORK/before"
		victim=$(admins)
		kill -KILL "$victim"
		# asked at once, answered by the next one
		counters >"$WORK/after"
		[ "$(wc -l <"$WORK/after")" -gt 40 ]
		none_fell "$WORK/before" "$WORK/after"
		wait_until 1 admin_is_there "$victim"
	done
	[ "$(count_of cohort_admin_restarts_total)" -eq 3 ]
	[ "$(count_of 'cohort_connections_closed_total\{service="echo",reason="eof"\}')" -eq 3 ]
	[ "$(count_of 'cohort_received_bytes_total\{service="echo"\}')" -eq 3 ]
}

@test "ready and live tell how it is, the page is there, the rest is not" {
	need curl python3 socat
	serve_administered "drain_delay 30s; watchdog_steer 200ms; watchdog_timeout 1s;"
	wait_until 10 status_is /ready 200
	status_is /live 200
	status_is / 200
	grep -q '<title>Cohort</title>' "$WORK/body"
	status_is /status.json 200
	python3 -m json.tool "$WORK/body" >/dev/null
	status_is /nothing 404
	kill -STOP "$SERVER"
	wait_until 10 status_is /live 503
	kill -CONT "$SERVER"
	wait_until 10 status_is /live 200
	kill -TERM "$SERVER"
	wait_until 10 status_is /ready 503
	status_is /live 200
	[[ $(get /ready) == *"about to end"* ]]
	# it accepts still
	[ "$(say x)" = x ]
	kill -TERM "$SERVER"
	wait_exit "$SERVER" 10
}

@test "orders through the control socket are answered, also those that roll it" {
	need socat
	serve_administered
	run ask reload
	[[ $output == *"generation 2 serves with 2 workers"*$'\n'end ]]
	run ask upgrade
	[[ $output == *"upgraded from "*$'\n'end ]]
	run ask scale workers=3
	[[ $output == *"3 workers"*$'\n'end ]]
	wait_until 10 worker_count_is 3
	run ask suspend service=nothing
	[[ $output == fail*"no service nothing"* ]]
	echo 'workers 0;' >>"$CONFIG"
	run ask reload
	[[ $output == fail* ]]
	[[ $output == *"$CONFIG:"* ]]
}

@test "whoever orders the end hears of it" {
	need socat
	for how in "" now=on; do
		serve_administered
		# shellcheck disable=SC2086  # it may be nothing
		run ask stop $how
		[[ $output == *end ]]
		wait_exit "$SERVER" 10
		[ "$STATUS" -eq 0 ]
		[ ! -e "$WORK/control" ]
	done
}

@test "who may order and who may only look is told by the uid at the other end" {
	need socat setpriv
	[ "$(id -u)" -eq 0 ] || skip "only root can become others"
	serve_administered
	sed -i "s|^control .*|control $WORK/control mode=0666;|" "$CONFIG"
	chmod a+rx "$WORK" "$WORK/.." "$WORK/../.."
	kill -HUP "$SERVER"
	wait_until 10 reloaded 1
	as_nobody() { printf '%s\n' "$1" | timeout 20 setpriv --reuid nobody --clear-groups socat -t 20 - "UNIX:$WORK/control"; }
	run as_nobody ping
	[[ $output == *end ]]
	run as_nobody reload
	[[ $output == *fail*77* ]]
	run ! log_has 'reloaded: generation 3'
	sed -i "s|^control .*|control $WORK/control mode=0666 owner=nobody;|" "$CONFIG"
	kill -HUP "$SERVER"
	wait_until 10 reloaded 2
	wait_until 10 admin_is_there
	run as_nobody reload
	[[ $output == *"generation 4 serves"* ]]
}

@test "connections are listed by an admin process that was just started" {
	need socat
	serve_administered
	hold
	sees_it() { [[ $(ask connections) == *"127.0.0.1:$PORT"* ]]; }
	wait_until 10 sees_it
	victim=$(admins)
	kill -KILL "$victim"
	wait_until 10 admin_is_there "$victim"
	sees_it
	# the worker that drains is asked, too
	run ask reload
	[[ $output == *"serves"* ]]
	sees_it
	kill "$CLIENT_PID"
}
