/* SPDX-License-Identifier: MIT */
/* test_transport_splice.c - what splice says of itself is not taken for what a
 * socket says: nothing ends for it, and nothing is lost. */
#include <signal.h>

#include "forward_fixture.h"

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
	test_nothing_that_is_something();
	return check_result();
}
