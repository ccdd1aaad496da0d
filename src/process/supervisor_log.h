/* SPDX-License-Identifier: MIT */
/* supervisor_log.h - the supervisor's log: where it goes, and the fields of
 * what it says of workers. */
#ifndef COHORT_PROCESS_SUPERVISOR_LOG_H
#define COHORT_PROCESS_SUPERVISOR_LOG_H

#include "base/log.h"

struct config;
struct supervisor;

/* USR1: after a log rotation, or if a new log could not be opened. */
void supervisor_reopen_log(struct supervisor *supervisor);

/* After a reload from `before`: what it has changed. */
void supervisor_change_log(struct supervisor *supervisor,
			   const struct config *before);

/* Now and then: workers may be where they cannot find syslog again. */
void supervisor_mend_log(struct supervisor *supervisor);

/* The access log, at the start.  0, or -1 with words. */
int supervisor_open_access(struct supervisor *supervisor,
			   const struct config *config, struct error *error);

#define EVENT_FIELDS(event_) LOG_FIELDS(.event = (event_))

/* For log_event: about a slot; about its worker, a struct child; about one
 * that is dead. */
#define SLOT_FIELDS(event_, slot_)                                             \
	LOG_FIELDS(.event = (event_), .is_about_worker = true,                 \
		   .slot = (slot_)->number)
#define CHILD_FIELDS(event_, child_)                                           \
	LOG_FIELDS(.event = (event_), .is_about_worker = true,                 \
		   .slot = (child_)->slot->number,                             \
		   .worker_pid = (int)(child_)->pid,                           \
		   .generation = (child_)->generation)
#define DEATH_FIELDS(event_, slot_, death_)                                    \
	LOG_FIELDS(.event = (event_), .is_about_worker = true,                 \
		   .slot = (slot_)->number, .worker_pid = (death_)->pid,       \
		   .generation = (death_)->generation)

#endif
