/* SPDX-License-Identifier: MIT */
/* notify.c - datagrams to a service manager, and the environment from it. */
#include "process/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

#define PATH_OFFSET   offsetof(struct sockaddr_un, sun_path)
#define PATH_ROOM     sizeof(((struct sockaddr_un *)0)->sun_path)
#define STATE_BYTES   64 /* what goes with words or a name, and numbers */
#define MESSAGE_BYTES (NOTIFY_STATUS_BYTES + STATE_BYTES)
#define CONTROL_BYTES CMSG_SPACE(sizeof(int) * NOTIFY_DESCRIPTORS)
#define UNNAMED       "unknown" /* sd_listen_fds_with_names(3) */

_Static_assert(NOTIFY_NAME_BYTES <= NOTIFY_STATUS_BYTES,
	       "a message has room for a name");

union control {
	struct cmsghdr header; /* for its alignment */
	char bytes[CONTROL_BYTES];
};

/* ---- The socket ---- */

/* An abstract name has no NUL at its end, a path has one. */
static int parse_address(struct notify *notify, const char *value,
			 struct error *error)
{
	bool is_abstract = value[0] == '@';
	size_t size = strlen(value);

	if ((!is_abstract && value[0] != '/') || size < 2)
		return error_set(error,
				 "NOTIFY_SOCKET is no /path or @name of a unix "
				 "socket: \"%s\"",
				 value);
	if (!is_abstract)
		size++;
	if (size > PATH_ROOM)
		return error_set(error,
				 "NOTIFY_SOCKET is longer than the address of "
				 "a unix socket: \"%s\"",
				 value);
	notify->address.sun_family = AF_UNIX;
	memcpy(notify->address.sun_path, value, size);
	if (is_abstract)
		notify->address.sun_path[0] = '\0';
	notify->length = (socklen_t)(PATH_OFFSET + size);
	return 0;
}

int notify_open(struct notify *notify, const char *value, struct error *error)
{
	memset(notify, 0, sizeof(*notify));
	notify->fd = -1;
	if (value == NULL || value[0] == '\0')
		return 0;
	if (parse_address(notify, value, error) < 0)
		return -1;
	notify->fd =
		socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (notify->fd < 0)
		return error_set_errno(error,
				       "cannot open a socket to the service "
				       "manager");
	return 0;
}

void notify_close(struct notify *notify)
{
	if (notify->fd >= 0)
		close(notify->fd);
	notify->fd = -1;
}

bool notify_is_on(const struct notify *notify)
{
	return notify->fd >= 0;
}

/* ---- Sending ---- */

static int refuse(const struct notify *notify, struct error *error)
{
	const char *path = notify->address.sun_path;
	int room = (int)(notify->length - PATH_OFFSET);

	if (path[0] == '\0')
		return error_set_errno(
			error, "cannot tell the service manager at @%.*s",
			room - 1, path + 1);
	return error_set_errno(error, "cannot tell the service manager at %s",
			       path);
}

static int send_message(const struct notify *notify, struct msghdr *message,
			struct error *error)
{
	ssize_t sent;

	/* It is only read. */
	message->msg_name = (void *)&notify->address;
	message->msg_namelen = notify->length;
	do
		sent = sendmsg(notify->fd, message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? refuse(notify, error) : 0;
}

static int tell(const struct notify *notify, struct error *error,
		const char *format, ...) __attribute__((format(printf, 3, 4)));

static int tell(const struct notify *notify, struct error *error,
		const char *format, ...)
{
	char text[MESSAGE_BYTES];
	struct iovec piece = {.iov_base = text};
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
	va_list arguments;

	if (notify->fd < 0)
		return 0;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	piece.iov_len = strlen(text);
	return send_message(notify, &message, error);
}

/* ---- States ---- */

static bool is_control(char byte)
{
	return (unsigned char)byte < ' ' || byte == 127;
}

/* Words that a manager takes for a status: it refuses half a character. */
static const char *clean(char out[NOTIFY_STATUS_BYTES + 1], const char *words)
{
	size_t size = strlen(words), i;

	if (size > NOTIFY_STATUS_BYTES) {
		size = NOTIFY_STATUS_BYTES;
		while (size > 0 && ((unsigned char)words[size] & 0xc0) == 0x80)
			size--;
	}
	for (i = 0; i < size; i++)
		out[i] = is_control(words[i]) ? ' ' : words[i];
	out[size] = '\0';
	return out;
}

int notify_ready(const struct notify *notify, const char *words,
		 struct error *error)
{
	char status[NOTIFY_STATUS_BYTES + 1];

	if (words == NULL)
		return tell(notify, error, "READY=1");
	return tell(notify, error, "READY=1\nSTATUS=%s", clean(status, words));
}

int notify_reloading(const struct notify *notify, uint64_t monotonic_usec,
		     struct error *error)
{
	return tell(notify, error, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		    monotonic_usec);
}

int notify_stopping(const struct notify *notify, struct error *error)
{
	return tell(notify, error, "STOPPING=1");
}

int notify_status(const struct notify *notify, const char *words,
		  struct error *error)
{
	char status[NOTIFY_STATUS_BYTES + 1];

	return tell(notify, error, "STATUS=%s", clean(status, words));
}

int notify_watchdog(const struct notify *notify, struct error *error)
{
	return tell(notify, error, "WATCHDOG=1");
}

int notify_extend(const struct notify *notify, uint64_t usec,
		  struct error *error)
{
	return tell(notify, error, "EXTEND_TIMEOUT_USEC=%" PRIu64, usec);
}

int notify_main_pid(const struct notify *notify, pid_t pid, struct error *error)
{
	return tell(notify, error, "MAINPID=%d", (int)pid);
}

/* ---- Descriptors kept for us ---- */

static bool is_name(const char *name, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (name[i] < ' ' || name[i] > '~' || name[i] == ':')
			return false;
	return size <= NOTIFY_NAME_BYTES;
}

static int check_name(const char *name, struct error *error)
{
	if (name[0] != '\0' && is_name(name, strlen(name)))
		return 0;
	return error_set(error,
			 "the name of a stored descriptor is 1 to %d printable "
			 "characters without a colon, not \"%s\"",
			 NOTIFY_NAME_BYTES, name);
}

static void add_descriptors(struct msghdr *message, union control *control,
			    const int *fds, unsigned count)
{
	size_t size = count * sizeof(int);
	struct cmsghdr *header;

	memset(control, 0, sizeof(*control));
	message->msg_control = control->bytes;
	message->msg_controllen = CMSG_SPACE(size);
	header = CMSG_FIRSTHDR(message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(header), fds, size);
}

int notify_store(const struct notify *notify, const char *name, const int *fds,
		 unsigned count, struct error *error)
{
	char text[MESSAGE_BYTES];
	struct iovec piece = {.iov_base = text};
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
	union control control;

	if (notify->fd < 0)
		return 0;
	if (check_name(name, error) < 0)
		return -1;
	if (count > NOTIFY_DESCRIPTORS)
		return error_set(error,
				 "cannot store %u descriptors as \"%s\" at "
				 "once, at most %d",
				 count, name, NOTIFY_DESCRIPTORS);
	if (count == 0)
		return 0;
	snprintf(text, sizeof(text), "FDSTORE=1\nFDNAME=%s\nFDPOLL=0", name);
	piece.iov_len = strlen(text);
	add_descriptors(&message, &control, fds, count);
	return send_message(notify, &message, error);
}

int notify_remove(const struct notify *notify, const char *name,
		  struct error *error)
{
	if (notify->fd < 0)
		return 0;
	if (check_name(name, error) < 0)
		return -1;
	return tell(notify, error, "FDSTOREREMOVE=1\nFDNAME=%s", name);
}

/* ---- The environment ---- */

static int parse_pid(const char *word, pid_t *pid)
{
	uint64_t number;

	if (text_parse_number(word, &number) < 0 || number == 0 ||
	    number > INT_MAX)
		return -1;
	*pid = (pid_t)number;
	return 0;
}

int64_t notify_watchdog_interval(const char *usec, const char *pid, pid_t own)
{
	uint64_t period_usec;
	pid_t asked = own;

	/* The largest number stands for "never". */
	if (usec == NULL || text_parse_number(usec, &period_usec) < 0 ||
	    period_usec == 0 || period_usec == UINT64_MAX)
		return -1;
	if (pid != NULL && parse_pid(pid, &asked) < 0)
		return -1;
	if (asked != own)
		return -1;
	return period_usec < 2000 ? 1 : (int64_t)(period_usec / 2000);
}

static uint64_t count_names(const char *names)
{
	uint64_t count = 1;

	for (; *names != '\0'; names++)
		count += *names == ':';
	return count;
}

/* The next of `*names`, which are as many as are asked for. */
static int take_name(struct notify_inherited *out, const char **names,
		     struct error *error)
{
	size_t size = strcspn(*names, ":");

	if (!is_name(*names, size))
		return error_set(error,
				 "LISTEN_FDNAMES has \"%.*s\", which is no "
				 "name of a descriptor",
				 (int)size, *names);
	memcpy(out->name, *names, size);
	out->name[size] = '\0';
	*names += size;
	*names += **names == ':';
	return 0;
}

static int take_all(const char *names, struct notify_inherited *out,
		    unsigned count, struct error *error)
{
	unsigned i;

	for (i = 0; i < count; i++) {
		out[i].fd = NOTIFY_LISTEN_FIRST + (int)i;
		if (names == NULL)
			memcpy(out[i].name, UNNAMED, sizeof(UNNAMED));
		else if (take_name(&out[i], &names, error) < 0)
			return -1;
	}
	return (int)count;
}

int notify_listen_fds(const struct notify_listen *told, pid_t own,
		      struct notify_inherited *out, unsigned room,
		      struct error *error)
{
	uint64_t count;
	pid_t asked;

	if (told->pid == NULL)
		return 0;
	if (parse_pid(told->pid, &asked) < 0)
		return error_set(error, "LISTEN_PID \"%s\" is no process id",
				 told->pid);
	if (asked != own || told->fds == NULL)
		return 0;
	if (text_parse_number(told->fds, &count) < 0 || count == 0)
		return error_set(error,
				 "LISTEN_FDS \"%s\" is no number of "
				 "descriptors",
				 told->fds);
	if (count > room)
		return error_set(error,
				 "LISTEN_FDS is %s, but at most %u descriptors "
				 "can be taken",
				 told->fds, room);
	if (told->names != NULL && count_names(told->names) != count)
		return error_set(error,
				 "LISTEN_FDNAMES has %" PRIu64
				 " names for %s "
				 "descriptors",
				 count_names(told->names), told->fds);
	return take_all(told->names, out, (unsigned)count, error);
}
