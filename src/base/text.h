/* SPDX-License-Identifier: MIT */
/* text.h - numbers, sizes and durations as words, and words as themselves.
 *
 * Parsers take a NUL-terminated word, accept it only whole, and return -1
 * without a message on anything else (the caller knows what it was for). */
#ifndef COHORT_BASE_TEXT_H
#define COHORT_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* "4711": digits only, no sign, no overflow. */
int text_parse_number(const char *word, uint64_t *number);

/* "64k", "1m", "2g" (powers of 1024, either case) or plain bytes. */
int text_parse_size(const char *word, uint64_t *bytes);

/* "250ms", "30s", "5m", "1h", "2d"; a bare number is refused except 0.
 * Result in milliseconds, below 2^53. */
int text_parse_duration(const char *word, int64_t *duration_ms);
/* The same to the microsecond ("50us"). */
int text_parse_microseconds(const char *word, int64_t *duration_us);

/* The shortest exact form that the parser above reads back ("64k", "1500ms",
 * "5m", "0s").  `room` of 32 is always enough.  Returns `out`. */
char *text_format_size(char *out, size_t room, uint64_t bytes);
char *text_format_duration(char *out, size_t room, int64_t duration_ms);
char *text_format_microseconds(char *out, size_t room, int64_t duration_us);

/* Write `data` with control characters, backslash and bytes above 126 as
 * \n \r \t \\ or \xHH; NUL-terminated and cut to whole escapes.  Returns the
 * length of what was written. */
size_t text_escape(char *out, size_t room, const void *data, size_t size);

/* Of `count` names, the one within an edit distance of 2 (1 for words of up
 * to 3 letters) that is nearest to `word`, or NULL. */
const char *text_nearest(const char *word, const char *const *names,
			 size_t count);

/* A string that grows.  Zeroed memory is an empty one. */
struct text {
	char *bytes; /* NUL-terminated once anything was appended */
	size_t size; /* without the NUL */
	size_t room;
};
void text_append(struct text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3))); /* log_fatal if memory is out */
void text_append_bytes(struct text *text, const void *data, size_t size);
void text_release(struct text *text);

#endif
