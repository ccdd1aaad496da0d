/* SPDX-License-Identifier: MIT */
/* log_target.h - where lines go and what they look like: data alone.
 *
 * `log` and `access_log` of the configuration are targets.  A process that is
 * handed a descriptor which another one opened needs the form alone: it is
 * flat, so that a record can carry it. */
#ifndef COHORT_BASE_LOG_TARGET_H
#define COHORT_BASE_LOG_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_TAG_BYTES    33  /* with the NUL; RFC 3164 4.1.3: at most 32 */
#define LOG_SOCKET_BYTES 108 /* with the NUL: unix(7), sun_path */
#define LOG_SYSLOG       "/dev/log"

enum log_kind {
	LOG_TO_STDERR,
	LOG_TO_FILE,
	LOG_TO_SYSLOG,  /* the local socket, a datagram a line */
	LOG_TO_NOWHERE, /* off */
	LOG_KINDS,
};

enum log_format {
	LOG_FORMAT_TEXT,
	LOG_FORMAT_JSON,
	LOG_FORMATS,
};
extern const char *const log_format_names[LOG_FORMATS];

/* By their numbers: RFC 3164 4.1.1. */
#define LOG_FACILITIES 24
extern const char *const log_facility_names[LOG_FACILITIES];
#define LOG_FACILITY_DAEMON 3

/* Zeroed: text on standard error, every line. */
struct log_form {
	uint8_t kind;                  /* enum log_kind */
	uint8_t format;                /* enum log_format */
	uint8_t facility;              /* of syslog */
	uint8_t is_journal;            /* standard error is the journal's */
	uint32_t sample;               /* one line in so many; 0: each */
	char tag[LOG_TAG_BYTES];       /* of syslog */
	char socket[LOG_SOCKET_BYTES]; /* of syslog: a path */
};

struct log_target {
	struct log_form form; /* is_journal is not known here, and false */
	const char *path;     /* of a file; else NULL */
};

/* Into `form`, which is returned, from what another process has sent; NULL: it
 * is of another build, which knows more or less than we do. */
const struct log_form *log_form_read(struct log_form *form, const void *data,
				     size_t size);

bool log_target_is_same(const struct log_target *one,
			const struct log_target *other);

#endif
