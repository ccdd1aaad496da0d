/* SPDX-License-Identifier: MIT */
/* supervisor_start.c - what is done once, before the first worker is forked:
 * memory → limits → scoreboard → groups → pid file. */
#include "process/supervisor_internal.h"

#include <errno.h>

#include "base/memory.h"
#include "process/cpus.h"
#include "process/limits.h"
#include "process/pid_file.h"

/* Beside channels, the bank, the locks and the reservations: standard streams,
 * log, poller, signals, scoreboard, loader, some to receive with. */
#define OWN_DESCRIPTORS 16

void supervisor_take_memory(struct supervisor *supervisor)
{
	supervisor->slots =
		memory_require(CONFIG_WORKERS_MAX, sizeof(*supervisor->slots));
	supervisor->child_count = SCOREBOARD_PAGES;
	supervisor->children = memory_require(supervisor->child_count,
					      sizeof(*supervisor->children));
	supervisor->published.picture =
		memory_require(1, sizeof(*supervisor->published.picture));
	supervisor_init_slots(supervisor);
	supervisor_init_balance(supervisor);
}

unsigned supervisor_worker_count(const struct config *config)
{
	return config->workers ? config->workers : cpus_usable_count();
}

/* Of the supervisor: a channel and a pidfd for each worker, and while all are
 * replaced another channel; plug-ins of two configurations.  Of the keeper: two
 * states, an old one and the one that comes. */
static uint64_t count_needed(uint64_t listeners, uint64_t workers,
			     uint64_t plugins)
{
	uint64_t own = listeners * (workers + 2) + 3 * workers + 2 * plugins;
	uint64_t kept = 2 * (listeners * workers + 2 * workers + 1 + plugins);

	return (own > kept ? own : kept) + OWN_DESCRIPTORS;
}

int supervisor_raise_limits(struct generation *generation,
			    unsigned worker_count, struct error *error)
{
	unsigned listeners = generation->listener_count;
	uint64_t need = count_needed(listeners, worker_count,
				     generation->config->plugin_count) +
			supervisor_admin_descriptors(generation->config);
	uint64_t have = limits_raise_descriptors(
		generation->config->max_open_files, need);

	generation->connections_max = limits_connections(have, listeners);
	if (have < need) {
		error_set(error,
			  "%u workers with %u listeners each need %llu "
			  "descriptors in one process, and only %llu are "
			  "allowed: raise max_open_files and the limit "
			  "(ulimit -n), or start fewer workers",
			  worker_count, listeners, (unsigned long long)need,
			  (unsigned long long)have);
		error->number = EMFILE;
		return -1;
	}
	generation->descriptor_limit = have;
	return 0;
}

int supervisor_prepare(struct supervisor *supervisor, struct error *error)
{
	struct generation *generation = supervisor->current;

	supervisor_set_delays(supervisor);
	supervisor->slot_count = supervisor_worker_count(generation->config);
	if (supervisor_raise_limits(generation, supervisor->slot_count, error) <
	    0)
		return -1;
	supervisor->scoreboard = scoreboard_open(error);
	if (!supervisor->scoreboard)
		return -1;
	if (supervisor_open_groups(supervisor, generation, error) < 0 ||
	    supervisor_open_admin(supervisor, generation->config, error) < 0)
		return -1;
	supervisor_note_serving(generation);
	if (!generation->config->pid_file)
		return 0;
	if (pid_file_write(generation->config->pid_file, error) < 0)
		return -1;
	supervisor->has_pid_file = true;
	return 0;
}
