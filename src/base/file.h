/* SPDX-License-Identifier: MIT */
/* file.h - regular files that somebody else names. */
#ifndef COHORT_BASE_FILE_H
#define COHORT_BASE_FILE_H

#include <sys/stat.h>

#include "base/error.h"

/* Open a regular file for reading, close-on-exec.  Never waits for a pipe or a
 * device: they are refused, and so are directories.  The descriptor, or -1 with
 * words that do not name the file. */
int file_open(const char *name, struct stat *status, struct error *error);

#endif
