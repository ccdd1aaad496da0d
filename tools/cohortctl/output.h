/* SPDX-License-Identifier: MIT */
/* output.h - standard output and standard error of cohortctl. */
#ifndef COHORTCTL_OUTPUT_H
#define COHORTCTL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "wire.h"

/* Before a descriptor is opened: those of 0, 1 and 2 that are closed must not
 * become our socket.  Writing to them still fails. */
void output_guard(void);

/* For ask(): to standard output.  0, or -1 with errno. */
int output_print(void *context, const char *bytes, size_t size);

/* Has all of it been written?  0, or -1 with words. */
int output_flush(struct error *error);

/* Say what has failed, if there are words: on standard error or, in JSON, as an
 * object like the server's own.  Returns `status`. */
enum exit_status output_complain(const struct error *error,
				 enum exit_status status, bool is_json);

#endif
