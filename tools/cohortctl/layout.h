/* SPDX-License-Identifier: MIT */
/* layout.h - a table's cells as lines that fit.
 *
 * Rows are kept until they are laid out; then widths are found, and the rows
 * forgotten.  Rows that come later have at least the same widths, so that a
 * long table can be written piece by piece.  Pure but for memory. */
#ifndef COHORTCTL_LAYOUT_H
#define COHORTCTL_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

#define LAYOUT_COLUMNS    64
#define LAYOUT_LEAST_CELL 8 /* a text is not cut to less */

/* How lines are to be. */
struct layout_style {
	unsigned width; /* columns of the terminal; 0: any */
	bool has_colour;
	bool is_wide;         /* leave no column out */
	const char *ellipsis; /* one column wide */
};

struct layout_column {
	char heading[48];
	unsigned rank;    /* REPORT_RANK_WIDE: only with is_wide */
	bool is_number;   /* to the right */
	bool is_state;    /* coloured */
	bool is_left_out; /* for want of room; decided with the headings */
	unsigned width;   /* so far */
};

struct layout {
	struct layout_column columns[LAYOUT_COLUMNS];
	unsigned column_count;
	bool is_sheet;
	bool has_head; /* the headings have been written */
	/* Cells, row by row, each ended by a NUL. */
	struct text cells;
	unsigned row_count;
};

void layout_begin(struct layout *layout, bool is_sheet);
/* Beyond LAYOUT_COLUMNS nothing is added. */
void layout_add_column(struct layout *layout, const char *heading,
		       unsigned rank, bool is_number, bool is_state);
/* The next cell: printable text of so many columns on the terminal. */
void layout_add_cell(struct layout *layout, unsigned column, const char *cell,
		     size_t columns);
void layout_end_row(struct layout *layout);

/* Append what there is, headings first if they have not been. */
void layout_write(struct layout *layout, const struct layout_style *style,
		  struct text *out);
void layout_release(struct layout *layout);

/* Of printable text, so many columns; cut ones end with the ellipsis. */
void layout_cut(struct text *out, const char *text, unsigned columns,
		const char *ellipsis);
/* Columns that it takes. */
unsigned layout_columns(const char *text);

#endif
