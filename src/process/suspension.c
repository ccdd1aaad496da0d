/* SPDX-License-Identifier: MIT */
/* suspension.c - orders to suspend and to resume, by the names of services. */
#include "process/suspension.h"

#include <stdio.h>
#include <string.h>

static int find(const struct suspensions *suspensions, const char *service)
{
	unsigned i;

	for (i = 0; i < suspensions->count; i++)
		if (strcmp(suspensions->list[i].service, service) == 0)
			return (int)i;
	return -1;
}

static void drop(struct suspensions *suspensions, unsigned index)
{
	suspensions->count--;
	memmove(&suspensions->list[index], &suspensions->list[index + 1],
		(suspensions->count - index) * sizeof(suspensions->list[0]));
}

bool suspensions_is_on(const struct suspensions *suspensions,
		       const char *service, bool is_configured)
{
	int index = find(suspensions, service);

	if (index >= 0 &&
	    suspensions->list[index].was_configured == is_configured)
		return suspensions->list[index].is_on;
	return is_configured;
}

bool suspensions_add(struct suspensions *suspensions,
		     const struct suspension *suspension)
{
	int index = find(suspensions, suspension->service);

	if (index >= 0)
		drop(suspensions, (unsigned)index);
	if (suspensions->count == CONFIG_SERVICES_MAX)
		return false;
	suspensions->list[suspensions->count++] = *suspension;
	return true;
}

bool suspensions_set(struct suspensions *suspensions, const char *service,
		     bool is_configured, bool is_on)
{
	struct suspension suspension = {.is_on = is_on,
					.was_configured = is_configured};
	int index = find(suspensions, service);

	if (is_on != is_configured) {
		snprintf(suspension.service, sizeof(suspension.service), "%s",
			 service);
		return suspensions_add(suspensions, &suspension);
	}
	if (index >= 0)
		drop(suspensions, (unsigned)index);
	return true;
}

static bool is_in_force(const struct suspension *suspension,
			const struct config *config)
{
	const struct config_service *service;
	unsigned i;

	for (i = 0; i < config->service_count; i++) {
		service = &config->services[i];
		if (strcmp(service->name, suspension->service) == 0)
			return service->settings.is_suspended ==
			       suspension->was_configured;
	}
	return false;
}

void suspensions_review(struct suspensions *suspensions,
			const struct config *config)
{
	unsigned i = suspensions->count;

	while (i-- > 0)
		if (!is_in_force(&suspensions->list[i], config))
			drop(suspensions, i);
}
