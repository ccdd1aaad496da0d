/* SPDX-License-Identifier: MIT */
/* supervisor_log.c - the log: opened here, before anybody gives up privileges,
 * and handed to the workers. */
#include "process/supervisor_log.h"

#include "process/supervisor_internal.h"

static void open_log(struct supervisor *supervisor)
{
	const struct config *config = supervisor->current->config;
	struct error error;

	if (log_open_target(&config->log, config->log_level, &error) < 0)
		log_error("%s; going on with the old log until a HUP or USR1",
			  error.text);
	else
		supervisor_order_log(supervisor);
}

/* Not only if it is another: it may be what could not be opened before. */
void supervisor_change_log(struct supervisor *supervisor,
			   const struct config *before)
{
	const struct config *config = supervisor->current->config;

	if (!log_is_at(&config->log) || before->log_level != config->log_level)
		open_log(supervisor);
}

void supervisor_reopen_log(struct supervisor *supervisor)
{
	struct error error;

	if (!log_is_at(&supervisor->current->config->log))
		open_log(supervisor);
	else if (log_reopen(&error) < 0)
		log_error("%s; going on with the old file", error.text);
	else
		supervisor_order_log(supervisor);
}

void supervisor_mend_log(struct supervisor *supervisor)
{
	(void)supervisor;
	log_mend();
}
