/* SPDX-License-Identifier: MIT */
/* plugin_file.h - is a file whole, as far as its headers tell?  The dynamic
 * linker does not ask, and is killed by SIGBUS where a file ends too early:
 * one that is being copied, say. */
#ifndef COHORT_PROCESS_PLUGIN_FILE_H
#define COHORT_PROCESS_PLUGIN_FILE_H

#include "base/error.h"

/* 0 (also for what is no ELF file of this machine: the linker has words for
 * it), or -1 with words. */
int plugin_file_check(int fd, struct error *error);

#endif
