/* SPDX-License-Identifier: MIT */
/* plugins.h - the plug-ins of a configuration that is yet to come: their
 * descriptors on the way from a loader, or from another build of the program.
 *
 * Once it is there they become its own (struct config_plugin). */
#ifndef COHORT_PROCESS_PLUGINS_H
#define COHORT_PROCESS_PLUGINS_H

#include "base/text.h"
#include "config/config.h"

struct plugins {
	struct config_plugin list[CONFIG_PLUGINS_MAX];
	unsigned count;
};

/* One more: `fd`, which is taken or closed, and the names of its protocols.  0,
 * or -1: one too many, or fd is none. */
int plugins_add(struct plugins *plugins, int fd, const char *names);

/* Give them to `config`, which was parsed without opening any.  0, or -1 with
 * words: they are not those that it names. */
int plugins_attach(struct plugins *plugins, struct config *config,
		   struct error *error);

/* Another build handed them over: 0, or -1 with words: one of `protocols`,
 * ended by NULL, which are built into this one, has a name of theirs. */
int plugins_check_names(const struct plugins *plugins,
			const struct cohort_protocol *const *protocols,
			struct error *error);

/* Close and free what nobody was given. */
void plugins_release(struct plugins *plugins);

/* The same plug-ins for another configuration that names them: copies of the
 * descriptors.  0, or -1 with words. */
int plugins_copy(const struct config *from, struct config *config,
		 struct error *error);

/* How often which of them has ended a worker goes on being counted. */
void plugins_inherit_counts(const struct config *before, struct config *config);

#endif
