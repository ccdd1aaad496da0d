/* SPDX-License-Identifier: MIT */
/* request.c - the one line that cohortctl sends. */
#include "control/request.h"

#include <stdbool.h>
#include <string.h>

#include "control/field.h"

/* Verbs and keys. */
static bool is_word(const char *word)
{
	const char *at = word;

	while ((*at >= 'a' && *at <= 'z') || *at == '-' ||
	       (*at >= '0' && *at <= '9'))
		at++;
	return *word >= 'a' && *word <= 'z' && *at == '\0';
}

/* `word` as an error may show it. */
static const char *shown(char out[64], const char *word)
{
	text_escape(out, 64, word, strlen(word));
	return out;
}

static int take_argument(struct request *request, char *word,
			 struct error *error)
{
	struct request_argument *argument =
		&request->arguments[request->argument_count];
	char *value = strchr(word, '=');
	char room[64];

	if (value == NULL)
		return error_set(error, "'%s' is not KEY=VALUE",
				 shown(room, word));
	*value++ = '\0';
	if (!is_word(word))
		return error_set(error, "'%s' is not the name of an argument",
				 shown(room, word));
	if (request_value(request, word) != NULL)
		return error_set(error, "%s is given twice", word);
	if (request->argument_count == REQUEST_ARGUMENTS)
		return error_set(error, "more than %d arguments",
				 REQUEST_ARGUMENTS);
	if (field_unescape(value) < 0)
		return error_set(error, "the value of %s is ill escaped", word);
	*argument = (struct request_argument){word, value};
	request->argument_count++;
	return 0;
}

int request_parse(struct request *request, const char *line, size_t size,
		  struct error *error)
{
	char *rest = NULL, *word;
	char room[64];

	memset(request, 0, sizeof(*request));
	if (size > 0 && line[size - 1] == '\r')
		size--;
	if (size >= sizeof(request->text))
		return error_set(error, "a request is longer than %d bytes",
				 REQUEST_BYTES);
	if (memchr(line, '\0', size) != NULL)
		return error_set(error, "a request with a NUL in it");
	memcpy(request->text, line, size);
	word = strtok_r(request->text, " ", &rest);
	if (word == NULL)
		return error_set(error, "the request is empty");
	if (!is_word(word))
		return error_set(error, "'%s' is not a verb",
				 shown(room, word));
	request->verb = word;
	while ((word = strtok_r(NULL, " ", &rest)) != NULL)
		if (take_argument(request, word, error) < 0)
			return -1;
	return 0;
}

bool request_is_json(const char *bytes, size_t size)
{
	static const char word[] = REQUEST_FORM "=json";
	const size_t length = sizeof(word) - 1;
	const char *end = memchr(bytes, '\n', size);
	size_t at;

	if (end != NULL)
		size = (size_t)(end - bytes);
	for (at = 1; at + length <= size; at++)
		if (memcmp(bytes + at, word, length) == 0 &&
		    bytes[at - 1] == ' ' &&
		    (at + length == size || bytes[at + length] == ' ' ||
		     bytes[at + length] == '\r'))
			return true;
	return false;
}

const char *request_value(const struct request *request, const char *key)
{
	unsigned i;

	for (i = 0; i < request->argument_count; i++)
		if (strcmp(request->arguments[i].key, key) == 0)
			return request->arguments[i].value;
	return NULL;
}

void request_begin(struct text *line, const char *verb)
{
	field_append(line, verb, ' ');
}

void request_add(struct text *line, const char *key, const char *value)
{
	text_append(line, " %s=", key);
	field_append(line, value, ' ');
}

int request_end(struct text *line, struct error *error)
{
	text_append_bytes(line, "\n", 1);
	if (line->size > REQUEST_BYTES)
		return error_set(error, "a request of more than %d bytes",
				 REQUEST_BYTES);
	return 0;
}
