/* SPDX-License-Identifier: MIT */
/* test_http_host.c - who may ask a listener that is for this machine only. */
#include "control/http_host.h"
#include "http_fixture.h"

#define ASK(host) "GET /small HTTP/1.1\r\nConnection: close\r\n" host "\r\n"

static const struct row {
	const char *host;
	bool is_local;
} rows[] = {
	{"", true},
	{"127.0.0.1", true},
	{"127.0.0.1:9180", true},
	{"10.1.2.3:80", true},
	{"[::1]", true},
	{"[::1]:9180", true},
	{"localhost", true},
	{"LocalHost:9180", true},
	{"localhost.", true},
	{"evil.example", false},
	{"evil.example:9180", false},
	{"localhost.evil.example", false},
	{"127.0.0.1.evil.example", false},
	{"127.0.0.1:evil", false},
	{"[::1", false},
	{"[::1].evil", false},
	{"[evil]:80", false},
	{"::1", false},
	{"2130706433", false},
};

static void test_hosts(void)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_note(http_host_is_local(rows[i].host) == rows[i].is_local,
			   __FILE__, __LINE__, rows[i].host);
}

static void test_a_strange_name_is_refused(void)
{
	struct text out = {0};

	scene_open(AF_INET);
	CHECK(ask(ASK("Host: evil.example\r\n"), &out));
	CHECK(has(&out, "HTTP/1.1 421 Misdirected Request\r\n"));
	CHECK(has(&out, "by address"));
	check_int(answer_count, 0);
	CHECK(ask(ASK("Host: localhost:80\r\n"), &out));
	CHECK(has(&out, "HTTP/1.1 200 OK\r\n"));
	CHECK(ask("GET /small HTTP/1.0\r\n\r\n", &out));
	CHECK(has(&out, "HTTP/1.1 200 OK\r\n"));
	text_release(&out);
	scene_close();
}

static void test_a_unix_socket_has_any_name(void)
{
	struct text out = {0};

	scene_open(AF_UNIX);
	CHECK(ask(ASK("Host: evil.example\r\n"), &out));
	CHECK(has(&out, "HTTP/1.1 200 OK\r\n"));
	text_release(&out);
	scene_close();
}

static void test_others_may_have_any_name(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in any = {.sin_family = AF_INET};

	REQUIRE(fd >= 0);
	REQUIRE(bind(fd, (struct sockaddr *)&any, sizeof(any)) == 0);
	CHECK(!http_host_is_checked(fd));
	close(fd);
}

int main(void)
{
	test_hosts();
	test_a_strange_name_is_refused();
	test_a_unix_socket_has_any_name();
	test_others_may_have_any_name();
	return check_result();
}
