/* SPDX-License-Identifier: MIT */
/* instance.c - locks that are abstract unix sockets. */
#include "process/instance.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "net/sockopt.h"

#define LOCK_PREFIX  "cohort/"
#define LOCK_BACKLOG 16

/* A lock that is bound but does not answer is a twin between its bind() and
 * its listen(), or one that just ended: ask again. */
#define ASK_TRIES   50
#define ASK_WAIT_MS 1

struct lock_owner {
	pid_t pid;
	uid_t uid;
};

void instance_lock_init(struct instance_lock *lock)
{
	lock->loop = NULL;
	lock->fd = -1;
}

bool instance_is_locked(const struct instance_lock *lock)
{
	return lock->fd >= 0;
}

/* FNV-1a, 64 bits. */
static uint64_t hash(uint64_t state, const void *data, size_t size)
{
	const unsigned char *bytes = data;

	for (; size > 0; size--)
		state = (state ^ *bytes++) * UINT64_C(1099511628211);
	return state;
}

/* The directory by its inode: a path has many names.  One that is not there
 * will be a clear error of bind(). */
static uint64_t identify(const struct address *address)
{
	const char *path = address->socket.path.sun_path;
	const char *slash = strrchr(path, '/');
	char directory[sizeof(address->socket.path.sun_path) + 1] = ".";
	uint64_t state = UINT64_C(14695981039346656037);
	struct stat status;

	if (slash)
		snprintf(directory, sizeof(directory), "%.*s",
			 (int)(slash - path) + 1, path);
	if (stat(directory, &status) == 0) {
		state = hash(state, &status.st_dev, sizeof(status.st_dev));
		state = hash(state, &status.st_ino, sizeof(status.st_ino));
	}
	if (slash)
		path = slash + 1;
	return hash(state, path, strlen(path));
}

socklen_t instance_name(struct sockaddr_un *name, const char *prefix,
			const struct address *address)
{
	char text[ADDRESS_TEXT];
	int length;

	address_format(text, address);
	if (address->kind == ADDRESS_UNIX)
		snprintf(text, sizeof(text), "unix:%016" PRIx64,
			 identify(address));
	memset(name, 0, sizeof(*name));
	name->sun_family = AF_UNIX;
	length = snprintf(name->sun_path + 1, sizeof(name->sun_path) - 1,
			  "%s%s", prefix, text);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			   (size_t)length);
}

static int open_lock(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* Who holds the lock of that name?  0, or -1 if nobody answers. */
static int ask_owner(const struct sockaddr_un *name, socklen_t length,
		     struct lock_owner *owner)
{
	int fd = open_lock();
	int status;

	if (fd < 0)
		return -1;
	status = connect(fd, (const struct sockaddr *)name, length);
	if (status == 0)
		status = sockopt_peer_credentials(fd, &owner->pid, &owner->uid);
	close(fd);
	return status;
}

static int refuse(const struct lock_owner *owner, const char *text,
		  struct error *error)
{
	/* A pid of 0 belongs to another pid namespace. */
	if (owner->pid > 0)
		error_set(error,
			  "cannot serve %s: another instance (process %d) has "
			  "it in use; stop that one, or choose another address",
			  text, (int)owner->pid);
	else
		error_set(error,
			  "cannot serve %s: another instance (in another pid "
			  "namespace) has it in use; choose another address",
			  text);
	error->number = EADDRINUSE;
	errno = EADDRINUSE;
	return -1;
}

bool instance_is_ours(int fd, pid_t *pid, uid_t *uid)
{
	return sockopt_peer_credentials(fd, pid, uid) == 0 &&
	       (*uid == 0 || *uid == geteuid());
}

bool instance_is_same(const struct address *one, const struct address *other)
{
	struct sockaddr_un names[2];
	socklen_t length = instance_name(&names[0], LOCK_PREFIX, one);

	return instance_name(&names[1], LOCK_PREFIX, other) == length &&
	       memcmp(&names[0], &names[1], length) == 0;
}

/* The lock is taken: by whom?  0 if that does not matter. */
static int judge_owner(const struct lock_owner *owner, const char *text,
		       struct error *error)
{
	if (owner->uid == 0 || owner->uid == geteuid())
		return refuse(owner, text, error);
	log_warning(
		"ignoring the lock of %s, which process %d of user %u "
		"holds: it is neither root's nor ours",
		text, (int)owner->pid, (unsigned)owner->uid);
	return 0;
}

/* Bind `fd` to the name: 1 it is ours; 0 somebody's who does not matter;
 * -1 with words. */
static int take_name(int fd, const struct address *address, struct error *error)
{
	struct lock_owner owner;
	struct sockaddr_un name;
	char text[ADDRESS_TEXT];
	socklen_t length = instance_name(&name, LOCK_PREFIX, address);
	int tries;

	address_format(text, address);
	for (tries = 0; tries < ASK_TRIES; tries++) {
		if (bind(fd, (struct sockaddr *)&name, length) == 0)
			return 1;
		if (errno != EADDRINUSE)
			return error_set_errno(error, "cannot lock %s", text);
		if (ask_owner(&name, length, &owner) == 0)
			return judge_owner(&owner, text, error);
		poll(NULL, 0, ASK_WAIT_MS);
	}
	log_warning("ignoring the lock of %s: whoever holds it does not answer",
		    text);
	return 0;
}

static void serve_lock(struct loop_source *source, unsigned found)
{
	struct instance_lock *lock =
		list_entry(source, struct instance_lock, source);
	int fd;

	(void)found;
	/* Who asks has the answer as soon as it is connected. */
	while ((fd = accept4(lock->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		close(fd);
	/* Without descriptors it would come again at once, for ever; the lock
	 * holds also if nobody empties its queue. */
	if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
	    errno == ENOMEM)
		loop_remove(lock->loop, source);
}

bool instance_needs_lock(const struct address *address)
{
	if (address->kind == ADDRESS_UNIX)
		return address->socket.path.sun_path[0] != '\0';
	return address_port(address) != 0;
}

int instance_lock(struct instance_lock *lock, const struct address *address,
		  struct error *error)
{
	int fd, status;

	if (!instance_needs_lock(address))
		return 0;
	fd = open_lock();
	if (fd < 0)
		return error_set_errno(error, "cannot open a lock");
	status = take_name(fd, address, error);
	if (status > 0 && listen(fd, LOCK_BACKLOG) < 0)
		status = error_set_errno(error, "cannot hold a lock");
	if (status <= 0) {
		close(fd);
		return status;
	}
	instance_lock_adopt(lock, fd);
	return 0;
}

void instance_lock_adopt(struct instance_lock *lock, int fd)
{
	loop_source_init(&lock->source, serve_lock);
	lock->loop = NULL;
	lock->fd = fd;
}

int instance_serve(struct instance_lock *lock, struct loop *loop)
{
	if (lock->fd < 0 || lock->loop)
		return 0;
	if (loop_add(loop, &lock->source, lock->fd, POLLER_READ) < 0)
		return -1;
	lock->loop = loop;
	return 0;
}

void instance_unlock(struct instance_lock *lock)
{
	if (lock->fd < 0)
		return;
	if (lock->loop)
		loop_remove(lock->loop, &lock->source);
	close(lock->fd);
	instance_lock_init(lock);
}
