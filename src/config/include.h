/* SPDX-License-Identifier: MIT */
/* include.h - files that name other files.
 *
 * `include NAME;` stands outside of services and is replaced by the statements
 * of the file, which is looked for beside the file that includes it (-o: in
 * the working directory).  A pattern (* ? [) without a match is nothing; a
 * plain name without a file is an error, and so is a file within itself. */
#ifndef COHORT_CONFIG_INCLUDE_H
#define COHORT_CONFIG_INCLUDE_H

#include "config/reading.h"
#include "config/statement.h"

#define INCLUDE_DEPTH_MAX 16

/* The statements of the file `name` and of all that it includes. */
struct statement *include_read_file(struct reading *reading, const char *name);

/* The statements of a text and of all that it includes. */
struct statement *include_read_text(struct reading *reading,
				    const struct config_source *source);

#endif
