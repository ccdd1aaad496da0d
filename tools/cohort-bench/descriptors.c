/* SPDX-License-Identifier: MIT */
/* descriptors.c - room for as many connections as the user asked for. */
#include "descriptors.h"

#include <sys/resource.h>

#define SPARE_DESCRIPTORS 32 /* streams, poller, signals, resolver */

int descriptors_allow(uint64_t connection_count, struct error *error)
{
	rlim_t hard, needed = connection_count + SPARE_DESCRIPTORS;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return error_set_errno(error, "cannot read RLIMIT_NOFILE");
	if (limit.rlim_cur >= needed)
		return 0;
	hard = limit.rlim_max;
	limit.rlim_max = needed > hard ? needed : hard;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
		return 0;
	return error_set_errno(
		error, "%llu connections need %llu descriptors of at most %llu",
		(unsigned long long)connection_count,
		(unsigned long long)needed, (unsigned long long)hard);
}
