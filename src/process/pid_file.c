/* SPDX-License-Identifier: MIT */
/* pid_file.c - a file with a number in it. */
#include "process/pid_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#define PID_TEXT      24
#define PID_FILE_MODE 0644

/* A name beside it that no other process would choose. */
static int name_draft(char *draft, const char *path, struct error *error)
{
	int length =
		snprintf(draft, PATH_MAX, "%s.%d.new", path, (int)getpid());

	if (length < PATH_MAX)
		return 0;
	errno = ENAMETOOLONG;
	return error_set_errno(error, "cannot write the pid file %s", path);
}

static int write_draft(const char *draft)
{
	char text[PID_TEXT];
	int length = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	int fd, status;

	/* What a process of the same pid left when it was killed. */
	if (unlink(draft) < 0 && errno != ENOENT)
		return -1;
	fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		  PID_FILE_MODE);
	if (fd < 0)
		return -1;
	errno = ENOSPC; /* what a short write means */
	status = write(fd, text, (size_t)length) == length ? 0 : -1;
	if (close(fd) < 0)
		status = -1;
	return status;
}

int pid_file_write(const char *path, struct error *error)
{
	char draft[PATH_MAX];

	if (name_draft(draft, path, error) < 0)
		return -1;
	if (write_draft(draft) == 0 && rename(draft, path) == 0)
		return 0;
	error_set_errno(error, "cannot write the pid file %s", path);
	unlink(draft);
	return -1;
}

void pid_file_remove(const char *path, pid_t pid)
{
	char text[PID_TEXT] = "";
	ssize_t length;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return;
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (length <= 0 || atoi(text) != (int)pid)
		return;
	if (unlink(path) < 0)
		log_warning("cannot remove the pid file %s: %s", path,
			    strerror(errno));
}
