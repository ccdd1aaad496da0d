/* SPDX-License-Identifier: MIT */
/* log_directive.c - `log TARGET …;` and `access_log TARGET …;` */
#include "config/log_directive.h"

#include <limits.h>
#include <string.h>

#include "config/apply.h"
#include "config/config.h"
#include "config/layout.h"
#include "config/parameter.h"
#include "config/value.h"

#define SAMPLE_MOST 1000000000
#define SYSLOG_MARK "syslog:"

/* What parameters change. */
struct draft_log {
	struct log_target target;
	enum log_level level;
	bool has_facility;
	bool has_tag;
};

/* ---- Parameters ------------------------------------------------------ */

/* The place of `word` in a list of names; or -1 with words, of which `kind` is
 * a part: "is not a level". */
static int find_name(const char *const *names, size_t count, const char *word,
		     const char *kind, struct error *error)
{
	const char *nearest;
	char quote[COMPLAINTS_QUOTE];
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(names[i], word) == 0)
			return (int)i;
	nearest = text_nearest(word, names, count);
	return error_set(
		error, "%s is not a %s%s%s", complaints_quote(quote, word),
		kind, nearest ? "; did you mean " : "", nearest ? nearest : "");
}

static int parse_level(struct reading *reading, const char *value, void *object,
		       struct error *error)
{
	struct draft_log *draft = object;
	int level = find_name(log_level_names, LOG_LEVELS, value,
			      "level (debug, info, warning, error)", error);

	(void)reading;
	if (level < 0)
		return -1;
	draft->level = (enum log_level)level;
	return 0;
}

static int parse_format(struct reading *reading, const char *value,
			void *object, struct error *error)
{
	struct draft_log *draft = object;
	int format = find_name(log_format_names, LOG_FORMATS, value,
			       "format (text, json)", error);

	(void)reading;
	if (format < 0)
		return -1;
	draft->target.form.format = (uint8_t)format;
	return 0;
}

static int parse_facility(struct reading *reading, const char *value,
			  void *object, struct error *error)
{
	struct draft_log *draft = object;
	int facility = find_name(log_facility_names, LOG_FACILITIES, value,
				 "facility (daemon, user, local0, ...)", error);

	(void)reading;
	if (facility < 0)
		return -1;
	draft->has_facility = true;
	draft->target.form.facility = (uint8_t)facility;
	return 0;
}

/* Letters of which none ends a tag for those who read it. */
static int parse_tag(struct reading *reading, const char *value, void *object,
		     struct error *error)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789-_./";
	struct draft_log *draft = object;
	size_t size = strlen(value);
	char quote[COMPLAINTS_QUOTE];

	(void)reading;
	if (size == 0 || size >= LOG_TAG_BYTES ||
	    strspn(value, letters) != size)
		return error_set(error,
				 "%s is not a tag: 1 to %d letters, digits and "
				 "- _ . /",
				 complaints_quote(quote, value),
				 LOG_TAG_BYTES - 1);
	draft->has_tag = true;
	memcpy(draft->target.form.tag, value, size + 1);
	return 0;
}

static int parse_sample(struct reading *reading, const char *value,
			void *object, struct error *error)
{
	struct draft_log *draft = object;
	char quote[COMPLAINTS_QUOTE];
	uint64_t number;

	(void)reading;
	if (strncmp(value, "1/", 2) != 0 ||
	    text_parse_number(value + 2, &number) < 0 || number < 1 ||
	    number > SAMPLE_MOST)
		return error_set(error, "%s is not a share: 1/N, N up to %d",
				 complaints_quote(quote, value), SAMPLE_MOST);
	draft->target.form.sample = (uint32_t)number;
	return 0;
}

static const struct parameter log_parameters[] = {
	{"format", parse_format},
	{"level", parse_level},
	{"facility", parse_facility},
	{"tag", parse_tag},
	{NULL, NULL},
};
static const struct parameter access_parameters[] = {
	{"format", parse_format},
	{"sample", parse_sample},
	{"facility", parse_facility},
	{"tag", parse_tag},
	{NULL, NULL},
};

/* ---- Targets --------------------------------------------------------- */

/* Words that nobody means as the name of a file. */
static const struct misleading {
	const char *name;
	const char *why;
} misleading[] = {
	{"journal", "the journal is reached by stderr, as systemd connects it"},
	{"journald",
	 "the journal is reached by stderr, as systemd connects it"},
	{"off", "it cannot be off; /dev/null takes it"},
	{"stdout", "standard output is not written to; there is stderr"},
	{NULL, NULL},
};

static int take_file(struct reading *reading, const struct word *word,
		     const char *directive, struct log_target *target)
{
	const struct misleading *row;

	if (word->text[0] == '\0')
		return complain(&reading->complaints, &word->where,
				"%s: the name of the file is empty", directive);
	if (strlen(word->text) >= PATH_MAX)
		return complain(&reading->complaints, &word->where,
				"%s: the name of the file is longer than %d "
				"bytes",
				directive, PATH_MAX - 1);
	for (row = misleading; row->name; row++)
		if (strcmp(word->text, row->name) == 0)
			return complain(&reading->complaints, &word->where,
					"%s: %s (a file of this name: ./%s)",
					directive, row->why, row->name);
	target->form.kind = LOG_TO_FILE;
	target->path =
		arena_copy(reading->arena, word->text, strlen(word->text));
	return 0;
}

static int take_syslog(struct reading *reading, const struct word *word,
		       const char *directive, struct log_target *target)
{
	const char *colon = strchr(word->text, ':');
	const char *path = colon ? colon + 1 : LOG_SYSLOG;

	if (path[0] != '/' || strlen(path) >= LOG_SOCKET_BYTES)
		return complain(&reading->complaints, &word->where,
				"%s: syslog:SOCKET is an absolute path of at "
				"most %d bytes",
				directive, LOG_SOCKET_BYTES - 1);
	target->form.kind = LOG_TO_SYSLOG;
	target->form.facility = LOG_FACILITY_DAEMON;
	strcpy(target->form.tag, "cohort");
	strcpy(target->form.socket, path);
	return 0;
}

static int take_target(struct reading *reading, const struct word *word,
		       const char *directive, struct log_target *target)
{
	if (strcmp(word->text, "stderr") == 0) {
		target->form.kind = LOG_TO_STDERR;
		return 0;
	}
	if (strcmp(word->text, "syslog") == 0 ||
	    strncmp(word->text, SYSLOG_MARK, strlen(SYSLOG_MARK)) == 0)
		return take_syslog(reading, word, directive, target);
	return take_file(reading, word, directive, target);
}

static int check_draft(struct reading *reading, const struct word *word,
		       const struct draft_log *draft)
{
	if ((draft->has_facility || draft->has_tag) &&
	    draft->target.form.kind != LOG_TO_SYSLOG)
		return complain(&reading->complaints, &word->where,
				"facility= and tag= are for syslog");
	return 0;
}

/* TARGET and NAME=VALUE…, from the directive's name on. */
static int read_draft(struct reading *reading, const struct word *name,
		      const struct parameter *parameters,
		      struct draft_log *draft)
{
	const struct word *word = name->next;

	if (take_target(reading, word, name->text, &draft->target) < 0 ||
	    parameter_read(reading, parameters, word->next, draft) < 0)
		return -1;
	return check_draft(reading, word, draft);
}

int log_directive_apply(struct reading *reading,
			const struct statement *statement, void *object)
{
	const struct word *word = statement->name->next;
	struct draft_log draft = {.level = LOG_LEVEL_INFO};
	struct config *config = object;

	if (apply_refuse_block(reading, statement) < 0)
		return -1;
	if (!word)
		return complain(&reading->complaints, &statement->end,
				"'log' takes stderr, a file or syslog");
	if (read_draft(reading, statement->name, log_parameters, &draft) < 0)
		return -1;
	config->log = draft.target;
	config->log_level = draft.level;
	return 0;
}

int log_directive_apply_access(struct reading *reading,
			       const struct statement *statement, void *object)
{
	const struct word *word = statement->name->next;
	struct draft_log draft = {.target.form.sample = 1};
	struct config *config = object;

	if (apply_refuse_block(reading, statement) < 0)
		return -1;
	if (!word)
		return complain(
			&reading->complaints, &statement->end,
			"'access_log' takes off, stderr, a file or syslog");
	if (strcmp(word->text, "off") == 0) {
		draft.target.form.sample = 0;
		draft.target.form.kind = LOG_TO_NOWHERE;
		if (word->next)
			return complain(&reading->complaints,
					&word->next->where,
					"'access_log off' takes nothing more");
	} else if (read_draft(reading, statement->name, access_parameters,
			      &draft) < 0) {
		return -1;
	}
	config->access_log = draft.target;
	return 0;
}

/* ---- Printing -------------------------------------------------------- */

/* A file's name that is no word for another target, as it was written. */
static void print_target(const struct log_target *target, struct text *out)
{
	const struct log_form *form = &target->form;

	if (form->kind == LOG_TO_FILE)
		value_print_word(target->path, out);
	else if (form->kind == LOG_TO_STDERR)
		text_append(out, "stderr");
	else if (strcmp(form->socket, LOG_SYSLOG) == 0)
		text_append(out, "syslog");
	else {
		struct text word = {0};

		text_append(&word, SYSLOG_MARK "%s", form->socket);
		value_print_word(word.bytes, out);
		text_release(&word);
	}
	text_append(out, " format=%s", log_format_names[form->format]);
}

static void print_syslog(const struct log_form *form, struct text *out)
{
	if (form->kind == LOG_TO_SYSLOG)
		text_append(out, " facility=%s tag=%s",
			    log_facility_names[form->facility], form->tag);
	text_append(out, ";\n");
}

void log_directive_print(const void *object, struct text *out)
{
	const struct config *config = object;

	layout_begin(out, 0, "log");
	print_target(&config->log, out);
	text_append(out, " level=%s", log_level_names[config->log_level]);
	print_syslog(&config->log.form, out);
}

void log_directive_print_access(const void *object, struct text *out)
{
	const struct config *config = object;
	const struct log_form *form = &config->access_log.form;

	layout_begin(out, 0, "access_log");
	if (form->kind == LOG_TO_NOWHERE) {
		text_append(out, "off;\n");
		return;
	}
	print_target(&config->access_log, out);
	text_append(out, " sample=1/%u", (unsigned)form->sample);
	print_syslog(form, out);
}
