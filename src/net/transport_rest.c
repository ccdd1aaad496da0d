/* SPDX-License-Identifier: MIT */
/* transport_rest.c - bytes that were read and not yet delivered. */
#include "net/transport_rest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net/transport_internal.h"

void transport_rest_release(struct transport_rest *rest)
{
	free(rest->bytes);
	memset(rest, 0, sizeof(*rest));
}

static void move_to_front(struct transport_rest *rest)
{
	if (rest->begin == 0)
		return;
	memmove(rest->bytes, rest->bytes + rest->begin,
		transport_rest_size(rest));
	rest->end -= rest->begin;
	rest->begin = 0;
}

/* Room for `more` bytes at the end; twice the old one if `room_max` allows. */
static int make_room(struct transport_rest *rest, size_t more, size_t room_max)
{
	size_t room = rest->room < room_max / 2 ? rest->room * 2 : room_max;
	unsigned char *bytes;

	move_to_front(rest);
	if (more <= rest->room - rest->end)
		return 0;
	if (rest->bytes == NULL || room < rest->end + more)
		room = rest->end + more;
	bytes = realloc(rest->bytes, room);
	if (bytes == NULL)
		return -1;
	rest->bytes = bytes;
	rest->room = room;
	return 0;
}

int transport_keep(struct cohort_transport *t, const void *data, size_t size,
		   size_t room_max)
{
	struct transport_extras *extras = transport_need_extras(t);

	if (extras == NULL || make_room(&extras->rest, size, room_max) < 0) {
		transport_end(t, COHORT_REASON_RESOURCE, ENOMEM);
		return -1;
	}
	memcpy(extras->rest.bytes + extras->rest.end, data, size);
	extras->rest.end += size;
	t->is_rest_due = true;
	return 0;
}

void transport_keep_part(struct cohort_transport *t)
{
	struct transport_rest *rest = &t->extras->rest;
	size_t size = transport_rest_size(rest);
	unsigned char *bytes;

	rest->known = size;
	t->is_rest_due = false;
	if (rest->begin == 0)
		return;
	/* The rest of a chunk has become a part: it costs what it is. */
	move_to_front(rest);
	bytes = realloc(rest->bytes, size);
	if (bytes == NULL)
		return;
	rest->bytes = bytes;
	rest->room = size;
}

const unsigned char *transport_lend_rest(struct cohort_transport *t,
					 size_t size)
{
	struct transport_rest *rest = &t->extras->rest;
	const unsigned char *bytes = rest->bytes + rest->begin;

	rest->begin += size;
	rest->known = 0;
	rest->is_lent = true;
	return bytes;
}

void transport_return_rest(struct cohort_transport *t)
{
	struct transport_rest *rest = &t->extras->rest;

	rest->is_lent = false;
	if (t->state != TRANSPORT_OPEN || rest->begin == rest->end)
		transport_drop_rest(t);
}

void transport_drop_kept(struct cohort_transport *t)
{
	t->is_rest_due = false;
	if (!t->extras->rest.is_lent)
		transport_rest_release(&t->extras->rest);
}

void transport_review_rest(struct cohort_transport *t)
{
	if (t->extras == NULL || t->state != TRANSPORT_OPEN ||
	    transport_rest_size(&t->extras->rest) == 0)
		return;
	t->extras->rest.known = 0;
	t->is_rest_due = true;
	loop_post(transport_loop(t), &t->task);
}

static void data_from_rest(struct cohort_transport *t)
{
	size_t size = transport_rest_size(&t->extras->rest);

	if (size > SERVICE_READ_BYTES)
		size = SERVICE_READ_BYTES;
	transport_give_data(t, transport_lend_rest(t, size), size);
	transport_return_rest(t);
}

/* Always more than 0: the bytes that were due. */
ssize_t transport_receive_rest(struct cohort_transport *t)
{
	size_t size = transport_rest_size(&t->extras->rest);

	if (t->is_input_discarded)
		transport_drop_rest(t);
	else if (transport_is_forwarding(t))
		transport_forward_rest(t);
	else if (transport_framing(t) != NULL)
		transport_frames_from_rest(t);
	else if (t->protocol->buffer_get != NULL)
		transport_buffer_from_rest(t);
	else
		data_from_rest(t);
	return (ssize_t)size;
}
