/* SPDX-License-Identifier: MIT */
/* test_accepting.c - a worker says that it accepts, after a rest. */
#include "transport_fixture.h"

static struct said {
	unsigned count;
	bool is_refused; /* nobody can be told */
} said;

static bool say(struct worker_context *worker, struct service *service)
{
	(void)worker;
	(void)service;
	said.count++;
	return !said.is_refused;
}

/* One is accepted so long after the one before: how often was it said? */
static unsigned accept_after(struct world *world, int64_t rest_ms)
{
	said.count = 0;
	world->loop.now_ms += rest_ms;
	service_add_live(&world->service);
	service_remove_live(&world->service);
	return said.count;
}

static struct world *open_adaptive(void)
{
	struct world *world = world_open();

	said = (struct said){0};
	world->settings.balance = STEERING_ADAPTIVE;
	world->worker.accepts_again = say;
	check_int(accept_after(world, SERVICE_PAUSE_MS), 1);
	return world;
}

static void test_it_is_said_after_a_rest_only(void)
{
	struct world *world = open_adaptive();
	unsigned i;

	/* Each of them counts, however long they go on to come. */
	for (i = 0; i < 10; i++)
		check_int(accept_after(world, SERVICE_PAUSE_MS - 1), 0);
	check_int(accept_after(world, 0), 0);
	check_int(accept_after(world, SERVICE_PAUSE_MS), 1);
	check_int(accept_after(world, 1), 0);
	world_close(world);
}

/* The channel was full: the next one tries, and the one after need not. */
static void test_what_could_not_be_said_is_said_by_the_next(void)
{
	struct world *world = open_adaptive();

	said.is_refused = true;
	check_int(accept_after(world, SERVICE_PAUSE_MS), 1);
	check_int(accept_after(world, 0), 1);
	said.is_refused = false;
	check_int(accept_after(world, 1), 1);
	check_int(accept_after(world, 1), 0);
	world_close(world);
}

static void test_nobody_wants_to_know(void)
{
	struct world *world = open_adaptive();

	world->settings.balance = STEERING_RANDOM;
	check_int(accept_after(world, SERVICE_PAUSE_MS), 0);
	world->settings.balance = STEERING_ADAPTIVE;
	world->worker.accepts_again = NULL;
	check_int(accept_after(world, SERVICE_PAUSE_MS), 0);
	world_close(world);
}

int main(void)
{
	test_it_is_said_after_a_rest_only();
	test_what_could_not_be_said_is_said_by_the_next();
	test_nobody_wants_to_know();
	return check_result();
}
