/* SPDX-License-Identifier: MIT */
/* test_qotd.c - RFC 865: which file is good, and what a client gets of it. */
#include "protocols/protocols.h"

#include "transport_fixture.h"

#define PATH_BYTES 64

/* A worker that was started with a file, or not. */
struct world_of_quotes {
	struct world *world;
	struct error error;
	char path[PATH_BYTES];
	const char *file; /* the protocol's options */
	int result;
};

static void start(struct world_of_quotes *quotes, const char *path)
{
	quotes->world = world_open();
	quotes->file = path;
	quotes->error.text[0] = '\0';
	quotes->world->service.protocol = &protocol_qotd;
	quotes->world->service.protocol_options = &quotes->file;
	quotes->result = service_start(&quotes->world->service, &quotes->error);
}

static void start_with(struct world_of_quotes *quotes, const char *bytes,
		       size_t size)
{
	int fd;

	strcpy(quotes->path, "/tmp/cohort-quotes-XXXXXX");
	fd = mkstemp(quotes->path);
	REQUIRE(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	close(fd);
	start(quotes, quotes->path);
	unlink(quotes->path);
}

static void stop(struct world_of_quotes *quotes)
{
	service_stop(&quotes->world->service);
	world_close(quotes->world);
}

/* What one client is told, to the end. */
static const char *ask(struct world_of_quotes *quotes)
{
	static char answer[1024];
	struct record unused = {0};
	struct client client = open_tcp(quotes->world, &unused);
	int64_t until_ms = clock_now_ms() + PATIENCE_MS;
	size_t size = 0;
	ssize_t got;

	do {
		turn(quotes->world);
		got = recv(client.fd, answer + size, sizeof(answer) - 1 - size,
			   0);
		size += got > 0 ? (size_t)got : 0;
	} while (got != 0 && clock_now_ms() < until_ms);
	answer[size] = '\0';
	client_close(&client);
	turn_until(quotes->world, quotes->world->service.live_count == 0);
	return answer;
}

static void test_in_turn(void)
{
	static const char text[] =
		"%\n\none\r\n%\r\n%\ntwo\n\nlines\n%\n100%\n"
		"%%\n% %\n%\nno end";
	struct world_of_quotes quotes;

	start_with(&quotes, text, sizeof(text) - 1);
	check_int(quotes.result, 0);
	/* It begins elsewhere in each worker: in the fixture's, with 7 mod 4 */
	check_string(ask(&quotes), "no end\r\n");
	check_string(ask(&quotes), "one\r\n");
	check_string(ask(&quotes), "two\r\n\r\nlines\r\n");
	check_string(ask(&quotes), "100%\r\n%%\r\n% %\r\n");
	check_string(ask(&quotes), "no end\r\n");
	stop(&quotes);
}

static void test_built_in(void)
{
	struct world_of_quotes quotes;
	char first[1024];

	start(&quotes, NULL);
	check_int(quotes.result, 0);
	strcpy(first, ask(&quotes));
	CHECK(strlen(first) > 20 && strlen(first) <= 512);
	CHECK(strcmp(first + strlen(first) - 2, "\r\n") == 0);
	CHECK(strcmp(first, ask(&quotes)) != 0);
	stop(&quotes);
}

/* 512 characters with CR LF are the most. */
static void test_longest(void)
{
	struct world_of_quotes quotes;
	char text[600];

	memset(text, 'x', sizeof(text));
	start_with(&quotes, text, 510);
	check_int(quotes.result, 0);
	check_int(strlen(ask(&quotes)), 512);
	stop(&quotes);
	start_with(&quotes, text, 511);
	check_int(quotes.result, -1);
	CHECK(strstr(quotes.error.text, ":1: a quote of more than 512") !=
	      NULL);
	stop(&quotes);
	memcpy(text, "good\n%\n", 7);
	text[300] = '\n';
	start_with(&quotes, text, sizeof(text));
	check_int(quotes.result, -1);
	CHECK(strstr(quotes.error.text, ":4: a quote of more than 512") !=
	      NULL);
	stop(&quotes);
}

static void check_refused(const char *path, const char *words)
{
	struct world_of_quotes quotes;

	start(&quotes, path);
	check_int(quotes.result, -1);
	check_note(strstr(quotes.error.text, words) != NULL, __FILE__, __LINE__,
		   quotes.error.text);
	stop(&quotes);
}

static void test_refused(void)
{
	struct world_of_quotes quotes;

	start_with(&quotes, "", 0);
	CHECK(strstr(quotes.error.text, "it has no quote") != NULL);
	stop(&quotes);
	start_with(&quotes, "%\n\n%\n\n", 6);
	CHECK(strstr(quotes.error.text, "it has no quote") != NULL);
	stop(&quotes);
	check_refused("/nonexistent", "No such file");
	check_refused("/tmp", "no regular file");
	check_refused("/dev/zero", "no regular file");
}

int main(void)
{
	test_in_turn();
	test_built_in();
	test_longest();
	test_refused();
	return check_result();
}
