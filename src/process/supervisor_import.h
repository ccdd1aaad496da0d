/* SPDX-License-Identifier: MIT */
/* supervisor_import.h - what the files share that read a state (handover.h).
 *
 * A handler takes what follows the key of its line: 0, or -1. */
#ifndef COHORT_PROCESS_SUPERVISOR_IMPORT_H
#define COHORT_PROCESS_SUPERVISOR_IMPORT_H

#include <stdbool.h>

#include "metrics/scoreboard.h"
#include "process/bank.h"
#include "process/plugins.h"
#include "process/supervisor_handover.h"

struct child;

struct import {
	struct supervisor *supervisor;
	struct bank_group *group; /* that the next lines are of */
	const struct import_source *source;
	struct child *child; /* the same; NULL: it does not come along */
	unsigned generation; /* the current one's number */
	/* Of those who serve; a trial has another one of its own. */
	struct scoreboard *board;
	bool is_board_anew;     /* another build had laid it out */
	struct plugins plugins; /* of the configuration, which comes last */
};

bool import_is(const struct import *import, enum import_mode mode);
bool import_flag(unsigned number);
/* What the text calls `fd`; it must not leak into workers.  -1 stays none. */
int import_take(const struct import *import, int fd);

/* A group, and what is known of it, a line each. */
int import_group(struct import *import, const char *rest);
int import_inode(struct import *import, const char *rest);
int import_asked(struct import *import, const char *rest);
int import_address(struct import *import, const char *rest);
int import_listener(struct import *import, const char *rest);
int import_listens(struct import *import, const char *rest);
int import_stranger(struct import *import, const char *rest);
int import_surplus(struct import *import, const char *rest);

/* A slot; a worker, and what is known of it. */
int import_slot(struct import *import, const char *rest);
int import_child(struct import *import, const char *rest);
int import_full(struct import *import, const char *rest);
int import_unsent(struct import *import, const char *rest);

/* The admin's listeners and processes (supervisor_admin_state.c). */
int import_admin(struct import *import, const char *rest);
int import_admin_listener(struct import *import, const char *rest);
int import_admin_process(struct import *import, const char *rest);

/* Orders, who waits for them, and what earlier ones have left. */
int import_order(struct import *import, const char *rest);
int import_upgrading(struct import *import, const char *rest);
int import_ticket(struct import *import, const char *rest);
int import_suspended(struct import *import, const char *rest);
int import_log_level(struct import *import, const char *rest);

#endif
