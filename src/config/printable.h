/* SPDX-License-Identifier: MIT */
/* printable.h - untrusted text as it may be shown on a terminal.
 *
 * Letters of every language pass; a tab becomes a blank; control characters
 * and what is not UTF-8 become \xHH. */
#ifndef COHORT_CONFIG_PRINTABLE_H
#define COHORT_CONFIG_PRINTABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* How many bytes the character at `bytes` has (at least 1), of `size` that
 * there are. */
size_t printable_length(const char *bytes, size_t size);

/* May a character of so many bytes be shown as it is?  Not those that control a
 * terminal, or the direction of what follows. */
bool printable_is_plain(const char *bytes, size_t length);

/* Append `size` bytes in their printable form; returns the columns that they
 * take on a terminal, a character being one. */
size_t printable_append(struct text *out, const char *bytes, size_t size);

#endif
