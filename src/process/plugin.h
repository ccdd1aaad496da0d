/* SPDX-License-Identifier: MIT */
/* plugin.h - one shared object with protocols: the one home of dlopen.
 *
 * A loader copies the file into memory that nobody can write to any more
 * (memfd_create(2), F_ADD_SEALS of fcntl(2)) and opens the copy; workers open
 * the very same.  So what was checked is what runs, and a file that is written
 * over in place crashes nobody.  The supervisor never opens one. */
#ifndef COHORT_PROCESS_PLUGIN_H
#define COHORT_PROCESS_PLUGIN_H

#include "base/error.h"
#include "cohort.h"

#define PLUGIN_BYTES_MAX ((size_t)256 << 20)

/* A descriptor of the copy, or, where the system refuses to run such memory, of
 * the file itself (which is logged).  -1 with words. */
int plugin_copy(const char *path, struct error *error);

/* Open what `fd` is a copy of: its constructors run.  The protocols that it
 * exports, ended by NULL; NULL with words (which do not name it; number ENOEXEC:
 * it is for another program than this one).  It is never closed again: its code may be in use anywhere. */
const struct cohort_protocol *const *plugin_open(int fd, struct error *error);

#endif
