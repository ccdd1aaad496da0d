/* SPDX-License-Identifier: MIT */
/* transport_discard.c - input that nobody wants to see.
 *
 * On TCP the kernel drops it without copying it to us (MSG_TRUNC, tcp(7)): the
 * buffer is only named, and fairness alone bounds a read.  Unix sockets know no
 * such thing (kernel.md 29): there it is read into the buffer. */
#include <sys/socket.h>

#include "base/log.h"
#include "net/transport_internal.h"

static size_t room_of(const struct cohort_transport *t)
{
	return t->is_tcp ? SERVICE_DROP_BYTES : SERVICE_READ_BYTES;
}

static ssize_t drop(const struct cohort_transport *t, size_t room)
{
	return recv(t->source.fd, t->service->worker->read_buffer, room,
		    t->is_tcp ? MSG_TRUNC : 0);
}

ssize_t transport_drain_input(struct cohort_transport *t)
{
	size_t room = room_of(t);
	ssize_t size = drop(t, room);

	transport_note_taken(t, size, room);
	return size;
}

ssize_t transport_discard_input(struct cohort_transport *t)
{
	size_t room = transport_read_room(t, room_of(t));
	ssize_t size = drop(t, room);

	if (size <= 0)
		return size;
	transport_note_received(t, NULL, (size_t)size, room);
	transport_debug(t, LOG_EVENT_CONNECTION, " discarded %zd bytes", size);
	return size;
}

/* ---- Public ---- */

void cohort_discard_input(struct cohort_transport *t)
{
	transport_require(t, __func__);
	(void)cohort_forward(t, NULL);
	t->is_input_discarded = true;
	transport_review_rest(t);
}
