/* SPDX-License-Identifier: MIT */
/* words.h - numbers as people read them.  Pure. */
#ifndef COHORTCTL_WORDS_H
#define COHORTCTL_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/report.h"

#define WORDS_ROOM 40

/* 0, 999, 1.5k, 15k, 150k, 1.5M …: powers of 1024. */
char *words_bytes(char *out, int64_t bytes);
/* 250ms, 3.2s, 3m12s, 5h03m, 2d04h. */
char *words_duration(char *out, int64_t duration_ms);
/* 85us, 1.2ms, 3.4s. */
char *words_micros(char *out, int64_t micros);
/* 2026-11-21 05:18:10 (UTC) */
char *words_time(char *out, int64_t wall_ms);

/* A number of this kind; `is_exact`: as it is, a time as in JSON.  `out` has
 * WORDS_ROOM bytes; returned. */
char *words_number(char *out, enum report_kind kind, int64_t number,
		   bool is_exact);

/* How a word for a state is coloured: an escape sequence, or "". */
const char *words_colour(const char *state);

#endif
