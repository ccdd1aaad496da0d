/* SPDX-License-Identifier: MIT */
/* test_bench_ledger.c - what the ledger hears, and what it makes of it. */
#include "ledger_reply.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "ledger_book.h"
#include "ledger_verdict.h"
#include "ledger_worker.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* ---- Replies --------------------------------------------------------- */

enum sort {
	GREETING,
	ANSWER, /* with a token */
	STRANGE /* an answer without one */
};

struct reply_row {
	const char *text;
	int size; /* as returned */
	enum sort sort;
	int pid;
	unsigned client, number;
	bool is_last;
};

#define ROOM_99                                                                \
	"123456789 123456789 123456789 123456789 123456789 123456789 "         \
	"123456789 123456789 123456789 123456789"
#define NOT_YET          0, GREETING, 0, 0, 0, false
#define NO_REPLY         -1, GREETING, 0, 0, 0, false
#define GREETS(size)     size, GREETING, 12, 0, 0, false
#define IS_STRANGE(size) size, STRANGE, 12, 0, 0, false
#define ANSWERS(size)    size, ANSWER, 12, 3, 45, false

/* clang-format off */
static const struct reply_row lines[] = {
	{"", NOT_YET},
	{"12", NOT_YET},
	{"12\n", GREETS(3)},
	{"12\n12 c0-e1\n", GREETS(3)},
	{"12 c3-e45", NOT_YET},
	{"12 c3-e45\n", ANSWERS(10)},
	{"12 /c3-e45\n", ANSWERS(11)},
	{"12 c3-e45\nrest", ANSWERS(10)},
	{"4194304 c0-e0\n", 14, ANSWER, LEDGER_PID_LIMIT, 0, 0, false},
	{"12 c3-e45x\n", IS_STRANGE(11)},
	{"12 c3\n", IS_STRANGE(6)},
	{"12 c-e\n", IS_STRANGE(7)},
	{"12 hello there\n", IS_STRANGE(15)},
	{"12 c3-e99999999999999999999\n", IS_STRANGE(28)},
	{"\n", NO_REPLY},
	{"0\n", NO_REPLY},
	{"4194305\n", NO_REPLY},
	{"99999999999999999999999\n", NO_REPLY},
	{"-12\n", NO_REPLY},
	{"12 \n", NO_REPLY},
	{"12c3-e45\n", NO_REPLY},
	{" 12 c3-e45\n", NO_REPLY},
	{"what?\n", NO_REPLY},
	{ROOM_99, NOT_YET},
	{ROOM_99 ROOM_99, NO_REPLY},
	{ROOM_99 ROOM_99 "\n", NO_REPLY},
};

#define HEAD "HTTP/1.1 200 OK\r\nServer: x\r\n"
#define LENGTH(number) "Content-Length: " #number "\r\n\r\n"

static const struct reply_row responses[] = {
	{"", NOT_YET},
	{"HTTP/1.1 200 OK\r\n", NOT_YET},
	{HEAD LENGTH(11), NOT_YET},
	{HEAD LENGTH(11) "12 /c3-e45", NOT_YET},
	{HEAD LENGTH(11) "12 /c3-e45\n", ANSWERS(61)},
	{HEAD LENGTH(10) "12 c3-e45\nHTTP", ANSWERS(60)},
	{HEAD LENGTH(9) "12 c3-e45", ANSWERS(58)},
	{HEAD "content-length:9\r\n\r\n12 c3-e45", ANSWERS(57)},
	{HEAD "Connection: keep-alive\r\n" LENGTH(9) "12 c3-e45", ANSWERS(82)},
	{HEAD "Connection: close\r\n" LENGTH(9) "12 c3-e45", 77, ANSWER, 12, 3, 45, true},
	{HEAD LENGTH(3) "12\n", NO_REPLY},
	{HEAD LENGTH(5) "what?", NO_REPLY},
	{HEAD LENGTH(x) "12 c3-e45", NO_REPLY},
	{HEAD LENGTH(99999) "12 c3-e45", NO_REPLY},
	{HEAD LENGTH(0), NO_REPLY},
	{HEAD "\r\n12 c3-e45", NO_REPLY},
	{"HTTP/1.1 503 No\r\n" LENGTH(9) "12 c3-e45", NO_REPLY},
	{"12 c3-e45\r\n\r\n", NO_REPLY},
};
/* clang-format on */

typedef int parser(struct ledger_reply *reply, const char *data, size_t size);

static void check_reply(const struct reply_row *row,
			const struct ledger_reply *reply)
{
	check_int(reply->pid, row->pid);
	check_int(reply->is_greeting, row->sort == GREETING);
	check_int(reply->is_token, row->sort == ANSWER);
	check_int(reply->is_last, row->is_last);
	if (row->sort != ANSWER)
		return;
	check_int(reply->token.client, row->client);
	check_int(reply->token.number, row->number);
}

/* Also byte by byte: before the end of a reply none is seen. */
static void test_replies(parser *parse, const struct reply_row *rows,
			 size_t count)
{
	struct ledger_reply reply;
	size_t i, size;
	int found;

	for (i = 0; i < count; i++) {
		const char *text = rows[i].text;

		found = parse(&reply, text, strlen(text));
		check_int(found, rows[i].size);
		if (found != rows[i].size)
			printf("  of row %zu: %s\n", i, text);
		if (found > 0)
			check_reply(&rows[i], &reply);
		for (size = 0; found > 0 && size < (size_t)found; size++)
			check_int(parse(&reply, text, size), 0);
	}
}

static void test_token(void)
{
	const struct ledger_token longest = {UINT64_MAX, UINT64_MAX};
	const struct ledger_token token = {17, 42};
	char text[LEDGER_TOKEN_BYTES];

	check_string(ledger_token_format(text, &token), "c17-e42");
	check_string(ledger_token_format(text, &longest),
		     "c18446744073709551615-e18446744073709551615");
}

/* ---- Verdicts -------------------------------------------------------- */

#define NOTHING LEDGER_ENTRIES

static const struct {
	enum ledger_phase phase;
	enum ledger_ending ending;
	bool is_known, is_replied;
	enum ledger_entry alive, dead;
} verdicts[] = {
	/* Nothing was heard on this connection. */
	{LEDGER_PHASE_EXCHANGE, LEDGER_END_OF_FILE, false, false,
	 LEDGER_RESET_BEFORE, LEDGER_RESET_BEFORE},
	{LEDGER_PHASE_EXCHANGE, LEDGER_RESET, false, false, LEDGER_RESET_BEFORE,
	 LEDGER_RESET_BEFORE},
	/* Greeted, and its first token not answered. */
	{LEDGER_PHASE_EXCHANGE, LEDGER_END_OF_FILE, true, false,
	 LEDGER_RESET_AFTER, LEDGER_LOST},
	{LEDGER_PHASE_EXCHANGE, LEDGER_RESET, true, false, LEDGER_RESET_AFTER,
	 LEDGER_LOST},
	/* A later token not answered. */
	{LEDGER_PHASE_EXCHANGE, LEDGER_END_OF_FILE, true, true, LEDGER_RACED,
	 LEDGER_LOST},
	{LEDGER_PHASE_EXCHANGE, LEDGER_RESET, true, true, LEDGER_RESET_AFTER,
	 LEDGER_LOST},
	/* Nothing asked. */
	{LEDGER_PHASE_IDLE, LEDGER_END_OF_FILE, true, true, LEDGER_DRAINED,
	 LEDGER_LOST},
	{LEDGER_PHASE_IDLE, LEDGER_RESET, true, true, LEDGER_RESET_AFTER,
	 LEDGER_LOST},
	/* We are leaving anyway. */
	{LEDGER_PHASE_CLOSING, LEDGER_END_OF_FILE, true, true, NOTHING,
	 NOTHING},
	{LEDGER_PHASE_CLOSING, LEDGER_RESET, true, true, LEDGER_RESET_AFTER,
	 NOTHING},
};

static void test_verdicts(void)
{
	size_t i;

	for (i = 0; i < COUNT(verdicts); i++) {
		struct ledger_loss loss = {
			.phase = verdicts[i].phase,
			.ending = verdicts[i].ending,
			.is_worker_known = verdicts[i].is_known,
			.is_reply_counted = verdicts[i].is_replied,
			.is_worker_alive = true,
		};

		check_int(ledger_verdict(&loss), verdicts[i].alive);
		loss.is_worker_alive = false;
		check_int(ledger_verdict(&loss), verdicts[i].dead);
		check_int(ledger_verdict_needs_fate(&loss),
			  verdicts[i].alive != verdicts[i].dead);
	}
}

/* ---- Fates ----------------------------------------------------------- */

static void test_fate_of(void)
{
	static const struct {
		const char *stat;
		enum ledger_fate fate;
	} rows[] = {
		{"7 (worker 0) S 1 7 7 0 -1 4194560 99 0", LEDGER_FATE_ALIVE},
		{"7 (worker 0) T 1 7 7 0 -1 4194560 99 0", LEDGER_FATE_ALIVE},
		{"7 (worker 0) Z 1 7 7 0 -1 4194564 99 0", LEDGER_FATE_DEAD},
		{"7 (worker 0) X 1 7 7 0 -1 4194560 99 0", LEDGER_FATE_DEAD},
		/* Exiting, and its descriptors may be closed already. */
		{"7 (worker 0) R 1 7 7 0 -1 4194564 99 0", LEDGER_FATE_DEAD},
		{"7 (a) Z 1 (b) S 1 7 7 0 -1 4194560 9", LEDGER_FATE_ALIVE},
		{"7 (worker 0) S 1 7", LEDGER_FATE_UNSURE},
		{"", LEDGER_FATE_UNSURE},
	};
	size_t i;

	for (i = 0; i < COUNT(rows); i++)
		check_int(ledger_worker_fate_of(rows[i].stat), rows[i].fate);
}

static void test_fate(void)
{
	siginfo_t info;
	pid_t child;

	check_int(ledger_worker_fate((int)getpid()), LEDGER_FATE_ALIVE);
	child = fork();
	REQUIRE(child >= 0);
	if (child == 0) {
		pause();
		_exit(0);
	}
	check_int(ledger_worker_fate(child), LEDGER_FATE_ALIVE);
	kill(child, SIGKILL);
	waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
	check_int(ledger_worker_fate(child), LEDGER_FATE_DEAD);
	waitpid(child, NULL, 0);
	check_int(ledger_worker_fate(child), LEDGER_FATE_DEAD);
}

/* ---- The book -------------------------------------------------------- */

static void test_promises(void)
{
	struct ledger_book book;
	struct error error;
	int entry;

	REQUIRE(ledger_book_init(&book, NULL, &error) == 0);
	CHECK(!ledger_book_is_ok(&book, 0)); /* nothing was done */
	book.counts[LEDGER_DONE] = 1;
	for (entry = 0; entry < LEDGER_ENTRIES; entry++) {
		bool is_allowed =
			entry <= LEDGER_DONE || entry == LEDGER_LOST ||
			entry == LEDGER_DRAINED || entry == LEDGER_RACED;

		book.counts[entry]++;
		check_int(ledger_book_is_ok(&book, 0), is_allowed);
		check_int(ledger_book_is_ok(&book, 1),
			  is_allowed || entry == LEDGER_RESET_BEFORE);
		book.counts[entry]--;
	}
	book.counts[LEDGER_RESET_BEFORE] = 5;
	CHECK(!ledger_book_is_ok(&book, 4));
	CHECK(ledger_book_is_ok(&book, 5));
	ledger_book_release(&book);
}

static void test_workers(void)
{
	static const int pids[] = {1, 7, 8, 7, LEDGER_PID_LIMIT, 1};
	struct ledger_book book;
	struct error error;
	size_t i;

	REQUIRE(ledger_book_init(&book, NULL, &error) == 0);
	for (i = 0; i < COUNT(pids); i++)
		ledger_book_saw(&book, pids[i]);
	check_int(book.worker_count, 4);
	ledger_book_release(&book);
}

static void test_events(void)
{
	const struct ledger_event event = {
		.pid = 7, .age_ms = 12, .has_token = true, .token = {1, 2}};
	const struct ledger_event unknown = {.age_ms = 3};
	struct ledger_book book;
	struct error error;
	char *text, kind[32], pid[16], token[LEDGER_TOKEN_BYTES];
	size_t size;
	long long at, age_ms, gap_ms;
	FILE *events = open_memstream(&text, &size);

	REQUIRE(events && ledger_book_init(&book, events, &error) == 0);
	ledger_book_note(&book, LEDGER_LOST, &event);
	REQUIRE(sscanf(text, "EVENT %lld %31s %15s %lld %43s", &at, kind, pid,
		       &age_ms, token) == 5);
	check_string(kind, "lost_killed");
	check_string(pid, "7");
	check_int(age_ms, 12);
	check_string(token, "c1-e2");
	rewind(events);
	ledger_book_note(&book, LEDGER_RESET_BEFORE, &unknown);
	CHECK(strstr(text, " reset_before - 3 -\n") != NULL);
	rewind(events);
	ledger_book_waited(&book, 100000); /* not long */
	ledger_book_note(&book, LEDGER_DRAINED, &event);
	ledger_book_waited(&book, 250999);
	REQUIRE(sscanf(text, "GAP %lld %lld\n", &at, &gap_ms) == 2);
	check_int(gap_ms, 250);
	fclose(events);
	free(text);
	ledger_book_release(&book);
}

int main(void)
{
	test_replies(ledger_reply_line, lines, COUNT(lines));
	test_replies(ledger_reply_http, responses, COUNT(responses));
	test_token();
	test_verdicts();
	test_fate_of();
	test_fate();
	test_promises();
	test_workers();
	test_events();
	return check_result();
}
