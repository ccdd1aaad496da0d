/* SPDX-License-Identifier: MIT */
/* report.h - answers are tables: columns are declared once, and rows are
 * written as lines for cohortctl or as JSON.
 *
 * A table's columns are rows of a struct; names are those of JSON members.  As
 * lines (fields parted by tabs, text escaped as text_escape does, so that no
 * byte can forge a field or a line):
 *
 *	table NAME				or `sheet NAME`
 *	column NAME KIND RANK HEADING		one for each
 *	row FIELD …				in the columns' order; "-": unknown
 *
 * As JSON a row is an object on a line of its own, or within an array. */
#ifndef COHORT_CONTROL_REPORT_H
#define COHORT_CONTROL_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

#define REPORT_TIME_ROOM 32

enum report_kind {
	REPORT_TEXT,     /* untrusted or not: escaped */
	REPORT_COUNT,    /* a whole number */
	REPORT_BYTES,    /* cohortctl says 1.5M */
	REPORT_DURATION, /* milliseconds; cohortctl says 3m12s */
	REPORT_MICROS,   /* microseconds; cohortctl says 1.2ms */
	REPORT_TIME,     /* wall clock, ms since 1970; JSON: RFC 3339 */
	REPORT_BOOLEAN,  /* yes, no */
	REPORT_STATE,    /* a word that may be coloured: serving, suspect … */
	REPORT_KINDS,
};
extern const char *const report_kind_names[REPORT_KINDS];

struct report_column {
	const char *name; /* snake_case, with its unit: age_ms */
	enum report_kind kind;
	const char *heading; /* AGE */
	const char *help;    /* for the manual */
	/* Where room is wanting, the highest ranks are left out first; those of
	 * REPORT_RANK_WIDE are shown only when asked for. */
	uint8_t rank;
};
#define REPORT_RANK_WIDE 9

struct report_table {
	const char *name; /* workers */
	const struct report_column *columns;
	unsigned column_count;
	bool is_sheet; /* one row, shown from top to bottom */
};

/* By the column's kind: `text`, or `number`; neither: null, "-". */
struct report_value {
	const char *text;
	int64_t number;
	bool is_set;
};

static inline struct report_value report_text(const char *text)
{
	return (struct report_value){.text = text, .is_set = text != 0};
}
static inline struct report_value report_number(int64_t number)
{
	return (struct report_value){.number = number, .is_set = true};
}
static inline struct report_value report_nothing(void)
{
	return (struct report_value){.is_set = false};
}

/* The head of a table, and a row of it, as lines. */
void report_lines_head(struct text *out, const struct report_table *table);
void report_lines_row(struct text *out, const struct report_table *table,
		      const struct report_value *values);

/* {"pid":4711,…} without a line's end.  Text is valid UTF-8 by then: bytes
 * that are not become escapes as text_escape writes them. */
void report_json_row(struct text *out, const struct report_table *table,
		     const struct report_value *values);
/* "…" with its quotes. */
void report_json_text(struct text *out, const char *text);

/* 2026-11-21T05:18:10.123Z, in at least REPORT_TIME_ROOM bytes.  Returns
 * `out`. */
char *report_format_time(char *out, int64_t wall_ms);

#endif
