/* SPDX-License-Identifier: MIT */
/* supervisor_admin.c - the admin process is started, and rolled when the
 * configuration or the program changes. */
#include "process/supervisor_admin.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/admin.h"
#include "process/spawn.h"
#include "process/supervisor_internal.h"

#define LOOK_MS       100  /* while something waits */
#define BEAT_LIMIT_MS 5000 /* between two beats */

/* How long its end may take when the program ends. */
#define END_TRIES 50
#define END_MS    10

/* Until that of a supervisor that was killed has let go, at a start: nobody is
 * served yet.  Later on it is tried again (supervisor_admin_missing.c). */
#define PATIENCE_MS 500

const char *const admin_state_names[ADMIN_STATES] = {"free", "starting",
						     "serving", "retiring"};

static bool is_any(const struct supervisor_admin *admin, enum admin_state state)
{
	unsigned i;

	for (i = 0; i < ADMIN_PROCESSES; i++)
		if (admin->processes[i].state == state)
			return true;
	return false;
}

/* ---- Birth ----------------------------------------------------------- */

int64_t supervisor_admin_beat(const struct config *config)
{
	int64_t timeout_ms = config->watchdog_timeout_ms;

	if (timeout_ms < 0)
		return -1;
	return timeout_ms / ADMIN_BEATS < BEAT_LIMIT_MS
		       ? timeout_ms / ADMIN_BEATS
		       : BEAT_LIMIT_MS;
}

static unsigned list_descriptors(const struct supervisor_admin *admin,
				 int channel, int board,
				 struct spawn_descriptor *list)
{
	unsigned i, count = 0;

	list[count++] = (struct spawn_descriptor){channel, SPAWN_CHANNEL};
	list[count++] = (struct spawn_descriptor){board, ADMIN_BOARD};
	for (i = 0; i < admin->current.count; i++)
		list[count++] = (struct spawn_descriptor){
			admin->current.list[i]->fd,
			SPAWN_FIRST_LISTENER + (int)i};
	return count;
}

static pid_t spawn_with(const struct supervisor_admin *admin, int channel,
			int board, struct error *error)
{
	const struct generation *current = admin->supervisor->current;
	struct spawn_descriptor descriptors[ADMIN_LISTENERS_MAX + 2];
	struct admin_birth birth = {
		.config = current->config,
		.listeners = &admin->current,
		.plan = current->plan,
		.plan_count = current->listener_count,
		.supervisor = getpid(),
		.uid = geteuid(),
		.beat_ms = supervisor_admin_beat(current->config),
		.log_level = supervisor_log_level(admin->supervisor,
						  current->config),
	};
	const struct spawn spawn = {
		.main = admin_main,
		.context = &birth,
		.title = "cohort: admin",
		.role = "admin",
		.descriptors = descriptors,
		.descriptor_count =
			list_descriptors(admin, channel, board, descriptors),
	};

	return spawn_child(&spawn, error);
}

static pid_t fork_admin(const struct supervisor_admin *admin, int channel,
			struct error *error)
{
	int board = scoreboard_open_reader(admin->supervisor->scoreboard);
	pid_t pid;

	if (board < 0)
		return error_set_errno(error, "cannot share the scoreboard");
	pid = spawn_with(admin, channel, board, error);
	close(board);
	return pid;
}

void supervisor_init_admin_process(struct admin_process *process,
				   struct supervisor_admin *admin)
{
	memset(process, 0, sizeof(*process));
	process->admin = admin;
	process->channel.fd = -1;
	process->edition = admin->edition;
	process->timeout_ms = -1;
	process->heard_ms = admin->supervisor->loop.now_ms;
	process->until_ms = SUPERVISOR_NO_TIME;
}

static int start(struct admin_process *process, struct error *error)
{
	struct supervisor_admin *admin = process->admin;
	int ends[2];

	if (channel_pair(ends, error) < 0)
		return -1;
	if (channel_start(&process->channel, &admin->supervisor->loop, ends[0],
			  supervisor_admin_received,
			  supervisor_admin_closed) < 0) {
		error_set_errno(error, "cannot serve its channel");
		close(ends[0]);
		close(ends[1]);
		return -1;
	}
	process->pid = fork_admin(admin, ends[1], error);
	close(ends[1]);
	if (process->pid > 0)
		return 0;
	channel_close(&process->channel);
	return -1;
}

/* Nobody waits for an answer of its first; then the oldest. */
static bool goes_before(const struct admin_process *one,
			const struct admin_process *other)
{
	const struct orders *orders = &one->admin->supervisor->ordered.queue;
	bool is_awaited = orders_is_awaited(orders, (uint32_t)one->pid);

	if (is_awaited != orders_is_awaited(orders, (uint32_t)other->pid))
		return !is_awaited;
	return one->edition < other->edition;
}

/* A free record; if there is none, one that retires has to hurry. */
static struct admin_process *find_free(struct supervisor_admin *admin)
{
	struct admin_process *first = NULL;
	unsigned i;

	for (i = 0; i < ADMIN_PROCESSES; i++) {
		struct admin_process *process = &admin->processes[i];

		if (process->state == ADMIN_FREE)
			return process;
		if (process->state == ADMIN_RETIRING &&
		    (!first || goes_before(process, first)))
			first = process;
	}
	if (first)
		supervisor_kill_admin(first, "there are too many");
	return NULL;
}

void supervisor_start_admin_later(struct supervisor_admin *admin,
				  int64_t wait_ms)
{
	struct loop *loop = &admin->supervisor->loop;

	timer_start(&loop->timers, &admin->wait, loop->now_ms + wait_ms);
}

static void start_another(struct supervisor_admin *admin)
{
	struct loop *loop = &admin->supervisor->loop;
	struct admin_process *process = find_free(admin);
	struct error error;

	/* Its death comes back here. */
	if (!process)
		return;
	supervisor_init_admin_process(process, admin);
	process->timeout_ms =
		admin->supervisor->current->config->watchdog_timeout_ms;
	backoff_note_start(&admin->backoff, loop->now_ms);
	if (start(process, &error) == 0) {
		process->state = ADMIN_STARTING;
		supervisor_forget_acquainted(process);
		supervisor_acquaint(admin->supervisor);
		log_debug("the admin process is process %d", (int)process->pid);
		supervisor_look_at_admin(admin, loop->now_ms + LOOK_MS);
		return;
	}
	log_write_limited(&admin->limit, LOG_LEVEL_ERROR,
			  "cannot start the admin process: %s; trying again",
			  error.text);
	supervisor_start_admin_later(
		admin, backoff_note_death(&admin->backoff, true, loop->now_ms));
}

static bool is_served(const struct supervisor_admin *admin)
{
	unsigned i;

	for (i = 0; i < ADMIN_PROCESSES; i++)
		if (admin->processes[i].state == ADMIN_SERVING &&
		    admin->processes[i].edition == admin->edition)
			return true;
	return false;
}

void supervisor_further_admin(struct supervisor_admin *admin)
{
	if (!admin->is_ended && admin->current.count > 0 && !is_served(admin) &&
	    !is_any(admin, ADMIN_STARTING) && !timer_is_started(&admin->wait))
		start_another(admin);
}

static void wait_is_over(struct timer *timer)
{
	supervisor_further_admin(
		list_entry(timer, struct supervisor_admin, wait));
}

/* ---- From one to the next -------------------------------------------- */

static void retire(struct admin_process *process)
{
	struct supervisor_admin *admin = process->admin;
	int64_t until_ms = admin->supervisor->loop.now_ms + ADMIN_RETIRE_MS;

	process->state = ADMIN_RETIRING;
	if (process->until_ms == SUPERVISOR_NO_TIME)
		process->until_ms = until_ms;
	supervisor_order_admin(process, RECORD_RETIRE);
	supervisor_look_at_admin(admin, until_ms);
}

static void retire_all(struct supervisor_admin *admin,
		       const struct admin_process *but)
{
	unsigned i;

	for (i = 0; i < ADMIN_PROCESSES; i++) {
		struct admin_process *process = &admin->processes[i];

		if (process != but && (process->state == ADMIN_STARTING ||
				       process->state == ADMIN_SERVING))
			retire(process);
	}
}

void supervisor_admin_ready(struct admin_process *process)
{
	struct supervisor_admin *admin = process->admin;

	if (process->state != ADMIN_STARTING)
		return;
	process->state = ADMIN_SERVING;
	process->ready_ms = admin->supervisor->loop.now_ms;
	log_debug("the admin process (process %d) is ready", (int)process->pid);
	retire_all(admin, process);
	supervisor_further_admin(admin);
}

void supervisor_roll_admin(struct supervisor *supervisor)
{
	struct supervisor_admin *admin = &supervisor->admin;

	admin->edition++;
	/* What ended those before may be mended. */
	backoff_forget(&admin->backoff, supervisor->loop.now_ms);
	timer_stop(&supervisor->loop.timers, &admin->wait);
	supervisor_further_admin(admin);
}

/* ---- What is served -------------------------------------------------- */

int supervisor_open_admin(struct supervisor *supervisor,
			  const struct config *config, struct error *error)
{
	struct supervisor_admin *admin = &supervisor->admin;
	const struct admin_opening opening = {
		.config = config,
		.current = &admin->current,
		.loop = &supervisor->loop,
		.patience_ms = supervisor->is_fresh ? PATIENCE_MS : 0,
		.may_miss = admin->edition == 0 && !supervisor->is_fresh,
	};
	int missing = admin_listeners_open(&admin->next, &opening, error);

	if (missing > 0)
		supervisor_miss_admin(admin, error);
	return missing < 0 ? -1 : 0;
}

void supervisor_change_admin(struct supervisor *supervisor)
{
	struct supervisor_admin *admin = &supervisor->admin;
	const struct config *config = supervisor->current->config;

	admin_listeners_change(&admin->current, &admin->next);
	backoff_init(&admin->backoff, config->respawn_first_ms,
		     config->respawn_limit_ms);
	supervisor_roll_admin(supervisor);
	if (admin->current.count == 0)
		retire_all(admin, NULL);
}

void supervisor_undo_admin(struct supervisor *supervisor)
{
	admin_listeners_close(&supervisor->admin.next,
			      &supervisor->admin.current);
	if (admin_listeners_are_renewed(&supervisor->admin.current))
		supervisor_roll_admin(supervisor);
}

/* ---- From first to last ---------------------------------------------- */

void supervisor_look_at_admin(struct supervisor_admin *admin, int64_t at_ms)
{
	if (!timer_is_started(&admin->look) || admin->look.deadline_ms > at_ms)
		timer_start(&admin->supervisor->loop.timers, &admin->look,
			    at_ms);
}

void supervisor_init_admin(struct supervisor *supervisor)
{
	struct supervisor_admin *admin = &supervisor->admin;
	unsigned i;

	admin->supervisor = supervisor;
	for (i = 0; i < ADMIN_PROCESSES; i++)
		admin->processes[i].channel.fd = -1;
	timer_init(&admin->wait, wait_is_over);
	timer_init(&admin->look, supervisor_watch_admin);
	timer_init(&admin->again, supervisor_try_admin_again);
}

/* It ends by itself when it has told those who wait what it has been told. */
static void await_end(const struct admin_process *process)
{
	int tries;

	for (tries = 0; tries < END_TRIES; tries++) {
		if (waitpid(process->pid, NULL, WNOHANG) != 0)
			return;
		poll(NULL, 0, END_MS);
	}
	kill(process->pid, SIGKILL);
}

void supervisor_release_admin(struct supervisor *supervisor)
{
	struct supervisor_admin *admin = &supervisor->admin;
	unsigned i;

	admin->is_ended = true;
	timer_stop(&supervisor->loop.timers, &admin->wait);
	timer_stop(&supervisor->loop.timers, &admin->look);
	timer_stop(&supervisor->loop.timers, &admin->again);
	for (i = 0; i < ADMIN_PROCESSES; i++)
		channel_close(&admin->processes[i].channel);
	for (i = 0; i < ADMIN_PROCESSES; i++) {
		struct admin_process *process = &admin->processes[i];

		if (process->state != ADMIN_FREE && !process->is_reaped)
			await_end(process);
		process->state = ADMIN_FREE;
	}
	admin_listeners_close(&admin->next, &admin->current);
	admin_listeners_close(&admin->current, NULL);
}

/* Of the listeners of two configurations a descriptor and a lock each, the
 * channels, and a pair that is being handed out. */
unsigned supervisor_admin_descriptors(const struct config *config)
{
	if (!config->control && config->admin_count == 0)
		return 0;
	return 4 * (config->admin_count + 1) + ADMIN_PROCESSES + 2;
}
