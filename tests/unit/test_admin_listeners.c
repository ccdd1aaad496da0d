/* SPDX-License-Identifier: MIT */
/* test_admin_listeners.c - the sockets of the admin process, from one
 * configuration to the next. */
#include <errno.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "event/loop.h"
#include "process/admin_listeners.h"

static char directory[] = "/tmp/cohort-unit-XXXXXX";
static struct loop loop;

/* ---- A configuration ------------------------------------------------- */

struct sample {
	struct config config;
	struct config_listen control;
	struct config_listen admins[CONFIG_ADMINS_MAX];
};

static void parse(struct config_listen *listen, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void parse(struct config_listen *listen, const char *format, ...)
{
	struct error error;
	char word[256];
	va_list list;

	va_start(list, format);
	vsnprintf(word, sizeof(word), format, list);
	va_end(list);
	*listen = (struct config_listen){.mode = -1, .owner = -1, .group = -1};
	REQUIRE(address_parse(&listen->address, word, &error) == 0);
}

static void add_control(struct sample *sample, const char *name, int mode)
{
	parse(&sample->control, "unix:%s/%s", directory, name);
	sample->control.mode = mode;
	sample->config.control = &sample->control;
}

static struct config_listen *add(struct sample *sample)
{
	sample->config.admins = sample->admins;
	return &sample->admins[sample->config.admin_count++];
}

static int open_next(struct admin_listeners *next,
		     const struct admin_listeners *current,
		     const struct sample *sample, struct error *error)
{
	const struct admin_opening opening = {
		.config = &sample->config, .current = current, .loop = &loop};

	return admin_listeners_open(next, &opening, error);
}

/* ---- What there is --------------------------------------------------- */

static bool can_connect(const struct address *address)
{
	int fd = socket(address->socket.generic.sa_family, SOCK_STREAM, 0);
	int status = connect(fd, &address->socket.generic, address->length);

	close(fd);
	return status == 0;
}

/* Its permissions, or -1. */
static int mode_of(const char *name)
{
	char path[128];
	struct stat status;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return lstat(path, &status) == 0 ? (int)(status.st_mode & 07777) : -1;
}

/* ---- Tests ----------------------------------------------------------- */

static void test_life(void)
{
	struct admin_listeners set = {.count = 0}, next = {.count = 0};
	struct sample sample = {.config = {.workers = 1}};
	struct error error;

	add_control(&sample, "control", 0640);
	parse(add(&sample), "127.0.0.1:0");
	parse(add(&sample), "127.0.0.1:0");
	REQUIRE(open_next(&next, &set, &sample, &error) == 0);
	admin_listeners_change(&set, &next);
	check_int(next.count, 0);
	REQUIRE(set.count == 3);
	CHECK(set.list[0]->is_control && !set.list[1]->is_control);
	check_int(mode_of("control"), 0640);
	CHECK(can_connect(&set.list[0]->address));
	CHECK(can_connect(&set.list[1]->address));
	CHECK(address_port(&set.list[1]->address) !=
	      address_port(&set.list[2]->address));
	admin_listeners_close(&set, NULL);
	check_int(mode_of("control"), -1);
}

/* What stays is the very same socket; what goes is closed. */
static void test_change(void)
{
	struct admin_listeners set = {.count = 0}, next = {.count = 0};
	struct sample first = {.config = {.workers = 1}}, second = first;
	struct admin_listener *kept, *twin;
	struct address gone;
	struct error error;

	add_control(&first, "control", 0600);
	parse(add(&first), "127.0.0.1:0");
	parse(add(&first), "127.0.0.1:0");
	parse(add(&first), "unix:%s/http", directory);
	REQUIRE(open_next(&next, &set, &first, &error) == 0);
	admin_listeners_change(&set, &next);
	kept = set.list[1];
	twin = set.list[2];
	gone = set.list[3]->address;

	add_control(&second, "control", 0660);
	parse(add(&second), "127.0.0.1:0");
	parse(add(&second), "127.0.0.1:0");
	parse(add(&second), "[::1]:0");
	REQUIRE(open_next(&next, &set, &second, &error) == 0);
	/* Nothing is changed so far. */
	check_int(mode_of("control"), 0600);
	CHECK(can_connect(&gone));
	admin_listeners_change(&set, &next);
	REQUIRE(set.count == 4);
	CHECK(set.list[1] == kept && set.list[2] == twin);
	CHECK(can_connect(&set.list[3]->address));
	CHECK(!can_connect(&gone));
	check_int(mode_of("http"), -1);
	check_int(mode_of("control"), 0660);
	admin_listeners_close(&set, NULL);
}

/* All or nothing. */
static void test_failure(void)
{
	struct admin_listeners set = {.count = 0}, next = {.count = 0};
	struct sample first = {.config = {.workers = 1}}, second = first;
	struct address taken;
	struct error error;
	char text[ADDRESS_TEXT];
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	REQUIRE(fd >= 0 && listen(fd, 1) == 0);
	REQUIRE(address_of_socket(&taken, fd) == 0);
	parse(add(&first), "127.0.0.1:0");
	REQUIRE(open_next(&next, &set, &first, &error) == 0);
	admin_listeners_change(&set, &next);

	add_control(&second, "control", 0600);
	parse(add(&second), "127.0.0.1:0");
	parse(add(&second), "127.0.0.1:%u", address_port(&taken));
	check_int(open_next(&next, &set, &second, &error), -1);
	check_int(error.number, EADDRINUSE);
	address_format(text, &second.admins[1].address);
	CHECK(strncmp(error.text, "admin: ", 7) == 0);
	CHECK(strstr(error.text, text) != NULL);
	check_int(next.count, 0);
	check_int(mode_of("control"), -1);
	CHECK(can_connect(&set.list[0]->address));
	admin_listeners_close(&set, NULL);
	close(fd);
}

/* Another instance has the lock, whatever the socket says. */
static void test_twins(void)
{
	struct admin_listeners set = {.count = 0}, next = {.count = 0};
	struct admin_listeners nothing = {.count = 0};
	struct sample sample = {.config = {.workers = 1}};
	struct error error;

	add_control(&sample, "control", 0600);
	REQUIRE(open_next(&set, &nothing, &sample, &error) == 0);
	check_int(open_next(&next, &nothing, &sample, &error), -1);
	check_int(error.number, EADDRINUSE);
	CHECK(strncmp(error.text, "control: cannot serve", 21) == 0);
	CHECK(can_connect(&set.list[0]->address));
	admin_listeners_close(&set, NULL);
	REQUIRE(open_next(&next, &nothing, &sample, &error) == 0);
	admin_listeners_close(&next, NULL);
}

/* The file that somebody else has put there is not ours to remove. */
static void test_foreign_file(void)
{
	struct admin_listeners set = {.count = 0}, nothing = {.count = 0};
	struct sample sample = {.config = {.workers = 1}};
	struct error error;
	char path[128];
	FILE *file;

	add_control(&sample, "control", 0600);
	REQUIRE(open_next(&set, &nothing, &sample, &error) == 0);
	snprintf(path, sizeof(path), "%s/control", directory);
	CHECK(unlink(path) == 0);
	file = fopen(path, "w");
	REQUIRE(file != NULL);
	fclose(file);
	admin_listeners_close(&set, NULL);
	CHECK(mode_of("control") >= 0);
	check_int(open_next(&set, &nothing, &sample, &error), -1);
	check_int(error.number, EEXIST);
	unlink(path);
}

/* ---- What is not there ----------------------------------------------- */

static void remove_file(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	check_int(unlink(path), 0);
}

static void test_removed_file(void)
{
	struct admin_listeners set = {.count = 0}, next = {.count = 0};
	struct sample sample = {.config = {.workers = 1}};
	struct admin_listener *kept;
	struct error error;
	char path[128];

	add_control(&sample, "control", 0640);
	REQUIRE(open_next(&next, &set, &sample, &error) == 0);
	admin_listeners_change(&set, &next);
	kept = set.list[0];
	remove_file("control");
	CHECK(!can_connect(&kept->address));
	CHECK(!admin_listeners_are_renewed(&set));
	/* It is there again, whatever becomes of the rest. */
	REQUIRE(open_next(&next, &set, &sample, &error) == 0);
	CHECK(next.list[0] == kept);
	admin_listeners_close(&next, &set);
	CHECK(admin_listeners_are_renewed(&set));
	CHECK(!admin_listeners_are_renewed(&set));
	CHECK(can_connect(&kept->address));
	check_int(mode_of("control"), 0640);
	/* Somebody else's file is not replaced, and not removed. */
	remove_file("control");
	snprintf(path, sizeof(path), "%s/control", directory);
	check_int(mkdir(path, 0700), 0);
	check_int(open_next(&next, &set, &sample, &error), -1);
	CHECK(strncmp(error.text, "control: ", 9) == 0);
	check_int(next.count, 0);
	CHECK(!admin_listeners_are_renewed(&set));
	CHECK(kept->fd >= 0 && kept->has_inode);
	admin_listeners_close(&set, NULL);
	check_int(rmdir(path), 0);
}

static void test_missing(void)
{
	struct admin_listeners set = {.count = 0}, next = {.count = 0};
	struct sample sample = {.config = {.workers = 1}};
	const struct admin_opening opening = {
		.config = &sample.config,
		.current = &set,
		.loop = &loop,
		.may_miss = true,
	};
	char path[128];
	struct error error;

	snprintf(path, sizeof(path), "%s/control", directory);
	check_int(mkdir(path, 0700), 0);
	add_control(&sample, "control", 0600);
	parse(add(&sample), "127.0.0.1:0");
	check_int(admin_listeners_open(&next, &opening, &error), 1);
	CHECK(strncmp(error.text, "control: ", 9) == 0);
	REQUIRE(next.count == 1);
	admin_listeners_change(&set, &next);
	CHECK(can_connect(&set.list[0]->address));
	check_int(rmdir(path), 0);
	check_int(admin_listeners_open(&next, &opening, &error), 0);
	REQUIRE(next.count == 2);
	CHECK(next.list[0]->is_control && next.list[1] == set.list[0]);
	admin_listeners_change(&set, &next);
	admin_listeners_close(&set, NULL);
}

int main(void)
{
	struct error error;

	log_set_level(LOG_LEVEL_ERROR);
	REQUIRE(mkdtemp(directory) != NULL);
	REQUIRE(loop_init(&loop, &error) == 0);
	test_life();
	test_change();
	test_failure();
	test_twins();
	test_foreign_file();
	test_removed_file();
	test_missing();
	loop_release(&loop);
	CHECK(rmdir(directory) == 0);
	return check_result();
}
