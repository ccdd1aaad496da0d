/* SPDX-License-Identifier: MIT */
/* log.h - one line per event, one write(2) per line, and never a wait.
 *
 * The only mutable global of the program lives behind these functions: the
 * sink.  Every process has its own copy; children inherit the descriptor.
 *
 *	2026-11-21T05:18:10.123Z info    worker 3[4711] text
 *
 * A pipe, terminal or socket is written without blocking: what does not fit
 * is dropped and counted, and the next line that fits is preceded by one that
 * says how many are missing.  A full disk or a closed pipe does the same; for
 * the latter every process has to ignore SIGPIPE, which is not done here.  A
 * line that a full disk cut off is ended before the next one begins.
 *
 * Control characters and bytes above 126 are written as \xHH, so that no peer
 * can forge a line; quotes and backslashes stand for themselves.  A line is
 * cut at LOG_LINE_BYTES, which is less than PIPE_BUF: lines of several
 * processes do not mix in a pipe. */
#ifndef COHORT_BASE_LOG_H
#define COHORT_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define LOG_LINE_BYTES 2048

enum log_level {
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_ERROR,
	LOG_LEVELS,
};

/* The words of the levels as they are configured and printed. */
extern const char *const log_level_names[LOG_LEVELS];

/* Open the sink: standard error if `path` is NULL (a pipe or a terminal is
 * reopened so that its flags are our own; kernel.md 28), else the file,
 * appended to, created with mode 0640 and close-on-exec.  Where standard error
 * is closed, lines go nowhere and nothing fails.  On failure the earlier sink
 * stays.  A second call replaces the sink.  `path` is copied. */
int log_open(const char *path, enum log_level level, struct error *error);

/* Was that the `path` of the last log_open that went well? */
bool log_is_at(const char *path);

/* Open the file again under its name (after a log rotation).  Nothing
 * happens to standard error.  On failure the old file stays in use. */
int log_reopen(struct error *error);

/* Take `fd`, a descriptor that another process opened, as the sink in place
 * of the present one, which is closed.  Keeps the level. */
void log_adopt(int fd);

/* The descriptor of the sink, or -1: to be kept across close_range, and to
 * be sent to a child that cannot open the file itself. */
int log_descriptor(void);

/* The sink was moved to `fd` by dup: forget the old number. */
void log_moved(int fd);

/* "supervisor", "worker 3": what stands before the pid from now on.  A process
 * says so when it begins: it has dropped no line yet. */
void log_set_role(const char *role);

/* From this level on, whatever log_open said. */
void log_set_level(enum log_level level);

bool log_is_enabled(enum log_level level);

/* Lines that could not be written by this process since it began. */
uint64_t log_dropped_count(void);

void log_write(enum log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define log_debug(...)                                                         \
	do {                                                                   \
		if (log_is_enabled(LOG_LEVEL_DEBUG))                           \
			log_write(LOG_LEVEL_DEBUG, __VA_ARGS__);               \
	} while (0)
#define log_info(...)    log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_error(...)   log_write(LOG_LEVEL_ERROR, __VA_ARGS__)

/* A message that may come often: at most one line in LOG_LIMIT_MS; the next
 * one that is written says how many were held back.  Zeroed memory is a
 * ready limit. */
#define LOG_LIMIT_MS 5000
struct log_limit {
	int64_t next_ms;     /* monotonic; before it lines are held back */
	unsigned held_count; /* lines held back since the last written one */
};
void log_write_limited(struct log_limit *limit, enum log_level level,
		       const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The environment does not allow to go on: log at error, exit(status). */
void log_fatal(int status, const char *format, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

/* A mistake of the program itself: log at error, abort(). */
void log_bug(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

#endif
