/* SPDX-License-Identifier: MIT */
/* supervisor_admin_missing.c - sockets of the admin process that a successor
 * cannot have: yet, because the admin process of the supervisor that was killed
 * is about to end, or as long as somebody else has them.  Traffic does not wait
 * for any of it. */
#include "process/supervisor_internal.h"

#define FIRST_MS 50
#define LIMIT_MS 10000

void supervisor_miss_admin(struct supervisor_admin *admin,
			   const struct error *error)
{
	struct loop *loop = &admin->supervisor->loop;

	/* The first few are as it has to be. */
	if (admin->again_ms > 8 * FIRST_MS)
		log_write_limited(&admin->missing_limit, LOG_LEVEL_WARNING,
				  "%s; trying again", error->text);
	admin->again_ms = admin->again_ms == 0 ? FIRST_MS : 2 * admin->again_ms;
	if (admin->again_ms > LIMIT_MS)
		admin->again_ms = LIMIT_MS;
	timer_start(&loop->timers, &admin->again,
		    loop->now_ms + admin->again_ms);
}

void supervisor_complete_admin(struct supervisor *supervisor)
{
	struct supervisor_admin *admin = &supervisor->admin;
	const struct admin_opening opening = {
		.config = supervisor->current->config,
		.current = &admin->current,
		.loop = &supervisor->loop,
		.may_miss = true,
	};
	struct error error;
	int missing = admin_listeners_open(&admin->next, &opening, &error);

	if (admin->edition == 0 || admin->next.count > admin->current.count)
		supervisor_change_admin(supervisor);
	else
		supervisor_undo_admin(supervisor);
	if (missing > 0)
		supervisor_miss_admin(admin, &error);
	else
		admin->again_ms = 0;
}

void supervisor_try_admin_again(struct timer *timer)
{
	struct supervisor_admin *admin =
		list_entry(timer, struct supervisor_admin, again);
	struct supervisor *supervisor = admin->supervisor;

	/* A reload that is under way has its own set. */
	if (supervisor->next)
		timer_start(&supervisor->loop.timers, timer,
			    supervisor->loop.now_ms + admin->again_ms);
	else
		supervisor_complete_admin(supervisor);
}
