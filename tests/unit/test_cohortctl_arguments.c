/* SPDX-License-Identifier: MIT */
/* test_cohortctl_arguments.c - command lines as requests. */
#include "arguments.h"

#include "check.h"

#define WORDS_MOST 16

/* Parse a line of words parted by blanks. */
static int parse(struct arguments *arguments, const char *line, char *copy,
		 struct error *error)
{
	char *argv[WORDS_MOST + 1] = {"cohortctl"};
	char *rest = copy, *word;
	unsigned count = 1;

	strcpy(copy, line);
	while ((word = strsep(&rest, " ")) != NULL && count < WORDS_MOST)
		argv[count++] = word;
	return arguments_parse(arguments, argv, NULL, error);
}

static const struct good {
	const char *line;
	const char *request;
} goods[] = {
	{"ping", "ping\n"},
	{"--json status", "status form=json\n"},
	{"status -j", "status form=json\n"},
	{"scale 6", "scale workers=6\n"},
	{"scale --workers=6", "scale workers=6\n"},
	{"scale --workers 6", "scale workers=6\n"},
	{"suspend -- -x-", "suspend service=-x-\n"},
	{"log-level debug", "log-level level=debug\n"},
	{"stop --now", "stop now=on\n"},
	{"close 4711-12", "close id=4711-12\n"},
	{"close --peer 10.0.0.0/8 --idle-over=5m",
	 "close peer=10.0.0.0/8 idle-over=5m\n"},
	{"close --all", "close all=on\n"},
	{"connections --sort bytes --limit 20 --reverse",
	 "connections sort=bytes limit=20 reverse=on\n"},
};

static void test_goods(void)
{
	struct arguments arguments;
	struct error error;
	char copy[256];
	size_t i;

	for (i = 0; i < sizeof(goods) / sizeof(goods[0]); i++) {
		int result = parse(&arguments, goods[i].line, copy, &error);

		if (result < 0)
			printf("  %s: %s\n", goods[i].line, error.text);
		REQUIRE(result == 0);
		check_string(arguments.request.bytes, goods[i].request);
		check_string(arguments.socket, ARGUMENTS_SOCKET);
		arguments_release(&arguments);
	}
}

static void test_options(void)
{
	char *argv[] = {"cohortctl", "ping", NULL};
	struct arguments arguments;
	struct error error;
	char copy[256];

	CHECK(parse(&arguments, "-s /a -jeW --watch=500ms --timeout 3 status",
		    copy, &error) == 0);
	check_string(arguments.socket, "/a");
	CHECK(arguments.is_json && arguments.is_exact && arguments.is_wide);
	check_int(arguments.watch_ms, 500);
	check_int(arguments.timeout_ms, 3000);
	arguments_release(&arguments);
	CHECK(parse(&arguments, "--watch status --socket=/b", copy, &error) ==
	      0);
	check_int(arguments.watch_ms, ARGUMENTS_WATCH_MS);
	check_string(arguments.socket, "/b");
	arguments_release(&arguments);
	CHECK(parse(&arguments, "help close", copy, &error) == 0);
	CHECK(arguments.is_help && arguments.verb != NULL);
	CHECK(parse(&arguments, "-h", copy, &error) == 0);
	CHECK(arguments.is_help && arguments.verb == NULL);
	CHECK(arguments_parse(&arguments, argv, "/of/environment", &error) ==
	      0);
	check_string(arguments.socket, "/of/environment");
	arguments_release(&arguments);
}

static const struct bad {
	const char *line;
	const char *words;
} bads[] = {
	{"--json", "which verb?"},
	{"stat", "unknown verb 'stat'; did you mean 'status'?"},
	{"conections", "did you mean 'connections'?"},
	{"xyzzy", "unknown verb 'xyzzy'"},
	{"status --jsn", "unknown option --jsn; did you mean --json?"},
	{"connections --sorted", "did you mean --sort?"},
	{"status -x", "unknown option -x"},
	{"status now", "unexpected word 'now'"},
	{"scale", "scale needs N"},
	{"scale 0", "from 1 to 256"},
	{"scale six", "'six' is not a number"},
	{"scale 6 7", "unexpected word '7'"},
	{"suspend", "suspend needs SERVICE"},
	{"close", "close which ones?"},
	{"close 12", "'12' is no connection like 4711-12"},
	{"close --peer", "--peer needs ADDRESS[/BITS]"},
	{"close --peer 10.0.0.0/8 --peer 10.0.0.0/8", "given twice"},
	{"close --all=yes", "--all takes no value"},
	{"reload --watch", "done once"},
	{"status --watch=0", "neither seconds nor a duration"},
	{"status --timeout", "--timeout needs SECONDS"},
	{"status --timeout x", "neither seconds nor a duration"},
	{"status --json=yes", "--json takes no value"},
};

static void test_bads(void)
{
	struct arguments arguments;
	struct error error;
	char copy[256];
	size_t i;

	for (i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		error.text[0] = '\0';
		CHECK(parse(&arguments, bads[i].line, copy, &error) < 0);
		if (strstr(error.text, bads[i].words) == NULL)
			printf("  %s: %s\n", bads[i].line, error.text);
		CHECK(strstr(error.text, bads[i].words) != NULL);
		arguments_release(&arguments);
	}
}

int main(void)
{
	test_goods();
	test_options();
	test_bads();
	return check_result();
}
