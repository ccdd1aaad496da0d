/* SPDX-License-Identifier: MIT */
/* answer.c - what the server sends, as text for people. */
#include "answer.h"

#include <stdlib.h>
#include <string.h>

#include "config/printable.h"
#include "control/field.h"
#include "words.h"

void answer_init(struct answer *answer, const struct layout_style *style,
		 bool is_exact)
{
	memset(answer, 0, sizeof(*answer));
	answer->style = *style;
	answer->is_exact = is_exact;
}

void answer_release(struct answer *answer)
{
	layout_release(&answer->layout);
	text_release(&answer->words);
	text_release(&answer->out);
}

void answer_print(struct text *out, const char *text)
{
	const char *end;

	while ((end = strchr(text, '\n')) != NULL) {
		printable_append(out, text, (size_t)(end - text));
		text_append_bytes(out, "\n", 1);
		text = end + 1;
	}
	printable_append(out, text, strlen(text));
}

/* The field that begins at `*rest`, which goes on to the next; NULL: no
 * more. */
static char *next_field(char **rest)
{
	return strsep(rest, "\t");
}

static void flush(struct answer *answer)
{
	if (answer->table_count > 0)
		layout_write(&answer->layout, &answer->style, &answer->out);
}

static enum answer_state take_table(struct answer *answer, bool is_sheet)
{
	flush(answer);
	if (answer->table_count > 0)
		text_append_bytes(&answer->out, "\n", 1);
	layout_begin(&answer->layout, is_sheet);
	answer->table_count++;
	return ANSWER_GOES_ON;
}

static enum report_kind kind_of(const char *name)
{
	int kind = REPORT_KINDS;

	/* One that a later server has is text to us. */
	while (--kind > REPORT_TEXT)
		if (strcmp(report_kind_names[kind], name) == 0)
			break;
	return (enum report_kind)kind;
}

static bool is_numeric(enum report_kind kind)
{
	return kind == REPORT_COUNT || kind == REPORT_BYTES ||
	       kind == REPORT_DURATION || kind == REPORT_MICROS;
}

static enum answer_state take_column(struct answer *answer, char *rest)
{
	const char *name = next_field(&rest);
	const char *kind = next_field(&rest);
	const char *rank = next_field(&rest);
	char *heading = next_field(&rest);
	struct text printable = {0};
	enum report_kind known;

	if (name == NULL || heading == NULL || answer->table_count == 0 ||
	    answer->layout.column_count == LAYOUT_COLUMNS ||
	    field_unescape(heading) < 0)
		return ANSWER_ILL;
	known = kind_of(kind);
	printable_append(&printable, heading, strlen(heading));
	answer->kinds[answer->layout.column_count] = known;
	layout_add_column(&answer->layout,
			  printable.bytes != NULL ? printable.bytes : "",
			  (unsigned)strtoul(rank, NULL, 10), is_numeric(known),
			  known == REPORT_STATE);
	text_release(&printable);
	return ANSWER_GOES_ON;
}

/* A cell has one line. */
static void join_lines(char *field)
{
	for (; *field != '\0'; field++)
		if (*field == '\n')
			*field = ' ';
}

static int take_cell(struct answer *answer, unsigned column, char *field)
{
	enum report_kind kind = answer->kinds[column];
	struct text cell = {0};
	char room[WORDS_ROOM];
	size_t columns;
	char *end;
	bool is_word = kind == REPORT_TEXT || kind == REPORT_STATE ||
		       kind == REPORT_BOOLEAN || strcmp(field, "-") == 0;
	long long number = is_word ? 0 : strtoll(field, &end, 10);

	if (is_word ? field_unescape(field) < 0 : *end != '\0' || end == field)
		return -1;
	if (is_word)
		join_lines(field);
	else
		field = words_number(room, kind, number, answer->is_exact);
	columns = printable_append(&cell, field, strlen(field));
	layout_add_cell(&answer->layout, column,
			cell.bytes != NULL ? cell.bytes : "", columns);
	text_release(&cell);
	return 0;
}

static enum answer_state take_row(struct answer *answer, char *rest)
{
	unsigned i;

	if (answer->table_count == 0)
		return ANSWER_ILL;
	for (i = 0; i < answer->layout.column_count; i++) {
		char *field = next_field(&rest);

		if (field == NULL || take_cell(answer, i, field) < 0)
			return ANSWER_ILL;
	}
	layout_end_row(&answer->layout);
	if (answer->layout.row_count >= ANSWER_BATCH)
		flush(answer);
	return ANSWER_GOES_ON;
}

static enum answer_state take_words(struct answer *answer, char *words)
{
	if (words == NULL || field_unescape(words) < 0)
		return ANSWER_ILL;
	flush(answer);
	answer_print(&answer->out, words);
	text_append_bytes(&answer->out, "\n", 1);
	return ANSWER_GOES_ON;
}

static enum answer_state take_failure(struct answer *answer, char *rest)
{
	const char *status = next_field(&rest);

	if (status == NULL || rest == NULL || field_unescape(rest) < 0)
		return ANSWER_ILL;
	flush(answer);
	answer->status = atoi(status);
	if (answer->status <= 0 || answer->status > 125)
		answer->status = 1;
	answer_print(&answer->words, rest);
	return ANSWER_FAILED;
}

enum answer_state answer_take(struct answer *answer, char *line)
{
	char *rest = line;
	const char *word = next_field(&rest);

	if (strcmp(word, "row") == 0)
		return take_row(answer, rest);
	if (strcmp(word, "column") == 0)
		return take_column(answer, rest);
	if (strcmp(word, "table") == 0 || strcmp(word, "sheet") == 0)
		return take_table(answer, word[0] == 's');
	if (strcmp(word, "say") == 0)
		return take_words(answer, rest);
	if (strcmp(word, "fail") == 0)
		return take_failure(answer, rest);
	if (strcmp(word, "end") != 0)
		return ANSWER_ILL;
	flush(answer);
	return ANSWER_ENDED;
}
