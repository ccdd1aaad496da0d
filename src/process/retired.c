/* SPDX-License-Identifier: MIT */
/* retired.c - configurations that outlive their generation. */
#include "process/retired.h"

#include <stdlib.h>
#include <unistd.h>

struct retired {
	struct retired *next;
	unsigned number; /* of the generation */
	struct config *config;
};

static void close_plugins(struct config *config)
{
	unsigned i;

	for (i = 0; i < config->plugin_count; i++) {
		if (config->plugins[i].fd >= 0)
			close(config->plugins[i].fd);
		config->plugins[i].fd = -1;
	}
}

void retired_keep(struct retired **list, struct generation *generation)
{
	struct retired *retired = NULL;

	if (generation->config->plugin_count > 0)
		retired = calloc(1, sizeof(*retired));
	/* Without memory its workers die as those of any configuration. */
	if (retired) {
		retired->number = generation->number;
		retired->config = generation->config;
		retired->next = *list;
		*list = retired;
		generation->config = NULL;
		close_plugins(retired->config);
	}
	generation_free(generation);
}

const struct config *retired_find(const struct retired *list, unsigned number)
{
	while (list && list->number != number)
		list = list->next;
	return list ? list->config : NULL;
}

void retired_drop(struct retired **list,
		  bool (*is_alive)(const void *context, unsigned number),
		  const void *context)
{
	struct retired *retired;

	while (*list) {
		retired = *list;
		if (is_alive && is_alive(context, retired->number)) {
			list = &retired->next;
			continue;
		}
		*list = retired->next;
		config_free(retired->config);
		free(retired);
	}
}
