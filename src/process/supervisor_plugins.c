/* SPDX-License-Identifier: MIT */
/* supervisor_plugins.c - whose fault it is: plug-ins that end workers.
 *
 * The supervisor opens no plug-in; it knows their names and those of their
 * protocols, and a worker's page says in which callback it is. */
#include <stdio.h>

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
static struct config_plugin *opened_by(const struct child *child,
				       const struct config *config)
{
	const uint64_t *cells = scoreboard_cells(child->page);
	uint64_t callback = scoreboard_load(&cells[SCOREBOARD_CALLBACK]);
	uint64_t index = scoreboard_load(&cells[SCOREBOARD_CALLBACK_SERVICE]);

	if (callback != SCOREBOARD_IN_LOAD || index >= config->plugin_count)
		return NULL;
	return &config->plugins[index];
}

bool supervisor_blame(const struct child *child, char out[SUPERVISOR_BLAME])
{
	const struct generation *generation = supervisor_generation_of(child);
	const struct config_service *service;
	struct config_plugin *plugin;

	out[0] = '\0';
	if (!generation || generation->config->plugin_count == 0)
		return false;
	service = service_of(child, generation->config);
	plugin = service ? config_plugin_of(generation->config,
					    service->protocol->name)
			 : opened_by(child, generation->config);
	if (!plugin)
		return false;
	plugin->deaths_count++;
	snprintf(out, SUPERVISOR_BLAME,
		 ", %s%s%sof plug-in %.*s, which has ended %u worker%s",
		 service ? "protocol " : "",
		 service ? service->protocol->name : "", service ? " " : "",
		 PATH_SHOWN, plugin->path, plugin->deaths_count,
		 plugin->deaths_count == 1 ? "" : "s");
	return true;
}
