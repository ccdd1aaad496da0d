/* SPDX-License-Identifier: MIT */
/* arguments.c - the command line of cohortctl. */
#include "arguments.h"

#include <string.h>

#define NAMES_MOST 32

enum option_kind {
	OPTION_FLAG,
	OPTION_WORD,
	OPTION_TIME, /* seconds, or a duration */
	OPTION_WATCH /* a time that may be left out */
};

/* A row is an option of all verbs; `place` is its member. */
struct option_row {
	const char *name;
	char letter; /* or 0 */
	enum option_kind kind;
	const char *form;
	const char *help;
	size_t place;
};

#define PLACE(member) offsetof(struct arguments, member)

static const struct option_row rows[] = {
	{"socket", 's', OPTION_WORD, "PATH",
	 "ask the server there ($COHORT_CONTROL, else " ARGUMENTS_SOCKET ")",
	 PLACE(socket)},
	{"json", 'j', OPTION_FLAG, "", "answer in JSON, an object a line",
	 PLACE(is_json)},
	{"watch", 'w', OPTION_WATCH, "[=SECONDS]",
	 "again and again, every 2 s; q ends it", PLACE(watch_ms)},
	{"timeout", 't', OPTION_TIME, "SECONDS",
	 "do not wait for longer than that", PLACE(timeout_ms)},
	{"exact", 'e', OPTION_FLAG, "",
	 "numbers as they are, not 1.5M or 3m12s", PLACE(is_exact)},
	{"wide", 'W', OPTION_FLAG, "", "all columns, whatever the width",
	 PLACE(is_wide)},
	{"help", 'h', OPTION_FLAG, "", "print this, or about a verb",
	 PLACE(is_help)},
	{"version", 'V', OPTION_FLAG, "", "print the version",
	 PLACE(is_version)},
};
#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

/* What is being parsed. */
struct parser {
	struct arguments *options;
	struct request given; /* for verb_check */
	char **argv;          /* the next word */
	bool has_ended;       /* after --: no more options */
	struct error *error;
};

/* ---- Our own options ---- */

static int parse_time(const char *word, int64_t *time_ms)
{
	uint64_t seconds;

	if (text_parse_number(word, &seconds) == 0 && seconds > 0 &&
	    seconds < 1000000) {
		*time_ms = (int64_t)seconds * 1000;
		return 0;
	}
	return text_parse_duration(word, time_ms) == 0 && *time_ms > 0 ? 0 : -1;
}

static int take_time(struct parser *parser, const struct option_row *row,
		     const char *word)
{
	void *member = (char *)parser->options + row->place;

	if (parse_time(word, member) == 0)
		return 0;
	return error_set(parser->error,
			 "--%s: '%s' is neither seconds nor a duration",
			 row->name, word);
}

/* `value` came with the option, or is NULL. */
static int take_option(struct parser *parser, const struct option_row *row,
		       const char *value)
{
	void *member = (char *)parser->options + row->place;

	if (row->kind == OPTION_FLAG) {
		if (value != NULL)
			return error_set(parser->error, "--%s takes no value",
					 row->name);
		*(bool *)member = true;
		return 0;
	}
	if (row->kind == OPTION_WATCH && value == NULL) {
		*(int64_t *)member = ARGUMENTS_WATCH_MS;
		return 0;
	}
	if (value == NULL)
		value = *parser->argv != NULL ? *parser->argv++ : NULL;
	if (value == NULL)
		return error_set(parser->error, "--%s needs %s", row->name,
				 row->form);
	if (row->kind != OPTION_WORD)
		return take_time(parser, row, value);
	*(const char **)member = value;
	return 0;
}

/* ---- The verb's ---- */

static int give(struct parser *parser, const struct verb_argument *argument,
		const char *value)
{
	struct request *given = &parser->given;

	if (request_value(given, argument->name) != NULL)
		return error_set(parser->error, "%s is given twice",
				 argument->name);
	if (given->argument_count == REQUEST_ARGUMENTS)
		return error_set(parser->error, "too many arguments");
	given->arguments[given->argument_count++] =
		(struct request_argument){argument->name, value};
	return 0;
}

static int take_argument(struct parser *parser,
			 const struct verb_argument *argument,
			 const char *value)
{
	if (argument->kind == VERB_FLAG && value != NULL)
		return error_set(parser->error, "--%s takes no value",
				 argument->name);
	if (argument->kind == VERB_FLAG)
		value = "on";
	if (value == NULL)
		value = *parser->argv != NULL ? *parser->argv++ : NULL;
	if (value == NULL)
		return error_set(parser->error, "--%s needs %s", argument->name,
				 verb_form(argument));
	return give(parser, argument, value);
}

static int take_position(struct parser *parser, const char *word)
{
	const struct verb *verb = parser->options->verb;
	const struct verb_argument *argument = verb->arguments;

	for (; argument != NULL && argument->name != NULL; argument++)
		if (argument->is_positional &&
		    request_value(&parser->given, argument->name) == NULL)
			return give(parser, argument, word);
	return error_set(parser->error, "%s: unexpected word '%s'", verb->name,
			 word);
}

/* ---- Words ---- */

static int complain_unknown(struct parser *parser, const char *name)
{
	const struct verb *verb = parser->options->verb;
	const struct verb_argument *argument =
		verb != NULL ? verb->arguments : NULL;
	const char *names[NAMES_MOST];
	const char *nearest;
	size_t count;

	for (count = 0; count < ROW_COUNT; count++)
		names[count] = rows[count].name;
	for (; argument != NULL && argument->name != NULL; argument++)
		if (count < NAMES_MOST)
			names[count++] = argument->name;
	nearest = text_nearest(name, names, count);
	return error_set(parser->error, "unknown option --%s%s%s%s", name,
			 nearest != NULL ? "; did you mean --" : "",
			 nearest != NULL ? nearest : "",
			 nearest != NULL ? "?" : "");
}

/* --NAME, --NAME=VALUE */
static int take_long(struct parser *parser, char *word)
{
	const struct verb *verb = parser->options->verb;
	const struct verb_argument *argument;
	char *value = strchr(word, '=');
	size_t i;

	if (value != NULL)
		*value++ = '\0';
	/* What the verb calls by the same name is meant. */
	argument = verb != NULL ? verb_argument(verb->arguments, word) : NULL;
	if (argument != NULL)
		return take_argument(parser, argument, value);
	for (i = 0; i < ROW_COUNT; i++)
		if (strcmp(rows[i].name, word) == 0)
			return take_option(parser, &rows[i], value);
	return complain_unknown(parser, word);
}

/* -j, -jw, -sPATH */
static int take_letters(struct parser *parser, const char *letters)
{
	for (; *letters != '\0'; letters++) {
		const struct option_row *row = rows;

		while (row < rows + ROW_COUNT && row->letter != *letters)
			row++;
		if (row == rows + ROW_COUNT)
			return error_set(parser->error, "unknown option -%c",
					 *letters);
		if (row->kind != OPTION_FLAG && letters[1] != '\0')
			return take_option(parser, row, letters + 1);
		if (take_option(parser, row, NULL) < 0)
			return -1;
	}
	return 0;
}

static int take_verb(struct parser *parser, const char *word)
{
	struct arguments *options = parser->options;

	if (strcmp(word, "help") == 0) {
		options->is_help = true;
		return 0;
	}
	options->verb = verb_find(verbs, word, parser->error);
	return options->verb != NULL ? 0 : -1;
}

static int take_word(struct parser *parser, char *word)
{
	if (!parser->has_ended && strcmp(word, "--") == 0) {
		parser->has_ended = true;
		return 0;
	}
	if (!parser->has_ended && strncmp(word, "--", 2) == 0)
		return take_long(parser, word + 2);
	if (!parser->has_ended && word[0] == '-' && word[1] != '\0')
		return take_letters(parser, word + 1);
	if (parser->options->verb == NULL)
		return take_verb(parser, word);
	return take_position(parser, word);
}

/* ---- The whole ---- */

static int build_request(struct parser *parser)
{
	struct arguments *options = parser->options;
	const struct request *given = &parser->given;
	unsigned i;

	if (verb_check(options->verb, given, parser->error) < 0)
		return -1;
	request_begin(&options->request, options->verb->name);
	for (i = 0; i < given->argument_count; i++)
		request_add(&options->request, given->arguments[i].key,
			    given->arguments[i].value);
	if (options->is_json)
		request_add(&options->request, REQUEST_FORM, "json");
	return request_end(&options->request, parser->error);
}

/* What the server would refuse, too, but needs no server to be known. */
static int check(struct parser *parser)
{
	const struct verb *verb = parser->options->verb;

	if (verb == NULL)
		return error_set(parser->error, "which verb?");
	if (verb->is_order && parser->options->watch_ms > 0)
		return error_set(parser->error, "%s is done once: no --watch",
				 verb->name);
	if (strcmp(verb->name, "close") == 0 &&
	    parser->given.argument_count == 0)
		return error_set(parser->error,
				 "close which ones? ID, --service, --peer, "
				 "--idle-over, --worker, or --all");
	return 0;
}

int arguments_parse(struct arguments *options, char **argv, const char *socket,
		    struct error *error)
{
	struct parser parser = {.options = options, .error = error};

	memset(options, 0, sizeof(*options));
	options->socket = socket != NULL ? socket : ARGUMENTS_SOCKET;
	parser.argv = argv[0] != NULL ? argv + 1 : argv;
	while (*parser.argv != NULL) {
		char *word = *parser.argv++;

		if (take_word(&parser, word) < 0)
			return -1;
	}
	if (options->is_help || options->is_version)
		return 0;
	if (check(&parser) < 0)
		return -1;
	return build_request(&parser);
}

void arguments_release(struct arguments *options)
{
	text_release(&options->request);
}

/* ---- Help ---- */

static void print_row(FILE *out, const char *left, const char *help)
{
	fprintf(out, "  %-26s %s\n", left, help);
}

static void print_argument(FILE *out, const struct verb_argument *argument)
{
	char left[64];

	if (argument->is_positional)
		snprintf(left, sizeof(left), "%s", verb_form(argument));
	else
		snprintf(left, sizeof(left), "--%s %s", argument->name,
			 verb_form(argument));
	print_row(out, left, argument->help);
}

static void print_verb(FILE *out, const struct verb *verb)
{
	const struct verb_argument *argument = verb->arguments;

	fprintf(out, "usage: cohortctl [OPTION]... %s", verb->name);
	for (; argument != NULL && argument->name != NULL; argument++)
		if (argument->is_positional)
			fprintf(out, argument->is_required ? " %s" : " [%s]",
				verb_form(argument));
	fprintf(out, "\n\n%s: %s\n", verb->name, verb->help);
	if (verb->arguments == NULL)
		return;
	fputc('\n', out);
	for (argument = verb->arguments; argument->name != NULL; argument++)
		print_argument(out, argument);
}

static void print_options(FILE *out)
{
	char left[64];
	size_t i;

	for (i = 0; i < ROW_COUNT; i++) {
		snprintf(left, sizeof(left), "-%c, --%s%s%s", rows[i].letter,
			 rows[i].name,
			 rows[i].form[0] != '\0' && rows[i].form[0] != '[' ? " "
									   : "",
			 rows[i].form);
		print_row(out, left, rows[i].help);
	}
}

void arguments_print_help(FILE *out, const struct verb *verb)
{
	const struct verb *row;

	if (verb != NULL) {
		print_verb(out, verb);
		return;
	}
	fputs("usage: cohortctl [OPTION]... VERB [ARGUMENT]...\n\n", out);
	print_options(out);
	fputs("\nVerbs (`cohortctl help VERB` tells more):\n\n", out);
	for (row = verbs; row->name != NULL; row++)
		print_row(out, row->name, row->help);
	fputs("\nExit status: 0 done, 1 failed, 2 usage, 69 no server there, "
	      "77 not permitted.\n",
	      out);
}
