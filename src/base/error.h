/* SPDX-License-Identifier: MIT */
/* error.h - words for an expected failure, on the caller's stack.
 *
 * A function that can fail in an expected way takes a `struct error *`,
 * returns -1 (or NULL) and fills it; the caller decides whether to log it,
 * to try again or to pass it on.  Nothing is logged here. */
#ifndef COHORT_BASE_ERROR_H
#define COHORT_BASE_ERROR_H

struct error {
	int number;     /* the errno behind it; 0 if there is none */
	char text[480]; /* what, where and what to do; no trailing newline */
};

/* Set the words; `number` becomes 0.  Always returns -1. */
int error_set(struct error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same, followed by ": " and the text of the current errno, which is kept
 * as the number (errno itself is left as it was).  Always returns -1. */
int error_set_errno(struct error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The text of the current errno alone, which is kept as the number.  Always
 * returns -1. */
int error_set_reason(struct error *error);

/* Put words before those already there ("service echo: "...).  Returns -1. */
int error_prefix(struct error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
