/* SPDX-License-Identifier: MIT */
/* tune.c - the rows of tune_table.c are judged and shown. */
#include "process/tune.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "net/sockopt_system.h"
#include "process/cpus.h"

const char *const tune_verdict_names[TUNE_VERDICTS] = {
	[TUNE_GOOD] = "ok",
	[TUNE_ADVISED] = "advice",
	[TUNE_IMPOSSIBLE] = "CANNOT",
	[TUNE_UNKNOWN] = "unknown",
};

_Static_assert(TUNE_TEXT >= SOCKOPT_SYSTEM_TEXT, "a value has to fit");

/* ---- The machine ----------------------------------------------------- */

static void read_descriptors(char *out)
{
	struct rlimit limit;

	out[0] = '\0';
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		snprintf(out, TUNE_TEXT, "%" PRIu64 " %" PRIu64,
			 (uint64_t)limit.rlim_cur, (uint64_t)limit.rlim_max);
}

static void read_machine(const struct tune_facts *facts, const char *name,
			 char *out)
{
	(void)facts;
	if (strcmp(name, "RLIMIT_NOFILE") == 0)
		read_descriptors(out);
	else
		sockopt_read_system(out, name);
}

struct tune_facts tune_facts_of(const struct config *config)
{
	return (struct tune_facts){
		.config = config,
		.workers =
			config->workers ? config->workers : cpus_usable_count(),
		.is_privileged = geteuid() == 0,
		.read = read_machine,
	};
}

/* ---- The report ------------------------------------------------------ */

/* "4096	131072 6291456" as `sysctl -w` would have it. */
static void straighten(char *value)
{
	for (; *value; value++)
		if (*value == '\t')
			*value = ' ';
}

static enum tune_verdict judge(const struct tune_facts *facts,
			       const struct tune_row *row, const char *value,
			       struct tune_words *words)
{
	if (value[0] == '\0')
		return TUNE_UNKNOWN;
	if (row->judge)
		return row->judge(facts, value, words);
	if (!row->advised || strcmp(value, row->advised) == 0)
		return TUNE_GOOD;
	snprintf(words->advised, sizeof(words->advised), "%s", row->advised);
	return TUNE_ADVISED;
}

static void show(const struct tune_row *row, enum tune_verdict verdict,
		 const char *value, const struct tune_words *words,
		 struct text *out)
{
	text_append(out, "%-8s %s = %s\n", tune_verdict_names[verdict],
		    row->name, value[0] ? value : "?");
	if (words->configured[0])
		text_append(out, "         configured: %s\n",
			    words->configured);
	if (words->advised[0])
		text_append(out, "         advised: %s\n", words->advised);
	text_append(out, "         %s\n", row->why);
}

unsigned tune_report(const struct tune_facts *facts, struct text *out)
{
	unsigned counts[TUNE_VERDICTS] = {0};
	const struct tune_row *row;
	const char *topic = "";
	char value[TUNE_TEXT];

	for (row = tune_rows; row->name; row++) {
		struct tune_words words = {.configured = ""};
		enum tune_verdict verdict;

		facts->read(facts, row->name, value);
		straighten(value);
		verdict = judge(facts, row, value, &words);
		counts[verdict]++;
		if (strcmp(row->topic, topic) != 0)
			text_append(out, "%s%s\n\n", topic[0] ? "\n" : "",
				    row->topic);
		topic = row->topic;
		show(row, verdict, value, &words, out);
	}
	text_append(out,
		    "\n%u ok, %u with advice, %u unknown; %u cannot take "
		    "effect\n",
		    counts[TUNE_GOOD], counts[TUNE_ADVISED],
		    counts[TUNE_UNKNOWN], counts[TUNE_IMPOSSIBLE]);
	return counts[TUNE_IMPOSSIBLE];
}
