/* SPDX-License-Identifier: MIT */
/* keeper_ask.c - the successor's side of a keeper's door. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "process/keeper.h"

struct asking {
	struct channel channel;
	struct loop loop;
	struct timer patience;
	struct kept *kept;
};

static void asking_received(struct channel *channel,
			    const struct record *record, const int *fds)
{
	struct asking *asking = list_entry(channel, struct asking, channel);
	uint32_t i;

	if (kept_take(asking->kept, record, fds) < 0)
		for (i = 0; i < record->descriptor_count; i++)
			close(fds[i]);
	if (asking->kept->is_whole)
		loop_stop(&asking->loop);
}

static void asking_closed(struct channel *channel)
{
	loop_stop(&list_entry(channel, struct asking, channel)->loop);
}

static void out_of_patience(struct timer *timer)
{
	loop_stop(&list_entry(timer, struct asking, patience)->loop);
}

/* All that comes through `fd`, which stays the caller's. */
static int receive(int fd, struct kept *kept, struct error *error)
{
	struct asking asking = {.kept = kept};
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	int status = -1;

	if (copy < 0 || loop_init(&asking.loop, error) < 0) {
		if (copy >= 0)
			close(copy);
		return error_set_errno(error, "cannot ask the keeper");
	}
	timer_init(&asking.patience, out_of_patience);
	timer_start(&asking.loop.timers, &asking.patience,
		    asking.loop.now_ms + KEEPER_ANSWER_MS);
	if (channel_start(&asking.channel, &asking.loop, copy, asking_received,
			  asking_closed) < 0)
		close(copy);
	else
		status = loop_run(&asking.loop, error);
	channel_close(&asking.channel);
	timer_stop(&asking.loop.timers, &asking.patience);
	loop_release(&asking.loop);
	return status;
}

int keeper_ask(int fd, struct kept *kept)
{
	struct error error;

	if (receive(fd, kept, &error) == 0 && kept->is_whole)
		return 0;
	kept_release(kept);
	return -1;
}

int keeper_confirm(int fd, struct error *error)
{
	struct pollfd answer = {.fd = fd, .events = POLLIN};
	char byte = 0;

	if (send(fd, &byte, 1, MSG_NOSIGNAL) == 1 &&
	    poll(&answer, 1, KEEPER_ANSWER_MS) > 0 && read(fd, &byte, 1) == 1)
		return 0;
	return error_set(error,
			 "the keeper does not hand over any more: it "
			 "waits for another successor");
}
