/* SPDX-License-Identifier: MIT */
/* target.h - whom to connect to, and from where.
 *
 * A client address has about 28 000 ports for one target, and those of closed
 * connections rest for a minute; long before they are used up it takes the
 * kernel long to find a free one.  All of 127.0.0.0/8 is this machine, so to
 * an IPv4 loopback target connections come from the next address of it after
 * TARGET_SOURCE_USES of them, or as soon as the kernel has no port left. */
#ifndef COHORT_BENCH_TARGET_H
#define COHORT_BENCH_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "net/address.h"

#define TARGET_SOURCE_USES 8192

struct target {
	struct address address;
	bool is_single; /* one segment a connection: no need for nodelay */
	bool is_rotating;
	uint32_t first_source; /* after the last one it begins again here */
	uint32_t source;       /* in 127.0.0.0/8; 0: the kernel's choice */
	unsigned use_count;    /* connections from the present source */
};

/* Resolve `word`; of several addresses the first is taken.  May block. */
int target_init(struct target *target, const char *word, struct error *error);

/* Connect from `word`, an address of 127.0.0.0/8, from the beginning; so
 * several processes can keep apart.  -1 with words. */
int target_start_at(struct target *target, const char *word,
		    struct error *error);

/* Open a socket and begin to connect; over loopback that is done when it
 * returns, unless the queue is full.  The descriptor (non-blocking, close
 * on exec) or -1 with errno; `is_connected` says whether it is done already,
 * else it will be writable. */
int target_connect(struct target *target, bool *is_connected);

/* How an attempt that was not done at once has ended: 0 or its errno. */
int target_result(int fd);

#endif
