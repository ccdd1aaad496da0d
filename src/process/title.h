/* SPDX-License-Identifier: MIT */
/* title.h - what ps and /proc/PID/cmdline show: "cohort: worker 3". */
#ifndef COHORT_PROCESS_TITLE_H
#define COHORT_PROCESS_TITLE_H

/* Once, first thing in main, before anyone keeps argv or the environment:
 * copies both to the heap (never freed: they live as long as the process) and
 * keeps their old room for titles.  Returns the new argv; `*environment` is
 * replaced by its copy. */
char **title_init(char **argv, char ***environment);

/* Show `words`, cut to the room there is; also the thread's name (15 bytes,
 * without "cohort: ").  Before title_init only the thread's name. */
void title_set(const char *words);

#endif
