/* SPDX-License-Identifier: MIT */
/* protocol_log.c - the public levels are those of the log. */
#include "net/protocol_log.h"

#include <stdio.h>

#define WHO_BYTES 128

static const enum log_level levels[] = {
	[COHORT_LOG_DEBUG] = LOG_LEVEL_DEBUG,
	[COHORT_LOG_INFO] = LOG_LEVEL_INFO,
	[COHORT_LOG_WARNING] = LOG_LEVEL_WARNING,
	[COHORT_LOG_ERROR] = LOG_LEVEL_ERROR,
};

/* One that there is not is taken for the gravest. */
static enum log_level level_of(enum cohort_log_level level)
{
	return (unsigned)level < sizeof(levels) / sizeof(levels[0])
		       ? levels[level]
		       : LOG_LEVEL_ERROR;
}

bool protocol_log_is_enabled(enum cohort_log_level level)
{
	return log_is_enabled(level_of(level));
}

void protocol_log(enum cohort_log_level level, const struct log_fields *fields,
		  const char *format, va_list arguments)
{
	char words[LOG_LINE_BYTES], who[WHO_BYTES];

	vsnprintf(words, sizeof(words), format, arguments);
	if (fields->connection != 0)
		snprintf(who, sizeof(who), "%s: connection %llu",
			 fields->service,
			 (unsigned long long)fields->connection);
	else
		snprintf(who, sizeof(who), "%s", fields->service);
	log_write_fields(level_of(level), fields, "%s: %s", who, words);
}
