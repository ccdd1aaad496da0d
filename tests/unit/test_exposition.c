/* SPDX-License-Identifier: MIT */
/* test_exposition.c - each metric with its series, in both formats.
 *
 * With an argument, `text` or `openmetrics`, it prints the metrics of a made-up
 * snapshot, for promtool and others. */
#include <ctype.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "control/http_metrics.h"
#include "metrics/exposition.h"
#include "metrics/metric_table.h"
#include "snapshot_fixture.h"

static struct snapshot snapshot;
static struct process_stats process;

static void make_process(void)
{
	unsigned i;

	for (i = 0; i < PROCESS_CELLS; i++)
		process.cells[i] = 7000 + i;
	process.cells[PROCESS_VIRTUAL_MAX_BYTES] = UINT64_MAX;
	process.known = (1U << PROCESS_CELLS) - 1;
}

/* Does the text have this line? */
static bool has_line(const struct text *text, const char *line)
{
	const char *found = text->bytes;
	size_t size = strlen(line);

	for (; found != NULL; found = strstr(found + 1, line))
		if (strncmp(found, line, size) == 0 &&
		    (found == text->bytes || found[-1] == '\n') &&
		    found[size] == '\n')
			return true;
	return false;
}

static void check_lines(enum exposition_format format, const char *const *lines)
{
	struct text out = {0};

	exposition_write(&out, format, &snapshot, &process);
	for (; *lines != NULL; lines++) {
		if (!has_line(&out, *lines))
			printf("  missing: %s\n", *lines);
		CHECK(has_line(&out, *lines));
	}
	text_release(&out);
}

static const char build_info[] =
	"cohort_build_info{version=\"" COHORT_VERSION "\"} 1";
#define REASON(service, number, word)                                          \
	"cohort_connections_closed_total{service=\"" service                   \
	"\",reason=\"" word "\"} " number

/* The cells of the fixture's services: 1000 and 2000 + the cell. */
/* clang-format off */
static const char *const samples[] = {
	build_info,
	"cohort_start_time_seconds 1700000000.25",
	"cohort_config_reloads_total{result=\"success\"} 2007",
	"cohort_config_reloads_total{result=\"failure\"} 2008",
	"cohort_config_last_reload_timestamp_seconds 0.0",
	"cohort_upgrades_total{result=\"failure\"} 2011",
	"cohort_generations 2004",
	"cohort_admin_restarts_total 2012",
	"cohort_keeper_restarts_total 2013",
	"cohort_log_dropped_total 5023",
	"cohort_workers_wanted 2005",
	"cohort_workers{state=\"starting\"} 1",
	"cohort_workers{state=\"ready\"} 1",
	"cohort_workers{state=\"draining\"} 1",
	"cohort_slots{state=\"serving\"} 1",
	"cohort_slots{state=\"waiting\"} 1",
	"cohort_slots{state=\"parked\"} 0",
	"cohort_slots_steered 2006",
	"cohort_slot_steered{worker=\"0\"} 0",
	"cohort_slot_steered{worker=\"1\"} 1",
	"cohort_worker_restarts_total{cause=\"crash\"} 50",
	"cohort_worker_restarts_total{cause=\"plugin\"} 56",
	"cohort_worker_heartbeat_age_seconds{worker=\"0\"} 1.0",
	"cohort_worker_connections{worker=\"0\"} 12",
	"cohort_worker_connections{worker=\"2\"} 0",
	"cohort_loop_lag_seconds_bucket{le=\"0.001\"} 3018",
	"cohort_loop_lag_seconds_bucket{le=\"0.002\"} 6037",
	"cohort_loop_lag_seconds_bucket{le=\"5.0\"} 36282",
	"cohort_loop_lag_seconds_bucket{le=\"+Inf\"} 39312",
	"cohort_loop_lag_seconds_sum 2.5",
	"cohort_loop_lag_seconds_count 39312",
	"cohort_busy_poll_seconds_total 0.003032",
	"cohort_accept_errors_total{errno=\"EMFILE\"} 3010",
	"cohort_accept_errors_total{errno=\"ECONNABORTED\"} 3014",
	"cohort_accept_errors_total{errno=\"other\"} 3015",
	"cohort_service_suspended{service=\"echo\"} 0",
	"cohort_service_suspended{service=\"chat\"} 1",
	"cohort_listener_queue{service=\"echo\",worker=\"0\"} 10",
	"cohort_listener_queue{service=\"chat\",worker=\"2\"} 22",
	"cohort_listener_queue_limit{service=\"chat\"} 512",
	"cohort_connections{service=\"echo\"} 1023",
	"cohort_connections_accepted_total{service=\"echo\",worker=\"1\"} 101",
	"cohort_connections_accepted_total{service=\"chat\",worker=\"2\"} 202",
	"cohort_connections_closed_total{service=\"echo\",reason=\"eof\"} 1005",
	"cohort_connections_closed_total{service=\"echo\",reason=\"worker_exit\"} 1021",
	"cohort_connections_closed_total{service=\"chat\",reason=\"resource\"} 2022",
	"cohort_connections_rejected_total{service=\"echo\",reason=\"resource\"} 1031",
	"cohort_connections_rejected_total{service=\"chat\",reason=\"denied\"} 2034",
	"cohort_connection_duration_seconds_bucket{service=\"echo\",le=\"0.01\"} 1035",
	"cohort_connection_duration_seconds_bucket{service=\"chat\",le=\"86400.0\"} 20395",
	"cohort_connection_duration_seconds_sum{service=\"echo\"} 1.046",
	"cohort_connection_duration_seconds_count{service=\"echo\"} 11440",
	"cohort_received_bytes_total{service=\"echo\"} 1001",
	"cohort_sent_bytes_total{service=\"chat\"} 2002",
	"cohort_write_buffer_bytes{service=\"echo\"} 1024",
	"cohort_pauses_total{service=\"echo\",direction=\"write\"} 1003",
	"cohort_pauses_total{service=\"echo\",direction=\"read\"} 1004",
	"cohort_outgoing_connections{service=\"echo\"} 1030",
	"cohort_outgoing_connected_total{service=\"echo\"} 1025",
	"cohort_outgoing_failed_total{service=\"echo\"} 1026",
	"cohort_outgoing_closed_total{service=\"echo\"} 1029",
	"cohort_outgoing_received_bytes_total{service=\"echo\"} 1027",
	"cohort_outgoing_sent_bytes_total{service=\"echo\"} 1028",
	"process_cpu_seconds_total 7.0",
	"process_start_time_seconds 7.001",
	"process_open_fds 7002",
	"process_max_fds 7003",
	"process_virtual_memory_bytes 7004",
	"process_virtual_memory_max_bytes 18446744073709551615",
	"process_resident_memory_bytes 7006",
	NULL,
};
/* clang-format on */

static const char *const text_headers[] = {
	"# TYPE cohort_build_info gauge",
	"# TYPE cohort_pauses_total counter",
	"# TYPE cohort_loop_lag_seconds histogram",
	"# TYPE cohort_connections gauge",
	"# HELP cohort_connections Accepted connections that live.",
	"# TYPE process_cpu_seconds_total counter",
	NULL,
};

static const char *const open_headers[] = {
	"# TYPE cohort_build info",
	"# TYPE cohort_pauses counter",
	"# HELP cohort_upgrades Upgrades in place.",
	"# TYPE cohort_sent_bytes counter",
	"# UNIT cohort_sent_bytes bytes",
	"# UNIT cohort_loop_lag_seconds seconds",
	"# EOF",
	NULL,
};

/* Of a worker whose heart never beat, and of a process that is not known. */
static void test_what_is_not_known_is_left_out(void)
{
	struct text out = {0};

	exposition_write(&out, EXPOSITION_TEXT, &snapshot, NULL);
	CHECK(strstr(out.bytes, "\nprocess_") == NULL);
	CHECK(strstr(out.bytes, "heartbeat_age_seconds{worker=\"1\"}") == NULL);
	CHECK(strstr(out.bytes, "# EOF") == NULL);
	CHECK(strstr(out.bytes, "# UNIT") == NULL);
	text_release(&out);
}

/* Series of all reasons, causes, services and slots, from the beginning. */
static void test_all_series_are_there_with_nothing(void)
{
	struct snapshot empty;
	struct text out = {0};
	unsigned i;

	make_snapshot(&empty);
	memset(empty.cells, 0, sizeof(empty.cells));
	memset(empty.restarts, 0, sizeof(empty.restarts));
	memset(empty.worker_totals, 0, sizeof(empty.worker_totals));
	for (i = 0; i < empty.service_count; i++)
		memset(empty.services[i].cells, 0,
		       sizeof(empty.services[i].cells));
	exposition_write(&out, EXPOSITION_TEXT, &empty, NULL);
	for (i = 0; i < COHORT_REASONS; i++) {
		char line[160];

		snprintf(line, sizeof(line), REASON("chat", "0", "%s"),
			 cohort_reason_name((enum cohort_reason)i));
		CHECK(has_line(&out, line));
	}
	for (i = 0; i < SCOREBOARD_RESTARTS; i++) {
		char line[160];

		snprintf(line, sizeof(line),
			 "cohort_worker_restarts_total{cause=\"%s\"} 0",
			 scoreboard_restart_names[i]);
		CHECK(has_line(&out, line));
	}
	CHECK(has_line(&out, "cohort_loop_lag_seconds_sum 0.0"));
	snapshot_release(&empty);
	text_release(&out);
}

/* A name out of memory that was written over cannot forge a line. */
static void test_names_are_escaped(void)
{
	struct text out = {0};
	char before[SCOREBOARD_SERVICE_NAME];

	memcpy(before, snapshot.services[0].name, sizeof(before));
	memset(snapshot.services[0].name, '"', sizeof(before) - 1);
	memcpy(snapshot.services[0].name, "a\nb\\\x01\xff", 6);
	exposition_write(&out, EXPOSITION_TEXT, &snapshot, NULL);
	CHECK(strstr(out.bytes, "{service=\"a\\nb\\\\?\?\\\"\\\"") != NULL);
	CHECK(strstr(out.bytes, "\\\"\",reason=\"eof\"} 1005\n") != NULL);
	memcpy(snapshot.services[0].name, before, sizeof(before));
	text_release(&out);
}

/* ---- The table ------------------------------------------------------- */

static bool ends_with(const char *word, const char *end)
{
	size_t size = strlen(word), tail = strlen(end);

	return size > tail && strcmp(word + size - tail, end) == 0;
}

static void check_row(const struct metric *metric)
{
	const char *letter;
	unsigned i;

	for (letter = metric->name; *letter != '\0'; letter++)
		CHECK(islower((unsigned char)*letter) || *letter == '_');
	CHECK(strncmp(metric->name, "cohort_", 7) == 0 ||
	      strncmp(metric->name, "process_", 8) == 0);
	CHECK(!ends_with(metric->name, "_total"));
	CHECK(metric->unit == NULL || ends_with(metric->name, metric->unit));
	CHECK(metric->unit != NULL || (!ends_with(metric->name, "_seconds") &&
				       !ends_with(metric->name, "_bytes")));
	CHECK(metric->help[0] != '\0' && !ends_with(metric->help, "."));
	CHECK(strpbrk(metric->help, "\\\n\"") == NULL);
	CHECK((metric->cells != NULL) != (metric->find != NULL));
	CHECK((metric->buckets != NULL) == (metric->kind == METRIC_HISTOGRAM));
	for (i = 0; metric->label != NULL && i < metric->label->count; i++)
		CHECK(metric->label->word(i) != NULL);
	if (check_failures > 0)
		printf("  %s\n", metric->name);
}

static void test_the_table(void)
{
	unsigned i, j;

	for (i = 0; i < metric_count; i++) {
		check_row(&metric_table[i]);
		for (j = 0; j < i; j++)
			CHECK(strcmp(metric_table[i].name,
				     metric_table[j].name) != 0);
	}
}

/* ---- A scrape -------------------------------------------------------- */

static bool is_answered_with(const char *accept, const char *type)
{
	struct http_request request = {"/metrics", "", accept};
	struct http_answer answer = {.status = 200};
	bool is_good;

	http_metrics_answer(&request, &answer, &snapshot, &process);
	is_good = answer.status == 200 &&
		  strncmp(answer.content_type, type, strlen(type)) == 0 &&
		  has_line(&answer.body, "# EOF") == (type[0] == 'a');
	text_release(&answer.body);
	return is_good;
}

static void test_a_scrape(void)
{
	struct http_request request = {"/metrics", "", ""};
	struct http_answer answer = {.status = 200};

	CHECK(is_answered_with("", "text/plain; version=0.0.4"));
	CHECK(is_answered_with("*/*", "text/plain; version=0.0.4"));
	CHECK(is_answered_with("text/html,*/*;q=0.8", "text/plain; "));
	CHECK(is_answered_with("application/json", "text/plain; "));
	CHECK(is_answered_with(
		"application/openmetrics-text;version=1.0.0,"
		"text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		"application/openmetrics-text; version=1.0.0"));
	http_metrics_answer(&request, &answer, NULL, NULL);
	check_int(answer.status, 503);
	text_release(&answer.body);
}

/* As the kernel says it: valgrind keeps some for itself, of which sysconf()
 * does not know. */
static unsigned long limit_in_proc(void)
{
	unsigned long limit = 0;
	FILE *file = fopen("/proc/self/limits", "r");
	char line[256];

	REQUIRE(file != NULL);
	while (fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "Max open files", 14) == 0)
			limit = strtoul(line + 14, NULL, 10);
	fclose(file);
	return limit;
}

/* ---- A process ------------------------------------------------------- */

static void test_a_process_is_read(void)
{
	struct process_stats stats = {0};
	struct process_files files;
	int before = check_failures;
	uint64_t started;
	int64_t now_ms = clock_wall_ms();

	struct stat status;
	unsigned all = (1U << PROCESS_CELLS) - 1, open_fds;

	process_files_open(&files, getpid());
	REQUIRE(files.stat >= 0 && files.limits >= 0);
	/* From a folder there would be a way out of any chroot. */
	CHECK(fstat(files.stat, &status) == 0 && S_ISREG(status.st_mode));
	CHECK(fstat(files.limits, &status) == 0 && S_ISREG(status.st_mode));
	process_stats_read(&stats, &files);
	check_int(stats.known, all & ~(1U << PROCESS_OPEN_FDS));
	open_fds = process_count_descriptors();
	started = stats.cells[PROCESS_STARTED_WALL_MS];
	CHECK(open_fds >= 4);
	check_int(stats.cells[PROCESS_MAX_FDS], limit_in_proc());
	CHECK(stats.cells[PROCESS_RESIDENT_BYTES] > 65536);
	CHECK(stats.cells[PROCESS_RESIDENT_BYTES] <
	      stats.cells[PROCESS_VIRTUAL_BYTES]);
	/* It began before now, and not long ago. */
	CHECK((int64_t)started <= now_ms + 100);
	CHECK((int64_t)started > now_ms - 600000);
	CHECK(dup(files.stat) >= 0);
	check_int(process_count_descriptors(), open_fds + 1);
	/* The clocks are not asked again. */
	stats.cells[PROCESS_STARTED_WALL_MS] = --started;
	process_stats_read(&stats, &files);
	check_int(stats.cells[PROCESS_STARTED_WALL_MS], started);
	process_files_close(&files);
	process_stats_read(&stats, &files);
	check_int(stats.known, 0);
	process_files_open(&files, 0x7fffffff);
	process_stats_read(&stats, &files);
	check_int(stats.known, 0);
	if (check_failures != before)
		printf("  started %llu now %lld\n", (unsigned long long)started,
		       (long long)now_ms);
}

static int print(const char *format)
{
	struct text out = {0};

	exposition_write(&out,
			 strcmp(format, "text") == 0 ? EXPOSITION_TEXT
						     : EXPOSITION_OPENMETRICS,
			 &snapshot, &process);
	fwrite(out.bytes, 1, out.size, stdout);
	text_release(&out);
	return 0;
}

int main(int argc, char **argv)
{
	make_snapshot(&snapshot);
	make_process();
	if (argc > 1)
		return print(argv[1]);
	check_lines(EXPOSITION_TEXT, samples);
	check_lines(EXPOSITION_TEXT, text_headers);
	check_lines(EXPOSITION_OPENMETRICS, samples);
	check_lines(EXPOSITION_OPENMETRICS, open_headers);
	test_what_is_not_known_is_left_out();
	test_all_series_are_there_with_nothing();
	test_names_are_escaped();
	test_the_table();
	test_a_scrape();
	test_a_process_is_read();
	snapshot_release(&snapshot);
	return check_result();
}
