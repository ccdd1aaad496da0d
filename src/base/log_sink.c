/* SPDX-License-Identifier: MIT */
/* log_sink.c - a descriptor that takes whole lines, and is never waited for. */
#include "base/log_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define CONNECT_AGAIN_MS 1000

/* ---- Opening --------------------------------------------------------- */

/* Standard error, in a description of our own where one can be had: its
 * flags must not change under the shell that shares it (kernel.md 28).  A
 * pipe or terminal of another user's cannot be reopened. */
static int open_stderr(void)
{
	const int flags =
		O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	struct stat status;
	int fd = -1;

	/* The number would soon be another descriptor's. */
	if (fstat(STDERR_FILENO, &status) < 0)
		return open("/dev/null", flags);
	if (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode))
		fd = open("/proc/self/fd/2", flags);
	if (fd < 0)
		fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	return fd;
}

static int open_file(const char *path, struct error *error)
{
	const int flags = O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK |
			  O_NOCTTY | O_CLOEXEC;
	int fd = open(path, flags, 0640);

	if (fd < 0)
		return error_set_errno(error, "cannot open log %s", path);
	return fd;
}

static int connect_to(int fd, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	return connect(fd, (const struct sockaddr *)&address, sizeof(address));
}

static int open_syslog(const char *path, struct error *error)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return error_set_errno(error, "cannot make a syslog socket");
	if (connect_to(fd, path) < 0) {
		error_set_errno(error, "cannot reach syslog at %s", path);
		close(fd);
		return -1;
	}
	return fd;
}

static void use_descriptor(struct log_sink *sink, int fd)
{
	struct stat status = {0};
	int flags = fd >= 0 ? fcntl(fd, F_GETFL) : 0;

	if (fd >= 0 && fstat(fd, &status) < 0)
		status.st_mode = 0;
	if (sink->fd >= 0)
		close(sink->fd);
	sink->fd = fd;
	sink->is_socket = S_ISSOCK(status.st_mode);
	sink->may_block = !(flags & O_NONBLOCK) &&
			  (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode));
	sink->connect_at_ms = 0;
	/* A reopened file may be the one that holds the broken line. */
	if (status.st_size == 0)
		sink->is_broken_line = false;
}

static bool is_of_journal(const struct log_journal *journal)
{
	struct stat status;

	return journal->is_known && fstat(STDERR_FILENO, &status) == 0 &&
	       status.st_dev == journal->device &&
	       status.st_ino == journal->inode;
}

void log_sink_init(struct log_sink *sink)
{
	memset(sink, 0, sizeof(*sink));
	sink->fd = -1;
}

static const char *path_of(const struct log_target *target)
{
	return target->path != NULL ? target->path : "";
}

/* The descriptor, -1 for none; -2 with words. */
static int open_target(const struct log_target *target, struct error *error)
{
	int fd = -1;

	switch (target->form.kind) {
	case LOG_TO_STDERR: return open_stderr();
	case LOG_TO_FILE: fd = open_file(path_of(target), error); break;
	case LOG_TO_SYSLOG: fd = open_syslog(target->form.socket, error); break;
	default: return -1;
	}
	return fd < 0 ? -2 : fd;
}

int log_sink_open(struct log_sink *sink, const struct log_target *target,
		  const struct log_journal *journal, struct error *error)
{
	const char *path = path_of(target);
	int fd;

	if (strlen(path) >= sizeof(sink->path))
		return error_set(error, "log: the path is longer than %zu",
				 sizeof(sink->path) - 1);
	fd = open_target(target, error);
	if (fd < -1)
		return -1;
	/* With no descriptor left either, descriptor 2 is used as it is. */
	use_descriptor(sink, fd);
	sink->form = target->form;
	sink->form.is_journal =
		target->form.kind == LOG_TO_STDERR && is_of_journal(journal);
	snprintf(sink->path, sizeof(sink->path), "%s", path);
	return 0;
}

bool log_sink_is_at(const struct log_sink *sink,
		    const struct log_target *target)
{
	const struct log_target own = {.form = sink->form, .path = sink->path};

	return log_target_is_same(&own, target);
}

int log_sink_reopen(struct log_sink *sink, struct error *error)
{
	const struct log_target own = {.form = sink->form, .path = sink->path};
	int fd;

	if (own.form.kind == LOG_TO_STDERR || own.form.kind == LOG_TO_NOWHERE)
		return 0;
	fd = open_target(&own, error);
	if (fd < -1)
		return -1;
	use_descriptor(sink, fd);
	return 0;
}

void log_sink_adopt(struct log_sink *sink, int fd, const struct log_form *form)
{
	use_descriptor(sink, fd);
	if (form != NULL)
		sink->form = *form;
}

/* ---- Writing --------------------------------------------------------- */

/* By enum log_level: debug, informational, warning, error (RFC 3164 4.1.1). */
static const int severities[LOG_LEVELS] = {7, 6, 4, 3};

void log_sink_begin(const struct log_sink *sink, struct log_line *line,
		    const struct log_origin *origin)
{
	const struct log_form *form = &sink->form;
	int severity = severities[origin->level];

	line->size = 0;
	if (sink->is_broken_line)
		log_line_put(line, "\n");
	if (form->is_journal)
		log_line_put(line, "<%d>", severity);
	if (form->kind != LOG_TO_SYSLOG)
		return;
	log_line_put(line, "<%d>", form->facility * 8 + severity);
	log_line_put_local_time(line, origin->wall_ms);
	log_line_put(line, " %s[%d]: ", form->tag, origin->pid);
}

/* A pipe that is writable takes a whole line: it is shorter than PIPE_BUF. */
static bool has_room(int fd)
{
	struct pollfd poller = {.fd = fd, .events = POLLOUT};

	return poll(&poller, 1, 0) == 1;
}

static ssize_t write_once(const struct log_sink *sink, const char *bytes,
			  size_t size)
{
	int fd = sink->fd >= 0 ? sink->fd : STDERR_FILENO;
	ssize_t written;

	do {
		if (sink->is_socket)
			written = send(fd, bytes, size,
				       MSG_DONTWAIT | MSG_NOSIGNAL);
		else
			written = write(fd, bytes, size);
	} while (written < 0 && errno == EINTR);
	return written;
}

/* Its reader is gone, and another one may be there by now.  No more than one
 * try a second: it costs a look at the file system. */
static bool is_connected_again(struct log_sink *sink)
{
	int64_t now_ms;

	if (errno != ECONNREFUSED && errno != ENOTCONN && errno != ECONNRESET &&
	    errno != EPIPE)
		return false;
	now_ms = clock_now_ms();
	if (now_ms < sink->connect_at_ms)
		return false;
	sink->connect_at_ms = now_ms + CONNECT_AGAIN_MS;
	return connect_to(sink->fd, sink->form.socket) == 0;
}

void log_sink_mend(struct log_sink *sink)
{
	struct sockaddr_un address;
	socklen_t size = sizeof(address);

	/* A child's own tries fail where it has no way to the socket.  What
	 * cannot be done now is done the next time. */
	if (sink->form.kind == LOG_TO_SYSLOG &&
	    getpeername(sink->fd, (struct sockaddr *)&address, &size) < 0)
		connect_to(sink->fd, sink->form.socket);
}

static int write_datagram(struct log_sink *sink, const struct log_line *line)
{
	ssize_t written = write_once(sink, line->bytes, line->size);

	if (written < 0 && is_connected_again(sink))
		written = write_once(sink, line->bytes, line->size);
	return written < 0 ? -1 : 0;
}

int log_sink_write(struct log_sink *sink, struct log_line *line)
{
	ssize_t written;

	if (sink->form.kind == LOG_TO_NOWHERE)
		return 0;
	if (sink->form.kind == LOG_TO_SYSLOG)
		return write_datagram(sink, line);
	log_line_end(line);
	if (sink->may_block &&
	    !has_room(sink->fd >= 0 ? sink->fd : STDERR_FILENO))
		return -1;
	written = write_once(sink, line->bytes, line->size);
	if (written > 0 && (size_t)written < line->size)
		sink->is_broken_line = true;
	if (written != (ssize_t)line->size)
		return -1;
	sink->is_broken_line = false;
	return 0;
}
