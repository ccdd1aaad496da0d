/* SPDX-License-Identifier: MIT */
/* protocol_log.c - the public levels are those of the log. */
#include "net/protocol_log.h"

#include <stdio.h>

#include "base/log.h"

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

void protocol_log(enum cohort_log_level level, const char *who,
		  const char *format, va_list arguments)
{
	char words[LOG_LINE_BYTES];

	vsnprintf(words, sizeof(words), format, arguments);
	log_write(level_of(level), "%s: %s", who, words);
}
