/* SPDX-License-Identifier: MIT */
/* test_resolver.c - names to addresses in a thread, and transports that wait
 * for them.  The C library's resolver is played by this program: it says what
 * it is told to, when it is told to. */
#include "net/resolver.h"

#include <netdb.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>

#include "connect_fixture.h"
#include "net/resolver_known.h"

/* ---- The resolver that is played ---- */

static sem_t may_answer; /* once for each question to "slow" */
static int asked_count;  /* atomic */

static int count_asked(void)
{
	return __atomic_load_n(&asked_count, __ATOMIC_ACQUIRE);
}

struct played {
	struct addrinfo info;
	struct sockaddr_in address;
};

static void add_played(struct addrinfo **first, uint32_t host, const char *port)
{
	struct played *played = calloc(1, sizeof(*played));

	if (played == NULL)
		abort();
	played->address.sin_family = AF_INET;
	played->address.sin_port = htons((uint16_t)atoi(port));
	played->address.sin_addr.s_addr = htonl(host);
	played->info.ai_family = AF_INET;
	played->info.ai_addr = (struct sockaddr *)&played->address;
	played->info.ai_addrlen = sizeof(played->address);
	played->info.ai_next = *first;
	*first = &played->info;
}

int getaddrinfo(const char *host, const char *port,
		const struct addrinfo *hints, struct addrinfo **answer)
{
	sigset_t blocked;
	uint32_t i;

	(void)hints;
	__atomic_add_fetch(&asked_count, 1, __ATOMIC_RELEASE);
	/* Signals are the other thread's. */
	pthread_sigmask(SIG_BLOCK, NULL, &blocked);
	if (!sigismember(&blocked, SIGTERM) || !sigismember(&blocked, SIGCHLD))
		return EAI_FAIL;
	*answer = NULL;
	if (strcmp(host, "nothing") == 0)
		return EAI_NONAME;
	if (strcmp(host, "again") == 0)
		return EAI_AGAIN;
	if (strcmp(host, "slow") == 0)
		sem_wait(&may_answer);
	add_played(answer, INADDR_LOOPBACK, port);
	if (strcmp(host, "several") == 0)
		for (i = 2; i < 4; i++) /* nobody listens there */
			add_played(answer, INADDR_LOOPBACK + i, port);
	if (strcmp(host, "hole") == 0) /* the first to be tried */
		add_played(answer, INADDR_LOOPBACK + 1, port);
	if (strcmp(host, "many") == 0)
		for (i = 1; i < 300; i++)
			add_played(answer, INADDR_LOOPBACK, port + i % 2);
	return 0;
}

void freeaddrinfo(struct addrinfo *answer)
{
	struct addrinfo *next;

	for (; answer != NULL; answer = next) {
		next = answer->ai_next;
		free(answer);
	}
}

/* ---- Helpers ---- */

static struct cohort_transport *dial_name(struct world *world,
					  struct record *record,
					  const char *name, int64_t timeout_ms)
{
	char text[ADDRESS_ROOM];
	const struct cohort_connect how = {
		.address = text,
		.protocol = &recorder,
		.timeout_ms = timeout_ms,
	};

	snprintf(text, sizeof(text), "%s:%u", name,
		 ntohs(world->address.sin_port));
	return dial_as(world, record, &how);
}

/* Without a turn of the loop. */
static void wait_asked(int count)
{
	int64_t until_ms = clock_now_ms() + PATIENCE_MS;

	while (count_asked() < count && clock_now_ms() < until_ms)
		sched_yield();
	check_int(count_asked(), count);
}

/* ---- Connected ---- */

static void test_name(const char *name)
{
	struct world *world = world_open();
	struct record record = {0};
	struct cohort_address address;
	struct client peer;
	char text[ADDRESS_ROOM];

	CHECK(dial_name(world, &record, name, PATIENCE_MS) != NULL);
	check_string(record.events, "");
	CHECK(cohort_peer(record.t, &address) < 0 && errno == ENOTCONN);
	CHECK(cohort_local(record.t, &address) < 0 && errno == ENOTCONN);
	CHECK(write_bytes(record.t, 0, 100) == 0);
	turn_until(world, record.events[0] == 'm');
	CHECK(cohort_peer(record.t, &address) == 0);
	check_string(address.text, address_text(world, text));
	peer = accept_peer(world);
	pull_until(world, &peer, peer.received == 100);
	client_close(&peer);
	turn_until(world, !is_alive(&record));
	check_end(&record, COHORT_REASON_EOF, 0);
	world_close(world);
}

/* The name server is asked once, for a good answer and for a bad one. */
static void test_known(const char *name, const char *events)
{
	struct world *world = world_open();
	struct record records[3];
	int i, asked = count_asked();
	int64_t since_ms = clock_now_ms();

	memset(records, 0, sizeof(records));
	for (i = 0; i < 3; i++) {
		CHECK(dial_name(world, &records[i], name, PATIENCE_MS) != NULL);
		turn_until(world, records[i].events[0] != '\0');
		check_string(records[i].events, events);
	}
	if (clock_now_ms() - since_ms < RESOLVER_KNOWN_MS)
		check_int(count_asked(), asked + 1);
	world_close(world);
}

/* One that never answers does not use up the time of the others. */
static void test_hole_among_addresses(void)
{
	struct world *world = world_open();
	struct record record = {0};
	struct hole hole;
	struct client peer;

	hole_open_at(&hole, INADDR_LOOPBACK + 1,
		     ntohs(world->address.sin_port));
	CHECK(dial_name(world, &record, "hole", 600) != NULL);
	turn_until(world, record.events[0] != '\0');
	check_string(record.events, "m");
	peer = accept_peer(world);
	client_close(&peer);
	turn_until(world, !is_alive(&record));
	hole_close(&hole);
	world_close(world);
}

/* ---- Not connected ---- */

static void test_no_name(const char *name, int error)
{
	struct world *world = world_open();
	struct record record = {0};

	CHECK(dial_name(world, &record, name, PATIENCE_MS) != NULL);
	check_string(record.events, "");
	turn_until(world, !is_alive(&record));
	check_string(record.events, "l");
	check_end(&record, COHORT_REASON_UPSTREAM, error);
	check_int(count_of(world, SCOREBOARD_CONNECT_FAILED), 1);
	world_close(world);
}

static void test_all_refuse(void)
{
	struct world *world = world_open();
	struct record record = {0};

	CHECK(close(world->listener) == 0);
	world->listener = open("/dev/null", O_RDONLY | O_CLOEXEC);
	CHECK(dial_name(world, &record, "several", PATIENCE_MS) != NULL);
	turn_until(world, !is_alive(&record));
	check_string(record.events, "l");
	check_end(&record, COHORT_REASON_UPSTREAM, ECONNREFUSED);
	world_close(world);
}

/* The time is over while the name is resolved; the answer comes too late. */
static void test_slow_name(void)
{
	struct world *world = world_open();
	struct record record = {0}, next = {0};
	struct client peer;
	int asked = count_asked();

	CHECK(dial_name(world, &record, "slow", 30) != NULL);
	/* Before a turn, since a name that is too late is not asked for. */
	wait_asked(asked + 1);
	turn_until(world, !is_alive(&record));
	check_end(&record, COHORT_REASON_UPSTREAM, ETIMEDOUT);
	/* The thread still waits for it; the next name waits for the thread,
	 * the loop for nobody. */
	CHECK(dial_name(world, &next, "fast", PATIENCE_MS) != NULL);
	turn_for(world, 30);
	check_string(next.events, "");
	sem_post(&may_answer);
	turn_until(world, next.events[0] == 'm');
	peer = accept_peer(world);
	client_close(&peer);
	turn_until(world, !is_alive(&next));
	world_close(world);
}

typedef void ending(struct cohort_transport *t);

static void test_given_up(ending *end)
{
	struct world *world = world_open();
	struct record first = {0}, queued = {0};
	int asked = count_asked();

	CHECK(dial_name(world, &first, "slow", PATIENCE_MS) != NULL);
	CHECK(dial_name(world, &queued, "slow", PATIENCE_MS) != NULL);
	turn_until(world, count_asked() == asked + 1);
	end(first.t);
	end(queued.t);
	turn_until(world, !is_alive(&first) && !is_alive(&queued));
	check_string(first.events, "l");
	check_end(&first, COHORT_REASON_LOCAL_CLOSE, 0);
	check_end(&queued, COHORT_REASON_LOCAL_CLOSE, 0);
	/* The answer finds nobody; what waited is not asked at all. */
	sem_post(&may_answer);
	turn_for(world, 20);
	check_int(count_asked(), asked + 1);
	world_close(world);
}

/* The answer is in the inbox when its transport is given up. */
static void test_given_up_in_the_same_turn(void)
{
	struct world *world = world_open();
	struct record records[16];
	int i, asked = count_asked();
	char name[ADDRESS_ROOM];

	memset(records, 0, sizeof(records));
	for (i = 0; i < 16; i++) {
		snprintf(name, sizeof(name), "fast%d", i);
		CHECK(dial_name(world, &records[i], name, PATIENCE_MS) != NULL);
	}
	wait_asked(asked + 16);
	usleep(1000);
	for (i = 0; i < 16; i += 2)
		cohort_abort(records[i].t);
	turn_until(world, world->service.all_count == 8);
	turn_until(world, count_of(world, SCOREBOARD_CONNECTED) == 8);
	for (i = 0; i < 16; i++)
		check_string(records[i].events, i % 2 == 0 ? "l" : "m");
	world_close(world);
}

/* ---- The worker ends ---- */

static void test_end(bool is_busy)
{
	struct world *world = world_open();
	struct record records[4];
	int i, asked = count_asked();

	memset(records, 0, sizeof(records));
	for (i = 0; i < 4; i++)
		CHECK(dial_name(world, &records[i], is_busy ? "slow" : "fast",
				PATIENCE_MS) != NULL);
	while (is_busy && count_asked() < asked + 1)
		usleep(100);
	worker_context_end(&world->worker);
	transport_cut_all(&world->service);
	for (i = 0; i < 4; i++) {
		check_string(records[i].events, "l");
		check_end(&records[i], COHORT_REASON_SHUTDOWN, 0);
	}
	/* The thread goes on when the worker's memory is gone. */
	world_close(world);
	if (is_busy)
		sem_post(&may_answer);
	usleep(20000);
}

int main(void)
{
	sem_init(&may_answer, 0, 0);
	test_name("fast");
	test_name("several");
	test_name("many");
	test_known("fast", "m");
	test_known("nothing", "l");
	test_hole_among_addresses();
	test_no_name("nothing", ENOENT);
	test_no_name("again", EAGAIN);
	test_all_refuse();
	test_slow_name();
	test_given_up(cohort_abort);
	test_given_up(cohort_close);
	test_given_up_in_the_same_turn();
	test_end(false);
	test_end(true);
	return check_result();
}
