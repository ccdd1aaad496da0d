/* SPDX-License-Identifier: MIT */
/* output.c - standard output and standard error of cohortctl. */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"
#include "control/report.h"

void output_guard(void)
{
	int fd;

	for (fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
			_exit(EXIT_FAILED);
}

int output_print(void *context, const char *bytes, size_t size)
{
	(void)context;
	return fwrite(bytes, 1, size, stdout) == size ? 0 : -1;
}

int output_flush(struct error *error)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	/* What was lost before has left no errno. */
	if (errno == 0)
		return error_set(error, "cannot write the answer");
	return error_set_errno(error, "cannot write the answer");
}

static int print_object(const struct error *error, enum exit_status status)
{
	struct text object = {0};
	int result = -1;

	text_append(&object,
		    "{\"ok\":false,\"status\":%d,\"error\":", (int)status);
	report_json_text(&object, error->text);
	text_append(&object, "}\n");
	if (object.bytes != NULL && !ferror(stdout) &&
	    output_print(NULL, object.bytes, object.size) == 0)
		result = fflush(stdout);
	text_release(&object);
	return result;
}

enum exit_status output_complain(const struct error *error,
				 enum exit_status status, bool is_json)
{
	if (error->text[0] != '\0' &&
	    (!is_json || print_object(error, status) != 0))
		fprintf(stderr, "cohortctl: %s\n", error->text);
	return status;
}
