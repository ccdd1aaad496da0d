/* SPDX-License-Identifier: MIT */
/* utf8.h - characters among bytes that anybody may have sent. */
#ifndef COHORT_BASE_UTF8_H
#define COHORT_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The first character of the NUL-terminated, not empty `text`; its length in
 * bytes, or 0 if it begins with no well-formed one (RFC 3629: no surrogates,
 * nothing overlong, nothing beyond U+10FFFF).  Reads no byte behind the NUL. */
size_t utf8_decode(const char *text, uint32_t *character);

#endif
