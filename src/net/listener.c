/* SPDX-License-Identifier: MIT */
/* listener.c - listening sockets: made, bound, probed, reserved, started. */
#include "net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/listener_unix.h"

#define FIRST_FREE_FD 3 /* never become somebody's standard stream */

/* What to do about it, where the kernel's words do not say so. */
static const struct {
	int number;
	const char *advice;
} bind_advice[] = {
	{EADDRINUSE, "another program has it; stop it, or choose another"},
	{EACCES,
	 "ports below net.ipv4.ip_unprivileged_port_start need root "
	 "or CAP_NET_BIND_SERVICE"},
	{EADDRNOTAVAIL, "this machine has no such address"},
};

static int bind_failed(const struct address *address, struct error *error)
{
	char text[ADDRESS_TEXT];
	int number = errno;
	size_t i;

	address_format(text, address);
	errno = number;
	for (i = 0; i < sizeof(bind_advice) / sizeof(bind_advice[0]); i++) {
		if (bind_advice[i].number != number ||
		    address->kind == ADDRESS_UNIX)
			continue;
		error_set(error, "cannot bind %s: %s (%s)", text,
			  strerror(number), bind_advice[i].advice);
		error->number = number;
		errno = number;
		return -1;
	}
	return error_set_errno(error, "cannot bind %s", text);
}

static int open_socket(const struct address *address, struct error *error)
{
	char text[ADDRESS_TEXT];
	int number;
	int fd = socket(address->socket.generic.sa_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		return fd;
	number = errno;
	address_format(text, address);
	errno = number;
	return error_set_errno(error, "cannot open a socket for %s", text);
}

static int close_failed(int fd)
{
	int number = errno;

	close(fd);
	errno = number;
	return -1;
}

/* `settings` without all that does not decide whether a bind succeeds. */
static struct sockopt_settings
settings_of_bind(const struct sockopt_settings *settings)
{
	struct sockopt_settings few = {
		.reuse_address = settings->reuse_address,
		.reuse_port = settings->reuse_port,
		.ipv6_only = settings->ipv6_only,
		.nodelay = false,
		.backlog = settings->backlog,
		.quickack = SOCKOPT_QUICKACK_OFF,
		SOCKOPT_REST_KERNEL,
	};

	memcpy(few.bind_device, settings->bind_device, sizeof(few.bind_device));
	return few;
}

/* A socket with the settings, bound by bind() alone. */
static int open_bound(const struct address *address,
		      const struct sockopt_settings *settings,
		      struct error *error)
{
	const struct sockopt_owner nobody = {.cpu = -1};
	int fd = open_socket(address, error);

	if (fd < 0)
		return -1;
	if (sockopt_apply_listener(fd, address->socket.generic.sa_family,
				   settings, &nobody, error) < 0)
		return close_failed(fd);
	if (bind(fd, &address->socket.generic, address->length) < 0) {
		bind_failed(address, error);
		return close_failed(fd);
	}
	return fd;
}

/* ---- fd:N ------------------------------------------------------------ */

static int refuse_descriptor(struct error *error, int number, int descriptor,
			     const char *reason)
{
	error_set(error, "cannot listen on fd:%d: %s", descriptor, reason);
	error->number = number;
	errno = number;
	return -1;
}

/* It must be a stream socket that is bound and not a connection. */
static int check_descriptor(int descriptor, struct address *bound,
			    struct error *error)
{
	struct address peer;
	int type = sockopt_type(descriptor);

	if (type < 0 || address_of_socket(bound, descriptor) < 0) {
		error_set_errno(error, "cannot listen on fd:%d", descriptor);
		return -1;
	}
	if (type != SOCK_STREAM)
		return refuse_descriptor(error, EPROTOTYPE, descriptor,
					 "it is not a stream socket");
	if (address_of_peer(&peer, descriptor) == 0)
		return refuse_descriptor(error, EISCONN, descriptor,
					 "it is a connection");
	if (bound->kind == ADDRESS_UNIX
		    ? bound->length <= offsetof(struct sockaddr_un, sun_path)
		    : address_port(bound) == 0)
		return refuse_descriptor(error, EINVAL, descriptor,
					 "it is not bound to an address");
	return 0;
}

static int set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -1;
	if (flags & O_NONBLOCK)
		return 0;
	return fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

static int bind_descriptor(int descriptor,
			   const struct sockopt_settings *settings,
			   const struct sockopt_owner *owner,
			   struct error *error)
{
	struct address bound;
	int fd;

	if (check_descriptor(descriptor, &bound, error) < 0)
		return -1;
	fd = fcntl(descriptor, F_DUPFD_CLOEXEC, FIRST_FREE_FD);
	if (fd < 0 || set_nonblocking(fd) < 0) {
		error_set_errno(error, "cannot take fd:%d", descriptor);
		return fd < 0 ? -1 : close_failed(fd);
	}
	if (sockopt_apply_listener(fd, bound.socket.generic.sa_family, settings,
				   owner, error) < 0)
		return close_failed(fd);
	return fd;
}

/* ---- The header's functions ------------------------------------------ */

int listener_bind(const struct address *address,
		  const struct sockopt_settings *settings,
		  const struct listener_access *access,
		  const struct sockopt_owner *owner, struct error *error)
{
	int fd, status;

	if (address->kind == ADDRESS_DESCRIPTOR)
		return bind_descriptor(address->descriptor, settings, owner,
				       error);
	fd = open_socket(address, error);
	if (fd < 0)
		return -1;
	if (sockopt_apply_listener(fd, address->socket.generic.sa_family,
				   settings, owner, error) < 0)
		return close_failed(fd);
	if (listener_unix_has_file(address)) {
		status = listener_unix_bind(fd, address, access, error);
	} else {
		status = bind(fd, &address->socket.generic, address->length);
		if (status < 0)
			bind_failed(address, error);
	}
	return status < 0 ? close_failed(fd) : fd;
}

int listener_listen(int fd, int backlog, struct error *error)
{
	struct address address = {.kind = ADDRESS_DESCRIPTOR};
	char text[ADDRESS_TEXT];
	int number;

	if (listen(fd, backlog) == 0)
		return 0;
	number = errno;
	if (address_of_socket(&address, fd) < 0) {
		address.kind = ADDRESS_DESCRIPTOR;
		address.descriptor = fd;
	}
	address_format(text, &address);
	errno = number;
	return error_set_errno(error, "cannot listen on %s", text);
}

int listener_probe(const struct address *address,
		   const struct sockopt_settings *settings, struct error *error)
{
	struct sockopt_settings few = settings_of_bind(settings);
	struct address bound;
	bool is_stale;
	int fd;

	if (address->kind == ADDRESS_DESCRIPTOR)
		return check_descriptor(address->descriptor, &bound, error);
	if (listener_unix_has_file(address))
		return listener_unix_check(address, &is_stale, error);
	few.reuse_port = false;
	fd = open_bound(address, &few, error);
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

int listener_reserve(struct address *address,
		     const struct sockopt_settings *settings,
		     struct error *error)
{
	struct sockopt_settings few = settings_of_bind(settings);
	struct address bound;
	int fd = open_bound(address, &few, error);

	if (fd < 0)
		return -1;
	if (address_of_socket(&bound, fd) < 0) {
		error_set_errno(error, "cannot read the port of a socket");
		return close_failed(fd);
	}
	address_set_port(address, address_port(&bound));
	return fd;
}
