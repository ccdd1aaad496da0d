/* SPDX-License-Identifier: MIT */
/* transport_rest.h - bytes that were read and not yet delivered, for the
 * transport_*.c files alone.
 *
 * Two things are kept: the part of a frame that is unfinished, until more
 * comes; and the rest of a chunk that the protocol did not want any more at
 * that moment (a pause, another protocol, its share of the turn), which then is
 * due: it is delivered before anything else is read, so that bytes stay in
 * order and the end of file comes last.  The memory is as large as what is kept
 * (a part that grows takes up to twice that) and is freed with its last byte.
 * It never holds more than one unfinished frame or one chunk. */
#ifndef COHORT_NET_TRANSPORT_REST_H
#define COHORT_NET_TRANSPORT_REST_H

#include <stdbool.h>
#include <stddef.h>

#include "cohort.h"

struct transport_rest {
	unsigned char *bytes; /* from the heap; NULL while nothing is kept */
	size_t begin;         /* of what has not been delivered */
	size_t end;
	size_t room;
	size_t known; /* so many, from `begin` on, hold no whole frame */
	bool is_lent; /* a callback has a pointer into it */
};

static inline size_t transport_rest_size(const struct transport_rest *rest)
{
	return rest->end - rest->begin;
}

void transport_rest_release(struct transport_rest *rest);

/* Append, growing to no more than `room_max` beyond what is needed; it is due
 * then.  0, or -1 and the transport has ended with reason resource. */
int transport_keep(struct cohort_transport *t, const void *data, size_t size,
		   size_t room_max);

/* What is kept is a part of a frame and can only wait for more. */
void transport_keep_part(struct cohort_transport *t);

/* Take the first `size` bytes away and hand them to a callback; they stay where
 * they are until transport_return_rest, which has to follow it. */
const unsigned char *transport_lend_rest(struct cohort_transport *t,
					 size_t size);
void transport_return_rest(struct cohort_transport *t);

/* Frames end elsewhere than before: look again at what is kept, soon. */
void transport_review_rest(struct cohort_transport *t);

/* Deliver from what is due, to a protocol with a framing or with buffer_get. */
void transport_frames_from_rest(struct cohort_transport *t);
void transport_buffer_from_rest(struct cohort_transport *t);

/* The framing of what is received; NULL if there is none, or if what is
 * received is not the protocol's. */
const struct cohort_framing *
transport_framing(const struct cohort_transport *t);

/* Back to the protocol's own. */
void transport_forget_framing(struct cohort_transport *t);

#endif
