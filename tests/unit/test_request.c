/* SPDX-License-Identifier: MIT */
/* test_request.c - lines that cohortctl sends, and that others might. */
#include "control/request.h"

#include <stdbool.h>

#include "check.h"

static bool has(const char *text, const char *part)
{
	return strstr(text, part) != NULL;
}

static void test_good(void)
{
	static const char line[] =
		"connections service=a\\x20b limit=20 empty= form=json\r";
	struct request request;
	struct error error;

	REQUIRE(request_parse(&request, line, sizeof(line) - 1, &error) == 0);
	check_string(request.verb, "connections");
	check_int(request.argument_count, 4);
	check_string(request_value(&request, "service"), "a b");
	check_string(request_value(&request, "limit"), "20");
	check_string(request_value(&request, "empty"), "");
	CHECK(request_value(&request, "lim") == NULL);
}

static const struct ill {
	const char *line;
	const char *words;
} ills[] = {
	{"", "is empty"},
	{"   ", "is empty"},
	{"GET / HTTP/1.1", "'GET' is not a verb"},
	{"-x", "not a verb"},
	{"ping\x1b[2J", "\\x1b"},
	{"ping now", "'now' is not KEY=VALUE"},
	{"ping =x", "not the name of an argument"},
	{"ping Key=x", "not the name of an argument"},
	{"ping a=1 a=2", "a is given twice"},
	{"ping a=\\", "ill escaped"},
	{"ping a=\\x00b", "ill escaped"},
	{"p a=1 b=1 c=1 d=1 e=1 f=1 g=1 h=1 i=1 j=1 k=1 l=1 m=1 n=1 o=1 "
	 "p=1 q=1",
	 "more than 16"},
};

static void test_ill(void)
{
	struct request request;
	struct error error;
	char line[REQUEST_BYTES + 8];
	size_t i;

	for (i = 0; i < sizeof(ills) / sizeof(ills[0]); i++) {
		error.text[0] = '\0';
		CHECK(request_parse(&request, ills[i].line,
				    strlen(ills[i].line), &error) < 0);
		if (!has(error.text, ills[i].words))
			printf("  %s: %s\n", ills[i].line, error.text);
		CHECK(has(error.text, ills[i].words));
	}
	CHECK(request_parse(&request, "ping\0x", 6, &error) < 0);
	memset(line, 'a', sizeof(line));
	CHECK(request_parse(&request, line, REQUEST_BYTES - 1, &error) == 0);
	CHECK(request_parse(&request, line, REQUEST_BYTES, &error) < 0);
}

static void test_built(void)
{
	struct request request;
	struct text line = {0};
	struct error error;
	int i;

	request_begin(&line, "suspend");
	request_add(&line, "service", "a =\\\tb\n-");
	REQUIRE(request_end(&line, &error) == 0);
	CHECK(line.bytes[line.size - 1] == '\n');
	REQUIRE(request_parse(&request, line.bytes, line.size - 1, &error) ==
		0);
	check_string(request_value(&request, "service"), "a =\\\tb\n-");
	text_release(&line);
	request_begin(&line, "x");
	for (i = 0; i < 200; i++)
		request_add(&line, "key", "value");
	CHECK(request_end(&line, &error) < 0);
	text_release(&line);
}

int main(void)
{
	test_good();
	test_ill();
	test_built();
	return check_result();
}
