/* SPDX-License-Identifier: MIT */
/* order_log.h - lines of the log about what orders change: a person's all, a
 * loop's not.  The first ORDER_LOG_LINES of LOG_LIMIT_MS are written, of the
 * others one now and then. */
#ifndef COHORT_PROCESS_ORDER_LOG_H
#define COHORT_PROCESS_ORDER_LOG_H

#include "base/log.h"

#define ORDER_LOG_LINES 16

/* Zeroed memory is ready. */
struct order_log {
	int64_t until_ms; /* the lines are counted that long */
	unsigned count;
	struct log_limit limit;
};

void order_log_write(struct order_log *order_log, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
