/* SPDX-License-Identifier: MIT */
/* listen_owner.c - mode=, owner= and group= of a unix socket's file. */
#include "config/listen_owner.h"

#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <string.h>

#include "config/parameter.h"

static int parse_mode(struct reading *reading, const char *value, void *object,
		      struct error *error)
{
	struct config_listen *listen = object;
	size_t size = strlen(value);
	char quote[COMPLAINTS_QUOTE];
	int mode = 0;

	(void)reading;
	if (size < 3 || size > 4 || (size == 4 && value[0] != '0') ||
	    value[strspn(value, "01234567")] != '\0')
		return error_set(error,
				 "%s is not a mode: write three octal digits, "
				 "as 0660",
				 complaints_quote(quote, value));
	for (; *value; value++)
		mode = mode * 8 + (*value - '0');
	listen->mode = mode;
	return 0;
}

/* -1: not a number that could be an id. */
static int parse_id(const char *value)
{
	uint64_t number;

	if (text_parse_number(value, &number) < 0 || number > INT_MAX)
		return -1;
	return (int)number;
}

static int parse_owner(struct reading *reading, const char *value, void *object,
		       struct error *error)
{
	struct config_listen *listen = object;
	const struct passwd *user = NULL;
	char quote[COMPLAINTS_QUOTE];

	listen->owner = parse_id(value);
	if (listen->owner >= 0)
		return 0;
	if (!reading->is_canonical)
		user = getpwnam(value);
	if (!user)
		return error_set(error, "there is no user %s",
				 complaints_quote(quote, value));
	listen->owner = (int)user->pw_uid;
	return 0;
}

static int parse_group(struct reading *reading, const char *value, void *object,
		       struct error *error)
{
	struct config_listen *listen = object;
	const struct group *group = NULL;
	char quote[COMPLAINTS_QUOTE];

	listen->group = parse_id(value);
	if (listen->group >= 0)
		return 0;
	if (!reading->is_canonical)
		group = getgrnam(value);
	if (!group)
		return error_set(error, "there is no group %s",
				 complaints_quote(quote, value));
	listen->group = (int)group->gr_gid;
	return 0;
}

static const struct parameter parameters[] = {
	{"mode", parse_mode},
	{"owner", parse_owner},
	{"group", parse_group},
	{NULL, NULL},
};

int listen_owner_read(struct reading *reading, const struct word *words,
		      struct config_listen *listen)
{
	return parameter_read(reading, parameters, words, listen);
}

void listen_owner_print(const struct config_listen *listen, struct text *out)
{
	if (listen->mode >= 0)
		text_append(out, " mode=%04o", (unsigned)listen->mode);
	if (listen->owner >= 0)
		text_append(out, " owner=%d", listen->owner);
	if (listen->group >= 0)
		text_append(out, " group=%d", listen->group);
}
