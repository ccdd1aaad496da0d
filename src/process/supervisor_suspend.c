/* SPDX-License-Identifier: MIT */
/* supervisor_suspend.c - services that accept nobody for a time.
 *
 * Clients wait in the queues, as far as the backlog goes: nothing is steered
 * or adopted for it, and nobody is blamed for what waits.  Whoever comes to be
 * a worker is told at its birth, others by records.  When the program ends, a
 * worker that drains accepts what waits, suspended or not. */
#include <string.h>

#include "process/supervisor_internal.h"

bool supervisor_is_service_suspended(const struct supervisor *supervisor,
				     const struct config_service *service)
{
	return !supervisor->is_stopping &&
	       suspensions_is_on(&supervisor->ordered.suspensions,
				 service->name, service->settings.is_suspended);
}

/* -1: it has none of that name. */
static int find_service(const struct config *config, const char *name)
{
	unsigned i;

	for (i = 0; i < config->service_count; i++)
		if (strcmp(config->services[i].name, name) == 0)
			return (int)i;
	return -1;
}

bool supervisor_is_suspended(const struct supervisor *supervisor,
			     const char *service)
{
	const struct config *config = supervisor->current->config;
	int index = find_service(config, service);

	return index >= 0 && supervisor_is_service_suspended(
				     supervisor, &config->services[index]);
}

bool supervisor_has_suspended(const struct child *child,
			      const struct bank_group *group)
{
	const struct generation *generation = supervisor_generation_of(child);
	int index = generation ? generation_index(generation, group) : -1;

	return index >= 0 &&
	       supervisor_is_service_suspended(
		       child->supervisor,
		       generation_service(generation, (unsigned)index));
}

/* ---- Workers --------------------------------------------------------- */

void supervisor_fill_suspended(const struct supervisor *supervisor,
			       struct worker_order *order)
{
	const struct config *config = order->config;
	unsigned i;

	for (i = 0; i < config->service_count; i++)
		if (supervisor_is_service_suspended(supervisor,
						    &config->services[i]))
			order->suspended[i / 64] |= UINT64_C(1) << (i % 64);
}

/* One whose configuration is gone drains, and what it still accepts from is
 * not served any more by anybody else. */
static bool is_suspended_for(const struct child *child, unsigned service)
{
	const struct generation *generation = supervisor_generation_of(child);

	return generation && service < generation->config->service_count &&
	       supervisor_is_service_suspended(
		       child->supervisor,
		       &generation->config->services[service]);
}

static int send_one(struct child *child, unsigned service)
{
	const struct channel_load load = {.number = service};

	return channel_send(&child->channel,
			    is_suspended_for(child, service) ? RECORD_SUSPEND
							     : RECORD_RESUME,
			    &load);
}

int supervisor_send_suspended(struct child *child)
{
	unsigned i;

	for (i = 0; i < SCOREBOARD_SERVICES; i++) {
		uint64_t bit = UINT64_C(1) << (i % 64);

		if (!(child->untold[i / 64] & bit))
			continue;
		if (send_one(child, i) < 0)
			return -1;
		child->untold[i / 64] &= ~bit;
	}
	return 0;
}

static void tell(struct child *child, unsigned service)
{
	child->untold[service / 64] |= UINT64_C(1) << (service % 64);
	supervisor_order(child, RECORD_SUSPEND);
}

void supervisor_forget_suspended(struct child *child)
{
	const struct generation *generation = supervisor_generation_of(child);
	unsigned i;

	for (i = 0; generation && i < generation->config->service_count; i++)
		tell(child, i);
}

static void tell_all(struct supervisor *supervisor, const char *name)
{
	const struct generation *generation;
	struct child *child;
	unsigned i;
	int service;

	for (i = 0; i < supervisor->child_high; i++) {
		child = &supervisor->children[i];
		if (!child->slot || child->is_reaped)
			continue;
		generation = supervisor_generation_of(child);
		service = generation ? find_service(generation->config, name)
				     : -1;
		if (service >= 0)
			tell(child, (unsigned)service);
	}
}

/* ---- Orders ---------------------------------------------------------- */

static void refuse_unknown(struct supervisor *supervisor, const char *name,
			   uint64_t ticket)
{
	const struct config *config = supervisor->current->config;
	const char *nearest =
		text_nearest(name, supervisor->current->service_names,
			     config->service_count);

	supervisor_answer(supervisor, ticket, 2, "there is no service %s%s%s%s",
			  name, nearest ? "; did you mean " : "",
			  nearest ? nearest : "", nearest ? "?" : "");
}

static void change(struct supervisor *supervisor,
		   const struct config_service *service, bool is_on)
{
	if (!suspensions_set(&supervisor->ordered.suspensions, service->name,
			     service->settings.is_suspended, is_on))
		log_bug("there are more orders to suspend than services");
	order_log_write(&supervisor->ordered.changes, "service %s is %s",
			service->name,
			is_on ? "suspended: its clients wait" : "resumed");
	board_note(supervisor->scoreboard,
		   is_on ? BOARD_EVENT_SUSPENDED : BOARD_EVENT_RESUMED, -1,
		   "service %s", service->name);
	tell_all(supervisor, service->name);
	supervisor_publish_services(supervisor);
	supervisor_keep(supervisor);
}

void supervisor_suspend(struct supervisor *supervisor, const char *name,
			bool is_on, uint64_t ticket)
{
	const struct config *config = supervisor->current->config;
	const struct config_service *service;
	int index = find_service(config, name);
	bool was_on;

	if (supervisor_is_ending(supervisor)) {
		supervisor_answer(supervisor, ticket, 1,
				  "too late, the program ends");
		return;
	}
	if (index < 0) {
		refuse_unknown(supervisor, name, ticket);
		return;
	}
	service = &config->services[index];
	was_on = supervisor_is_service_suspended(supervisor, service);
	if (was_on != is_on)
		change(supervisor, service, is_on);
	supervisor_answer(supervisor, ticket, 0, "service %s %s %s%s",
			  service->name, was_on == is_on ? "was" : "is",
			  is_on ? "suspended" : "resumed",
			  was_on == is_on ? " already"
			  : is_on         ? ": its clients wait in the queues"
					  : "");
}

/* ---- Another configuration ------------------------------------------- */

/* To those of `before`, which are about to drain. */
static void resume_service(struct supervisor *supervisor,
			   const struct generation *before, unsigned service)
{
	struct child *child;
	unsigned i;

	for (i = 0; i < supervisor->child_high; i++) {
		child = &supervisor->children[i];
		if (child->slot && !child->is_reaped &&
		    child->generation == before->number)
			tell(child, service);
	}
}

void supervisor_review_suspended(struct supervisor *supervisor,
				 const struct generation *before)
{
	unsigned i;

	for (i = 0; i < before->listener_count; i++)
		if (generation_index(supervisor->current, before->groups[i]) <
			    0 &&
		    supervisor_is_service_suspended(
			    supervisor, generation_service(before, i)))
			resume_service(supervisor, before,
				       before->plan[i].service);
	suspensions_review(&supervisor->ordered.suspensions,
			   supervisor->current->config);
}
