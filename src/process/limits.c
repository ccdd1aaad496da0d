/* SPDX-License-Identifier: MIT */
/* limits.c - RLIMIT_NOFILE, and what follows from it. */
#include "process/limits.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>

#include "base/log.h"

#define AUTO_MAX 1048576 /* fs.nr_open of a kernel that was left alone */

/* As far as it goes: 0 if `wanted` was reached. */
static int raise_to(struct rlimit *limit, rlim_t wanted)
{
	struct rlimit tried = {.rlim_cur = wanted, .rlim_max = limit->rlim_max};

	if (wanted > tried.rlim_max)
		tried.rlim_max = wanted;
	if (setrlimit(RLIMIT_NOFILE, &tried) == 0) {
		*limit = tried;
		return 0;
	}
	/* Without privilege, or beyond fs.nr_open: what can be had. */
	tried.rlim_max = limit->rlim_max;
	tried.rlim_cur = wanted < limit->rlim_max ? wanted : limit->rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &tried) == 0)
		*limit = tried;
	return -1;
}

void limits_restore_descriptors(uint64_t descriptors)
{
	struct rlimit limit;

	if (descriptors == 0)
		return;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = descriptors;
		if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
			return;
	}
	log_warning("cannot set the descriptor limit back to %llu: %s",
		    (unsigned long long)descriptors, strerror(errno));
}

uint64_t limits_raise_descriptors(uint64_t max_open_files, uint64_t need)
{
	struct rlimit limit, before;
	rlim_t wanted = max_open_files;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0) {
		log_warning("cannot read the descriptor limit: %s",
			    strerror(errno));
		return 1024;
	}
	before = limit;
	if (max_open_files == 0)
		wanted = limit.rlim_max < AUTO_MAX ? limit.rlim_max : AUTO_MAX;
	if (raise_to(&limit, wanted) < 0)
		log_warning(
			"max_open_files: %llu wanted, but the limit of this "
			"process is %llu (RLIMIT_NOFILE; fs.nr_open)",
			(unsigned long long)wanted,
			(unsigned long long)limit.rlim_cur);
	if (limit.rlim_cur < need)
		limits_restore_descriptors(before.rlim_cur);
	return limit.rlim_cur;
}

unsigned limits_connections(uint64_t descriptors, unsigned listener_count)
{
	uint64_t needed = (uint64_t)LIMITS_RESERVED + listener_count;

	if (descriptors <= needed)
		return 1;
	return descriptors - needed > UINT_MAX
		       ? UINT_MAX
		       : (unsigned)(descriptors - needed);
}
