/* SPDX-License-Identifier: MIT */
/* test_spin.c - when the loop spins, and what makes it stop. */
#include "event/spin.h"

#include "check.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define NO_LIMIT (-1)
#define POLL_US  2 /* what a poll takes */
#define SERVE_US 5 /* what a turn takes */

/* A loop, and what it has done. */
struct scene {
	struct spin spin;
	int64_t now_us;
	unsigned spin_count;
	unsigned hit_count;
	unsigned together_count; /* that a sleep finds at once; 0: as a spin */
};

static void scene_open(struct scene *scene, int64_t asked_us)
{
	*scene = (struct scene){.now_us = 5000000};
	spin_init(&scene->spin, asked_us);
	spin_allow(&scene->spin, true);
}

/* Polls until something comes at `until_us`, or it is over. */
static bool poll_until(struct scene *scene, int64_t until_us,
		       unsigned traffic_count)
{
	do {
		scene->now_us += POLL_US;
		if (scene->now_us < until_us)
			continue;
		spin_note_found(&scene->spin, scene->now_us, traffic_count);
		return true;
	} while (spin_goes_on(&scene->spin, scene->now_us));
	return false;
}

/* A turn ends; after `gap_us` so much is found, by a spin or in sleep. */
static void turn(struct scene *scene, int64_t gap_us, unsigned traffic_count)
{
	int64_t came_us = scene->now_us + gap_us;
	bool is_found = false;

	if (spin_begin(&scene->spin, scene->now_us, NO_LIMIT, true)) {
		scene->spin_count++;
		is_found = poll_until(scene, came_us, traffic_count);
		scene->hit_count += is_found;
	}
	if (!is_found) {
		if (came_us > scene->now_us)
			scene->now_us = came_us;
		if (scene->together_count > 0)
			traffic_count = scene->together_count;
		spin_note_slept(&scene->spin, scene->now_us, traffic_count);
	}
	scene->now_us += SERVE_US;
}

static void turns(struct scene *scene, unsigned count, int64_t gap_us,
		  unsigned traffic_count)
{
	while (count-- > 0)
		turn(scene, gap_us, traffic_count);
}

/* ---- Whether it pays ------------------------------------------------- */

static const struct {
	const char *what;
	int64_t gap_us;
	unsigned traffic_count;
	unsigned turn_count;
	unsigned least; /* spins */
	unsigned most;
} patterns[] = {
	{"a client that answers at once", 20, 1, 10000, 9900, 10000},
	{"one that takes its time", 150, 1, 10000, 9900, 10000},
	{"one that takes longer than a spin", 250, 1, 10000, 1, 30},
	{"a request every millisecond", 1000, 1, 10000, 1, 30},
	{"a request every second", 1000000, 1, 100, 1, 100},
	{"many clients at once", 20, 8, 10000, 0, 600},
	{"timers and nothing else", 20, 0, 10000, 0, 0},
};

static void test_auto_spins_while_it_pays(void)
{
	struct scene scene;
	size_t i;

	for (i = 0; i < COUNT(patterns); i++) {
		scene_open(&scene, SPIN_AUTO);
		turns(&scene, patterns[i].turn_count, patterns[i].gap_us,
		      patterns[i].traffic_count);
		if (scene.spin_count < patterns[i].least ||
		    scene.spin_count > patterns[i].most)
			printf("%s: %u spins\n", patterns[i].what,
			       scene.spin_count);
		CHECK(scene.spin_count >= patterns[i].least);
		CHECK(scene.spin_count <= patterns[i].most);
	}
}

/* What fails costs less than a thousandth of the time. */
static void test_failing_costs_next_to_nothing(void)
{
	struct scene scene;
	int64_t began_us;

	scene_open(&scene, SPIN_AUTO);
	began_us = scene.now_us;
	turns(&scene, 100000, 1000, 1);
	CHECK(scene.spin.spent_us > 0);
	CHECK((int64_t)scene.spin.spent_us * 1000 < scene.now_us - began_us);
	check_int(scene.hit_count, 0);
}

static void test_time_spent_is_the_time_until_something_came(void)
{
	struct scene scene;

	scene_open(&scene, SPIN_AUTO);
	turn(&scene, 20, 1);
	check_int(scene.spin.spent_us, 0); /* it slept */
	turns(&scene, 3, 20, 1);
	check_int(scene.spin.spent_us, 60);
	turn(&scene, 1000, 1);
	CHECK(scene.spin.spent_us >= 60 + SPIN_LEAST_US);
	CHECK(scene.spin.spent_us <= 60 + SPIN_LIMIT_US + POLL_US);
}

static void test_another_client_is_noticed_within_the_longest_rest(void)
{
	struct scene scene;
	int64_t since_us;

	scene_open(&scene, SPIN_AUTO);
	turns(&scene, 10000, 1000, 1);
	since_us = scene.now_us;
	scene.hit_count = 0;
	while (scene.hit_count == 0 &&
	       scene.now_us < since_us + 2 * SPIN_REST_LIMIT_US)
		turn(&scene, 20, 1);
	CHECK(scene.now_us - since_us <= SPIN_REST_LIMIT_US + 100);
	scene.spin_count = 0;
	turns(&scene, 1000, 20, 1);
	CHECK(scene.spin_count >= 990);
}

static void test_a_pause_now_and_then_is_forgiven(void)
{
	struct scene scene;
	unsigned i;

	scene_open(&scene, SPIN_AUTO);
	turns(&scene, 20, 20, 1);
	scene.spin_count = 0;
	for (i = 0; i < 1000; i++) {
		turns(&scene, 9, 20, 1);
		turn(&scene, 5000, 1);
	}
	CHECK(scene.spin_count >= 9900);
}

/* ---- How long -------------------------------------------------------- */

static const struct {
	int64_t gap_us; /* as it was lately */
	int64_t window_us;
} windows[] = {
	{4, SPIN_LEAST_US}, {10, SPIN_LEAST_US}, {20, 80},
	{40, 160},          {60, SPIN_LIMIT_US}, {180, SPIN_LIMIT_US},
};

static void test_the_window_follows_the_gaps(void)
{
	struct scene scene;
	size_t i;

	for (i = 0; i < COUNT(windows); i++) {
		scene_open(&scene, SPIN_AUTO);
		turns(&scene, 200, windows[i].gap_us, 1);
		REQUIRE(spin_begin(&scene.spin, scene.now_us, NO_LIMIT, true));
		/* The mean is rounded towards where it was before. */
		CHECK(scene.spin.until_us - scene.now_us >=
		      windows[i].window_us);
		CHECK(scene.spin.until_us - scene.now_us <=
		      windows[i].window_us + 4 * 8);
	}
}

static const struct {
	int64_t asked_us;
	bool is_allowed;
	bool is_connected;
	bool had_traffic;
	int64_t limit_us;
	int64_t window_us; /* 0: it does not spin */
} beginnings[] = {
	{SPIN_OFF, true, true, true, NO_LIMIT, 0},
	{SPIN_AUTO, true, true, true, NO_LIMIT, SPIN_LIMIT_US},
	{SPIN_AUTO, true, true, true, 100, 100},
	{SPIN_AUTO, true, true, true, 1000, SPIN_LIMIT_US},
	{SPIN_AUTO, true, true, true, 0, 0},
	{SPIN_AUTO, false, true, true, NO_LIMIT, 0},
	{SPIN_AUTO, true, false, true, NO_LIMIT, 0},
	{SPIN_AUTO, true, true, false, NO_LIMIT, 0},
	{50, true, true, true, NO_LIMIT, 50},
	{50, false, true, false, NO_LIMIT, 50},
	{50, true, true, true, 30, 30},
	{50, true, true, true, 0, 0},
	{50, true, false, true, NO_LIMIT, 0},
	{5000, true, true, false, NO_LIMIT, 5000},
};

static void test_when_it_begins_and_for_how_long(void)
{
	struct spin spin;
	bool is_begun;
	size_t i;

	for (i = 0; i < COUNT(beginnings); i++) {
		spin_init(&spin, beginnings[i].asked_us);
		spin_allow(&spin, beginnings[i].is_allowed);
		spin_note_slept(&spin, 1000, beginnings[i].had_traffic);
		is_begun = spin_begin(&spin, 2000, beginnings[i].limit_us,
				      beginnings[i].is_connected);
		check_int(is_begun, beginnings[i].window_us > 0);
		if (is_begun)
			check_int(spin.until_us - 2000,
				  beginnings[i].window_us);
	}
}

/* ---- What makes it stop ---------------------------------------------- */

static void test_a_duration_is_spun_whatever_comes_of_it(void)
{
	struct scene scene;

	scene_open(&scene, 50);
	turns(&scene, 1000, 1000, 1);
	turns(&scene, 1000, 1000, 0);
	turns(&scene, 1000, 1000, 100);
	check_int(scene.spin_count, 3000);
	check_int(scene.spin.spent_us, 3000 * 50);
	/* also when something else had the CPU */
	scene_open(&scene, 10000);
	REQUIRE(spin_begin(&scene.spin, scene.now_us, NO_LIMIT, true));
	CHECK(spin_goes_on(&scene.spin, scene.now_us + 5000));
	CHECK(!spin_goes_on(&scene.spin, scene.now_us + 10000));
	CHECK(spin_begin(&scene.spin, scene.now_us + 10000, NO_LIMIT, true));
}

static void test_whoever_may_not_spin_any_more_does_not(void)
{
	struct scene scene;

	scene_open(&scene, SPIN_AUTO);
	turns(&scene, 100, 20, 1);
	spin_allow(&scene.spin, false);
	scene.spin_count = 0;
	turns(&scene, 100, 20, 1);
	check_int(scene.spin_count, 0);
	spin_allow(&scene.spin, true);
	turns(&scene, 100, 20, 1);
	check_int(scene.spin_count, 100);
}

/* Found too late, or not found: something else had the CPU. */
static void test_whoever_loses_its_cpu_rests(void)
{
	static const bool is_found[] = {false, true};
	struct scene scene;
	size_t i;

	for (i = 0; i < COUNT(is_found); i++) {
		scene_open(&scene, SPIN_AUTO);
		turns(&scene, 100, 20, 1);
		REQUIRE(spin_begin(&scene.spin, scene.now_us, NO_LIMIT, true));
		CHECK(spin_goes_on(&scene.spin, scene.now_us + POLL_US));
		scene.now_us += POLL_US + SPIN_LATE_US + 1;
		if (is_found[i])
			spin_note_found(&scene.spin, scene.now_us, 1);
		else
			CHECK(!spin_goes_on(&scene.spin, scene.now_us));
		spin_note_slept(&scene.spin, scene.now_us, 1);
		CHECK(!spin_begin(&scene.spin, scene.now_us, NO_LIMIT, true));
		scene.now_us += SPIN_REST_FIRST_US;
		CHECK(spin_begin(&scene.spin, scene.now_us, NO_LIMIT, true));
	}
}

static void test_a_rest_is_longer_each_time_until_it_was_good_for_long(void)
{
	struct scene scene;
	int64_t rest_us = SPIN_REST_FIRST_US;

	scene_open(&scene, SPIN_AUTO);
	while (rest_us < SPIN_REST_LIMIT_US) {
		check_int(scene.spin.rest_us, rest_us);
		turns(&scene, 2, 500, 1);
		scene.now_us += rest_us;
		rest_us *= 2;
	}
	turns(&scene, 100, 500, 1);
	check_int(scene.spin.rest_us, SPIN_REST_LIMIT_US);
	scene.now_us += SPIN_REST_LIMIT_US;
	turns(&scene, SPIN_PERIOD - 1, 20, 1);
	check_int(scene.spin.rest_us, SPIN_REST_LIMIT_US);
	turns(&scene, 2, 20, 1);
	check_int(scene.spin.rest_us, SPIN_REST_FIRST_US);
}

/* A timer was due, or an order came: that says nothing about traffic. */
static void test_what_ends_a_spin_early_is_no_failure(void)
{
	struct scene scene;

	scene_open(&scene, SPIN_AUTO);
	turns(&scene, 2, 20, 1);
	REQUIRE(spin_begin(&scene.spin, scene.now_us, 10, true));
	scene.now_us += 10;
	CHECK(!spin_goes_on(&scene.spin, scene.now_us));
	REQUIRE(spin_begin(&scene.spin, scene.now_us, NO_LIMIT, true));
	CHECK(spin_goes_on(&scene.spin, scene.now_us + POLL_US));
	scene.now_us += 2 * POLL_US;
	spin_note_found(&scene.spin, scene.now_us, 0);
	/* Without traffic the next wait is a sleep; then it goes on. */
	CHECK(!spin_begin(&scene.spin, scene.now_us, NO_LIMIT, true));
	spin_note_slept(&scene.spin, scene.now_us, 1);
	CHECK(spin_begin(&scene.spin, scene.now_us, NO_LIMIT, true));
}

/* A spin finds them one by one; whoever sleeps until it is woken finds several,
 * and is the better for it. */
static void test_a_sleep_now_and_then_shows_that_many_are_active(void)
{
	struct scene scene;

	scene_open(&scene, SPIN_AUTO);
	scene.together_count = 6;
	turns(&scene, 100000, 6, 1);
	CHECK(scene.spin_count > 0);
	CHECK(scene.spin_count < 2 * SPIN_PERIOD);
	/* until they have gone */
	scene.together_count = 1;
	turns(&scene, 100, 20, 1);
	scene.now_us += SPIN_REST_LIMIT_US;
	scene.spin_count = 0;
	turns(&scene, 1000, 20, 1);
	CHECK(scene.spin_count >= 990);
}

/* However long it was good before. */
static void test_it_gives_up_soon(void)
{
	struct scene scene;

	scene_open(&scene, SPIN_AUTO);
	turns(&scene, 200, 20, 1);
	scene.spin_count = 0;
	turns(&scene, 100, 500, 1);
	CHECK(scene.spin_count >= 2);
	CHECK(scene.spin_count <= 12);
}

/* The next client may be a slower one. */
static void test_after_a_rest_the_window_is_whole(void)
{
	struct scene scene;

	scene_open(&scene, SPIN_AUTO);
	turns(&scene, 200, 5, 1);
	REQUIRE(spin_begin(&scene.spin, scene.now_us, NO_LIMIT, true));
	CHECK(scene.spin.until_us - scene.now_us < SPIN_LIMIT_US);
	scene.now_us += 2 * SPIN_LATE_US;
	CHECK(!spin_goes_on(&scene.spin, scene.now_us));
	scene.now_us += SPIN_REST_FIRST_US;
	REQUIRE(spin_begin(&scene.spin, scene.now_us, NO_LIMIT, true));
	check_int(scene.spin.until_us - scene.now_us, SPIN_LIMIT_US);
}

/* What the first poll finds, a sleep would have found. */
static void test_many_that_are_ready_at_once_end_it_for_a_while(void)
{
	struct scene scene;
	unsigned i, spin_count = 0;

	scene_open(&scene, SPIN_AUTO);
	turns(&scene, 2, 20, 1);
	for (i = 0; i < 10; i++) {
		if (!spin_begin(&scene.spin, scene.now_us, NO_LIMIT, true))
			break;
		spin_count++;
		spin_note_found(&scene.spin, scene.now_us, 8);
	}
	CHECK(spin_count > 0 && spin_count < 10);
	check_int(scene.spin.rests_until_us, scene.now_us + SPIN_REST_FIRST_US);
	/* also if there is one at a time by then */
	for (i = 0; i < 20; i++)
		spin_note_slept(&scene.spin, scene.now_us, 1);
	CHECK(!spin_begin(&scene.spin, scene.now_us, NO_LIMIT, true));
	scene.now_us += SPIN_REST_FIRST_US;
	CHECK(spin_begin(&scene.spin, scene.now_us, NO_LIMIT, true));
}

int main(void)
{
	test_auto_spins_while_it_pays();
	test_failing_costs_next_to_nothing();
	test_time_spent_is_the_time_until_something_came();
	test_another_client_is_noticed_within_the_longest_rest();
	test_a_pause_now_and_then_is_forgiven();
	test_the_window_follows_the_gaps();
	test_when_it_begins_and_for_how_long();
	test_a_duration_is_spun_whatever_comes_of_it();
	test_whoever_may_not_spin_any_more_does_not();
	test_whoever_loses_its_cpu_rests();
	test_a_rest_is_longer_each_time_until_it_was_good_for_long();
	test_what_ends_a_spin_early_is_no_failure();
	test_a_sleep_now_and_then_shows_that_many_are_active();
	test_it_gives_up_soon();
	test_after_a_rest_the_window_is_whole();
	test_many_that_are_ready_at_once_end_it_for_a_while();
	return check_result();
}
