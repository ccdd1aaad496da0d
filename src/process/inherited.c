/* SPDX-License-Identifier: MIT */
/* inherited.c - descriptors that whoever started us has given us. */
#include "process/inherited.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"

void inherited_give_up(int fd)
{
	int null;

	if (fd > STDERR_FILENO) {
		close(fd);
		return;
	}
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || dup2(null, fd) < 0)
		log_warning("cannot replace the inherited fd:%d", fd);
	if (null >= 0)
		close(null);
}
