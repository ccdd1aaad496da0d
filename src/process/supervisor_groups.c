/* SPDX-License-Identifier: MIT */
/* supervisor_groups.c - addresses become groups of the bank:
 * lock → probe → open what all share, or reserve a port that the kernel
 * picks; and groups that no configuration names any more are closed. */
#include "process/supervisor_internal.h"

#include <errno.h>
#include <string.h>

#include "process/inherited.h"

/* Another program may have locked the port that the kernel has just picked. */
#define RESERVE_TRIES 10

/* What one group is opened for. */
struct opening {
	struct supervisor *supervisor;
	const struct worker_listener *planned;
	const struct sockopt_settings *options;
	struct bank_group *group;
};

static bool has_port(const struct address *address)
{
	return address->kind == ADDRESS_IPV4 || address->kind == ADDRESS_IPV6;
}

static bool is_any_port(const struct address *address)
{
	return has_port(address) && address_port(address) == 0;
}

/* ---- A port that the kernel picks ------------------------------------ */

/* One for all workers. */
static int reserve(const struct opening *opening, struct error *error)
{
	struct bank_group *group = opening->group;
	int tries;

	for (tries = 1;; tries++) {
		address_set_port(&group->address, 0);
		group->reservation = listener_reserve(&group->address,
						      opening->options, error);
		if (group->reservation < 0)
			return -1;
		if (instance_lock(&group->lock, &group->address, error) == 0)
			return 0;
		bank_end_reservation(group);
		if (error->number != EADDRINUSE || tries == RESERVE_TRIES)
			return -1;
	}
}

/* ---- What all slots share -------------------------------------------- */

static struct listener_access access_of(const struct config_listen *listen)
{
	return (struct listener_access){
		.mode = listen->mode,
		.owner = (uid_t)listen->owner,
		.group = (gid_t)listen->group,
	};
}

static int bind_shared(const struct opening *opening, struct error *error)
{
	struct listener_access access = access_of(opening->planned->listen);
	const struct sockopt_owner all = {.cpu = -1, .is_first = true};
	struct address asked = opening->group->asked;
	int fd;

	if (asked.kind == ADDRESS_SYSTEMD &&
	    supervisor_find_passed(opening->supervisor, &asked, error) < 0)
		return -1;
	fd = listener_bind(&asked, opening->options, &access, &all, error);
	if (fd >= 0)
		bank_share(opening->group, fd);
	return fd;
}

static int open_shared(const struct opening *opening, struct error *error)
{
	struct bank_group *group = opening->group;
	const struct address *asked = &group->asked;
	int fd = bind_shared(opening, error);

	if (fd < 0)
		return -1;
	group->has_inode = listener_inode_of(asked, &group->inode) == 0;
	group->has_inherited = asked->kind == ADDRESS_DESCRIPTOR;
	/* The real port; and what an inherited descriptor listens on. */
	if (asked->kind != ADDRESS_UNIX &&
	    address_of_socket(&group->address, fd) < 0)
		return error_set_errno(error, "cannot read a socket's address");
	if (is_any_port(asked) &&
	    instance_lock(&group->lock, &group->address, error) < 0)
		return -1;
	return listener_listen(fd, opening->options->backlog, error);
}

/* ---- Is it free? ----------------------------------------------------- */

/* Would listeners on both not be independent of each other? */
static bool is_in_way(const struct bank_group *other,
		      const struct opening *opening)
{
	const struct address *asked = &opening->group->asked;

	return other != opening->group && has_port(asked) &&
	       has_port(&other->address) &&
	       address_port(asked) == address_port(&other->address) &&
	       (address_is_wildcard(asked) ||
		address_is_wildcard(&other->address)) &&
	       (asked->kind == other->address.kind ||
		!opening->options->ipv6_only);
}

/* A wildcard address where one of its addresses is served, or the other way
 * round: to the kernel it is in use, and only we know that it is by us. */
static int probe(const struct opening *opening, struct error *error)
{
	const struct address *asked = &opening->group->asked;
	char text[ADDRESS_TEXT], ours[ADDRESS_TEXT];
	const struct bank_group *other;
	struct list *node;

	if (listener_probe(asked, opening->options, error) == 0)
		return 0;
	list_for_each (node, &opening->supervisor->bank.groups) {
		other = list_entry(node, struct bank_group, node);
		if (error->number != EADDRINUSE || !is_in_way(other, opening))
			continue;
		error_set(error,
			  "cannot bind %s: our own %s holds that port, and "
			  "one takes the other's place with a restart only",
			  address_format(text, asked),
			  address_format(ours, &other->address));
		error->number = EADDRINUSE;
		break;
	}
	return -1;
}

/* ---- A group --------------------------------------------------------- */

static int open_anew(const struct opening *opening, struct error *error)
{
	const struct address *asked = &opening->group->asked;

	if (!is_any_port(asked) && asked->kind != ADDRESS_SYSTEMD &&
	    probe(opening, error) < 0)
		return -1;
	if (opening->planned->is_shared)
		return open_shared(opening, error);
	return is_any_port(asked) ? reserve(opening, error) : 0;
}

static int open_group(const struct opening *opening, struct error *error)
{
	struct bank_group *group = opening->group;

	if (instance_lock(&group->lock, &group->asked, error) < 0)
		return -1;
	if (!supervisor_salvage(opening->supervisor, group,
				opening->planned->is_shared,
				opening->options) &&
	    open_anew(opening, error) < 0)
		return -1;
	if (instance_serve(&group->lock, &opening->supervisor->loop) < 0)
		return error_set_errno(error, "cannot serve a lock");
	return 0;
}

/* Another address of this very configuration came to the same group: its port
 * was picked by the kernel, and is now named, too. */
static int refuse_twice(const struct opening *opening,
			const struct config_service *holder,
			struct error *error)
{
	char text[ADDRESS_TEXT], asked[ADDRESS_TEXT];

	error_set(error,
		  "%s is what service %s has for %s: one of them has to go, "
		  "or to name another port",
		  address_format(text, &opening->group->address), holder->name,
		  address_format(asked, &opening->group->asked));
	error->number = EADDRINUSE;
	return -1;
}

static int refuse_change(const struct opening *opening, const char *now,
			 struct error *error)
{
	char text[ADDRESS_TEXT];

	error_set(error,
		  "%s is served %s now: that changes with a restart only",
		  address_format(text, &opening->group->address), now);
	error->number = EADDRINUSE;
	return -1;
}

/* What decides to which of the kernel's groups a listener belongs is the same
 * for all of ours: those of slots that come later would not join them. */
static int check_binding(const struct opening *opening, struct error *error)
{
	const struct generation *current = opening->supervisor->current;
	int index = generation_index(current, opening->group);
	const struct sockopt_settings *now;

	if (index < 0 || !has_port(&opening->group->asked))
		return 0;
	now = generation_options(current, (unsigned)index);
	if (strcmp(now->bind_device, opening->options->bind_device) != 0)
		return refuse_change(opening, "with another bind_device",
				     error);
	if (opening->group->asked.kind == ADDRESS_IPV6 &&
	    now->ipv6_only != opening->options->ipv6_only)
		return refuse_change(opening, "with another ipv6_only", error);
	return 0;
}

/* The address is served already. */
static int check_found(const struct opening *opening,
		       const struct generation *generation, struct error *error)
{
	int holder = generation_index(generation, opening->group);

	if (holder >= 0)
		return refuse_twice(
			opening,
			generation_service(generation, (unsigned)holder),
			error);
	if (opening->group->is_shared != opening->planned->is_shared)
		return refuse_change(opening,
				     opening->group->is_shared
					     ? "by one listener for all workers"
					     : "by a listener per worker",
				     error);
	if (generation != opening->supervisor->current)
		return check_binding(opening, error);
	return 0;
}

static unsigned position_in(const struct config_service *service,
			    const struct worker_listener *planned)
{
	return (unsigned)(planned->listen - service->listens);
}

/* Only those of this generation and later ones accept from it: if it fails,
 * the group is gone with the last of its workers. */
static int add_group(struct opening *opening,
		     const struct generation *generation, unsigned index,
		     struct error *error)
{
	const struct config_service *service =
		generation_service(generation, index);

	opening->group = bank_add(
		&opening->supervisor->bank, &opening->planned->listen->address,
		service->name, position_in(service, opening->planned));
	if (!opening->group)
		return error_set_errno(error, "cannot take a listener");
	opening->group->first_generation = generation->number;
	opening->group->last_generation = generation->number;
	if (open_group(opening, error) == 0)
		return 0;
	bank_remove(opening->group);
	return -1;
}

static int open_listener(struct supervisor *supervisor,
			 struct generation *generation, unsigned index,
			 struct error *error)
{
	const struct config_service *service =
		generation_service(generation, index);
	struct worker_listener *planned = &generation->plan[index];
	struct opening opening = {
		.supervisor = supervisor,
		.planned = planned,
		.options = &service->settings.options,
		.group =
			bank_find(&supervisor->bank, &planned->listen->address,
				  service->name, position_in(service, planned)),
	};
	int status;

	if (opening.group)
		status = check_found(&opening, generation, error);
	else
		status = add_group(&opening, generation, index, error);
	if (status < 0)
		return error_prefix(error, "service %s: ", service->name);
	supervisor_bar(supervisor, opening.group, false);
	generation->groups[index] = opening.group;
	planned->address = opening.group->address;
	return 0;
}

int supervisor_open_groups(struct supervisor *supervisor,
			   struct generation *generation, struct error *error)
{
	unsigned i;

	for (i = 0; i < generation->listener_count; i++)
		if (open_listener(supervisor, generation, i, error) < 0)
			return -1;
	return 0;
}

/* The bank has the only copy that counts from now on: an inherited one that
 * stayed open would keep newcomers waiting after the drain. */
static void give_up_inherited(struct bank_group *group)
{
	if (group->has_inherited)
		inherited_give_up(group->asked.descriptor);
	group->has_inherited = false;
}

void supervisor_note_serving(const struct generation *generation)
{
	unsigned i;

	for (i = 0; i < generation->listener_count; i++) {
		generation->groups[i]->last_generation = generation->number;
		give_up_inherited(generation->groups[i]);
	}
}

static bool asks_for_access(const struct listener_access *access)
{
	return access->mode != -1 || access->owner != (uid_t)-1 ||
	       access->group != (gid_t)-1;
}

void supervisor_change_access(const struct generation *generation)
{
	struct listener_access access;
	const struct bank_group *group;
	struct error error;
	unsigned i;

	for (i = 0; i < generation->listener_count; i++) {
		group = generation->groups[i];
		access = access_of(generation->plan[i].listen);
		if (group->has_inode && asks_for_access(&access) &&
		    listener_change_access(&group->asked, &group->inode,
					   &access, &error) < 0)
			log_warning("service %s: %s",
				    generation_service(generation, i)->name,
				    error.text);
	}
}

/* ---- Groups that end ------------------------------------------------- */

static bool is_named(const struct supervisor *supervisor,
		     const struct bank_group *group)
{
	return generation_index(supervisor->current, group) >= 0 ||
	       (supervisor->next &&
		generation_index(supervisor->next, group) >= 0);
}

/* Does it accept from it, or empty its queue? */
static bool is_accepting(const struct child *child,
			 const struct bank_group *group)
{
	return child->slot && !child->is_drained &&
	       child->generation >= group->first_generation &&
	       child->generation <= group->last_generation;
}

/* For everybody who has it. */
static void close_slot(struct supervisor *supervisor, struct bank_group *group,
		       unsigned slot)
{
	supervisor_unstore(supervisor, group, slot);
	supervisor_keep(supervisor);
	bank_close_slot(group, slot);
}

/* Nobody comes to accept where a slot's workers have drained: newcomers must
 * not wait there for those of other slots.  False if nothing is left. */
static bool close_drained(struct supervisor *supervisor,
			  struct bank_group *group)
{
	bool is_accepted[CONFIG_WORKERS_MAX] = {false}, is_any = false;
	const struct child *child;
	unsigned i;

	for (i = 0; i < supervisor->child_high; i++) {
		child = &supervisor->children[i];
		if (!is_accepting(child, group))
			continue;
		is_accepted[child->slot->number] = true;
		is_any = true;
	}
	for (i = 0; i < CONFIG_WORKERS_MAX; i++)
		if (!is_accepted[i] && !group->is_shared && group->fds[i] >= 0)
			close_slot(supervisor, group, i);
	return is_any;
}

void supervisor_close_unused(struct supervisor *supervisor)
{
	struct list *node, *following;
	struct bank_group *group;
	char text[ADDRESS_TEXT];

	list_for_each_safe (node, following, &supervisor->bank.groups) {
		group = list_entry(node, struct bank_group, node);
		if (is_named(supervisor, group))
			continue;
		supervisor_bar(supervisor, group, true);
		if (close_drained(supervisor, group))
			continue;
		log_info("%s is not served any more",
			 address_format(text, &group->address));
		supervisor_unstore(supervisor, group, 0);
		bank_remove(group);
		/* The last listener is the keeper's. */
		supervisor_keep(supervisor);
	}
}

int supervisor_serve_locks(struct supervisor *supervisor)
{
	struct bank_group *group;
	struct list *node;

	list_for_each (node, &supervisor->bank.groups) {
		group = list_entry(node, struct bank_group, node);
		if (instance_serve(&group->lock, &supervisor->loop) < 0)
			return -1;
	}
	return 0;
}

void supervisor_close_reservations(struct supervisor *supervisor)
{
	struct list *node;

	list_for_each (node, &supervisor->bank.groups)
		bank_end_reservation(list_entry(node, struct bank_group, node));
}
