/* SPDX-License-Identifier: MIT */
/* test_transport_mix.c - one stream through all ways of receiving, which
 * change at random inside and outside of callbacks, with pauses: every byte
 * comes once and in order. */
#include "net/transport_internal.h"
#include "random.h"
#include "transport_fixture.h"

#define STREAM_BYTES ((size_t)2 << 20)
#define BUFFER_BYTES 5000

static struct random dice;
static struct cohort_transport *latest; /* NULL after its end */
static size_t taken;
static bool is_corrupt;
static unsigned ways; /* bits of those that were used: d f b */
static unsigned char buffer[BUFFER_BYTES];
static size_t buffer_room;

static const struct cohort_protocol *const protocols[3];

/* Frames of a fixed size are the bytes of the stream and nothing else. */
static void change_framing(struct cohort_transport *t)
{
	const struct cohort_framing framing = {
		.kind = COHORT_FRAMING_FIXED,
		.size = 1 + random_below(&dice, 1 << random_below(&dice, 18)),
	};

	if (random_below(&dice, 3) == 0)
		CHECK(cohort_set_framing(t, NULL) == 0);
	else
		cohort_set_framing(t, &framing);
}

static void act_at_random(struct cohort_transport *t)
{
	unsigned what = random_below(&dice, 16);

	if (what < 3)
		cohort_pause_reading(t);
	else if (what < 5)
		CHECK(cohort_set_protocol(
			      t, protocols[random_below(&dice, 3)]) == 0);
	else if (what < 8)
		change_framing(t);
}

static void take(struct cohort_transport *t, const void *data, size_t size,
		 unsigned way)
{
	CHECK(cohort_is_reading(t));
	if (!are_bytes_right(data, taken, size))
		is_corrupt = true;
	taken += size;
	ways |= way;
	act_at_random(t);
}

static void mix_made(struct cohort_transport *t, void *session)
{
	(void)session;
	latest = t;
}

static void mix_data(struct cohort_transport *t, void *session,
		     const void *data, size_t size)
{
	(void)session;
	take(t, data, size, 1);
}

static void mix_frame(struct cohort_transport *t, void *session,
		      const void *frame, size_t size)
{
	(void)session;
	take(t, frame, size, 2);
}

static void *mix_get(struct cohort_transport *t, void *session, size_t *size)
{
	(void)session;
	act_at_random(t);
	buffer_room = 1 + random_below(&dice, BUFFER_BYTES);
	*size = buffer_room;
	return buffer;
}

static void mix_updated(struct cohort_transport *t, void *session, size_t size)
{
	(void)session;
	CHECK(size <= buffer_room);
	take(t, buffer, size, 4);
}

static void mix_lost(struct cohort_transport *t, void *session,
		     const struct cohort_end *end)
{
	(void)t;
	(void)session;
	(void)end;
	latest = NULL;
}

static const struct cohort_framing seven = {.kind = COHORT_FRAMING_FIXED,
					    .size = 7};

static const struct cohort_protocol by_data = {
	.name = "data",
	.data_received = mix_data,
	.connection_made = mix_made,
	.frame_received = mix_frame,
	.connection_lost = mix_lost,
};

static const struct cohort_protocol by_frames = {
	.name = "frames",
	.framing = &seven,
	.frame_received = mix_frame,
	.connection_lost = mix_lost,
};

static const struct cohort_protocol by_buffer = {
	.name = "buffer",
	.buffer_get = mix_get,
	.buffer_updated = mix_updated,
	.connection_lost = mix_lost,
};

static const struct cohort_protocol *const protocols[3] = {
	&by_data,
	&by_frames,
	&by_buffer,
};

/* From outside of any callback: resume, or something else. */
static void poke(void)
{
	if (random_below(&dice, 3) == 0)
		act_at_random(latest);
	cohort_resume_reading(latest);
}

static void test_mix(uint64_t seed, bool is_tcp)
{
	struct world *world = world_open();
	struct client client;
	int64_t until_ms = clock_now_ms() + PATIENCE_MS;

	dice.state = seed;
	taken = 0;
	world->service.protocol = &by_data;
	client = is_tcp ? open_tcp(world, NULL) : open_unix(world, NULL);
	while (client.sent < STREAM_BYTES && clock_now_ms() < until_ms) {
		size_t more = 1 + random_below(&dice, 100000);

		client_push(&client, client.sent + more);
		turn(world);
		poke();
	}
	/* A frame may be unfinished: by another protocol it is data. */
	CHECK(cohort_set_protocol(latest, &by_data) == 0);
	while (taken < client.sent && clock_now_ms() < until_ms) {
		turn(world);
		CHECK(cohort_set_framing(latest, NULL) == 0);
		if (latest->protocol != &by_data)
			CHECK(cohort_set_protocol(latest, &by_data) == 0);
		cohort_resume_reading(latest);
	}
	check_int(taken, client.sent);
	CHECK(!is_corrupt);
	CHECK(latest->extras->rest.bytes == NULL);
	client_close(&client);
	turn_until(world, latest == NULL);
	world_close(world);
}

int main(void)
{
	uint64_t seed;

	for (seed = 1; seed <= 60; seed++)
		test_mix(seed, seed % 2 == 0);
	check_int(ways, 7);
	return check_result();
}
