/* SPDX-License-Identifier: MIT */
/* test_notify.c - what a service manager hears, byte for byte. */
#include "process/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "notify_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define FULL_AT_MOST 100000 /* datagrams before a queue must be full */
#define PATIENCE_S   60     /* then something has blocked */
#define OWN          4711   /* a pid */

/* ---- The socket ---- */

static int tell_everything(const struct notify *notify)
{
	struct error error;
	int fd = STDIN_FILENO;

	return notify_ready(notify, "ready", &error) |
	       notify_ready(notify, NULL, &error) |
	       notify_reloading(notify, 1, &error) |
	       notify_stopping(notify, &error) |
	       notify_status(notify, "status", &error) |
	       notify_watchdog(notify, &error) |
	       notify_extend(notify, 1, &error) |
	       notify_main_pid(notify, 1, &error) |
	       notify_store(notify, "a:b", &fd, 1, &error) |
	       notify_remove(notify, "", &error);
}

static void test_without_a_manager_nothing_is_done(void)
{
	static const char *const rows[] = {NULL, ""};
	struct notify notify;
	struct error error;
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		check_int(notify_open(&notify, rows[i], &error), 0);
		CHECK(!notify_is_on(&notify));
		check_int(tell_everything(&notify), 0);
		notify_close(&notify);
		notify_close(&notify);
	}
}

static void test_other_kinds_of_address_are_refused_and_leave_it_off(void)
{
	static const char *const rows[] = {
		"vsock:2:1234", "vsock-stream:2:1234", "run/notify", " /run/x",
		"127.0.0.1:80", "unix:/run/notify",    "/",          "@",
	};
	struct notify notify;
	struct error error;
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		check_int(notify_open(&notify, rows[i], &error), -1);
		CHECK(strstr(error.text, "NOTIFY_SOCKET") != NULL);
		CHECK(strstr(error.text, rows[i]) != NULL);
		CHECK(!notify_is_on(&notify));
		check_int(tell_everything(&notify), 0);
		notify_close(&notify);
	}
}

/* unix(7): 108 bytes, of which a path needs one for its end. */
static void test_an_address_is_as_long_as_the_kernel_has_room(void)
{
	static const struct {
		char first;
		size_t size;
		int result;
	} rows[] = {
		{'/', 107, 0},  {'/', 108, -1}, {'@', 108, 0},
		{'@', 109, -1}, {'/', 999, -1},
	};
	char value[1000];
	struct notify notify;
	struct error error;
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		memset(value, 'x', sizeof(value));
		value[0] = rows[i].first;
		value[rows[i].size] = '\0';
		check_int(notify_open(&notify, value, &error), rows[i].result);
		check_int(notify_is_on(&notify), rows[i].result == 0);
		if (rows[i].result < 0) {
			CHECK(strstr(error.text, "longer") != NULL);
		} else {
			check_int(notify_stopping(&notify, &error), -1);
			CHECK(strstr(error.text, value) != NULL);
		}
		notify_close(&notify);
	}
}

static void test_the_socket_is_kept_from_programs_and_never_waits(void)
{
	struct manager manager;

	manager_start(&manager, false);
	CHECK(notify_is_on(&manager.notify));
	CHECK(fcntl(manager.notify.fd, F_GETFD) & FD_CLOEXEC);
	CHECK(fcntl(manager.notify.fd, F_GETFL) & O_NONBLOCK);
	notify_close(&manager.notify);
	CHECK(!notify_is_on(&manager.notify));
	check_int(tell_everything(&manager.notify), 0);
	CHECK(!manager_hear(&manager));
	manager_stop(&manager);
}

static void test_a_manager_that_is_not_there_is_an_error_with_words(void)
{
	static const struct {
		const char *value;
		int number;
	} rows[] = {
		{"/tmp/cohort-test-no-such/socket", ENOENT},
		{"@cohort-test-no-such", ECONNREFUSED},
	};
	struct notify notify;
	struct error error;
	char words[128];
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		check_int(notify_open(&notify, rows[i].value, &error), 0);
		check_int(notify_ready(&notify, "words", &error), -1);
		snprintf(words, sizeof(words),
			 "cannot tell the service manager at %s: %s",
			 rows[i].value, strerror(rows[i].number));
		check_string(error.text, words);
		check_int(error.number, rows[i].number);
		notify_close(&notify);
	}
}

static void test_a_manager_that_came_back_is_found(void)
{
	struct manager manager;
	struct error error;

	manager_start(&manager, false);
	close(manager.fd);
	check_int(notify_watchdog(&manager.notify, &error), -1);
	check_int(error.number, ECONNREFUSED);
	CHECK(unlink(manager.value) == 0);
	manager_listen(&manager);
	check_int(notify_watchdog(&manager.notify, &error), 0);
	manager_expect(&manager, "WATCHDOG=1", 0);
	manager_stop(&manager);
}

static void test_a_manager_that_does_not_read_is_not_waited_for(void)
{
	struct manager manager;
	struct error error;
	int count = 0;

	manager_start(&manager, false);
	while (count < FULL_AT_MOST &&
	       notify_watchdog(&manager.notify, &error) == 0)
		count++;
	CHECK(count > 0 && count < FULL_AT_MOST);
	check_int(error.number, EAGAIN);
	CHECK(strstr(error.text, manager.value) != NULL);
	for (; count > 0; count--)
		CHECK(manager_hear(&manager));
	check_int(notify_stopping(&manager.notify, &error), 0);
	manager_expect(&manager, "STOPPING=1", 0);
	manager_stop(&manager);
}

/* ---- States ---- */

static void check_each_state(struct manager *manager)
{
	const struct notify *notify = &manager->notify;
	struct error error;

	check_int(notify_ready(notify, "2 workers", &error), 0);
	manager_expect(manager, "READY=1\nSTATUS=2 workers", 0);
	check_int(notify_ready(notify, NULL, &error), 0);
	manager_expect(manager, "READY=1", 0);
	check_int(notify_reloading(notify, UINT64_MAX, &error), 0);
	manager_expect(manager,
		       "RELOADING=1\nMONOTONIC_USEC=18446744073709551615", 0);
	check_int(notify_stopping(notify, &error), 0);
	manager_expect(manager, "STOPPING=1", 0);
	check_int(notify_status(notify, "draining", &error), 0);
	manager_expect(manager, "STATUS=draining", 0);
	check_int(notify_watchdog(notify, &error), 0);
	manager_expect(manager, "WATCHDOG=1", 0);
	check_int(notify_extend(notify, 30000000, &error), 0);
	manager_expect(manager, "EXTEND_TIMEOUT_USEC=30000000", 0);
	check_int(notify_main_pid(notify, OWN, &error), 0);
	manager_expect(manager, "MAINPID=4711", 0);
	check_int(notify_remove(notify, "echo-0", &error), 0);
	manager_expect(manager, "FDSTOREREMOVE=1\nFDNAME=echo-0", 0);
}

static void test_each_state_is_one_datagram(void)
{
	struct manager manager;
	int is_abstract;

	for (is_abstract = 0; is_abstract < 2; is_abstract++) {
		manager_start(&manager, is_abstract);
		check_each_state(&manager);
		manager_stop(&manager);
	}
}

static void test_status_words_stay_one_line(void)
{
	static const struct {
		const char *words;
		const char *text;
	} rows[] = {
		{"", "STATUS="},
		{"a\nREADY=1", "STATUS=a READY=1"},
		{"\ra\tb\x01\x1f\x7f\n", "STATUS= a b    "},
		{"caf\xc3\xa9 %s", "STATUS=caf\xc3\xa9 %s"},
	};
	struct manager manager;
	struct error error;
	char text[64];
	size_t i;

	manager_start(&manager, true);
	for (i = 0; i < COUNT(rows); i++) {
		check_int(notify_status(&manager.notify, rows[i].words, &error),
			  0);
		manager_expect(&manager, rows[i].text, 0);
		snprintf(text, sizeof(text), "READY=1\n%s", rows[i].text);
		check_int(notify_ready(&manager.notify, rows[i].words, &error),
			  0);
		manager_expect(&manager, text, 0);
	}
	manager_stop(&manager);
}

/* `size` bytes, then `tail`: how many bytes of words arrive? */
static size_t status_size(size_t size, const char *tail)
{
	static const char state[] = "READY=1\nSTATUS=";
	char words[2 * NOTIFY_STATUS_BYTES];
	struct manager manager;
	struct error error;

	memset(words, 'x', size);
	strcpy(words + size, tail);
	manager_start(&manager, true);
	check_int(notify_ready(&manager.notify, words, &error), 0);
	REQUIRE(manager_hear(&manager));
	REQUIRE(manager.size >= strlen(state));
	CHECK(memcmp(manager.text, state, strlen(state)) == 0);
	size = manager.size - strlen(state);
	CHECK(memcmp(manager.text + strlen(state), words, size) == 0);
	manager_stop(&manager);
	return size;
}

static void test_long_status_words_are_cut_between_characters(void)
{
	static const struct {
		size_t size;
		const char *tail;
		size_t result;
	} rows[] = {
		{NOTIFY_STATUS_BYTES, "", NOTIFY_STATUS_BYTES},
		{NOTIFY_STATUS_BYTES, "more", NOTIFY_STATUS_BYTES},
		{NOTIFY_STATUS_BYTES, "\xc3\xa9", NOTIFY_STATUS_BYTES},
		{NOTIFY_STATUS_BYTES - 1, "\xc3\xa9", NOTIFY_STATUS_BYTES - 1},
		{NOTIFY_STATUS_BYTES - 2, "\xc3\xa9", NOTIFY_STATUS_BYTES},
		{NOTIFY_STATUS_BYTES - 2, "\xc3\xa9.", NOTIFY_STATUS_BYTES},
		{NOTIFY_STATUS_BYTES - 3, "\xf0\x9f\x98\x80",
		 NOTIFY_STATUS_BYTES - 3},
	};
	size_t i;

	for (i = 0; i < COUNT(rows); i++)
		check_int(status_size(rows[i].size, rows[i].tail),
			  rows[i].result);
}

/* ---- Descriptors ---- */

static void test_stored_descriptors_arrive_with_their_name(void)
{
	struct manager manager;
	struct error error;
	int ends[2];
	char byte = 0;

	REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
	manager_start(&manager, false);
	check_int(notify_store(&manager.notify, "echo-0", ends, 2, &error), 0);
	REQUIRE(manager_hear(&manager));
	check_string(manager.text, "FDSTORE=1\nFDNAME=echo-0\nFDPOLL=0");
	REQUIRE(manager.fd_count == 2);
	CHECK(manager.fds[0] != ends[0] && manager.fds[1] != ends[1]);
	CHECK(write(manager.fds[1], "x", 1) == 1);
	CHECK(read(ends[0], &byte, 1) == 1 && byte == 'x');
	CHECK(write(ends[1], "y", 1) == 1);
	CHECK(read(manager.fds[0], &byte, 1) == 1 && byte == 'y');
	close(manager.fds[0]);
	close(manager.fds[1]);
	close(ends[0]);
	close(ends[1]);
	manager_stop(&manager);
}

static void test_a_datagram_carries_so_many_descriptors_and_no_more(void)
{
	struct manager manager;
	struct error error;
	int fds[NOTIFY_DESCRIPTORS + 1];
	unsigned i;

	for (i = 0; i < COUNT(fds); i++)
		fds[i] = STDOUT_FILENO;
	manager_start(&manager, true);
	check_int(notify_store(&manager.notify, "n", fds, COUNT(fds), &error),
		  -1);
	CHECK(strstr(error.text, "253 descriptors") != NULL);
	check_int(notify_store(&manager.notify, "n", fds, 0, &error), 0);
	CHECK(!manager_hear(&manager));
	check_int(
		notify_store(&manager.notify, "n", fds, COUNT(fds) - 1, &error),
		0);
	manager_expect(&manager, "FDSTORE=1\nFDNAME=n\nFDPOLL=0",
		       NOTIFY_DESCRIPTORS);
	for (i = 0; i < NOTIFY_DESCRIPTORS; i++)
		close(manager.fds[i]);
	manager_stop(&manager);
}

static void test_a_descriptor_that_is_not_open_is_an_error(void)
{
	struct manager manager;
	struct error error;
	int fd = -1;

	manager_start(&manager, true);
	check_int(notify_store(&manager.notify, "name", &fd, 1, &error), -1);
	check_int(error.number, EBADF);
	CHECK(strstr(error.text, manager.value) != NULL);
	CHECK(!manager_hear(&manager));
	manager_stop(&manager);
}

static void test_names_that_a_manager_would_not_keep_are_refused(void)
{
	static const char *const rows[] = {
		"",      "a:b", ":",           "a\nb",
		"a\x7f", "\t",  "caf\xc3\xa9", "a\nFDNAME=b",
	};
	char name[NOTIFY_NAME_BYTES + 2];
	struct manager manager;
	struct error error;
	int fd = STDOUT_FILENO;
	size_t i;

	manager_start(&manager, true);
	for (i = 0; i < COUNT(rows); i++) {
		check_int(
			notify_store(&manager.notify, rows[i], &fd, 1, &error),
			-1);
		CHECK(strstr(error.text, rows[i]) != NULL);
		check_int(notify_remove(&manager.notify, rows[i], &error), -1);
		CHECK(strstr(error.text, "without a colon") != NULL);
	}
	memset(name, 'n', sizeof(name));
	name[NOTIFY_NAME_BYTES + 1] = '\0';
	check_int(notify_remove(&manager.notify, name, &error), -1);
	CHECK(!manager_hear(&manager));
	name[NOTIFY_NAME_BYTES] = '\0';
	check_int(notify_remove(&manager.notify, name, &error), 0);
	CHECK(manager_hear(&manager));
	check_string(manager.text + strlen("FDSTOREREMOVE=1\nFDNAME="), name);
	manager_stop(&manager);
}

int main(void)
{
	alarm(PATIENCE_S);
	test_without_a_manager_nothing_is_done();
	test_other_kinds_of_address_are_refused_and_leave_it_off();
	test_an_address_is_as_long_as_the_kernel_has_room();
	test_the_socket_is_kept_from_programs_and_never_waits();
	test_a_manager_that_is_not_there_is_an_error_with_words();
	test_a_manager_that_came_back_is_found();
	test_a_manager_that_does_not_read_is_not_waited_for();
	test_each_state_is_one_datagram();
	test_status_words_stay_one_line();
	test_long_status_words_are_cut_between_characters();
	test_stored_descriptors_arrive_with_their_name();
	test_a_datagram_carries_so_many_descriptors_and_no_more();
	test_a_descriptor_that_is_not_open_is_an_error();
	test_names_that_a_manager_would_not_keep_are_refused();
	return check_result();
}
