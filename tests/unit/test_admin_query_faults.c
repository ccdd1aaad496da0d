/* SPDX-License-Identifier: MIT */
/* test_admin_query_faults.c - the admin asks workers that die, hang, talk
 * nonsense or are not there. */
#include "asking_fixture.h"

/* ---- Those that do not answer ---- */

static void test_a_death(void)
{
	struct scene *scene = scene_open(100);
	struct connection_query asked = any_connection(), heard;
	struct asking *asking = asking_new(), *other = asking_new();

	add_real(scene, 0);
	add_played(scene, 1);
	query(scene, &asked, asking);
	asked.action = CONNECTION_CLOSE;
	asked.idle_over_ms = 1000000;
	query(scene, &asked, other); /* waits its turn at worker 1 */
	say_row(scene, 1, hear(scene, 1, &heard), 5);
	turn_until(scene->crowd->world, asking->row_count == 101);
	close(scene->ends[1]);
	scene->ends[1] = 0;
	turn_until(scene->crowd->world, asking->is_ended && other->is_ended);
	check_int(asking->status, 0);
	check_string(asking->said, "worker 1 (pid 101) has ended");
	check_int(other->status, REPLY_STATUS_FAILED);
	check_string(other->said,
		     "0 connections are closed"
		     "worker 1 (pid 101) has ended");
	free(asking);
	free(other);

	asking = asking_new();
	asked = any_connection();
	query_until_end(scene, &asked, asking);
	check_int(asking->row_count, 100);
	check_string(asking->said, "");
	free(asking);
	scene_close(scene);
}

/* Between two pages: the client has no room for the next. */
static void test_a_death_meanwhile(void)
{
	struct scene *scene = scene_open(0);
	struct connection_query asked = any_connection(), heard;
	const struct connection_end end = {.next = 5};
	struct asking *asking = asking_new();
	uint32_t number;

	add_played(scene, 0);
	query(scene, &asked, asking);
	number = hear(scene, 0, &heard);
	asking->room = 0;
	say_end(scene, 0, number, &end);
	turn_until(scene->crowd->world, asking->is_full);
	close(scene->ends[0]);
	scene->ends[0] = 0;
	turn_until(scene->crowd->world, asking->is_ended);
	check_string(asking->said, "worker 0 (pid 100) has ended");
	free(asking);
	scene_close(scene);
}

/* Nothing has been heard of it for so long. */
static void let_pass(struct scene *scene, unsigned slot, int64_t duration_ms)
{
	struct list *node;

	list_for_each (node, &scene->workers->list) {
		struct admin_worker *worker =
			list_entry(node, struct admin_worker, node);

		if (worker->slot == slot)
			worker->heard_ms -= duration_ms;
	}
}

static void test_silence(void)
{
	struct scene *scene = scene_open(100);
	struct connection_query asked = any_connection(), heard;
	struct asking *asking = asking_new();
	struct record alive = {.type = RECORD_ROWS};
	uint32_t number;

	add_real(scene, 0);
	add_played(scene, 1);
	query(scene, &asked, asking);
	number = hear(scene, 1, &heard);
	/* It says that it is at it. */
	let_pass(scene, 1, ADMIN_WORKERS_PATIENCE_MS - 500);
	alive.number = number;
	say(scene, 1, &alive);
	turn_for(scene->crowd->world, 20);
	let_pass(scene, 1, ADMIN_WORKERS_PATIENCE_MS - 500);
	turn_for(scene->crowd->world, 20);
	CHECK(!asking->is_ended);
	let_pass(scene, 1, 500);
	turn_until(scene->crowd->world, asking->is_ended);
	check_int(asking->row_count, 100);
	check_string(asking->said, "worker 1 (pid 101) does not answer");
	free(asking);

	/* Whoever comes next does not wait again. */
	asking = asking_new();
	query(scene, &asked, asking);
	let_pass(scene, 1, -1000000);
	turn_until(scene->crowd->world, asking->is_ended);
	check_string(asking->said, "worker 1 (pid 101) does not answer");
	free(asking);

	/* It comes back: the late answer is nobody's. */
	say_row(scene, 1, number, 7);
	say_end(scene, 1, number, &done);
	turn_for(scene->crowd->world, 20);
	asking = asking_new();
	query(scene, &asked, asking);
	say_end(scene, 1, hear(scene, 1, &heard), &done);
	turn_until(scene->crowd->world, asking->is_ended);
	check_int(asking->row_count, 100);
	check_string(asking->said, "");
	free(asking);
	scene_close(scene);
}

/* ---- Those that talk nonsense ---- */

static void test_outcomes(void)
{
	static const char *const words[] = {
		[CONNECTION_DONE] = "",
		[CONNECTION_OTHER_BUILD] =
			"worker 0 (pid 100) is of another "
			"build and cannot be asked",
		[CONNECTION_ILL] =
			"worker 0 (pid 100) does not understand "
			"the question",
		[CONNECTION_NO_MEMORY] =
			"worker 0 (pid 100) has no memory for the answer",
		[CONNECTION_OUTCOMES] = "",
	};
	struct scene *scene = scene_open(0);
	struct connection_query asked = any_connection(), heard;
	uint32_t outcome;

	add_played(scene, 0);
	for (outcome = 0; outcome <= CONNECTION_OUTCOMES; outcome++) {
		const struct connection_end end = {.outcome = outcome};
		struct asking *asking = asking_new();

		query(scene, &asked, asking);
		say_end(scene, 0, hear(scene, 0, &heard), &end);
		turn_until(scene->crowd->world, asking->is_ended);
		check_string(asking->said, words[outcome]);
		free(asking);
	}
	scene_close(scene);
}

/* Pages that never end: each has to begin after the one before. */
static void test_an_endless_answer(void)
{
	struct scene *scene = scene_open(0);
	struct connection_query asked = any_connection(), heard;
	struct connection_end end = {.next = 5};
	struct asking *asking = asking_new();

	add_played(scene, 0);
	query(scene, &asked, asking);
	say_end(scene, 0, hear(scene, 0, &heard), &end);
	check_int(heard.from, 0);
	say_end(scene, 0, hear(scene, 0, &heard), &end);
	check_int(heard.from, 5);
	turn_until(scene->crowd->world, asking->is_ended);
	check_string(asking->said, "");
	free(asking);
	scene_close(scene);
}

/* Rows without an end, all alive: it cannot fill our memory. */
static void check_flood(uint32_t sort, uint32_t limit, unsigned most)
{
	struct scene *scene = scene_open(0);
	struct connection_query asked = any_connection(), heard;
	struct asking *asking = asking_new();
	uint32_t number;
	unsigned i;

	add_played(scene, 0);
	asked.sort = sort;
	asked.limit = limit;
	query(scene, &asked, asking);
	number = hear(scene, 0, &heard);
	for (i = 0; i < most; i++) {
		say_row(scene, 0, number, i + 1);
		turn(scene->crowd->world);
	}
	turn_for(scene->crowd->world, 20);
	CHECK(!asking->is_ended);
	say_row(scene, 0, number, i + 1);
	turn_until(scene->crowd->world, asking->is_ended);
	check_int(asking->row_count, most);
	check_string(asking->said,
		     "worker 0 (pid 100) gave an answer that makes no sense");
	CHECK(list_is_empty(&scene->workers->list));
	free(asking);
	scene_close(scene);
}

static void test_a_flood(void)
{
	check_flood(CONNECTION_SORT_NONE, 0, CONNECTION_PAGE_ROWS);
	check_flood(CONNECTION_SORT_ID, 7, 7);
}

/* It says that it is at it, again and again. */
static void test_signs_without_end(void)
{
	struct scene *scene = scene_open(0);
	struct connection_query asked = any_connection(), heard;
	struct asking *asking = asking_new();
	struct record alive = {.type = RECORD_ROWS};
	unsigned i;

	add_played(scene, 0);
	query(scene, &asked, asking);
	alive.number = hear(scene, 0, &heard);
	for (i = 0; i < ADMIN_WORKERS_SIGNS; i++) {
		say(scene, 0, &alive);
		turn(scene->crowd->world);
	}
	turn_for(scene->crowd->world, 20);
	CHECK(!asking->is_ended);
	say(scene, 0, &alive);
	turn_until(scene->crowd->world, asking->is_ended);
	check_string(asking->said,
		     "worker 0 (pid 100) gave an answer that makes no sense");
	free(asking);
	scene_close(scene);
}

/* Alive, but too late. */
static void test_an_answer_that_takes_long(void)
{
	struct scene *scene = scene_open(0);
	struct connection_query asked = any_connection(), heard;
	struct asking *asking = asking_new();
	struct admin_worker *worker;

	add_played(scene, 0);
	query(scene, &asked, asking);
	hear(scene, 0, &heard);
	worker = list_entry(scene->workers->list.next, struct admin_worker,
			    node);
	worker->asked_ms -= ADMIN_WORKERS_PAGE_MS;
	worker->heard_ms += 1000000;
	turn_until(scene->crowd->world, asking->is_ended);
	check_string(asking->said, "worker 0 (pid 100) does not answer");
	free(asking);
	scene_close(scene);
}

static void test_a_wild_row(void)
{
	struct scene *scene = scene_open(0);
	struct connection_query asked = any_connection(), heard;
	struct record record = {.type = RECORD_ROWS};
	struct asking *asking = asking_new();

	add_played(scene, 0);
	query(scene, &asked, asking);
	record.number = hear(scene, 0, &heard);
	record.size = sizeof(struct connection_row);
	memset(record.data, 0xff, record.size);
	say(scene, 0, &record);
	say_end(scene, 0, record.number, &done);
	turn_until(scene->crowd->world, asking->is_ended);
	check_int(asking->row_count, 1);
	check_int(asking->state_bytes, strlen("open"));
	free(asking);
	scene_close(scene);
}

static void test_nonsense(void)
{
	static const struct {
		uint16_t type;
		uint32_t size, more; /* than the number that was asked */
	} rows[] = {
		{RECORD_ROWS, 1, 0},     {RECORD_ROWS, 239, 0},
		{RECORD_ROWS, 240, 1},   {RECORD_ROWS_END, 23, 0},
		{RECORD_ROWS_END, 0, 0}, {RECORD_ROWS_END, 24, 7},
		{RECORD_DRAIN, 8, 0},
	};
	struct scene *scene = scene_open(10);
	struct connection_query asked = any_connection(), heard;
	size_t i;

	add_real(scene, 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct asking *asking = asking_new();
		struct record record = {.type = rows[i].type,
					.size = rows[i].size};

		add_played(scene, 1);
		query(scene, &asked, asking);
		record.number = hear(scene, 1, &heard) + rows[i].more;
		say(scene, 1, &record);
		turn_until(scene->crowd->world, asking->is_ended);
		check_string(asking->said,
			     "worker 1 (pid 101) gave an answer "
			     "that makes no sense");
		check_int(asking->row_count, 10);
		CHECK(recv(scene->ends[1], &heard, 1, MSG_DONTWAIT) <= 0);
		close(scene->ends[1]);
		scene->ends[1] = 0;
		free(asking);
	}
	scene_close(scene);
}

/* ---- What is refused ---- */

static void check_refused(struct scene *scene,
			  const struct connection_query *asked, int status,
			  const char *words)
{
	struct asking *asking = asking_new();

	query(scene, asked, asking);
	CHECK(asking->is_ended);
	check_int(asking->status, status);
	check_string(asking->said, words);
	free(asking);
}

static void test_refusals(void)
{
	struct scene *scene = scene_open(0);
	struct connection_query asked = any_connection();
	struct asking *many[ADMIN_WORKERS_QUERIES];
	unsigned i;

	add_played(scene, 0);
	asked.pid = 5;
	check_refused(scene, &asked, REPLY_STATUS_FAILED,
		      "no worker has that process id");
	asked.pid = 0;
	asked.slot = 5;
	check_refused(scene, &asked, REPLY_STATUS_FAILED,
		      "no worker has that number");
	asked.slot = -1;
	asked.sort = CONNECTION_SORT_AGE;
	check_refused(scene, &asked, REPLY_STATUS_USAGE,
		      "with an order the limit is from 1 to 10000");
	asked.limit = CONNECTION_LIMIT_MOST;
	for (i = 0; i < 4; i++)
		query(scene, &asked, many[i] = asking_new());
	check_refused(scene, &asked, REPLY_STATUS_FAILED,
		      "too many ask for long lists at a time: try again");
	asked = any_connection();
	for (; i < ADMIN_WORKERS_QUERIES; i++)
		query(scene, &asked, many[i] = asking_new());
	check_refused(scene, &asked, REPLY_STATUS_FAILED,
		      "too many ask for connections at a time: try again");
	admin_workers_free(scene->workers);
	for (i = 0; i < ADMIN_WORKERS_QUERIES; i++) {
		CHECK(many[i]->is_ended);
		check_string(many[i]->said,
			     "the admin process ends: ask again");
		free(many[i]);
	}
	scene->workers = NULL;
	scene_close(scene);
}

static void test_a_record_without_its_channel(void)
{
	struct scene *scene = scene_open(0);
	struct record record = {.size = 8};

	admin_workers_take(scene->workers, &record, NULL);
	CHECK(list_is_empty(&scene->workers->list));
	/* A second channel for a worker takes the place of the first. */
	add_played(scene, 0);
	scene->ends[1] = introduce(scene, 0);
	CHECK(recv(scene->ends[0], &record, 1, MSG_DONTWAIT) == 0);
	CHECK(recv(scene->ends[1], &record, 1, MSG_DONTWAIT) < 0);
	CHECK(scene->workers->list.next == scene->workers->list.previous);
	scene_close(scene);
}

int main(void)
{
	test_a_death();
	test_a_death_meanwhile();
	test_silence();
	test_outcomes();
	test_an_endless_answer();
	test_a_flood();
	test_signs_without_end();
	test_an_answer_that_takes_long();
	test_a_wild_row();
	test_nonsense();
	test_refusals();
	test_a_record_without_its_channel();
	return check_result();
}
