/* SPDX-License-Identifier: MIT */
/* loader.c - read a configuration in a child, and wait for its answer. */
#include "process/loader.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "event/signals.h"
#include "process/death.h"
#include "process/loader_plugins.h"
#include "process/sandbox.h"
#include "process/spawn.h"

/* ---- The child ---- */

/* What only this process can know: may the workers become `user`? */
static bool check_user(const struct config *config, struct text *complaints)
{
	struct error error;

	if (sandbox_check_user(config->user, &error) == 0)
		return true;
	text_append(complaints, "user: %s\n", error.text);
	return false;
}

/* 0; or -1: nobody is there to hear it. */
static int answer(const struct config_request *request,
		  struct loader_plugins *plugins, struct text *canonical,
		  struct text *complaints)
{
	struct config_request own = *request;
	struct config *config;
	int result = 0;

	loader_plugins_init(plugins);
	own.opener = &plugins->opener;
	config = config_load(&own, complaints);
	if (config != NULL && check_user(config, complaints)) {
		config_print(config, canonical);
		result = loader_plugins_send(plugins, config);
	}
	config_free(config);
	return result;
}

static int loader_main(void *context)
{
	const struct loader *loader = context;
	struct loader_plugins plugins;
	struct text canonical = {0}, complaints = {0};
	struct channel_load end = {0};
	struct error error;
	int result;

	if (sandbox_forbid_privileges(&error) < 0)
		log_fatal(1, "%s", error.text);
	result = answer(loader->request, &plugins, &canonical, &complaints);
	end.number = canonical.size == 0;
	if (result < 0 ||
	    channel_send_text(SPAWN_CHANNEL, RECORD_COMPLAINT, complaints.bytes,
			      complaints.size) < 0 ||
	    channel_send_text(SPAWN_CHANNEL, RECORD_TEXT, canonical.bytes,
			      canonical.size) < 0 ||
	    channel_send_waiting(SPAWN_CHANNEL, RECORD_END, &end) < 0)
		result = -1;
	text_release(&canonical);
	text_release(&complaints);
	/* All is said: destructors of plug-ins could only do harm. */
	if (plugins.count > 0)
		_exit(result < 0);
	return result < 0;
}

/* ---- The parent ---- */

/* And whatever a constructor has forked. */
static void kill_group(const struct loader *loader)
{
	if (loader->pid > 0)
		kill(-loader->pid, SIGKILL);
}

bool loader_reaped(struct loader *loader, pid_t pid)
{
	if (pid <= 0 || loader->pid != pid)
		return false;
	kill_group(loader);
	loader->pid = 0;
	return true;
}

static void end(struct loader *loader)
{
	timer_stop(&loader->loop->timers, &loader->deadline);
	channel_close(&loader->channel);
	loader->is_running = false;
}

/* What is left of one that has answered could only do harm, if there is a
 * plug-in in it.  Otherwise it ends by itself. */
static void finish(struct loader *loader)
{
	if (!loader->is_answered || loader->has_opened)
		kill_group(loader);
	end(loader);
	loader->done(loader);
}

void loader_cancel(struct loader *loader)
{
	kill_group(loader);
	end(loader);
	loader->is_cancelled = true;
}

static void complain_of_plugin(struct loader *loader)
{
	text_append_bytes(&loader->complaints, loader->opening.bytes,
			  loader->opening.size);
}

/* The code of a plug-in may send anything, and as much of it as it likes. */
static void distrust(struct loader *loader, const char *why)
{
	complain_of_plugin(loader);
	text_append(&loader->complaints, "the loader was killed: %s\n", why);
	finish(loader);
}

static void take_text(struct loader *loader, struct text *text, size_t most,
		      const struct record *record)
{
	if (record->size > most - text->size)
		distrust(loader, "it says too much");
	else
		text_append_bytes(text, record->data, record->size);
}

/* The code of a plug-in comes to run, or has run, in it. */
static void note_opening(struct loader *loader, const struct record *record)
{
	int64_t until_ms = loader->loop->now_ms + LOADER_OPENING_MS;
	bool is_over = record->size == 0;

	loader->has_opened = true;
	if (is_over || record->number == 0)
		loader->opening.size = 0;
	timer_start(&loader->loop->timers, &loader->deadline,
		    is_over || until_ms > loader->until_ms ? loader->until_ms
							   : until_ms);
	take_text(loader, &loader->opening, LOADER_OPENING_BYTES, record);
}

static void take_plugin(struct loader *loader, const struct record *record,
			const int *fds)
{
	char names[RECORD_DATA_BYTES + 1];

	memcpy(names, record->data, record->size);
	names[record->size] = '\0';
	if (plugins_add(&loader->plugins, fds[0], names) < 0)
		distrust(loader, "one plug-in too many");
}

static void loader_received(struct channel *channel,
			    const struct record *record, const int *fds)
{
	struct loader *loader = list_entry(channel, struct loader, channel);
	bool is_plugin =
		record->type == RECORD_PLUGIN && record->descriptor_count == 1;

	if (!is_plugin)
		channel_drop(fds, record->descriptor_count);
	switch (record->type) {
	case RECORD_OPENING: note_opening(loader, record); break;
	case RECORD_PLUGIN:
		if (is_plugin)
			take_plugin(loader, record, fds);
		else
			distrust(loader, "a plug-in came without a descriptor");
		break;
	case RECORD_TEXT:
		take_text(loader, &loader->canonical, LOADER_TEXT_BYTES,
			  record);
		break;
	case RECORD_COMPLAINT:
		take_text(loader, &loader->complaints, LOADER_WORDS_BYTES,
			  record);
		break;
	case RECORD_END:
		loader->is_answered = true;
		loader->is_good = record->number == 0;
		finish(loader);
		break;
	default: distrust(loader, "it sent an unexpected record");
	}
}

/* It died before its answer was whole. */
static void loader_closed(struct channel *channel)
{
	struct loader *loader = list_entry(channel, struct loader, channel);

	complain_of_plugin(loader);
	text_append(&loader->complaints,
		    "the loader ended before it had read the configuration\n");
	finish(loader);
}

static void loader_expired(struct timer *timer)
{
	struct loader *loader = list_entry(timer, struct loader, deadline);

	bool is_all = loader->loop->now_ms >= loader->until_ms;

	complain_of_plugin(loader);
	if (loader->opening.size > 0)
		text_append(&loader->complaints,
			    "the loader was killed after %d s %s\n",
			    (is_all ? LOADER_TIMEOUT_MS : LOADER_OPENING_MS) /
				    1000,
			    is_all ? "in all, at a plug-in" : "with a plug-in");
	else
		text_append(&loader->complaints,
			    "the configuration could not be read within %d s "
			    "(does a name server not answer?)\n",
			    LOADER_TIMEOUT_MS / 1000);
	finish(loader);
}

static int spawn_loader(struct loader *loader, int fd, struct error *error)
{
	const struct spawn_descriptor descriptors[] = {{fd, SPAWN_CHANNEL}};
	const struct spawn spawn = {
		.main = loader_main,
		.context = loader,
		.title = "cohort: loader",
		.role = "loader",
		.descriptors = descriptors,
		.descriptor_count = 1,
		.is_group = true,
	};

	loader->pid = spawn_child(&spawn, error);
	return loader->pid < 0 ? -1 : 0;
}

int loader_start(struct loader *loader, struct loop *loop,
		 const struct config_request *request,
		 void (*done)(struct loader *loader), struct error *error)
{
	int fds[2];

	memset(loader, 0, sizeof(*loader));
	loader->loop = loop;
	loader->request = request;
	loader->done = done;
	loader->channel.fd = -1;
	timer_init(&loader->deadline, loader_expired);
	if (channel_pair(fds, error) < 0)
		return -1;
	if (channel_start(&loader->channel, loop, fds[0], loader_received,
			  loader_closed) < 0) {
		error_set_errno(error, "cannot watch the loader");
		close(fds[0]);
	} else if (spawn_loader(loader, fds[1], error) == 0) {
		loader->is_running = true;
		loader->until_ms = loop->now_ms + LOADER_TIMEOUT_MS;
		timer_start(&loop->timers, &loader->deadline, loader->until_ms);
	}
	close(fds[1]);
	if (!loader->is_running)
		channel_close(&loader->channel);
	return loader->is_running ? 0 : -1;
}

void loader_release(struct loader *loader)
{
	text_release(&loader->canonical);
	text_release(&loader->complaints);
	text_release(&loader->opening);
	plugins_release(&loader->plugins);
}

/* ---- The start of the program ---- */

static void stop_loop(struct loader *loader)
{
	loop_stop(loader->loop);
}

/* It has answered, or is dead or killed: this does not take long. */
static void reap(struct loader *loader)
{
	char how[DEATH_TEXT];
	int status = 0;

	while (waitpid(loader->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	loader_reaped(loader, loader->pid);
	if (!loader->is_answered && !loader->is_cancelled && status != 0)
		text_append(&loader->complaints, "the loader %s\n",
			    death_describe(how, status));
}

static void on_stop(void *context, int sender_pid)
{
	struct loader *loader = context;

	(void)sender_pid;
	loader_cancel(loader);
	loader->done(loader);
}

/* As process 1 a signal without a handler would be lost. */
static const struct signals_row signal_rows[] = {
	{SIGTERM, on_stop}, {SIGINT, on_stop}, {SIGQUIT, on_stop},
	{SIGHUP, NULL},     {SIGUSR1, NULL},   {SIGUSR2, NULL},
	{SIGTTIN, NULL},    {SIGTTOU, NULL},   {SIGWINCH, NULL},
	{SIGPIPE, NULL},    {SIGALRM, NULL},   {0, NULL},
};

static int run_loop(struct loader *loader, struct loop *loop,
		    const struct config_request *request, struct error *error)
{
	struct signals signals;
	int result;

	if (signals_start(&signals, loop, signal_rows, loader, error) < 0)
		return -1;
	result = loader_start(loader, loop, request, stop_loop, error);
	if (result == 0) {
		result = loop_run(loop, error);
		reap(loader);
	}
	signals_stop(&signals, loop);
	return result;
}

int loader_run(struct loader *loader, const struct config_request *request,
	       struct error *error)
{
	struct loop loop;
	int result;

	memset(loader, 0, sizeof(*loader));
	if (loop_init(&loop, error) < 0)
		return -1;
	result = run_loop(loader, &loop, request, error);
	loop_release(&loop);
	if (result < 0)
		return -1;
	return loader->is_good ? 0 : 1;
}
