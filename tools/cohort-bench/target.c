/* SPDX-License-Identifier: MIT */
/* target.c - whom to connect to, and from where. */
#include "target.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#define SOURCE_FIRST 2        /* 127.0.0.2 */
#define SOURCE_LAST  0xfffffe /* 127.255.255.254 */
#define SOURCE_TRIES 8        /* sources for one connection */
#define ADDRESSES    64       /* of one name; the first is used */

static bool is_loopback4(const struct address *address)
{
	const struct sockaddr_in *in = (const void *)&address->socket.generic;

	return address->kind == ADDRESS_IPV4 &&
	       ntohl(in->sin_addr.s_addr) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET;
}

int target_init(struct target *target, const char *word, struct error *error)
{
	struct address found[ADDRESSES];

	memset(target, 0, sizeof(*target));
	if (address_resolve(found, ADDRESSES, word, error) < 0)
		return -1;
	target->address = found[0];
	if (target->address.kind == ADDRESS_DESCRIPTOR)
		return error_set(error, "%s: cannot connect to a descriptor",
				 word);
	if (target->address.kind != ADDRESS_UNIX &&
	    address_port(&target->address) == 0)
		return error_set(error, "%s: a port is needed", word);
	target->is_rotating = is_loopback4(&target->address);
	target->first_source = SOURCE_FIRST;
	return 0;
}

int target_start_at(struct target *target, const char *word,
		    struct error *error)
{
	struct in_addr address;
	uint32_t source;

	if (!target->is_rotating)
		return error_set(error,
				 "--source: the target is not of 127.0.0.0/8");
	if (inet_pton(AF_INET, word, &address) != 1)
		return error_set(error, "--source: \"%s\" is not an address",
				 word);
	source = ntohl(address.s_addr);
	if (source >> IN_CLASSA_NSHIFT != IN_LOOPBACKNET)
		return error_set(error, "--source: %s is not of 127.0.0.0/8",
				 word);
	source &= IN_CLASSA_HOST;
	if (source > SOURCE_LAST)
		return error_set(error, "--source: %s is no host", word);
	/* 0 stands for the kernel's choice. */
	target->first_source = source > 0 ? source : SOURCE_FIRST;
	target->source = target->first_source;
	return 0;
}

static void next_source(struct target *target)
{
	target->use_count = 0;
	if (target->source < target->first_source ||
	    target->source >= SOURCE_LAST)
		target->source = target->first_source;
	else
		target->source++;
}

/* The port is chosen by connect(), which knows the target and can share one
 * port between several. */
static int bind_source(const struct target *target, int fd)
{
	struct sockaddr_in source = {.sin_family = AF_INET};
	int on = 1;

	if (target->source == 0)
		return 0;
	source.sin_addr.s_addr =
		htonl(((uint32_t)IN_LOOPBACKNET << IN_CLASSA_NSHIFT) |
		      target->source);
	if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on,
		       sizeof(on)) < 0)
		return -1;
	return bind(fd, (struct sockaddr *)&source, sizeof(source));
}

/* A message must leave when it is written: waiting for more of them would
 * measure Nagle's algorithm and not the server. */
static int prepare(const struct target *target, int fd)
{
	int on = 1;

	if (target->address.kind == ADDRESS_UNIX)
		return 0;
	if (!target->is_single &&
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0)
		return -1;
	return bind_source(target, fd);
}

/* 0: done or begun.  Over loopback the handshake is over before connect()
 * returns, which still says EINPROGRESS: asking once more, one system call,
 * spares the wait for it and the question how it has ended. */
static int begin(const struct target *target, int fd, bool *is_connected)
{
	const struct address *address = &target->address;
	int status = connect(fd, &address->socket.generic, address->length);

	if (status < 0 && errno == EINPROGRESS && target->is_rotating)
		status = connect(fd, &address->socket.generic, address->length);
	*is_connected = status == 0;
	if (status == 0 || errno == EINPROGRESS || errno == EALREADY ||
	    errno == EINTR)
		return 0;
	return -1;
}

static int connect_once(const struct target *target, bool *is_connected)
{
	int number;
	int fd = socket(target->address.socket.generic.sa_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (prepare(target, fd) == 0 && begin(target, fd, is_connected) == 0)
		return fd;
	number = errno;
	close(fd);
	errno = number;
	return -1;
}

int target_connect(struct target *target, bool *is_connected)
{
	int i, fd = -1;

	if (!target->is_rotating)
		return connect_once(target, is_connected);
	if (target->use_count++ >= TARGET_SOURCE_USES)
		next_source(target);
	for (i = 0; i < SOURCE_TRIES; i++) {
		fd = connect_once(target, is_connected);
		if (fd >= 0 || errno != EADDRNOTAVAIL)
			break;
		next_source(target);
	}
	return fd;
}

int target_result(int fd)
{
	int number = 0;
	socklen_t size = sizeof(number);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &size) < 0)
		return errno;
	return number;
}
