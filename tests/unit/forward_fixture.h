/* SPDX-License-Identifier: MIT */
/* forward_fixture.h - two clients of the world, of which one's bytes go to the
 * other. */
#ifndef COHORT_TESTS_FORWARD_FIXTURE_H
#define COHORT_TESTS_FORWARD_FIXTURE_H

#include "transport_fixture.h"

#define BULK ((size_t)8 << 20)

/* Two clients, and what the first sends goes to the second. */
struct couple {
	struct world *world;
	struct record from, to;
	struct client sender, taker;
};

static inline void link_both(struct couple *couple)
{
	couple->from.verdict = COHORT_KEEP;
	couple->to.verdict = COHORT_KEEP;
	check_int(cohort_forward(couple->from.t, couple->to.t), 0);
}

static inline void open_couple(struct couple *couple)
{
	memset(couple, 0, sizeof(*couple));
	couple->world = world_open();
	couple->sender = open_tcp(couple->world, &couple->from);
	couple->taker = open_tcp(couple->world, &couple->to);
	link_both(couple);
}

static inline void close_couple(struct couple *couple)
{
	if (couple->sender.fd >= 0)
		client_close(&couple->sender);
	if (couple->taker.fd >= 0)
		client_close(&couple->taker);
	world_close(couple->world);
}

static inline bool is_spliced(const struct couple *couple)
{
	return couple->world->worker.forward_pipe[0] >= 0;
}

/* Both clients work until the second has `total` bytes. */
static inline void pump(struct couple *couple, size_t total)
{
	int64_t until_ms = clock_now_ms() + PATIENCE_MS;

	while (couple->taker.received < total && clock_now_ms() < until_ms) {
		client_push(&couple->sender, total);
		turn(couple->world);
		client_pull(&couple->taker);
	}
	check_int(couple->taker.received, total);
	CHECK(!couple->taker.is_corrupt);
}

/* Nobody takes anything: the sender stands, and the queue is bounded. */
static inline size_t fill_up(struct couple *couple)
{
	size_t sent = 1, before;
	int i;

	for (before = 0; before != sent; sent = couple->sender.sent) {
		before = couple->sender.sent;
		for (i = 0; i < 20; i++) {
			client_push(&couple->sender, BULK);
			turn(couple->world);
			CHECK(cohort_queued(couple->to.t) <=
			      couple->world->settings.write_high_bytes +
				      SERVICE_READ_BYTES);
		}
	}
	CHECK(sent < BULK);
	CHECK(!cohort_is_reading(couple->from.t));
	return sent;
}

#endif
