/* SPDX-License-Identifier: MIT */
/* poller_epoll.c - the poller on epoll, named nowhere else. */
#include "event/poller.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

#define BATCH_LIMIT 256

#define IS_SAME(own, kernels) ((uint32_t)(own) == (uint32_t)(kernels))
_Static_assert(IS_SAME(POLLER_READ, EPOLLIN) &&
		       IS_SAME(POLLER_URGENT, EPOLLPRI) &&
		       IS_SAME(POLLER_WRITE, EPOLLOUT) &&
		       IS_SAME(POLLER_FAILURE, EPOLLERR) &&
		       IS_SAME(POLLER_HANGUP, EPOLLRDHUP),
	       "what epoll finds is passed on as it is");

/* But for EPOLLHUP, which is a hang-up like EPOLLRDHUP. */
static unsigned found_of(uint32_t events)
{
	if (events & EPOLLHUP)
		return (events & ~(uint32_t)EPOLLHUP) | POLLER_HANGUP;
	return events;
}

/* EPOLLHUP and EPOLLERR are always reported; EPOLLEXCLUSIVE refuses EPOLLRDHUP
 * and EPOLLPRI. */
static uint32_t events_of(unsigned interest)
{
	uint32_t events =
		interest & (EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP);

	if (interest & POLLER_EDGE)
		events |= EPOLLET;
	if (interest & POLLER_EXCLUSIVE)
		events |= EPOLLEXCLUSIVE;
	return events;
}

int poller_open(struct error *error)
{
	int poller = epoll_create1(EPOLL_CLOEXEC);

	if (poller < 0)
		return error_set_errno(error, "cannot open a poller");
	return poller;
}

int poller_add(int poller, int fd, unsigned interest, void *owner)
{
	struct epoll_event event = {
		.events = events_of(interest),
		.data.ptr = owner,
	};

	return epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
}

int poller_remove(int poller, int fd)
{
	return epoll_ctl(poller, EPOLL_CTL_DEL, fd, NULL);
}

int poller_wait(int poller, struct poller_event *events, int limit, int wait_ms)
{
	struct epoll_event ready[BATCH_LIMIT];
	int count, i;

	if (limit > BATCH_LIMIT)
		limit = BATCH_LIMIT;
	count = epoll_wait(poller, ready, limit, wait_ms);
	if (count < 0)
		return errno == EINTR ? 0 : -1;
	for (i = 0; i < count; i++) {
		events[i].owner = ready[i].data.ptr;
		events[i].found = found_of(ready[i].events);
	}
	return count;
}
