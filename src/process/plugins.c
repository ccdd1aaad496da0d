/* SPDX-License-Identifier: MIT */
/* plugins.c - descriptors of plug-ins find their configuration. */
#include "process/plugins.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int plugins_add(struct plugins *plugins, int fd, const char *names)
{
	struct config_plugin *plugin = &plugins->list[plugins->count];
	char *copy;

	if (fd < 0)
		return -1;
	copy = plugins->count < CONFIG_PLUGINS_MAX ? strdup(names) : NULL;
	if (!copy) {
		close(fd);
		return -1;
	}
	*plugin = (struct config_plugin){.names = copy, .fd = fd};
	plugins->count++;
	return 0;
}

static void take(struct config *config, struct config_plugin *plugin,
		 const struct config_plugin *from, int fd)
{
	plugin->fd = fd;
	plugin->names =
		arena_copy(config->arena, from->names, strlen(from->names));
	plugin->deaths_count = from->deaths_count;
}

int plugins_attach(struct plugins *plugins, struct config *config,
		   struct error *error)
{
	unsigned i;

	if (plugins->count != config->plugin_count)
		return error_set(error,
				 "%u plug-ins were checked, and %u are named",
				 plugins->count, config->plugin_count);
	for (i = 0; i < config->plugin_count; i++) {
		take(config, &config->plugins[i], &plugins->list[i],
		     plugins->list[i].fd);
		plugins->list[i].fd = -1;
	}
	return 0;
}

int plugins_check_names(const struct plugins *plugins,
			const struct cohort_protocol *const *protocols,
			struct error *error)
{
	unsigned i;

	for (; *protocols; protocols++)
		for (i = 0; i < plugins->count; i++)
			if (config_plugin_has(&plugins->list[i],
					      (*protocols)->name))
				return error_set(
					error,
					"the protocol '%s' is built in now, "
					"and was one of a plug-in: 'load' "
					"that no more before the upgrade",
					(*protocols)->name);
	return 0;
}

void plugins_release(struct plugins *plugins)
{
	unsigned i;

	for (i = 0; i < plugins->count; i++) {
		if (plugins->list[i].fd >= 0)
			close(plugins->list[i].fd);
		free((void *)plugins->list[i].names);
	}
	plugins->count = 0;
}

int plugins_copy(const struct config *from, struct config *config,
		 struct error *error)
{
	const struct config_plugin *plugin;
	unsigned i;
	int fd;

	for (i = 0; i < config->plugin_count; i++) {
		plugin = &from->plugins[i];
		fd = fcntl(plugin->fd, F_DUPFD_CLOEXEC, 0);
		if (fd < 0)
			return error_set_errno(error, "cannot keep %s",
					       plugin->path);
		take(config, &config->plugins[i], plugin, fd);
	}
	return 0;
}

static void inherit(const struct config *before, struct config_plugin *plugin)
{
	unsigned i;

	for (i = 0; i < before->plugin_count; i++)
		if (strcmp(before->plugins[i].path, plugin->path) == 0)
			plugin->deaths_count = before->plugins[i].deaths_count;
}

void plugins_inherit_counts(const struct config *before, struct config *config)
{
	unsigned i;

	for (i = 0; i < config->plugin_count; i++)
		inherit(before, &config->plugins[i]);
}
