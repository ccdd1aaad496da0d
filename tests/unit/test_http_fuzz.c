/* SPDX-License-Identifier: MIT */
/* test_http_fuzz.c - requests with bytes changed at random come to the same end
 * however they are split, and what is said of them holds.  The rounds are few
 * and seeded; COHORT_FUZZ_ROUNDS asks for more. */
#include "check.h"
#include "control/http_accept.h"
#include "control/http_request.h"
#include "mutation.h"

#define ROUNDS    20000
#define EDITS_MAX 6

static const char *const seeds[] = {
	"GET /metrics HTTP/1.1\r\nHost: localhost:9180\r\n"
	"Accept: application/openmetrics-text;version=1.0.0;q=0.5,"
	"text/plain;version=0.0.4;q=0.3,*/*;q=0.1\r\n"
	"Accept-Encoding: gzip\r\nUser-Agent: Prometheus/2.53.3\r\n\r\n",
	"HEAD /status.json?a=%20&b HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
	"\r\nGET http://h:80/%6cive HTTP/1.1\nHost: h\nConnection: close\n\n"
	"GET / HTTP/1.1\r\nHost: h\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\n"
	"Content-Type: text/plain\r\n\r\nGET / HTTP/1",
	"GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
	"5\r\nhello\r\n0\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: h\r\nAccept: a/b\r\nAccept: c/d\r\n"
	"Accept:\r\nX: \xff\r\n\r\n",
};

static const char *const words[] = {
	"\r\n",
	"\n",
	"\r",
	"\r\n\r\n",
	" ",
	"\t",
	":",
	"%",
	"%00",
	"%2f",
	"?",
	"#",
	"/",
	"//",
	"http://",
	"HTTP/1.0",
	"HTTP/9.9",
	"Host: x\r\n",
	"Accept: ",
	"Connection: close\r\n",
	"q=0.",
	";q=1",
	",",
	"\x7f",
	"\x80",
	"GET ",
	"Content-Length: 99999999999999999999\r\n",
	"\x16\x03\x01",
	"Transfer-Encoding: x\r\n",
};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct mutation_pieces pieces = {words, COUNT(words)};

/* A head that was read, in memory that ends with it. */
struct reading {
	struct http_reader reader;
	enum http_progress progress;
	char *bytes;
	size_t size; /* that were there at the end */
};

/* Bring it in pieces of at most `step` bytes, at random. */
static void read_in(struct reading *reading,
		    const struct mutation_sample *sample, unsigned step,
		    struct random *random)
{
	reading->bytes = malloc(sample->size + 1);
	reading->size = 0;
	reading->progress = HTTP_PARTIAL;
	REQUIRE(reading->bytes != NULL);
	http_reader_init(&reading->reader);
	while (reading->progress == HTTP_PARTIAL &&
	       reading->size < sample->size) {
		size_t left = sample->size - reading->size;
		size_t size = 1 + random_below(random, step);

		if (size > left)
			size = left;
		memcpy(reading->bytes + reading->size,
		       sample->bytes + reading->size, size);
		reading->size += size;
		reading->progress = http_reader_take(
			&reading->reader, reading->bytes, reading->size);
	}
}

/* The string lies in the bytes of the head, or is an empty one. */
static void check_inside(const struct reading *reading, const char *string)
{
	const char *end = reading->bytes + reading->reader.size;

	if (*string == '\0' || strcmp(string, "/") == 0)
		return;
	CHECK(string >= reading->bytes && string + strlen(string) < end);
}

static void check_whole(const struct reading *reading)
{
	const struct http_reader *reader = &reading->reader;
	const struct http_request *request = &reader->request;

	check_int(reader->status, 0);
	CHECK(reader->size > 0 && reader->size <= reading->size);
	check_int(reading->bytes[reader->size - 1] == '\n' ||
			  reading->bytes[reader->size - 1] == '\0',
		  1);
	check_inside(reading, request->path);
	check_inside(reading, request->query);
	check_inside(reading, request->accept);
	check_int(request->path[0], reader->is_allowed ? '/' : '\0');
}

static void check_refused(const struct reading *reading)
{
	int status = reading->reader.status;

	CHECK(status == 400 || status == 414 || status == 431 || status == 505);
	CHECK(!reading->reader.keeps_alive);
}

static void check_same(const struct reading *one, const struct reading *other)
{
	const struct http_request *a = &one->reader.request;
	const struct http_request *b = &other->reader.request;

	check_int(one->progress, other->progress);
	check_int(one->reader.status, other->reader.status);
	check_int(one->reader.keeps_alive, other->reader.keeps_alive);
	check_int(one->reader.is_head, other->reader.is_head);
	if (one->progress != HTTP_WHOLE)
		return;
	check_int(one->reader.size, other->reader.size);
	check_string(a->path, b->path);
	check_string(a->query, b->query);
	check_string(a->accept, b->accept);
}

/* What is asked of a header that may be anything. */
static void check_accept(const char *accept)
{
	int quality = http_accept_quality(accept, "text/plain", "0.0.4");

	CHECK(quality >= 0 && quality <= 1000);
}

static void check_round(struct random *random, unsigned counts[3])
{
	unsigned i, edits = random_below(random, EDITS_MAX);
	struct mutation_sample sample;
	struct reading whole, split;

	mutation_begin(&sample, seeds[random_below(random, COUNT(seeds))]);
	for (i = 0; i < edits; i++)
		mutation_edit(&sample, random, &pieces);
	read_in(&whole, &sample, MUTATION_BYTES, random);
	read_in(&split, &sample, 1 + random_below(random, 7), random);
	counts[whole.progress]++;
	check_same(&whole, &split);
	if (whole.progress == HTTP_WHOLE) {
		check_whole(&whole);
		check_whole(&split);
		check_accept(whole.reader.request.accept);
	} else if (whole.progress == HTTP_REFUSED) {
		check_refused(&whole);
	}
	free(whole.bytes);
	free(split.bytes);
}

int main(void)
{
	long i, rounds = mutation_rounds(ROUNDS);
	struct random random = {.state = 20180};
	unsigned counts[3] = {0};

	for (i = 0; i < rounds; i++)
		check_round(&random, counts);
	/* All ways must have been gone. */
	CHECK(counts[HTTP_PARTIAL] > 0 && counts[HTTP_WHOLE] > 0 &&
	      counts[HTTP_REFUSED] > 0);
	return check_result();
}
