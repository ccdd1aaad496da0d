/* SPDX-License-Identifier: MIT */
/* supervisor_complaints.c - what is wrong with a configuration that was to be
 * loaded. */
#include <string.h>

#include "process/first_complaint.h"
#include "process/supervisor_internal.h"

void supervisor_log_complaints(enum log_level level, const char *what,
			       const struct text *complaints)
{
	const char *line = complaints->bytes;
	const char *end = line + complaints->size;
	const char *next;

	while (line && line < end) {
		next = memchr(line, '\n', (size_t)(end - line));
		if (!next)
			next = end;
		log_write(level, "%s: %.*s", what, (int)(next - line), line);
		line = next + 1;
	}
}

void supervisor_complain(struct supervisor *supervisor, enum log_level level,
			 const struct text *complaints)
{
	struct error *complaint = &supervisor->ordered.complaint;

	supervisor_log_complaints(level, "reload", complaints);
	if (level == LOG_LEVEL_ERROR)
		first_complaint(complaint->text, sizeof(complaint->text),
				complaints);
}
