/* SPDX-License-Identifier: MIT */
/* test_transport_splice.c - what splice says of itself is not taken for what a
 * socket says: nothing ends for it, and nothing is lost. */
#include <signal.h>
#include <stdarg.h>

#include "forward_fixture.h"

/* The next one finds EACCES; before that, this one resets. */
static bool is_next_refused;
static struct client *resetting;

ssize_t __real_splice(int in, int64_t *from, int out, int64_t *to, size_t size,
		      unsigned flags);
ssize_t __wrap_splice(int in, ...);

/* As TCP does when it gives up: the error is told once. */
static void lose(int fd)
{
	static char bytes[BLOCK_BYTES];

	client_reset(resetting);
	while (recv(fd, bytes, sizeof(bytes), 0) > 0)
		;
	check_int(errno, ECONNRESET);
}

/* What the transport calls (the linker's --wrap).  From its descriptor to a pipe,
 * without offsets, or back. */
ssize_t __wrap_splice(int in, ...)
{
	size_t size;
	va_list list;
	int out;

	va_start(list, in);
	(void)va_arg(list, int64_t *);
	out = va_arg(list, int);
	(void)va_arg(list, int64_t *);
	size = va_arg(list, size_t);
	va_end(list);
	if (!is_next_refused)
		return __real_splice(in, NULL, out, NULL, size,
				     SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	is_next_refused = false;
	if (resetting)
		lose(in);
	errno = EACCES;
	return -1;
}

static void open_spliced(struct couple *couple)
{
	open_couple(couple);
	pump(couple, BULK);
	REQUIRE(is_spliced(couple));
	check_int(couple->world->worker.forward_pipe_ms, 0);
}

/* Nothing can be spliced into an end for reading (EBADF).  All is copied, and
 * for a while none of the worker's tries again. */
static void test_a_refusal(void)
{
	struct couple couple;
	struct worker_context *worker;

	open_spliced(&couple);
	worker = &couple.world->worker;
	CHECK(dup2(worker->forward_pipe[0], worker->forward_pipe[1]) >= 0);
	pump(&couple, 2 * BULK);
	CHECK(worker->forward_pipe_ms > 0);
	worker->forward_pipe_ms = 0; /* the wait is over */
	pump(&couple, 3 * BULK);
	CHECK(is_spliced(&couple));
	check_string(couple.from.events, "m");
	close_couple(&couple);
}

/* A security module's EACCES, and that of a router for which TCP gave up. */
static void test_a_prohibition(bool is_over)
{
	struct couple couple;
	struct worker_context *worker;

	open_spliced(&couple);
	worker = &couple.world->worker;
	resetting = is_over ? &couple.sender : NULL;
	is_next_refused = true;
	client_push(&couple.sender, 2 * BULK);
	if (is_over) {
		turn_until(couple.world, couple.from.t == NULL);
		check_int(couple.from.end.reason, COHORT_REASON_PEER_RESET);
		check_int(couple.from.end.error, EACCES);
	} else {
		pump(&couple, 2 * BULK);
	}
	CHECK(!is_next_refused);
	CHECK((worker->forward_pipe_ms > 0) == !is_over);
	check_string(couple.from.events, is_over ? "ml" : "m");
	close_couple(&couple);
}

/* EAGAIN, as if the kernel had no page, though there is something: no event
 * will speak of it again. */
static void test_nothing_that_is_something(void)
{
	static const char bytes[4096];
	struct couple couple;

	open_spliced(&couple);
	while (write(couple.world->worker.forward_pipe[1], bytes,
		     sizeof(bytes)) > 0)
		;
	check_int(errno, EAGAIN);
	pump(&couple, 2 * BULK);
	check_int(couple.world->worker.forward_pipe_ms, 0);
	check_string(couple.from.events, "m");
	close_couple(&couple);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN); /* as in every worker */
	test_a_refusal();
	test_a_prohibition(false);
	test_a_prohibition(true);
	test_nothing_that_is_something();
	return check_result();
}
