/* SPDX-License-Identifier: MIT */
/* supervisor_publish.c - what the supervisor knows, for others to see. */
#include "process/supervisor_publish.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "metrics/process_stats.h"
#include "process/supervisor_internal.h"

#define GENERATIONS      64 /* that are told apart */
/* Between two counts of descriptors: while something happens, and not. */
#define COUNT_MS         1000
#define COUNT_AT_REST_MS 10000

_Static_assert((int)SLOT_STATES == (int)BOARD_SLOT_STATES &&
		       (int)WORKER_STATES == (int)BOARD_WORKER_STATES &&
		       CONFIG_WORKERS_MAX == BOARD_SLOTS,
	       "the board has the supervisor's words");

/* ---- Slots and workers ------------------------------------------------ */

static bool has_full_service(const struct child *child)
{
	size_t i;

	for (i = 0; i < sizeof(child->full) / sizeof(child->full[0]); i++)
		if (child->full[i] != 0)
			return true;
	return false;
}

static struct board_worker show_child(const struct child *child)
{
	return (struct board_worker){
		.pid = child->pid,
		.generation = child->generation,
		.slot = (uint16_t)child->slot->number,
		.state = (uint8_t)child->state,
		.is_suspect = child->is_suspect,
		.is_full = has_full_service(child),
		.is_leaving = child->is_leaving,
		.is_orphan = child->is_orphan,
		.ready_ms = child->ready_ms,
		.drain_until_ms = child->drain_until_ms,
	};
}

static void show_children(const struct supervisor *supervisor,
			  struct board_picture *picture)
{
	const struct child *child;
	unsigned i, page;

	memset(picture->workers, 0,
	       picture->worker_high * sizeof(picture->workers[0]));
	for (i = 0; i < supervisor->child_high; i++) {
		child = &supervisor->children[i];
		if (!child->slot || child->pid <= 0)
			continue;
		page = scoreboard_index(supervisor->scoreboard, child->page);
		picture->workers[page] = show_child(child);
		if (page >= picture->worker_high)
			picture->worker_high = page + 1;
	}
}

/* One address is enough. */
static void show_group(const struct bank_group *group,
		       struct board_picture *picture, unsigned slot_high)
{
	unsigned i;

	for (i = 0; i < group->steering.count && i < group->order_count; i++)
		if (group->is_steered && group->steering.is_out[i] &&
		    !bank_is_stranger(group->order[i]))
			picture->slots[group->order[i]].is_steered_around =
				true;
	for (i = 0; i < slot_high; i++)
		if (group->adopters[i])
			picture->slots[i].adopter =
				(int16_t)group->adopters[i]->slot->number;
}

/* Wanted ones may not have had a worker yet. */
static void note_slots(const struct supervisor *supervisor,
		       struct board_picture *picture)
{
	if (picture->slot_high < supervisor->slot_high)
		picture->slot_high = supervisor->slot_high;
	if (picture->slot_high < supervisor->slot_count)
		picture->slot_high = supervisor->slot_count;
}

/* Slots beyond the highest that there ever was stay as they are. */
static void show_slots(const struct supervisor *supervisor,
		       struct board_picture *picture)
{
	const struct generation *current = supervisor->current;
	unsigned i;

	picture->slot_count = supervisor->slot_high;
	for (i = 0; i < picture->slot_high; i++)
		picture->slots[i] = (struct board_slot){
			.state = (uint8_t)supervisor->slots[i].state,
			.is_wanted = i < supervisor->slot_count,
			.adopter = -1,
			.share_percent = supervisor_share_of(supervisor, i),
		};
	for (i = 0; i < current->listener_count; i++)
		if (current->groups[i])
			show_group(current->groups[i], picture,
				   supervisor->slot_high);
}

/* ---- Cells ------------------------------------------------------------ */

static enum board_phase phase_of(const struct supervisor *supervisor)
{
	if (supervisor->is_stopping || timer_is_started(&supervisor->delay))
		return BOARD_PHASE_DRAINING;
	if (!supervisor->was_ready)
		return BOARD_PHASE_STARTING;
	switch (supervisor->ordered.operation) {
	case ORDER_RELOAD: return BOARD_PHASE_RELOADING;
	case ORDER_UPGRADE: return BOARD_PHASE_UPGRADING;
	default: return BOARD_PHASE_SERVING;
	}
}

static unsigned count_generations(const struct board_picture *picture)
{
	uint32_t seen[GENERATIONS] = {0};
	unsigned i, j, count = 0;

	for (i = 0; i < picture->worker_high && count < GENERATIONS; i++) {
		if (picture->workers[i].pid == 0)
			continue;
		for (j = 0; j < count; j++)
			if (seen[j] == picture->workers[i].generation)
				break;
		if (j == count)
			seen[count++] = picture->workers[i].generation;
	}
	return count;
}

static unsigned count_steered(const struct board_picture *picture)
{
	unsigned i, count = 0;

	for (i = 0; i < picture->slot_high; i++)
		count += picture->slots[i].is_wanted &&
			 picture->slots[i].is_steered_around;
	return count;
}

static enum log_level level_in_force(void)
{
	int level = 0;

	while (level + 1 < LOG_LEVELS && !log_is_enabled((enum log_level)level))
		level++;
	return (enum log_level)level;
}

/* Its files tell the admin process all but this.  What opens or closes some
 * begins or ends with an event, but for few. */
static void count_descriptors(struct supervisor *supervisor)
{
	struct supervisor_published *published = &supervisor->published;
	int64_t now_ms = supervisor->loop.now_ms;

	published->is_uncounted |= supervisor->loop.event_count > 0;
	if (now_ms - published->counted_ms <
	    (published->is_uncounted ? COUNT_MS : COUNT_AT_REST_MS))
		return;
	published->is_uncounted = false;
	published->counted_ms = now_ms;
	board_set(supervisor->scoreboard, BOARD_OPEN_FDS,
		  process_count_descriptors());
}

static void show_cells(const struct supervisor *supervisor,
		       const struct board_picture *picture)
{
	struct scoreboard *board = supervisor->scoreboard;
	int64_t until_ms = supervisor->stop_until_ms;

	board_set(board, BOARD_PHASE, phase_of(supervisor));
	board_set(board, BOARD_GENERATION, supervisor->current->number);
	board_set(board, BOARD_GENERATIONS, count_generations(picture));
	board_set(board, BOARD_WORKERS_WANTED, supervisor->slot_count);
	board_set(board, BOARD_SLOTS_STEERED, count_steered(picture));
	board_set(board, BOARD_LOG_DROPPED,
		  supervisor->published.log_dropped_before +
			  log_dropped_count());
	board_set(board, BOARD_LOG_LEVEL, level_in_force());
	board_set(board, BOARD_STOP_UNTIL_MS,
		  until_ms == SUPERVISOR_NO_TIME ? 0 : (uint64_t)until_ms);
	board_set(board, BOARD_HEARTBEAT_MS, (uint64_t)supervisor->loop.now_ms);
}

/* ---- Services --------------------------------------------------------- */

/* NULL: it has none of that name. */
static const struct config_service *find_service(const struct config *config,
						 const char *name)
{
	unsigned i;

	for (i = 0; i < config->service_count; i++)
		if (strcmp(config->services[i].name, name) == 0)
			return &config->services[i];
	return NULL;
}

void supervisor_publish_services(struct supervisor *supervisor)
{
	struct scoreboard *board = supervisor->scoreboard;
	unsigned row, slot, count = board_service_count(board);
	const struct config_service *service;

	for (row = 0; row < count; row++) {
		service = find_service(supervisor->current->config,
				       board_service_name(board, row));
		board_set_service(
			board, row, service != NULL,
			service && supervisor_is_suspended(supervisor,
							   service->name));
		for (slot = 0; slot < CONFIG_WORKERS_MAX && !service; slot++)
			board_set_queue(board, row, slot, 0);
	}
	supervisor->published.generation = supervisor->current->number;
	supervisor->published.service_count = count;
}

/* A row comes with the first worker that counts for it. */
static void review_services(struct supervisor *supervisor)
{
	if (supervisor->published.generation != supervisor->current->number ||
	    supervisor->published.service_count !=
		    board_service_count(supervisor->scoreboard))
		supervisor_publish_services(supervisor);
}

/* ---- Accept queues ---------------------------------------------------- */

void supervisor_find_waiting(const struct bank_group *group,
			     struct pollfd *found, unsigned slot_count)
{
	unsigned i;

	for (i = 0; i < slot_count; i++)
		found[i] = (struct pollfd){
			.fd = bank_get(group, i),
			.events = POLLIN,
		};
	if (poll(found, slot_count, 0) >= 0)
		return;
	for (i = 0; i < slot_count; i++)
		found[i].revents = POLLIN;
}

/* Whether one has anybody now, or had. */
static bool measure_group(struct bank_group *group, unsigned slot_count)
{
	struct pollfd found[CONFIG_WORKERS_MAX];
	struct sockopt_tcp tcp;
	bool is_any = false;
	unsigned i;

	if (group->is_shared)
		slot_count = 1;
	supervisor_find_waiting(group, found, slot_count);
	for (i = 0; i < slot_count; i++) {
		is_any |= group->queues[i] > 0;
		group->queues[i] = 0;
		if (found[i].fd < 0 || found[i].revents == 0 ||
		    sockopt_tcp_info(found[i].fd, &tcp) < 0)
			continue;
		group->queues[i] = tcp.accept_queue;
		is_any |= tcp.accept_queue > 0;
	}
	return is_any;
}

/* 0: none of it listens yet, or it does not say. */
static uint32_t limit_of(const struct bank_group *group, unsigned slot_count)
{
	struct sockopt_tcp tcp;
	unsigned i;

	if (group->is_shared)
		slot_count = 1;
	for (i = 0; i < slot_count; i++)
		if (bank_get(group, i) >= 0 &&
		    sockopt_tcp_info(bank_get(group, i), &tcp) == 0 &&
		    tcp.accept_queue_limit > 0)
			return tcp.accept_queue_limit;
	return 0;
}

/* The listeners of one service, from `first` to before `end`. */
static void publish_queues(const struct supervisor *supervisor, int row,
			   unsigned first, unsigned end)
{
	const struct generation *current = supervisor->current;
	unsigned slot, i;
	uint32_t sum;

	for (slot = 0; row >= 0 && slot < supervisor->slot_high; slot++) {
		sum = 0;
		for (i = first; i < end; i++)
			if (slot == 0 || !current->groups[i]->is_shared)
				sum += current->groups[i]->queues[slot];
		board_set_queue(supervisor->scoreboard, (unsigned)row, slot,
				sum);
	}
}

/* It changes with the generation, and each listener of a service has it. */
static void publish_limit(const struct supervisor *supervisor, int row,
			  unsigned first, unsigned end)
{
	const struct generation *current = supervisor->current;
	uint32_t limit = 0;
	unsigned i;

	for (i = first; i < end && limit == 0; i++)
		limit = limit_of(current->groups[i], supervisor->slot_high);
	if (limit == 0)
		return;
	board_set_queue_limit(supervisor->scoreboard, (unsigned)row, limit);
	current->groups[first]->limit_generation = current->number;
}

static void measure_service(const struct supervisor *supervisor, unsigned first,
			    unsigned end)
{
	const struct generation *current = supervisor->current;
	bool is_known =
		current->groups[first]->limit_generation == current->number;
	bool is_any = false;
	unsigned i;
	int row;

	for (i = first; i < end; i++)
		is_any |= measure_group(current->groups[i],
					supervisor->slot_high);
	if (!is_any && is_known)
		return;
	row = board_find_service(supervisor->scoreboard,
				 generation_service(current, first)->name);
	publish_queues(supervisor, row, first, end);
	if (row >= 0 && !is_known)
		publish_limit(supervisor, row, first, end);
}

/* Listeners are in the order of their services. */
void supervisor_measure_queues(struct supervisor *supervisor)
{
	const struct generation *current = supervisor->current;
	unsigned first = 0, end;

	while (first < current->listener_count) {
		end = first + 1;
		while (end < current->listener_count &&
		       current->plan[end].service ==
			       current->plan[first].service)
			end++;
		measure_service(supervisor, first, end);
		first = end;
	}
}

/* ---- Events ----------------------------------------------------------- */

void supervisor_note_failure(struct supervisor *supervisor, const char *words)
{
	bool is_upgrade = supervisor->ordered.operation == ORDER_UPGRADE;
	struct scoreboard *board = supervisor->scoreboard;

	/* A takeover is not a reload that anybody asked for. */
	if (supervisor->ordered.is_succession)
		return;
	if (supervisor->ordered.complaint.text[0] != '\0')
		words = supervisor->ordered.complaint.text;
	board_count(board, is_upgrade ? BOARD_UPGRADES_FAILURE
				      : BOARD_RELOADS_FAILURE);
	board_note(board,
		   is_upgrade ? BOARD_EVENT_UPGRADE_FAILED
			      : BOARD_EVENT_RELOAD_FAILED,
		   -1, "%s", words);
	board_set_failure(board, words);
}

void supervisor_note_success(struct supervisor *supervisor)
{
	bool is_upgrade = supervisor->ordered.operation == ORDER_UPGRADE;
	struct scoreboard *board = supervisor->scoreboard;

	if (supervisor->ordered.is_succession)
		return;
	board_count(board, is_upgrade ? BOARD_UPGRADES_SUCCESS
				      : BOARD_RELOADS_SUCCESS);
	if (!is_upgrade)
		board_set(board, BOARD_RELOADED_WALL_MS,
			  (uint64_t)clock_wall_ms());
	board_note(
		board, is_upgrade ? BOARD_EVENT_UPGRADED : BOARD_EVENT_RELOADED,
		-1, "%s%sgeneration %u serves with %u worker%s",
		is_upgrade ? "to " COHORT_VERSION : "", is_upgrade ? ", " : "",
		supervisor->current->number, supervisor->slot_count,
		supervisor->slot_count == 1 ? "" : "s");
	board_set_failure(board, "");
}

/* ---- Turns ------------------------------------------------------------ */

static void publish(void *context, struct loop *loop)
{
	struct supervisor *supervisor = context;

	(void)loop;
	note_slots(supervisor, supervisor->published.picture);
	show_slots(supervisor, supervisor->published.picture);
	show_children(supervisor, supervisor->published.picture);
	board_show(supervisor->scoreboard, supervisor->published.picture);
	show_cells(supervisor, supervisor->published.picture);
	count_descriptors(supervisor);
	review_services(supervisor);
}

/* Pages that have no worker need not be looked at each time. */
static void forget_unused(struct board_picture *picture)
{
	while (picture->worker_high > 0 &&
	       picture->workers[picture->worker_high - 1].pid == 0)
		picture->worker_high--;
}

void supervisor_start_publishing(struct supervisor *supervisor)
{
	struct scoreboard *board = supervisor->scoreboard;

	if (board_get(board, BOARD_STARTED_WALL_MS) == 0)
		board_set(board, BOARD_STARTED_WALL_MS,
			  (uint64_t)clock_wall_ms());
	supervisor->published.log_dropped_before =
		board_get(board, BOARD_LOG_DROPPED);
	supervisor->loop.observer = publish;
	supervisor->loop.observer_context = supervisor;
	board_set(board, BOARD_SUPERVISOR_PID, (uint64_t)getpid());
	supervisor->published.counted_ms = -COUNT_AT_REST_MS;
	/* One before us may have shown more.  Whoever looks before the first
	 * turn has ended sees it, too. */
	supervisor->published.picture->worker_high = SCOREBOARD_PAGES;
	supervisor->published.picture->slot_high = BOARD_SLOTS;
	publish(supervisor, &supervisor->loop);
	forget_unused(supervisor->published.picture);
	supervisor->published.picture->slot_high = 0;
}
