#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The live page in a browser: what it shows is what the server does.

load support/common

# Of the system, whatever comes first in PATH: it has selenium.
PYTHON=/usr/bin/python3

teardown() {
	[ -z "${PAGE_PID:-}" ] || end_page
	common_teardown
}

# administer HTTP_ADDRESS: serve with a page, whose port is $HTTP.
administer() {
	configure <<-END
		workers 2;
		admin $1;
		service echo { listen 127.0.0.1:0; }
		service chat { listen 127.0.0.1:0; protocol line; suspended on; }
	END
	: >"$LOG"
	serve -c "$CONFIG"
	HTTP=$(sed -n 's/.* admin: 127.0.0.1:\([0-9]*\) is served/\1/p' "$LOG" | tail -n 1)
	wait_until 10 worker_count_is 2
}

# browse: open it; then `page VERB …` asks support/page.py.
browse() {
	mkfifo "$WORK/ask" "$WORK/answer"
	timeout $((200 * COHORT_PATIENCE)) "$PYTHON" "$BATS_TEST_DIRNAME/support/page.py" \
		"http://127.0.0.1:$HTTP/" "$WORK" 3>&- <"$WORK/ask" >"$WORK/answer" 2>"$WORK/browser.log" &
	PAGE_PID=$!
	exec 8>"$WORK/ask" 9<"$WORK/answer"
	page size "1320 1500"
}
page() {
	echo "$*" >&8
	read -r -t $((30 * COHORT_PATIENCE)) SEEN <&9 || {
		echo "the browser does not answer: $*"
		tail -n 5 "$WORK/browser.log"
		return 1
	}
}
end_page() {
	kill -TERM "$PAGE_PID" 2>/dev/null || true
	wait_until 20 is_gone "$PAGE_PID"
	exec 8>&- 9<&-
}

# sees SELECTOR WORDS: the element has them, as a pattern. seen: within a while.
sees() {
	page see "$1"
	# shellcheck disable=SC2053  # a pattern
	[[ $SEEN == *$2* ]]
}
seen() {
	wait_until 20 sees "$@" || {
		echo "$1 never had \"$2\", but \"$SEEN\""
		return 1
	}
}
counts() {
	page count "$1"
	[ "$SEEN" -eq "$2" ]
}
# press KEY: where the focus is.
press() { page key "$1"; }
has() {
	page get "$1" "$2"
	[ "$SEEN" = "$3" ]
}

@test "the page shows what happens, also that the server is gone and back" {
	need chromium chromedriver socat
	"$PYTHON" -c 'import selenium' || skip "selenium is not installed"
	administer 127.0.0.1:0
	hold
	browse

	# What the server has, in each part of it.
	seen "#phase" "serving"
	seen "#facts" "process $SERVER"
	mapfile -t pids < <(workers)
	seen "#lanes" "0● serving*${pids[0]}*1● serving*${pids[1]}"
	seen "#services" "echo● serving*127.0.0.1:$PORT"
	seen "#services tr:nth-child(2)" "chatⅡ suspended"
	seen ".tile" "Connections1*1 so far"
	seen "#connections" "[0-9]-[0-9]*echo127.0.0.1:*open"
	wait_until 20 counts "#connections tr" 1
	wait_until 20 counts "svg.plot path[d*=L]" 4
	seen "#events" "started cohort"

	# A worker that dies.
	kill -KILL "${pids[0]}" "${pids[1]}"
	wait_until 10 is_gone "${pids[1]}"
	wait_until 10 worker_count_is 2
	mapfile -t new < <(workers)
	seen "#lanes" "0● serving*${new[0]}*1● serving*${new[1]}"
	counts "#lanes tr" 2
	seen "#events" "worker died*worker 0 (process ${pids[0]}) was killed by SIGKILL"
	seen ".tile:last-child" "2 of 2*2 restarts"
	seen ".plots .mark-sign" "✕"
	seen "#services" "worker exit 1"
	seen "#connections" "no connection is open"

	# The keyboard.
	press p
	has aria-pressed "#pause" true
	seen "#fresh" "paused at"
	press p
	seen "#fresh" "live"
	has data-theme html light
	press t
	has data-theme html dark
	press c
	has aria-pressed "#orders button:nth-child(2)" true
	page focus "svg.plot"
	press ArrowLeft
	press ArrowLeft
	wait_until 20 counts ".hair" 1
	seen ".readout" "[0-9]:[0-9]"
	press Escape
	wait_until 20 counts ".hair" 0
	seen ".readout" "now"

	# Nobody would replace a worker now.
	counts "#silent.shown" 0
	kill -STOP "$SERVER"
	seen "#silent.shown" "supervisor gives no sign of life"
	kill -CONT "$SERVER"
	wait_until 20 counts "#silent.shown" 0

	# Away, and back on the same port.
	counts "body.stale" 0
	end_server "$SERVER"
	wait_until 30 counts "body.stale" 1
	seen "#banner.shown" "No answer for"
	administer "127.0.0.1:$HTTP"
	wait_until 30 counts "body.stale" 0
	wait_until 20 counts "#banner.shown" 0
	seen "#facts" "process $SERVER"
	seen "#events" "another server*process $SERVER answers now"
	seen "#lanes" "$(workers | head -n 1)"

	page errors
	echo "the console: $SEEN"
	[ "$SEEN" = none ]
}
