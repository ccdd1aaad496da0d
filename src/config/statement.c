/* SPDX-License-Identifier: MIT */
/* statement.c - tokens to a tree of statements, over whatever is wrong. */
#include "config/statement.h"

#include <string.h>

#include "config/lexer.h"

#define DEPTH_MAX 8 /* blocks in blocks; two have a meaning */

struct reader {
	struct reading *reading;
	struct lexer lexer;
	enum token token; /* the present one */
	struct statement **tail;
	unsigned depth;
};

static void advance(struct reader *reader)
{
	reader->token = lexer_next(&reader->lexer);
}

static int ill(struct reader *reader, const struct position *where,
	       const char *words)
{
	if (reader->lexer.is_broken)
		return -1; /* which has been said */
	return complain(&reader->reading->complaints, where, "%s", words);
}

/* ---- Getting over errors --------------------------------------------- */

/* The present token opens a block: go behind its end. */
static void skip_block(struct reader *reader)
{
	unsigned depth = 0;

	do {
		if (reader->token == TOKEN_OPEN)
			depth++;
		else if (reader->token == TOKEN_CLOSE)
			depth--;
		advance(reader);
	} while (depth > 0 && reader->token != TOKEN_END);
}

/* Go behind the statement that is spoilt. */
static void skip_statement(struct reader *reader)
{
	while (reader->token == TOKEN_WORD || reader->token == TOKEN_BAD)
		advance(reader);
	if (reader->token == TOKEN_OPEN)
		skip_block(reader);
	else if (reader->token == TOKEN_SEMICOLON)
		advance(reader);
}

/* ---- Statements ------------------------------------------------------ */

static struct word *make_word(struct reader *reader)
{
	struct arena *scratch = reader->reading->scratch;
	struct word *word = arena_take(scratch, sizeof(*word));
	const struct text *text = &reader->lexer.word;

	word->where = reader->lexer.where;
	word->text = arena_copy(scratch, text->bytes, text->size);
	return word;
}

/* The name and the arguments.  -1 if one of them is ill. */
static int read_words(struct reader *reader, struct statement *statement)
{
	struct word **tail = &statement->name;

	while (reader->token == TOKEN_WORD) {
		if (++reader->reading->word_count > READING_WORDS_MAX) {
			complain(&reader->reading->complaints,
				 &reader->lexer.where,
				 "the configuration is too long: more than %d "
				 "words",
				 READING_WORDS_MAX);
			reader->lexer.is_broken = true;
		}
		*tail = make_word(reader);
		tail = &(*tail)->next;
		statement->end = reader->lexer.end;
		advance(reader);
	}
	return reader->token == TOKEN_BAD ? -1 : 0;
}

static struct statement *read_list(struct reader *reader);

/* The present token opens the block of `statement`. */
static void read_block(struct reader *reader, struct statement *statement)
{
	struct position opened = reader->lexer.where;

	statement->has_block = true;
	if (reader->depth == DEPTH_MAX) {
		ill(reader, &opened, "blocks are nested too deep");
		skip_block(reader);
		return;
	}
	advance(reader);
	reader->depth++;
	statement->children = read_list(reader);
	reader->depth--;
	statement->closed = reader->lexer.where.offset;
	if (reader->token == TOKEN_CLOSE)
		advance(reader);
	else
		ill(reader, &opened,
		    "this block is not closed: '}' is missing");
}

static void read_statement(struct reader *reader, struct statement ***tail)
{
	struct statement *statement =
		arena_take(reader->reading->scratch, sizeof(*statement));

	statement->is_marked = reader->lexer.is_marked;
	if (read_words(reader, statement) < 0) {
		skip_statement(reader);
		return;
	}
	if (reader->token == TOKEN_OPEN)
		read_block(reader, statement);
	else if (reader->token == TOKEN_SEMICOLON)
		advance(reader);
	else if (reader->lexer.is_broken)
		return;
	else
		ill(reader, &statement->end, "';' is missing here");
	**tail = statement;
	*tail = &statement->next;
}

/* A token that no statement begins with. */
static void read_stray(struct reader *reader)
{
	const struct position *where = &reader->lexer.where;

	if (reader->token == TOKEN_BAD) {
		skip_statement(reader);
	} else if (reader->token == TOKEN_OPEN) {
		ill(reader, where, "a block without a name");
		skip_block(reader);
	} else if (reader->token == TOKEN_SEMICOLON) {
		ill(reader, where,
		    "no statement before this ';' (and none belongs "
		    "behind a block)");
		advance(reader);
	} else {
		ill(reader, where, "no block is open that this '}' could end");
		advance(reader);
	}
}

/* To the end of the block (its '}' stays the present token) or the text. */
static struct statement *read_list(struct reader *reader)
{
	struct statement *list = NULL;
	struct statement **tail = &list;

	while (reader->token != TOKEN_END &&
	       (reader->token != TOKEN_CLOSE || reader->depth == 0)) {
		if (reader->token == TOKEN_WORD)
			read_statement(reader, &tail);
		else
			read_stray(reader);
	}
	return list;
}

struct statement *statement_read(struct reading *reading,
				 const struct config_source *source)
{
	struct reader reader = {.reading = reading};
	struct statement *list;

	lexer_open(&reader.lexer, reading, source);
	advance(&reader);
	list = read_list(&reader);
	lexer_close(&reader.lexer);
	return list;
}
