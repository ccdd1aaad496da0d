/* SPDX-License-Identifier: MIT */
/* failures.h - what went wrong, counted by kind. */
#ifndef COHORT_BENCH_FAILURES_H
#define COHORT_BENCH_FAILURES_H

#include <stdint.h>

enum failure {
	FAILURE_NONE,
	FAILURE_REFUSED, /* nobody listens there */
	FAILURE_RESET,   /* the peer reset the connection */
	FAILURE_TIMEOUT, /* not a byte for the time of --timeout */
	FAILURE_SHORT,   /* end of file before all bytes were back */
	FAILURE_CORRUPT, /* a byte that was not sent, or one too many */
	FAILURE_OTHER,   /* any other errno */
	FAILURE_KINDS,
};

/* As they are printed; of FAILURE_NONE too. */
extern const char *const failure_names[FAILURE_KINDS];

#define FAILURES_ERRNOS 136 /* Linux has 133 */

/* Zeroed memory is an empty one. */
struct failures {
	uint64_t kinds[FAILURE_KINDS];
	uint64_t errnos[FAILURES_ERRNOS]; /* of FAILURE_OTHER; 0: unknown */
};

/* The kind that an errno of connect, send or recv stands for. */
enum failure failure_of_errno(int number);

/* Count one; `number` is the errno behind it, or 0. */
void failures_add(struct failures *failures, enum failure kind, int number);

uint64_t failures_total(const struct failures *failures);

/* "EMFILE", or NULL for one that has no row here. */
const char *failure_errno_name(int number);

#endif
