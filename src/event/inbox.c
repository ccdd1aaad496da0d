/* SPDX-License-Identifier: MIT */
/* inbox.c - a list under a lock, and an eventfd, named nowhere else, that wakes
 * the loop. */
#include "event/inbox.h"

#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* After those taken before. */
static void take(struct inbox *inbox)
{
	pthread_mutex_lock(&inbox->lock);
	list_take(&inbox->taken, &inbox->letters);
	pthread_mutex_unlock(&inbox->lock);
}

static void run_first(struct inbox *inbox)
{
	struct inbox_letter *letter =
		list_entry(inbox->taken.next, struct inbox_letter, node);

	list_remove(&letter->node);
	letter->run(letter);
}

static void run_share(struct inbox *inbox)
{
	int i;

	take(inbox);
	for (i = 0; i < INBOX_TURN_LETTERS; i++) {
		if (list_is_empty(&inbox->taken))
			return;
		run_first(inbox);
	}
	loop_post(inbox->loop, &inbox->task);
}

/* The count is cleared before the list is looked at: what comes later says so
 * anew. */
static void ready(struct loop_source *source, unsigned found)
{
	uint64_t count;

	(void)found;
	if (read(source->fd, &count, sizeof(count)) > 0)
		run_share(list_entry(source, struct inbox, source));
}

static void work(struct loop_task *task)
{
	run_share(list_entry(task, struct inbox, task));
}

int inbox_open(struct inbox *inbox, struct loop *loop)
{
	int number, fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	inbox->loop = loop;
	loop_source_init(&inbox->source, ready);
	loop_task_init(&inbox->task, work);
	list_init(&inbox->taken);
	list_init(&inbox->letters);
	pthread_mutex_init(&inbox->lock, NULL);
	inbox->is_open = false;
	if (fd < 0)
		return -1;
	if (loop_add(loop, &inbox->source, fd, POLLER_READ) < 0) {
		number = errno;
		close(fd);
		errno = number;
		return -1;
	}
	inbox->is_open = true;
	return 0;
}

/* Only the first letter of several has to wake the loop.  The write cannot
 * fail: the count is far from full.  It is made under the lock, so that the
 * descriptor is not closed meanwhile. */
int inbox_post(struct inbox *inbox, struct inbox_letter *letter)
{
	const uint64_t one = 1;
	bool is_open, is_first;

	pthread_mutex_lock(&inbox->lock);
	is_open = inbox->is_open;
	if (is_open) {
		is_first = list_is_empty(&inbox->letters);
		list_append(&inbox->letters, &letter->node);
		if (is_first && write(inbox->source.fd, &one, sizeof(one)) < 0)
			errno = 0;
	}
	pthread_mutex_unlock(&inbox->lock);
	if (!is_open)
		errno = ESHUTDOWN;
	return is_open ? 0 : -1;
}

void inbox_close(struct inbox *inbox)
{
	int fd = inbox->source.fd;

	pthread_mutex_lock(&inbox->lock);
	inbox->is_open = false;
	pthread_mutex_unlock(&inbox->lock);
	take(inbox);
	while (!list_is_empty(&inbox->taken))
		run_first(inbox);
	loop_cancel(&inbox->task);
	if (fd < 0)
		return;
	loop_remove(inbox->loop, &inbox->source);
	close(fd);
}
