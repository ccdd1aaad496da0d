/* SPDX-License-Identifier: MIT */
/* test_watchdog.c - lives of workers, sample by sample, and the verdicts. */
#include "process/watchdog.h"

#include "check.h"

#define END (-1)

struct life {
	const char *title;
	struct watchdog_settings settings;
	struct step {
		int64_t now_ms;
		struct watchdog_sample sample;
		enum watchdog_verdict verdict;
	} steps[12];
};

#define DEFAULT                                                                \
	{                                                                      \
		1000, 30000                                                    \
	}
#define STEP(now, turns, accepted, queue, verdict)                             \
	{                                                                      \
		now, {turns, accepted, queue, false}, WATCHDOG_##verdict       \
	}
#define TRACED(now, turns, verdict)                                            \
	{                                                                      \
		now, {turns, 0, 0, true}, WATCHDOG_##verdict                   \
	}
#define LAST                                                                   \
	{                                                                      \
		END, {0, 0, 0, false}, WATCHDOG_FIT                            \
	}

/* clang-format off */
static const struct life lives[] = {
	{"it beats", DEFAULT, {
		STEP(250, 1, 0, 0, FIT), STEP(5000, 2, 0, 0, FIT),
		STEP(90000, 3, 0, 0, FIT), LAST}},
	{"it stands still, and goes on", DEFAULT, {
		STEP(100, 5, 0, 0, FIT), STEP(1099, 5, 0, 0, FIT),
		STEP(1100, 5, 0, 0, SUSPECT), STEP(9000, 5, 0, 0, SUSPECT),
		STEP(9250, 6, 0, 0, FIT), STEP(10249, 6, 0, 0, FIT),
		STEP(10250, 6, 0, 0, SUSPECT), LAST}},
	{"it stands still for good", DEFAULT, {
		STEP(0, 5, 0, 0, FIT), STEP(29999, 5, 0, 0, SUSPECT),
		STEP(30000, 5, 0, 0, HUNG), STEP(40000, 5, 0, 0, HUNG), LAST}},
	{"it never made a turn", DEFAULT, {
		STEP(999, 0, 0, 0, FIT), STEP(1000, 0, 0, 0, SUSPECT),
		STEP(30000, 0, 0, 0, HUNG), LAST}},
	{"it turns, its queue grows, and it accepts none", DEFAULT, {
		STEP(0, 1, 7, 0, FIT), STEP(250, 2, 7, 3, FIT),
		STEP(500, 3, 7, 5, FIT), STEP(1249, 4, 7, 5, FIT),
		STEP(1250, 5, 7, 6, SUSPECT), STEP(30250, 6, 7, 9, HUNG), LAST}},
	{"… until it accepts one", DEFAULT, {
		STEP(0, 1, 7, 3, FIT), STEP(1000, 2, 7, 5, SUSPECT),
		STEP(1250, 3, 8, 4, FIT), STEP(2249, 4, 8, 5, FIT),
		STEP(2250, 5, 8, 5, SUSPECT), STEP(2500, 6, 8, 0, FIT),
		STEP(9000, 7, 8, 0, FIT), LAST}},
	{"its queue is long but does not grow", DEFAULT, {
		STEP(0, 1, 7, 3, FIT), STEP(1000, 2, 7, 3, FIT),
		STEP(60000, 3, 7, 2, FIT), LAST}},
	{"it is not suspected before it is ended", {WATCHDOG_OFF, 5000}, {
		STEP(0, 1, 0, 0, FIT), STEP(4999, 1, 0, 0, FIT),
		STEP(5000, 1, 0, 0, HUNG), LAST}},
	{"it is suspected and never ended", {1000, WATCHDOG_OFF}, {
		STEP(0, 1, 0, 0, FIT), STEP(1000, 1, 0, 0, SUSPECT),
		STEP(900000, 1, 0, 0, SUSPECT), LAST}},
	{"nobody looks", {WATCHDOG_OFF, WATCHDOG_OFF}, {
		STEP(0, 1, 0, 0, FIT), STEP(900000, 1, 0, 0, FIT), LAST}},
	{"a debugger holds it", DEFAULT, {
		STEP(0, 1, 0, 0, FIT), TRACED(900000, 1, FIT),
		STEP(900999, 1, 0, 0, FIT), STEP(901000, 1, 0, 0, SUSPECT), LAST}},
};
/* clang-format on */

static void run(const struct life *life)
{
	const struct step *step = life->steps;
	int before = check_failures;
	struct watchdog watchdog;

	watchdog_init(&watchdog, 0);
	for (; step->now_ms != END; step++)
		check_int(watchdog_judge(&watchdog, &life->settings,
					 &step->sample, step->now_ms),
			  step->verdict);
	if (check_failures != before)
		printf("  in: %s\n", life->title);
}

static void test_nobody_is_blamed_for_the_supervisors_sleep(void)
{
	const struct watchdog_settings settings = {1000, 30000};
	const struct watchdog_sample sample = {5, 7, 9, false};
	struct watchdog watchdog;

	watchdog_init(&watchdog, 0);
	check_int(watchdog_judge(&watchdog, &settings, &sample, 0),
		  WATCHDOG_FIT);
	CHECK(!watchdog_stood_still(&settings, 0, 250));
	CHECK(!watchdog_stood_still(&settings, 0, 750));
	CHECK(watchdog_stood_still(&settings, 0, 60000));
	watchdog_forgive(&watchdog, 60000);
	check_int(watchdog_judge(&watchdog, &settings, &sample, 60250),
		  WATCHDOG_FIT);
	check_int(watchdog_judge(&watchdog, &settings, &sample, 61000),
		  WATCHDOG_SUSPECT);
}

/* A worker that beats as seldom as it may is fit at each look. */
static void test_a_resting_worker_is_fit(void)
{
	const struct watchdog_settings settings = {1000, 30000};
	int64_t beat_ms = watchdog_beat(&settings);
	struct watchdog_sample sample = {.turns = 1};
	struct watchdog watchdog;
	int64_t now_ms;

	watchdog_init(&watchdog, 0);
	check_int(beat_ms, 333);
	CHECK(beat_ms + watchdog_interval(&settings) < 600);
	for (now_ms = 0; now_ms < 60000;
	     now_ms += watchdog_interval(&settings)) {
		sample.turns = (uint64_t)(now_ms / beat_ms);
		check_int(watchdog_judge(&watchdog, &settings, &sample, now_ms),
			  WATCHDOG_FIT);
	}
}

static void test_intervals(void)
{
	static const struct {
		struct watchdog_settings settings;
		int64_t interval_ms;
	} rows[] = {
		{{1000, 30000}, 250},
		{{400, 30000}, 100},
		{{100, 200}, 25},
		{{20, 40}, 10},
		{{WATCHDOG_OFF, 200}, 50},
		{{5000, 30000}, 250},
		{{WATCHDOG_OFF, WATCHDOG_OFF}, 250},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_int(watchdog_interval(&rows[i].settings),
			  rows[i].interval_ms);
}

int main(void)
{
	size_t i;

	for (i = 0; i < sizeof(lives) / sizeof(lives[0]); i++)
		run(&lives[i]);
	test_nobody_is_blamed_for_the_supervisors_sleep();
	test_a_resting_worker_is_fit();
	test_intervals();
	return check_result();
}
