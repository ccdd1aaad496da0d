/* SPDX-License-Identifier: MIT */
/* access_log.h - `access_log`: one line for each accepted connection, when it
 * has ended.
 *
 * In a worker.  The supervisor opens the sink and hands it down (SPAWN_ACCESS,
 * RECORD_ACCESS).  A line is one write, never waited for: what finds no room
 * is dropped and counted with the lines of the log.  A connection that dies
 * with its worker has no line.
 *
 *	2026-11-21T05:18:10.123Z access connection=4711-12 service=echo worker=3
 *	generation=1 peer=127.0.0.1:40000 local=127.0.0.1:8888 duration_ms=12
 *	received_bytes=5 sent_bytes=5 rtt_us=40 reason=eof error=-
 *
 * (in one line), or an object as log_line.h has it, with the event
 * connection_closed.  What is not known is "-", or left out of the object. */
#ifndef COHORT_NET_ACCESS_LOG_H
#define COHORT_NET_ACCESS_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "cohort.h"

struct access_log {
	struct log_sink sink;
	uint32_t turn; /* of the sampling */
	unsigned slot;
	unsigned generation;
	struct log_limit limit; /* of the words on lines dropped */
};

struct access_entry {
	const char *service;
	uint64_t connection; /* 0: it did not come to have an id */
	const char *peer;    /* "" or NULL: not known any more */
	const char *local;
	int64_t duration_ms;
	uint64_t received_bytes;
	uint64_t sent_bytes;
	bool has_rtt; /* TCP alone */
	uint32_t rtt_us;
	enum cohort_reason reason;
	int error; /* an errno, or 0 */
};

/* Off. */
void access_log_init(struct access_log *access);

/* Is this one of those that get a line?  Counts it.  NULL is off. */
bool access_log_is_due(struct access_log *access);

void access_log_write(struct access_log *access,
		      const struct access_entry *entry);

#endif
