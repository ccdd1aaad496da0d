/* SPDX-License-Identifier: MIT */
/* request.h - the one line that cohortctl sends: VERB[ KEY=VALUE]….
 *
 * Values are escaped (field.h).  Parsed by the admin process and made by
 * cohortctl; pure.  It knows no verbs: verb.h says what a request may hold. */
#ifndef COHORT_CONTROL_REQUEST_H
#define COHORT_CONTROL_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

#define REQUEST_BYTES     1024 /* with the line's end */
#define REQUEST_ARGUMENTS 16

/* Of every verb: form=lines (the default) or form=json. */
#define REQUEST_FORM "form"

struct request_argument {
	const char *key;
	const char *value;
};

struct request {
	char text[REQUEST_BYTES]; /* that the others point into */
	const char *verb;
	struct request_argument arguments[REQUEST_ARGUMENTS];
	unsigned argument_count;
};

/* `size` bytes without the line's end.  Words are [a-z][a-z0-9-]*, a key comes
 * once.  0, or -1 with words. */
int request_parse(struct request *request, const char *line, size_t size,
		  struct error *error);

/* Does the line that begins there ask for JSON?  It may be ill, or not whole
 * so far: complaints have the form that was asked for, too. */
bool request_is_json(const char *bytes, size_t size);

/* The value of an argument; NULL: it was not given. */
const char *request_value(const struct request *request, const char *key);

/* Build a line: the verb, then arguments, then the end.  -1 with words if it
 * became longer than REQUEST_BYTES. */
void request_begin(struct text *line, const char *verb);
void request_add(struct text *line, const char *key, const char *value);
int request_end(struct text *line, struct error *error);

#endif
