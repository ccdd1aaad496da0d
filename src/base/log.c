/* SPDX-License-Identifier: MIT */
/* log.c - one line per event, in the form that was asked for. */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/errno_name.h"

#define ROLE_BYTES       32
#define HELD_BYTES       256 /* more than the words on lines held back need */
#define CONNECTION_BYTES 40

const char *const log_level_names[LOG_LEVELS] = {
	[LOG_LEVEL_DEBUG] = "debug",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_ERROR] = "error",
};

/* The only mutable global of the program. */
static struct {
	struct log_sink sink;
	uint64_t reported_count; /* of lines dropped, already said in the log */
	uint64_t other_count;    /* of lines dropped, of other sinks */
	char role[ROLE_BYTES];
	bool is_worker;
	unsigned slot;
	unsigned generation;
	struct log_journal journal;
} own = {.sink = {.fd = -1}, .role = "cohort"};

enum log_level log_least_level = LOG_LEVEL_INFO;

/* ---- Where to -------------------------------------------------------- */

int log_open_target(const struct log_target *target, enum log_level level,
		    struct error *error)
{
	if (log_sink_open(&own.sink, target, &own.journal, error) < 0)
		return -1;
	log_least_level = level;
	return 0;
}

int log_open(const char *path, enum log_level level, struct error *error)
{
	const struct log_target target = {
		.form.kind = path != NULL ? LOG_TO_FILE : LOG_TO_STDERR,
		.path = path,
	};

	return log_open_target(&target, level, error);
}

bool log_is_at(const struct log_target *target)
{
	return log_sink_is_at(&own.sink, target);
}

int log_reopen(struct error *error)
{
	return log_sink_reopen(&own.sink, error);
}

void log_mend(void)
{
	log_sink_mend(&own.sink);
}

void log_adopt(int fd, const struct log_form *form)
{
	log_sink_adopt(&own.sink, fd, form);
}

void log_set_journal(const char *stream)
{
	unsigned long long device, inode;
	char *end;

	if (stream == NULL)
		return;
	device = strtoull(stream, &end, 10);
	if (end == stream || *end != ':')
		return;
	stream = end + 1;
	inode = strtoull(stream, &end, 10);
	if (end == stream || *end != '\0')
		return;
	own.journal.is_known = true;
	own.journal.device = (dev_t)device;
	own.journal.inode = (ino_t)inode;
}

const struct log_journal *log_journal(void)
{
	return &own.journal;
}

int log_descriptor(void)
{
	return own.sink.fd;
}

const struct log_form *log_form(void)
{
	return &own.sink.form;
}

void log_moved(int fd)
{
	own.sink.fd = fd;
}

void log_set_role(const char *role)
{
	snprintf(own.role, sizeof(own.role), "%s", role);
	own.sink.dropped_count = 0;
	own.reported_count = 0;
	own.other_count = 0;
	own.is_worker = false;
}

void log_set_worker(unsigned slot, unsigned generation)
{
	own.is_worker = true;
	own.slot = slot;
	own.generation = generation;
}

void log_set_level(enum log_level level)
{
	log_least_level = level;
}

uint64_t log_dropped_count(void)
{
	return own.sink.dropped_count + own.other_count;
}

void log_note_dropped(void)
{
	own.other_count++;
}

/* ---- One line -------------------------------------------------------- */

void log_origin_init(struct log_origin *origin, enum log_level level)
{
	origin->level = level;
	origin->pid = (int)getpid();
	origin->wall_ms = clock_wall_ms();
}

/* The program that takes the lines has the time, and knows whose they are. */
static void put_words_head(struct log_line *line,
			   const struct log_origin *origin)
{
	if (own.sink.form.kind == LOG_TO_SYSLOG) {
		log_line_put(line, "%s: ", own.role);
		return;
	}
	log_line_put_time(line, origin->wall_ms);
	log_line_put(line, " %-7s %s[%d] ", log_level_names[origin->level],
		     own.role, origin->pid);
}

static void put_time(struct log_line *line, int64_t wall_ms)
{
	struct log_line time;

	time.size = 0;
	log_line_put_time(&time, wall_ms);
	time.bytes[time.size] = '\0';
	log_line_put_string(line, "time", time.bytes);
}

static void put_worker(struct log_line *line, const struct log_fields *fields)
{
	unsigned generation = fields->generation;

	if (own.is_worker)
		log_line_put_number(line, "worker", own.slot);
	else if (fields->is_about_worker)
		log_line_put_number(line, "worker", fields->slot);
	if (fields->worker_pid > 0)
		log_line_put_number(line, "worker_pid",
				    (uint64_t)fields->worker_pid);
	if (generation == 0 && own.is_worker)
		generation = own.generation;
	if (generation > 0)
		log_line_put_number(line, "generation", generation);
}

static void put_connection(struct log_line *line,
			   const struct log_origin *origin, uint64_t id)
{
	char word[CONNECTION_BYTES];

	if (id == 0)
		return;
	snprintf(word, sizeof(word), "%d-%llu", origin->pid,
		 (unsigned long long)id);
	log_line_put_string(line, "connection", word);
}

void log_put_head(struct log_line *line, const struct log_origin *origin,
		  const struct log_fields *fields)
{
	log_line_begin_object(line);
	put_time(line, origin->wall_ms);
	log_line_put_string(line, "level", log_level_names[origin->level]);
	log_line_put_number(line, "pid", (uint64_t)origin->pid);
	log_line_put_string(line, "role", own.is_worker ? "worker" : own.role);
	put_worker(line, fields);
	log_line_put_string(line, "event", log_event_names[fields->event]);
	log_line_put_string(line, "service", fields->service);
	put_connection(line, origin, fields->connection);
	log_line_put_string(line, "reason", fields->reason);
	if (fields->error != 0)
		log_line_put_string(line, "error", errno_name(fields->error));
}

static int write_message(enum log_level level, const struct log_fields *fields,
			 const char *message)
{
	struct log_origin origin;
	struct log_line line;

	log_origin_init(&origin, level);
	log_sink_begin(&own.sink, &line, &origin);
	if (own.sink.form.format == LOG_FORMAT_JSON) {
		log_put_head(&line, &origin, fields);
		log_line_put_message(&line, message);
		log_line_end_object(&line);
	} else {
		put_words_head(&line, &origin);
		log_line_put_words(&line, message);
	}
	return log_sink_write(&own.sink, &line);
}

static void emit(enum log_level level, const struct log_fields *fields,
		 const char *message)
{
	uint64_t missing = own.sink.dropped_count - own.reported_count;
	int saved = errno;

	if (missing > 0) {
		char words[64];

		snprintf(words, sizeof(words),
			 "log: %llu lines could not be written",
			 (unsigned long long)missing);
		if (write_message(LOG_LEVEL_WARNING,
				  LOG_FIELDS(.event = LOG_EVENT_LOG_DROPPED),
				  words) == 0)
			own.reported_count += missing;
	}
	if (own.sink.dropped_count > own.reported_count ||
	    write_message(level, fields, message) < 0)
		own.sink.dropped_count++;
	errno = saved;
}

__attribute__((format(printf, 3, 0))) static void
emit_format(enum log_level level, const struct log_fields *fields,
	    const char *format, va_list arguments)
{
	char message[LOG_LINE_BYTES];

	vsnprintf(message, sizeof(message), format, arguments);
	emit(level, fields, message);
}

void log_write(enum log_level level, const char *format, ...)
{
	va_list arguments;

	if (!log_is_enabled(level))
		return;
	va_start(arguments, format);
	emit_format(level, LOG_FIELDS(0), format, arguments);
	va_end(arguments);
}

void log_write_fields(enum log_level level, const struct log_fields *fields,
		      const char *format, ...)
{
	va_list arguments;

	if (!log_is_enabled(level))
		return;
	va_start(arguments, format);
	emit_format(level, fields, format, arguments);
	va_end(arguments);
}

/* ---- Lines that may come often --------------------------------------- */

static bool is_held_back(struct log_limit *limit, enum log_level level)
{
	int64_t now_ms;

	if (!log_is_enabled(level))
		return true;
	now_ms = clock_now_ms();
	if (now_ms < limit->next_ms) {
		limit->held_count++;
		return true;
	}
	limit->next_ms = now_ms + LOG_LIMIT_MS;
	return false;
}

__attribute__((format(printf, 4, 0))) static void
emit_limited(struct log_limit *limit, enum log_level level,
	     const struct log_fields *fields, const char *format,
	     va_list arguments)
{
	char message[LOG_LINE_BYTES];
	size_t used;

	vsnprintf(message, sizeof(message) - HELD_BYTES, format, arguments);
	used = strlen(message);
	if (limit->held_count > 0)
		snprintf(message + used, sizeof(message) - used,
			 " (%u more like this were held back)",
			 limit->held_count);
	limit->held_count = 0;
	emit(level, fields, message);
}

void log_write_limited(struct log_limit *limit, enum log_level level,
		       const char *format, ...)
{
	va_list arguments;

	if (is_held_back(limit, level))
		return;
	va_start(arguments, format);
	emit_limited(limit, level, LOG_FIELDS(0), format, arguments);
	va_end(arguments);
}

void log_event_limited(struct log_limit *limit, enum log_level level,
		       const struct log_fields *fields, const char *format, ...)
{
	va_list arguments;

	if (is_held_back(limit, level))
		return;
	va_start(arguments, format);
	emit_limited(limit, level, fields, format, arguments);
	va_end(arguments);
}

/* ---- The end --------------------------------------------------------- */

void log_fatal(int status, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	emit_format(LOG_LEVEL_ERROR, LOG_FIELDS(0), format, arguments);
	va_end(arguments);
	exit(status);
}

void log_bug(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	emit_format(LOG_LEVEL_ERROR, LOG_FIELDS(0), format, arguments);
	va_end(arguments);
	abort();
}
