/* SPDX-License-Identifier: MIT */
/* test_bench_run.c - the client against servers that misbehave: each kind of
 * failure is seen, and called what it is. */
#include "run.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "open_loop.h"

#define SIZE        600         /* of a message */
#define GOOD_BYTES  (10 * SIZE) /* echoed well before the misdeed */
#define EXCHANGES   40
#define HANG_MS     500
#define PATIENCE_MS 60000 /* with a server that does answer */
#define ROOM        65536
#define SERVERS     2 /* at most, in one run */

/* What a server does to a chunk that is to be echoed.  The size to send, or
 * -1: end the connection. */
typedef int misdeed(int fd, char *chunk, int size);

static int honest(int fd, char *chunk, int size)
{
	(void)fd;
	(void)chunk;
	return size;
}

static int flip_bit(int fd, char *chunk, int size)
{
	(void)fd;
	chunk[size / 2] ^= 4;
	return size;
}

static int lose_byte(int fd, char *chunk, int size)
{
	(void)fd;
	memmove(chunk, chunk + 1, (size_t)size - 1);
	return size - 1;
}

static int add_byte(int fd, char *chunk, int size)
{
	(void)fd;
	chunk[size] = 'x';
	return size + 1;
}

/* Read on, so that the end is a FIN and no reset for unread bytes. */
static int close_early(int fd, char *chunk, int size)
{
	(void)size;
	shutdown(fd, SHUT_WR);
	while (recv(fd, chunk, ROOM, 0) > 0)
		continue;
	return -1;
}

static int reset(int fd, char *chunk, int size)
{
	const struct linger linger = {.l_onoff = 1, .l_linger = 0};

	(void)chunk;
	(void)size;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	return -1;
}

static int hang(int fd, char *chunk, int size)
{
	(void)fd;
	(void)chunk;
	(void)size;
	return 0;
}

/* For so long it answers nobody, once. */
#define STALL_MS 300

static int stall(int fd, char *chunk, int size)
{
	static bool is_over;

	(void)fd;
	(void)chunk;
	if (!is_over)
		usleep(STALL_MS * 1000);
	is_over = true;
	return size;
}

static int dawdle(int fd, char *chunk, int size)
{
	(void)fd;
	(void)chunk;
	usleep(20000);
	return size;
}

/* In the child: one connection after the other, for ever. */
static void serve(int listener, misdeed *act)
{
	static char chunk[ROOM + 1];
	int fd, size, seen;

	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		seen = 0;
		while ((size = (int)recv(fd, chunk, ROOM, 0)) > 0) {
			seen += size;
			if (seen > GOOD_BYTES)
				size = act(fd, chunk, size);
			if (size < 0 ||
			    send(fd, chunk, (size_t)size, MSG_NOSIGNAL) < 0)
				break;
		}
		close(fd);
	}
	_exit(1);
}

/* A listener on a free port; its address as the client's user writes it. */
static int listen_somewhere(char *out, size_t room)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(bind(fd, (struct sockaddr *)&address, length) == 0);
	CHECK(listen(fd, 16) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&address, &length) == 0);
	snprintf(out, room, "127.0.0.1:%u", ntohs(address.sin_port));
	return fd;
}

/* A server that acts so. */
static pid_t start(misdeed *act, int listener)
{
	pid_t child = fork();

	REQUIRE(child >= 0);
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(listener, act);
	}
	return child;
}

static void end(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void perform_with(const char *word, const struct options *options,
			 struct result *result)
{
	struct target target;
	struct error error;

	CHECK(target_init(&target, word, &error) == 0);
	CHECK(run_perform(options, &target, result, &error) == 0);
}

static struct options options_of(enum mode mode)
{
	return (struct options){
		.mode = mode,
		.connection_count = 1,
		.size_bytes = SIZE,
		.depth = 2,
		.exchange_count = EXCHANGES,
		.timeout_ms = PATIENCE_MS,
	};
}

/* A server for each connection: none waits for another. */
static void perform_against(misdeed *act, struct options options,
			    struct result *result)
{
	char word[32];
	int listener = listen_somewhere(word, sizeof(word));
	pid_t children[SERVERS];
	uint64_t i;

	REQUIRE(options.connection_count <= SERVERS);
	for (i = 0; i < options.connection_count; i++)
		children[i] = start(act, listener);
	close(listener);
	perform_with(word, &options, result);
	for (i = 0; i < options.connection_count; i++)
		end(children[i]);
}

static void test_misdeed(misdeed *act, enum failure expected)
{
	struct options options = options_of(MODE_ECHO);
	struct result result;

	if (expected == FAILURE_TIMEOUT)
		options.timeout_ms = HANG_MS;
	perform_against(act, options, &result);
	check_int((int)failures_total(&result.failures),
		  expected != FAILURE_NONE);
	check_int((int)result.failures.kinds[expected],
		  expected != FAILURE_NONE);
	/* What was right before the misdeed counts, and nothing after it. */
	CHECK(result.exchange_count >= GOOD_BYTES / SIZE - 1);
	CHECK((result.exchange_count == EXCHANGES) ==
	      (expected == FAILURE_NONE));
	check_int((int)result.connected_count, 1);
}

/* It stops twice, which its parent sees, and who lets it go on gets all. */
static void test_halt(misdeed *act, struct options options, int expected_halts)
{
	struct result result;
	int status, halts = 0;
	bool is_whole = expected_halts == 2;
	pid_t child = fork();

	REQUIRE(child >= 0);
	if (child == 0) {
		options.is_halting = true;
		perform_against(act, options, &result);
		CHECK((result.exchange_count == options.exchange_count) ==
		      is_whole);
		CHECK((failures_total(&result.failures) == 0) == is_whole);
		_exit(check_result());
	}
	while (waitpid(child, &status, WUNTRACED) == child &&
	       WIFSTOPPED(status)) {
		halts++;
		kill(child, SIGCONT);
	}
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	check_int(halts, expected_halts);
}

/* One exchange, which takes its time, on one of two connections: the other is
 * not ended meanwhile, as if it were lost. */
static void test_halt_with_nothing_to_do(void)
{
	struct options options = options_of(MODE_ECHO);

	options.connection_count = 2;
	options.exchange_count = 1;
	options.size_bytes = 4 * (size_t)ROOM;
	test_halt(dawdle, options, 2);
}

static void test_refused(void)
{
	const struct options echo = options_of(MODE_ECHO);
	const struct options churn = options_of(MODE_CHURN);
	struct result result;
	char word[32];

	close(listen_somewhere(word, sizeof(word)));
	perform_with(word, &echo, &result);
	check_int((int)result.failures.kinds[FAILURE_REFUSED], 1);
	check_int((int)result.connected_count, 0);
	/* With churn each attempt is one of those asked for. */
	perform_with(word, &churn, &result);
	check_int((int)result.failures.kinds[FAILURE_REFUSED], EXCHANGES);
}

static void test_churn(void)
{
	struct result result;

	perform_against(honest, options_of(MODE_CHURN), &result);
	check_int((int)failures_total(&result.failures), 0);
	check_int((int)result.exchange_count, EXCHANGES);
	check_int((int)result.connected_count, EXCHANGES);
	check_int((int)result.byte_count, EXCHANGES * SIZE);
}

/* One message at a time, at a rate. */
static struct options options_of_rate(uint64_t rate, uint64_t count)
{
	struct options options = options_of(MODE_ECHO);

	options.depth = 1;
	options.rate = rate;
	options.exchange_count = count;
	return options;
}

/* ---- Judged by the test: a busy machine keeps no rate ----------------- */

/* When so many messages have come back, and no sooner; 0: at the end. */
static uint64_t judged_count;

static void never_by_the_clock(struct run *run)
{
	open_loop_driver.settled(run);
	timer_stop(&run->loop.timers, &run->end);
}

static void judge_after_count(struct run *run, struct connection *connection)
{
	open_loop_driver.exchanged(run, connection);
	if (run->result->exchange_count == judged_count)
		timer_start(&run->loop.timers, &run->end, run->loop.now_ms);
}

static void perform_judged_at(uint64_t count, misdeed *act,
			      struct options options, struct result *result)
{
	struct driver driver = open_loop_driver;
	struct target target;
	struct error error;
	char word[32];
	int listener = listen_somewhere(word, sizeof(word));
	pid_t child = start(act, listener);

	close(listener);
	driver.settled = never_by_the_clock;
	driver.exchanged = judge_after_count;
	judged_count = count;
	alarm(120); /* without what is tested the run has no end */
	CHECK(target_init(&target, word, &error) == 0);
	CHECK(run_perform_by(&driver, &options, &target, result, &error) == 0);
	alarm(0);
	end(child);
	check_int(failures_total(&result->failures), 0);
}

/* Who waits behind an answer that is late has waited too: of 100 messages, 10
 * ms apart, 30 come due in the stall, 20 of them 100 ms before its end. */
static void test_no_coordinated_omission(void)
{
	struct result result;

	perform_judged_at(0, stall, options_of_rate(100, 100), &result);
	check_int(result.verdict, PACE_KEPT);
	check_int(result.exchange_count, 100);
	check_int(result.late.total_count, 100);
	CHECK(histogram_quantile_us(&result.latencies, 850) > 100000);
}

/* The last hundredth has not come due for a client that was held up when it
 * is judged: by their share the rate was kept, but these were the slow
 * ones. */
static void test_held_up_at_the_end(void)
{
	struct result result;

	perform_judged_at(495, honest, options_of_rate(1000, 500), &result);
	check_int(result.verdict, PACE_KEPT);
	check_int(result.exchange_count, 500);
	check_int(result.late.total_count, 500);
}

/* 50 answers a second, at best: what else is due is dropped. */
static void test_rate_not_kept(void)
{
	struct result result;

	perform_against(dawdle, options_of_rate(1000, 200), &result);
	check_int(failures_total(&result.failures), 0);
	CHECK(result.verdict == PACE_SERVER_SLOW ||
	      result.verdict == PACE_CLIENT_SLOW);
	CHECK(result.exchange_count < 150);
	CHECK(result.rate_kept < 750);
}

int main(void)
{
	test_no_coordinated_omission();
	test_held_up_at_the_end();
	test_rate_not_kept();
	test_misdeed(honest, FAILURE_NONE);
	test_misdeed(flip_bit, FAILURE_CORRUPT);
	test_misdeed(lose_byte, FAILURE_CORRUPT);
	test_misdeed(add_byte, FAILURE_CORRUPT);
	test_misdeed(close_early, FAILURE_SHORT);
	test_misdeed(reset, FAILURE_RESET);
	test_misdeed(hang, FAILURE_TIMEOUT);
	test_halt(honest, options_of(MODE_ECHO), 2);
	test_halt(reset, options_of(MODE_ECHO), 1);
	test_halt_with_nothing_to_do();
	test_refused();
	test_churn();
	return check_result();
}
