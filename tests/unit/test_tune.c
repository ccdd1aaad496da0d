/* SPDX-License-Identifier: MIT */
/* test_tune.c - settings of a made-up system beside configurations. */
#include "process/tune.h"

#include "config_fixture.h"

struct setting {
	const char *name;
	const char *value;
};

/* The one that the case is about, and what is good for everybody else. */
static struct setting asked;

static void read_made_up(const struct tune_facts *facts, const char *name,
			 char *out)
{
	const struct tune_row *row;

	(void)facts;
	out[0] = '\0';
	if (strcmp(name, asked.name) == 0) {
		snprintf(out, TUNE_TEXT, "%s", asked.value);
		return;
	}
	for (row = tune_rows; row->name; row++)
		if (strcmp(row->name, name) == 0 && row->advised)
			snprintf(out, TUNE_TEXT, "%s", row->advised);
}

static const struct tune_row *row_of(const char *name)
{
	const struct tune_row *row = tune_rows;

	while (row->name && strcmp(row->name, name) != 0)
		row++;
	REQUIRE(row->name);
	return row;
}

struct sample {
	const char *directives; /* of the service, or global */
	struct setting setting;
	enum tune_verdict verdict;
	const char *configured; /* a part of it, or NULL */
	const char *advised;
	bool is_privileged;
};

/* clang-format off */
static const struct sample samples[] = {
	{"backlog 511;", {"net.core.somaxconn", "511"}, TUNE_GOOD, "backlog 511 (service default)", "", false},
	{"backlog 512;", {"net.core.somaxconn", "511"}, TUNE_IMPOSSIBLE, "backlog 512", "512", false},
	{"backlog 512;", {"net.ipv4.tcp_max_syn_backlog", "128"}, TUNE_ADVISED, "backlog 512", "512", false},
	{"", {"net.core.rmem_max", "4096"}, TUNE_GOOD, NULL, "", false},
	{"receive_buffer 1m;", {"net.core.rmem_max", "212992"}, TUNE_IMPOSSIBLE, "receive_buffer 1048576", "1048576", true},
	{"receive_buffer 1m;", {"net.core.rmem_max", "1048576"}, TUNE_GOOD, "receive_buffer", "", false},
	{"send_buffer 64k;", {"net.core.wmem_max", "65535"}, TUNE_IMPOSSIBLE, "send_buffer 65536", "65536", false},
	{"", {"net.ipv4.tcp_fastopen", "1"}, TUNE_GOOD, NULL, "", false},
	{"fastopen 64;", {"net.ipv4.tcp_fastopen", "1"}, TUNE_IMPOSSIBLE, "fastopen 64", "3", false},
	{"fastopen 64;", {"net.ipv4.tcp_fastopen", "3"}, TUNE_GOOD, "fastopen 64", "", false},
	{"congestion reno;", {"net.ipv4.tcp_available_congestion_control", "cubic bbr"}, TUNE_IMPOSSIBLE, "congestion reno", "modprobe tcp_reno", false},
	{"congestion reno;", {"net.ipv4.tcp_available_congestion_control", "newreno reno1 cubic"}, TUNE_IMPOSSIBLE, NULL, NULL, false},
	{"congestion reno;", {"net.ipv4.tcp_available_congestion_control", "cubic reno"}, TUNE_GOOD, NULL, "", false},
	{"", {"net.ipv4.tcp_rmem", "4096 131072 6291456"}, TUNE_GOOD, NULL, "", false},
	{"", {"net.ipv4.tcp_rmem", "4096\t65536\t131072"}, TUNE_ADVISED, NULL, "4096 65536 4194304", false},
	{"", {"net.ipv4.tcp_rmem", "what"}, TUNE_UNKNOWN, NULL, "", false},
	{"", {"net.ipv4.tcp_slow_start_after_idle", "1"}, TUNE_ADVISED, NULL, "0", false},
	{"", {"net.ipv4.tcp_slow_start_after_idle", "0"}, TUNE_GOOD, NULL, "", false},
	{"", {"net.ipv4.tcp_syncookies", ""}, TUNE_UNKNOWN, NULL, "", false},
	{"", {"net.ipv4.tcp_retries2", "3"}, TUNE_GOOD, NULL, "", false},
	{"keepalive on;", {"net.ipv4.tcp_keepalive_time", "7200"}, TUNE_ADVISED, "system's times", "600, or keepalive IDLE:INTERVAL:COUNT in the configuration", false},
	{"keepalive on;", {"net.ipv4.tcp_keepalive_time", "600"}, TUNE_GOOD, NULL, "", false},
	{"keepalive 60s:5s:3;", {"net.ipv4.tcp_keepalive_time", "7200"}, TUNE_GOOD, NULL, "", false},
	{"keepalive off;", {"net.ipv4.tcp_keepalive_time", "7200"}, TUNE_GOOD, NULL, "", false},
	{"listen 127.0.0.1:80;", {"net.ipv4.ip_unprivileged_port_start", "1024"}, TUNE_ADVISED, "port 80", "80, or start as root or with CAP_NET_BIND_SERVICE", false},
	{"listen 127.0.0.1:80;", {"net.ipv4.ip_unprivileged_port_start", "1024"}, TUNE_GOOD, "port 80", "", true},
	{"listen 127.0.0.1:80;", {"net.ipv4.ip_unprivileged_port_start", "80"}, TUNE_GOOD, NULL, "", false},
	{"max_connections 4000;", {"RLIMIT_NOFILE", "1024 2048"}, TUNE_GOOD, "4000 over 4 workers: 1025 descriptors", "", false},
	{"max_connections 9000;", {"RLIMIT_NOFILE", "1024 2048"}, TUNE_IMPOSSIBLE, "max_connections 9000", "a hard limit of 2275 (LimitNOFILE=)", false},
	{"max_connections 4000; protocol plain;", {"RLIMIT_NOFILE", "1024 2048"}, TUNE_GOOD, "4000 over 4 workers: 2025 descriptors", "", false},
	{"max_open_files 4096;", {"RLIMIT_NOFILE", "1024 2048"}, TUNE_IMPOSSIBLE, "max_open_files 4096", NULL, false},
	{"max_open_files 4096;", {"RLIMIT_NOFILE", "1024 2048"}, TUNE_GOOD, "max_open_files 4096", "", true},
	{"max_open_files 4096;", {"fs.nr_open", "2000"}, TUNE_IMPOSSIBLE, "max_open_files 4096", "4096", true},
	{"max_connections 9000;", {"fs.file-max", "8000"}, TUNE_IMPOSSIBLE, "max_connections 9000", "18000", true},
	{"max_connections 4000; protocol plain;", {"fs.file-max", "7999"}, TUNE_IMPOSSIBLE, "max_connections 4000: 8000 descriptors", "16000", true},
	{"", {"net.core.optmem_max", "864"}, TUNE_GOOD, "4 workers", "", false},
	{"", {"net.core.optmem_max", "863"}, TUNE_ADVISED, "864 bytes", "864", false},
	{"", {"kernel.yama.ptrace_scope", "1"}, TUNE_GOOD, NULL, "", false},
	{"", {"kernel.yama.ptrace_scope", "2"}, TUNE_ADVISED, NULL, "1", false},
};
/* clang-format on */

/* Tabs are for machines. */
static void straighten(char *value)
{
	for (; *value; value++)
		if (*value == '\t')
			*value = ' ';
}

/* The row's own words, and not those of a later one. */
static void check_words(const char *at, const char *words,
			const struct tune_row *row)
{
	const char *found = strstr(at, words);

	check_note(found && found < strstr(at, row->why), __FILE__, __LINE__,
		   words);
}

static void judge_sample(const struct sample *sample)
{
	const struct tune_row *row = row_of(sample->setting.name);
	struct text report = {0};
	struct tune_facts facts = {.workers = 4, .read = read_made_up};
	struct outcome outcome;
	char line[2 * TUNE_TEXT], value[TUNE_TEXT];
	const char *at;
	unsigned count;

	load(&outcome, (struct config_request){
			       .overrides = &sample->directives,
			       .override_count = 1,
		       });
	REQUIRE(outcome.config);
	asked = sample->setting;
	facts.config = outcome.config;
	facts.is_privileged = sample->is_privileged;
	count = tune_report(&facts, &report);
	check_int(count, sample->verdict == TUNE_IMPOSSIBLE);
	snprintf(value, sizeof(value), "%s", asked.value);
	straighten(value);
	snprintf(line, sizeof(line), "%-8s %s = %s\n",
		 tune_verdict_names[sample->verdict], row->name,
		 value[0] ? value : "?");
	at = strstr(report.bytes, line);
	check_note(at != NULL, __FILE__, __LINE__, line);
	if (at && sample->configured)
		check_words(at, sample->configured, row);
	snprintf(line, sizeof(line), "advised: %s\n",
		 sample->advised ? sample->advised : "");
	if (at && sample->advised && sample->advised[0])
		check_words(at, line, row);
	text_release(&report);
	outcome_release(&outcome);
}

static void test_every_row_says_why(void)
{
	const struct tune_row *row;

	for (row = tune_rows; row->name; row++) {
		CHECK(row->topic[0] != '\0');
		CHECK(row->why[0] != '\0');
		CHECK(!row->judge || !row->advised);
	}
}

int main(void)
{
	size_t i;

	test_every_row_says_why();
	for (i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		judge_sample(&samples[i]);
	return check_result();
}
