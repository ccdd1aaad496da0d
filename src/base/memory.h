/* SPDX-License-Identifier: MIT */
/* memory.h - memory that is taken piece by piece and given back at once.
 *
 * An arena owns all that belongs to one configuration.  Where memory may run
 * out while clients are served, code calls calloc() itself and handles NULL;
 * the functions here are for start-up, where nothing sensible is left to do:
 * they end the process by log_fatal() with status 1 when memory is out. */
#ifndef COHORT_BASE_MEMORY_H
#define COHORT_BASE_MEMORY_H

#include <stddef.h>

struct arena; /* opaque */

struct arena *arena_new(void);
void arena_free(struct arena *arena); /* NULL is fine */

/* `size` zeroed bytes, aligned for any type; owned by the arena. */
void *arena_take(struct arena *arena, size_t size);

/* A copy of `size` bytes of `text` with a NUL after it. */
char *arena_copy(struct arena *arena, const char *text, size_t size);

/* `count` zeroed elements from the heap, freed by free(). */
void *memory_require(size_t count, size_t size);

#endif
