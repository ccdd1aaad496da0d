/* SPDX-License-Identifier: MIT */
/* test_transport_memory.c - what an idle connection costs of memory. */
#include <malloc.h>

#include "protocols/protocols.h"
#include "transport_fixture.h"

#define IDLE_COUNT     300
#define IDLE_BYTES_MAX 256 /* all in, without the session */

/* What is in use, with what the allocator adds.  Another libc does not tell; a
 * sanitizer or valgrind has its own allocator, of which mallinfo2 knows
 * nothing. */
#ifdef __GLIBC__
#define TELLS_HEAP __GLIBC_PREREQ(2, 33)
#else
#define TELLS_HEAP 0
#endif

#if TELLS_HEAP
static size_t heap_bytes(void)
{
	return mallinfo2().uordblks;
}
#else
static size_t heap_bytes(void)
{
	return 0;
}
#endif

static bool tells_heap(void)
{
	void *volatile memory = malloc(1000); /* not left out */
	bool is_known = heap_bytes() > 0;

	free(memory);
	return is_known;
}

/* One that has exchanged a message, with every timeout running. */
static struct client open_used(struct world *world)
{
	struct client client;

	client.fd = -1;
	transport_accept(&world->service, dial_tcp(world, &client), AF_INET);
	client_push(&client, 64);
	pull_until(world, &client, client.received == 64);
	return client;
}

static void test_an_idle_connection_costs_256_bytes(void)
{
	struct world *world = world_open();
	struct client clients[IDLE_COUNT];
	size_t before, after;
	int i;

	world->service.protocol = &protocol_echo;
	world->settings.idle_timeout_ms = PATIENCE_MS;
	world->settings.first_byte_timeout_ms = PATIENCE_MS;
	world->settings.write_timeout_ms = PATIENCE_MS;
	world->settings.lifetime_ms = PATIENCE_MS;
	/* Places of the table come by the block: they are counted below. */
	clients[0] = open_used(world);
	before = heap_bytes();
	for (i = 1; i < IDLE_COUNT; i++)
		clients[i] = open_used(world);
	after = heap_bytes();
	CHECK(after - before <= (IDLE_BYTES_MAX - TRANSPORT_TABLE_PLACE_BYTES) *
					(size_t)(IDLE_COUNT - 1));
	for (i = 0; i < IDLE_COUNT; i++)
		close(clients[i].fd);
	turn_until(world, world->service.all_count == 0);
	world_close(world);
}

/* What has ended is used again: no more memory is in use than at the peak. */
static void test_a_warm_worker_takes_no_memory_for_a_connection(void)
{
	struct world *world = world_open();
	struct client client;
	size_t before = 0;
	int i;

	world->service.protocol = &protocol_echo;
	for (i = 0; i < 20; i++) {
		client = open_used(world);
		if (i == 0)
			before = heap_bytes();
		CHECK(heap_bytes() == before);
		close(client.fd);
		turn_until(world, world->service.all_count == 0);
	}
	world_close(world);
}

int main(void)
{
	if (!tells_heap())
		puts("memory is not checked: the allocator does not tell");
	test_an_idle_connection_costs_256_bytes();
	test_a_warm_worker_takes_no_memory_for_a_connection();
	return check_result();
}
