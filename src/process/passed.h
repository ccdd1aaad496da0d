/* SPDX-License-Identifier: MIT */
/* passed.h - the sockets that the service manager has passed to the supervisor
 * (sd_listen_fds(3)): those of a socket unit, and those that an instance before
 * us had it store.
 *
 * They stay open as long as we run: a service that a reload drops, and another
 * brings back, finds its socket again. */
#ifndef COHORT_PROCESS_PASSED_H
#define COHORT_PROCESS_PASSED_H

#include <stdbool.h>

#include "base/error.h"
#include "process/notify.h"

/* What we had stored has names of this form: "cohort/SLOT/ADDRESS", with a +
 * for each colon. */
#define PASSED_STORED "cohort/"

struct passed_socket {
	int fd; /* -1: closed */
	bool is_used;
	char name[NOTIFY_NAME_BYTES + 1];
};

struct passed {
	struct passed_socket *sockets;
	unsigned count;
};

/* Take what the environment tells of.  0; or -1 with words, and nothing was
 * taken. */
int passed_take(struct passed *passed, const struct notify_listen *told,
		struct error *error);
/* One more, which is open: from an older build of this process.  0, or -1. */
int passed_add(struct passed *passed, int fd, const char *name);
void passed_release(struct passed *passed); /* closes them */

/* The `number`th of that name, from 1; NULL: there are fewer. */
struct passed_socket *passed_find(struct passed *passed, const char *name,
				  unsigned number);
/* "web, web, admin", or "nothing": into `room` bytes.  Returns `out`. */
char *passed_names(const struct passed *passed, char *out, size_t room);

bool passed_is_stored(const struct passed_socket *socket);
void passed_close(struct passed_socket *socket);

#endif
