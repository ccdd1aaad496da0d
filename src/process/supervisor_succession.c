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

#include "process/keeper.h"
#include "process/supervisor_handover.h"
#include "process/supervisor_internal.h"

struct succession {
	struct supervisor *supervisor;
	struct kept kept;
	int keeper; /* the connection to it */
};

/* Only who has the lock of an address may ask for it. */
static int ask(struct succession *succession, const struct address *address)
{
	struct instance_lock lock;
	struct error error;
	int result = 0;

	instance_lock_init(&lock);
	if (!instance_needs_lock(address) ||
	    instance_lock(&lock, address, &error) < 0)
		return 0;
	result = keeper_ask(address, &succession->kept, &succession->keeper);
	instance_unlock(&lock);
	return result;
}

static int ask_all(struct succession *succession, const struct config *config)
{
	const struct config_service *service;
	unsigned i, j;

	for (i = 0; i < config->service_count; i++) {
		service = &config->services[i];
		for (j = 0; j < service->listen_count; j++)
			if (ask(succession, &service->listens[j].address) > 0)
				return 1;
	}
	return 0;
}

static int lock_all(struct supervisor *supervisor, struct error *error)
{
	struct bank_group *group;
	struct list *node;

	list_for_each (node, &supervisor->bank.groups) {
		group = list_entry(node, struct bank_group, node);
		if (instance_lock(&group->lock, &group->address, error) < 0)
			return -1;
	}
	if (supervisor_serve_locks(supervisor) < 0)
		return error_set_errno(error, "cannot serve a lock");
	return 0;
}

static int take_over(struct succession *succession, struct error *error)
{
	struct supervisor *supervisor = succession->supervisor;
	struct import_source source = {
		.text = &succession->kept.text,
		.kept = &succession->kept,
		.mode = IMPORT_SUCCESSION,
	};

	if (supervisor_import(supervisor, &source, error) < 0 ||
	    lock_all(supervisor, error) < 0)
		return -1;
	log_info("taking over from a supervisor that was killed");
	return 0;
}

int supervisor_succeed_to(struct supervisor *supervisor,
			  const struct config *config, struct error *error)
{
	struct succession succession = {.supervisor = supervisor, .keeper = -1};
	int status = ask_all(&succession, config);

	if (status == 0)
		return 0;
	if (take_over(&succession, error) == 0) {
		keeper_confirm(succession.keeper);
		status = 1;
	} else {
		close(succession.keeper);
		status = -1;
	}
	kept_release(&succession.kept);
	return status;
}
