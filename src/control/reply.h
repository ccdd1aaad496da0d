/* SPDX-License-Identifier: MIT */
/* reply.h - the answer to one request of cohortctl, whole or in pieces.
 *
 * Made by the control server; whoever carries a verb out fills it, at once or
 * later, and ends it once: reply_end or reply_fail.  When the client leaves
 * first, `gone` is called (if set) and the reply must not be used after it.
 * What is written waits in memory for the client: whoever writes much asks
 * reply_has_room and goes on when `room` is called. */
#ifndef COHORT_CONTROL_REPLY_H
#define COHORT_CONTROL_REPLY_H

#include <stdbool.h>

#include "control/report.h"

/* Exit statuses of cohortctl that a reply can have. */
#define REPLY_STATUS_FAILED        1
#define REPLY_STATUS_USAGE         2
#define REPLY_STATUS_NOT_PERMITTED 77

struct reply {
	void (*gone)(struct reply *reply);
	void (*room)(struct reply *reply);
	void *context; /* of whoever fills it */
};

/* `is_json`: rows are objects, a line each (reply_is_json says so). */
bool reply_is_json(const struct reply *reply);

/* Begin a table: rows of it follow. */
void reply_table(struct reply *reply, const struct report_table *table);
void reply_row(struct reply *reply, const struct report_value *values);
/* A line for people; in JSON: member "message" of the closing object. */
void reply_say(struct reply *reply, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* May more be written without its being much? */
bool reply_has_room(const struct reply *reply);

void reply_end(struct reply *reply);
/* cohortctl prints the words and exits with `status` (REPLY_STATUS_…). */
void reply_fail(struct reply *reply, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
