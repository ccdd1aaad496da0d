/* SPDX-License-Identifier: MIT */
/* signals.c - signalfd, named nowhere else. */
#include "event/signals.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void dispatch(const struct signals *signals,
		     const struct signalfd_siginfo *info)
{
	const struct signals_row *row;

	for (row = signals->rows; row->number != 0; row++)
		if (row->number == (int)info->ssi_signo && row->handle != NULL)
			row->handle(signals->context, (int)info->ssi_pid);
}

static void signals_ready(struct loop_source *source, unsigned found)
{
	struct signals *signals = list_entry(source, struct signals, source);
	struct signalfd_siginfo info;

	(void)found;
	/* A handler may stop the table, which closes the descriptor. */
	while (source->fd >= 0 &&
	       read(source->fd, &info, sizeof(info)) == sizeof(info))
		dispatch(signals, &info);
}

/* Ignore the rows without a handler, block the others and list them. */
static void prepare(const struct signals_row *rows, sigset_t *handled)
{
	const struct signals_row *row;

	sigemptyset(handled);
	for (row = rows; row->number != 0; row++) {
		if (row->handle == NULL)
			signal(row->number, SIG_IGN);
		else
			sigaddset(handled, row->number);
	}
	sigprocmask(SIG_BLOCK, handled, NULL);
	/* A signal that is blocked arrives though it is ignored, except for
	 * an inherited SIG_IGN of SIGCHLD, which also reaps (sigaction(2)). */
	for (row = rows; row->number != 0; row++)
		if (row->handle != NULL)
			signal(row->number, SIG_DFL);
}

int signals_start(struct signals *signals, struct loop *loop,
		  const struct signals_row *rows, void *context,
		  struct error *error)
{
	sigset_t handled;
	int fd;

	prepare(rows, &handled);
	fd = signalfd(-1, &handled, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		return error_set_errno(error, "cannot read signals");
	signals->rows = rows;
	signals->context = context;
	loop_source_init(&signals->source, signals_ready);
	if (loop_add(loop, &signals->source, fd, POLLER_READ) < 0) {
		error_set_errno(error, "cannot watch for signals");
		close(fd);
		return -1;
	}
	return 0;
}

void signals_stop(struct signals *signals, struct loop *loop)
{
	int fd = signals->source.fd;

	if (fd < 0)
		return;
	loop_remove(loop, &signals->source);
	close(fd);
}

void signals_reset(const int *ignored)
{
	sigset_t none;
	int number;

	for (number = 1; number < NSIG; number++)
		if (number != SIGKILL && number != SIGSTOP)
			signal(number, SIG_DFL);
	for (; *ignored != 0; ignored++)
		signal(*ignored, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}
