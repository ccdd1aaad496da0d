/* SPDX-License-Identifier: MIT */
/* value_file.c - the path of a file that a protocol reads. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/complaints.h"
#include "config/value.h"

static int parse_file(const struct directive *directive, const char *word,
		      void *object, struct arena *arena, struct error *error)
{
	return value_string.parse(directive, word, object, arena, error);
}

static void print_file(const struct directive *directive, const void *object,
		       struct text *out)
{
	value_string.print(directive, object, out);
}

static int refuse(const char *word, const char *why, struct error *error)
{
	char quote[COMPLAINTS_QUOTE];

	return error_set(error, "%s cannot be read: %s",
			 complaints_quote(quote, word), why);
}

/* O_NONBLOCK: a FIFO without a writer is no file, and no reason to wait. */
static int check_file(const char *word, struct error *error)
{
	int fd = open(word, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	int result;

	if (fd < 0)
		return refuse(word, strerror(errno), error);
	result = fstat(fd, &status);
	close(fd);
	if (result < 0)
		return refuse(word, strerror(errno), error);
	if (!S_ISREG(status.st_mode))
		return refuse(word, "it is no regular file", error);
	return 0;
}

const struct value_kind value_file = {
	.form = "FILE",
	.parse = parse_file,
	.print = print_file,
	.check = check_file,
};
