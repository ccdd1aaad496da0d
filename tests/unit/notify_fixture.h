/* SPDX-License-Identifier: MIT */
/* notify_fixture.h - a service manager that hears what it is told, on a socket
 * of its own that goes with it. */
#ifndef COHORT_TESTS_NOTIFY_FIXTURE_H
#define COHORT_TESTS_NOTIFY_FIXTURE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "check.h"
#include "process/notify.h"

#define MANAGER_MESSAGE 4096

struct manager {
	struct notify notify; /* who tells it */
	char directory[64];
	char value[108]; /* of NOTIFY_SOCKET */
	int fd;
	size_t size; /* of the last message */
	char text[MANAGER_MESSAGE];
	int fds[NOTIFY_DESCRIPTORS];
	unsigned fd_count;
};

/* Also when it has lost its socket. */
static inline void manager_listen(struct manager *manager)
{
	const char *value = manager->value;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t size = strlen(value);

	REQUIRE(size < sizeof(address.sun_path));
	memcpy(address.sun_path, value, size);
	if (value[0] == '@')
		address.sun_path[0] = '\0';
	manager->fd =
		socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	REQUIRE(manager->fd >= 0);
	REQUIRE(bind(manager->fd, (struct sockaddr *)&address,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				 size)) == 0);
}

static inline void manager_start(struct manager *manager, bool is_abstract)
{
	struct error error;

	memset(manager, 0, sizeof(*manager));
	strcpy(manager->directory, "/tmp/cohort-test-notify.XXXXXX");
	REQUIRE(mkdtemp(manager->directory) != NULL);
	if (is_abstract)
		snprintf(manager->value, sizeof(manager->value),
			 "@cohort-test-notify-%d", (int)getpid());
	else
		snprintf(manager->value, sizeof(manager->value), "%s/socket",
			 manager->directory);
	manager_listen(manager);
	check_int(notify_open(&manager->notify, manager->value, &error), 0);
}

static inline void manager_stop(struct manager *manager)
{
	notify_close(&manager->notify);
	close(manager->fd);
	if (manager->value[0] == '/')
		CHECK(unlink(manager->value) == 0);
	CHECK(rmdir(manager->directory) == 0);
}

static inline void manager_take(struct manager *manager, struct msghdr *message)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);
	size_t size;

	manager->fd_count = 0;
	if (header == NULL)
		return;
	check_int(header->cmsg_level, SOL_SOCKET);
	check_int(header->cmsg_type, SCM_RIGHTS);
	size = header->cmsg_len - CMSG_LEN(0);
	REQUIRE(size <= sizeof(manager->fds));
	memcpy(manager->fds, CMSG_DATA(header), size);
	manager->fd_count = (unsigned)(size / sizeof(int));
}

/* False: there is no message. */
static inline bool manager_hear(struct manager *manager)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int) * NOTIFY_DESCRIPTORS)];
	} control;
	struct iovec piece = {manager->text, sizeof(manager->text) - 1};
	struct msghdr message = {
		.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t size = recvmsg(manager->fd, &message, MSG_CMSG_CLOEXEC);

	if (size < 0) {
		check_int(errno, EAGAIN);
		return false;
	}
	check_int(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC), 0);
	manager->size = (size_t)size;
	manager->text[size] = '\0';
	manager_take(manager, &message);
	return true;
}

/* One message of these bytes and `count` descriptors, and no other. */
static inline void manager_expect(struct manager *manager, const char *text,
				  unsigned count)
{
	REQUIRE(manager_hear(manager));
	check_string(manager->text, text);
	check_int(manager->size, strlen(text));
	check_int(manager->fd_count, count);
	CHECK(!manager_hear(manager));
}

#endif
