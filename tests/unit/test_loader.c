/* SPDX-License-Identifier: MIT */
/* test_loader.c - a configuration read in a child: its answer, its errors,
 * and what is said of one that dies. */
#include "process/loader.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "check.h"

#define LISTENS 40 /* so that the answer takes more than one piece */

static const struct cohort_protocol protocol = {.name = "some"};
static const struct cohort_protocol *const protocols[] = {&protocol, NULL};
static const char *const environment[] = {NULL};

static struct config_request a_request(const char *const *overrides,
				       unsigned count)
{
	return (struct config_request){
		.protocols = protocols,
		.overrides = overrides,
		.override_count = count,
		.environment = environment,
	};
}

static void check_no_zombie(void)
{
	CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

static void test_the_answer_is_what_config_print_says(void)
{
	struct config_request request = a_request(NULL, 0);
	char words[LISTENS][32];
	const char *listens[LISTENS];
	struct text expected = {0}, complaints = {0};
	struct config *config;
	struct loader loader;
	struct error error;
	int i;

	for (i = 0; i < LISTENS; i++) {
		snprintf(words[i], sizeof(words[i]), "127.0.0.1:%d", 1000 + i);
		listens[i] = words[i];
	}
	request.listens = listens;
	request.listen_count = LISTENS;
	config = config_load(&request, &complaints);
	CHECK(config != NULL);
	config_print(config, &expected);
	CHECK(expected.size > 2 * RECORD_DATA_BYTES);

	check_int(loader_run(&loader, &request, &error), 0);
	CHECK(loader.is_good && !loader.is_running);
	check_string(loader.canonical.bytes, expected.bytes);
	check_int(loader.complaints.size, 0);
	check_no_zombie();
	loader_release(&loader);
	config_free(config);
	text_release(&expected);
	text_release(&complaints);
}

static void test_all_errors_come_back(void)
{
	static const char *const overrides[] = {"workers many;", "nope;"};
	struct config_request request = a_request(overrides, 2);
	struct loader loader;
	struct error error;

	check_int(loader_run(&loader, &request, &error), 1);
	CHECK(!loader.is_good);
	check_int(loader.canonical.size, 0);
	CHECK(strstr(loader.complaints.bytes, "-o#1:1:9: ") != NULL);
	CHECK(strstr(loader.complaints.bytes, "-o#2:1:1: ") != NULL);
	check_no_zombie();
	loader_release(&loader);
}

static void test_an_unknown_user_is_an_error(void)
{
	static const char *const overrides[] = {"user no-such-user-here;"};
	struct config_request request = a_request(overrides, 1);
	struct loader loader;
	struct error error;

	check_int(loader_run(&loader, &request, &error), 1);
	CHECK(strstr(loader.complaints.bytes, "no-such-user-here") != NULL);
	loader_release(&loader);
}

/* A loader that hangs: the file is a pipe that nobody writes to.  Somebody
 * kills it, as a crash would. */
struct victim {
	struct loader loader;
	struct loop loop;
	struct timer timer;
	unsigned done_count;
};

static void done(struct loader *loader)
{
	struct victim *victim = list_entry(loader, struct victim, loader);

	victim->done_count++;
	loop_stop(&victim->loop);
}

static void kill_it(struct timer *timer)
{
	struct victim *victim = list_entry(timer, struct victim, timer);

	CHECK(kill(victim->loader.pid, SIGKILL) == 0);
}

static void test_a_loader_that_dies_is_reported(void)
{
	struct config_request request = a_request(NULL, 0);
	struct victim victim = {.done_count = 0};
	struct error error;
	int status;

	CHECK(loop_init(&victim.loop, &error) == 0);
	check_int(loader_start(&victim.loader, &victim.loop, &request, done,
			       &error),
		  0);
	CHECK(kill(victim.loader.pid, SIGSTOP) == 0);
	/* It may have answered before it stopped, which is as good. */
	timer_init(&victim.timer, kill_it);
	timer_start(&victim.loop.timers, &victim.timer,
		    victim.loop.now_ms + 50);
	CHECK(loop_run(&victim.loop, &error) == 0);
	check_int(victim.done_count, 1);
	kill(victim.loader.pid, SIGKILL);
	CHECK(waitpid(victim.loader.pid, &status, 0) == victim.loader.pid);
	CHECK(victim.loader.is_good || victim.loader.complaints.size > 0);
	CHECK(!victim.loader.is_running);
	timer_stop(&victim.loop.timers, &victim.timer);
	loader_release(&victim.loader);
	loop_release(&victim.loop);
}

/* ---- One that cannot be trusted ---- */

/* One of which nothing is received but what a test makes up. */
static void start_victim(struct victim *victim)
{
	static struct config_request request;
	struct error error;

	request = a_request(NULL, 0);
	victim->done_count = 0;
	CHECK(loop_init(&victim->loop, &error) == 0);
	check_int(loader_start(&victim->loader, &victim->loop, &request, done,
			       &error),
		  0);
}

static void end_victim(struct victim *victim)
{
	check_int(victim->done_count, 1);
	CHECK(!victim->loader.is_running && !victim->loader.is_good);
	CHECK(waitpid(victim->loader.pid, NULL, 0) == victim->loader.pid);
	loader_release(&victim->loader);
	loop_release(&victim->loop);
}

static void say(struct victim *victim, enum record_type type, uint32_t number)
{
	static struct record record;

	record.type = (uint16_t)type;
	record.number = number;
	record.size = RECORD_DATA_BYTES;
	memset(record.data, 'x', sizeof(record.data));
	victim->loader.channel.received(&victim->loader.channel, &record, NULL);
}

static void test_a_loader_that_says_too_much_is_killed(void)
{
	static const struct {
		enum record_type type;
		size_t most;
	} rows[] = {
		{RECORD_TEXT, LOADER_TEXT_BYTES},
		{RECORD_COMPLAINT, LOADER_WORDS_BYTES},
		{RECORD_OPENING, LOADER_OPENING_BYTES},
	};
	struct victim victim;
	size_t i, said;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start_victim(&victim);
		for (said = 0; said + RECORD_DATA_BYTES <= rows[i].most;
		     said += RECORD_DATA_BYTES)
			say(&victim, rows[i].type, 1);
		check_int(victim.done_count, 0);
		say(&victim, rows[i].type, 1);
		CHECK(strstr(victim.loader.complaints.bytes,
			     "it says too much"));
		end_victim(&victim);
	}
}

static void test_an_unexpected_record_ends_a_loader(void)
{
	struct victim victim;

	start_victim(&victim);
	say(&victim, RECORD_OPENING, 0);
	say(&victim, RECORD_READY, 0);
	CHECK(strstr(victim.loader.complaints.bytes,
		     "xthe loader was killed: it sent an unexpected record\n"));
	end_victim(&victim);
	start_victim(&victim);
	say(&victim, RECORD_PLUGIN, 0);
	CHECK(strstr(victim.loader.complaints.bytes, "without a descriptor"));
	end_victim(&victim);
}

static void test_the_bound_that_ends_a_loader_is_said(void)
{
	static const struct {
		bool has_plugin;
		int64_t after_ms;
		const char *words;
	} rows[] = {
		{true, LOADER_OPENING_MS, "killed after 10 s with a plug-in\n"},
		{true, LOADER_TIMEOUT_MS, "after 30 s in all, at a plug-in\n"},
		{false, LOADER_TIMEOUT_MS, "not be read within 30 s"},
	};
	struct victim victim;
	struct timer *deadline = &victim.loader.deadline;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start_victim(&victim);
		if (rows[i].has_plugin)
			say(&victim, RECORD_OPENING, 0);
		victim.loop.now_ms += rows[i].after_ms;
		deadline->expired(deadline);
		CHECK(strstr(victim.loader.complaints.bytes, rows[i].words));
		end_victim(&victim);
	}
}

/* ---- One that crashes ---- */

/* It is asked for a file whose name cannot be read. */
static void test_a_crash_is_named(void)
{
	struct config_request request = a_request(NULL, 0);
	struct loader loader;
	struct error error;

	request.file = (const char *)8;
	check_int(loader_run(&loader, &request, &error), 1);
	CHECK(!loader.is_good && !loader.is_answered);
	CHECK(strstr(loader.complaints.bytes, "SIGSEGV") != NULL ||
	      strstr(loader.complaints.bytes, "status") != NULL);
	check_no_zombie();
	loader_release(&loader);
}

int main(void)
{
	test_the_answer_is_what_config_print_says();
	test_all_errors_come_back();
	test_an_unknown_user_is_an_error();
	test_a_loader_that_dies_is_reported();
	test_a_loader_that_says_too_much_is_killed();
	test_an_unexpected_record_ends_a_loader();
	test_the_bound_that_ends_a_loader_is_said();
	test_a_crash_is_named();
	return check_result();
}
