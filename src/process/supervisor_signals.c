/* SPDX-License-Identifier: MIT */
/* supervisor_signals.c - what each signal to the supervisor means. */
#include "process/supervisor_internal.h"

#include <signal.h>

static void on_terminate(void *context, int sender_pid)
{
	(void)sender_pid;
	supervisor_terminate(context);
}

static void on_quit(void *context, int sender_pid)
{
	(void)sender_pid;
	supervisor_quit(context);
}

static void on_child(void *context, int sender_pid)
{
	(void)sender_pid;
	supervisor_reap(context);
}

static void on_reopen(void *context, int sender_pid)
{
	(void)sender_pid;
	supervisor_reopen_log(context);
}

static void on_reload(void *context, int sender_pid)
{
	(void)sender_pid;
	supervisor_ask(context, ORDER_RELOAD, 0, 0);
}

static void on_grow(void *context, int sender_pid)
{
	(void)sender_pid;
	supervisor_ask(context, ORDER_GROW, 0, 0);
}

static void on_shrink(void *context, int sender_pid)
{
	(void)sender_pid;
	supervisor_ask(context, ORDER_SHRINK, 0, 0);
}

static void on_upgrade(void *context, int sender_pid)
{
	(void)sender_pid;
	supervisor_ask(context, ORDER_UPGRADE, 0, 0);
}

/* A row without a handler is ignored. */
static const struct signals_row rows[] = {
	{SIGTERM, on_terminate},
	{SIGINT, on_terminate},
	{SIGQUIT, on_quit},
	{SIGCHLD, on_child},
	{SIGUSR1, on_reopen},
	{SIGHUP, on_reload},
	{SIGUSR2, on_upgrade},
	{SIGTTIN, on_grow},
	{SIGTTOU, on_shrink},
	{SIGWINCH, NULL},
	{SIGPIPE, NULL},
	{SIGALRM, NULL},
	{0, NULL},
};

int supervisor_start_signals(struct supervisor *supervisor, struct error *error)
{
	return signals_start(&supervisor->signals, &supervisor->loop, rows,
			     supervisor, error);
}
