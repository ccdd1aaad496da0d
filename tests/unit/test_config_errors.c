/* SPDX-License-Identifier: MIT */
/* test_config_errors.c - how errors are shown, and that all of them are. */
#include "config_fixture.h"

static void check_said(const char *text, const char *expected)
{
	struct outcome outcome;

	load_text(&outcome, text);
	CHECK(outcome.config == NULL);
	check_string(words_of(&outcome.complaints), expected);
	outcome_release(&outcome);
}

static void check_messages(void)
{
	check_said("service s {\n  listen *:1;\n  bakclog 5;\n}\n",
		   "t.conf:3:3: unknown directive 'bakclog'; did you mean "
		   "'backlog'?\n"
		   "      bakclog 5;\n"
		   "      ^\n");
	check_said("servce s { }",
		   "t.conf:1:1: unknown directive 'servce'; did you mean "
		   "'service'?\n"
		   "    servce s { }\n"
		   "    ^\n");
	check_said("\tgr\xc3\xbc\xc3\x9f\x65 \x1b;",
		   "t.conf:1:8: a control character (byte 27) stands here; if "
		   "it is meant, write it as \\x1b\n"
		   "     gr\xc3\xbc\xc3\x9f\x65 \\x1b;\n"
		   "           ^\n");
	check_said("",
		   "t.conf: no service: write at least 'service echo { "
		   "listen 127.0.0.1:8888; }'\n");
	check_said("service s { }",
		   "t.conf:1:9: service 's' has no address: add 'listen "
		   "127.0.0.1:8888;'\n"
		   "    service s { }\n"
		   "            ^\n");
	check_said("workers 2\nservice s { listen *:1; }",
		   "t.conf:2:1: 'workers' takes one value: is ';' missing at "
		   "the end of line 1?\n"
		   "    service s { listen *:1; }\n"
		   "    ^\n");
	check_said("log a\\x00b;\nservice s { listen \"*:1\\q b\" c; }",
		   "t.conf:1:6: unknown escape: after a backslash stands n, "
		   "r, t, xHH (not 00) or a character that is meant as "
		   "itself\n"
		   "    log a\\x00b;\n"
		   "         ^\n"
		   "t.conf:2:24: unknown escape: after a backslash stands n, "
		   "r, t, xHH (not 00) or a character that is meant as "
		   "itself\n"
		   "    service s { listen \"*:1\\q b\" c; }\n"
		   "                           ^\n");
	check_said("workers x; workers 999; service s { listen *:1; }",
		   "t.conf:1:9: workers: 'x' is not a number, or auto\n"
		   "    workers x; workers 999; service s { listen *:1; }\n"
		   "            ^\n"
		   "t.conf:1:20: workers: '999' is too large: at most 256, "
		   "or auto\n"
		   "    workers x; workers 999; service s { listen *:1; }\n"
		   "                       ^\n");
	check_said("backlog 5;",
		   "t.conf:1:1: 'backlog' stands in a service block, not "
		   "outside of one\n"
		   "    backlog 5;\n"
		   "    ^\n");
}

/* In a block of the protocol: TEXT, and what is wrong with it. */
#define IN_BLOCK(text)                                                         \
	"service s { listen *:1; protocol sample {\n" text "\n} }"
#define SHOWN(text, column) "\n    " text "\n    " column "^\n"

static void check_rows(void)
{
	check_said(IN_BLOCK("row a:1 wieght=5;"),
		   "t.conf:2:9: unknown parameter 'wieght=5'; did you mean "
		   "weight=?" SHOWN("row a:1 wieght=5;", "        "));
	check_said(IN_BLOCK("row a:1 sprae;"),
		   "t.conf:2:9: unknown parameter 'sprae'; did you mean "
		   "spare?" SHOWN("row a:1 sprae;", "        "));
	check_said(IN_BLOCK("row ;"),
		   "t.conf:2:4: 'row' takes ADDRESS [weight=NUMBER] "
		   "[patience=DURATION|off] [label=STRING] "
		   "[colour=red|green|deep blue] "
		   "[spare]" SHOWN("row ;", "   "));
	check_said(IN_BLOCK("row a:1 weight=x spare=on colour=grey;"),
		   "t.conf:2:9: weight: 'x' is not a number" SHOWN(
			   "row a:1 weight=x spare=on colour=grey;",
			   "        ") //
		   "t.conf:2:18: spare stands without a value: leave it out "
		   "for off" SHOWN("row a:1 weight=x spare=on colour=grey;",
				   "                 ") //
		   "t.conf:2:27: colour: 'grey' is not one of: red, green, "
		   "deep blue" SHOWN("row a:1 weight=x spare=on colour=grey;",
				     "                          "));
	check_said(IN_BLOCK("row a:1; row b:1; row a:01;"),
		   "t.conf:2:23: row 'a:01' is given twice" SHOWN(
			   "row a:1; row b:1; row a:01;",
			   "                      "));
	check_said(IN_BLOCK("rows a:1;"),
		   "t.conf:2:1: unknown directive 'rows'; did you mean "
		   "'row'?" SHOWN("rows a:1;", ""));
}

static void check_count_of_rows(void)
{
	struct text text = {.bytes = NULL};
	struct outcome outcome;
	int i;

	check_said("service s { listen *:1; protocol needy; }",
		   "t.conf:1:25: 'row' is given 0 times in the protocol's "
		   "block; at least 1 are needed\n"
		   "    service s { listen *:1; protocol needy; }\n"
		   "                            ^\n");
	text_append(&text, "service s { listen *:1; protocol sample {\n");
	for (i = 1; i <= 10; i++)
		text_append(&text, "row a:%d;\n", i);
	text_append(&text, "} }\n");
	load_text(&outcome, text.bytes);
	CHECK(outcome.config == NULL);
	check_says(&outcome, "t.conf:11:1: 'row' may be given at most 9 times");
	outcome_release(&outcome);
	text_release(&text);
}

static void check_nul(void)
{
	struct outcome outcome;

	put_bytes("t.conf", "workers\0 2;\n", 12);
	load(&outcome, (struct config_request){.file = "t.conf"});
	CHECK(outcome.config == NULL);
	check_says(&outcome, "t.conf:1:8: a NUL byte");
	outcome_release(&outcome);
}

/* Each line of the text is wrong. */
static void check_all_are_shown(void)
{
	struct outcome outcome;
	char place[32];
	int line;

	load_text(&outcome,
		  "workers many;\n"
		  "frobnicate on;\n"
		  "log \"stderr;\n"
		  "}\n"
		  "{ workers 1; }\n"
		  ";\n"
		  "service s { listen nowhere;\n"
		  "backlog -3;\n"
		  "protocol sample { number 0;\n"
		  "flag 1 }\n"
		  "backlog 4; idle_timeout 5;\n"
		  "write_high\n"
		  "}\n"
		  "service s { }\n"
		  "service { listen *:1; }\n"
		  "service a/b { }\n"
		  "service t;\n"
		  "service u {\n");
	CHECK(outcome.config == NULL);
	for (line = 1; line <= 18; line++) {
		if (line == 13)
			continue;
		snprintf(place, sizeof(place), "t.conf:%d:", line);
		check_says(&outcome, place);
	}
	outcome_release(&outcome);
}

static void check_too_many(void)
{
	struct text text = {.bytes = NULL};
	struct outcome outcome;
	const char *at;
	int i, count = 0;

	for (i = 0; i < 500; i++)
		text_append(&text, "nonesuch;\n");
	load_text(&outcome, text.bytes);
	at = words_of(&outcome.complaints);
	while ((at = strstr(at, "unknown directive")) != NULL) {
		at++;
		count++;
	}
	check_int(count, 100);
	check_says(&outcome, "too many errors\n");
	outcome_release(&outcome);
	text_release(&text);
}

static void check_long_line(void)
{
	const size_t size = 10 << 20;
	char *line = malloc(size + 1);
	struct outcome outcome;

	CHECK(line != NULL);
	if (!line)
		return;
	memset(line, 'x', size);
	line[size] = '\0';
	memcpy(line, "workers ", 8);
	load_text(&outcome, line);
	check_says(&outcome, "t.conf:1:9: workers: 'xxx");
	CHECK(outcome.complaints.size < 1000);
	outcome_release(&outcome);
	free(line);
}

static void check_services(void)
{
	struct outcome outcome;

	load_text(&outcome,
		  "service a { listen *:1; }\n"
		  "service b { listen 0.0.0.0:1; }\n");
	check_says(&outcome,
		   "t.conf:2:20: 0.0.0.0:1 is an address of two "
		   "services: of 'a' at t.conf:1:20 already\n");
	outcome_release(&outcome);
	load_text(&outcome,
		  "service a { listen *:1; listen 0.0.0.0:1;\n"
		  "listen *:0; listen *:0; }\n"
		  "service b { listen *:0; }\n");
	CHECK(outcome.config && outcome.config->service_count == 2);
	if (outcome.config)
		check_int(outcome.config->services[0].listen_count, 3);
	outcome_release(&outcome);
	load_text(&outcome,
		  "service a { listen *:1; }\n"
		  "service a { listen *:2; }\n");
	check_says(&outcome,
		   "t.conf:2:9: there is a service 'a' at "
		   "t.conf:1:9 already\n");
	outcome_release(&outcome);
}

static void check_limits(void)
{
	struct text text = {.bytes = NULL};
	struct outcome outcome;
	int i;

	for (i = 0; i <= CONFIG_SERVICES_MAX; i++)
		text_append(&text, "service s%d { listen *:%d; }\n", i, i + 1);
	load_text(&outcome, text.bytes);
	check_says(&outcome, "t.conf:257:9: there are more than 256 services");
	outcome_release(&outcome);
	text_release(&text);
	text_append(&text, "service s {\n");
	for (i = 0; i <= CONFIG_LISTENS_MAX; i++)
		text_append(&text, "listen *:0;\n");
	text_append(&text, "}\n");
	load_text(&outcome, text.bytes);
	check_says(&outcome, "t.conf:66:8: a service has at most 64 addresses");
	outcome_release(&outcome);
	text_release(&text);
}

int main(void)
{
	enter_directory();
	check_messages();
	check_rows();
	check_count_of_rows();
	check_nul();
	check_all_are_shown();
	check_too_many();
	check_long_line();
	check_services();
	check_limits();
	leave_directory();
	return check_result();
}
