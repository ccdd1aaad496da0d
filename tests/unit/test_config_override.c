/* SPDX-License-Identifier: MIT */
/* test_config_override.c - defaults, then the file, then -o and -w. */
#include "config_fixture.h"

static const char two_services[] =
	"workers 2;\n"
	"service a { listen *:1; backlog 10; }\n"
	"service b { listen *:2; }\n";

/* The file two_services with up to two -o texts. */
static void load_with(struct outcome *outcome, const char *first,
		      const char *second)
{
	const char *const overrides[] = {first, second};

	put("t.conf", two_services);
	load(outcome, (struct config_request){
			      .file = "t.conf",
			      .overrides = overrides,
			      .override_count = second ? 2 : 1,
		      });
}

static int backlog_of(const struct outcome *outcome, unsigned service)
{
	if (!outcome->config)
		return -1;
	return outcome->config->services[service].settings.options.backlog;
}

static void check_backlogs(const char *first, const char *second, int a, int b)
{
	struct outcome outcome;

	load_with(&outcome, first, second);
	check_int(backlog_of(&outcome, 0), a);
	check_int(backlog_of(&outcome, 1), b);
	outcome_release(&outcome);
}

static void check_listens(const char *override, const char *expected)
{
	struct outcome outcome;
	char address[ADDRESS_TEXT];
	const struct config_service *service;
	struct text all = {.bytes = NULL};
	unsigned i, j;

	load_with(&outcome, override, NULL);
	for (i = 0; outcome.config && i < outcome.config->service_count; i++) {
		service = &outcome.config->services[i];
		text_append(&all, "%s:", service->name);
		for (j = 0; j < service->listen_count; j++)
			text_append(
				&all, " %s",
				address_format(address,
					       &service->listens[j].address));
		text_append(&all, ";");
	}
	check_string(words_of(&all), expected);
	text_release(&all);
	outcome_release(&outcome);
}

static void check_refused(const char *override, const char *words)
{
	struct outcome outcome;

	load_with(&outcome, override, NULL);
	CHECK(outcome.config == NULL);
	check_says(&outcome, words);
	outcome_release(&outcome);
}

static void check_precedence(void)
{
	check_backlogs("", NULL, 10, 511);
	check_backlogs("backlog 20;", NULL, 20, 20);
	check_backlogs("service a { backlog 20; }", NULL, 20, 511);
	check_backlogs("service b { backlog 30; } backlog 20;", NULL, 20, 30);
	check_backlogs("service b { backlog 30; }", "backlog 20;", 20, 20);
	check_backlogs("backlog 20;", "service b { backlog 30; }", 20, 30);
	check_listens("", "a: 0.0.0.0:1;b: 0.0.0.0:2;");
	check_listens("service a { listen *:3; listen *:4; }",
		      "a: 0.0.0.0:3 0.0.0.0:4;b: 0.0.0.0:2;");
	check_listens("listen *:0; service b { listen *:9; }",
		      "a: 0.0.0.0:0;b: 0.0.0.0:9;");
	check_refused("backlog 5; backlog 6;",
		      "-o#1:1:12: 'backlog' was given at -o#1:1:1 already");
	check_refused("service a { } service a { }", "-o#1:1:23: service 'a'");
	check_refused("service c { }", "-o#1:1:9: there is no service 'c'");
	check_refused("listen *:7;",
		      "-o#1:1:8: 0.0.0.0:7 is an address of two "
		      "services: of 'a' at -o#1:1:8 already");
	check_refused("backlog x;",
		      "-o#1:1:9: backlog: 'x' is not a number\n"
		      "    backlog x;\n            ^\n");
}

/* Without a file. */
static void check_implied(void)
{
	static const char *const listens[] = {"127.0.0.1:9", "unix:/a b"};
	static const char *const overrides[] = {"workers 4;",
						"service default { listen "
						"*:5; backlog 7; }"};
	struct outcome outcome;

	load(&outcome, (struct config_request){.workers = NULL});
	check_line(&outcome, "service default {");
	check_line(&outcome, "listen 127.0.0.1:8888;");
	check_line(&outcome, "protocol sample {");
	check_line(&outcome, "string \"a b\";");
	outcome_release(&outcome);
	load(&outcome, (struct config_request){
			       .listens = listens,
			       .listen_count = 2,
			       .protocol = "plain",
			       .workers = "3",
			       .overrides = overrides,
			       .override_count = 1,
		       });
	check_line(&outcome, "workers 3;");
	check_line(&outcome, "listen 127.0.0.1:9;");
	check_line(&outcome, "listen \"unix:/a b\";");
	check_line(&outcome, "protocol plain;");
	outcome_release(&outcome);
	load(&outcome, (struct config_request){
			       .overrides = overrides,
			       .override_count = 2,
		       });
	check_line(&outcome, "workers 4;");
	check_line(&outcome, "listen 0.0.0.0:5;");
	check_line(&outcome, "backlog 7;");
	CHECK(!has_line(&outcome, "listen 127.0.0.1:8888;"));
	outcome_release(&outcome);
}

static void check_flags(void)
{
	static const char *const listens[] = {"127.0.0.1"};
	struct outcome outcome;

	load(&outcome, (struct config_request){
			       .listens = listens,
			       .listen_count = 1,
			       .protocol = "sampel",
			       .workers = "some",
		       });
	CHECK(outcome.config == NULL);
	check_says(&outcome, "-l: 127.0.0.1 has no port");
	check_says(&outcome,
		   "-p: unknown protocol 'sampel'; did you mean "
		   "'sample'?\n");
	check_says(&outcome, "-w: 'some' is not a number, or auto\n");
	outcome_release(&outcome);
}

int main(void)
{
	enter_directory();
	check_precedence();
	check_implied();
	check_flags();
	leave_directory();
	return check_result();
}
