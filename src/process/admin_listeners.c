/* SPDX-License-Identifier: MIT */
/* admin_listeners.c - the sockets of the admin process: opened, kept, closed. */
#include "process/admin_listeners.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#define BACKLOG  128
#define AGAIN_MS 20

static const char *directive_of(const struct admin_listener *listener)
{
	return listener->is_control ? "control" : "admin";
}

static struct listener_access access_of(const struct config_listen *listen)
{
	return (struct listener_access){listen->mode, (uid_t)listen->owner,
					(gid_t)listen->group};
}

/* ---- One ------------------------------------------------------------- */

static void close_listener(struct admin_listener *listener)
{
	/* The file first: whoever finds it stale may take its place. */
	if (listener->has_inode)
		listener_unlink(&listener->asked, &listener->inode);
	if (listener->fd >= 0)
		close(listener->fd);
	instance_unlock(&listener->lock);
	free(listener);
}

static struct admin_listener *new_listener(const struct config_listen *listen,
					   bool is_control)
{
	struct admin_listener *listener = calloc(1, sizeof(*listener));

	if (!listener)
		return NULL;
	listener->asked = listen->address;
	listener->address = listen->address;
	listener->access = access_of(listen);
	listener->is_control = is_control;
	listener->fd = -1;
	instance_lock_init(&listener->lock);
	return listener;
}

static int bind_listener(struct admin_listener *listener, struct error *error)
{
	static const struct sockopt_settings settings = {
		.reuse_address = true,
		.ipv6_only = true,
		.nodelay = true,
		.backlog = BACKLOG,
		.quickack = SOCKOPT_QUICKACK_OFF,
		SOCKOPT_REST_KERNEL,
	};
	const struct sockopt_owner owner = {.cpu = -1};

	listener->fd = listener_bind(&listener->asked, &settings,
				     &listener->access, &owner, error);
	if (listener->fd < 0)
		return -1;
	listener->has_inode =
		listener_inode_of(&listener->asked, &listener->inode) == 0;
	if (listener->asked.kind != ADDRESS_UNIX &&
	    address_of_socket(&listener->address, listener->fd) < 0)
		return error_set_errno(error, "cannot read a socket's address");
	return listener_listen(listener->fd, BACKLOG, error);
}

/* With the lock in our hands it can only be a stranger's; or that of an admin
 * process whose supervisor was killed, which follows it at once. */
static int bind_patiently(struct admin_listener *listener, int patience_ms,
			  struct error *error)
{
	int waited_ms = 0;

	while (bind_listener(listener, error) < 0) {
		if (listener->fd >= 0 || error->number != EADDRINUSE ||
		    waited_ms >= patience_ms)
			return -1;
		poll(NULL, 0, AGAIN_MS);
		waited_ms += AGAIN_MS;
	}
	return 0;
}

/* The lock of a port that the kernel picks can only be taken after it. */
static int open_listener(struct admin_listener *listener,
			 const struct admin_opening *opening,
			 struct error *error)
{
	if (instance_lock(&listener->lock, &listener->asked, error) < 0 ||
	    bind_patiently(listener, opening->patience_ms, error) < 0)
		return -1;
	if (!instance_is_locked(&listener->lock) &&
	    instance_lock(&listener->lock, &listener->address, error) < 0)
		return -1;
	if (instance_serve(&listener->lock, opening->loop) < 0)
		return error_set_errno(error, "cannot serve a lock");
	return 0;
}

/* ---- Sets ------------------------------------------------------------ */

static bool has(const struct admin_listeners *set,
		const struct admin_listener *listener)
{
	unsigned i;

	for (i = 0; set && i < set->count; i++)
		if (set->list[i] == listener)
			return true;
	return false;
}

/* One that `next` has not got yet: port 0 may be there twice. */
static struct admin_listener *find(const struct admin_listeners *current,
				   const struct admin_listeners *next,
				   const struct address *asked, bool is_control)
{
	unsigned i;

	for (i = 0; i < current->count; i++)
		if (current->list[i]->is_control == is_control &&
		    address_is_equal(&current->list[i]->asked, asked) &&
		    !has(next, current->list[i]))
			return current->list[i];
	return NULL;
}

static bool has_its_file(const struct admin_listener *listener)
{
	struct listener_inode now;

	return !listener->has_inode ||
	       (listener_inode_of(&listener->asked, &now) == 0 &&
		now.device == listener->inode.device &&
		now.inode == listener->inode.inode);
}

static void drop_socket(struct admin_listener *listener)
{
	if (listener->fd < 0)
		return;
	if (listener->has_inode)
		listener_unlink(&listener->asked, &listener->inode);
	close(listener->fd);
}

/* Somebody has removed its file: nobody finds the socket any more.  It keeps its
 * lock; if this fails, it is as it was. */
static int renew(struct admin_listener *listener, struct error *error)
{
	struct listener_inode inode = listener->inode;
	struct listener_access access = listener->access;
	int fd = listener->fd;

	listener->fd = -1;
	listener->has_inode = false;
	listener->access = listener->wanted;
	if (bind_listener(listener, error) == 0) {
		close(fd);
		listener->is_renewed = true;
		return 0;
	}
	drop_socket(listener);
	listener->fd = fd;
	listener->has_inode = true;
	listener->inode = inode;
	listener->access = access;
	return -1;
}

static int open_new(struct admin_listener *listener,
		    const struct admin_opening *opening, struct error *error)
{
	if (open_listener(listener, opening, error) == 0)
		return 0;
	error_prefix(error, "%s: ", directive_of(listener));
	close_listener(listener);
	return -1;
}

static int open_one(struct admin_listeners *next,
		    const struct admin_opening *opening,
		    const struct config_listen *listen, bool is_control,
		    struct error *error)
{
	struct admin_listener *listener =
		find(opening->current, next, &listen->address, is_control);

	if (listener) {
		listener->wanted = access_of(listen);
		if (!has_its_file(listener) && renew(listener, error) < 0)
			return error_prefix(error,
					    "%s: ", directive_of(listener));
	} else {
		listener = new_listener(listen, is_control);
		if (!listener)
			return error_set_errno(error, "cannot take a listener");
		listener->wanted = access_of(listen);
		if (open_new(listener, opening, error) < 0)
			return -1;
	}
	next->list[next->count++] = listener;
	return 0;
}

/* As many as are left out; -1: one cannot be. */
static int open_all(struct admin_listeners *next,
		    const struct admin_opening *opening, struct error *error)
{
	const struct config *config = opening->config;
	unsigned i, missing_count = 0;

	if (config->control &&
	    open_one(next, opening, config->control, true, error) < 0)
		missing_count++;
	for (i = 0; i < config->admin_count &&
		    (missing_count == 0 || opening->may_miss);
	     i++)
		if (open_one(next, opening, &config->admins[i], false, error) <
		    0)
			missing_count++;
	return missing_count > 0 && !opening->may_miss ? -1
						       : (int)missing_count;
}

int admin_listeners_open(struct admin_listeners *next,
			 const struct admin_opening *opening,
			 struct error *error)
{
	int status = open_all(next, opening, error);

	if (status < 0)
		admin_listeners_close(next, opening->current);
	return status;
}

bool admin_listeners_are_renewed(struct admin_listeners *set)
{
	bool is_any = false;
	unsigned i;

	for (i = 0; i < set->count; i++) {
		is_any |= set->list[i]->is_renewed;
		set->list[i]->is_renewed = false;
	}
	return is_any;
}

void admin_listeners_close(struct admin_listeners *set,
			   const struct admin_listeners *other)
{
	unsigned i;

	for (i = 0; i < set->count; i++)
		if (!has(other, set->list[i]))
			close_listener(set->list[i]);
	memset(set, 0, sizeof(*set));
}

static void change_access(struct admin_listener *listener)
{
	const struct listener_access *wanted = &listener->wanted;
	struct error error;

	if (!listener->has_inode || (listener->access.mode == wanted->mode &&
				     listener->access.owner == wanted->owner &&
				     listener->access.group == wanted->group))
		return;
	if (listener_change_access(&listener->asked, &listener->inode, wanted,
				   &error) < 0)
		log_warning("%s: %s", directive_of(listener), error.text);
	listener->access = *wanted;
}

static void say(const struct admin_listener *listener, const char *what)
{
	char text[ADDRESS_TEXT];

	log_info("%s: %s %s", directive_of(listener),
		 address_format(text, &listener->address), what);
}

void admin_listeners_change(struct admin_listeners *current,
			    struct admin_listeners *next)
{
	unsigned i;

	for (i = 0; i < current->count; i++)
		if (!has(next, current->list[i]))
			say(current->list[i], "is not served any more");
	for (i = 0; i < next->count; i++)
		if (!has(current, next->list[i]))
			say(next->list[i], "is served");
	admin_listeners_close(current, next);
	for (i = 0; i < next->count; i++)
		change_access(next->list[i]);
	*current = *next;
	(void)admin_listeners_are_renewed(current);
	memset(next, 0, sizeof(*next));
}

struct admin_listener *admin_listeners_adopt(struct admin_listeners *set,
					     const struct address *asked,
					     int fd, int lock_fd,
					     struct loop *loop)
{
	const struct config_listen listen = {
		.address = *asked, .mode = -1, .owner = -1, .group = -1};
	struct admin_listener *listener = NULL;

	if (set->count < ADMIN_LISTENERS_MAX)
		listener = new_listener(&listen, false);
	if (!listener) {
		close(fd);
		if (lock_fd >= 0)
			close(lock_fd);
		return NULL;
	}
	listener->fd = fd;
	if (asked->kind != ADDRESS_UNIX)
		(void)address_of_socket(&listener->address, fd);
	if (lock_fd >= 0)
		instance_lock_adopt(&listener->lock, lock_fd);
	if (instance_serve(&listener->lock, loop) < 0)
		log_error("cannot serve a lock: %s", strerror(errno));
	set->list[set->count++] = listener;
	return listener;
}
