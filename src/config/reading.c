/* SPDX-License-Identifier: MIT */
/* reading.c - how the reading of a configuration begins and ends. */
#include "config/reading.h"

#include <string.h>

#include "config/config.h"
#include "config/value.h"

struct config *reading_new_config(const struct directive_list *global)
{
	struct arena *arena = arena_new();
	struct config *config = arena_take(arena, sizeof(*config));

	config->arena = arena;
	config->log_level = LOG_LEVEL_INFO;
	config->access_log.form.kind = LOG_TO_NOWHERE;
	config->plugins = arena_take(arena, CONFIG_PLUGINS_MAX *
						    sizeof(*config->plugins));
	value_set_initial(global, config, arena);
	return config;
}

void reading_open(struct reading *reading, struct text *complaints,
		  const struct cohort_protocol *const *protocols)
{
	memset(reading, 0, sizeof(*reading));
	reading->scratch = arena_new();
	reading->complaints.out = complaints;
	reading->protocols = protocols;
	reading->pass = 1;
	directive_list_global(&reading->global_directives);
	directive_list_service(&reading->service_directives);
	reading->config = reading_new_config(&reading->global_directives);
	reading->arena = reading->config->arena;
}

struct config *reading_close(struct reading *reading)
{
	struct config *config = reading->config;

	arena_free(reading->scratch);
	if (reading->complaints.error_count == 0)
		return config;
	config_free(config);
	return NULL;
}
