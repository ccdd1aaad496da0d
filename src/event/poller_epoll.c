/* SPDX-License-Identifier: MIT */
/* poller_epoll.c - the poller on epoll, named nowhere else. */
#include "event/poller.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

#define BATCH_LIMIT 256

struct bit {
	unsigned interest;
	uint32_t events;
};

static const struct bit bits[] = {
	{POLLER_READ, EPOLLIN},      {POLLER_WRITE, EPOLLOUT},
	{POLLER_HANGUP, EPOLLRDHUP}, {POLLER_HANGUP, EPOLLHUP},
	{POLLER_URGENT, EPOLLPRI},   {POLLER_FAILURE, EPOLLERR},
	{POLLER_EDGE, EPOLLET},      {POLLER_EXCLUSIVE, EPOLLEXCLUSIVE},
};
#define BIT_COUNT (sizeof(bits) / sizeof(bits[0]))

static uint32_t events_of(unsigned interest)
{
	uint32_t events = 0;
	size_t i;

	for (i = 0; i < BIT_COUNT; i++)
		if (interest & bits[i].interest)
			events |= bits[i].events;
	/* Always reported; EPOLLEXCLUSIVE refuses EPOLLRDHUP and EPOLLPRI. */
	return events & ~(uint32_t)(EPOLLHUP | EPOLLERR);
}

static unsigned found_of(uint32_t events)
{
	unsigned found = 0;
	size_t i;

	for (i = 0; i < BIT_COUNT; i++)
		if (events & bits[i].events)
			found |= bits[i].interest;
	return found;
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
