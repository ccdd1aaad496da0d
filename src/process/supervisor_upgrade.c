/* SPDX-License-Identifier: MIT */
/* supervisor_upgrade.c - another build takes this process's place (USR2).
 *
 * The file is opened once.  First it is tried, in a child, with the state as
 * it is; only when it has said that all is well does the supervisor execute
 * the very same file in its own place: same pid, same children, same
 * descriptors.  Whatever fails before that changes nothing. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/death.h"
#include "process/handover.h"
#include "process/spawn.h"
#include "process/supervisor_handover.h"
#include "process/supervisor_internal.h"

#define TRIAL_MS    10000 /* unless a worker is given less */
#define RETRY_MS    10
#define EXTRA_WORDS 4 /* --handover N --trial, and the end */
#define NUMBER_TEXT 16

/* ---- The end of it --------------------------------------------------- */

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void release(struct supervisor_upgrade *upgrade)
{
	struct loop *loop = &upgrade->supervisor->loop;

	timer_stop(&loop->timers, &upgrade->timer);
	close_fd(&upgrade->answer_fd);
	close_fd(&upgrade->file);
	upgrade->pid = 0;
}

static void fail(struct supervisor *supervisor, const char *words)
{
	log_event(LOG_LEVEL_ERROR, EVENT_FIELDS(LOG_EVENT_UPGRADE_FAILED),
		  "upgrade: %s", words);
	log_error("the upgrade failed: everything is as it was");
	supervisor_note_failure(supervisor, words);
	release(&supervisor->upgrade);
	supervisor_answer_failure(supervisor, words);
	supervisor_end_operation(supervisor);
}

/* With whatever it has forked, which would hold the listeners. */
static void end_trial(pid_t pid)
{
	kill(-pid, SIGKILL);
}

void supervisor_cancel_upgrade(struct supervisor *supervisor)
{
	struct supervisor_upgrade *upgrade = &supervisor->upgrade;

	if (upgrade->pid > 0)
		end_trial(upgrade->pid);
	if (upgrade->supervisor)
		release(upgrade);
}

/* ---- The program and its words --------------------------------------- */

static unsigned count_words(char *const *words)
{
	unsigned count = 0;

	while (words[count])
		count++;
	return count;
}

/* Our own arguments, and before them where the state is.  The caller frees the
 * list. */
static char **make_arguments(char *const *words, char *number, bool is_trial)
{
	static char handover[] = COMMAND_LINE_HANDOVER;
	static char trial[] = COMMAND_LINE_TRIAL;
	unsigned i, count = 0;
	char **list = calloc(count_words(words) + EXTRA_WORDS, sizeof(*list));

	if (!list)
		return NULL;
	list[count++] = words[0];
	list[count++] = handover;
	list[count++] = number;
	if (is_trial)
		list[count++] = trial;
	for (i = 1; words[0] && words[i]; i++)
		list[count++] = words[i];
	return list;
}

/* Write the state down and have `run` execute the program with it. */
static int execute(struct supervisor *supervisor, int output,
		   int (*run)(const struct spawn_program *program,
			      struct error *error),
		   struct error *error)
{
	struct spawn_program program = {.file = supervisor->upgrade.file,
					.output = output};
	struct exported exported = {.fd_count = 0};
	char number[NUMBER_TEXT];
	int fd, result = -1;

	supervisor_export(supervisor, &exported,
			  output >= 0 ? EXPORT_FOR_TRIAL : EXPORT_FOR_UPGRADE);
	fd = handover_write(&exported.text, error);
	snprintf(number, sizeof(number), "%d", fd);
	supervisor_keep_open(&exported, fd);
	program.arguments = make_arguments(supervisor->line->arguments, number,
					   output >= 0);
	program.environment = supervisor->line->environment;
	program.fds = exported.fds;
	program.fd_count = exported.fd_count;
	if (!program.arguments || exported.is_out_of_memory)
		error_set(error, "memory is out");
	else if (fd >= 0)
		result = run(&program, error);
	free((void *)program.arguments);
	supervisor_release_export(&exported);
	if (fd >= 0)
		close(fd);
	return result;
}

/* ---- In its place ---------------------------------------------------- */

/* Of one that was reaped, nobody else could hear its last words. */
static bool is_anyone_unburied(const struct supervisor *supervisor)
{
	unsigned i;

	for (i = 0; i < supervisor->child_high; i++)
		if (supervisor->children[i].slot &&
		    supervisor->children[i].is_reaped)
			return true;
	return false;
}

static void take_place(struct timer *timer)
{
	struct supervisor_upgrade *upgrade =
		list_entry(timer, struct supervisor_upgrade, timer);
	struct supervisor *supervisor = upgrade->supervisor;
	struct loop *loop = &supervisor->loop;
	struct error error;

	if (is_anyone_unburied(supervisor) ||
	    supervisor_is_binding(supervisor)) {
		timer_start(&loop->timers, timer, loop->now_ms + RETRY_MS);
		return;
	}
	log_info("upgrade: the trial went well; executing the new program");
	/* The keeper has all of it if the new program fails. */
	supervisor_keep_soon(supervisor);
	supervisor_keep_changes(supervisor);
	execute(supervisor, -1, spawn_replace, &error);
	fail(supervisor, error.text);
}

/* ---- The trial ------------------------------------------------------- */

static const char *judge(const struct supervisor_upgrade *upgrade,
			 char out[DEATH_TEXT])
{
	if (upgrade->is_late)
		return "its trial took too long";
	if (upgrade->status != 0)
		return death_describe(out, upgrade->status);
	if (upgrade->said_count != strlen(HANDOVER_TRIED) ||
	    memcmp(upgrade->said, HANDOVER_TRIED, upgrade->said_count) != 0)
		return "it is not this program, or of no matching version";
	return NULL;
}

/* It is dead, and has said what it had to say. */
static void trial_ended(struct supervisor *supervisor)
{
	struct supervisor_upgrade *upgrade = &supervisor->upgrade;
	struct loop *loop = &supervisor->loop;
	char how[DEATH_TEXT], words[2 * DEATH_TEXT];
	const char *reason = judge(upgrade, how);

	if (reason) {
		snprintf(words, sizeof(words), "the new program's trial: %s",
			 reason);
		fail(supervisor, words);
		return;
	}
	timer_stop(&loop->timers, &upgrade->timer);
	timer_init(&upgrade->timer, take_place);
	timer_start(&loop->timers, &upgrade->timer, loop->now_ms);
}

static void trial_is_late(struct timer *timer)
{
	struct supervisor_upgrade *upgrade =
		list_entry(timer, struct supervisor_upgrade, timer);

	upgrade->is_late = true;
	end_trial(upgrade->pid);
}

/* Its words end with itself; children of it may hold the pipe for longer. */
static void hear(struct supervisor_upgrade *upgrade)
{
	ssize_t size;

	do {
		size = read(upgrade->answer_fd,
			    upgrade->said + upgrade->said_count,
			    sizeof(upgrade->said) - upgrade->said_count);
		if (size > 0)
			upgrade->said_count += (size_t)size;
	} while (size > 0 && upgrade->said_count < sizeof(upgrade->said));
}

bool supervisor_trial_reaped(struct supervisor *supervisor, pid_t pid,
			     int status)
{
	struct supervisor_upgrade *upgrade = &supervisor->upgrade;

	if (upgrade->pid != pid || pid <= 0)
		return false;
	end_trial(pid);
	upgrade->pid = 0;
	upgrade->status = status;
	hear(upgrade);
	trial_ended(supervisor);
	return true;
}

static int start_trial(const struct spawn_program *program, struct error *error)
{
	return (int)spawn_program(program, error);
}

/* A new build hangs if it takes longer than any worker may. */
static int64_t patience(const struct supervisor *supervisor)
{
	int64_t timeout_ms = supervisor->current->config->watchdog_timeout_ms;

	return timeout_ms >= 0 && timeout_ms < TRIAL_MS ? timeout_ms : TRIAL_MS;
}

static int begin(struct supervisor *supervisor, struct error *error)
{
	struct supervisor_upgrade *upgrade = &supervisor->upgrade;
	struct loop *loop = &supervisor->loop;
	int ends[2];

	upgrade->file = open(supervisor->line->program, O_RDONLY | O_CLOEXEC);
	if (upgrade->file < 0)
		return error_set_errno(error, "cannot open %s",
				       supervisor->line->program);
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return error_set_errno(error, "cannot make a pipe");
	upgrade->answer_fd = ends[0];
	upgrade->pid = execute(supervisor, ends[1], start_trial, error);
	close(ends[1]);
	if (upgrade->pid < 0)
		return -1;
	timer_start(&loop->timers, &upgrade->timer,
		    loop->now_ms + patience(supervisor));
	return 0;
}

void supervisor_upgrade(struct supervisor *supervisor)
{
	struct error error;

	memset(&supervisor->upgrade, 0, sizeof(supervisor->upgrade));
	supervisor->upgrade.supervisor = supervisor;
	supervisor->upgrade.file = -1;
	supervisor->upgrade.answer_fd = -1;
	timer_init(&supervisor->upgrade.timer, trial_is_late);
	log_event(LOG_LEVEL_INFO, EVENT_FIELDS(LOG_EVENT_UPGRADE_STARTED),
		  "upgrading to %s", supervisor->line->program);
	supervisor_notify_reloading(supervisor);
	if (begin(supervisor, &error) < 0)
		fail(supervisor, error.text);
}
