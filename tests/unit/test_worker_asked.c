/* SPDX-License-Identifier: MIT */
/* test_worker_asked.c - a worker answers admins over their channels: those who
 * read, those who do not, those who leave, and those who talk nonsense. */
#include "process/worker_asked.h"

#include <errno.h>

#include "asked_fixture.h"
#include "base/log.h"

/* The worker, and an admin's end of a channel to it. */
struct scene {
	struct crowd *crowd;
	struct worker_asked asked;
};

static struct scene *scene_open(unsigned count)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	REQUIRE(scene != NULL);
	scene->crowd = crowd_open(count);
	worker_asked_init(&scene->asked, &scene->crowd->world->loop,
			  &scene->crowd->world->worker);
	return scene;
}

static void scene_close(struct scene *scene)
{
	worker_asked_release(&scene->asked);
	crowd_close(scene->crowd);
	free(scene);
}

static int add_asker(struct scene *scene)
{
	struct error error;
	int fds[2];

	REQUIRE(channel_pair(fds, &error) == 0);
	worker_asked_add(&scene->asked, fds[0]);
	return fds[1];
}

/* A bare record: 0, or -1 with errno. */
static int send_bytes(int fd, uint16_t type, const void *data, uint32_t size)
{
	struct record record = {
		.version = RECORD_VERSION,
		.type = type,
		.number = 42,
		.size = size,
	};

	memcpy(record.data, data, size);
	return send(fd, &record, offsetof(struct record, data) + size,
		    MSG_NOSIGNAL) < 0
		       ? -1
		       : 0;
}

static void send_query(int fd, const struct connection_query *query)
{
	CHECK(send_bytes(fd, RECORD_QUERY, query, sizeof(*query)) == 0);
}

struct answer {
	unsigned record_count;
	unsigned row_count;
	bool is_ended;
	bool is_closed; /* the worker has closed the channel */
	struct connection_end end;
	struct connection_row last;
};

static void take(struct answer *answer, const struct record *record)
{
	check_int(record->number, 42);
	CHECK(!answer->is_ended);
	answer->record_count++;
	if (record->type == RECORD_ROWS_END) {
		check_int(record->size, sizeof(answer->end));
		memcpy(&answer->end, record->data, sizeof(answer->end));
		answer->is_ended = true;
		return;
	}
	check_int(record->type, RECORD_ROWS);
	check_int(record->size % sizeof(answer->last), 0);
	answer->row_count += record->size / sizeof(answer->last);
	if (record->size > 0)
		memcpy(&answer->last, record->data, sizeof(answer->last));
}

/* What is there to be read. */
static void listen_to(struct answer *answer, int fd)
{
	struct record record;
	ssize_t size;

	while ((size = recv(fd, &record, sizeof(record), MSG_DONTWAIT)) > 0)
		take(answer, &record);
	if (size == 0 || (size < 0 && errno != EAGAIN))
		answer->is_closed = true;
}

#define listen_until(scene, answer, fd, condition)                             \
	do {                                                                   \
		int64_t listen_until_ms = clock_now_ms() + PATIENCE_MS;        \
		while (!(condition) && clock_now_ms() < listen_until_ms) {     \
			turn((scene)->crowd->world);                           \
			listen_to(answer, fd);                                 \
		}                                                              \
		CHECK(condition);                                              \
	} while (0)

/* ---- Those who read ---- */

static void test_an_answer(void)
{
	struct scene *scene = scene_open(200);
	struct connection_query query = any_connection();
	struct answer answer = {0};
	int fd = add_asker(scene);
	unsigned total = 0;

	do {
		answer = (struct answer){0};
		send_query(fd, &query);
		listen_until(scene, &answer, fd, answer.is_ended);
		total += answer.row_count;
		query.from = answer.end.next;
	} while (query.from != 0);
	check_int(total, 200);
	check_int(answer.end.outcome, CONNECTION_DONE);
	close(fd);
	scene_close(scene);
}

static void test_two_at_a_time(void)
{
	struct scene *scene = scene_open(50);
	struct connection_query query = any_connection();
	struct answer one = {0}, other = {0};
	int fds[2] = {add_asker(scene), add_asker(scene)};

	send_query(fds[0], &query);
	query.action = CONNECTION_CLOSE;
	query.idle_over_ms = 1000000;
	send_query(fds[1], &query);
	listen_until(scene, &one, fds[0], one.is_ended);
	listen_until(scene, &other, fds[1], other.is_ended);
	check_int(one.row_count, 50);
	check_int(other.row_count, 0);
	check_int(other.end.affected_count, 0);
	close(fds[0]);
	close(fds[1]);
	scene_close(scene);
}

/* A walk that takes long says so. */
static void test_signs_of_life(void)
{
	struct scene *scene = scene_open(2000);
	struct connection_query query = any_connection();
	struct answer answer = {0};
	int fd = add_asker(scene);
	unsigned i;

	query.idle_over_ms = 1000000;
	send_query(fd, &query);
	while (!scene->asked.askers[0].is_asked)
		turn(scene->crowd->world);
	for (i = 0; i < 2; i++) {
		scene->asked.askers[0].told_ms -= WORKER_ASKED_LIFE;
		turn(scene->crowd->world);
	}
	listen_until(scene, &answer, fd, answer.is_ended);
	CHECK(answer.record_count >= 2);
	check_int(answer.row_count, 0);
	close(fd);
	scene_close(scene);
}

/* ---- Those who do not ---- */

static void test_a_full_channel(void)
{
	struct scene *scene = scene_open(2500);
	struct connection_query query = any_connection();
	struct answer answer = {0};
	int fd = add_asker(scene), i;
	uint64_t turns = 0;

	query.sort = CONNECTION_SORT_AGE;
	query.limit = CONNECTION_LIMIT_MOST;
	send_query(fd, &query);
	turn_until(scene->crowd->world,
		   scene->asked.askers[0].channel.room != NULL);
	/* It waits, and does not try in vain. */
	for (i = 0; i < 20; i++) {
		turn(scene->crowd->world);
		turns += list_is_empty(&scene->crowd->world->loop.tasks);
	}
	check_int(turns, 20);
	CHECK(scene->asked.askers[0].is_asked);
	listen_until(scene, &answer, fd, answer.is_ended);
	check_int(answer.row_count, 2500);
	check_int(answer.end.matched_count, 2500);
	CHECK(scene->asked.askers[0].channel.room == NULL);
	close(fd);
	scene_close(scene);
}

static void test_gone_meanwhile(void)
{
	struct scene *scene = scene_open(2500);
	struct connection_query query = any_connection();
	int fd = add_asker(scene);

	query.sort = CONNECTION_SORT_AGE;
	query.limit = CONNECTION_LIMIT_MOST;
	send_query(fd, &query);
	turn_until(scene->crowd->world,
		   scene->asked.askers[0].channel.room != NULL);
	close(fd);
	turn_until(scene->crowd->world, scene->asked.askers[0].channel.fd < 0);
	CHECK(!scene->asked.askers[0].is_asked);
	CHECK(scene->asked.askers[0].walk.top.ranks == NULL);

	/* In the midst of a walk. */
	fd = add_asker(scene);
	send_query(fd, &query);
	while (!scene->asked.askers[0].is_asked)
		turn(scene->crowd->world);
	close(fd);
	turn_until(scene->crowd->world, scene->asked.askers[0].channel.fd < 0);
	check_int(scene->crowd->world->service.all_count, 2500);
	scene_close(scene);
}

/* What was closed is told, although nobody waits for the answer any more. */
static void test_gone_while_closing(void)
{
	struct scene *scene = scene_open(2500);
	const struct worker_asker *asker = &scene->asked.askers[0];
	struct connection_query query = any_connection();
	char path[] = "/tmp/cohort-asked-XXXXXX", words[256] = "";
	int fd = add_asker(scene), log = mkstemp(path);
	struct error error;

	REQUIRE(log >= 0 && log_open(path, LOG_LEVEL_INFO, &error) == 0);
	query.action = CONNECTION_CLOSE;
	send_query(fd, &query);
	while (asker->walk.end.affected_count == 0)
		turn(scene->crowd->world);
	CHECK(asker->is_asked);
	close(fd);
	turn_until(scene->crowd->world, asker->channel.fd < 0);
	CHECK(log_open(NULL, LOG_LEVEL_INFO, &error) == 0);
	CHECK(read(log, words, sizeof(words) - 1) > 0);
	CHECK(strstr(words, " connections closed by order") != NULL);
	close(log);
	unlink(path);
	scene_close(scene);
}

/* ---- Those who talk nonsense ---- */

static void test_another_build(void)
{
	static const struct {
		uint32_t version;
		uint32_t size;
		enum connection_outcome outcome;
	} rows[] = {
		{CONNECTION_QUERY_VERSION + 1, 136, CONNECTION_OTHER_BUILD},
		{CONNECTION_QUERY_VERSION + 1, 4, CONNECTION_OTHER_BUILD},
		{CONNECTION_QUERY_VERSION, 135, CONNECTION_ILL},
		{CONNECTION_QUERY_VERSION, 137, CONNECTION_ILL},
		{0, 0, CONNECTION_OTHER_BUILD},
	};
	struct scene *scene = scene_open(3);
	unsigned char bytes[200] = {0};
	int fd = add_asker(scene);
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct answer answer = {0};

		memcpy(bytes, &rows[i].version, sizeof(rows[i].version));
		CHECK(send_bytes(fd, RECORD_QUERY, bytes, rows[i].size) == 0);
		listen_until(scene, &answer, fd, answer.is_ended);
		check_int(answer.end.outcome, rows[i].outcome);
		check_int(answer.row_count, 0);
	}
	close(fd);
	scene_close(scene);
}

static void test_nonsense(void)
{
	struct scene *scene = scene_open(1000);
	struct connection_query query = any_connection();
	struct answer answer = {0};
	int fd = add_asker(scene);

	CHECK(send_bytes(fd, RECORD_DRAIN, "now", 3) == 0);
	listen_until(scene, &answer, fd, answer.is_closed);
	check_int(answer.record_count, 0);
	close(fd);

	/* A second query before the first is answered. */
	fd = add_asker(scene);
	answer = (struct answer){0};
	query.idle_over_ms = 1000000;
	send_query(fd, &query);
	send_query(fd, &query);
	listen_until(scene, &answer, fd, answer.is_closed);
	CHECK(!answer.is_ended);
	close(fd);
	scene_close(scene);
}

/* ---- Too many ---- */

static void test_the_oldest_gives_way(void)
{
	struct scene *scene = scene_open(1);
	struct connection_query query = any_connection();
	struct answer answers[WORKER_ASKERS + 1] = {{0}};
	int fds[WORKER_ASKERS + 1], i;

	for (i = 0; i <= WORKER_ASKERS; i++)
		fds[i] = add_asker(scene);
	listen_until(scene, &answers[0], fds[0], answers[0].is_closed);
	for (i = 1; i <= WORKER_ASKERS; i++) {
		send_query(fds[i], &query);
		listen_until(scene, &answers[i], fds[i], answers[i].is_ended);
		check_int(answers[i].row_count, 1);
	}
	for (i = 0; i <= WORKER_ASKERS; i++)
		close(fds[i]);
	scene_close(scene);
}

int main(void)
{
	test_an_answer();
	test_two_at_a_time();
	test_signs_of_life();
	test_a_full_channel();
	test_gone_meanwhile();
	test_gone_while_closing();
	test_another_build();
	test_nonsense();
	test_the_oldest_gives_way();
	return check_result();
}
