/* SPDX-License-Identifier: MIT */
/* log.c - the sink, and one write(2) per line. */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define ROLE_BYTES 32
#define HELD_BYTES 256 /* more than the words on lines held back need */

const char *const log_level_names[LOG_LEVELS] = {
	[LOG_LEVEL_DEBUG] = "debug",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_ERROR] = "error",
};

/* The only mutable global of the program. */
static struct {
	int fd; /* -1: not opened; descriptor 2 is used as it is */
	bool is_socket;
	bool may_block;
	bool is_broken_line; /* a line was cut off by a full disk */
	enum log_level level;
	uint64_t dropped_count;
	uint64_t reported_count; /* of those, already said in the log */
	char role[ROLE_BYTES];
	char path[PATH_MAX]; /* "" for standard error */
} sink = {.fd = -1, .level = LOG_LEVEL_INFO, .role = "cohort"};

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

static void use_descriptor(int fd)
{
	struct stat status = {0};
	int flags = fd >= 0 ? fcntl(fd, F_GETFL) : 0;

	if (fd >= 0 && fstat(fd, &status) < 0)
		status.st_mode = 0;
	if (sink.fd >= 0)
		close(sink.fd);
	sink.fd = fd;
	sink.is_socket = S_ISSOCK(status.st_mode);
	sink.may_block = !(flags & O_NONBLOCK) &&
			 (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode));
	/* A reopened file may be the one that holds the broken line. */
	if (status.st_size == 0)
		sink.is_broken_line = false;
}

int log_open(const char *path, enum log_level level, struct error *error)
{
	int fd;

	if (path != NULL && strlen(path) >= sizeof(sink.path))
		return error_set(error, "log: the path is longer than %zu",
				 sizeof(sink.path) - 1);
	fd = path != NULL ? open_file(path, error) : open_stderr();
	if (fd < 0 && path != NULL)
		return -1;
	/* With no descriptor left either, descriptor 2 is used as it is. */
	use_descriptor(fd);
	sink.level = level;
	snprintf(sink.path, sizeof(sink.path), "%s", path != NULL ? path : "");
	return 0;
}

bool log_is_at(const char *path)
{
	return strcmp(sink.path, path != NULL ? path : "") == 0;
}

int log_reopen(struct error *error)
{
	int fd;

	if (sink.path[0] == '\0')
		return 0;
	fd = open_file(sink.path, error);
	if (fd < 0)
		return -1;
	use_descriptor(fd);
	return 0;
}

void log_adopt(int fd)
{
	use_descriptor(fd);
}

int log_descriptor(void)
{
	return sink.fd;
}

void log_moved(int fd)
{
	sink.fd = fd;
}

void log_set_role(const char *role)
{
	snprintf(sink.role, sizeof(sink.role), "%s", role);
	sink.dropped_count = 0;
	sink.reported_count = 0;
}

void log_set_level(enum log_level level)
{
	sink.level = level;
}

bool log_is_enabled(enum log_level level)
{
	return level >= sink.level;
}

uint64_t log_dropped_count(void)
{
	return sink.dropped_count;
}

static size_t format_head(char *out, size_t room, enum log_level level)
{
	int64_t now_ms = clock_wall_ms();
	time_t seconds = (time_t)(now_ms / 1000);
	struct tm utc;
	size_t used;

	gmtime_r(&seconds, &utc);
	used = strftime(out, room, "%Y-%m-%dT%H:%M:%S", &utc);
	used += (size_t)snprintf(out + used, room - used, ".%03dZ %-7s %s[%d] ",
				 (int)(now_ms % 1000), log_level_names[level],
				 sink.role, (int)getpid());
	return used;
}

/* A backslash stands for itself, so that text which was escaped by its author
 * is not escaped twice. */
static size_t append_message(char *out, size_t room, const char *message)
{
	size_t used = 0;

	for (; *message != '\0'; message++) {
		unsigned char byte = (unsigned char)*message;
		bool is_plain = byte >= 32 && byte <= 126;

		if (used + 5 > room)
			break;
		if (is_plain)
			out[used++] = (char)byte;
		else
			used += (size_t)snprintf(out + used, 5, "\\x%02x",
						 byte);
	}
	return used;
}

/* A pipe that is writable takes a whole line: it is shorter than PIPE_BUF. */
static bool has_room(int fd)
{
	struct pollfd poller = {.fd = fd, .events = POLLOUT};

	return poll(&poller, 1, 0) == 1;
}

/* 0, or -1 if the line could not be written whole. */
static int write_line(const char *line, size_t size)
{
	int fd = sink.fd >= 0 ? sink.fd : STDERR_FILENO;
	ssize_t written;

	if (sink.may_block && !has_room(fd))
		return -1;
	do {
		if (sink.is_socket)
			written = send(fd, line, size,
				       MSG_DONTWAIT | MSG_NOSIGNAL);
		else
			written = write(fd, line, size);
	} while (written < 0 && errno == EINTR);
	if (written > 0 && (size_t)written < size)
		sink.is_broken_line = true;
	return written == (ssize_t)size ? 0 : -1;
}

static int write_message(enum log_level level, const char *message)
{
	char line[LOG_LINE_BYTES];
	size_t used = 0;

	if (sink.is_broken_line)
		line[used++] = '\n';
	used += format_head(line + used, sizeof(line) - used, level);
	used += append_message(line + used, sizeof(line) - used - 1, message);
	line[used++] = '\n';
	if (write_line(line, used) < 0)
		return -1;
	sink.is_broken_line = false;
	return 0;
}

static void emit(enum log_level level, const char *message)
{
	int saved = errno;

	if (sink.dropped_count > sink.reported_count) {
		uint64_t missing = sink.dropped_count - sink.reported_count;
		char words[64];

		snprintf(words, sizeof(words),
			 "log: %llu lines could not be written",
			 (unsigned long long)missing);
		if (write_message(LOG_LEVEL_WARNING, words) == 0)
			sink.reported_count += missing;
	}
	if (sink.dropped_count > sink.reported_count ||
	    write_message(level, message) < 0)
		sink.dropped_count++;
	errno = saved;
}

__attribute__((format(printf, 2, 0))) static void
emit_format(enum log_level level, const char *format, va_list arguments)
{
	char message[LOG_LINE_BYTES];

	vsnprintf(message, sizeof(message), format, arguments);
	emit(level, message);
}

void log_write(enum log_level level, const char *format, ...)
{
	va_list arguments;

	if (!log_is_enabled(level))
		return;
	va_start(arguments, format);
	emit_format(level, format, arguments);
	va_end(arguments);
}

void log_write_limited(struct log_limit *limit, enum log_level level,
		       const char *format, ...)
{
	char message[LOG_LINE_BYTES];
	int64_t now_ms = clock_now_ms();
	va_list arguments;
	size_t used;

	if (!log_is_enabled(level))
		return;
	if (now_ms < limit->next_ms) {
		limit->held_count++;
		return;
	}
	va_start(arguments, format);
	vsnprintf(message, sizeof(message) - HELD_BYTES, format, arguments);
	va_end(arguments);
	used = strlen(message);
	if (limit->held_count > 0)
		snprintf(message + used, sizeof(message) - used,
			 " (%u more like this were held back)",
			 limit->held_count);
	limit->held_count = 0;
	limit->next_ms = now_ms + LOG_LIMIT_MS;
	emit(level, message);
}

void log_fatal(int status, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	emit_format(LOG_LEVEL_ERROR, format, arguments);
	va_end(arguments);
	exit(status);
}

void log_bug(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	emit_format(LOG_LEVEL_ERROR, format, arguments);
	va_end(arguments);
	abort();
}
