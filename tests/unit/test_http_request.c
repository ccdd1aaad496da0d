/* SPDX-License-Identifier: MIT */
/* test_http_request.c - what is a request, what is refused, and with what;
 * however its bytes come. */
#include <stdbool.h>

#include "check.h"
#include "control/http_request.h"
#include "random.h"

#define HOST "Host: h\r\n"

struct row {
	const char *text;
	int status; /* 0: it can be answered */
	const char *path;
	const char *query;
	const char *accept;
	bool keeps_alive;
};

static const struct row rows[] = {
	/* Targets. */
	{"GET /metrics HTTP/1.1\r\n" HOST "\r\n", 0, "/metrics", "", "", true},
	{"GET /m?a=%20&b HTTP/1.1\r\n" HOST "\r\n", 0, "/m", "a=%20&b", "",
	 true},
	{"GET /m%65tr%2fic%C3%a4s HTTP/1.1\r\n" HOST "\r\n", 0,
	 "/metr/ic\xc3\xa4s", "", "", true},
	{"GET http://h:80/live HTTP/1.1\r\n" HOST "\r\n", 0, "/live", "", "",
	 true},
	{"GET HTTPS://h?x HTTP/1.1\r\n" HOST "\r\n", 0, "/", "x", "", true},
	{"GET http:///live HTTP/1.1\r\n" HOST "\r\n", 400, "", "", "", false},
	{"GET live HTTP/1.1\r\n" HOST "\r\n", 400, "", "", "", false},
	{"GET * HTTP/1.1\r\n" HOST "\r\n", 400, "", "", "", false},
	{"GET /%0 HTTP/1.1\r\n" HOST "\r\n", 400, "", "", "", false},
	{"GET /% HTTP/1.1\r\n" HOST "\r\n", 400, "", "", "", false},
	{"GET /%zz HTTP/1.1\r\n" HOST "\r\n", 400, "", "", "", false},
	{"GET /a%00b HTTP/1.1\r\n" HOST "\r\n", 400, "", "", "", false},
	{"GET /a#b HTTP/1.1\r\n" HOST "\r\n", 400, "", "", "", false},
	{"GET /\xc3\xa4 HTTP/1.1\r\n" HOST "\r\n", 400, "", "", "", false},
	{"GET /a\tb HTTP/1.1\r\n" HOST "\r\n", 400, "", "", "", false},
	/* Other methods. */
	{"HEAD / HTTP/1.1\r\n" HOST "\r\n", 0, "/", "", "", true},
	{"POST /x HTTP/1.1\r\n" HOST "\r\n", 0, "", "", "", true},
	{"OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 0, "", "", "", true},
	{"CONNECT h:1 HTTP/1.1\r\n" HOST "\r\n", 0, "", "", "", true},
	{"get / HTTP/1.1\r\n" HOST "\r\n", 0, "", "", "", true},
	{"G(T / HTTP/1.1\r\n" HOST "\r\n", 400, "", "", "", false},
	/* Lines. */
	{"\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n", 0, "/", "", "", true},
	{"GET / HTTP/1.0\n\n", 0, "/", "", "", false},
	{"GET  / HTTP/1.1\r\n" HOST "\r\n", 400, "", "", "", false},
	{"GET / HTTP/1.1 \r\n" HOST "\r\n", 400, "", "", "", false},
	{"GET /\r\n", 400, "", "", "", false},
	{" GET / HTTP/1.1\r\n", 400, "", "", "", false},
	{"GET / HTTP/1.1\rX\n", 400, "", "", "", false},
	{"GET / HTTP/1.1\r\r\n", 400, "", "", "", false},
	{"\x16\x03\x01", 400, "", "", "", false},
	{"GET /\x01", 400, "", "", "", false},
	{"GET /\x7f", 400, "", "", "", false},
	/* Versions. */
	{"GET / HTTP/1.0\r\n\r\n", 0, "/", "", "", false},
	{"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", 0, "/", "", "",
	 true},
	{"GET / HTTP/1.7\r\n" HOST "\r\n", 0, "/", "", "", true},
	{"PRI * HTTP/2.0\r\n", 505, "", "", "", false},
	{"GET / HTTP/0.9\r\n", 505, "", "", "", false},
	{"GET / http/1.1\r\n", 400, "", "", "", false},
	{"GET / HTTP/11\r\n", 400, "", "", "", false},
	{"GET / HTTP/1.10\r\n", 400, "", "", "", false},
	/* Headers. */
	{"GET / HTTP/1.1\r\n\r\n", 400, "", "", "", false},
	{"GET / HTTP/1.1\r\nHost:\r\n\r\n", 0, "/", "", "", true},
	{"GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400, "", "", "", false},
	{"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400, "", "", "", false},
	{"GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400, "", "", "", false},
	{"GET / HTTP/1.1\r\n" HOST " folded\r\n\r\n", 400, "", "", "", false},
	{"GET / HTTP/1.1\r\n" HOST "nocolon\r\n\r\n", 400, "", "", "", false},
	{"GET / HTTP/1.1\r\n" HOST ": x\r\n\r\n", 400, "", "", "", false},
	{"GET / HTTP/1.1\r\n" HOST "X: \xff\t \r\n\r\n", 0, "/", "", "", true},
	{"GET / HTTP/1.1\r\n" HOST "X: a\x1b\r\n\r\n", 400, "", "", "", false},
	{"GET / HTTP/1.1\r\n" HOST "aCCept: \t text/plain \t\r\n\r\n", 0, "/",
	 "", "text/plain", true},
	{"GET / HTTP/1.1\r\nAccept: a/b\r\n" HOST "Accept: c/d;q=1\r\n"
	 "Accept:\r\nAccept:e/f\r\n\r\n",
	 0, "/", "", "a/b,c/d;q=1,,e/f", true},
	{"GET / HTTP/1.1\r\n" HOST "Connection: x, CLOSE\r\n\r\n", 0, "/", "",
	 "", false},
	{"GET / HTTP/1.1\r\n" HOST "Connection: closed\r\n\r\n", 0, "/", "", "",
	 true},
	/* Bodies. */
	{"GET / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", 0, "/", "", "",
	 true},
	{"GET / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n", 0, "/", "", "",
	 false},
	{"GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", 0, "/",
	 "", "", false},
	{"GET / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n", 400, "", "",
	 "", false},
	{"GET / HTTP/1.1\r\n" HOST "Content-Length: 5, 5\r\n\r\n", 400, "", "",
	 "", false},
	{"GET / HTTP/1.1\r\n" HOST
	 "Content-Length: 99999999999999999999\r\n\r\n",
	 400, "", "", "", false},
	{"GET / HTTP/1.1\r\n" HOST
	 "Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
	 400, "", "", "", false},
	{"GET / HTTP/1.1\r\n" HOST
	 "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
	 400, "", "", "", false},
	{"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "", "",
	 "", false},
};
#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

/* Read `text` in pieces of `step` bytes, from memory that ends with it. */
static enum http_progress read_in(struct http_reader *reader, char **bytes,
				  const char *text, size_t step)
{
	size_t total = strlen(text), size = 0;
	enum http_progress progress = HTTP_PARTIAL;

	*bytes = malloc(total);
	REQUIRE(*bytes != NULL);
	http_reader_init(reader);
	while (progress == HTTP_PARTIAL && size < total) {
		size_t more = step < total - size ? step : total - size;

		memcpy(*bytes + size, text + size, more);
		size += more;
		progress = http_reader_take(reader, *bytes, size);
	}
	return progress;
}

static void check_row(const struct row *row, size_t step)
{
	struct http_reader reader;
	char *bytes;
	enum http_progress progress = read_in(&reader, &bytes, row->text, step);
	int before = check_failures;

	check_int(progress, row->status == 0 ? HTTP_WHOLE : HTTP_REFUSED);
	check_int(reader.status, row->status);
	check_int(reader.keeps_alive, row->keeps_alive);
	if (row->status == 0) {
		check_string(reader.request.path, row->path);
		check_string(reader.request.query, row->query);
		check_string(reader.request.accept, row->accept);
		check_int(reader.size, strlen(row->text));
		check_int(reader.is_allowed, row->path[0] != '\0');
	}
	check_int(reader.is_head, strstr(row->text, "HEAD") != NULL);
	if (check_failures != before)
		printf("  of \"%s\" by %zu\n", row->text, step);
	free(bytes);
}

static void test_each_row_whole_and_in_pieces(void)
{
	size_t i;

	for (i = 0; i < ROW_COUNT; i++) {
		check_row(&rows[i], HTTP_REQUEST_BYTES);
		check_row(&rows[i], 1);
		check_row(&rows[i], 3);
	}
}

/* What follows is another request's, and is left alone. */
static void test_the_next_request_is_not_touched(void)
{
	char bytes[] = "GET / HTTP/1.1\r\n" HOST
		       "\r\nGET /%41 HTTP/1.1\r\n"
		       "\x01";
	struct http_reader reader;
	size_t size;

	http_reader_init(&reader);
	check_int(http_reader_take(&reader, bytes, sizeof(bytes) - 1),
		  HTTP_WHOLE);
	size = reader.size;
	check_string(bytes + size, "GET /%41 HTTP/1.1\r\n\x01");
	http_reader_init(&reader);
	check_int(http_reader_take(&reader, bytes + size,
				   sizeof(bytes) - 1 - size),
		  HTTP_REFUSED);
}

static int status_of_filled(const char *begin, char filler, bool has_end)
{
	static char bytes[HTTP_REQUEST_BYTES];
	struct http_reader reader;

	memset(bytes, filler, sizeof(bytes));
	memcpy(bytes, begin, strlen(begin));
	if (has_end)
		memcpy(bytes + sizeof(bytes) - 4, "\r\n\r\n", 4);
	http_reader_init(&reader);
	check_int(http_reader_take(&reader, bytes, sizeof(bytes) - 1),
		  HTTP_PARTIAL);
	check_int(http_reader_take(&reader, bytes, sizeof(bytes)),
		  has_end ? HTTP_WHOLE : HTTP_REFUSED);
	return reader.status;
}

static void test_a_head_may_be_so_long_and_no_longer(void)
{
	check_int(status_of_filled("GET /", 'a', false), 414);
	check_int(status_of_filled("GET / HTTP/1.1\r\n" HOST "X: ", 'a', false),
		  431);
	check_int(status_of_filled("GET / HTTP/1.1\r\n" HOST "X: ", 'a', true),
		  0);
	check_int(status_of_filled("", '\n', false), 414);
}

/* Bytes that were changed at random come to the same end however they are
 * split; the sanitizers watch the bounds. */
static void test_random_bytes(void)
{
	static const char signs[] = "\r\n :%/?\t\0\xff,0aG";
	struct random random = {.state = 5};
	int i;

	for (i = 0; i < 20000; i++) {
		const struct row *row = &rows[random_below(&random, ROW_COUNT)];
		struct http_reader whole, split;
		char *text = strdup(row->text), *first, *second;
		size_t size = strlen(text);
		unsigned changes = 1 + random_below(&random, 3);

		while (changes-- > 0)
			text[random_below(&random, (unsigned)size)] =
				signs[random_below(&random, sizeof(signs) - 1)];
		if (*text == '\0')
			*text = 'x';
		check_int(read_in(&whole, &first, text, HTTP_REQUEST_BYTES),
			  read_in(&split, &second, text,
				  1 + random_below(&random, 5)));
		check_int(whole.status, split.status);
		check_string(whole.request.path, split.request.path);
		check_string(whole.request.accept, split.request.accept);
		free(text);
		free(first);
		free(second);
	}
}

int main(void)
{
	test_each_row_whole_and_in_pieces();
	test_the_next_request_is_not_touched();
	test_a_head_may_be_so_long_and_no_longer();
	test_random_bytes();
	return check_result();
}
