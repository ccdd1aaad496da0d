/* SPDX-License-Identifier: MIT */
/* options.c - two protocols, one with options of every kind, which it tells. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "cohort.h"

struct options {
	bool flag;
	uint64_t number;
	uint64_t size;
	int64_t duration_ms;
	const char *greeting;
	const char *unset;
};

#define ROW(name_, kind_, member, initial_)                                    \
	.name = (name_), .kind = COHORT_VALUE_##kind_,                         \
	.offset = offsetof(struct options, member), .initial = (initial_),     \
	.help = "of the test"

/* clang-format off */
static const struct cohort_directive directives[] = {
	{ROW("flag", BOOLEAN, flag, "off")},
	{ROW("number", NUMBER, number, "5"), .minimum = 2, .maximum = 100},
	{ROW("size", SIZE, size, "4k")},
	{ROW("duration", DURATION, duration_ms, "off")},
	{ROW("greeting", STRING, greeting, "good day")},
	{ROW("unset", STRING, unset, NULL)},
	{.name = NULL},
};
/* clang-format on */

static void tell(struct cohort_transport *t, void *session)
{
	const struct options *options = cohort_options(t);
	char text[512];
	int size = snprintf(text, sizeof(text),
			    "%d %" PRIu64 " %" PRIu64 " %" PRId64 " %s %s\n",
			    options->flag, options->number, options->size,
			    options->duration_ms, options->greeting,
			    options->unset ? options->unset : "NULL");

	(void)session;
	cohort_write(t, text, (size_t)size);
	cohort_close(t);
}

static void bye(struct cohort_transport *t, void *session)
{
	(void)session;
	cohort_write(t, "bye\n", 4);
	cohort_close(t);
}

static const struct cohort_protocol told = {
	.name = "told",
	.directives = directives,
	.options_size = sizeof(struct options),
	.connection_made = tell,
};

static const struct cohort_protocol plain = {
	.name = "plain",
	.connection_made = bye,
};

COHORT_EXPORT(&told, &plain);
