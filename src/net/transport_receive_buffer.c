/* SPDX-License-Identifier: MIT */
/* transport_receive_buffer.c - from the kernel straight into the protocol's
 * memory: buffer_get and buffer_updated. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "net/transport_internal.h"

/* Larger buffers spare system calls, up to the share of a turn. */
#define RECEIVE_BYTES_MAX (4 * (size_t)SERVICE_READ_BYTES)

/* Does what is received still go into the buffer that was asked for? */
static bool is_wanted(const struct cohort_transport *t)
{
	return t->state == TRANSPORT_OPEN && !transport_is_reading_paused(t) &&
	       !t->is_protocol_new && !t->is_input_discarded &&
	       !transport_is_forwarding(t);
}

/* The protocol's buffer and its room; NULL if nothing may be written there:
 * the transport has ended, or buffer_get itself has paused or closed it, given
 * it another protocol, or what it receives to another. */
static void *ask(struct cohort_transport *t, size_t *room)
{
	void *buffer;

	*room = 0;
	t->is_protocol_new = false;
	transport_enter(t, SCOREBOARD_IN_BUFFER_GET);
	buffer = t->protocol->buffer_get(t, transport_session(t), room);
	transport_leave(t);
	if (!is_wanted(t))
		return NULL;
	if (buffer == NULL || *room == 0) {
		transport_end(t, COHORT_REASON_PROTOCOL_ERROR, 0);
		return NULL;
	}
	if (*room > RECEIVE_BYTES_MAX)
		*room = RECEIVE_BYTES_MAX;
	return buffer;
}

static void tell(struct cohort_transport *t, size_t size)
{
	transport_enter(t, SCOREBOARD_IN_BUFFER_UPDATED);
	t->protocol->buffer_updated(t, transport_session(t), size);
	transport_leave(t);
}

void transport_buffer_from_rest(struct cohort_transport *t)
{
	size_t size = transport_rest_size(&t->extras->rest);
	size_t room;
	void *buffer = ask(t, &room);

	if (buffer == NULL)
		return;
	if (size > room)
		size = room;
	memcpy(buffer, transport_lend_rest(t, size), size);
	transport_return_rest(t);
	tell(t, size);
}

ssize_t transport_receive_buffer(struct cohort_transport *t)
{
	size_t room;
	void *buffer = ask(t, &room);
	ssize_t size;

	room = transport_read_room(t, room); /* buffer_get may have set it */
	if (buffer == NULL || room == 0) {
		errno = EINTR; /* nothing was read, nothing is wrong */
		return -1;
	}
	size = recv(t->source.fd, buffer, room, 0);
	if (size <= 0)
		return size;
	transport_note_received(t, buffer, (size_t)size, room);
	tell(t, (size_t)size);
	return size;
}
