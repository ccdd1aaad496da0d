/* SPDX-License-Identifier: MIT */
/* framing.h - where a frame ends: pure arithmetic on bytes.
 *
 * The caller holds the bytes; what it shows here begins with the first byte of
 * a frame and is contiguous.  While a frame is unfinished the caller keeps its
 * part and adds only as much of what comes next as framing_reach allows, so
 * that the kept part never runs beyond the frame's end.  No byte is searched
 * twice, whatever the segmentation, but for the few that a delimiter may have
 * begun with. */
#ifndef COHORT_NET_FRAMING_H
#define COHORT_NET_FRAMING_H

#include <stdbool.h>
#include <stddef.h>

#include "cohort.h"

#define FRAMING_LIMIT_DEFAULT 65536
/* Lengths above it are too long, whatever the limit: sums stay sums. */
#define FRAMING_LIMIT_MAX     (SIZE_MAX / 4)
#define FRAMING_HEAD_MAX      24 /* a length of 20 digits and a colon */

enum framing_result {
	FRAMING_FRAME,
	FRAMING_PART,      /* so far it is fine */
	FRAMING_TOO_LONG,  /* its payload is or will be above the limit */
	FRAMING_MALFORMED, /* it can never become a frame */
};

struct framing_frame {
	size_t offset; /* of the payload */
	size_t size;   /* of the payload */
	size_t taken;  /* bytes of the whole frame */
};

/* What is written before and after a payload. */
struct framing_wrap {
	unsigned char head[FRAMING_HEAD_MAX];
	size_t head_size;
	const void *tail; /* not owned */
	size_t tail_size;
};

/* Does it make sense?  The other functions rely on it. */
bool framing_is_valid(const struct cohort_framing *framing);

/* No unfinished frame is longer than this. */
size_t framing_part_max(const struct cohort_framing *framing);

/* The first frame of the `size` bytes at `data`, of which the first `known`
 * are known to hold no whole one.  Fills `frame` if the result is
 * FRAMING_FRAME. */
enum framing_result framing_find(const struct cohort_framing *framing,
				 const void *data, size_t size, size_t known,
				 struct framing_frame *frame);

/* `part` is FRAMING_PART of a frame and `size` bytes at `next` follow it: how
 * many of them may be added (at least one) so that a frame can end with the
 * last of them, but with none before. */
size_t framing_reach(const struct cohort_framing *framing, const void *part,
		     size_t part_size, const void *next, size_t size);

/* The stream ends after `size` bytes (at least one) of an unfinished frame:
 * FRAMING_FRAME if these are its payload. */
enum framing_result framing_finish(const struct cohort_framing *framing,
				   size_t size);

/* What has to stand around this payload.  0, or -1 if a reader would not get
 * it back as one frame. */
int framing_wrap(const struct cohort_framing *framing, const void *data,
		 size_t size, struct framing_wrap *wrap);

#endif
