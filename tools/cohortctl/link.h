/* SPDX-License-Identifier: MIT */
/* link.h - the connection to the control socket, and what comes over it. */
#ifndef COHORTCTL_LINK_H
#define COHORTCTL_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

/* Exit statuses of design.md, beside those that the server says. */
enum exit_status {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NO_SERVER = 69,
	EXIT_NOT_PERMITTED = 77,
};

/* Who may end the waiting; NULL: nobody. */
struct link_wake {
	int fd; /* has something to read: ask … */
	bool (*is_ending)(void *context);
	void *context;
};

struct link_bounds {
	int64_t timeout_ms; /* 0: none */
	const struct link_wake *wake;
};

struct link {
	int fd;
	const struct link_wake *wake;
	const char *path;
	int64_t until_ms; /* monotonic; 0: no bound */
	bool has_ended;   /* the server has closed it */
	struct text input;
	size_t taken; /* bytes of it that have been handed out */
};

/* Connect to the socket at `path` and send `request`.  EXIT_DONE, or the exit
 * status with words. */
enum exit_status link_open(struct link *link, const char *path,
			   const struct text *request,
			   const struct link_bounds *bounds,
			   struct error *error);
void link_close(struct link *link); /* idempotent */

/* Wait until more has come (or the other end is there no more: has_ended).  0,
 * or -1 with words: also if `wake` has ended it. */
int link_wait(struct link *link, struct error *error);

/* The next whole line, without its end, to be changed at will until the next
 * call; NULL: none is there so far. */
char *link_line(struct link *link);
/* All that is there; its size. */
size_t link_bytes(struct link *link, const char **bytes);

#endif
