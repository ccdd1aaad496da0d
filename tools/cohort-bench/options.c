/* SPDX-License-Identifier: MIT */
/* options.c - the command line of cohort-bench, from tables. */
#include "options.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define LOAD_MODES (MODE_ECHO | MODE_CHURN | MODE_HOLD)
#define ALL_MODES  (LOAD_MODES | MODE_LEDGER)
#define DAY_MS     86400000
#define RATE_LIMIT 10000000 /* a second; what is due is counted in us */
#define NO_LETTER  '\0'

enum form {
	FORM_FLAG,
	FORM_NUMBER,
	FORM_SIZE,
	FORM_SECONDS, /* 10, 0.5 or 500ms -> int64_t, ms */
	FORM_WORD,    /* -> const char *, as written */
};

struct option_row {
	char letter;
	enum form form;
	const char *name;
	const char *argument; /* as the help shows it */
	size_t offset;
	uint64_t minimum, maximum;
	unsigned modes;
	const char *help;
};

#define FIELD(member) offsetof(struct options, member)

/* clang-format off */
/* A name may have a row for each of several modes. */
static const struct option_row rows[] = {
	{'c', FORM_NUMBER, "connections", "N", FIELD(connection_count), 1, 1000000, ALL_MODES, "connections at once (default 1)"},
	{'s', FORM_SIZE, "size", "SIZE", FIELD(size_bytes), 1, 1 << 30, LOAD_MODES, "bytes of a message: 64, 16k, 1m (default 64)"},
	{'d', FORM_NUMBER, "depth", "N", FIELD(depth), 1, 65536, MODE_ECHO, "messages in flight per connection (default 1)"},
	{'t', FORM_SECONDS, "time", "SECONDS", FIELD(duration_ms), 1, DAY_MS, ALL_MODES, "how long (default 10, if -n is not given)"},
	{'n', FORM_NUMBER, "exchanges", "N", FIELD(exchange_count), 1, UINT64_MAX, MODE_ECHO | MODE_CHURN, "stop after so many, all connections together"},
	{NO_LETTER, FORM_FLAG, "until-eof", NULL, FIELD(is_until_eof), 0, 0, MODE_CHURN, "send, half-close, and read to end of file"},
	{NO_LETTER, FORM_FLAG, "halt", NULL, FIELD(is_halting), 0, 0, MODE_ECHO, "SIGSTOP itself when all are open, and before they end"},
	{NO_LETTER, FORM_FLAG, "spin", NULL, FIELD(is_spinning), 0, 0, LOAD_MODES, "poll, never sleep: takes a whole core"},
	{NO_LETTER, FORM_WORD, "source", "ADDRESS", FIELD(source), 0, 0, ALL_MODES, "connect from this 127.x.y.z on, and those after it"},
	{NO_LETTER, FORM_SECONDS, "timeout", "SECONDS", FIELD(timeout_ms), 1, DAY_MS, LOAD_MODES, "failed after so long without a byte (default 10)"},
	{'T', FORM_SECONDS, "hang", "SECONDS", FIELD(hang_ms), 1, DAY_MS, MODE_LEDGER, "hung after so long without an answer (default 5)"},
	{NO_LETTER, FORM_FLAG, "http", NULL, FIELD(is_http), 0, 0, MODE_LEDGER, "ask by HTTP/1.1, not by lines"},
	{NO_LETTER, FORM_NUMBER, "short", "PERCENT", FIELD(short_percent), 0, 100, MODE_LEDGER, "clients that connect for each exchange (default 50)"},
	{NO_LETTER, FORM_NUMBER, "pause", "MS", FIELD(pause_ms), 0, DAY_MS, MODE_LEDGER, "silent for so long after connect (default 0)"},
	{NO_LETTER, FORM_NUMBER, "rate", "N", FIELD(rate), 1, RATE_LIMIT, MODE_ECHO, "open loop: N messages a second in all, timed from when they are due"},
	{NO_LETTER, FORM_NUMBER, "rate", "N", FIELD(client_rate), 0, 1000000, MODE_LEDGER, "exchanges per second of each client; 0: any (default 50)"},
	{NO_LETTER, FORM_NUMBER, "allow-unknown", "N", FIELD(allowed_unknown_count), 0, UINT64_MAX, MODE_LEDGER, "so many may be reset before their first reply"},
	{NO_LETTER, FORM_FLAG, "orderly", NULL, FIELD(is_orderly), 0, 0, MODE_LEDGER, "nobody is killed: a worker that is gone has left by itself"},
	{NO_LETTER, FORM_FLAG, "events", NULL, FIELD(is_events), 0, 0, MODE_LEDGER, "print a line for each loss and long gap, at once"},
	{NO_LETTER, FORM_FLAG, "json", NULL, FIELD(is_json), 0, 0, ALL_MODES, "print one JSON object"},
	{'h', FORM_FLAG, "help", NULL, FIELD(is_help), 0, 0, ALL_MODES, "print this and exit"},
	{'V', FORM_FLAG, "version", NULL, FIELD(is_version), 0, 0, ALL_MODES, "print the version and exit"},
};

static const struct mode_words modes[] = {
	{MODE_ECHO,   "echo",   "keep connections open and exchange messages on them"},
	{MODE_CHURN,  "churn",  "connect, send, read the echo, close; again"},
	{MODE_HOLD,   "hold",   "open all, exchange once, hold for -t, exchange again"},
	{MODE_LEDGER, "ledger", "exchange tokens one by one, account for every loss"},
};
/* clang-format on */

#define ROW_COUNT  (sizeof(rows) / sizeof(rows[0]))
#define MODE_COUNT (sizeof(modes) / sizeof(modes[0]))

/* Where the parser is.  The mode may come last, and says what a name means:
 * values are kept, by the first row of the name, until it is known. */
struct parser {
	struct options *options;
	char **argv; /* of the next word, ended by NULL */
	const char *positional[2];
	unsigned positional_count;
	const char *words[ROW_COUNT]; /* what was given, or NULL */
};

static int parse_seconds(const char *word, uint64_t *ms)
{
	char *end;
	double seconds;
	int64_t duration_ms;

	if (text_parse_duration(word, &duration_ms) == 0) {
		*ms = (uint64_t)duration_ms;
		return 0;
	}
	if (word[strspn(word, "0123456789.")] != '\0')
		return -1;
	seconds = strtod(word, &end);
	if (end == word || *end != '\0' || seconds > 1e9)
		return -1;
	*ms = (uint64_t)(seconds * 1000 + 0.5);
	return 0;
}

static int parse_value(const struct option_row *row, const char *word,
		       uint64_t *value)
{
	switch (row->form) {
	case FORM_NUMBER: return text_parse_number(word, value);
	case FORM_SIZE: return text_parse_size(word, value);
	case FORM_SECONDS: return parse_seconds(word, value);
	case FORM_WORD:
	case FORM_FLAG: break;
	}
	return -1;
}

static int store(struct options *options, const struct option_row *row,
		 const char *word, struct error *error)
{
	void *field = (char *)options + row->offset;
	uint64_t value;

	if (row->form == FORM_FLAG) {
		*(bool *)field = true;
		return 0;
	}
	if (row->form == FORM_WORD) {
		*(const char **)field = word;
		return 0;
	}
	if (parse_value(row, word, &value) < 0)
		return error_set(error, "--%s: \"%s\" is not a %s", row->name,
				 word,
				 row->form == FORM_SECONDS ? "time"
				 : row->form == FORM_SIZE  ? "size"
							   : "number");
	if (value < row->minimum || value > row->maximum)
		return error_set(error, "--%s: %s is out of range", row->name,
				 word);
	if (row->form == FORM_SECONDS)
		*(int64_t *)field = (int64_t)value;
	else
		*(uint64_t *)field = value;
	return 0;
}

/* `word` is what follows the name in the same word, or NULL. */
static int take_option(struct parser *parser, const struct option_row *row,
		       const char *word, struct error *error)
{
	if (row->form == FORM_FLAG && word)
		return error_set(error, "--%s takes no value", row->name);
	if (row->form != FORM_FLAG && !word) {
		word = *parser->argv;
		if (!word)
			return error_set(error, "--%s needs a value",
					 row->name);
		parser->argv++;
	}
	parser->words[row - rows] = word ? word : "";
	return 0;
}

static int take_long(struct parser *parser, const char *word,
		     struct error *error)
{
	const char *names[ROW_COUNT], *nearest, *value = strchr(word, '=');
	size_t i, length = value ? (size_t)(value - word) : strlen(word);

	for (i = 0; i < ROW_COUNT; i++) {
		names[i] = rows[i].name;
		if (strlen(names[i]) == length &&
		    strncmp(names[i], word, length) == 0)
			return take_option(parser, &rows[i],
					   value ? value + 1 : NULL, error);
	}
	nearest = text_nearest(word, names, ROW_COUNT);
	if (nearest)
		return error_set(error, "unknown option --%s; --%s?", word,
				 nearest);
	return error_set(error, "unknown option --%s", word);
}

static int take_letter(struct parser *parser, const char *word,
		       struct error *error)
{
	size_t i;

	for (i = 0; i < ROW_COUNT; i++) {
		if (rows[i].letter != NO_LETTER && rows[i].letter == word[0])
			return take_option(parser, &rows[i],
					   word[1] ? word + 1 : NULL, error);
	}
	return error_set(error, "unknown option -%s", word);
}

static int take_word(struct parser *parser, const char *word,
		     struct error *error)
{
	if (strncmp(word, "--", 2) == 0)
		return take_long(parser, word + 2, error);
	if (word[0] == '-' && word[1] != '\0')
		return take_letter(parser, word + 1, error);
	if (parser->positional_count == 2)
		return error_set(error, "\"%s\" is one word too many", word);
	parser->positional[parser->positional_count++] = word;
	return 0;
}

static int find_mode(struct options *options, const char *word,
		     struct error *error)
{
	size_t i;

	for (i = 0; i < MODE_COUNT; i++) {
		if (strcmp(modes[i].name, word) != 0)
			continue;
		options->mode = modes[i].mode;
		options->mode_name = modes[i].name;
		return 0;
	}
	return error_set(error,
			 "unknown mode \"%s\": echo, churn, hold or ledger",
			 word);
}

/* The row of the name of `row` in this mode, or NULL. */
static const struct option_row *row_of_mode(const struct option_row *row,
					    enum mode mode)
{
	size_t i;

	for (i = 0; i < ROW_COUNT; i++) {
		if (rows[i].modes & mode &&
		    strcmp(rows[i].name, row->name) == 0)
			return &rows[i];
	}
	return NULL;
}

static int store_given(struct parser *parser, struct error *error)
{
	struct options *options = parser->options;
	const struct option_row *row;
	size_t i;

	for (i = 0; i < ROW_COUNT; i++) {
		if (!parser->words[i])
			continue;
		row = row_of_mode(&rows[i], options->mode);
		if (!row)
			return error_set(error, "--%s means nothing to %s",
					 rows[i].name, options->mode_name);
		if (store(options, row, parser->words[i], error) < 0)
			return -1;
	}
	return 0;
}

/* Those that need neither a mode nor anything else. */
static bool is_asking(struct parser *parser)
{
	struct options *options = parser->options;
	size_t i;

	for (i = 0; i < ROW_COUNT; i++) {
		if (parser->words[i] && rows[i].offset == FIELD(is_help))
			options->is_help = true;
		if (parser->words[i] && rows[i].offset == FIELD(is_version))
			options->is_version = true;
	}
	return options->is_help || options->is_version;
}

static int check(struct parser *parser, struct error *error)
{
	struct options *options = parser->options;

	if (is_asking(parser))
		return 0;
	if (parser->positional_count < 2)
		return error_set(error, "a mode and an address are needed");
	options->address = parser->positional[1];
	if (find_mode(options, parser->positional[0], error) < 0 ||
	    store_given(parser, error) < 0)
		return -1;
	if (options->is_halting && options->rate > 0)
		return error_set(error, "--halt means nothing with --rate");
	if (options->duration_ms == 0 && options->exchange_count == 0)
		options->duration_ms = 10000;
	return 0;
}

int options_parse(struct options *options, int argc, char **argv,
		  struct error *error)
{
	struct parser parser = {
		.options = options,
		.argv = argc > 0 ? argv + 1 : argv,
	};

	memset(options, 0, sizeof(*options));
	options->connection_count = 1;
	options->size_bytes = 64;
	options->depth = 1;
	options->timeout_ms = 10000;
	options->hang_ms = 5000;
	options->short_percent = 50;
	options->client_rate = 50;
	while (*parser.argv) {
		const char *word = *parser.argv++;

		if (take_word(&parser, word, error) < 0)
			return -1;
	}
	return check(&parser, error);
}

/* Of a row that only one mode has: its name. */
static const char *only_mode(const struct option_row *row)
{
	size_t i;

	for (i = 0; i < MODE_COUNT; i++) {
		if (row->modes == (unsigned)modes[i].mode)
			return modes[i].name;
	}
	return NULL;
}

void options_print_help(FILE *out)
{
	const char *mode;
	char name[32];
	size_t i;

	fputs("usage: cohort-bench MODE ADDRESS [OPTIONS]\n\n"
	      "Load a server that echoes, and account for every byte; or one "
	      "that\n"
	      "answers each line with its pid and the line (ledger), and "
	      "account\n"
	      "for every exchange.\n"
	      "ADDRESS: 127.0.0.1:8888 [::1]:8888 host:8888 unix:/path "
	      "unix:@name\n\nModes:\n",
	      out);
	for (i = 0; i < MODE_COUNT; i++)
		fprintf(out, "  %-25s %s\n", modes[i].name, modes[i].help);
	fputs("\nOptions:\n", out);
	for (i = 0; i < ROW_COUNT; i++) {
		snprintf(name, sizeof(name), "%c%c%s --%s %s",
			 rows[i].letter ? '-' : ' ',
			 rows[i].letter ? rows[i].letter : ' ',
			 rows[i].letter ? "," : " ", rows[i].name,
			 rows[i].argument ? rows[i].argument : "");
		mode = only_mode(&rows[i]);
		fprintf(out, "  %-25s %s%s%s\n", name, mode ? mode : "",
			mode ? ": " : "", rows[i].help);
	}
	fputs("\nExit: 0 nothing failed, 1 something did, nothing was "
	      "exchanged, or the\nrate that was asked for was not kept, 2 "
	      "usage.\n",
	      out);
}

bool options_describe_mode(size_t index, struct mode_words *words)
{
	if (index >= MODE_COUNT)
		return false;
	*words = modes[index];
	return true;
}

bool options_describe(size_t index, struct option_words *words)
{
	const struct option_row *row;

	if (index >= ROW_COUNT)
		return false;
	row = &rows[index];
	*words = (struct option_words){
		.letter = row->letter,
		.name = row->name,
		.argument = row->argument,
		.help = row->help,
		.modes = row->modes,
	};
	return true;
}
