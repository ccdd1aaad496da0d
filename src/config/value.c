/* SPDX-License-Identifier: MIT */
/* value.c - numbers, sizes, durations and choices as values of one word. */
#include "config/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "config/complaints.h"

#define NUMBER_TEXT 32

const struct value_word value_words_off[] = {{"off", -1}, {NULL, 0}};
const struct value_word value_words_auto[] = {{"auto", 0}, {NULL, 0}};
const struct value_word value_words_boolean[] = {
	{"off", 0}, {"on", 1}, {NULL, 0}};
const struct value_word value_words_kernel[] = {
	{"kernel", -1}, {"off", -1}, {NULL, 0}};

/* ---- Stored numbers -------------------------------------------------- */

static void store(const struct directive *directive, void *object,
		  uint64_t number)
{
	char *at = (char *)object + directive->offset;
	bool is_true = number != 0;
	int narrow = (int)(int64_t)number;

	if (directive->width == sizeof(is_true))
		memcpy(at, &is_true, sizeof(is_true));
	else if (directive->width == sizeof(narrow))
		memcpy(at, &narrow, sizeof(narrow));
	else
		memcpy(at, &number, sizeof(number));
}

static uint64_t load(const struct directive *directive, const void *object)
{
	const char *at = (const char *)object + directive->offset;
	uint64_t number;
	bool is_true;
	int narrow;

	if (directive->width == sizeof(is_true)) {
		memcpy(&is_true, at, sizeof(is_true));
		return is_true;
	}
	if (directive->width == sizeof(narrow)) {
		memcpy(&narrow, at, sizeof(narrow));
		return (uint64_t)(int64_t)narrow;
	}
	memcpy(&number, at, sizeof(number));
	return number;
}

/* ---- Words that stand for numbers ------------------------------------ */

static const struct value_word *find_word(const struct value_word *words,
					  const char *word)
{
	for (; words && words->word; words++)
		if (strcmp(words->word, word) == 0)
			return words;
	return NULL;
}

static const char *word_of(const struct value_word *words, uint64_t number)
{
	for (; words && words->word; words++)
		if ((uint64_t)words->number == number)
			return words->word;
	return NULL;
}

/* ", or off, or auto" after a sentence that needs it. */
static const char *alternatives(const struct directive *directive, char *out,
				size_t room)
{
	const struct value_word *words = directive->words;
	size_t used = 0;

	out[0] = '\0';
	for (; words && words->word && used < room; words++)
		used += (size_t)snprintf(out + used, room - used, ", or %s",
					 words->word);
	return out;
}

/* ---- Numbers in their forms ------------------------------------------ */

struct number_form {
	int (*parse)(const char *word, uint64_t *number);
	char *(*format)(char *out, size_t room, uint64_t number);
	const char *article; /* "'x' is not …" */
};

static int parse_duration(const char *word, uint64_t *number)
{
	int64_t duration_ms;

	if (text_parse_duration(word, &duration_ms) < 0)
		return -1;
	*number = (uint64_t)duration_ms;
	return 0;
}

static int parse_seconds(const char *word, uint64_t *number)
{
	if (parse_duration(word, number) < 0 || *number % 1000 != 0)
		return -1;
	*number /= 1000;
	return 0;
}

static int parse_microseconds(const char *word, uint64_t *number)
{
	int64_t duration_us;

	if (text_parse_microseconds(word, &duration_us) < 0)
		return -1;
	*number = (uint64_t)duration_us;
	return 0;
}

static char *format_number(char *out, size_t room, uint64_t number)
{
	snprintf(out, room, "%" PRIu64, number);
	return out;
}

static char *format_duration(char *out, size_t room, uint64_t number)
{
	return text_format_duration(out, room, (int64_t)number);
}

static char *format_seconds(char *out, size_t room, uint64_t number)
{
	return text_format_duration(out, room, (int64_t)number * 1000);
}

static char *format_microseconds(char *out, size_t room, uint64_t number)
{
	return text_format_microseconds(out, room, (int64_t)number);
}

static const struct number_form number_form = {
	text_parse_number,
	format_number,
	"a number",
};
static const struct number_form size_form = {
	text_parse_size,
	text_format_size,
	"a size as 4096, 64k, 1m",
};
static const struct number_form duration_form = {
	parse_duration,
	format_duration,
	"a duration as 250ms, 30s, 5m, 1h",
};
static const struct number_form seconds_form = {
	parse_seconds,
	format_seconds,
	"a duration in whole seconds as 30s, 5m, 1h",
};
static const struct number_form microseconds_form = {
	parse_microseconds,
	format_microseconds,
	"a duration as 50us, 1ms",
};

static uint64_t maximum_of(const struct directive *directive)
{
	if (directive->maximum != 0)
		return directive->maximum;
	return directive->width == sizeof(int) ? INT32_MAX : UINT64_MAX;
}

static int check_bounds(const struct directive *directive,
			const struct number_form *form, const char *word,
			uint64_t number, struct error *error)
{
	char quote[COMPLAINTS_QUOTE], bound[NUMBER_TEXT], others[64];
	uint64_t maximum = maximum_of(directive);

	if (number >= directive->minimum && number <= maximum)
		return 0;
	if (number < directive->minimum)
		return error_set(
			error, "%s is too small: at least %s%s",
			complaints_quote(quote, word),
			form->format(bound, sizeof(bound), directive->minimum),
			alternatives(directive, others, sizeof(others)));
	return error_set(error, "%s is too large: at most %s%s",
			 complaints_quote(quote, word),
			 form->format(bound, sizeof(bound), maximum),
			 alternatives(directive, others, sizeof(others)));
}

static int parse_form(const struct directive *directive,
		      const struct number_form *form, const char *word,
		      void *object, struct error *error)
{
	const struct value_word *found = find_word(directive->words, word);
	char quote[COMPLAINTS_QUOTE], others[64];
	uint64_t number;

	if (found) {
		store(directive, object, (uint64_t)found->number);
		return 0;
	}
	if (form->parse(word, &number) < 0)
		return error_set(
			error, "%s is not %s%s", complaints_quote(quote, word),
			form->article,
			alternatives(directive, others, sizeof(others)));
	if (check_bounds(directive, form, word, number, error) < 0)
		return -1;
	store(directive, object, number);
	return 0;
}

static void print_form(const struct directive *directive,
		       const struct number_form *form, const void *object,
		       struct text *out)
{
	char text[NUMBER_TEXT];
	uint64_t number = load(directive, object);
	const char *word = word_of(directive->words, number);

	if (!word)
		word = form->format(text, sizeof(text), number);
	text_append(out, "%s", word);
}

/* A kind for each form. */
#define NUMBER_KIND(kind, shown)                                               \
	static int parse_##kind##_kind(                                        \
		const struct directive *directive, const char *word,           \
		void *object, struct arena *arena, struct error *error)        \
	{                                                                      \
		(void)arena;                                                   \
		return parse_form(directive, &kind##_form, word, object,       \
				  error);                                      \
	}                                                                      \
	static void print_##kind##_kind(const struct directive *directive,     \
					const void *object, struct text *out)  \
	{                                                                      \
		print_form(directive, &kind##_form, object, out);              \
	}                                                                      \
	const struct value_kind value_##kind = {                               \
		.form = (shown),                                               \
		.parse = parse_##kind##_kind,                                  \
		.print = print_##kind##_kind,                                  \
	}

NUMBER_KIND(number, "NUMBER");
NUMBER_KIND(size, "SIZE");
NUMBER_KIND(duration, "DURATION");
NUMBER_KIND(seconds, "DURATION");
NUMBER_KIND(microseconds, "DURATION");

int value_check_duration(int64_t duration_ms, int64_t minimum_ms,
			 int64_t maximum_ms, struct error *error)
{
	char text[NUMBER_TEXT], least[NUMBER_TEXT], most[NUMBER_TEXT];

	if (duration_ms >= minimum_ms && duration_ms <= maximum_ms)
		return 0;
	return error_set(error, "%s is out of bounds: it may be %s to %s",
			 text_format_duration(text, sizeof(text), duration_ms),
			 text_format_duration(least, sizeof(least), minimum_ms),
			 text_format_duration(most, sizeof(most), maximum_ms));
}

/* ---- Choices --------------------------------------------------------- */

/* "off, on, auto". */
static const char *choices(const struct directive *directive, char *out,
			   size_t room)
{
	const struct value_word *words = directive->words;
	size_t used = 0;

	for (; words->word && used < room; words++)
		used += (size_t)snprintf(out + used, room - used, "%s%s",
					 used > 0 ? ", " : "", words->word);
	return out;
}

static int parse_choice(const struct directive *directive, const char *word,
			void *object, struct arena *arena, struct error *error)
{
	const struct value_word *found = find_word(directive->words, word);
	char quote[COMPLAINTS_QUOTE], others[64];

	(void)arena;
	if (!found)
		return error_set(error, "%s is not one of: %s",
				 complaints_quote(quote, word),
				 choices(directive, others, sizeof(others)));
	store(directive, object, (uint64_t)found->number);
	return 0;
}

static void print_choice(const struct directive *directive, const void *object,
			 struct text *out)
{
	text_append(out, "%s",
		    word_of(directive->words, load(directive, object)));
}

const struct value_kind value_choice = {
	.parse = parse_choice,
	.print = print_choice,
};

/* ---- Tables of them -------------------------------------------------- */

void value_set_initial(const struct directive_list *list, void *object,
		       struct arena *arena)
{
	const struct directive *row;
	struct error error;

	for (row = list->rows; row < list->rows + list->count; row++)
		if (row->kind && row->initial &&
		    row->kind->parse(row, row->initial, object, arena, &error) <
			    0)
			log_bug("the default of the directive %s: %s",
				row->name, error.text);
}

void value_describe(const struct directive *directive, struct text *out)
{
	const char *form = directive->form;
	const struct value_word *words = directive->words;

	if (!form && directive->kind && directive->kind->describe) {
		directive->kind->describe(directive, out);
		return;
	}
	if (!form && directive->kind)
		form = directive->kind->form;
	text_append(out, "%s", form ? form : "");
	for (; words && words->word; words++)
		text_append(out, "%s%s",
			    form || words > directive->words ? "|" : "",
			    words->word);
}
