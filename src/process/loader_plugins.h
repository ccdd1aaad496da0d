/* SPDX-License-Identifier: MIT */
/* loader_plugins.h - plug-ins in a loader: it opens the files, to see that they
 * can be opened and what they have, and sends what it has opened.
 *
 * Their code can end or block this process: whoever waits for it is told of
 * each before it is opened. */
#ifndef COHORT_PROCESS_LOADER_PLUGINS_H
#define COHORT_PROCESS_LOADER_PLUGINS_H

#include "config/read.h"

struct loader_plugins {
	struct config_opener opener;
	int fds[CONFIG_PLUGINS_MAX]; /* in the order of the configuration */
	unsigned count;
};

void loader_plugins_init(struct loader_plugins *plugins);

/* Send what was opened for `config`, in order.  0, or -1 with errno. */
int loader_plugins_send(const struct loader_plugins *plugins,
			const struct config *config);

#endif
