/* SPDX-License-Identifier: MIT */
/* supervisor_log.c - the log and the access log: opened here, before anybody
 * gives up privileges, and handed to the workers. */
#include "process/supervisor_log.h"

#include "process/supervisor_internal.h"

static void open_log(struct supervisor *supervisor)
{
	const struct config *config = supervisor->current->config;
	struct error error;

	if (log_open_target(&config->log,
			    supervisor_log_level(supervisor, config),
			    &error) < 0)
		log_error("%s; going on with the old log until a HUP or USR1",
			  error.text);
	else
		supervisor_order_log(supervisor);
}

int supervisor_open_access(struct supervisor *supervisor,
			   const struct config *config, struct error *error)
{
	const struct log_target *target = &config->access_log;

	if (log_sink_open(&supervisor->access, target, log_journal(), error) <
	    0)
		return error_prefix(error, "access_log: ");
	if (target->form.kind != LOG_TO_NOWHERE)
		supervisor->has_access = true;
	return 0;
}

static void change_access(struct supervisor *supervisor)
{
	const struct config *config = supervisor->current->config;
	struct error error;

	if (supervisor_open_access(supervisor, config, &error) < 0)
		log_error("%s; going on with the old one until a HUP or USR1",
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
	if (!log_sink_is_at(&supervisor->access, &config->access_log))
		change_access(supervisor);
}

static void reopen_access(struct supervisor *supervisor)
{
	const struct config *config = supervisor->current->config;
	struct error error;

	if (!log_sink_is_at(&supervisor->access, &config->access_log))
		change_access(supervisor);
	else if (log_sink_reopen(&supervisor->access, &error) < 0)
		log_error("access_log: %s; going on with the old file",
			  error.text);
	else if (supervisor->access.fd >= 0)
		supervisor_order_log(supervisor);
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
	reopen_access(supervisor);
}

void supervisor_mend_log(struct supervisor *supervisor)
{
	log_mend();
	log_sink_mend(&supervisor->access);
}
