/* SPDX-License-Identifier: MIT */
/* test_worker_hooks.c - a protocol's own part of a worker: start, draining,
 * stop, its state, its timers, and what it can ask. */
#include "net/service.h"

#include "transport_fixture.h"

struct state {
	char events[64]; /* s d x; t for each timer */
	int timer_count;
	struct cohort_timer *timer;
};

static struct {
	int result;        /* of worker_start */
	const char *words; /* that it gives */
	char events[64];   /* at worker_stop */
} plan;

static void add(struct state *state, char event)
{
	size_t used = strlen(state->events);

	if (used + 1 < sizeof(state->events))
		state->events[used] = event;
}

static uint64_t callback_of(struct cohort_worker *w)
{
	struct service *service = service_of_public(w);

	return scoreboard_load(
		&scoreboard_cells(service->worker->page)[SCOREBOARD_CALLBACK]);
}

static int starts(struct cohort_worker *w, void *memory)
{
	check_int(callback_of(w), SCOREBOARD_IN_WORKER_START);
	CHECK(cohort_worker_state(w) == memory);
	check_string(((struct state *)memory)->events, "");
	add(memory, 's');
	if (plan.words != NULL)
		cohort_worker_log(w, COHORT_LOG_ERROR, "%s", plan.words);
	return plan.result;
}

static void drains_worker(struct cohort_worker *w, void *memory)
{
	struct cohort_worker_info info;

	check_int(callback_of(w), SCOREBOARD_IN_WORKER_DRAINING);
	cohort_worker_info(w, &info);
	CHECK(info.is_draining);
	add(memory, 'd');
}

static void stops(struct cohort_worker *w, void *memory)
{
	check_int(callback_of(w), SCOREBOARD_IN_WORKER_STOP);
	add(memory, 'x');
	memcpy(plan.events, ((struct state *)memory)->events,
	       sizeof(plan.events));
}

static const struct cohort_protocol hooked = {
	.name = "hooked",
	.session_size = sizeof(struct session),
	.worker_size = sizeof(struct state),
	.worker_start = starts,
	.worker_draining = drains_worker,
	.worker_stop = stops,
};

static struct world *hooked_world(void)
{
	struct world *world = world_open();

	world->service.protocol = &hooked;
	return world;
}

static void test_hooks(void)
{
	struct world *world = hooked_world();
	struct error error;

	memset(&plan, 0, sizeof(plan));
	check_int(service_start(&world->service, &error), 0);
	world->worker.is_draining = true;
	service_announce_drain(&world->service);
	service_stop(&world->service);
	check_string(plan.events, "sdx");
	/* Not twice. */
	memset(&plan, 0, sizeof(plan));
	service_stop(&world->service);
	check_string(plan.events, "");
	world_close(world);
}

static void test_start_fails(void)
{
	struct world *world = hooked_world();
	struct error error;

	memset(&plan, 0, sizeof(plan));
	plan.result = -1;
	plan.words = "no such table";
	check_int(service_start(&world->service, &error), -1);
	check_string(error.text, "service test: no such table");
	/* It was never there. */
	service_announce_drain(&world->service);
	service_stop(&world->service);
	check_string(plan.events, "");
	plan.words = NULL;
	check_int(service_start(&world->service, &error), -1);
	CHECK(strstr(error.text, "does not say why") != NULL);
	service_stop(&world->service);
	world_close(world);
}

static void test_no_hooks(void)
{
	struct world *world = world_open();
	struct cohort_worker *w = service_public(&world->service);
	struct error error;

	check_int(service_start(&world->service, &error), 0);
	CHECK(cohort_worker_state(w) == NULL);
	CHECK(cohort_worker_options(w) == NULL);
	service_announce_drain(&world->service);
	service_stop(&world->service);
	world_close(world);
}

static void test_knowing(void)
{
	static const int options = 7;
	struct world *world = world_open();
	struct record record = {0};
	struct client client;
	struct cohort_worker *w = service_public(&world->service);
	struct cohort_worker_info info;
	uint64_t id;

	world->service.protocol_options = &options;
	world->worker.worker_count = 3;
	client = open_tcp(world, &record);
	CHECK(cohort_worker(record.t) == w);
	CHECK(cohort_worker_options(w) == &options);
	cohort_worker_info(w, &info);
	check_string(info.service, "test");
	check_int(info.worker, 7);
	check_int(info.worker_count, 3);
	check_int(info.connections_count, 1);
	check_int(info.now_ms, world->loop.now_ms);
	CHECK(!info.is_draining);
	id = record.id;
	CHECK(cohort_worker_find(w, id) == record.t);
	client_close(&client);
	turn_until(world, !is_alive(&record));
	CHECK(cohort_worker_find(w, id) == NULL);
	world_close(world);
}

/* ---- Timers ---- */

static void count(struct cohort_worker *w, void *argument)
{
	check_int(callback_of(w), SCOREBOARD_IN_TIMER);
	(*(int *)argument)++;
}

static void free_itself(struct cohort_worker *w, void *argument)
{
	struct state *state = argument;

	(void)w;
	state->timer_count++;
	cohort_timer_free(state->timer);
	state->timer = NULL;
}

static void set_again(struct cohort_worker *w, void *argument)
{
	struct state *state = argument;

	(void)w;
	if (++state->timer_count < 5)
		cohort_timer_set(state->timer, 0);
}

static void test_timers(void)
{
	struct world *world = world_open();
	struct cohort_worker *w = service_public(&world->service);
	int soon_count = 0, late_count = 0, never_count = 0;
	struct cohort_timer *soon = cohort_timer_new(w, count, &soon_count);
	struct cohort_timer *late = cohort_timer_new(w, count, &late_count);
	struct cohort_timer *never = cohort_timer_new(w, count, &never_count);

	CHECK(soon && late && never);
	cohort_timer_set(soon, 0);
	check_int(soon_count, 0); /* not from inside the call */
	cohort_timer_set(late, 5);
	cohort_timer_set(late, PATIENCE_MS * 10);
	cohort_timer_set(never, 1);
	cohort_timer_cancel(never);
	cohort_timer_cancel(never);
	turn_until(world, soon_count == 1);
	turn_for(world, 20);
	check_int(soon_count, 1);
	check_int(late_count, 0);
	check_int(never_count, 0);
	cohort_timer_set(soon, -5);
	turn_until(world, soon_count == 2);
	cohort_timer_set(never, INT64_MAX);
	turn_for(world, 5);
	check_int(never_count, 0);
	cohort_timer_free(NULL);
	cohort_timer_free(soon);
	/* The others are left to the worker. */
	service_stop(&world->service);
	CHECK(list_is_empty(&world->service.timers));
	world_close(world);
}

static void test_timer_in_its_callback(void)
{
	struct world *world = world_open();
	struct cohort_worker *w = service_public(&world->service);
	struct state state = {.timer_count = 0};

	state.timer = cohort_timer_new(w, free_itself, &state);
	cohort_timer_set(state.timer, 1);
	turn_until(world, state.timer_count == 1);
	CHECK(state.timer == NULL);
	state.timer_count = 0;
	state.timer = cohort_timer_new(w, set_again, &state);
	cohort_timer_set(state.timer, 0);
	turn_until(world, state.timer_count == 5);
	turn_for(world, 10);
	check_int(state.timer_count, 5);
	service_stop(&world->service);
	world_close(world);
}

int main(void)
{
	test_hooks();
	test_start_fails();
	test_no_hooks();
	test_knowing();
	test_timers();
	test_timer_in_its_callback();
	return check_result();
}
