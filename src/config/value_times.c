/* SPDX-License-Identifier: MIT */
/* value_times.c - values of several durations, joined by colons. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "config/complaints.h"
#include "config/config.h"
#include "config/value.h"

#define PARTS_MAX     3
#define PART_BYTES    24
#define DELAY_MOST_MS INT64_C(86400000) /* a day */

struct parts {
	char words[PARTS_MAX][PART_BYTES];
};

/* Split at the colons into exactly `count` parts. */
static int split(struct parts *parts, unsigned count, const char *word)
{
	unsigned i;

	for (i = 0; i < count; i++) {
		size_t size = strcspn(word, ":");

		if (size >= PART_BYTES ||
		    (word[size] == ':') != (i + 1 < count))
			return -1;
		memcpy(parts->words[i], word, size);
		parts->words[i][size] = '\0';
		word += size + 1;
	}
	return 0;
}

/* ---- keepalive idle:interval:count ----------------------------------- */

static struct sockopt_settings *options_at(const struct directive *directive,
					   const void *object)
{
	return (struct sockopt_settings *)((uintptr_t)object +
					   directive->offset -
					   offsetof(struct sockopt_settings,
						    keepalive));
}

static void set_keepalive(struct sockopt_settings *options, int is_on)
{
	options->keepalive = is_on;
	options->keepalive_idle_s = SOCKOPT_KERNEL;
	options->keepalive_interval_s = SOCKOPT_KERNEL;
	options->keepalive_count = SOCKOPT_KERNEL;
}

/* Whole seconds within the bounds of the row. */
static int parse_seconds(const struct directive *directive, const char *word,
			 int *seconds, struct error *error)
{
	char quote[COMPLAINTS_QUOTE];
	int64_t ms;

	if (text_parse_duration(word, &ms) < 0 || ms % 1000 != 0)
		return error_set(error, "%s is not a duration in whole seconds",
				 complaints_quote(quote, word));
	if (value_check_duration(ms, (int64_t)directive->minimum * 1000,
				 (int64_t)directive->maximum * 1000, error) < 0)
		return -1;
	*seconds = (int)(ms / 1000);
	return 0;
}

static int parse_count(const char *word, int *count, struct error *error)
{
	char quote[COMPLAINTS_QUOTE];
	uint64_t number;

	if (text_parse_number(word, &number) < 0 || number < 1 ||
	    number > SOCKOPT_KEEPALIVE_COUNT_MAX)
		return error_set(error,
				 "%s is not a number of probes from 1 to %d",
				 complaints_quote(quote, word),
				 SOCKOPT_KEEPALIVE_COUNT_MAX);
	*count = (int)number;
	return 0;
}

static int parse_keepalive(const struct directive *directive, const char *word,
			   void *object, struct arena *arena,
			   struct error *error)
{
	struct sockopt_settings *options = options_at(directive, object);
	char quote[COMPLAINTS_QUOTE];
	struct parts parts = {.words = {""}};
	int idle = 0, interval = 0, count = 0;

	(void)arena;
	if (strcmp(word, "on") == 0 || strcmp(word, "off") == 0) {
		set_keepalive(options, word[1] == 'n');
		return 0;
	}
	if (split(&parts, 3, word) < 0)
		return error_set(error,
				 "%s is not idle:interval:count as "
				 "1800s:15s:5, or on, or off",
				 complaints_quote(quote, word));
	if (parse_seconds(directive, parts.words[0], &idle, error) < 0 ||
	    parse_seconds(directive, parts.words[1], &interval, error) < 0 ||
	    parse_count(parts.words[2], &count, error) < 0)
		return -1;
	options->keepalive = 1;
	options->keepalive_idle_s = idle;
	options->keepalive_interval_s = interval;
	options->keepalive_count = count;
	return 0;
}

static void print_keepalive(const struct directive *directive,
			    const void *object, struct text *out)
{
	const struct sockopt_settings *options = options_at(directive, object);
	char idle[32], interval[32];

	if (options->keepalive == 1 &&
	    options->keepalive_idle_s != SOCKOPT_KERNEL)
		text_append(
			out, "%s:%s:%d",
			text_format_duration(
				idle, sizeof(idle),
				(int64_t)options->keepalive_idle_s * 1000),
			text_format_duration(
				interval, sizeof(interval),
				(int64_t)options->keepalive_interval_s * 1000),
			options->keepalive_count);
	else
		text_append(out, "%s", options->keepalive ? "on" : "off");
}

const struct value_kind value_keepalive = {
	.form = "IDLE:INTERVAL:COUNT|on|off",
	.parse = parse_keepalive,
	.print = print_keepalive,
};

/* ---- respawn_delay FIRST:LIMIT --------------------------------------- */

static int parse_respawn_delay(const struct directive *directive,
			       const char *word, void *object,
			       struct arena *arena, struct error *error)
{
	struct config *config = object;
	char quote[COMPLAINTS_QUOTE];
	struct parts parts = {.words = {""}};
	int64_t first, limit;

	(void)directive;
	(void)arena;
	if (split(&parts, 2, word) < 0 ||
	    text_parse_duration(parts.words[0], &first) < 0 ||
	    text_parse_duration(parts.words[1], &limit) < 0)
		return error_set(error,
				 "%s is not two durations, first:limit, as "
				 "100ms:30s",
				 complaints_quote(quote, word));
	if (value_check_duration(first, 1, DELAY_MOST_MS, error) < 0 ||
	    value_check_duration(limit, 1, DELAY_MOST_MS, error) < 0)
		return -1;
	if (limit < first)
		return error_set(error,
				 "%s: the limit is below the first delay",
				 complaints_quote(quote, word));
	config->respawn_first_ms = first;
	config->respawn_limit_ms = limit;
	return 0;
}

static void print_respawn_delay(const struct directive *directive,
				const void *object, struct text *out)
{
	const struct config *config = object;
	char first[32], limit[32];

	(void)directive;
	text_append(out, "%s:%s",
		    text_format_duration(first, sizeof(first),
					 config->respawn_first_ms),
		    text_format_duration(limit, sizeof(limit),
					 config->respawn_limit_ms));
}

const struct value_kind value_respawn_delay = {
	.form = "FIRST:LIMIT",
	.parse = parse_respawn_delay,
	.print = print_respawn_delay,
};
