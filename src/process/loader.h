/* SPDX-License-Identifier: MIT */
/* loader.h - a child that reads a configuration, because reading may block,
 * be slow or crash.
 *
 * It keeps the supervisor's uid (configuration files may be root's alone) but
 * sets no_new_privs; it answers with the canonical text or with every error,
 * and is killed after LOADER_TIMEOUT_MS. */
#ifndef COHORT_PROCESS_LOADER_H
#define COHORT_PROCESS_LOADER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/text.h"
#include "config/read.h"
#include "process/channel.h"
#include "process/plugins.h"

#define LOADER_TIMEOUT_MS 30000
#define LOADER_OPENING_MS 10000 /* for one plug-in */

/* It is killed for more: canonical text, complaints, and what is said of one
 * plug-in. */
#define LOADER_TEXT_BYTES    ((size_t)64 << 20)
#define LOADER_WORDS_BYTES   ((size_t)1 << 20)
#define LOADER_OPENING_BYTES ((size_t)64 << 10)

struct loader {
	struct channel channel;
	struct timer deadline;
	struct loop *loop;
	const struct config_request *request;
	int64_t until_ms; /* the whole of it */
	pid_t pid; /* and its group; 0: reaped, by who reaps all children */
	struct text canonical;
	struct text complaints; /* errors and warnings, ready to print */
	struct text opening;    /* what it is at, if it is at a plug-in */
	struct plugins plugins; /* of the configuration, for its workers */
	bool is_answered; /* not killed, and not dead before its last word */
	bool is_good;
	bool has_opened; /* the code of a plug-in came to run in it */
	bool is_running;
	bool is_cancelled; /* loader_run was told to stop */
	/* Called once, from the loop; `canonical` and `complaints` stay until
	 * loader_release. */
	void (*done)(struct loader *loader);
};

/* Fork it.  0, or -1 with words.  `request` is borrowed until done. */
int loader_start(struct loader *loader, struct loop *loop,
		 const struct config_request *request,
		 void (*done)(struct loader *loader), struct error *error);
/* Kill it: `done` will not be called. */
void loader_cancel(struct loader *loader);
/* Was it this one that was reaped?  What it has left behind is killed. */
bool loader_reaped(struct loader *loader, pid_t pid);
void loader_release(struct loader *loader);

/* The same to the end, in a loop of its own, reaping the child: for the start
 * of the program, -t and -T.  TERM, INT and QUIT cancel it; these and HUP, USR1
 * and the like stay blocked or ignored for who takes over the signals next.  0
 * good, 1 bad or cancelled, or -1 with words. */
int loader_run(struct loader *loader, const struct config_request *request,
	       struct error *error);

#endif
