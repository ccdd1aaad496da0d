/* SPDX-License-Identifier: MIT */
/* variables.c - ${NAME} and ${NAME:-default} from the environment. */
#include "config/variables.h"

#include <string.h>

#define NAME_CHARACTERS                                                        \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789"
#define SHOWN_NAME 80

static size_t name_length(const char *expression, size_t size)
{
	size_t length = 0;

	if (size > 0 && expression[0] >= '0' && expression[0] <= '9')
		return 0;
	while (length < size && strchr(NAME_CHARACTERS, expression[length]))
		length++;
	return length;
}

static const char *look_up(const struct reading *reading, const char *name,
			   size_t size)
{
	const char *const *entry = reading->environment;

	for (; entry && *entry; entry++)
		if (strncmp(*entry, name, size) == 0 && (*entry)[size] == '=')
			return *entry + size + 1;
	return NULL;
}

static int append_value(struct reading *reading, const char *value, size_t size,
			struct text *out, struct error *error)
{
	if (size > READING_EXPANDED_MAX - reading->expanded_bytes)
		return error_set(error,
				 "all variables together expand to more than "
				 "%zu bytes",
				 READING_EXPANDED_MAX);
	reading->expanded_bytes += size;
	text_append_bytes(out, value, size);
	return 0;
}

static int shown(size_t size)
{
	return size > SHOWN_NAME ? SHOWN_NAME : (int)size;
}

int variables_expand(struct reading *reading, const char *expression,
		     size_t size, struct text *out, struct error *error)
{
	size_t length = name_length(expression, size);
	const char *rest = expression + length;
	size_t rest_size = size - length;
	bool has_default = rest_size >= 2 && memcmp(rest, ":-", 2) == 0;
	const char *value;

	if (reading->is_canonical)
		return error_set(error,
				 "no variable can stand in canonical text");
	if (length == 0 || (rest_size > 0 && !has_default))
		return error_set(error,
				 "'${%.*s}' is not a variable: write ${NAME} "
				 "or ${NAME:-default}; in single quotes it is "
				 "itself",
				 shown(size), expression);
	value = look_up(reading, expression, length);
	if (has_default && (!value || value[0] == '\0'))
		return append_value(reading, rest + 2, rest_size - 2, out,
				    error);
	if (!value)
		return error_set(error,
				 "the environment has no variable '%.*s': set "
				 "it, or write ${NAME:-default}",
				 shown(length), expression);
	return append_value(reading, value, strlen(value), out, error);
}
