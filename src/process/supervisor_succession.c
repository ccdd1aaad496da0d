/* SPDX-License-Identifier: MIT */
/* supervisor_succession.c - the supervisor was killed; this one goes on with
 * what its keeper has.
 *
 * The workers that serve on are orphans: no children of ours, reached by their
 * pidfds alone.  They are replaced as a reload does it: first ours are READY,
 * then they get TERM, and KILL if they cannot feel it. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "process/door.h"
#include "process/keeper.h"
#include "process/limits.h"
#include "process/supervisor_handover.h"
#include "process/supervisor_internal.h"

struct succession {
	struct supervisor *supervisor;
	const struct config *config;
	struct kept kept;
	int keeper; /* the connection to it */
	/* Who has the lock of the address that was asked for keeps it: two
	 * successors must not take half each. */
	struct address address;
	struct instance_lock lock;
};

/* ---- Asking ---------------------------------------------------------- */

static int ask_keeper(struct succession *succession,
		      const struct address *address)
{
	int fd = door_knock(address);

	if (fd < 0)
		return 0;
	/* All of it comes at once. */
	limits_raise_descriptors(succession->config->max_open_files, 0);
	if (keeper_ask(fd, &succession->kept) < 0) {
		close(fd);
		return 0;
	}
	succession->keeper = fd;
	succession->address = *address;
	return 1;
}

/* Only who has the lock of an address may ask for it. */
static int ask(struct succession *succession, const struct address *address,
	       struct error *error)
{
	if (!instance_needs_lock(address))
		return 0;
	if (instance_lock(&succession->lock, address, error) < 0)
		return -1;
	if (ask_keeper(succession, address) > 0)
		return 1;
	instance_unlock(&succession->lock);
	return 0;
}

static int ask_all(struct succession *succession, struct error *error)
{
	const struct config *config = succession->config;
	const struct config_service *service;
	int status = 0;
	unsigned i, j;

	for (i = 0; i < config->service_count && status == 0; i++) {
		service = &config->services[i];
		for (j = 0; j < service->listen_count && status == 0; j++)
			status = ask(succession, &service->listens[j].address,
				     error);
	}
	return status;
}

/* ---- Taking ---------------------------------------------------------- */

static int lock_group(struct succession *succession, struct bank_group *group,
		      struct error *error)
{
	struct instance_lock *lock = &succession->lock;

	if (instance_is_locked(lock) &&
	    instance_is_same(&group->address, &succession->address)) {
		instance_lock_adopt(&group->lock, lock->fd);
		instance_lock_init(lock);
	} else if (instance_lock(&group->lock, &group->address, error) < 0) {
		return -1;
	}
	if (instance_serve(&group->lock, &succession->supervisor->loop) < 0)
		return error_set_errno(error, "cannot serve a lock");
	return 0;
}

static int lock_all(struct succession *succession, struct error *error)
{
	struct list *node;

	list_for_each (node, &succession->supervisor->bank.groups)
		if (lock_group(succession,
			       list_entry(node, struct bank_group, node),
			       error) < 0)
			return -1;
	return 0;
}

/* The files of unix sockets are ours to remove from now on, not before: those
 * who serve there need them. */
static void take_files(struct supervisor *supervisor)
{
	struct bank_group *group;
	struct list *node;

	list_for_each (node, &supervisor->bank.groups) {
		group = list_entry(node, struct bank_group, node);
		group->has_inode = group->inode.inode != 0;
	}
	supervisor_keep(supervisor);
}

/* Until it is confirmed nothing is ours: whatever fails leaves all to the
 * keeper and to the next successor. */
static int take_over(struct succession *succession, struct error *error)
{
	struct supervisor *supervisor = succession->supervisor;
	struct import_source source = {
		.text = &succession->kept.text,
		.kept = &succession->kept,
		.mode = IMPORT_SUCCESSION,
	};

	if (supervisor_import(supervisor, &source, error) < 0 ||
	    lock_all(succession, error) < 0)
		return -1;
	/* At no time is there none. */
	supervisor_start_keeper(supervisor);
	supervisor_keep_whole(supervisor);
	if (keeper_confirm(succession->keeper, error) < 0)
		return -1;
	take_files(supervisor);
	log_event(LOG_LEVEL_INFO, EVENT_FIELDS(LOG_EVENT_TAKEOVER),
		  "taking over from a supervisor that was killed");
	return 0;
}

int supervisor_succeed_to(struct supervisor *supervisor,
			  const struct config *config, struct error *error)
{
	struct succession succession = {
		.supervisor = supervisor, .config = config, .keeper = -1};
	int status;

	instance_lock_init(&succession.lock);
	status = ask_all(&succession, error);
	if (status <= 0)
		return status;
	if (take_over(&succession, error) < 0)
		status = -1;
	close(succession.keeper);
	instance_unlock(&succession.lock);
	kept_release(&succession.kept);
	return status;
}
