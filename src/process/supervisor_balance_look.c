/* SPDX-License-Identifier: MIT */
/* supervisor_balance_look.c - one look at the workers, and at one service. */
#include "process/supervisor_balance_look.h"

#include <poll.h>
#include <string.h>

#include "process/supervisor_internal.h"
#include "process/supervisor_publish.h"

_Static_assert(BALANCE_SLOTS == CONFIG_WORKERS_MAX &&
		       2 * SERVICE_PAUSE_MS < BALANCE_REST_MS,
	       "what balance.h takes for granted");

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
	bool is_in[BALANCE_SLOTS];      /* clients are sent there */
	bool is_waiting[BALANCE_SLOTS]; /* somebody, in a queue of the slot */
	bool is_anybody_late; /* … and may be more so at the next look */
	struct balance_load loads[BALANCE_SLOTS];
};

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

void supervisor_look_at_workers(struct supervisor *supervisor)
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
			memset(&worker->lag, 0, sizeof(worker->lag));
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

static void find_in(struct look *look, const struct bank_group *group)
{
	unsigned i;

	for (i = 0; i < group->order_count; i++)
		if (!bank_is_stranger(group->order[i]) &&
		    !group->steering.is_out[i])
			look->is_in[group->order[i]] = true;
}

static void find_waiting(struct look *look)
{
	unsigned i, slot, count = look->supervisor->slot_count;
	struct pollfd found[BALANCE_SLOTS];
	const struct bank_group *group;

	for (i = look->first; i < look->end; i++) {
		group = steered_group(look, i);
		if (!group)
			continue;
		find_in(look, group);
		supervisor_find_waiting(group, found, count);
		for (slot = 0; slot < count; slot++)
			look->is_waiting[slot] |= found[slot].revents != 0;
	}
}

static uint64_t queue_of(const struct look *look, unsigned slot)
{
	struct sockopt_tcp tcp;
	uint64_t sum = 0;
	unsigned i;

	if (!look->is_waiting[slot])
		return 0;
	for (i = look->first; i < look->end; i++) {
		struct bank_group *group = steered_group(look, i);
		int fd = group ? bank_get(group, slot) : BANK_NONE;

		if (fd >= 0 && sockopt_tcp_info(fd, &tcp) == 0)
			sum += tcp.accept_queue;
	}
	return sum;
}

/* For how long have they waited while it took none? */
static int64_t wait_of(struct supervisor_balance_place *place,
		       uint64_t accepted, uint64_t queue, int64_t now_ms)
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
	struct supervisor_balance_place *place = &look->service->places[slot];
	uint64_t accepted =
		scoreboard_peek(child->page, look->index, SCOREBOARD_ACCEPTED);
	uint64_t live =
		scoreboard_peek(child->page, look->index, SCOREBOARD_LIVE);
	uint64_t queue = queue_of(look, slot);
	int64_t now_ms = look->supervisor->loop.now_ms, wait_ms;

	/* What a worker that is taken over had before did not come now. */
	if (place->pid != child->pid)
		*place = (struct supervisor_balance_place){
			.pid = child->pid, .accepted = accepted};
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
		.lag_ms = longer(worker->lag.again.lag_ms,
				 place->lag.again.lag_ms),
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
		if (look->is_in[i] && may_get(child, look->index))
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

unsigned supervisor_look_at_service(struct supervisor *supervisor,
				    unsigned index, int64_t *interval_ms)
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
	service->is_steered = has_steered_group(&look);
	service->is_active = service->is_steered;
	if (!service->is_active)
		return 0;
	find_waiting(&look);
	look_at_places(&look);
	note_pace(&look);
	*interval_ms = interval_of(&look);
	service->is_active =
		supervisor->loop.now_ms - service->arrived_ms < BALANCE_REST_MS;
	weigh(&look, expected_of(&look, is_first, *interval_ms));
	steer_service(&look);
	return look.in_count * (look.end - look.first);
}
