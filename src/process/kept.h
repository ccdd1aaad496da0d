/* SPDX-License-Identifier: MIT */
/* kept.h - a state (handover.h) with its descriptors, on its way through a
 * channel: supervisor → keeper → successor.
 *
 * BEGIN, pieces of TEXT, FDS with the numbers that the text has for them, END.
 * Whoever receives it has a whole state or none. */
#ifndef COHORT_PROCESS_KEPT_H
#define COHORT_PROCESS_KEPT_H

#include <stdbool.h>

#include "base/text.h"
#include "process/channel.h"

struct kept {
	struct text text;
	int *numbers; /* of the descriptors, as the text has them … */
	int *fds;     /* … and here */
	unsigned count;
	unsigned room;
	bool is_whole;
};

/* Closes and frees all of it. */
void kept_release(struct kept *kept);

/* Take one record, with its descriptors.  0; -1: it does not belong here, or
 * memory is out, and nothing was kept of it. */
int kept_take(struct kept *kept, const struct record *record, const int *fds);

/* What a descriptor is called here, or -1. */
int kept_find(const struct kept *kept, int number);

/* The same, and it is the caller's from now on. */
int kept_give(struct kept *kept, int number);

/* Send it whole through `fd`, waiting for room until `until_ms` (monotonic).  0,
 * or -1 with errno. */
int kept_send(int fd, const struct kept *kept, int64_t until_ms);

/* The same in steps that never wait, for the supervisor. */
struct kept_feed {
	struct text text;
	int *fds; /* borrowed by the channel, owned by their owners */
	unsigned fd_count;
	size_t text_done;
	unsigned fds_done, pieces_done;
	bool has_begun, is_running;
};

/* Send as much as there is room for: 1 all is sent; 0 go on later; -1 the
 * other end is gone. */
int kept_feed_further(struct kept_feed *feed, struct channel *channel);

#endif
