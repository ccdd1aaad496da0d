#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A real Prometheus scrapes through everything that happens to a server.

load support/common

TARGETS=$((10 * COHORT_PATIENCE))
INTERVAL=$((2 * COHORT_PATIENCE))s

port_of_admin() { sed -n 's/.* admin: 127.0.0.1:\([0-9]*\) is served/\1/p' "$LOG" | tail -n 1; }
admin_is_alone() { [ "$(admins | wc -l)" -eq 1 ]; }
admin_is_not() { admin_is_alone && [ "$(admins)" != "$1" ]; }
get() { timeout $((10 * COHORT_PATIENCE)) curl -sS "$@"; }
metrics() { get "http://127.0.0.1:$HTTP/metrics"; }
# total NAME [LABEL]: the sum of the series as they are now.
total() { metrics | awk -v name="$1{" -v label="${2:-}" 'index($0, name) == 1 && index($0, label) { n += $NF } END { printf "%d", n }'; }

# The same target many times over, each with a time of its own: with an interval
# that leaves room for a slow machine there is a scrape every 0.2 seconds.
monitor() {
	SCRAPER_PORT=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
	{
		echo "global: {scrape_interval: $INTERVAL, scrape_timeout: $INTERVAL}"
		echo "scrape_configs: [{job_name: cohort, static_configs: ["
		for ((i = 0; i < TARGETS; i++)); do
			echo "  {targets: ['127.0.0.1:$HTTP'], labels: {n: '$i'}},"
		done
		# functions forget the name: a label keeps it
		echo "], metric_relabel_configs: [{source_labels: [__name__], target_label: metric}]}]"
	} >"$WORK/prometheus.yml"
	prometheus --config.file="$WORK/prometheus.yml" --storage.tsdb.path="$WORK/tsdb" --log.level=warn \
		--web.listen-address="127.0.0.1:$SCRAPER_PORT" >"$WORK/prometheus.log" 2>&1 3>&- </dev/null &
	SCRAPER=$!
	SERVER_PIDS+=("$SCRAPER")
	wait_until 30 all_have_scraped 1
}
# query EXPRESSION: the values, one a line, each behind its labels.
query() {
	get "http://127.0.0.1:$SCRAPER_PORT/api/v1/query" --data-urlencode "query=$1" |
		jq -r 'if .status == "success" then .data.result[] | "\(.metric) \(.value[1])" else error(.error) end'
}
value() { query "$1" | awk '{ print $NF }'; }
all_have_scraped() { [ "$(value "count(count_over_time(up[1h]) >= $1)")" = "$TARGETS" ]; }
# Once more after what has just happened.
scrape_again() { wait_until 20 all_have_scraped $(($(value 'max(count_over_time(up[1h]))') + 1)); }

serve_scraped() {
	cp "$COHORT" "$WORK/cohort"
	configure <<-END
		workers 2;
		control $WORK/control;
		admin 127.0.0.1:0;
		service echo { listen 127.0.0.1:0; }
	END
	start_ready 1 "$WORK/cohort" -c "$CONFIG"
	HTTP=$(port_of_admin)
}

# Every request that was sent has been answered.
admin_is_idle() {
	grep -q '^State:.S' "/proc/$(admins)/status" &&
		[ "$(ss -Htn "sport = :$HTTP" | awk '{ n += $2 } END { print n + 0 }')" -eq 0 ] && scrapes_waiting 0
}
scrapes_waiting() { [ "$(ss -Hltn "sport = :$HTTP" | awk '{ print $2 }')" -ge "$1" ]; }

# Nobody answers until a scrape waits for it: the listener is there, so it is
# not refused.
kill_admin_under_a_scrape() {
	local victim
	victim=$(admins)
	kill -STOP "$SCRAPER"
	wait_until 5 admin_is_idle
	kill -STOP "$SERVER"
	kill -KILL "$victim"
	kill -CONT "$SCRAPER"
	wait_until 10 scrapes_waiting 1
	kill -CONT "$SERVER"
	wait_until 10 admin_is_not "$victim"
}

happened() { [ "$(total "$1" "${2:-}")" -ge "$3" ]; }
all_is_closed() { [ "$(total cohort_connections)" -eq 0 ]; }

@test "Prometheus sees no failed scrape and no counter go down, whatever is killed or replaced" {
	need prometheus promtool curl jq python3 ss
	serve_scraped
	timeout 200 python3 "$BATS_TEST_DIRNAME/support/traffic.py" "$PORT" "$WORK/stop" >"$WORK/traffic" 3>&- 2>&1 &
	traffic=$!
	monitor
	kill -KILL "$(workers | head -n 1)"
	wait_until 10 worker_count_is 2
	kill_admin_under_a_scrape
	kill -HUP "$SERVER"
	wait_until 20 happened cohort_config_reloads_total success 1
	wait_until 20 admin_is_alone
	kill -USR2 "$SERVER"
	wait_until 20 happened cohort_upgrades_total success 1
	wait_until 20 admin_is_alone
	kill_admin_under_a_scrape
	kill -KILL "$(workers | tail -n 1)"
	wait_until 10 happened cohort_worker_restarts_total killed 2
	touch "$WORK/stop"
	wait "$traffic"
	wait_until 10 all_is_closed
	metrics >"$WORK/metrics"
	run -0 promtool check metrics <"$WORK/metrics"
	[ -z "$output" ]
	scrape_again

	cat "$WORK/traffic" "$WORK/prometheus.log"
	run query 'min_over_time(up[1h]) < 1'
	[ -z "$output" ]
	[ "$(value 'count(count_over_time({metric=~"cohort_.*_(total|count|bucket|sum)"}[1h]))')" -gt $((40 * TARGETS)) ]
	run query 'resets({metric=~"cohort_.*_(total|count|bucket|sum)"}[1h]) > 0'
	[ -z "$output" ]
	# and nothing was ever missing from a scrape
	run query 'count_over_time(cohort_received_bytes_total[1h]) != on (n) count_over_time(up[1h])'
	[ -z "$output" ]

	said() { awk -v word="$1" '$1 == word { print $2 }' "$WORK/traffic"; }
	[ "$(awk '{ n += $2 } END { print n }' "$WORK/traffic")" -eq $((2 * $(said connected))) ]
	accepted=$(value 'max(sum by (n) (cohort_connections_accepted_total))')
	echo "accepted $accepted"
	[ "$accepted" -ge "$(said answered)" ]
	[ "$accepted" -le "$(said connected)" ]
	[ "$(value 'min(sum by (n) (cohort_connections_accepted_total))')" -eq "$accepted" ]
	[ "$(value 'max(sum by (n) (cohort_connections_closed_total))')" -eq "$accepted" ]
	[ "$(value 'max(cohort_sent_bytes_total)')" -ge $((16 * $(said answered))) ]
	[ "$(value 'max(cohort_received_bytes_total)')" -le $((16 * $(said connected))) ]
	[ "$(value 'max(cohort_admin_restarts_total)')" -eq 2 ]
	ended=$(value 'max(cohort_connections_closed_total{reason="worker_exit"})')
	[ "$(value 'max(cohort_connection_duration_seconds_count)')" -eq $((accepted - ended)) ]
}
