/* SPDX-License-Identifier: MIT */
/* worker_asked.c - a worker tells admins about its connections. */
#include "process/worker_asked.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

/* What was done is said even if nobody waits for the answer any more. */
static void note_closed(const struct worker_asker *asker)
{
	uint64_t count = asker->walk.end.affected_count;

	if (count > 0)
		log_info("%llu connection%s closed by order",
			 (unsigned long long)count, count == 1 ? "" : "s");
}

static void drop(struct worker_asker *asker)
{
	if (asker->is_asked)
		note_closed(asker);
	channel_close(&asker->channel);
	loop_cancel(&asker->task);
	timer_stop(&asker->loop->timers, &asker->again);
	connection_walk_release(&asker->walk);
	asker->is_asked = false;
}

/* ---- What is said ---------------------------------------------------- */

static void on_room(struct channel *channel)
{
	struct worker_asker *asker =
		list_entry(channel, struct worker_asker, channel);

	loop_post(asker->loop, &asker->task);
}

static void try_again(struct timer *timer)
{
	struct worker_asker *asker =
		list_entry(timer, struct worker_asker, again);

	loop_post(asker->loop, &asker->task);
}

/* Until it can be sent; whoever does not listen any more is dropped. */
static void wait_for_room(struct worker_asker *asker, int number)
{
	struct loop *loop = asker->loop;

	if (number == ENOBUFS || number == ENOMEM)
		timer_start(&loop->timers, &asker->again,
			    loop->now_ms + WORKER_ASKED_AGAIN);
	else if (number != EAGAIN ||
		 channel_wait_room(&asker->channel, on_room) < 0)
		drop(asker);
}

/* 0, or -1: nothing can be said for now. */
static int say(struct worker_asker *asker, enum record_type type,
	       const void *data, size_t size)
{
	const struct channel_load load = {
		.number = asker->number,
		.data = data,
		.size = (uint32_t)size,
	};

	if (channel_send(&asker->channel, type, &load) < 0) {
		wait_for_room(asker, errno);
		return -1;
	}
	asker->told_ms = asker->loop->now_ms;
	return 0;
}

static int say_rows(struct worker_asker *asker)
{
	if (say(asker, RECORD_ROWS, asker->rows,
		asker->row_count * sizeof(asker->rows[0])) < 0)
		return -1;
	asker->row_count = 0;
	return 0;
}

static void finish(struct worker_asker *asker)
{
	if (asker->row_count > 0 && say_rows(asker) < 0)
		return;
	if (say(asker, RECORD_ROWS_END, &asker->walk.end,
		sizeof(asker->walk.end)) < 0)
		return;
	note_closed(asker);
	connection_walk_release(&asker->walk);
	asker->is_asked = false;
}

/* It takes long: whoever waits is to know that nothing hangs. */
static void pause_walk(struct worker_asker *asker)
{
	struct loop *loop = asker->loop;

	if (loop->now_ms - asker->told_ms < WORKER_ASKED_LIFE ||
	    say_rows(asker) == 0)
		loop_post(loop, &asker->task);
}

/* A slice.  After a wait it goes on where it was: what could not be sent is
 * still there. */
static void go_on(struct loop_task *task)
{
	struct worker_asker *asker =
		list_entry(task, struct worker_asker, task);
	enum connection_walk_step step = CONNECTION_WALK_ROW;
	unsigned budget = CONNECTION_WALK_BUDGET;

	while (step == CONNECTION_WALK_ROW) {
		if (asker->row_count == WORKER_ASKED_ROWS &&
		    say_rows(asker) < 0)
			return;
		step = connection_walk_next(
			&asker->walk, &asker->rows[asker->row_count], &budget);
		if (step == CONNECTION_WALK_ROW)
			asker->row_count++;
	}
	if (step == CONNECTION_WALK_END)
		finish(asker);
	else
		pause_walk(asker);
}

/* ---- What is asked --------------------------------------------------- */

static void begin(struct worker_asker *asker, const struct record *record)
{
	struct connection_query query = {.version = 0};

	asker->number = record->number;
	asker->is_asked = true;
	asker->row_count = 0;
	asker->told_ms = asker->loop->now_ms;
	if (record->size >= sizeof(query.version))
		memcpy(&query.version, record->data, sizeof(query.version));
	if (query.version != CONNECTION_QUERY_VERSION) {
		connection_walk_refuse(&asker->walk, CONNECTION_OTHER_BUILD);
	} else if (record->size != sizeof(query)) {
		connection_walk_refuse(&asker->walk, CONNECTION_ILL);
	} else {
		memcpy(&query, record->data, sizeof(query));
		connection_walk_begin(&asker->walk, asker->context, &query);
	}
	loop_post(asker->loop, &asker->task);
}

static void received(struct channel *channel, const struct record *record,
		     const int *fds)
{
	struct worker_asker *asker =
		list_entry(channel, struct worker_asker, channel);

	if (record->type == RECORD_QUERY && record->descriptor_count == 0 &&
	    !asker->is_asked) {
		begin(asker, record);
		return;
	}
	log_error(
		"an admin process breaks the rules (record %u): its channel "
		"is closed",
		record->type);
	channel_drop(fds, record->descriptor_count);
	drop(asker);
}

static void closed(struct channel *channel)
{
	drop(list_entry(channel, struct worker_asker, channel));
}

/* ---- Who asks -------------------------------------------------------- */

void worker_asked_init(struct worker_asked *asked, struct loop *loop,
		       const struct worker_context *context)
{
	unsigned i;

	memset(asked, 0, sizeof(*asked));
	asked->loop = loop;
	for (i = 0; i < WORKER_ASKERS; i++) {
		struct worker_asker *asker = &asked->askers[i];

		asker->loop = loop;
		asker->context = context;
		asker->channel.fd = -1;
		loop_task_init(&asker->task, go_on);
		timer_init(&asker->again, try_again);
	}
}

/* A free one, else the oldest: it is most likely to be on its way out. */
static struct worker_asker *choose(struct worker_asked *asked)
{
	struct worker_asker *oldest = &asked->askers[0];
	unsigned i;

	for (i = 0; i < WORKER_ASKERS; i++) {
		struct worker_asker *asker = &asked->askers[i];

		if (asker->channel.fd < 0)
			return asker;
		if (asker->serial < oldest->serial)
			oldest = asker;
	}
	return oldest;
}

void worker_asked_add(struct worker_asked *asked, int fd)
{
	struct worker_asker *asker = choose(asked);

	drop(asker);
	asker->serial = ++asked->serial;
	if (channel_start(&asker->channel, asked->loop, fd, received, closed) ==
	    0)
		return;
	log_warning("an admin process cannot be heard: %s", strerror(errno));
	close(fd);
}

void worker_asked_release(struct worker_asked *asked)
{
	unsigned i;

	for (i = 0; i < WORKER_ASKERS; i++)
		drop(&asked->askers[i]);
}
