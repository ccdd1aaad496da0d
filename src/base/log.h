/* SPDX-License-Identifier: MIT */
/* log.h - one line per event, one write(2) per line, and never a wait.
 *
 * The only mutable global of the program lives behind these functions: the
 * sink.  Every process has its own copy; children inherit the descriptor.
 *
 *	2026-11-21T05:18:10.123Z info    worker 3[4711] text
 *
 * A line that finds no room (log_sink.h) is dropped and counted, and the next
 * one that fits is preceded by one that says how many are missing.
 *
 * Control characters and bytes above 126 are written as \xHH, so that no peer
 * can forge a line; quotes and backslashes stand for themselves.  A line is
 * cut at LOG_LINE_BYTES.
 *
 * With `format=json` a line is an object (log_line.h), in which the fields of
 * what happened stand beside the words. */
#ifndef COHORT_BASE_LOG_H
#define COHORT_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/log_event.h"
#include "base/log_sink.h"

/* The words of the levels as they are configured and printed. */
extern const char *const log_level_names[LOG_LEVELS];

/* Open the sink in place of the present one (log_sink_open), and log from
 * `level` on.  0, or -1 with words: everything is as before. */
int log_open_target(const struct log_target *target, enum log_level level,
		    struct error *error);

/* The same as text to a file, or to standard error if `path` is NULL. */
int log_open(const char *path, enum log_level level, struct error *error);

/* Was that the target of the last one that went well? */
bool log_is_at(const struct log_target *target);

/* Open the file or socket again under its name (after a log rotation).
 * Nothing happens to standard error.  On failure the old one stays in use. */
int log_reopen(struct error *error);

/* log_sink_mend of the sink. */
void log_mend(void);

/* Take `fd`, a descriptor that another process opened, as the sink in place
 * of the present one, which is closed.  Keeps the level; a NULL `form` keeps
 * the form. */
void log_adopt(int fd, const struct log_form *form);

/* What standard error was connected to by the journal, as JOURNAL_STREAM says
 * ("DEVICE:INODE"; NULL and nonsense: by nobody).  If it still is, lines to it
 * begin with their priority: sd-daemon(3).  Once, at the start. */
void log_set_journal(const char *stream);
const struct log_journal *log_journal(void);

/* The descriptor of the sink, or -1: to be kept across close_range, and to
 * be sent to a child that cannot open the file itself. */
int log_descriptor(void);

/* How lines look there: for a child that is sent the descriptor. */
const struct log_form *log_form(void);

/* The sink was moved to `fd` by dup: forget the old number. */
void log_moved(int fd);

/* "supervisor", "worker 3": what stands before the pid from now on.  A process
 * says so when it begins: it has dropped no line yet. */
void log_set_role(const char *role);

/* This process is the worker of a slot, for the lines' fields. */
void log_set_worker(unsigned slot, unsigned generation);

/* From this level on, whatever log_open said. */
void log_set_level(enum log_level level);

/* Asked of every message: no call. */
extern enum log_level log_least_level; /* log.c alone sets it */
static inline bool log_is_enabled(enum log_level level)
{
	return level >= log_least_level;
}

/* Lines that could not be written by this process since it began. */
uint64_t log_dropped_count(void);

/* One more, of another sink of this process. */
void log_note_dropped(void);

/* Cold, as all that write: what leads to a line lies apart from what is done
 * without one, and takes no room in the caches. */
void log_write(enum log_level level, const char *format, ...)
	__attribute__((cold, format(printf, 2, 3)));

/* What a line is about, for programs.  Zeroed: nothing in particular. */
struct log_fields {
	enum log_event event;
	int error;           /* an errno, or 0 */
	const char *service; /* its name, or NULL */
	uint64_t connection; /* its id in this process, or 0 */
	const char *reason;  /* of its end, or NULL */
	/* A worker that another process speaks of. */
	bool is_about_worker;
	unsigned slot;
	int worker_pid;      /* 0: none */
	unsigned generation; /* 0: none */
};
void log_write_fields(enum log_level level, const struct log_fields *fields,
		      const char *format, ...)
	__attribute__((cold, format(printf, 3, 4)));

/* For who writes lines of another sink: this process, now; and the object's
 * beginning, all that stands before its message. */
void log_origin_init(struct log_origin *origin, enum log_level level);
void log_put_head(struct log_line *line, const struct log_origin *origin,
		  const struct log_fields *fields);

/* log_event(LOG_LEVEL_INFO, LOG_FIELDS(.event = LOG_EVENT_…, …), "…"): nothing
 * is evaluated if nobody wants the line. */
#define LOG_FIELDS(...) (&(const struct log_fields){__VA_ARGS__})
#define log_event(level, fields, ...)                                          \
	do {                                                                   \
		if (log_is_enabled(level))                                     \
			log_write_fields(level, fields, __VA_ARGS__);          \
	} while (0)

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
	__attribute__((cold, format(printf, 3, 4)));

void log_event_limited(struct log_limit *limit, enum log_level level,
		       const struct log_fields *fields, const char *format, ...)
	__attribute__((cold, format(printf, 4, 5)));

/* The environment does not allow to go on: log at error, exit(status). */
void log_fatal(int status, const char *format, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

/* A mistake of the program itself: log at error, abort(). */
void log_bug(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

#endif
