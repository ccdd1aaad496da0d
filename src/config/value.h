/* SPDX-License-Identifier: MIT */
/* value.h - values of one word: a parser and a printer for each form.
 *
 * What a printer writes, its parser reads back to the same value. */
#ifndef COHORT_CONFIG_VALUE_H
#define COHORT_CONFIG_VALUE_H

#include "base/error.h"
#include "base/memory.h"
#include "config/directive.h"

struct value_kind {
	const char *form; /* as help shows it; NULL: the words alone */
	/* Store the value of `word` in `object`.  0, or -1 with words. */
	int (*parse)(const struct directive *directive, const char *word,
		     void *object, struct arena *arena, struct error *error);
	void (*print)(const struct directive *directive, const void *object,
		      struct text *out);
	/* Can what `word` names be used?  Not asked of initial values, nor of
	 * canonical text, whose reader must not wait; or NULL.  0, or -1 with
	 * words. */
	int (*check)(const char *word, struct error *error);
	/* The form of a directive whose words are its own; or NULL. */
	void (*describe)(const struct directive *directive, struct text *out);
	/* Of a value of several words, instead of `parse` and `print`. */
	const struct value_statement *statement;
};

/* A whole statement as a value; repeatable. */
struct value_statement {
	/* Complains itself.  0, or -1. */
	int (*apply)(struct reading *reading, const struct directive *directive,
		     const struct statement *statement, void *object);
	/* All of its lines, `depth` blocks deep. */
	void (*print)(const struct directive *directive, const void *object,
		      unsigned depth, struct text *out);
};

extern const struct value_kind value_choice;       /* one of `words` */
extern const struct value_kind value_number;       /* 4711 */
extern const struct value_kind value_size;         /* 64k, in bytes */
extern const struct value_kind value_duration;     /* 30s, in ms */
extern const struct value_kind value_microseconds; /* 50us, in us */
extern const struct value_kind value_seconds;      /* 30s, in s */
extern const struct value_kind value_string; /* const char *, of `arena` */
extern const struct value_kind value_word;   /* char[width] */
/* off | on | idle:interval:count in a struct sockopt_settings */
extern const struct value_kind value_keepalive;
/* FIRST:LIMIT in a struct config */
extern const struct value_kind value_respawn_delay;
/* Of protocols alone (cohort.h); they look at directive->own. */
extern const struct value_kind value_index;  /* int, of `words` */
extern const struct value_kind value_remote; /* const char *, an address */
extern const struct value_kind value_file;   /* const char *, readable */
extern const struct value_kind value_rows;   /* struct cohort_rows */

/* Lists of words that several tables use. */
extern const struct value_word value_words_off[];     /* off: -1 */
extern const struct value_word value_words_auto[];    /* auto: 0 */
extern const struct value_word value_words_boolean[]; /* off, on */
extern const struct value_word value_words_kernel[];  /* kernel, off: -1 */

/* The bounds of a duration in ms, as an error. 0 or -1. */
int value_check_duration(int64_t duration_ms, int64_t minimum_ms,
			 int64_t maximum_ms, struct error *error);

/* Store every row's initial value; an ill one is a mistake in the table and
 * ends the program. */
void value_set_initial(const struct directive_list *list, void *object,
		       struct arena *arena);

/* "NUMBER|auto": how the value is written. */
void value_describe(const struct directive *directive, struct text *out);

/* `word` so that the reader takes it as one word again: bare if it can be,
 * else in double quotes with escapes. */
void value_print_word(const char *word, struct text *out);

#endif
