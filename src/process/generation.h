/* SPDX-License-Identifier: MIT */
/* generation.h - one configuration, and what the supervisor derived from it:
 * the workers of one configuration are a generation.
 *
 * The current one is served; while a reload is under way there is a second.
 * A worker inherits its generation's memory by fork, so that a generation can
 * be freed while its workers drain. */
#ifndef COHORT_PROCESS_GENERATION_H
#define COHORT_PROCESS_GENERATION_H

#include "config/config.h"
#include "process/bank.h"
#include "process/spawn.h"
#include "process/worker.h"

struct generation {
	unsigned number;
	struct config *config; /* owned */
	const char **service_names;
	unsigned listener_count;
	struct worker_listener *plan; /* as a worker sees its listeners */
	struct bank_group **groups;   /* of the same; NULL: not opened yet */
	struct spawn_descriptor *descriptors; /* room for one spawn */
	unsigned connections_max;             /* of one worker */
	uint64_t descriptor_limit; /* of all its processes; 0: unknown */
};

/* Takes `config`, also if it fails: NULL with words. */
struct generation *generation_new(struct config *config, unsigned number,
				  struct error *error);
void generation_free(struct generation *generation); /* NULL is fine */

const struct config_service *
generation_service(const struct generation *generation, unsigned listener);
const struct sockopt_settings *
generation_options(const struct generation *generation, unsigned listener);

/* The index of the group's listener, or -1: it is none of this generation. */
int generation_index(const struct generation *generation,
		     const struct bank_group *group);

/* Does the bank have all that a worker of the slot listens on? */
bool generation_is_banked(const struct generation *generation, unsigned slot);

/* Do they all listen already? */
bool generation_is_listening(const struct generation *generation,
			     unsigned slot);

#endif
