/* SPDX-License-Identifier: MIT */
/* log_line.h - one line of a log in the caller's memory: pure.
 *
 * Whatever is put into a line, it stays one line of printable ASCII, and what
 * was begun as a JSON object is one: a member that has no room is left out
 * whole, a message is cut to whole escapes.
 *
 * An object of the log has these members, in this order; those that are not
 * known are left out:
 *
 *	time        "2026-11-21T05:18:10.123Z", UTC
 *	level       "debug" "info" "warning" "error"
 *	pid         number: of the process that writes
 *	role        "supervisor" "worker" "keeper" "loader" …
 *	worker      number: slot of the worker that writes, or that is spoken of
 *	worker_pid  number: of the worker that is spoken of
 *	generation  number: of that worker, or of the configuration
 *	event       a name of log_event.h
 *	service     its name
 *	connection  "PID-ID"
 *	reason      a close reason (cohort_reason_name)
 *	error       "ECONNRESET": the errno behind it
 *	message     the words of the text form, without its head
 *
 * and a line of the access log (net/access_log.h) has, in place of message:
 * peer, local, duration_ms, received_bytes, sent_bytes, rtt_us. */
#ifndef COHORT_BASE_LOG_LINE_H
#define COHORT_BASE_LOG_LINE_H

#include <stddef.h>
#include <stdint.h>

#define LOG_LINE_BYTES 2048

struct log_line {
	char bytes[LOG_LINE_BYTES];
	size_t size;
};

/* As it is; trusted, short. */
void log_line_put(struct log_line *line, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* "2026-11-21T05:18:10.123Z"; and "Nov 21 05:18:10" in local time, as RFC
 * 3164 wants it. */
void log_line_put_time(struct log_line *line, int64_t wall_ms);
void log_line_put_local_time(struct log_line *line, int64_t wall_ms);

/* Words of anybody's: control characters and bytes above 126 as \xHH, cut to
 * whole escapes.  Quotes and backslashes stand for themselves, so that text
 * which was escaped by its author is not escaped twice. */
void log_line_put_words(struct log_line *line, const char *words);

/* " NAME=VALUE"; "-" for NULL and "".  What would look like the next one is
 * \xHH, too: blanks, quotes, backslashes. */
void log_line_put_value(struct log_line *line, const char *name,
			const char *value);
void log_line_put_count(struct log_line *line, const char *name,
			uint64_t number);

/* An object.  Values are UTF-8, written in ASCII; what is no UTF-8 is \\xHH.
 * A NULL value leaves its member out. */
void log_line_begin_object(struct log_line *line);
void log_line_put_string(struct log_line *line, const char *name,
			 const char *value);
void log_line_put_number(struct log_line *line, const char *name,
			 uint64_t number);
void log_line_put_message(struct log_line *line, const char *message);
void log_line_end_object(struct log_line *line);

/* There is always room for it. */
void log_line_end(struct log_line *line);

#endif
