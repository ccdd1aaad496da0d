/* SPDX-License-Identifier: MIT */
/* field.h - text as a part of a line between cohortctl and the admin process.
 *
 * It is escaped as text_escape does, so that no byte can end the field or the
 * line.  Both ends use it; pure. */
#ifndef COHORT_CONTROL_FIELD_H
#define COHORT_CONTROL_FIELD_H

#include "base/text.h"

/* Append `value` to a line whose fields are parted by `separator` (a tab or a
 * blank).  A value that is "-" is no unknown one: it is escaped. */
void field_append(struct text *line, const char *value, char separator);

/* Undo it in place.  0, or -1: an escape that is none, or a NUL. */
int field_unescape(char *field);

#endif
