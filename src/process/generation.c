/* SPDX-License-Identifier: MIT */
/* generation.c - what is derived from a configuration. */
#include "process/generation.h"

#include <stdlib.h>

static bool has_port(const struct address *address)
{
	return address->kind == ADDRESS_IPV4 || address->kind == ADDRESS_IPV6;
}

static void plan_listener(struct generation *generation, unsigned service,
			  const struct config_listen *listen)
{
	const struct config *config = generation->config;
	struct worker_listener *planned =
		&generation->plan[generation->listener_count++];

	planned->service = service;
	planned->listen = listen;
	planned->address = listen->address;
	planned->is_shared =
		!has_port(&listen->address) ||
		!config->services[service].settings.options.reuse_port;
}

static unsigned count_listens(const struct config *config)
{
	unsigned i, count = 0;

	for (i = 0; i < config->service_count; i++)
		count += config->services[i].listen_count;
	return count;
}

static int take_memory(struct generation *generation)
{
	unsigned plugins = generation->config->plugin_count;
	unsigned count = count_listens(generation->config) + 2 + plugins;

	generation->plan = calloc(count, sizeof(*generation->plan));
	generation->groups = calloc(count, sizeof(struct bank_group *));
	generation->descriptors =
		calloc(count, sizeof(*generation->descriptors));
	generation->service_names =
		calloc(generation->config->service_count, sizeof(const char *));
	if (!generation->plan || !generation->groups ||
	    !generation->descriptors || !generation->service_names)
		return -1;
	return 0;
}

static void plan_listeners(struct generation *generation)
{
	const struct config *config = generation->config;
	const struct config_service *service;
	unsigned i, j;

	for (i = 0; i < config->service_count; i++) {
		service = &config->services[i];
		generation->service_names[i] = service->name;
		for (j = 0; j < service->listen_count; j++)
			plan_listener(generation, i, &service->listens[j]);
	}
}

struct generation *generation_new(struct config *config, unsigned number,
				  struct error *error)
{
	struct generation *generation = calloc(1, sizeof(*generation));

	if (!generation) {
		error_set_errno(error, "cannot take a configuration");
		config_free(config);
		return NULL;
	}
	generation->number = number;
	generation->config = config;
	if (take_memory(generation) < 0) {
		error_set_errno(error, "cannot take a configuration");
		generation_free(generation);
		return NULL;
	}
	plan_listeners(generation);
	return generation;
}

void generation_free(struct generation *generation)
{
	if (!generation)
		return;
	free(generation->plan);
	free(generation->groups);
	free(generation->descriptors);
	free(generation->service_names);
	config_free(generation->config);
	free(generation);
}

const struct config_service *
generation_service(const struct generation *generation, unsigned listener)
{
	return &generation->config
			->services[generation->plan[listener].service];
}

const struct sockopt_settings *
generation_options(const struct generation *generation, unsigned listener)
{
	return &generation_service(generation, listener)->settings.options;
}

int generation_index(const struct generation *generation,
		     const struct bank_group *group)
{
	unsigned i;

	for (i = 0; i < generation->listener_count; i++)
		if (generation->groups[i] == group)
			return (int)i;
	return -1;
}

bool generation_is_banked(const struct generation *generation, unsigned slot)
{
	unsigned i;

	for (i = 0; i < generation->listener_count; i++)
		if (bank_get(generation->groups[i], slot) == BANK_NONE)
			return false;
	return true;
}

bool generation_is_listening(const struct generation *generation, unsigned slot)
{
	unsigned i;

	for (i = 0; i < generation->listener_count; i++)
		if (!bank_is_listening(generation->groups[i], slot))
			return false;
	return true;
}
