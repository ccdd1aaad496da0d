/* SPDX-License-Identifier: MIT */
/* reading.c - how the reading of a configuration begins and ends. */
#include "config/reading.h"

#include <string.h>

#include "config/config.h"
#include "config/value.h"

void reading_open(struct reading *reading, struct text *complaints,
		  const struct cohort_protocol *const *protocols)
{
	memset(reading, 0, sizeof(*reading));
	reading->arena = arena_new();
	reading->scratch = arena_new();
	reading->complaints.out = complaints;
	reading->protocols = protocols;
	reading->pass = 1;
	directive_list_global(&reading->global_directives);
	directive_list_service(&reading->service_directives);
	reading->config = arena_take(reading->arena, sizeof(struct config));
	reading->config->arena = reading->arena;
	reading->config->log_level = LOG_LEVEL_INFO;
	reading->config->access_log.form.kind = LOG_TO_NOWHERE;
	reading->config->plugins =
		arena_take(reading->arena,
			   CONFIG_PLUGINS_MAX * sizeof(struct config_plugin));
	value_set_initial(&reading->global_directives, reading->config,
			  reading->arena);
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
