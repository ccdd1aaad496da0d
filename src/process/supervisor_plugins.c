/* SPDX-License-Identifier: MIT */
/* supervisor_plugins.c - whose fault it is: plug-ins that end workers.
 *
 * The supervisor opens no plug-in; it knows their names and those of their
 * protocols, and a worker's page says in which callback it is. */
#include <stdio.h>
#include <string.h>

#include "process/supervisor_internal.h"

#define PATH_SHOWN 256 /* bytes of a path that may have 4096 */

/* The service whose callback it is in, if a plug-in has its protocol.  The dying
 * worker may have written anything to its page. */
static const struct config_service *service_of(const struct child *child,
					       const struct config *config)
{
	const uint64_t *cells = scoreboard_cells(child->page);
	uint64_t callback = scoreboard_load(&cells[SCOREBOARD_CALLBACK]);
	uint64_t index = scoreboard_load(&cells[SCOREBOARD_CALLBACK_SERVICE]);

	if (callback == SCOREBOARD_IN_NONE || callback == SCOREBOARD_IN_LOAD ||
	    callback >= SCOREBOARD_CALLBACKS || index >= config->service_count)
		return NULL;
	return config->services[index].protocol_text ? &config->services[index]
						     : NULL;
}

/* The plug-in whose constructors run in it. */
static const struct config_plugin *opened_by(const struct child *child,
					     const struct config *config)
{
	const uint64_t *cells = scoreboard_cells(child->page);
	uint64_t callback = scoreboard_load(&cells[SCOREBOARD_CALLBACK]);
	uint64_t index = scoreboard_load(&cells[SCOREBOARD_CALLBACK_SERVICE]);

	if (callback != SCOREBOARD_IN_LOAD || index >= config->plugin_count)
		return NULL;
	return &config->plugins[index];
}

static const struct config *config_of(const struct child *child)
{
	const struct generation *generation = supervisor_generation_of(child);

	return generation ? generation->config
			  : retired_find(child->supervisor->retired,
					 child->generation);
}

/* Counts go on with a plug-in's name; one that is served no more has none. */
static unsigned count(struct supervisor *supervisor, const char *path)
{
	struct config *config = supervisor->current->config;
	unsigned i;

	for (i = 0; i < config->plugin_count; i++)
		if (strcmp(config->plugins[i].path, path) == 0)
			return ++config->plugins[i].deaths_count;
	return 1;
}

bool supervisor_blame(const struct child *child, char out[SUPERVISOR_BLAME])
{
	const struct config *config = config_of(child);
	const struct config_service *service;
	const struct config_plugin *plugin;
	unsigned deaths_count;

	out[0] = '\0';
	if (!config || config->plugin_count == 0)
		return false;
	service = service_of(child, config);
	plugin = service ? config_plugin_of(config, service->protocol->name)
			 : opened_by(child, config);
	if (!plugin)
		return false;
	deaths_count = count(child->supervisor, plugin->path);
	snprintf(out, SUPERVISOR_BLAME,
		 ", %s%s%sof plug-in %.*s, which has ended %u worker%s",
		 service ? "protocol " : "",
		 service ? service->protocol->name : "", service ? " " : "",
		 PATH_SHOWN, plugin->path, deaths_count,
		 deaths_count == 1 ? "" : "s");
	return true;
}
