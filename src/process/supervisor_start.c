/* SPDX-License-Identifier: MIT */
/* supervisor_start.c - what is done once, before the first worker is forked:
 * lock → probe → reserve or open → pid file. */
#include "process/supervisor_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/memory.h"
#include "process/cpus.h"
#include "process/limits.h"
#include "process/pid_file.h"
#include "process/spawn.h"

#define NO_DESCRIPTOR (-1)

/* Beside a channel for each worker, the bank, the locks and the reservations:
 * standard streams, log, poller, signals, scoreboard, some to receive with. */
#define OWN_DESCRIPTORS 16
/* Workers that drain while their slots hold others: as many again, and some
 * for one that is told to leave over and over. */
#define SPARE_CHILDREN  16
/* Another program may have locked the port that the kernel has just picked. */
#define RESERVE_TRIES   10

static const struct config_service *
service_of(const struct supervisor *supervisor, unsigned index)
{
	return &supervisor->config->services[supervisor->plan[index].service];
}

static const struct sockopt_settings *
options_of(const struct supervisor *supervisor, unsigned index)
{
	return &service_of(supervisor, index)->settings.options;
}

/* ---- Memory ---------------------------------------------------------- */

static bool has_port(const struct address *address)
{
	return address->kind == ADDRESS_IPV4 || address->kind == ADDRESS_IPV6;
}

static void plan_listener(struct supervisor *supervisor, unsigned service,
			  const struct config_listen *listen)
{
	unsigned i = supervisor->listener_count++;
	struct worker_listener *planned = &supervisor->plan[i];

	planned->service = service;
	planned->listen = listen;
	planned->address = listen->address;
	planned->is_shared = !has_port(&listen->address) ||
			     !options_of(supervisor, i)->reuse_port;
	supervisor->listeners[i].reservation = NO_DESCRIPTOR;
}

static unsigned count_listens(const struct config *config)
{
	unsigned i, count = 0;

	for (i = 0; i < config->service_count; i++)
		count += config->services[i].listen_count;
	return count;
}

static void plan_listeners(struct supervisor *supervisor)
{
	const struct config *config = supervisor->config;
	const struct config_service *service;
	unsigned i, j, count = count_listens(config);

	supervisor->plan = memory_require(count, sizeof(*supervisor->plan));
	supervisor->listeners =
		memory_require(count, sizeof(*supervisor->listeners));
	supervisor->descriptors =
		memory_require(count + 1, sizeof(*supervisor->descriptors));
	supervisor->service_names = memory_require(
		config->service_count, sizeof(*supervisor->service_names));
	for (i = 0; i < config->service_count; i++) {
		service = &config->services[i];
		supervisor->service_names[i] = service->name;
		for (j = 0; j < service->listen_count; j++)
			plan_listener(supervisor, i, &service->listens[j]);
	}
}

static unsigned count_children(unsigned slot_count)
{
	unsigned count = 2 * slot_count + SPARE_CHILDREN;

	return count < SCOREBOARD_PAGES ? count : SCOREBOARD_PAGES;
}

static void take_memory(struct supervisor *supervisor)
{
	const struct config *config = supervisor->config;

	plan_listeners(supervisor);
	supervisor->slot_count =
		config->workers ? config->workers : cpus_usable_count();
	supervisor->slots = memory_require(supervisor->slot_count,
					   sizeof(*supervisor->slots));
	supervisor->child_count = count_children(supervisor->slot_count);
	supervisor->children = memory_require(supervisor->child_count,
					      sizeof(*supervisor->children));
	instance_init(&supervisor->instance, supervisor->listener_count);
	bank_init(&supervisor->bank, supervisor->listener_count,
		  supervisor->slot_count);
	supervisor_init_slots(supervisor);
}

/* ---- Limits ---------------------------------------------------------- */

static int raise_limits(struct supervisor *supervisor, struct error *error)
{
	uint64_t have =
		limits_raise_descriptors(supervisor->config->max_open_files);
	uint64_t need = (uint64_t)supervisor->listener_count *
				(supervisor->slot_count + 2) +
			supervisor->slot_count + OWN_DESCRIPTORS;

	if (have < need) {
		error_set(error,
			  "%u workers with %u listeners each need %llu "
			  "descriptors in the supervisor, and only %llu are "
			  "allowed: raise max_open_files and the limit "
			  "(ulimit -n), or start fewer workers",
			  supervisor->slot_count, supervisor->listener_count,
			  (unsigned long long)need, (unsigned long long)have);
		error->number = EMFILE;
		return -1;
	}
	supervisor->connections_max =
		limits_connections(have, supervisor->listener_count);
	return 0;
}

/* ---- Addresses ------------------------------------------------------- */

static int fail(const struct supervisor *supervisor, unsigned index,
		struct error *error)
{
	return error_prefix(
		error, "service %s: ", service_of(supervisor, index)->name);
}

static int lock_all(struct supervisor *supervisor, struct error *error)
{
	unsigned i;

	for (i = 0; i < supervisor->listener_count; i++)
		if (instance_lock(&supervisor->instance,
				  &supervisor->plan[i].address, error) < 0)
			return fail(supervisor, i, error);
	return 0;
}

static int probe_all(struct supervisor *supervisor, struct error *error)
{
	const struct worker_listener *planned;
	unsigned i;

	for (i = 0; i < supervisor->listener_count; i++) {
		planned = &supervisor->plan[i];
		if (has_port(&planned->address) &&
		    address_port(&planned->address) == 0)
			continue;
		if (listener_probe(&planned->address, options_of(supervisor, i),
				   error) < 0)
			return fail(supervisor, i, error);
	}
	return 0;
}

/* One port for all workers, which the kernel picks. */
static int reserve(struct supervisor *supervisor, unsigned index,
		   struct error *error)
{
	struct address *address = &supervisor->plan[index].address;
	int fd, tries;

	for (tries = 1;; tries++) {
		address_set_port(address, 0);
		fd = listener_reserve(address, options_of(supervisor, index),
				      error);
		if (fd < 0)
			return -1;
		supervisor->listeners[index].reservation = fd;
		if (instance_lock(&supervisor->instance, address, error) == 0)
			return 0;
		supervisor_end_reservation(supervisor, index);
		if (error->number != EADDRINUSE || tries == RESERVE_TRIES)
			return -1;
	}
}

/* The bank has the only copy that counts from now on: an inherited one that
 * stayed open would keep newcomers waiting after the drain. */
static void give_up_inherited(int fd)
{
	int null;

	if (fd > STDERR_FILENO) {
		close(fd);
		return;
	}
	/* A standard stream stays open, on nothing. */
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || dup2(null, fd) < 0)
		log_warning("cannot replace the inherited fd:%d", fd);
	if (null >= 0)
		close(null);
}

static int bind_shared(struct supervisor *supervisor, unsigned index,
		       struct error *error)
{
	const struct worker_listener *planned = &supervisor->plan[index];
	const struct config_listen *listen = planned->listen;
	struct listener_access access = {
		.mode = listen->mode,
		.owner = (uid_t)listen->owner,
		.group = (gid_t)listen->group,
	};
	const struct sockopt_owner all = {.cpu = -1, .is_first = true};
	int fd = listener_bind(&planned->address, options_of(supervisor, index),
			       &access, &all, error);

	if (fd < 0)
		return -1;
	bank_share(&supervisor->bank, index, fd);
	return fd;
}

static int open_shared(struct supervisor *supervisor, unsigned index,
		       struct error *error)
{
	struct supervisor_listener *own = &supervisor->listeners[index];
	struct address *address = &supervisor->plan[index].address;
	const struct address *asked = &supervisor->plan[index].listen->address;
	int fd = bind_shared(supervisor, index, error);

	if (fd < 0)
		return -1;
	own->has_inode = listener_inode_of(asked, &own->inode) == 0;
	if (asked->kind == ADDRESS_DESCRIPTOR)
		give_up_inherited(asked->descriptor);
	/* The real port; and what an inherited descriptor listens on. */
	if (asked->kind != ADDRESS_UNIX && address_of_socket(address, fd) < 0)
		return error_set_errno(error, "cannot read a socket's address");
	if (has_port(asked) && address_port(asked) == 0 &&
	    instance_lock(&supervisor->instance, address, error) < 0)
		return -1;
	return listener_listen(fd, options_of(supervisor, index)->backlog,
			       error);
}

static int open_listeners(struct supervisor *supervisor, struct error *error)
{
	const struct worker_listener *planned;
	int status;
	unsigned i;

	for (i = 0; i < supervisor->listener_count; i++) {
		planned = &supervisor->plan[i];
		status = 0;
		if (planned->is_shared)
			status = open_shared(supervisor, i, error);
		else if (address_port(&planned->address) == 0)
			status = reserve(supervisor, i, error);
		if (status < 0)
			return fail(supervisor, i, error);
	}
	return 0;
}

void supervisor_end_reservation(struct supervisor *supervisor, unsigned index)
{
	struct supervisor_listener *own = &supervisor->listeners[index];

	if (own->reservation != NO_DESCRIPTOR)
		close(own->reservation);
	own->reservation = NO_DESCRIPTOR;
}

void supervisor_close_reservations(struct supervisor *supervisor)
{
	unsigned i;

	for (i = 0; i < supervisor->listener_count; i++)
		supervisor_end_reservation(supervisor, i);
}

void supervisor_unlink_sockets(struct supervisor *supervisor)
{
	struct supervisor_listener *own;
	unsigned i;

	for (i = 0; i < supervisor->listener_count; i++) {
		own = &supervisor->listeners[i];
		if (own->has_inode)
			listener_unlink(&supervisor->plan[i].listen->address,
					&own->inode);
		own->has_inode = false;
	}
}

/* ---- All of it ------------------------------------------------------- */

int supervisor_prepare(struct supervisor *supervisor, struct error *error)
{
	const struct config *config = supervisor->config;

	take_memory(supervisor);
	if (raise_limits(supervisor, error) < 0)
		return -1;
	supervisor->scoreboard = scoreboard_open(error);
	if (!supervisor->scoreboard)
		return -1;
	if (lock_all(supervisor, error) < 0 ||
	    probe_all(supervisor, error) < 0 ||
	    open_listeners(supervisor, error) < 0)
		return -1;
	if (instance_serve(&supervisor->instance, &supervisor->loop) < 0)
		return error_set_errno(error, "cannot serve the locks");
	if (!config->pid_file)
		return 0;
	if (pid_file_write(config->pid_file, error) < 0)
		return -1;
	supervisor->has_pid_file = true;
	return 0;
}
