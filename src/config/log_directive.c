/* SPDX-License-Identifier: MIT */
/* log_directive.c - `log stderr|FILE format=text level=LEVEL;` */
#include "config/log_directive.h"

#include <limits.h>
#include <string.h>

#include "config/apply.h"
#include "config/config.h"
#include "config/layout.h"
#include "config/parameter.h"
#include "config/value.h"

static int set_level(struct config *config, const char *word,
		     struct error *error)
{
	const char *nearest;
	char quote[COMPLAINTS_QUOTE];
	int level;

	for (level = 0; level < LOG_LEVELS; level++) {
		if (strcmp(log_level_names[level], word) == 0) {
			config->log_level = (enum log_level)level;
			return 0;
		}
	}
	nearest = text_nearest(word, log_level_names, LOG_LEVELS);
	return error_set(
		error, "%s is not a level (debug, info, warning, error)%s%s",
		complaints_quote(quote, word), nearest ? "; did you mean " : "",
		nearest ? nearest : "");
}

static int parse_level(struct reading *reading, const char *value, void *object,
		       struct error *error)
{
	(void)reading;
	return set_level(object, value, error);
}

static int parse_format(struct reading *reading, const char *value,
			void *object, struct error *error)
{
	char quote[COMPLAINTS_QUOTE];

	(void)reading;
	(void)object;
	if (strcmp(value, "text") == 0)
		return 0;
	return error_set(error, "%s is not a format: there is text",
			 complaints_quote(quote, value));
}

static const struct parameter parameters[] = {
	{"format", parse_format},
	{"level", parse_level},
	{NULL, NULL},
};

int log_directive_apply(struct reading *reading,
			const struct statement *statement, void *object)
{
	const struct word *target = statement->name->next;
	struct config *config = object;

	if (apply_refuse_block(reading, statement) < 0)
		return -1;
	if (!target)
		return complain(&reading->complaints, &statement->end,
				"'log' takes stderr or a file");
	if (target->text[0] == '\0')
		return complain(&reading->complaints, &target->where,
				"log: the name of the file is empty");
	if (strlen(target->text) >= PATH_MAX)
		return complain(&reading->complaints, &target->where,
				"log: the name of the file is longer than %d "
				"bytes",
				PATH_MAX - 1);
	config->log_level = LOG_LEVEL_INFO;
	if (parameter_read(reading, parameters, target->next, object) < 0)
		return -1;
	config->log_path = NULL;
	if (strcmp(target->text, "stderr") != 0)
		config->log_path = arena_copy(reading->arena, target->text,
					      strlen(target->text));
	return 0;
}

void log_directive_print(const void *object, struct text *out)
{
	const struct config *config = object;

	layout_begin(out, 0, "log");
	value_print_word(config->log_path ? config->log_path : "stderr", out);
	text_append(out, " format=text level=%s;\n",
		    log_level_names[config->log_level]);
}
