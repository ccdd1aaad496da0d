/* SPDX-License-Identifier: MIT */
/* order_log.c - not more lines than anybody reads. */
#include "process/order_log.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"

#define WORDS_BYTES 256

void order_log_write(struct order_log *order_log, const char *format, ...)
{
	int64_t now_ms = clock_now_ms();
	char words[WORDS_BYTES];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(words, sizeof(words), format, arguments);
	va_end(arguments);
	if (now_ms >= order_log->until_ms) {
		order_log->until_ms = now_ms + LOG_LIMIT_MS;
		order_log->count = 0;
	}
	if (order_log->count < ORDER_LOG_LINES) {
		order_log->count++;
		log_info("%s", words);
	} else {
		log_write_limited(&order_log->limit, LOG_LEVEL_INFO, "%s",
				  words);
	}
}
