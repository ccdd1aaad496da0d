/* SPDX-License-Identifier: MIT */
/* handover.c - text in memory that survives an exec. */
#include "process/handover.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#define READ_BYTES 4096

static int write_all(int fd, const struct text *text)
{
	size_t done = 0;
	ssize_t written;

	while (done < text->size) {
		written = write(fd, text->bytes + done, text->size - done);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return -1;
		done += (size_t)written;
	}
	return 0;
}

int handover_write(const struct text *text, struct error *error)
{
	int fd = memfd_create("cohort-handover", MFD_CLOEXEC);

	if (fd >= 0 && write_all(fd, text) == 0)
		return fd;
	error_set_errno(error, "cannot write down the state");
	if (fd >= 0)
		close(fd);
	return -1;
}

int handover_read(int fd, struct text *text, struct error *error)
{
	char buffer[READ_BYTES];
	ssize_t size;

	for (;;) {
		size = pread(fd, buffer, sizeof(buffer), (off_t)text->size);
		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return error_set_errno(error, "cannot read the state");
		if (size == 0)
			return 0;
		text_append_bytes(text, buffer, (size_t)size);
	}
}
