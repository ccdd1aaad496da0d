/* SPDX-License-Identifier: MIT */
/* log_sink.h - a descriptor that takes whole lines, and is never waited for.
 *
 * A process has one for the log (log.c) and, if it serves connections, one
 * for the access log.  A pipe, terminal or socket is written without
 * blocking: what does not fit is dropped and counted.  A full disk or a closed
 * pipe does the same; for the latter every process has to ignore SIGPIPE.  A
 * line that a full disk cut off is ended before the next one begins.
 *
 * A line is less than PIPE_BUF: lines of several processes do not mix.
 *
 * syslog is a datagram a line to the local socket, in RFC 3164's local form:
 * `<PRI>Nov 21 05:18:10 TAG[PID]: …`.  Children share the description: when the
 * syslog daemon was restarted, whoever may see its socket connects for all. */
#ifndef COHORT_BASE_LOG_SINK_H
#define COHORT_BASE_LOG_SINK_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/log_line.h"
#include "base/log_target.h"

enum log_level {
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_ERROR,
	LOG_LEVELS,
};

/* Which stream of the journal standard error was connected to at the start:
 * systemd.exec(5), JOURNAL_STREAM. */
struct log_journal {
	bool is_known;
	dev_t device;
	ino_t inode;
};

struct log_sink {
	int fd; /* -1: not opened; descriptor 2 is used as it is */
	struct log_form form;
	bool is_socket;
	bool may_block;
	bool is_broken_line;    /* a line was cut off by a full disk */
	int64_t connect_at_ms;  /* monotonic; not tried before */
	uint64_t dropped_count; /* lines that could not be written */
	char path[PATH_MAX];    /* of a file; else "" */
};

/* Whose line it is. */
struct log_origin {
	enum log_level level;
	int pid;
	int64_t wall_ms;
};

/* Before anything else: descriptor 2, text. */
void log_sink_init(struct log_sink *sink);

/* Open `target` in place of what is open: standard error (a pipe or a terminal
 * is reopened so that its flags are our own; kernel.md 28), a file, appended
 * to, created with mode 0640, the syslog socket, or nothing; close-on-exec.
 * Where standard error is closed, lines go nowhere and nothing fails.  0, or
 * -1 with words: the earlier one stays.  `target` is copied. */
int log_sink_open(struct log_sink *sink, const struct log_target *target,
		  const struct log_journal *journal, struct error *error);

/* Is that what the last log_sink_open that went well opened? */
bool log_sink_is_at(const struct log_sink *sink,
		    const struct log_target *target);

/* Open file or socket again under its name (after a log rotation).  Nothing
 * happens to standard error.  On failure the old one stays in use. */
int log_sink_reopen(struct log_sink *sink, struct error *error);

/* If another process has found syslog gone: connect again, if it is back. */
void log_sink_mend(struct log_sink *sink);

/* Take `fd`, a descriptor that another process opened, in place of the present
 * one, which is closed; -1: none.  NULL: the form stays as it was. */
void log_sink_adopt(struct log_sink *sink, int fd, const struct log_form *form);

/* What stands before a line's text: the end of a broken line, and what syslog
 * or the journal want. */
void log_sink_begin(const struct log_sink *sink, struct log_line *line,
		    const struct log_origin *origin);

/* End the line and write it.  0, or -1 if it could not be written whole; errno
 * is lost. */
int log_sink_write(struct log_sink *sink, struct log_line *line);

#endif
