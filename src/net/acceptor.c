/* SPDX-License-Identifier: MIT */
/* acceptor.c - accept in small batches, rest when the machine is exhausted. */
#include "net/acceptor.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "metrics/scoreboard.h"
#include "net/transport.h"

#define FAILED_MAX 16 /* one after another, in one batch */

/* What came of one accept4(). */
enum verdict {
	VERDICT_TAKEN,
	VERDICT_DONE, /* the queue is empty */
	VERDICT_NEXT, /* that one failed: try the next */
	VERDICT_REST, /* the cause stays for a while: stop watching */
};

/* From ENETDOWN on: what accept(2) passes on from the new socket, and what a
 * firewall forbids (EPERM).  An errno without a row rests, counted as other:
 * nothing that lasts may make the level-triggered listener spin. */
static const struct row {
	int number;
	enum verdict verdict;
	enum scoreboard_cell cell;
} rows[] = {
	{EAGAIN, VERDICT_DONE, SCOREBOARD_CELLS},
	{EINTR, VERDICT_NEXT, SCOREBOARD_CELLS},
	{EMFILE, VERDICT_REST, SCOREBOARD_ACCEPT_EMFILE},
	{ENFILE, VERDICT_REST, SCOREBOARD_ACCEPT_ENFILE},
	{ENOBUFS, VERDICT_REST, SCOREBOARD_ACCEPT_ENOBUFS},
	{ENOMEM, VERDICT_REST, SCOREBOARD_ACCEPT_ENOMEM},
	{ECONNABORTED, VERDICT_NEXT, SCOREBOARD_ACCEPT_ECONNABORTED},
	{ENETDOWN, VERDICT_NEXT, SCOREBOARD_ACCEPT_OTHER},
	{EPROTO, VERDICT_NEXT, SCOREBOARD_ACCEPT_OTHER},
	{ENOPROTOOPT, VERDICT_NEXT, SCOREBOARD_ACCEPT_OTHER},
	{EHOSTDOWN, VERDICT_NEXT, SCOREBOARD_ACCEPT_OTHER},
	{ENONET, VERDICT_NEXT, SCOREBOARD_ACCEPT_OTHER},
	{EHOSTUNREACH, VERDICT_NEXT, SCOREBOARD_ACCEPT_OTHER},
	{EOPNOTSUPP, VERDICT_NEXT, SCOREBOARD_ACCEPT_OTHER},
	{ENETUNREACH, VERDICT_NEXT, SCOREBOARD_ACCEPT_OTHER},
	{ETIMEDOUT, VERDICT_NEXT, SCOREBOARD_ACCEPT_OTHER},
	{EPERM, VERDICT_NEXT, SCOREBOARD_ACCEPT_OTHER},
};

static const struct row *row_of(int number)
{
	static const struct row unknown = {0, VERDICT_REST,
					   SCOREBOARD_ACCEPT_OTHER};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].number == number)
			return &rows[i];
	}
	return &unknown;
}

static struct loop *loop_of(const struct acceptor *acceptor)
{
	return acceptor->service->worker->loop;
}

static int watch(struct acceptor *acceptor)
{
	unsigned interest = POLLER_READ;

	if (acceptor->is_shared)
		interest |= POLLER_EXCLUSIVE;
	return loop_add(loop_of(acceptor), &acceptor->source, acceptor->fd,
			interest);
}

/* Stop watching for twice as long as the last time. */
static void rest(struct acceptor *acceptor, int number)
{
	struct loop *loop = loop_of(acceptor);

	if (acceptor->wait_ms == 0)
		acceptor->wait_ms = ACCEPTOR_WAIT_FIRST_MS;
	else if (acceptor->wait_ms < ACCEPTOR_WAIT_LIMIT_MS / 2)
		acceptor->wait_ms *= 2;
	else
		acceptor->wait_ms = ACCEPTOR_WAIT_LIMIT_MS;

	log_event_limited(
		&acceptor->limit, LOG_LEVEL_WARNING,
		LOG_FIELDS(.event = LOG_EVENT_ACCEPT_FAILED,
			   .service = acceptor->service->name, .error = number),
		"service %s cannot accept: %s; clients wait in the "
		"queue, the next try is in %d ms",
		acceptor->service->name, strerror(number), acceptor->wait_ms);
	loop_remove(loop, &acceptor->source);
	timer_start(&loop->timers, &acceptor->retry,
		    loop->now_ms + acceptor->wait_ms);
	acceptor->is_resting = true;
	service_add_resting(acceptor->service);
}

static void end_rest(struct acceptor *acceptor)
{
	if (!acceptor->is_resting)
		return;
	acceptor->is_resting = false;
	service_remove_resting(acceptor->service);
}

static bool is_open(const struct acceptor *acceptor)
{
	return !acceptor->service->is_suspended &&
	       service_has_room(acceptor->service);
}

/* Watch again if there is room; else whoever makes room calls
 * acceptor_resume_all. */
static void resume(struct acceptor *acceptor)
{
	if (acceptor->source.fd >= 0 || timer_is_started(&acceptor->retry) ||
	    !is_open(acceptor))
		return;
	if (watch(acceptor) < 0)
		rest(acceptor, errno);
}

/* The verdict on an errno of accept4(), which is counted. */
static enum verdict judge(struct acceptor *acceptor, int number)
{
	const struct row *row = row_of(number);
	uint64_t *cells = scoreboard_cells(acceptor->service->worker->page);

	if (row->cell != SCOREBOARD_CELLS)
		scoreboard_add(&cells[row->cell], 1);
	return row->verdict;
}

/* A new transport had no luck: has it run out of something that the next one
 * would lack too?  (ENOSPC: the user's limit of watches.)  It has been closed
 * and counted, and no further client shall share its fate. */
static enum verdict judge_transport(int number)
{
	const struct row *row = row_of(number);

	if (number == ENOSPC ||
	    (row->number == number && row->verdict == VERDICT_REST))
		return VERDICT_REST;
	return VERDICT_NEXT;
}

/* Take one connection.  VERDICT_TAKEN, or why not with its errno. */
static enum verdict accept_one(struct acceptor *acceptor, int *number)
{
	union {
		struct sockaddr generic;
		struct sockaddr_storage storage;
	} peer; /* its family alone is set: most of it is never used */
	socklen_t length = sizeof(peer);
	int fd;

	peer.generic.sa_family = AF_UNSPEC;
	fd = accept4(acceptor->fd, &peer.generic, &length,
		     SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		*number = errno;
		return judge(acceptor, *number);
	}
	if (transport_accept_from(acceptor->service, fd, acceptor->family,
				  &peer.generic) < 0) {
		*number = errno;
		return judge_transport(*number);
	}
	acceptor->wait_ms = 0;
	return VERDICT_TAKEN;
}

/* May we take one more?  connection_made may have stopped us; at the cap
 * clients wait in the queue until acceptor_resume_all. */
static bool may_accept(struct acceptor *acceptor)
{
	if (!acceptor->is_started)
		return false;
	if (is_open(acceptor))
		return true;
	loop_remove(loop_of(acceptor), &acceptor->source);
	return false;
}

/* So many failures in a batch are taken for a lasting cause: some errnos stand
 * for either, and a listener that fails stays ready. */
static void ready(struct loop_source *source, unsigned found)
{
	struct acceptor *acceptor = list_entry(source, struct acceptor, source);
	unsigned limit = accept_batch_limit(&acceptor->batch,
					    loop_of(acceptor)->turn_us);
	unsigned taken_count = 0, failed_count = 0;
	bool is_empty = false;
	int number = 0;

	(void)found;
	while (!is_empty && taken_count < limit) {
		if (!may_accept(acceptor))
			return;
		switch (accept_one(acceptor, &number)) {
		case VERDICT_TAKEN:
			taken_count++;
			failed_count = 0;
			break;
		case VERDICT_DONE: is_empty = true; break;
		case VERDICT_NEXT:
			if (++failed_count < FAILED_MAX)
				break;
			/* fall through */
		case VERDICT_REST: rest(acceptor, number); return;
		}
	}
	accept_batch_note(&acceptor->batch, taken_count, is_empty);
}

static void retry_expired(struct timer *timer)
{
	struct acceptor *acceptor = list_entry(timer, struct acceptor, retry);

	end_rest(acceptor);
	resume(acceptor);
}

void acceptor_init(struct acceptor *acceptor, struct service *service, int fd,
		   int family, bool is_shared)
{
	memset(acceptor, 0, sizeof(*acceptor));
	loop_source_init(&acceptor->source, ready);
	acceptor->source.is_traffic = true;
	list_init(&acceptor->node);
	timer_init(&acceptor->retry, retry_expired);
	acceptor->service = service;
	acceptor->fd = fd;
	acceptor->family = family;
	acceptor->is_shared = is_shared;
	accept_batch_init(&acceptor->batch);
}

int acceptor_start(struct acceptor *acceptor)
{
	if (acceptor->is_started)
		return 0;
	if (is_open(acceptor) && watch(acceptor) < 0)
		return -1;
	list_append(&acceptor->service->acceptors, &acceptor->node);
	acceptor->is_started = true;
	return 0;
}

void acceptor_stop(struct acceptor *acceptor)
{
	loop_remove(loop_of(acceptor), &acceptor->source);
	timer_stop(&loop_of(acceptor)->timers, &acceptor->retry);
	list_remove(&acceptor->node);
	end_rest(acceptor);
	acceptor->is_started = false;
	acceptor->wait_ms = 0;
}

void acceptor_resume_all(struct service *service)
{
	struct list *node;

	list_for_each (node, &service->acceptors)
		resume(list_entry(node, struct acceptor, node));
}

void acceptor_pause_all(struct service *service)
{
	struct acceptor *acceptor;
	struct list *node;

	list_for_each (node, &service->acceptors) {
		acceptor = list_entry(node, struct acceptor, node);
		loop_remove(loop_of(acceptor), &acceptor->source);
	}
}
