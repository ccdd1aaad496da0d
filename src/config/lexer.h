/* SPDX-License-Identifier: MIT */
/* lexer.h - words, semicolons and braces of a configuration text.
 *
 * A word is made of bare, "double" and 'single' quoted pieces, as in a shell:
 * level="info" is one word.  A backslash takes the next character as it is,
 * and \n \r \t \xHH as in C; ${NAME} and ${NAME:-default} are replaced; neither
 * happens in single quotes.  A quoted piece ends on its line.  # begins a
 * comment where a word could begin; in canonical text #= does not, it marks the
 * statement behind it (CONFIG_MARK).  One pass: the time is linear in the size
 * of the text. */
#ifndef COHORT_CONFIG_LEXER_H
#define COHORT_CONFIG_LEXER_H

#include <stdbool.h>

#include "config/complaints.h"
#include "config/reading.h"

enum token {
	TOKEN_END,
	TOKEN_WORD,
	TOKEN_SEMICOLON,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_BAD, /* an ill word, complained about */
};

struct lexer {
	struct reading *reading;
	const struct config_source *source;
	size_t size; /* up to the first NUL byte */
	size_t offset;
	unsigned line;
	/* A place of this line whose column is known. */
	size_t column_offset;
	unsigned column;
	struct text word;      /* of the last TOKEN_WORD */
	struct position where; /* where the last token begins */
	struct position end;   /* behind the last word */
	bool is_marked;        /* the last token stands behind CONFIG_MARK */
	bool is_broken; /* ended early by a NUL byte or too many errors */
};

void lexer_open(struct lexer *lexer, struct reading *reading,
		const struct config_source *source);
void lexer_close(struct lexer *lexer);

enum token lexer_next(struct lexer *lexer);

#endif
