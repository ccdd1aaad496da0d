/* SPDX-License-Identifier: MIT */
/* keeper_internal.h - what the files of the keeper share.
 *
 *	keeper.c         its state, and its life
 *	keeper_doors.c   where it is asked, and what it gives
 *	keeper_orphan.c  without a supervisor
 *	keeper_ask.c     the successor's side */
#ifndef COHORT_PROCESS_KEEPER_INTERNAL_H
#define COHORT_PROCESS_KEEPER_INTERNAL_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "event/loop.h"
#include "metrics/scoreboard.h"
#include "net/listener.h"
#include "process/channel.h"
#include "process/keeper.h"
#include "process/kept.h"

#define KEEPER_DOORS 256 /* names it answers to */

struct keeper;

/* A name that a successor may connect to. */
struct door {
	struct loop_source source;
	struct keeper *keeper;
	struct address address;
	int fd;        /* -1: not open */
	bool is_named; /* by the state that is whole */
};

/* What a look at the workers has found. */
struct found {
	unsigned accepting_count;
	/* Dead, and had not said that they accept no more: clients may wait in
	 * their queues. */
	unsigned deserted_count;
};

/* What to do when nobody follows. */
struct patience {
	int64_t orphan_ms;   /* -1: for ever */
	int64_t shutdown_ms; /* -1: for ever */
	int64_t since_ms;    /* without a supervisor */
	bool was_served;     /* a worker accepted, at some look */
	bool was_ready;      /* … or was READY, ever */
	char pid_file[PATH_MAX];
	int supervisor_pid;
	/* Of the group whose lines are being read. */
	struct listener_inode inode;
	bool has_file;
};

struct keeper {
	struct loop loop;
	struct channel channel;
	struct timer look;
	struct kept kept;   /* whole, if there was any yet */
	struct kept coming; /* not whole yet */
	struct scoreboard *scoreboard;
	struct door doors[KEEPER_DOORS];
	struct found found;
	struct patience patience;
	bool is_orphan;
};

/* keeper.c: call `take` with what follows `key` in each line of the state that
 * begins with it. */
void keeper_for_each_line(struct keeper *keeper, const char *key,
			  void (*take)(struct keeper *keeper, const char *rest,
				       size_t size));

/* keeper_doors.c */
void keeper_init_doors(struct keeper *keeper);
/* What the new state does not name is closed; what it names, and is open, stays
 * as it is. */
void keeper_forget_doors(struct keeper *keeper);
void keeper_name_door(struct keeper *keeper, const char *word, size_t size);
void keeper_close_unnamed(struct keeper *keeper);
/* Those that are named and are not open yet. */
void keeper_open_doors(struct keeper *keeper);
/* An address in a line; 0, or -1. */
int keeper_parse_address(struct address *address, const char *word,
			 size_t size);

/* keeper_orphan.c: the supervisor is gone; look at the workers, again and
 * again. */
void keeper_begin_to_wait(struct keeper *keeper);
void keeper_look(struct timer *timer);

#endif
