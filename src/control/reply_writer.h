/* SPDX-License-Identifier: MIT */
/* reply_writer.h - a reply from its owner's side: the bytes that it becomes.
 *
 * The control server embeds one in each connection and sends what `output`
 * has.  Nothing here knows a socket.  The last line in JSON is
 *
 *	{"ok":true,"VERB":…}		what it is depends on the verb:
 *	  a streamed one		{"count":ROWS,"message":"…"}
 *	  one with tables		the rows: an array, of a sheet an object;
 *					further tables, "message" are members
 *					beside it
 *	  any other			{"message":"…"}
 *	{"ok":false,"status":1,"error":"…","message":"…"} */
#ifndef COHORT_CONTROL_REPLY_WRITER_H
#define COHORT_CONTROL_REPLY_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "control/reply.h"

/* That may wait before reply_has_room says no; when a quarter of it is left
 * there is room again. */
#define REPLY_ROOM_BYTES ((size_t)64 * 1024)

enum reply_form {
	REPLY_LINES,
	REPLY_JSON,
	REPLY_JSON_STREAM, /* rows as they come */
};

struct reply_writer {
	struct reply reply; /* what those who fill it have */
	enum reply_form form;
	bool is_full;  /* `room` is owed */
	bool is_ended; /* `output` is all that will come */
	const char *verb;
	const struct report_table *table; /* of the rows that come, or NULL */
	unsigned table_count;
	uint64_t row_count; /* of this table */
	struct text output; /* of which `sent_bytes` have been sent */
	size_t sent_bytes;
	struct text members; /* REPLY_JSON: tables, until the end */
	struct text message; /* JSON: what was said */
	/* There is more to be sent, or it has ended.  May be called by each
	 * function of reply.h. */
	void (*changed)(struct reply_writer *writer);
};

void reply_writer_init(struct reply_writer *writer, enum reply_form form,
		       const char *verb,
		       void (*changed)(struct reply_writer *writer));
void reply_writer_release(struct reply_writer *writer);

/* What is to be sent, and that so much of it has been; calls `room` if some
 * was wanting. */
const char *reply_writer_next(const struct reply_writer *writer, size_t *size);
void reply_writer_sent(struct reply_writer *writer, size_t size);

/* The memory that it has. */
size_t reply_writer_bytes(const struct reply_writer *writer);

#endif
