/* SPDX-License-Identifier: MIT */
/* loader_plugins.c - a loader opens plug-ins. */
#include "process/loader_plugins.h"

#include <string.h>

#include "base/list.h"
#include "base/log.h"
#include "process/channel.h"
#include "process/plugin.h"
#include "process/spawn.h"

static const struct cohort_protocol *const *
open_file(struct config_opener *opener, const char *path, struct error *error)
{
	struct loader_plugins *plugins =
		list_entry(opener, struct loader_plugins, opener);
	int fd = plugin_copy(path, error);

	if (fd < 0)
		return NULL;
	/* Open for as long as it may be sent, or its code runs. */
	plugins->fds[plugins->count++] = fd;
	return plugin_open(fd, error);
}

static void announce(struct config_opener *opener, const char *complaint)
{
	const struct channel_load over = {.size = 0};
	int result;

	(void)opener;
	if (complaint)
		result = channel_send_text(SPAWN_CHANNEL, RECORD_OPENING,
					   complaint, strlen(complaint));
	else
		result = channel_send_waiting(SPAWN_CHANNEL, RECORD_OPENING,
					      &over);
	if (result < 0)
		log_debug("nobody waits for this loader any more");
}

void loader_plugins_init(struct loader_plugins *plugins)
{
	plugins->opener.open = open_file;
	plugins->opener.announce = announce;
	plugins->count = 0;
}

int loader_plugins_send(const struct loader_plugins *plugins,
			const struct config *config)
{
	struct channel_load load = {.fd_count = 1};
	unsigned i;

	for (i = 0; i < plugins->count; i++) {
		load.data = config->plugins[i].names;
		load.size = (uint32_t)strlen(config->plugins[i].names);
		load.fds = &plugins->fds[i];
		if (channel_send_waiting(SPAWN_CHANNEL, RECORD_PLUGIN, &load) <
		    0)
			return -1;
	}
	return 0;
}
