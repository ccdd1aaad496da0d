/* SPDX-License-Identifier: MIT */
/* file.c - regular files that somebody else names. */
#include "base/file.h"

#include <fcntl.h>
#include <unistd.h>

static int check_kind(int fd, struct stat *status, struct error *error)
{
	if (fstat(fd, status) < 0)
		return error_set_reason(error);
	if (S_ISDIR(status->st_mode))
		return error_set(error, "it is a directory, not a file");
	if (!S_ISREG(status->st_mode))
		return error_set(error,
				 "it is not a regular file, and could not be "
				 "read again");
	return 0;
}

int file_open(const char *name, struct stat *status, struct error *error)
{
	int fd = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return error_set_reason(error);
	if (check_kind(fd, status, error) == 0)
		return fd;
	close(fd);
	return -1;
}
