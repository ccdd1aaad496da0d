/* SPDX-License-Identifier: MIT */
/* framing.c - where a frame ends. */
#include "net/framing.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static size_t limit_of(const struct cohort_framing *framing)
{
	if (framing->limit == 0)
		return FRAMING_LIMIT_DEFAULT;
	return framing->limit < FRAMING_LIMIT_MAX ? framing->limit
						  : FRAMING_LIMIT_MAX;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* ---- Kinds with their end marked: lines, delimiter -------------------- */

struct mark {
	const unsigned char *bytes;
	size_t size;
	size_t optional; /* bytes before it that belong to it if there */
};

static struct mark mark_of(const struct cohort_framing *framing)
{
	if (framing->kind == COHORT_FRAMING_LINES)
		return (struct mark){(const unsigned char *)"\n", 1, 1};
	return (struct mark){framing->delimiter, framing->delimiter_size, 0};
}

static bool ends_with_return(const unsigned char *data, size_t size)
{
	return size > 0 && data[size - 1] == '\r';
}

/* How many of the last bytes may be the beginning of the mark. */
static size_t begun_mark(const struct mark *mark, const unsigned char *data,
			 size_t size)
{
	size_t begun = least(mark->size - 1, size);

	if (mark->optional > 0)
		return ends_with_return(data, size);
	while (begun > 0 &&
	       memcmp(data + size - begun, mark->bytes, begun) != 0)
		begun--;
	return begun;
}

/* No mark is among the bytes: are they too many already? */
static enum framing_result judge_marked(const struct cohort_framing *framing,
					const struct mark *mark,
					const unsigned char *data, size_t size)
{
	size_t limit = limit_of(framing);

	if (size <= limit || size - begun_mark(mark, data, size) <= limit)
		return FRAMING_PART;
	return FRAMING_TOO_LONG;
}

static enum framing_result find_marked(const struct cohort_framing *framing,
				       const unsigned char *data, size_t size,
				       size_t known,
				       struct framing_frame *frame)
{
	const struct mark mark = mark_of(framing);
	size_t limit = limit_of(framing);
	size_t window = least(size, limit + mark.size + mark.optional);
	size_t from = known < mark.size ? 0 : known - (mark.size - 1);
	const unsigned char *end = NULL;
	size_t payload;

	if (from < window)
		end = memmem(data + from, window - from, mark.bytes, mark.size);
	if (end == NULL)
		return judge_marked(framing, &mark, data, window);
	payload = (size_t)(end - data);
	frame->offset = 0;
	frame->taken = payload + mark.size;
	if (mark.optional > 0 && ends_with_return(data, payload))
		payload--;
	frame->size = payload;
	return payload <= limit ? FRAMING_FRAME : FRAMING_TOO_LONG;
}

/* Up to the next byte that a mark can end with. */
static size_t reach_marked(const struct cohort_framing *framing,
			   const unsigned char *next, size_t size)
{
	const struct mark mark = mark_of(framing);
	const unsigned char *last =
		memchr(next, mark.bytes[mark.size - 1], size);

	return last != NULL ? (size_t)(last - next) + 1 : size;
}

/* ---- Kinds with their size known: length, fixed, netstring ------------ */

/* What the first bytes tell: FRAMING_FRAME and the frame as it will be, or
 * FRAMING_PART and in `taken` how many bytes are needed to know more. */
static enum framing_result measure_fixed(const struct cohort_framing *framing,
					 const unsigned char *data, size_t size,
					 struct framing_frame *frame)
{
	(void)data;
	(void)size;
	frame->offset = 0;
	frame->size = framing->size;
	frame->taken = framing->size;
	return FRAMING_FRAME;
}

static enum framing_result measure_length(const struct cohort_framing *framing,
					  const unsigned char *data,
					  size_t size,
					  struct framing_frame *frame)
{
	unsigned count = framing->length_size, i;
	uint64_t length = 0;

	frame->taken = count;
	if (size < count)
		return FRAMING_PART;
	for (i = 0; i < count; i++)
		length = length << 8 |
			 data[framing->is_little_endian ? count - 1 - i : i];
	if (length > limit_of(framing))
		return FRAMING_TOO_LONG;
	frame->offset = count;
	frame->size = (size_t)length;
	frame->taken = count + (size_t)length;
	return FRAMING_FRAME;
}

/* Digits without a leading zero, and how many there are. */
static enum framing_result read_digits(size_t limit, const unsigned char *data,
				       size_t size, size_t *count,
				       size_t *number)
{
	size_t i;

	*number = 0;
	for (i = 0; i < size && data[i] >= '0' && data[i] <= '9'; i++) {
		size_t digit = data[i] - (size_t)'0';

		if (i > 0 && data[0] == '0')
			return FRAMING_MALFORMED;
		if (digit > limit || *number > (limit - digit) / 10)
			return FRAMING_TOO_LONG;
		*number = *number * 10 + digit;
	}
	*count = i;
	return FRAMING_FRAME;
}

static enum framing_result
measure_netstring(const struct cohort_framing *framing,
		  const unsigned char *data, size_t size,
		  struct framing_frame *frame)
{
	size_t count, length;
	enum framing_result result =
		read_digits(limit_of(framing), data, size, &count, &length);

	if (result != FRAMING_FRAME)
		return result;
	frame->taken = count + 1;
	if (count == size)
		return FRAMING_PART;
	if (count == 0 || data[count] != ':')
		return FRAMING_MALFORMED;
	frame->offset = count + 1;
	frame->size = length;
	frame->taken = count + 1 + length + 1;
	if (size >= frame->taken && data[frame->taken - 1] != ',')
		return FRAMING_MALFORMED;
	return FRAMING_FRAME;
}

typedef enum framing_result measurer(const struct cohort_framing *framing,
				     const unsigned char *data, size_t size,
				     struct framing_frame *frame);

/* By kind; NULL: its end is marked. */
static measurer *const measurers[] = {
	[COHORT_FRAMING_LINES] = NULL,
	[COHORT_FRAMING_DELIMITER] = NULL,
	[COHORT_FRAMING_LENGTH] = measure_length,
	[COHORT_FRAMING_FIXED] = measure_fixed,
	[COHORT_FRAMING_NETSTRING] = measure_netstring,
};

/* ---- Any kind --------------------------------------------------------- */

bool framing_is_valid(const struct cohort_framing *framing)
{
	unsigned bytes = framing->length_size;

	switch (framing->kind) {
	case COHORT_FRAMING_LINES:
	case COHORT_FRAMING_NETSTRING: return true;
	case COHORT_FRAMING_DELIMITER:
		return framing->delimiter != NULL &&
		       framing->delimiter_size > 0 &&
		       framing->delimiter_size <= FRAMING_LIMIT_MAX;
	case COHORT_FRAMING_LENGTH:
		return bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
	case COHORT_FRAMING_FIXED:
		return framing->size > 0 && framing->size <= FRAMING_LIMIT_MAX;
	}
	return false;
}

size_t framing_part_max(const struct cohort_framing *framing)
{
	if (framing->kind == COHORT_FRAMING_FIXED)
		return framing->size;
	if (measurers[framing->kind] == NULL)
		return limit_of(framing) + mark_of(framing).size;
	return limit_of(framing) + FRAMING_HEAD_MAX;
}

enum framing_result framing_find(const struct cohort_framing *framing,
				 const void *data, size_t size, size_t known,
				 struct framing_frame *frame)
{
	measurer *measure = measurers[framing->kind];
	enum framing_result result;

	if (measure == NULL)
		return find_marked(framing, data, size, known, frame);
	result = measure(framing, data, size, frame);
	if (result == FRAMING_FRAME && size < frame->taken)
		return FRAMING_PART;
	return result;
}

size_t framing_reach(const struct cohort_framing *framing, const void *part,
		     size_t part_size, const void *next, size_t size)
{
	measurer *measure = measurers[framing->kind];
	struct framing_frame frame = {0};

	if (measure == NULL)
		return reach_marked(framing, next, size);
	measure(framing, part, part_size, &frame);
	return least(size, frame.taken - part_size);
}

enum framing_result framing_finish(const struct cohort_framing *framing,
				   size_t size)
{
	if (!framing->takes_unterminated || measurers[framing->kind] != NULL)
		return FRAMING_MALFORMED;
	return size <= limit_of(framing) ? FRAMING_FRAME : FRAMING_TOO_LONG;
}

/* ---- Writing ---------------------------------------------------------- */

/* Would a mark appear where payload and mark meet, before its place? */
static bool is_mark_early(const struct mark *mark, const unsigned char *data,
			  size_t size)
{
	size_t begun;

	for (begun = least(mark->size - 1, size); begun > 0; begun--)
		if (memcmp(data + size - begun, mark->bytes, begun) == 0 &&
		    memcmp(mark->bytes, mark->bytes + begun,
			   mark->size - begun) == 0)
			return true;
	return false;
}

static int wrap_marked(const struct cohort_framing *framing,
		       const unsigned char *data, size_t size,
		       struct framing_wrap *wrap)
{
	const struct mark mark = mark_of(framing);

	if (size > 0 && (memmem(data, size, mark.bytes, mark.size) != NULL ||
			 is_mark_early(&mark, data, size)))
		return -1;
	if (mark.optional > 0 && ends_with_return(data, size))
		return -1;
	wrap->tail = mark.bytes;
	wrap->tail_size = mark.size;
	return 0;
}

static int wrap_length(const struct cohort_framing *framing, size_t size,
		       struct framing_wrap *wrap)
{
	unsigned count = framing->length_size, i;
	uint64_t rest = size;

	for (i = 0; i < count; i++, rest >>= 8)
		wrap->head[framing->is_little_endian ? i : count - 1 - i] =
			(unsigned char)rest;
	wrap->head_size = count;
	return rest == 0 ? 0 : -1;
}

static int wrap_netstring(size_t size, struct framing_wrap *wrap)
{
	int count =
		snprintf((char *)wrap->head, sizeof(wrap->head), "%zu:", size);

	wrap->head_size = (size_t)count;
	wrap->tail = ",";
	wrap->tail_size = 1;
	return 0;
}

int framing_wrap(const struct cohort_framing *framing, const void *data,
		 size_t size, struct framing_wrap *wrap)
{
	memset(wrap, 0, sizeof(*wrap));
	if (framing->kind == COHORT_FRAMING_FIXED)
		return size == framing->size ? 0 : -1;
	if (size > limit_of(framing))
		return -1;
	if (framing->kind == COHORT_FRAMING_LENGTH)
		return wrap_length(framing, size, wrap);
	if (framing->kind == COHORT_FRAMING_NETSTRING)
		return wrap_netstring(size, wrap);
	return wrap_marked(framing, data, size, wrap);
}
