/* SPDX-License-Identifier: MIT */
/* admin_order.h - an order as the admin process sends it to the supervisor
 * (RECORD_ORDER), and the words of the answer (RECORD_ANSWER).
 *
 * Pure.  The supervisor believes none of it: sizes, versions, kinds and ranges
 * are checked before anything is done.  After an upgrade the admin process may
 * be of an older build than the supervisor for a while, or of a newer one. */
#ifndef COHORT_PROCESS_ADMIN_ORDER_H
#define COHORT_PROCESS_ADMIN_ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "control/backend.h"
#include "process/records.h"

#define ADMIN_ORDER_VERSION 1

struct admin_order {
	/* In all versions, so that what cannot be done is answered, too. */
	uint32_t version;
	uint32_t kind;   /* enum control_order_kind */
	uint64_t ticket; /* no other has it, of any admin process */

	int64_t number;
	char name[SCOREBOARD_SERVICE_NAME];
};

/* Fill `made`.  0, or -1: the name is too long. */
int admin_order_make(struct admin_order *made,
		     const struct control_order *order, uint64_t ticket);

/* What came in a record, checked: 0; or -1 with words for the one who gave it,
 * and `order->ticket` 0 if nobody can be answered.  Whether there is such a
 * service is not known here. */
int admin_order_read(struct admin_order *order, const void *data, size_t size,
		     struct error *error);

/* What an answer carries; `words` is cut at ADMIN_ANSWER_WORDS bytes, NUL
 * included. */
#define ADMIN_ANSWER_WORDS (RECORD_DATA_BYTES - sizeof(uint64_t) + 1)
struct admin_answer {
	uint64_t ticket;
	char words[ADMIN_ANSWER_WORDS];
};
/* Returns the size of what was written to `data`. */
size_t admin_answer_write(unsigned char data[RECORD_DATA_BYTES],
			  uint64_t ticket, const char *words);
/* 0, or -1: it is none. */
int admin_answer_read(struct admin_answer *answer, const void *data,
		      size_t size);

#endif
