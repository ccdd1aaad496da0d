/* SPDX-License-Identifier: MIT */
/* protocol_log.h - what a protocol has to say, in the server's log. */
#ifndef COHORT_NET_PROTOCOL_LOG_H
#define COHORT_NET_PROTOCOL_LOG_H

#include <stdarg.h>
#include <stdbool.h>

#include "base/log.h"
#include "cohort.h"

bool protocol_log_is_enabled(enum cohort_log_level level);

/* A line "SERVICE: …" or "SERVICE: connection ID: …", by the fields. */
void protocol_log(enum cohort_log_level level, const struct log_fields *fields,
		  const char *format, va_list arguments)
	__attribute__((format(printf, 3, 0)));

#endif
