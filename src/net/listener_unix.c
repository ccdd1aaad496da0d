/* SPDX-License-Identifier: MIT */
/* listener_unix.c - the file of a unix socket: whose it is, and who may
 * connect. */
#include "net/listener_unix.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LISTENER_UNIX_LEAVE (-1) /* mode, owner, group: as they are */

bool listener_unix_has_file(const struct address *address)
{
	return address->kind == ADDRESS_UNIX &&
	       address->socket.path.sun_path[0] != '\0';
}

static const char *path_of(const struct address *address)
{
	return address->socket.path.sun_path;
}

static int refuse(struct error *error, int number, const char *path,
		  const char *reason)
{
	error_set(error, "cannot bind unix:%s: %s", path, reason);
	error->number = number;
	errno = number;
	return -1;
}

/* Knock at the socket file: 0 and `is_stale` if nobody is behind it. */
static int knock(const struct address *address, bool *is_stale,
		 struct error *error)
{
	int status, number;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return error_set_errno(error, "cannot open a unix socket");
	do
		status = connect(fd, &address->socket.generic, address->length);
	while (status < 0 && errno == EINTR);
	number = status < 0 ? errno : 0;
	close(fd);

	*is_stale = number == ECONNREFUSED;
	if (number == ECONNREFUSED || number == ENOENT)
		return 0;
	/* EAGAIN: its queue is full.  EPROTOTYPE: it is not for streams. */
	if (number == 0 || number == EAGAIN || number == EPROTOTYPE)
		return refuse(error, EADDRINUSE, path_of(address),
			      "another program answers on it; stop it, or "
			      "choose another path");
	errno = number;
	return error_set_errno(error, "cannot see who owns unix:%s",
			       path_of(address));
}

int listener_unix_check(const struct address *address, bool *is_stale,
			struct error *error)
{
	struct stat file;

	*is_stale = false;
	if (lstat(path_of(address), &file) < 0) {
		if (errno == ENOENT)
			return 0;
		return error_set_errno(error, "cannot bind unix:%s",
				       path_of(address));
	}
	if (!S_ISSOCK(file.st_mode))
		return refuse(error, EEXIST, path_of(address),
			      "the file there is not a socket; move it away, "
			      "or choose another path");
	return knock(address, is_stale, error);
}

/* Remove the stale file, unless somebody has come in its place. */
static int remove_stale(const struct address *address, struct error *error)
{
	struct stat file;
	bool is_stale = false;

	if (knock(address, &is_stale, error) < 0)
		return -1;
	if (lstat(path_of(address), &file) == 0 && !S_ISSOCK(file.st_mode))
		return refuse(error, EEXIST, path_of(address),
			      "the file there is not a socket");
	if (unlink(path_of(address)) < 0 && errno != ENOENT)
		return error_set_errno(error,
				       "cannot remove the stale socket %s",
				       path_of(address));
	return 0;
}

static int set_access(const char *path, const struct listener_access *access,
		      struct error *error)
{
	const uid_t no_owner = (uid_t)LISTENER_UNIX_LEAVE;
	const gid_t no_group = (gid_t)LISTENER_UNIX_LEAVE;

	/* The owner first: the kernel may clear bits of the mode with it. */
	if ((access->owner != no_owner || access->group != no_group) &&
	    lchown(path, access->owner, access->group) < 0)
		return error_set_errno(error, "cannot give unix:%s its owner",
				       path);
	if (access->mode != LISTENER_UNIX_LEAVE &&
	    chmod(path, (mode_t)access->mode) < 0)
		return error_set_errno(error, "cannot give unix:%s its mode",
				       path);
	return 0;
}

int listener_unix_bind(int fd, const struct address *address,
		       const struct listener_access *access,
		       struct error *error)
{
	bool is_stale;

	if (listener_unix_check(address, &is_stale, error) < 0)
		return -1;
	if (is_stale && remove_stale(address, error) < 0)
		return -1;
	if (bind(fd, &address->socket.generic, address->length) < 0)
		return error_set_errno(error, "cannot bind unix:%s",
				       path_of(address));
	if (access && set_access(path_of(address), access, error) < 0) {
		unlink(path_of(address));
		return -1;
	}
	return 0;
}

int listener_inode_of(const struct address *address,
		      struct listener_inode *inode)
{
	struct stat file;

	if (!listener_unix_has_file(address)) {
		errno = EINVAL;
		return -1;
	}
	if (lstat(path_of(address), &file) < 0)
		return -1;
	if (!S_ISSOCK(file.st_mode)) {
		errno = ENOTSOCK;
		return -1;
	}
	inode->device = file.st_dev;
	inode->inode = file.st_ino;
	return 0;
}

static bool is_still(const struct address *address,
		     const struct listener_inode *inode)
{
	struct listener_inode present;

	return listener_inode_of(address, &present) == 0 &&
	       present.device == inode->device && present.inode == inode->inode;
}

int listener_change_access(const struct address *address,
			   const struct listener_inode *inode,
			   const struct listener_access *access,
			   struct error *error)
{
	if (is_still(address, inode))
		return set_access(path_of(address), access, error);
	errno = ESTALE;
	return error_set_errno(error,
			       "cannot change who may connect to unix:%s",
			       path_of(address));
}

void listener_unlink(const struct address *address,
		     const struct listener_inode *inode)
{
	if (!is_still(address, inode))
		return;
	/* Best effort on the way out: a file that stays is found stale and
	 * replaced by the next start. */
	unlink(path_of(address));
}
