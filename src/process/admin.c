/* SPDX-License-Identifier: MIT */
/* admin.c - the life of the admin process: birth, beats, end. */
#include "process/admin.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "process/admin_internal.h"
#include "process/command_line.h"
#include "process/sandbox.h"
#include "process/spawn.h"

#define RETRY_MS 100 /* what could not be said */

/* ---- What it says ---------------------------------------------------- */

/* A record that finds the channel full is lost: the supervisor will not hear
 * of us, and do what it does with those who are silent. */
static bool say(struct admin *admin, enum record_type type)
{
	const struct channel_load load = {0};

	if (channel_send(&admin->channel, type, &load) == 0)
		return true;
	if (errno != EPIPE)
		log_debug("cannot tell the supervisor: %s", strerror(errno));
	return false;
}

/* Until it could be said: nobody would end us else. */
static void say_leave(struct admin *admin)
{
	if (admin->wants_leave && !admin->is_leaving)
		admin->is_leaving = say(admin, RECORD_LEAVE);
}

static void beat(struct timer *timer)
{
	struct admin *admin = list_entry(timer, struct admin, beat);
	struct loop *loop = &admin->loop;

	int64_t beat_ms = admin->birth->beat_ms;

	if (beat_ms >= 0)
		say(admin, RECORD_BEAT);
	say_leave(admin);
	if (admin->wants_leave && !admin->is_leaving)
		beat_ms = RETRY_MS;
	if (beat_ms >= 0)
		timer_start(&loop->timers, timer, loop->now_ms + beat_ms);
}

/* The supervisor has the words, and says them when it is their time. */
static void fail(const struct error *error)
{
	const struct channel_load load = {
		.number = (uint32_t)error->number,
		.data = error->text,
		.size = (uint32_t)strlen(error->text),
	};

	if (channel_send_waiting(SPAWN_CHANNEL, RECORD_FAILED, &load) < 0)
		log_error("%s", error->text);
}

/* ---- What it is told ------------------------------------------------- */

static void retire(struct admin *admin)
{
	if (admin->is_retiring)
		return;
	admin->is_retiring = true;
	admin_end_serving(admin);
}

static void received(struct channel *channel, const struct record *record,
		     const int *fds)
{
	struct admin *admin = list_entry(channel, struct admin, channel);
	struct log_form form;

	if (record->type == RECORD_LOG && record->descriptor_count == 1) {
		log_adopt(fds[0],
			  log_form_read(&form, record->data, record->size));
		return;
	}
	if (record->type == RECORD_WORKER) {
		admin_workers_take(admin->workers, record, fds);
		return;
	}
	if (record->type == RECORD_RETIRE)
		retire(admin);
	else if (record->type == RECORD_LEVEL && record->number < LOG_LEVELS)
		log_set_level((enum log_level)record->number);
	else if (record->type == RECORD_ANSWER)
		admin_take_answer(admin, record);
	else /* of a supervisor that knows more */
		log_debug("channel: an unknown record %u", record->type);
	channel_drop(fds, record->descriptor_count);
}

/* What it has said last was passed on in this turn. */
static void on_closed(struct channel *channel)
{
	loop_stop(&list_entry(channel, struct admin, channel)->loop);
}

static void on_terminate(void *context, int sender_pid)
{
	struct admin *admin = context;

	(void)sender_pid;
	admin->wants_leave = true;
	say_leave(admin);
	if (!admin->is_leaving)
		timer_start(&admin->loop.timers, &admin->beat,
			    admin->loop.now_ms + RETRY_MS);
}

/* spawn has the others ignored. */
static const struct signals_row signal_rows[] = {
	{SIGTERM, on_terminate},
	{0, NULL},
};

/* ---- Its life -------------------------------------------------------- */

static int begin(struct admin *admin, struct error *error)
{
	const struct admin_birth *birth = admin->birth;
	const struct config *config = birth->config;
	struct loop *loop = &admin->loop;

	process_files_open(&admin->files, birth->supervisor);
	if (sandbox_enter(config->user, config->chroot, error) < 0)
		return -1;
	/* A change of user has cut that off. */
	if (spawn_end_with(birth->supervisor) < 0)
		return error_set(error, "the supervisor is gone");
	if (signals_start(&admin->signals, loop, signal_rows, admin, error) < 0)
		return -1;
	if (channel_start(&admin->channel, loop, SPAWN_CHANNEL, received,
			  on_closed) < 0)
		return error_set_errno(error, "cannot serve the channel");
	channel_hold_spare(&admin->channel);
	/* What has come through the channel by now is read before a listener
	 * is looked at: the first client may ask all workers. */
	if (admin_init_backend(admin, error) < 0 ||
	    admin_serve(admin, error) < 0)
		return -1;
	say(admin, RECORD_READY);
	if (birth->beat_ms >= 0)
		timer_start(&loop->timers, &admin->beat,
			    loop->now_ms + birth->beat_ms);
	return 0;
}

static int run(struct admin *admin)
{
	struct error error;

	if (begin(admin, &error) < 0) {
		fail(&error);
		return EXIT_FAILED;
	}
	if (loop_run(&admin->loop, &error) < 0) {
		log_error("%s", error.text);
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

static void release(struct admin *admin)
{
	timer_stop(&admin->loop.timers, &admin->beat);
	admin_release_workers(admin);
	admin_release_servers(admin);
	admin_release_backend(admin);
	channel_close(&admin->channel);
	signals_stop(&admin->signals, &admin->loop);
	loop_release(&admin->loop);
}

int admin_main(void *birth)
{
	struct admin admin = {
		.birth = birth,
		.channel = {.fd = -1},
		.files = {-1, -1},
		.signals = {.source = {.fd = -1}},
	};
	struct error error;
	int status;

	log_set_level(admin.birth->log_level);
	if (loop_init(&admin.loop, &error) < 0) {
		fail(&error);
		return EXIT_FAILED;
	}
	timer_init(&admin.beat, beat);
	admin_init_orders(&admin);
	status = run(&admin);
	release(&admin);
	return status;
}
