/* SPDX-License-Identifier: MIT */
/* reports.h - what is told of the program, its workers, slots and services:
 * tables, and their rows from a snapshot.
 *
 * For the verbs and for /status.json alike: columns and members are named once.
 * Texts of a row are the snapshot's, the backend's or static, but where a
 * buffer is asked for.  Pure. */
#ifndef COHORT_CONTROL_REPORTS_H
#define COHORT_CONTROL_REPORTS_H

#include <stdbool.h>

#include "control/backend.h"
#include "control/report.h"

#define REPORT_STATUS_COLUMNS  31
#define REPORT_WORKER_COLUMNS  27
#define REPORT_SLOT_COLUMNS    6
#define REPORT_SERVICE_COLUMNS 19
#define REPORT_REASON_COLUMNS  3
#define REPORT_EVENT_COLUMNS   4
#define REPORT_CLOSED_COLUMNS  14
#define REPORT_COLUMNS_MOST    31

extern const struct report_table report_status_table; /* a sheet */
extern const struct report_table report_worker_table;
extern const struct report_table report_slot_table;
extern const struct report_table report_service_table;
extern const struct report_table report_reason_table;
extern const struct report_table report_event_table;
extern const struct report_table report_closed_table;

void report_status(struct report_value *values,
		   const struct control_backend *backend,
		   const struct snapshot *snapshot);

void report_worker(struct report_value *values, const struct snapshot *snapshot,
		   const struct snapshot_worker *worker);
/* A slot that ought to have a worker, and has none, as a row of workers. */
void report_vacancy(struct report_value *values,
		    const struct snapshot *snapshot, unsigned slot);
bool report_is_vacant(const struct snapshot *snapshot, unsigned slot);

void report_slot(struct report_value *values, const struct snapshot *snapshot,
		 unsigned slot);

/* `listen` is for the addresses; it is as long as there are any. */
void report_service(struct report_value *values,
		    const struct control_backend *backend,
		    const struct snapshot_service *service,
		    struct text *listen);
/* Why so many of its connections were closed. */
void report_reason(struct report_value *values,
		   const struct snapshot_service *service,
		   enum cohort_reason reason);

void report_event(struct report_value *values, const struct board_event *event);

/* What the texts of a row of closed connections are written to. */
struct report_closed_texts {
	char id[36];
	char peer[64];
	char error[64];
};
void report_closed(struct report_value *values,
		   const struct board_closed *closed, const char *service,
		   struct report_closed_texts *texts);

/* Sums that several of them tell. */
uint64_t report_restarts(const struct snapshot *snapshot);
uint64_t report_queue(const struct snapshot_service *service);

#endif
