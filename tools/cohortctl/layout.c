/* SPDX-License-Identifier: MIT */
/* layout.c - a table's cells as lines that fit. */
#include "layout.h"

#include <stdio.h>
#include <string.h>

#include "config/printable.h"
#include "control/report.h"
#include "words.h"

#define GAP   2 /* between columns */
#define BOLD  "\033[1m"
#define PLAIN "\033[0m"

/* ---- Text ---- */

unsigned layout_columns(const char *text)
{
	size_t left = strlen(text);
	unsigned columns = 0;

	while (left > 0) {
		size_t length = printable_length(text, left);

		text += length;
		left -= length;
		columns++;
	}
	return columns;
}

void layout_cut(struct text *out, const char *text, unsigned columns,
		const char *ellipsis)
{
	size_t left = strlen(text);
	bool is_cut = layout_columns(text) > columns;
	unsigned room = is_cut && columns > 0 ? columns - 1 : columns;

	for (; left > 0 && room > 0; room--) {
		size_t length = printable_length(text, left);

		text_append_bytes(out, text, length);
		text += length;
		left -= length;
	}
	if (is_cut && columns > 0)
		text_append(out, "%s", ellipsis);
}

/* ---- Filling ---- */

void layout_begin(struct layout *layout, bool is_sheet)
{
	layout_release(layout);
	layout->is_sheet = is_sheet;
}

void layout_release(struct layout *layout)
{
	text_release(&layout->cells);
	memset(layout, 0, sizeof(*layout));
}

void layout_add_column(struct layout *layout, const char *heading,
		       unsigned rank, bool is_number, bool is_state)
{
	struct layout_column *column = &layout->columns[layout->column_count];

	if (layout->column_count == LAYOUT_COLUMNS)
		return;
	layout->column_count++;
	memset(column, 0, sizeof(*column));
	snprintf(column->heading, sizeof(column->heading), "%s", heading);
	column->rank = rank;
	column->is_number = is_number;
	column->is_state = is_state;
	column->width = layout_columns(column->heading);
}

void layout_add_cell(struct layout *layout, unsigned column, const char *cell,
		     size_t columns)
{
	if (column >= layout->column_count)
		return;
	text_append_bytes(&layout->cells, cell, strlen(cell) + 1);
	if (columns > layout->columns[column].width)
		layout->columns[column].width = (unsigned)columns;
}

void layout_end_row(struct layout *layout)
{
	layout->row_count++;
}

/* ---- Widths ---- */

/* Widths as they are shown; 0: the column is left out. */
struct plan {
	unsigned widths[LAYOUT_COLUMNS];
};

static unsigned total_of(const struct layout *layout, const struct plan *plan)
{
	unsigned total = 0, i;

	for (i = 0; i < layout->column_count; i++)
		if (plan->widths[i] > 0)
			total += plan->widths[i] + (total > 0 ? GAP : 0);
	return total;
}

/* Of those shown the one of the highest rank, the last of several; or -1. */
static int least_important(const struct layout *layout, const struct plan *plan)
{
	unsigned rank = 1, i;
	int found = -1;

	for (i = 0; i < layout->column_count; i++) {
		if (plan->widths[i] == 0 || layout->columns[i].rank < rank)
			continue;
		rank = layout->columns[i].rank;
		found = (int)i;
	}
	return found;
}

/* The widest text, which can be cut; or -1. */
static int widest(const struct layout *layout, const struct plan *plan)
{
	unsigned width = LAYOUT_LEAST_CELL, i;
	int found = -1;

	for (i = 0; i < layout->column_count; i++) {
		if (layout->columns[i].is_number || plan->widths[i] <= width)
			continue;
		width = plan->widths[i];
		found = (int)i;
	}
	return found;
}

static void make_plan(struct plan *plan, struct layout *layout,
		      const struct layout_style *style)
{
	unsigned i;
	int column;

	for (i = 0; i < layout->column_count; i++) {
		bool is_out = layout->columns[i].is_left_out ||
			      (!style->is_wide &&
			       layout->columns[i].rank >= REPORT_RANK_WIDE);

		plan->widths[i] = is_out ? 0 : layout->columns[i].width;
	}
	if (style->width == 0 || style->is_wide)
		return;
	/* Rows that come later have the columns that the headings have. */
	while (!layout->has_head && total_of(layout, plan) > style->width &&
	       (column = least_important(layout, plan)) >= 0) {
		plan->widths[column] = 0;
		layout->columns[column].is_left_out = true;
	}
	while (total_of(layout, plan) > style->width &&
	       (column = widest(layout, plan)) >= 0)
		plan->widths[column]--;
}

/* ---- Lines ---- */

static void append_blanks(struct text *out, unsigned count)
{
	text_append(out, "%*s", (int)count, "");
}

static void append_cell(struct text *out, const struct layout_column *column,
			const char *cell, unsigned width,
			const struct layout_style *style)
{
	unsigned columns = layout_columns(cell);
	unsigned blanks = columns < width ? width - columns : 0;
	const char *colour =
		column->is_state && style->has_colour ? words_colour(cell) : "";

	if (column->is_number)
		append_blanks(out, blanks);
	text_append(out, "%s", colour);
	layout_cut(out, cell, width, style->ellipsis);
	text_append(out, "%s", colour[0] != '\0' ? PLAIN : "");
	if (!column->is_number)
		append_blanks(out, blanks);
}

/* Blanks at the end of a line help nobody. */
static void end_line(struct text *out)
{
	while (out->size > 0 && out->bytes[out->size - 1] == ' ')
		out->size--;
	text_append_bytes(out, "\n", 1);
}

static void write_head(struct text *out, const struct layout *layout,
		       const struct plan *plan,
		       const struct layout_style *style)
{
	bool is_first = true;
	unsigned i;

	text_append(out, "%s", style->has_colour ? BOLD : "");
	for (i = 0; i < layout->column_count; i++) {
		const struct layout_column *column = &layout->columns[i];
		struct layout_column plain = *column;

		if (plan->widths[i] == 0)
			continue;
		append_blanks(out, is_first ? 0 : GAP);
		is_first = false;
		plain.is_state = false;
		append_cell(out, &plain, column->heading, plan->widths[i],
			    style);
	}
	if (style->has_colour)
		text_append(out, PLAIN);
	end_line(out);
}

/* Writes the row at `cell`; the next one. */
static const char *write_row(struct text *out, const struct layout *layout,
			     const struct plan *plan,
			     const struct layout_style *style, const char *cell)
{
	bool is_first = true;
	unsigned i;

	for (i = 0; i < layout->column_count; i++) {
		if (plan->widths[i] > 0) {
			append_blanks(out, is_first ? 0 : GAP);
			append_cell(out, &layout->columns[i], cell,
				    plan->widths[i], style);
			is_first = false;
		}
		cell += strlen(cell) + 1;
	}
	end_line(out);
	return cell;
}

/* A heading and its value on each line. */
static const char *write_sheet(struct text *out, const struct layout *layout,
			       const struct layout_style *style,
			       const char *cell)
{
	unsigned widest_heading = 0, i;

	for (i = 0; i < layout->column_count; i++) {
		unsigned width = layout_columns(layout->columns[i].heading);

		if (width > widest_heading)
			widest_heading = width;
	}
	for (i = 0; i < layout->column_count; i++) {
		struct layout_column value = layout->columns[i];
		bool is_out = !style->is_wide && value.rank >= REPORT_RANK_WIDE;

		if (!is_out) {
			unsigned columns = layout_columns(value.heading);

			value.is_number = false;
			text_append(out, "%s", value.heading);
			append_blanks(out, widest_heading - columns + GAP);
			append_cell(out, &value, cell, layout_columns(cell),
				    style);
			end_line(out);
		}
		cell += strlen(cell) + 1;
	}
	return cell;
}

void layout_write(struct layout *layout, const struct layout_style *style,
		  struct text *out)
{
	const char *cell = layout->cells.bytes;
	struct plan plan;
	unsigned i;

	make_plan(&plan, layout, style);
	if (!layout->is_sheet && !layout->has_head && layout->column_count > 0)
		write_head(out, layout, &plan, style);
	layout->has_head = true;
	for (i = 0; i < layout->row_count && cell != NULL; i++)
		cell = layout->is_sheet
			       ? write_sheet(out, layout, style, cell)
			       : write_row(out, layout, &plan, style, cell);
	layout->cells.size = 0;
	layout->row_count = 0;
}
