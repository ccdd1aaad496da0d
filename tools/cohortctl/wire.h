/* SPDX-License-Identifier: MIT */
/* wire.h - the connection to the control socket, and what comes over it. */
#ifndef COHORTCTL_WIRE_H
#define COHORTCTL_WIRE_H

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
struct wire_wake {
	int fd; /* has something to read: ask … */
	bool (*is_ending)(void *context);
	void *context;
};

struct wire_bounds {
	int64_t timeout_ms; /* 0: none */
	const struct wire_wake *wake;
};

struct wire {
	int fd;
	const struct wire_wake *wake;
	const char *path;
	int64_t until_ms; /* monotonic; 0: no bound */
	bool has_ended;   /* the server has closed it */
	struct text input;
	size_t taken; /* bytes of it that have been handed out */
};

/* Connect to the socket at `path` and send `request`.  EXIT_DONE, or the exit
 * status with words. */
enum exit_status wire_open(struct wire *wire, const char *path,
			   const struct text *request,
			   const struct wire_bounds *bounds,
			   struct error *error);
void wire_close(struct wire *wire); /* idempotent */

/* Wait until more has come (or the other end is there no more: has_ended).  0,
 * or -1 with words: also if `wake` has ended it. */
int wire_wait(struct wire *wire, struct error *error);

/* The next whole line, without its end, to be changed at will until the next
 * call; NULL: none is there so far. */
char *wire_line(struct wire *wire);
/* All that is there; its size. */
size_t wire_bytes(struct wire *wire, const char **bytes);

#endif
