/* SPDX-License-Identifier: MIT */
/* test_notify_environment.c - how the environment that a service manager gives
 * is read, and what is nonsense in it. */
#include "process/notify.h"

#include <string.h>

#include "check.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define OWN          4711 /* a pid */
#define ROOM         3

static void test_the_watchdog_is_called_at_half_its_period(void)
{
	static const struct {
		const char *usec;
		const char *pid;
		int64_t result;
	} rows[] = {
		{"30000000", NULL, 15000},
		{"30000000", "4711", 15000},
		{"1000001", "4711", 500},
		{"2000", NULL, 1},
		{"1999", NULL, 1}, /* never 0: that would be without end */
		{"18446744073709551614", NULL, INT64_C(9223372036854775)},
		{NULL, NULL, -1},
		{NULL, "4711", -1},
		{"30000000", "4712", -1},
		{"30000000", "", -1},
		{"30000000", "0", -1},
		{"30000000", "-4711", -1},
		{"30000000", "4711 ", -1},
		{"30000000", "4294972007", -1}, /* 2^32 + 4711 */
		{"", NULL, -1},
		{"0", NULL, -1},
		{"-1", NULL, -1},
		{"30s", NULL, -1},
		{"18446744073709551615", NULL, -1},
		{"18446744073709551616", NULL, -1},
	};
	size_t i;

	for (i = 0; i < COUNT(rows); i++)
		check_int(notify_watchdog_interval(rows[i].usec, rows[i].pid,
						   OWN),
			  rows[i].result);
}

static void test_inherited_descriptors_have_their_names(void)
{
	static const struct {
		struct notify_listen told;
		int count;
		const char *names[ROOM];
	} rows[] = {
		{{"4711", "1", "http"}, 1, {"http"}},
		{{"4711", "3", "a:b c:a"}, 3, {"a", "b c", "a"}},
		{{"4711", "2", NULL}, 2, {"unknown", "unknown"}},
		{{"4711", "3", ":x:"}, 3, {"", "x", ""}},
		{{"4711", "1", ""}, 1, {""}},
		{{NULL, NULL, NULL}, 0, {NULL}},
		{{NULL, "1", "a"}, 0, {NULL}},
		{{"4711", NULL, "a"}, 0, {NULL}},
		{{"4712", "1", "a"}, 0, {NULL}},
		{{"1", "nonsense", "a:b"}, 0, {NULL}},
	};
	struct notify_inherited out[ROOM];
	struct error error;
	size_t i;
	int j;

	for (i = 0; i < COUNT(rows); i++) {
		memset(out, 0xff, sizeof(out));
		check_int(notify_listen_fds(&rows[i].told, OWN, out, ROOM,
					    &error),
			  rows[i].count);
		for (j = 0; j < rows[i].count; j++) {
			check_int(out[j].fd, 3 + j);
			check_string(out[j].name, rows[i].names[j]);
		}
	}
}

static void test_a_senseless_environment_is_an_error_with_words(void)
{
	static const struct {
		struct notify_listen told;
		const char *words;
	} rows[] = {
		{{"", "1", NULL}, "LISTEN_PID \"\" is no process id"},
		{{"0", "1", NULL}, "LISTEN_PID \"0\" is no process id"},
		{{"me", "1", NULL}, "LISTEN_PID \"me\" is no process id"},
		{{"2147483648", "1", NULL},
		 "LISTEN_PID \"2147483648\" is no process id"},
		{{"4711", "", NULL},
		 "LISTEN_FDS \"\" is no number of descriptors"},
		{{"4711", "0", NULL},
		 "LISTEN_FDS \"0\" is no number of descriptors"},
		{{"4711", "-1", NULL},
		 "LISTEN_FDS \"-1\" is no number of descriptors"},
		{{"4711", "4", NULL},
		 "LISTEN_FDS is 4, but at most 3 descriptors can be taken"},
		{{"4711", "4294967297", NULL},
		 "LISTEN_FDS is 4294967297, but at most 3 descriptors can be "
		 "taken"},
		{{"4711", "2", "a"},
		 "LISTEN_FDNAMES has 1 names for 2 descriptors"},
		{{"4711", "1", "a:b"},
		 "LISTEN_FDNAMES has 2 names for 1 descriptors"},
		{{"4711", "2", "a:b\n"},
		 "LISTEN_FDNAMES has \"b\n\", which is no name of a "
		 "descriptor"},
	};
	struct notify_inherited out[ROOM];
	struct error error;
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		check_int(notify_listen_fds(&rows[i].told, OWN, out, ROOM,
					    &error),
			  -1);
		check_string(error.text, rows[i].words);
	}
}

static void test_an_inherited_name_has_a_longest(void)
{
	char names[NOTIFY_NAME_BYTES + 2];
	struct notify_listen told = {"4711", "1", names};
	struct notify_inherited out;
	struct error error;

	memset(names, 'n', sizeof(names));
	names[NOTIFY_NAME_BYTES + 1] = '\0';
	check_int(notify_listen_fds(&told, OWN, &out, 1, &error), -1);
	names[NOTIFY_NAME_BYTES] = '\0';
	check_int(notify_listen_fds(&told, OWN, &out, 1, &error), 1);
	check_string(out.name, names);
}

int main(void)
{
	test_the_watchdog_is_called_at_half_its_period();
	test_inherited_descriptors_have_their_names();
	test_a_senseless_environment_is_an_error_with_words();
	test_an_inherited_name_has_a_longest();
	return check_result();
}
