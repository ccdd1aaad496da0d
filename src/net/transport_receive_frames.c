/* SPDX-License-Identifier: MIT */
/* transport_receive_frames.c - from the stream to frame_received.
 *
 * A frame that lies in the chunk just read is given where it lies.  Of one that
 * does not, the part is kept, and completed with just the bytes that belong to
 * it; what follows is again given from the chunk. */
#include <errno.h>
#include <sys/socket.h>

#include "net/framing.h"
#include "net/transport_internal.h"

static const int failures[] = {
	[FRAMING_TOO_LONG] = EMSGSIZE,
	[FRAMING_MALFORMED] = EBADMSG,
};

static void fail(struct cohort_transport *t, enum framing_result result)
{
	transport_end(t, COHORT_REASON_PROTOCOL_ERROR, failures[result]);
}

/* May the next frame be given? */
static bool may_go_on(const struct cohort_transport *t)
{
	return t->state == TRANSPORT_OPEN && !transport_is_reading_paused(t) &&
	       t->service->worker->frames_left > 0;
}

static void give(struct cohort_transport *t, const void *frame, size_t size)
{
	t->service->worker->frames_left--;
	if (t->protocol->frame_received == NULL)
		return;
	transport_enter(t, SCOREBOARD_IN_FRAME_RECEIVED);
	t->protocol->frame_received(t, transport_session(t), frame, size);
	transport_leave(t);
}

static void give_from_rest(struct cohort_transport *t,
			   const struct framing_frame *frame)
{
	const unsigned char *bytes = transport_lend_rest(t, frame->taken);

	give(t, bytes + frame->offset, frame->size);
	transport_return_rest(t);
	/* Its answers may be many times as long as the frames of a chunk. */
	transport_settle_watermarks(t);
}

void transport_frames_from_rest(struct cohort_transport *t)
{
	const struct transport_rest *rest = &t->extras->rest;
	const struct cohort_framing *framing;
	enum framing_result result;
	struct framing_frame frame;

	while (t->is_rest_due && may_go_on(t)) {
		framing = transport_framing(t);
		if (framing == NULL)
			return;
		result = framing_find(framing, rest->bytes + rest->begin,
				      transport_rest_size(rest), rest->known,
				      &frame);
		if (result == FRAMING_FRAME)
			give_from_rest(t, &frame);
		else if (result == FRAMING_PART)
			transport_keep_part(t);
		else
			fail(t, result);
	}
}

/* Add to the part of a frame what belongs to it; the bytes that were taken. */
static size_t complete_part(struct cohort_transport *t,
			    const unsigned char *data, size_t size)
{
	size_t taken = 0;

	while (taken < size && t->state == TRANSPORT_OPEN &&
	       transport_rest_size(&t->extras->rest) > 0) {
		const struct transport_rest *rest = &t->extras->rest;
		const struct cohort_framing *framing = transport_framing(t);
		size_t more = framing_reach(framing, rest->bytes,
					    transport_rest_size(rest),
					    data + taken, size - taken);

		if (transport_keep(t, data + taken, more,
				   framing_part_max(framing)) == 0)
			transport_frames_from_rest(t);
		taken += more;
	}
	return taken;
}

/* The frames of a chunk; what is unfinished, or not wanted now, is kept. */
static void give_from_chunk(struct cohort_transport *t,
			    const unsigned char *data, size_t size)
{
	enum framing_result result = FRAMING_FRAME;
	struct framing_frame frame;

	while (size > 0 && may_go_on(t)) {
		const struct cohort_framing *framing = transport_framing(t);

		if (framing == NULL)
			break;
		result = framing_find(framing, data, size, 0, &frame);
		if (result != FRAMING_FRAME)
			break;
		give(t, data + frame.offset, frame.size);
		data += frame.taken;
		size -= frame.taken;
		transport_settle_watermarks(t);
	}
	if (size == 0 || t->state != TRANSPORT_OPEN)
		return;
	if (result != FRAMING_FRAME && result != FRAMING_PART)
		fail(t, result);
	else if (transport_keep(t, data, size, 0) == 0 &&
		 result == FRAMING_PART)
		transport_keep_part(t);
}

/* The end of file, with or without a part before it.  After a last frame it is
 * read once more, when the protocol wants to read on. */
static ssize_t finish(struct cohort_transport *t)
{
	struct framing_frame frame = {0};
	enum framing_result result;

	if (t->extras != NULL)
		frame.size = transport_rest_size(&t->extras->rest);
	if (frame.size == 0)
		return 0;
	frame.taken = frame.size;
	result = framing_finish(transport_framing(t), frame.size);
	if (result == FRAMING_FRAME)
		give_from_rest(t, &frame);
	else
		fail(t, result);
	return (ssize_t)frame.size;
}

ssize_t transport_receive_frames(struct cohort_transport *t)
{
	unsigned char *data = t->service->worker->read_buffer;
	size_t room = transport_read_room(t, SERVICE_READ_BYTES);
	ssize_t size = recv(t->source.fd, data, room, 0);
	size_t taken = 0;

	if (size == 0)
		return finish(t);
	if (size < 0)
		return size;
	transport_note_received(t, data, (size_t)size, room);
	if (t->extras != NULL)
		taken = complete_part(t, data, (size_t)size);
	give_from_chunk(t, data + taken, (size_t)size - taken);
	return size;
}
