/* SPDX-License-Identifier: MIT */
/* header_fixture.h - a world whose transports begin with a PROXY header, and
 * clients that send one, or something else. */
#ifndef COHORT_TESTS_HEADER_FIXTURE_H
#define COHORT_TESTS_HEADER_FIXTURE_H

#include "transport_fixture.h"

#define SHORT_MS 40

#define LINE      "PROXY TCP4 192.0.2.1 192.0.2.2 5000 80\r\n"
#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define BLOCK     "\xc0\0\2\1\xc0\0\2\2\x13\x88\0\x50" /* the same as LINE */
#define TLV       "\2\0\3a.b"
#define HEADER    SIGNATURE "\x21\x11\0\x12" BLOCK TLV
#define LOCAL     SIGNATURE "\x20\0\0\0"

struct bytes {
	const char *at;
	size_t size;
};
#define BYTES(text) ((struct bytes){(text), sizeof(text) - 1})

static inline struct world *header_world(enum service_proxy mode)
{
	struct world *world = world_open();

	world->settings.proxy = mode;
	world->settings.proxy_timeout_ms = 60 * PATIENCE_MS; /* never */
	world->settings.proxy_limit_bytes = 4096;
	return world;
}

static inline void send_bytes(struct client *client, struct bytes bytes)
{
	CHECK(send(client->fd, bytes.at, bytes.size, MSG_NOSIGNAL) ==
	      (ssize_t)bytes.size);
}

static inline void check_text(int result, const struct cohort_address *address,
			      const char *expected)
{
	check_int(result, 0);
	check_string(address->text, expected);
}

/* Turns in a while: one that has nothing to do takes two milliseconds. */
static inline void check_no_spin(struct world *world)
{
	int64_t begin_ms = clock_now_ms();
	int turns = 0;

	for (; clock_now_ms() < begin_ms + SHORT_MS; turns++)
		turn(world);
	CHECK(turns <= clock_now_ms() - begin_ms);
}

/* The one transport there is ends without having begun. */
static inline void check_untold_end(struct world *world,
				    const struct record *record,
				    enum cohort_reason reason)
{
	turn_until(world, world->service.live_count == 0);
	check_string(record->events, "");
	check_int(closed_count(world), 1);
	check_int(count_of(world, SCOREBOARD_CLOSED + reason), 1);
	check_int(count_of(world, SCOREBOARD_RECEIVED_BYTES), 0);
	check_books(world);
}

#endif
