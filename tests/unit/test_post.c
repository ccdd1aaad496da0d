/* SPDX-License-Identifier: MIT */
/* test_post.c - work posted to a worker from other threads. */
#include <pthread.h>

#include "transport_fixture.h"

#define POSTS   10000
#define THREADS 4

struct sender {
	struct world *world;
	pthread_t thread;
	uintptr_t next; /* to arrive */
	int failed_count;
};

struct post {
	struct sender *sender;
	uintptr_t number;
};

static void arrived(struct cohort_worker *w, void *argument)
{
	struct post *post = argument;
	uint64_t *cells = scoreboard_cells(service_of_public(w)->worker->page);

	if (post->number == post->sender->next)
		post->sender->next++;
	else
		CHECK(post->number == post->sender->next);
	if (post->number == 0)
		check_int(cells[SCOREBOARD_CALLBACK], SCOREBOARD_IN_POSTED);
	free(post);
}

static void send_one(struct sender *sender, uintptr_t number)
{
	struct post *post = malloc(sizeof(*post));

	if (post == NULL)
		abort();
	*post = (struct post){sender, number};
	if (cohort_post(service_public(&sender->world->service), arrived,
			post) == 0)
		return;
	sender->failed_count++;
	free(post);
}

static void *send_all(void *argument)
{
	uintptr_t i;

	for (i = 0; i < POSTS; i++)
		send_one(argument, i);
	return NULL;
}

static void test_threads(void)
{
	struct world *world = world_open();
	struct sender senders[THREADS];
	int i;

	memset(senders, 0, sizeof(senders));
	world->loop.turn_limit_ms = PATIENCE_MS; /* posts alone wake it */
	for (i = 0; i < THREADS; i++) {
		senders[i].world = world;
		CHECK(pthread_create(&senders[i].thread, NULL, send_all,
				     &senders[i]) == 0);
	}
	for (i = 0; i < THREADS; i++)
		turn_until(world, senders[i].next == POSTS);
	for (i = 0; i < THREADS; i++) {
		pthread_join(senders[i].thread, NULL);
		check_int(senders[i].failed_count, 0);
	}
	world->loop.turn_limit_ms = 2;
	world_close(world);
}

/* One turn runs a share; those posted meanwhile come after the rest. */
static void test_share(void)
{
	struct world *world = world_open();
	struct sender sender = {.world = world};
	uintptr_t i;

	for (i = 0; i < INBOX_TURN_LETTERS * 4; i++)
		send_one(&sender, i);
	turn(world);
	CHECK(sender.next < INBOX_TURN_LETTERS * 4);
	send_one(&sender, i);
	turn_until(world, sender.next == INBOX_TURN_LETTERS * 4 + 1);
	world_close(world);
}

static void post_again(struct cohort_worker *w, void *argument)
{
	int *count = argument;

	if (++*count < 5)
		CHECK(cohort_post(w, post_again, argument) == 0);
}

static void post_too_late(struct cohort_worker *w, void *argument)
{
	errno = 0;
	CHECK(cohort_post(w, post_too_late, argument) < 0);
	check_int(errno, ESHUTDOWN);
	(*(int *)argument)++;
}

/* What was taken runs, also when the loop does not turn any more. */
static void test_end(void)
{
	struct world *world = world_open();
	struct cohort_worker *w = service_public(&world->service);
	int count = 0, last_count = 0, i;

	CHECK(cohort_post(w, post_again, &count) == 0);
	check_int(count, 0); /* never from inside */
	turn_until(world, count == 5);
	for (i = 0; i < 1000; i++)
		CHECK(cohort_post(w, post_too_late, &last_count) == 0);
	worker_context_end(&world->worker);
	check_int(last_count, 1000);
	post_too_late(w, &last_count);
	world_close(world);
}

int main(void)
{
	test_threads();
	test_share();
	test_end();
	return check_result();
}
