/* SPDX-License-Identifier: MIT */
/* supervisor_store.c - sockets that come from the service manager, and those
 * that it is to keep for the next instance (sd_notify(3), FDSTORE).
 *
 * What it keeps survives whatever happens to us, with all who wait in it.  A
 * manager that stores nothing closes what it is sent. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "process/supervisor_internal.h"

#define RETRY_MS   100 /* the manager is behind */
#define NAMES_TEXT 256

/* ---- What was passed ------------------------------------------------- */

int supervisor_take_passed(struct supervisor *supervisor, struct error *error)
{
	const struct command_line *line = supervisor->line;
	const struct notify_listen told = {
		.pid = command_line_variable(line, "LISTEN_PID"),
		.fds = command_line_variable(line, "LISTEN_FDS"),
		.names = command_line_variable(line, "LISTEN_FDNAMES"),
	};

	return passed_take(&supervisor->passed, &told, error);
}

int supervisor_find_passed(struct supervisor *supervisor,
			   struct address *address, struct error *error)
{
	char names[NAMES_TEXT], name[ADDRESS_NAME_TEXT], text[ADDRESS_TEXT];
	unsigned number = address_systemd_name(address, name);
	struct passed_socket *socket =
		passed_find(&supervisor->passed, name, number);

	if (!socket) {
		error_set(error,
			  "%s: the service manager has passed no such socket, "
			  "but %s (FileDescriptorName= in its socket unit)",
			  address_format(text, address),
			  passed_names(&supervisor->passed, names,
				       sizeof(names)));
		error->number = ENOENT;
		return -1;
	}
	socket->is_used = true;
	address->kind = ADDRESS_DESCRIPTOR;
	address->descriptor = socket->fd;
	return 0;
}

/* ---- What is to be forgotten ----------------------------------------- */

static void unstore(struct supervisor *supervisor, const char *name)
{
	text_append(&supervisor->unstored, "%s\n", name);
	supervisor_store(supervisor);
}

void supervisor_unstore(struct supervisor *supervisor, struct bank_group *group,
			unsigned slot)
{
	char name[SUPERVISOR_STORED_NAME];

	if (!group->is_stored[slot])
		return;
	group->is_stored[slot] = false;
	unstore(supervisor, supervisor_stored_name(name, group, slot));
}

/* The first name of the list, cut out of it; NULL: it is empty. */
static char *first_name(const struct text *names)
{
	char *end = names->size > 0 ? memchr(names->bytes, '\n', names->size)
				    : NULL;

	if (end)
		*end = '\0';
	return end ? names->bytes : NULL;
}

/* 0; or -1: the manager is behind. */
static int forget_all(struct supervisor *supervisor)
{
	struct text *names = &supervisor->unstored;
	struct error error;
	size_t size;
	char *name;

	while ((name = first_name(names)) != NULL) {
		size = strlen(name) + 1;
		if (notify_remove(&supervisor->notify, name, &error) < 0) {
			if (error.number == EAGAIN) {
				name[size - 1] = '\n';
				return -1;
			}
			log_write_limited(
				&supervisor->notify_limit, LOG_LEVEL_WARNING,
				"the service manager: %s", error.text);
		}
		memmove(names->bytes, names->bytes + size, names->size - size);
		names->size -= size;
	}
	return 0;
}

/* Under this name the listener of one of our groups is stored: of a supervisor
 * that was killed, but not its workers. */
static bool is_served(const struct supervisor *supervisor, const char *stored)
{
	char name[SUPERVISOR_STORED_NAME];
	const struct list *node;
	unsigned slot;

	if (sscanf(stored, PASSED_STORED "%u/", &slot) != 1)
		return false;
	list_for_each (node, &supervisor->bank.groups)
		if (strcmp(stored,
			   supervisor_stored_name(
				   name,
				   list_entry(node, struct bank_group, node),
				   slot)) == 0)
			return true;
	return false;
}

/* What nobody asked for: our own has no use any more; another's is told. */
static void review_passed(struct supervisor *supervisor)
{
	struct passed_socket *socket;
	unsigned i;

	for (i = 0; i < supervisor->passed.count; i++) {
		socket = &supervisor->passed.sockets[i];
		if (socket->fd < 0 || socket->is_used)
			continue;
		if (!passed_is_stored(socket)) {
			log_warning(
				"no service listens on systemd:%s, which "
				"the service manager has passed",
				socket->name);
			continue;
		}
		if (!is_served(supervisor, socket->name)) {
			log_info(
				"%s of the service manager's store is not "
				"served any more",
				socket->name);
			unstore(supervisor, socket->name);
		}
		passed_close(socket);
	}
}

/* ---- What is to be stored -------------------------------------------- */

/* A port that the kernel picks is another one for the next instance, and what
 * was passed is passed again. */
static bool is_storable(const struct bank_group *group)
{
	const struct address *asked = &group->asked;

	return asked->kind == ADDRESS_UNIX || address_port(asked) != 0;
}

/* 0; or -1: the manager is behind. */
static int store_one(struct supervisor *supervisor, struct bank_group *group,
		     unsigned slot)
{
	char name[SUPERVISOR_STORED_NAME];
	int fd = bank_get(group, slot);
	struct error error;

	if (fd < 0 || group->is_stored[slot] || !bank_is_listening(group, slot))
		return 0;
	supervisor_stored_name(name, group, slot);
	if (notify_store(&supervisor->notify, name, &fd, 1, &error) < 0) {
		if (error.number == EAGAIN)
			return -1;
		log_write_limited(&supervisor->notify_limit, LOG_LEVEL_WARNING,
				  "the service manager: %s", error.text);
	}
	group->is_stored[slot] = true;
	return 0;
}

static int store_group(struct supervisor *supervisor, struct bank_group *group)
{
	unsigned slot, count = group->is_shared ? 1 : supervisor->slot_high;

	for (slot = 0; slot < count; slot++)
		if (store_one(supervisor, group, slot) < 0)
			return -1;
	return 0;
}

static void store_all(struct supervisor *supervisor)
{
	struct loop *loop = &supervisor->loop;
	struct bank_group *group;
	struct list *node;
	bool is_behind;

	if (!notify_is_on(&supervisor->notify))
		return;
	is_behind = forget_all(supervisor) < 0;
	list_for_each (node, &supervisor->bank.groups) {
		group = list_entry(node, struct bank_group, node);
		if (!is_behind && is_storable(group))
			is_behind = store_group(supervisor, group) < 0;
	}
	if (is_behind)
		timer_start(&loop->timers, &supervisor->store_retry,
			    loop->now_ms + RETRY_MS);
}

static void store_task(struct loop_task *task)
{
	store_all(list_entry(task, struct supervisor, store));
}

static void store_again(struct timer *timer)
{
	store_all(list_entry(timer, struct supervisor, store_retry));
}

void supervisor_store(struct supervisor *supervisor)
{
	loop_post(&supervisor->loop, &supervisor->store);
}

/* ---- Its life -------------------------------------------------------- */

void supervisor_init_store(struct supervisor *supervisor)
{
	loop_task_init(&supervisor->store, store_task);
	timer_init(&supervisor->store_retry, store_again);
}

void supervisor_start_store(struct supervisor *supervisor)
{
	review_passed(supervisor);
	supervisor_store(supervisor);
}

void supervisor_stop_store(struct supervisor *supervisor)
{
	timer_stop(&supervisor->loop.timers, &supervisor->store_retry);
	loop_cancel(&supervisor->store);
	text_release(&supervisor->unstored);
	passed_release(&supervisor->passed);
}
