/* SPDX-License-Identifier: MIT */
/* supervisor_ordered.h - orders from outside: what they are, how they are
 * carried out and answered.
 *
 *	supervisor_ordered.c     orders of the admin process become these
 *	supervisor_operations.c  one at a time
 *	supervisor_scale.c       more and fewer workers
 *	supervisor_suspend.c     services that accept nobody
 *	supervisor_level.c       the level of the log
 *	supervisor_answer.c, supervisor_complaints.c  what happened, in words
 *	supervisor_tell.c        … to whoever asked
 *
 * Signals have no ticket, and their orders no answer but the log. */
#ifndef COHORT_PROCESS_SUPERVISOR_ORDERED_H
#define COHORT_PROCESS_SUPERVISOR_ORDERED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/log.h"
#include "config/config.h"
#include "event/timer.h"
#include "process/channel.h"
#include "process/generation.h"
#include "process/order_log.h"
#include "process/orders.h"
#include "process/suspension.h"

struct supervisor;
struct supervisor_slot;
struct child;
struct worker_order;

#define SUPERVISOR_VERSION_TEXT 32

/* An answer is cut to fit into a record. */
#define SUPERVISOR_SWAPPED 640

struct ordered {
	struct orders queue;
	enum order operation;  /* under way */
	bool is_succession;    /* ORDER_RELOAD, though nobody asked for it */
	int64_t since_ms;      /* it began */
	unsigned number;       /* ORDER_SCALE: workers … */
	unsigned former_count; /* … and how many there were */
	struct supervisor *supervisor;
	struct timer bound;     /* of ORDER_SCALE */
	struct error complaint; /* ORDER_RELOAD: what is wrong with the file */
	char swapped[SUPERVISOR_SWAPPED];           /* "0: 4711 -> 4720" */
	char from_version[SUPERVISOR_VERSION_TEXT]; /* ORDER_UPGRADE */
	struct suspensions suspensions;
	/* Of the log, by an order; holds as long as the configuration says what
	 * it said then. */
	bool has_level;
	enum log_level level, configured_level;
	struct log_limit limit;   /* of orders that are none */
	struct order_log changes; /* by orders that take no time */
};

/* ---- supervisor_operations.c ---- */

void supervisor_init_operations(struct supervisor *supervisor);
/* An order from outside: at once, or when those before it are done.  `number`
 * is that of ORDER_SCALE; whoever has `ticket` gets an answer (0: nobody). */
void supervisor_ask(struct supervisor *supervisor, enum order order,
		    unsigned number, uint64_t ticket);
/* Its tickets have been answered. */
void supervisor_end_operation(struct supervisor *supervisor);
/* One that waited for supervisor_is_binding may begin, perhaps. */
void supervisor_go_on_operating(struct supervisor *supervisor);
/* Does a worker make the listeners of its slot just now? */
bool supervisor_is_binding(const struct supervisor *supervisor);
/* TERM or QUIT has come. */
bool supervisor_is_ending(const struct supervisor *supervisor);
/* The program ends: no order is carried out any more, and all are answered. */
void supervisor_refuse_orders(struct supervisor *supervisor);

/* ---- supervisor_scale.c ---- */

void supervisor_init_scale(struct supervisor *supervisor);
void supervisor_grow(struct supervisor *supervisor);
void supervisor_shrink(struct supervisor *supervisor);
/* To ordered.number workers, at once; done when all of them serve. */
void supervisor_scale(struct supervisor *supervisor);
void supervisor_scale_further(struct supervisor *supervisor);
/* The worker of a slot died before it was READY. */
void supervisor_scale_died(struct supervisor_slot *slot, const char *words);
/* A slot is not wanted any more; its listeners are. */
void supervisor_park(struct supervisor_slot *slot);

/* ---- supervisor_suspend.c ---- */

/* Is the service of that name suspended, as the current configuration has it? */
bool supervisor_is_suspended(const struct supervisor *supervisor,
			     const char *service);
/* The same where `service` is one of the current configuration, or the next.  Not while the
 * program ends: then whoever waits is served. */
bool supervisor_is_service_suspended(const struct supervisor *supervisor,
				     const struct config_service *service);
/* The same of the group's service, in the worker's own configuration. */
bool supervisor_has_suspended(const struct child *child,
			      const struct bank_group *group);
/* Answered when all workers have been told: each of them obeys within its next
 * turn.  One whose channel is full is told when there is room. */
void supervisor_suspend(struct supervisor *supervisor, const char *name,
			bool is_on, uint64_t ticket);
/* For a new worker. */
void supervisor_fill_suspended(const struct supervisor *supervisor,
			       struct worker_order *order);
/* What RECORD_SUSPEND stands for among orders that wait: all that the worker
 * does not know yet.  0, or -1 with errno. */
int supervisor_send_suspended(struct child *child);
/* It is not known what the worker knows. */
void supervisor_forget_suspended(struct child *child);
/* Another configuration is in force, in the place of `before`: nobody accepts
 * after the workers of that one what waits at addresses that are gone.  Before
 * any of them is told to drain. */
void supervisor_review_suspended(struct supervisor *supervisor,
				 const struct generation *before);

/* ---- supervisor_level.c ---- */

/* What is in force where `config` is. */
enum log_level supervisor_log_level(const struct supervisor *supervisor,
				    const struct config *config);
void supervisor_set_level(struct supervisor *supervisor, enum log_level level,
			  uint64_t ticket);
/* After a change of the configuration. */
void supervisor_review_level(struct supervisor *supervisor);

/* ---- supervisor_ordered.c ---- */

/* RECORD_ORDER from an admin process, which need not be sound. */
void supervisor_take_order(struct supervisor *supervisor,
			   const struct record *record);

/* ---- supervisor_answer.c ---- */

/* `status` is the exit status of cohortctl (control/reply.h; 0: done). Ticket
 * 0: nothing happens. */
void supervisor_answer(struct supervisor *supervisor, uint64_t ticket,
		       int status, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* All who wait for the operation under way. */
void supervisor_answer_operation(struct supervisor *supervisor, int status,
				 const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Remember which workers the next generation's take the places of; and say so
 * when they have. */
void supervisor_note_swap(struct supervisor *supervisor);
void supervisor_answer_swap(struct supervisor *supervisor);
/* The operation did not come to its end, which was logged. */
void supervisor_answer_failure(struct supervisor *supervisor,
			       const char *words);
/* What is wrong with a configuration, to the log, as of `what`. */
void supervisor_log_complaints(enum log_level level, const char *what,
			       const struct text *complaints);
/* The same, of a reload; and, if it cannot be used
 * (LOG_LEVEL_ERROR), for the answer. */
void supervisor_complain(struct supervisor *supervisor, enum log_level level,
			 const struct text *complaints);
/* How long the operation took so far, in ms. */
int64_t supervisor_operation_ms(const struct supervisor *supervisor);

/* ---- supervisor_tell.c ---- */

/* To every admin process that lives; one whose channel is full is ended, so that
 * nobody waits for it in vain. */
void supervisor_tell_admins(struct supervisor *supervisor,
			    enum record_type type,
			    const struct channel_load *load);

#endif
