/* SPDX-License-Identifier: MIT */
/* supervisor_level.c - the level of the log, changed by an order. */
#include "process/supervisor_internal.h"

enum log_level supervisor_log_level(const struct supervisor *supervisor,
				    const struct config *config)
{
	const struct ordered *ordered = &supervisor->ordered;

	return ordered->has_level &&
			       ordered->configured_level == config->log_level
		       ? ordered->level
		       : config->log_level;
}

static void tell_all(struct supervisor *supervisor)
{
	uint32_t level =
		supervisor_log_level(supervisor, supervisor->current->config);
	const struct channel_load load = {.number = level};
	struct child *child;
	unsigned i;

	for (i = 0; i < supervisor->child_high; i++) {
		child = &supervisor->children[i];
		if (child->slot && !child->is_reaped)
			supervisor_order(child, RECORD_LEVEL);
	}
	supervisor_tell_admins(supervisor, RECORD_LEVEL, &load);
}

void supervisor_set_level(struct supervisor *supervisor, enum log_level level,
			  uint64_t ticket)
{
	const struct config *config = supervisor->current->config;
	struct ordered *ordered = &supervisor->ordered;
	enum log_level before = supervisor_log_level(supervisor, config);

	ordered->has_level = level != config->log_level;
	ordered->level = level;
	ordered->configured_level = config->log_level;
	order_log_write(&ordered->changes, "log level %s (was %s)",
			log_level_names[level], log_level_names[before]);
	log_set_level(level);
	tell_all(supervisor);
	supervisor_keep(supervisor);
	supervisor_answer(supervisor, ticket, 0, "log level %s (was %s)",
			  log_level_names[level], log_level_names[before]);
}

void supervisor_review_level(struct supervisor *supervisor)
{
	const struct config *config = supervisor->current->config;
	struct ordered *ordered = &supervisor->ordered;

	ordered->has_level = ordered->has_level &&
			     ordered->configured_level == config->log_level;
	log_set_level(supervisor_log_level(supervisor, config));
}
