/* SPDX-License-Identifier: MIT */
/* error.c - words for an expected failure. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	error->number = 0;
	return -1;
}

int error_set_errno(struct error *error, const char *format, ...)
{
	int number = errno;
	va_list arguments;
	size_t used;

	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	used = strlen(error->text);
	snprintf(error->text + used, sizeof(error->text) - used, ": %s",
		 strerror(number));
	error->number = number;
	errno = number;
	return -1;
}

int error_set_reason(struct error *error)
{
	int number = errno;

	error_set(error, "%s", strerror(number));
	error->number = number;
	errno = number;
	return -1;
}

int error_prefix(struct error *error, const char *format, ...)
{
	char before[sizeof(error->text)];
	char after[sizeof(error->text)];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(before, sizeof(before), format, arguments);
	va_end(arguments);
	memcpy(after, error->text, sizeof(after));
	if (snprintf(error->text, sizeof(error->text), "%s%s", before, after) <
	    0)
		error->text[0] = '\0';
	return -1;
}
