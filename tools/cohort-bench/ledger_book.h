/* SPDX-License-Identifier: MIT */
/* ledger_book.h - the accounts of a run, and the lines that tell of them while
 * it lasts (--events):
 *
 *	EVENT UNIX_MS KIND PID_OR_- AGE_MS TOKEN_OR_-
 *	GAP UNIX_MS_OF_ITS_END GAP_MS
 *
 * An EVENT for each entry that is a loss of some kind, also of an allowed one,
 * but not for what was drained; KIND is the entry's key.  The age is that of
 * the connection, since its connect.  A GAP for each client that waited longer
 * than LEDGER_GAP_MS for its answer. */
#ifndef COHORT_BENCH_LEDGER_BOOK_H
#define COHORT_BENCH_LEDGER_BOOK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "failures.h"
#include "histogram.h"
#include "ledger_reply.h"
#include "ledger_verdict.h"

#define LEDGER_GAP_MS 100

struct ledger_book {
	uint64_t counts[LEDGER_ENTRIES];
	struct failures others; /* the errnos of LEDGER_OTHER */
	struct histogram waits; /* from wanting an exchange to its end */
	uint64_t worker_count;  /* distinct pids that greeted or answered */
	unsigned char *seen;    /* a bit per pid */
	FILE *events;           /* or NULL */
	int64_t elapsed_us;
	bool is_interrupted;
};

/* Where and when something went wrong. */
struct ledger_event {
	int pid; /* 0: unknown */
	int64_t age_ms;
	bool has_token;
	struct ledger_token token;
};

struct ledger_entry_row {
	const char *key; /* of JSON and of events */
	const char *label;
	bool is_event;
	bool is_failure; /* one of them makes the run fail */
};

extern const struct ledger_entry_row ledger_entry_rows[LEDGER_ENTRIES];

/* `events`: where event lines go, or NULL. */
int ledger_book_init(struct ledger_book *book, FILE *events,
		     struct error *error);
void ledger_book_release(struct ledger_book *book);

void ledger_book_count(struct ledger_book *book, enum ledger_entry entry);
void ledger_book_note(struct ledger_book *book, enum ledger_entry entry,
		      const struct ledger_event *event);

/* A worker greeted or answered. */
void ledger_book_saw(struct ledger_book *book, int pid);

/* A client got what it wanted, or gave it up, after `wait_us`. */
void ledger_book_waited(struct ledger_book *book, int64_t wait_us);

/* Zeros where zeros are promised, `allowed_count` unknown workers apart, and
 * something was exchanged. */
bool ledger_book_is_ok(const struct ledger_book *book, uint64_t allowed_count);

#endif
