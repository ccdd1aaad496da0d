/* SPDX-License-Identifier: MIT */
/* test_admin_query.c - several clients of the admin ask several workers, in
 * any order, and read as they like. */
#include "asking_fixture.h"

/* ---- Those that answer ---- */

static void test_all_of_all(void)
{
	struct scene *scene = scene_open(500);
	struct asking *asking = asking_new();
	struct connection_query asked = any_connection();

	query_until_end(scene, &asked, asking); /* nobody is there */
	check_int(asking->row_count, 0);
	check_int(asking->table_count, 1);
	free(asking);

	add_real(scene, 0);
	add_real(scene, 1);
	add_real(scene, 2);
	asking = asking_new();
	query_until_end(scene, &asked, asking);
	check_int(asking->row_count, 1500);
	check_int(asking->status, 0);
	check_string(asking->said, "");
	check_int(scene->workers->query_count, 0);
	free(asking);

	/* One of them. */
	asked.pid = 102;
	asking = asking_new();
	query_until_end(scene, &asked, asking);
	check_int(asking->row_count, 500);
	CHECK(strncmp(asking->first_id, "102-", 4) == 0);
	free(asking);
	asked.pid = 0;
	asked.slot = 1;
	asking = asking_new();
	query_until_end(scene, &asked, asking);
	check_int(asking->row_count, 500);
	CHECK(strncmp(asking->first_id, "101-", 4) == 0);
	free(asking);
	scene_close(scene);
}

static void test_limits(void)
{
	struct scene *scene = scene_open(500);
	struct connection_query asked = any_connection();
	static const uint32_t limits[] = {1, 95, 96, 97, 700, 1499, 2000};
	size_t i;

	add_real(scene, 0);
	add_real(scene, 1);
	add_real(scene, 2);
	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct asking *asking = asking_new();

		asked.limit = limits[i];
		query_until_end(scene, &asked, asking);
		check_int(asking->row_count,
			  limits[i] < 1500 ? limits[i] : 1500);
		free(asking);
	}
	scene_close(scene);
}

static void test_order_over_all(void)
{
	struct scene *scene = scene_open(0);
	struct connection_query asked = any_connection(), heard;
	struct asking *asking = asking_new();
	unsigned i, n;

	asked.sort = CONNECTION_SORT_SENT;
	asked.limit = 10;
	for (i = 0; i < 3; i++)
		add_played(scene, i);
	query(scene, &asked, asking);
	for (i = 0; i < 3; i++) {
		uint32_t number = hear(scene, i, &heard);

		check_int(heard.limit, 10);
		for (n = 0; n < 10; n++)
			say_row(scene, i, number, 1 + (n * 7 % 10) * 3 + i);
		CHECK(!asking->is_ended);
		say_end(scene, i, number, &done);
	}
	turn_until(scene->crowd->world, asking->is_ended);
	check_int(asking->row_count, 10);
	for (n = 0; n < 10; n++)
		check_int(asking->sent_bytes[n], 30 - n);
	check_string(asking->first_id, "102-30");
	free(asking);
	scene_close(scene);
}

static void test_close(void)
{
	struct scene *scene = scene_open(20);
	struct connection_query asked = any_connection();
	struct asking *asking = asking_new();

	add_real(scene, 0);
	asked.action = CONNECTION_CLOSE;
	asked.pid = 100;
	asked.id = scene->crowd->notes[3].id;
	query_until_end(scene, &asked, asking);
	check_int(asking->table_count, 0);
	check_string(asking->said, "1 connection is closed");
	free(asking);

	asking = asking_new();
	asked.id = 99;
	query_until_end(scene, &asked, asking);
	check_int(asking->status, REPLY_STATUS_FAILED);
	check_string(asking->said, "there is no connection 100-99");
	free(asking);

	asking = asking_new();
	asked.id = 0;
	query_until_end(scene, &asked, asking);
	check_string(asking->said, "19 connections are closed");
	check_int(asking->status, 0);
	free(asking);
	scene_close(scene);
}

/* ---- A client that does not read ---- */

static void give_room(struct scene *scene, struct asking *asking, unsigned room)
{
	asking->room = room;
	asking->is_full = false;
	asking->reply.room(&asking->reply);
	turn(scene->crowd->world);
}

static void test_back_pressure(enum connection_sort sort)
{
	struct scene *scene = scene_open(2000);
	struct connection_query asked = any_connection();
	struct asking *slow = asking_new(), *fast = asking_new();
	unsigned most = sort == CONNECTION_SORT_NONE
				? ADMIN_QUERY_PAGES * CONNECTION_PAGE_ROWS
				: 0;

	add_real(scene, 0);
	asked.sort = sort;
	asked.limit = sort == CONNECTION_SORT_NONE ? 0 : CONNECTION_LIMIT_MOST;
	slow->room = 100;
	query(scene, &asked, slow);
	turn_until(scene->crowd->world, slow->is_full);
	/* It holds up nobody. */
	query_until_end(scene, &asked, fast);
	check_int(fast->row_count, 2000);
	CHECK(slow->row_count >= 100 && slow->row_count <= 100 + most);
	while (!slow->is_ended && slow->row_count < 2000) {
		unsigned before = slow->row_count;

		give_room(scene, slow, 150);
		turn_until(scene->crowd->world,
			   slow->is_full || slow->is_ended);
		CHECK(slow->row_count > before);
		CHECK(slow->row_count <= before + 150 + most);
	}
	turn_until(scene->crowd->world, slow->is_ended);
	check_int(slow->row_count, 2000);
	free(slow);
	free(fast);
	scene_close(scene);
}

/* Of many workers only some have a page under way. */
static void test_few_at_a_time(void)
{
	struct scene *scene = scene_open(0);
	struct connection_query asked = any_connection(), heard;
	struct asking *asking = asking_new();
	uint32_t numbers[ADMIN_QUERY_PAGES];
	unsigned i;

	for (i = 0; i < WORKERS; i++)
		add_played(scene, i);
	query(scene, &asked, asking);
	for (i = 0; i < ADMIN_QUERY_PAGES; i++)
		numbers[i] = hear(scene, i, &heard);
	turn(scene->crowd->world);
	CHECK(recv(scene->ends[i], &heard, 1, MSG_DONTWAIT) < 0);
	for (i = 0; i < ADMIN_QUERY_PAGES; i++)
		say_end(scene, i, numbers[i], &done);
	for (; i < WORKERS; i++)
		say_end(scene, i, hear(scene, i, &heard), &done);
	turn_until(scene->crowd->world, asking->is_ended);
	free(asking);
	scene_close(scene);
}

static void test_gone_clients(void)
{
	struct scene *scene = scene_open(2000);
	struct connection_query asked = any_connection();
	struct asking *asking;
	unsigned turns;

	add_real(scene, 0);
	for (turns = 0; turns < 12; turns++) {
		unsigned i;

		asking = asking_new();
		asked.sort = turns % 2 ? CONNECTION_SORT_AGE : 0;
		asked.limit = turns % 2 ? 50 : 0;
		query(scene, &asked, asking);
		for (i = 0; i < turns && !asking->is_ended; i++)
			turn(scene->crowd->world);
		if (!asking->is_ended)
			asking->reply.gone(&asking->reply);
		free(asking);
	}
	/* While it is written to. */
	asking = asking_new();
	asked = any_connection();
	asking->leaves_at_a_row = true;
	query(scene, &asked, asking);
	turn_until(scene->crowd->world, scene->workers->query_count == 0);
	check_int(asking->row_count, 1);
	free(asking);
	check_int(scene->workers->row_count, 0);
	asking = asking_new();
	query_until_end(scene, &asked, asking);
	check_int(asking->row_count, 2000);
	free(asking);
	scene_close(scene);
}

int main(void)
{
	test_all_of_all();
	test_limits();
	test_order_over_all();
	test_close();
	test_back_pressure(CONNECTION_SORT_NONE);
	test_back_pressure(CONNECTION_SORT_AGE);
	test_few_at_a_time();
	test_gone_clients();
	return check_result();
}
