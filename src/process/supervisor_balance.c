/* SPDX-License-Identifier: MIT */
/* supervisor_balance.c - when to look at loads, and what others see of it. */
#include "process/supervisor_balance.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "process/supervisor_balance_look.h"
#include "process/supervisor_internal.h"

/* Listeners looked at in one look; one service is looked at in any case. */
#define LISTENERS_MOST 512

/* Shares are for people, who do not look more often. */
#define SHARES_MS 250

static bool is_adaptive(const struct generation *generation, unsigned service)
{
	return generation->config->services[service].settings.balance ==
	       STEERING_ADAPTIVE;
}

/* ---- Looks ----------------------------------------------------------- */

/* Those whose turn it is; when the first of them is to be looked at again. */
static int64_t look_at_services(struct supervisor *supervisor)
{
	struct supervisor_balance *balance = &supervisor->balance;
	unsigned count = supervisor->current->config->service_count;
	int64_t soonest_ms = BALANCE_INTERVAL_MOST_MS, interval_ms;
	unsigned i, index, looked_count = 0;

	for (i = 0; i < count && looked_count < LISTENERS_MOST; i++) {
		index = (balance->next + i) % count;
		if (!balance->services[index].is_active)
			continue;
		looked_count += supervisor_look_at_service(supervisor, index,
							   &interval_ms);
		if (interval_ms < soonest_ms)
			soonest_ms = interval_ms;
	}
	balance->next += i;
	return soonest_ms;
}

static bool is_any_active(const struct supervisor *supervisor)
{
	unsigned i;

	for (i = 0; i < supervisor->current->config->service_count; i++)
		if (supervisor->balance.services[i].is_active)
			return true;
	return false;
}

static bool is_ours(const struct supervisor *supervisor)
{
	return !supervisor->is_stopping && !supervisor->is_trial &&
	       supervisor->balance.generation == supervisor->current->number;
}

/* To one at rest nobody comes, though somebody did when it was looked at last. */
static int64_t pace_of(const struct supervisor_balance_service *service)
{
	return service->is_active ? service->pace.per_second : 0;
}

/* Of all services, as they were looked at last. */
static void work_out_shares(struct supervisor *supervisor)
{
	struct supervisor_balance *balance = &supervisor->balance;
	const struct supervisor_balance_service *service = balance->services;
	unsigned i, count = supervisor->current->config->service_count;
	struct balance_mix mix;

	memset(&mix, 0, sizeof(mix));
	for (i = 0; i < count; i++)
		if (service[i].is_steered)
			balance_mix(&mix, service[i].weights,
				    pace_of(&service[i]));
	for (i = 0; i < BALANCE_SLOTS; i++)
		balance->shares[i] = (int16_t)balance_mixed_share(&mix, i);
	balance->shares_ms = supervisor->loop.now_ms;
}

static void look_again(struct supervisor *supervisor, int64_t in_ms)
{
	struct timer *timer = &supervisor->balance.timer;

	if (!timer_is_started(timer))
		timer_start(&supervisor->loop.timers, timer,
			    supervisor->loop.now_ms + in_ms);
}

/* The weights of those who were in before are in force: who has just come has
 * none, or that of when it was slow. */
static void look_sooner(struct supervisor *supervisor)
{
	struct timer *timer = &supervisor->balance.timer;
	int64_t at_ms = supervisor->balance.soonest_ms;

	if (timer_is_started(timer) && timer->deadline_ms > at_ms)
		timer_start(&supervisor->loop.timers, timer, at_ms);
}

static void look(struct timer *timer)
{
	struct supervisor *supervisor =
		list_entry(timer, struct supervisor, balance.timer);
	int64_t began_us = clock_cpu_us(), interval_ms, cost_us;
	bool is_over;

	if (!is_ours(supervisor))
		return;
	supervisor_look_at_workers(supervisor);
	interval_ms = look_at_services(supervisor);
	is_over = !is_any_active(supervisor);
	if (is_over ||
	    supervisor->loop.now_ms - supervisor->balance.shares_ms >=
		    SHARES_MS)
		work_out_shares(supervisor);
	cost_us = clock_cpu_us() - began_us;
	supervisor->balance.soonest_ms =
		supervisor->loop.now_ms + balance_soonest_ms(cost_us);
	if (!is_over)
		look_again(supervisor, balance_spare_ms(interval_ms, cost_us));
}

static void wake(struct supervisor *supervisor, unsigned index)
{
	struct supervisor_balance_service *service =
		&supervisor->balance.services[index];

	service->arrived_ms = supervisor->loop.now_ms;
	if (!service->is_active) {
		service->woken_ms = supervisor->loop.now_ms;
		service->pace = (struct balance_pace){.noted_ms = 0};
	}
	service->is_active = true;
	look_again(supervisor, 0);
}

void supervisor_note_accepting(struct child *child, unsigned service)
{
	struct supervisor *supervisor = child->supervisor;
	const struct generation *current = supervisor->current;

	/* Of others: the next generation is looked at when it is in force. */
	if (is_ours(supervisor) && child->generation == current->number &&
	    service < current->config->service_count &&
	    is_adaptive(current, service))
		wake(supervisor, service);
}

static void forget_shares(struct supervisor_balance *balance)
{
	unsigned i;

	for (i = 0; i < BALANCE_SLOTS; i++)
		balance->shares[i] = -1;
	balance->shares_ms = 0;
}

void supervisor_balance_anew(struct supervisor *supervisor)
{
	struct supervisor_balance *balance = &supervisor->balance;
	const struct generation *current = supervisor->current;
	unsigned i;

	for (i = 0; i < current->config->service_count; i++) {
		if (balance->generation != current->number)
			memset(&balance->services[i], 0,
			       sizeof(balance->services[i]));
		if (is_adaptive(current, i))
			wake(supervisor, i);
	}
	look_sooner(supervisor);
	if (balance->generation != current->number)
		forget_shares(balance);
	balance->generation = current->number;
}

/* ---- For the rest ---------------------------------------------------- */

void supervisor_weigh(const struct supervisor *supervisor,
		      const struct bank_group *group, struct steering *wanted)
{
	const struct generation *current = supervisor->current;
	int index = generation_index(current, group);
	const struct supervisor_balance_service *service;
	unsigned i;

	if (wanted->balance != STEERING_ADAPTIVE || index < 0 ||
	    supervisor->balance.generation != current->number)
		return;
	service = &supervisor->balance.services[current->plan[index].service];
	for (i = 0; i < wanted->count; i++)
		if (!bank_is_stranger(group->order[i]))
			wanted->weights[i] = service->weights[group->order[i]];
}

int16_t supervisor_share_of(const struct supervisor *supervisor, unsigned slot)
{
	const struct supervisor_balance *balance = &supervisor->balance;

	if (balance->generation != supervisor->current->number ||
	    slot >= supervisor->slot_count)
		return -1;
	return balance->shares[slot];
}

void supervisor_init_balance(struct supervisor *supervisor)
{
	struct supervisor_balance *balance = &supervisor->balance;

	timer_init(&balance->timer, look);
	forget_shares(balance);
	balance->workers =
		memory_require(CONFIG_WORKERS_MAX, sizeof(*balance->workers));
	balance->services =
		memory_require(SCOREBOARD_SERVICES, sizeof(*balance->services));
}

void supervisor_release_balance(struct supervisor *supervisor)
{
	timer_stop(&supervisor->loop.timers, &supervisor->balance.timer);
	free(supervisor->balance.workers);
	free(supervisor->balance.services);
}
