/* SPDX-License-Identifier: MIT */
/* source_file.h - a configuration file as a text in memory. */
#ifndef COHORT_CONFIG_SOURCE_FILE_H
#define COHORT_CONFIG_SOURCE_FILE_H

#include <sys/types.h>

#include "base/error.h"
#include "config/reading.h"

#define SOURCE_FILE_MAX ((size_t)16 << 20) /* bytes */

struct source_file {
	struct config_source source; /* in the scratch arena */
	dev_t device;
	ino_t inode;
};

/* Read a regular file whole.  Never waits for a pipe or a device: they are
 * refused.  0, or -1 with words that do not name the file. */
int source_file_read(struct reading *reading, const char *name,
		     struct source_file *file, struct error *error);

#endif
