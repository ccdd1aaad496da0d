/* SPDX-License-Identifier: MIT */
/* supervisor_balance.c - looks at loads, and steers by them. */
#include "process/supervisor_balance.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "process/supervisor_internal.h"

_Static_assert(BALANCE_SLOTS == CONFIG_WORKERS_MAX &&
		       2 * SERVICE_PAUSE_MS < BALANCE_REST_MS,
	       "what balance.h takes for granted");

/* Listeners looked at in one look; one service is looked at in any case. */
#define LISTENERS_MOST 512

struct supervisor_balance_worker {
	struct balance_lag lag;
	pid_t pid;         /* of whom this was noted */
	uint64_t busy_us;  /* all its turns, so far */
	int64_t busy_ms;   /* when that was */
	int64_t inside_ms; /* so long it is in a callback by now */
};

/* One worker of one service. */
struct place {
	pid_t pid; /* of whom this was noted */
	struct balance_lag lag;
	uint64_t accepted;
	int64_t waiting_ms; /* since when clients wait and none is accepted; 0:
			       they do not */
};

struct supervisor_balance_service {
	bool is_active;
	int64_t woken_ms;
	int64_t arrived_ms; /* when anybody came, as far as was seen */
	struct balance_pace pace;
	uint64_t queued; /* at the last look */
	uint64_t live;   /* … connections */
	struct place places[BALANCE_SLOTS];
	uint16_t weights[BALANCE_SLOTS];
};

/* One service in one look. */
struct look {
	struct supervisor *supervisor;
	struct supervisor_balance_service *service;
	unsigned index;
	unsigned first, end; /* its listeners */
	unsigned in_count;
	uint64_t accepted; /* since the last look */
	uint64_t live;
	uint64_t queued;
	bool is_anybody_late; /* … and may be more so at the next look */
	struct balance_load loads[BALANCE_SLOTS];
};

static bool is_adaptive(const struct generation *generation, unsigned service)
{
	return generation->config->services[service].settings.balance ==
	       STEERING_ADAPTIVE;
}

/* ---- Workers --------------------------------------------------------- */

static int64_t longer(int64_t a_ms, int64_t b_ms)
{
	return a_ms > b_ms ? a_ms : b_ms;
}

/* The worker may have written anything there. */
static int64_t inside_of(const uint64_t *cells, int64_t now_ms)
{
	uint64_t since_ms = scoreboard_load(&cells[SCOREBOARD_CALLBACK_MS]);

	if (scoreboard_load(&cells[SCOREBOARD_CALLBACK]) ==
		    SCOREBOARD_IN_NONE ||
	    since_ms > (uint64_t)now_ms)
		return 0;
	return now_ms - (int64_t)since_ms;
}

/* In a callback for so long; or the turns that have ended since the last look
 * took longer than that is ago: one of them began so long before. */
static int64_t lag_of(struct supervisor_balance_worker *worker,
		      const struct child *child, int64_t now_ms)
{
	const uint64_t *cells = scoreboard_cells(child->page);
	uint64_t busy_us = scoreboard_load(&cells[SCOREBOARD_LAG_SUM_US]);
	int64_t turned_ms = (int64_t)((busy_us - worker->busy_us) / 1000) -
			    (now_ms - worker->busy_ms);

	if (worker->pid != child->pid || busy_us < worker->busy_us)
		turned_ms = 0;
	worker->inside_ms = inside_of(cells, now_ms);
	worker->busy_us = busy_us;
	worker->busy_ms = now_ms;
	return longer(worker->inside_ms, turned_ms);
}

static void look_at_workers(struct supervisor *supervisor)
{
	struct supervisor_balance_worker *worker;
	int64_t lag_ms, now_ms = supervisor->loop.now_ms;
	const struct child *child;
	unsigned i;

	for (i = 0; i < supervisor->slot_count; i++) {
		child = supervisor->slots[i].child;
		worker = &supervisor->balance.workers[i];
		if (!child)
			continue;
		lag_ms = lag_of(worker, child, now_ms);
		if (worker->pid != child->pid)
			worker->lag = (struct balance_lag){0, now_ms};
		worker->pid = child->pid;
		balance_note_lag(&worker->lag, lag_ms, now_ms);
	}
}

/* ---- A service ------------------------------------------------------- */

static struct bank_group *steered_group(const struct look *look, unsigned i)
{
	const struct generation *generation = look->supervisor->current;
	struct bank_group *group = generation->groups[i];

	if (!group || group->is_shared || group->order_count <= 1 ||
	    group->steering.count != group->order_count ||
	    group->steering.balance != STEERING_ADAPTIVE)
		return NULL;
	return group;
}

static uint64_t queue_of(const struct look *look, unsigned slot)
{
	struct sockopt_tcp tcp;
	uint64_t sum = 0;
	unsigned i;

	for (i = look->first; i < look->end; i++) {
		struct bank_group *group = steered_group(look, i);
		int fd = group ? bank_get(group, slot) : BANK_NONE;

		if (fd >= 0 && sockopt_tcp_info(fd, &tcp) == 0)
			sum += tcp.accept_queue;
	}
	return sum;
}

/* For how long have they waited while it took none? */
static int64_t wait_of(struct place *place, uint64_t accepted, uint64_t queue,
		       int64_t now_ms)
{
	if (queue == 0 || accepted != place->accepted)
		place->waiting_ms = 0;
	if (queue == 0)
		return 0;
	if (place->waiting_ms == 0)
		place->waiting_ms = now_ms;
	return now_ms - place->waiting_ms;
}

static void look_at_place(struct look *look, unsigned slot,
			  const struct child *child)
{
	const struct supervisor_balance_worker *worker =
		&look->supervisor->balance.workers[slot];
	struct place *place = &look->service->places[slot];
	uint64_t accepted =
		scoreboard_peek(child->page, look->index, SCOREBOARD_ACCEPTED);
	uint64_t live =
		scoreboard_peek(child->page, look->index, SCOREBOARD_LIVE);
	uint64_t queue = queue_of(look, slot);
	int64_t now_ms = look->supervisor->loop.now_ms, wait_ms;

	/* What a worker that is taken over had before did not come now. */
	if (place->pid != child->pid)
		*place =
			(struct place){.pid = child->pid, .accepted = accepted};
	wait_ms = wait_of(place, accepted, queue, now_ms);
	balance_note_lag(&place->lag, wait_ms, now_ms);
	if (place->waiting_ms != 0 || worker->inside_ms > 0)
		look->is_anybody_late = true;
	if (accepted >= place->accepted)
		look->accepted += accepted - place->accepted;
	place->accepted = accepted;
	look->live += live;
	look->queued += queue;
	look->in_count++;
	look->loads[slot] = (struct balance_load){
		.is_in = true,
		.count = live + queue,
		.lag_ms = longer(worker->lag.lag_ms, place->lag.lag_ms),
		.now_ms = longer(worker->inside_ms, wait_ms),
	};
}

static bool may_get(const struct child *child, unsigned service)
{
	return child && child->state == WORKER_READY && !child->is_reaped &&
	       !child->is_suspect && !supervisor_is_full(child, service) &&
	       child->generation == child->supervisor->current->number;
}

static void look_at_places(struct look *look)
{
	const struct supervisor *supervisor = look->supervisor;
	const struct child *child;
	unsigned i;

	for (i = 0; i < supervisor->slot_count; i++) {
		child = supervisor->slots[i].child;
		if (may_get(child, look->index))
			look_at_place(look, i, child);
	}
}

/* What the queues have lost was accepted, or has come to nothing.  The first
 * look knows only what there is. */
static void note_pace(const struct look *look)
{
	struct supervisor_balance_service *service = look->service;
	int64_t now_ms = look->supervisor->loop.now_ms;
	uint64_t came = look->accepted, left = 0;

	if (look->live < service->live + look->accepted)
		left = service->live + look->accepted - look->live;
	if (service->pace.noted_ms == 0)
		left = 0;
	if (look->queued > service->queued)
		came += look->queued - service->queued;
	if (came > 0)
		service->arrived_ms = now_ms;
	service->queued = look->queued;
	service->live = look->live;
	balance_note_arrivals(&service->pace, came, left, now_ms);
}

static void steer_service(const struct look *look)
{
	struct bank_group *group;
	unsigned i;

	for (i = look->first; i < look->end; i++) {
		group = steered_group(look, i);
		if (group)
			supervisor_resteer(look->supervisor, group);
	}
}

/* They are in the order of their services. */
static void find_listeners(struct look *look)
{
	const struct generation *generation = look->supervisor->current;
	unsigned i = 0;

	while (i < generation->listener_count &&
	       generation->plan[i].service < look->index)
		i++;
	look->first = i;
	while (i < generation->listener_count &&
	       generation->plan[i].service == look->index)
		i++;
	look->end = i;
}

/* Where all share one listener, or nobody does, there is nothing to choose. */
static bool has_steered_group(const struct look *look)
{
	unsigned i;

	for (i = look->first; i < look->end; i++)
		if (steered_group(look, i))
			return true;
	return false;
}

/* At first it is not known how quickly they come; and who begins to be late is
 * found out before many have come to it. */
static int64_t interval_of(const struct look *look)
{
	const struct supervisor_balance_service *service = look->service;
	int64_t now_ms = look->supervisor->loop.now_ms;

	if (now_ms - service->woken_ms < BALANCE_INTERVAL_MOST_MS ||
	    look->is_anybody_late)
		return BALANCE_INTERVAL_LEAST_MS;
	return balance_interval_ms(&service->pace, look->in_count);
}

static uint64_t expected_of(const struct look *look, bool is_first,
			    int64_t interval_ms)
{
	if (!look->service->is_active)
		return balance_expected_at_rest(look->in_count);
	if (is_first)
		return balance_expected_at_first(look->in_count);
	return balance_expected(&look->service->pace, interval_ms);
}

/* Slots that were parked keep none: others full, theirs were the only ones. */
static void weigh(const struct look *look, uint64_t expected)
{
	struct supervisor_balance_service *service = look->service;
	unsigned count = look->supervisor->slot_count;

	memset(service->weights + count, 0,
	       (BALANCE_SLOTS - count) * sizeof(service->weights[0]));
	balance_weigh(service->weights, look->loads, count,
		      balance_horizon(&service->pace, expected),
		      !service->is_active);
}

/* How many listeners were looked at; when to look again. */
static unsigned look_at_service(struct supervisor *supervisor, unsigned index,
				int64_t *interval_ms)
{
	struct look look = {
		.supervisor = supervisor,
		.service = &supervisor->balance.services[index],
		.index = index,
	};
	struct supervisor_balance_service *service = look.service;
	bool is_first = service->pace.noted_ms == 0;

	*interval_ms = BALANCE_INTERVAL_MOST_MS;
	find_listeners(&look);
	service->is_active = has_steered_group(&look);
	if (!service->is_active)
		return 0;
	look_at_places(&look);
	note_pace(&look);
	*interval_ms = interval_of(&look);
	service->is_active =
		supervisor->loop.now_ms - service->arrived_ms < BALANCE_REST_MS;
	weigh(&look, expected_of(&look, is_first, *interval_ms));
	steer_service(&look);
	supervisor->balance.shown = (int)index;
	return look.in_count * (look.end - look.first);
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
		looked_count +=
			look_at_service(supervisor, index, &interval_ms);
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

static void look_again(struct supervisor *supervisor, int64_t in_ms)
{
	struct timer *timer = &supervisor->balance.timer;

	if (!timer_is_started(timer))
		timer_start(&supervisor->loop.timers, timer,
			    supervisor->loop.now_ms + in_ms);
}

static void look(struct timer *timer)
{
	struct supervisor *supervisor =
		list_entry(timer, struct supervisor, balance.timer);
	int64_t began_us = clock_cpu_us(), interval_ms;

	if (!is_ours(supervisor))
		return;
	look_at_workers(supervisor);
	interval_ms = look_at_services(supervisor);
	if (is_any_active(supervisor))
		look_again(supervisor,
			   balance_spare_ms(interval_ms,
					    clock_cpu_us() - began_us));
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
	if (balance->generation != current->number)
		balance->shown = -1;
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
	    slot >= supervisor->slot_count || balance->shown < 0)
		return -1;
	return (int16_t)balance_share(balance->services[balance->shown].weights,
				      slot);
}

void supervisor_init_balance(struct supervisor *supervisor)
{
	struct supervisor_balance *balance = &supervisor->balance;

	timer_init(&balance->timer, look);
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
