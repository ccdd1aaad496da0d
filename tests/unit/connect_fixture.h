/* SPDX-License-Identifier: MIT */
/* connect_fixture.h - outgoing transports of the world's service, and what is
 * at their other end. */
#ifndef COHORT_TESTS_CONNECT_FIXTURE_H
#define COHORT_TESTS_CONNECT_FIXTURE_H

#include "transport_fixture.h"

#define ADDRESS_ROOM 64

static inline struct cohort_worker *worker_of(struct world *world)
{
	return service_public(&world->service);
}

static inline struct cohort_transport *dial_as(struct world *world,
					       struct record *record,
					       const struct cohort_connect *how)
{
	struct cohort_transport *t = cohort_connect(worker_of(world), how);

	if (t == NULL)
		return NULL;
	CHECK(record_of(cohort_session(t)) == NULL); /* zeroed */
	((struct session *)cohort_session(t))->record = record;
	record->t = t;
	record->id = cohort_id(t);
	return t;
}

static inline struct cohort_transport *
dial(struct world *world, struct record *record, const char *address)
{
	const struct cohort_connect how = {
		.address = address,
		.protocol = &recorder,
		.timeout_ms = PATIENCE_MS,
	};

	return dial_as(world, record, &how);
}

/* "127.0.0.1:PORT" of the world's listener. */
static inline const char *address_text(const struct world *world,
				       char out[ADDRESS_ROOM])
{
	snprintf(out, ADDRESS_ROOM, "127.0.0.1:%u",
		 ntohs(world->address.sin_port));
	return out;
}

static inline struct cohort_transport *dial_world(struct world *world,
						  struct record *record)
{
	char text[ADDRESS_ROOM];

	return dial(world, record, address_text(world, text));
}

/* The other end of what was dialed. */
static inline struct client accept_peer(struct world *world)
{
	struct client client = {.fd = -1};

	client.fd = accept4(world->listener, NULL, NULL,
			    SOCK_NONBLOCK | SOCK_CLOEXEC);
	CHECK(client.fd >= 0);
	return client;
}

/* A listener that answers nobody: its queue is full.  Returns what fills it;
 * the address is left in `text`. */
struct hole {
	int listener;
	int fillers[8];
	char text[ADDRESS_ROOM];
};

static inline void hole_open_at(struct hole *hole, uint32_t host, uint16_t port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(host),
	};
	socklen_t size = sizeof(address);
	size_t i;

	hole->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(bind(hole->listener, (struct sockaddr *)&address, size) == 0);
	CHECK(listen(hole->listener, 0) == 0);
	CHECK(getsockname(hole->listener, (struct sockaddr *)&address, &size) ==
	      0);
	for (i = 0; i < sizeof(hole->fillers) / sizeof(int); i++) {
		hole->fillers[i] = socket(
			AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		CHECK(connect(hole->fillers[i], (struct sockaddr *)&address,
			      size) == 0 ||
		      errno == EINPROGRESS);
	}
	snprintf(hole->text, sizeof(hole->text), "127.0.0.1:%u",
		 ntohs(address.sin_port));
}

static inline void hole_open(struct hole *hole)
{
	hole_open_at(hole, INADDR_LOOPBACK, 0);
}

static inline void hole_close(struct hole *hole)
{
	size_t i;

	close(hole->listener);
	for (i = 0; i < sizeof(hole->fillers) / sizeof(int); i++)
		close(hole->fillers[i]);
}

/* An address where nobody listens: bound, and therefore nobody else's. */
static inline int nobody(char text[ADDRESS_ROOM])
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(bind(fd, (struct sockaddr *)&address, size) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&address, &size) == 0);
	snprintf(text, ADDRESS_ROOM, "127.0.0.1:%u", ntohs(address.sin_port));
	return fd;
}

#endif
