/* SPDX-License-Identifier: MIT */
/* transport_read.c - bytes from the kernel to the protocol. */
#include <errno.h>
#include <sys/socket.h>

#include "base/log.h"
#include "net/transport_internal.h"

/* The way of nearly every chunk, in one piece. */
#define HOT static inline __attribute__((always_inline))

/* kernel.md 15: it wears off, so it is set again. */
static void rearm_quickack(struct cohort_transport *t)
{
	int mode = t->service->settings->options.quickack;

	if (!t->is_tcp || t->state != TRANSPORT_OPEN)
		return;
	if (mode == SOCKOPT_QUICKACK_ON) {
		sockopt_rearm_quickack(t->source.fd);
	} else if (!t->has_answered) {
		t->is_ack_wanted = true;
		loop_post(transport_loop(t), &t->task);
	}
}

void transport_settle_ack(struct cohort_transport *t)
{
	if (t->is_ack_wanted && !t->has_answered && t->state == TRANSPORT_OPEN)
		sockopt_rearm_quickack(t->source.fd);
	t->is_ack_wanted = false;
}

/* A unix socket stops at a message that carries descriptors, though there is
 * more. */
static inline void note_taken(struct cohort_transport *t, ssize_t size,
			      size_t room)
{
	if (size > 0 && (size_t)size < room && t->is_tcp && !t->is_read_to_end)
		t->is_readable = false;
}

void transport_note_taken(struct cohort_transport *t, ssize_t size, size_t room)
{
	note_taken(t, size, room);
}

HOT void note_received(struct cohort_transport *t, const void *data,
		       size_t size, size_t room)
{
	note_taken(t, (ssize_t)size, room);
	t->received_bytes += size;
	t->activity_ms = transport_now_ms(t);
	t->has_answered = false;
	transport_count(t,
			t->is_outgoing ? SCOREBOARD_OUT_RECEIVED_BYTES
				       : SCOREBOARD_RECEIVED_BYTES,
			size);
	if (t->is_rated)
		transport_rate_spend(t, RATE_IN, size);
	if (data != NULL && log_is_enabled(LOG_LEVEL_DEBUG))
		transport_log_bytes(t, "received", data, size);
}

void transport_note_received(struct cohort_transport *t, const void *data,
			     size_t size, size_t room)
{
	note_received(t, data, size, room);
}

/* ---- Receivers ------------------------------------------------------- */

HOT void give_data(struct cohort_transport *t, const void *data, size_t size)
{
	if (t->protocol->data_received == NULL)
		return;
	transport_enter(t, SCOREBOARD_IN_DATA_RECEIVED);
	t->protocol->data_received(t, transport_session(t), data, size);
	transport_leave(t);
}

void transport_give_data(struct cohort_transport *t, const void *data,
			 size_t size)
{
	give_data(t, data, size);
}

/* As most are: there is something, and it is for data_received as it is. */
HOT bool is_plain(const struct cohort_transport *t)
{
	bool is_odd = t->is_eof_received || t->is_reading_paused ||
		      t->is_writing_paused || t->is_header_awaited ||
		      t->is_input_discarded;

	return !is_odd && t->is_readable && t->state == TRANSPORT_OPEN &&
	       t->extras == NULL && t->protocol->framing == NULL &&
	       t->protocol->buffer_get == NULL;
}

/* Without extras there is no rate. */
HOT ssize_t receive_plain(struct cohort_transport *t)
{
	unsigned char *data = t->service->worker->read_buffer;
	ssize_t size = recv(t->source.fd, data, SERVICE_READ_BYTES, 0);

	if (size <= 0)
		return size;
	note_received(t, data, (size_t)size, SERVICE_READ_BYTES);
	give_data(t, data, (size_t)size);
	return size;
}

static ssize_t receive_data(struct cohort_transport *t)
{
	unsigned char *data = t->service->worker->read_buffer;
	size_t room = transport_read_room(t, SERVICE_READ_BYTES);
	ssize_t size = recv(t->source.fd, data, room, 0);

	if (size <= 0)
		return size;
	note_received(t, data, (size_t)size, room);
	give_data(t, data, (size_t)size);
	return size;
}

static receiver *choose_receiver(const struct cohort_transport *t)
{
	if (t->state != TRANSPORT_OPEN)
		return transport_drain_input;
	if (t->is_header_awaited)
		return transport_receive_header;
	if (t->is_rest_due)
		return transport_receive_rest;
	if (t->is_input_discarded)
		return transport_discard_input;
	if (transport_is_forwarding(t))
		return transport_receive_forward;
	if (transport_framing(t) != NULL)
		return transport_receive_frames;
	if (t->protocol->buffer_get != NULL)
		return transport_receive_buffer;
	return receive_data;
}

/* ---- What came of it ------------------------------------------------- */

static void deliver_eof(struct cohort_transport *t)
{
	enum cohort_verdict verdict = COHORT_CLOSE;

	transport_forward_eof(t);
	if (t->protocol->eof_received != NULL) {
		transport_enter(t, SCOREBOARD_IN_EOF_RECEIVED);
		verdict = t->protocol->eof_received(t, transport_session(t));
		transport_leave(t);
	}
	if (verdict == COHORT_ABORT)
		transport_end(t, COHORT_REASON_PROTOCOL_ERROR, 0);
	else if (verdict == COHORT_CLOSE || t->is_eof_sent)
		transport_close(t, COHORT_REASON_EOF);
}

static void handle_eof(struct cohort_transport *t)
{
	t->is_eof_received = true;
	t->is_readable = false;
	if (t->state == TRANSPORT_OPEN)
		deliver_eof(t);
	else if (t->state == TRANSPORT_LINGERING)
		transport_end(t, COHORT_REASON_EOF, 0);
}

static void handle_failure(struct cohort_transport *t, int number)
{
	if (number == EAGAIN || number == EWOULDBLOCK) {
		t->is_readable = false;
		t->is_read_to_end = false;
	} else if (number == ENOMEM || number == ENOBUFS) {
		transport_end(t, COHORT_REASON_RESOURCE, number);
	} else if (number != EINTR) {
		transport_end(t, COHORT_REASON_PEER_RESET, number);
	}
}

static __attribute__((noinline)) void handle_nothing(struct cohort_transport *t,
						     ssize_t size)
{
	if (size < 0)
		handle_failure(t, errno);
	else
		handle_eof(t);
}

/* Nothing may be read for protocols, as byte_rate wills. */
static bool is_input_held(struct cohort_transport *t)
{
	return t->is_rated && t->state == TRANSPORT_OPEN &&
	       !transport_is_unrated(t) &&
	       transport_read_room(t, SERVICE_READ_BYTES) == 0;
}

HOT void note_outcome(struct cohort_transport *t, ssize_t size)
{
	if (size <= 0) {
		handle_nothing(t, size);
		return;
	}
	if (t->service->settings->options.quickack != SOCKOPT_QUICKACK_OFF)
		rearm_quickack(t);
	/* A pause must come before the next chunk. */
	transport_settle_watermarks(t);
}

/* What is left of its share of the turn, `reads` being done. */
static __attribute__((noinline)) void read_on(struct cohort_transport *t,
					      int reads)
{
	unsigned *frames_left = &t->service->worker->frames_left;

	*frames_left = TRANSPORT_TURN_FRAMES;
	while (transport_may_read(t)) {
		if (reads++ == TRANSPORT_TURN_READS || *frames_left == 0) {
			loop_post(transport_loop(t), &t->task);
			return;
		}
		if (is_input_held(t))
			return;
		note_outcome(t, choose_receiver(t)(t));
	}
}

void transport_read(struct cohort_transport *t)
{
	int reads = 0;

	if (is_plain(t)) {
		note_outcome(t, receive_plain(t));
		reads = 1;
	}
	if (transport_may_read(t))
		read_on(t, reads);
}

/* ---- Public ---- */

void cohort_pause_reading(struct cohort_transport *t)
{
	transport_require(t, __func__);
	if (t->is_reading_paused || t->state != TRANSPORT_OPEN)
		return;
	t->is_reading_paused = true;
	transport_count(t, SCOREBOARD_READ_PAUSES, 1);
}

void cohort_resume_reading(struct cohort_transport *t)
{
	transport_require(t, __func__);
	if (!t->is_reading_paused || t->state != TRANSPORT_OPEN)
		return;
	t->is_reading_paused = false;
	if (t->is_readable || t->is_rest_due)
		loop_post(transport_loop(t), &t->task);
}

bool cohort_is_reading(const struct cohort_transport *t)
{
	transport_require(t, __func__);
	return t->state == TRANSPORT_OPEN && !transport_is_reading_paused(t) &&
	       !t->is_eof_received;
}
