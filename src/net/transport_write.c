/* SPDX-License-Identifier: MIT */
/* transport_write.c - bytes from the protocol to the kernel. */
#include <errno.h>
#include <limits.h>
#include <sys/socket.h>

#include "base/log.h"
#include "net/transport_internal.h"

#define PIECES         16        /* chunks in one sendmsg */
#define TURN_BYTES     (1 << 20) /* sent in one turn, at most */
#define TURN_CALLS     16 /* … and by so many calls: each may send little */
#define RESEND_WAIT_MS 10 /* the kernel was out of memory */

/* The way of nearly every write, in one piece. */
#define HOT static inline __attribute__((always_inline))

HOT void note_sent(struct cohort_transport *t, size_t size)
{
	int64_t now_ms = transport_now_ms(t);

	t->sent_bytes += size;
	t->activity_ms = now_ms;
	t->progress_ms = now_ms;
	t->has_answered = true;
	transport_count(t,
			t->is_outgoing ? SCOREBOARD_OUT_SENT_BYTES
				       : SCOREBOARD_SENT_BYTES,
			size);
	if (t->is_rated)
		transport_rate_spend(t, RATE_OUT, size);
}

void transport_note_sent(struct cohort_transport *t, size_t size)
{
	note_sent(t, size);
}

int transport_handle_send_failure(struct cohort_transport *t, int number)
{
	if (number == EAGAIN || number == EWOULDBLOCK)
		return 0;
	if (number == ENOBUFS || number == ENOMEM) {
		transport_arm_resend(t, RESEND_WAIT_MS);
		return 0;
	}
	transport_end(t, COHORT_REASON_PEER_RESET, number);
	errno = EPIPE;
	return -1;
}

#define SEND_FLAGS (MSG_NOSIGNAL | MSG_DONTWAIT)

HOT ssize_t note_outcome(struct cohort_transport *t, ssize_t sent)
{
	if (sent < 0)
		return transport_handle_send_failure(t, errno);
	if (sent > 0)
		note_sent(t, (size_t)sent);
	return sent;
}

HOT ssize_t offer_bytes(const struct cohort_transport *t, const void *data,
			size_t size)
{
	ssize_t sent;

	do {
		sent = send(t->source.fd, data, size, SEND_FLAGS);
	} while (sent < 0 && errno == EINTR);
	return sent;
}

/* One send; the bytes taken (0: none for now), or -1: it has ended. */
HOT ssize_t send_bytes(struct cohort_transport *t, const void *data,
		       size_t size)
{
	return note_outcome(t, offer_bytes(t, data, size));
}

ssize_t transport_offer_pieces(const struct cohort_transport *t,
			       const struct iovec *pieces, int count)
{
	const struct msghdr message = {
		.msg_iov = (struct iovec *)(uintptr_t)pieces,
		.msg_iovlen = (unsigned)count,
	};
	ssize_t sent;

	if (count == 1)
		return offer_bytes(t, pieces->iov_base, pieces->iov_len);
	do {
		sent = sendmsg(t->source.fd, &message, SEND_FLAGS);
	} while (sent < 0 && errno == EINTR);
	return sent;
}

/* One sendmsg; the bytes taken (0: none for now), or -1: it has ended. */
static ssize_t send_pieces(struct cohort_transport *t,
			   const struct iovec *pieces, int count)
{
	return note_outcome(t, transport_offer_pieces(t, pieces, count));
}

/* ---- The queue ---- */

void transport_drop_queue(struct cohort_transport *t)
{
	if (t->queue.size_bytes == 0)
		return;
	transport_count(t, SCOREBOARD_QUEUED_BYTES,
			(uint64_t)0 - t->queue.size_bytes);
	buffer_clear(&t->queue, &t->service->worker->buffers);
}

static int queue_bytes(struct cohort_transport *t, const void *data,
		       size_t size)
{
	const struct service_settings *settings = t->service->settings;

	if (size > settings->write_limit_bytes ||
	    t->queue.size_bytes > settings->write_limit_bytes - size) {
		transport_end(t, COHORT_REASON_WRITE_OVERFLOW, 0);
		errno = ENOBUFS;
		return -1;
	}
	if (buffer_append(&t->queue, &t->service->worker->buffers, data, size) <
	    0) {
		transport_end(t, COHORT_REASON_RESOURCE, ENOMEM);
		errno = ENOBUFS;
		return -1;
	}
	transport_count(t, SCOREBOARD_QUEUED_BYTES, size);
	return 0;
}

/* Queue the pieces without their first `skip` bytes. */
static int queue_pieces(struct cohort_transport *t, const struct iovec *pieces,
			int count, size_t skip)
{
	bool was_empty = t->queue.size_bytes == 0;
	int i;

	for (i = 0; i < count; i++) {
		size_t size = pieces[i].iov_len;
		size_t sent = skip < size ? skip : size;

		skip -= sent;
		if (size > sent &&
		    queue_bytes(t, (const char *)pieces[i].iov_base + sent,
				size - sent) < 0)
			return -1;
	}
	if (was_empty && t->queue.size_bytes > 0) {
		t->progress_ms = transport_now_ms(t);
		transport_arm_all(t);
	}
	if (t->queue.size_bytes > transport_write_high(t) &&
	    !t->is_writing_paused)
		transport_touch(t);
	return 0;
}

static void send_eof(struct cohort_transport *t)
{
	t->is_eof_sent = true;
	/* ENOTCONN: the peer has reset it, which reading will tell. */
	if (shutdown(t->source.fd, SHUT_WR) < 0 && errno != ENOTCONN)
		transport_end(t, COHORT_REASON_PEER_RESET, errno);
	if (t->is_eof_received)
		transport_close(t, COHORT_REASON_EOF);
}

void transport_finish_close(struct cohort_transport *t)
{
	if (transport_ends_with_reset(t)) {
		transport_finish_with_reset(t);
		return;
	}
	if (t->is_eof_received) {
		transport_end(t, COHORT_REASON_EOF, 0);
		return;
	}
	if (!t->is_eof_sent)
		send_eof(t);
	if (t->state == TRANSPORT_ENDED)
		return;
	t->state = TRANSPORT_LINGERING;
	t->progress_ms = transport_now_ms(t);
	transport_arm_all(t);
}

/* The queue has run empty. */
static void flushed(struct cohort_transport *t)
{
	if (t->state == TRANSPORT_FLUSHING)
		transport_finish_close(t);
	else if (t->is_eof_wanted && !t->is_eof_sent)
		send_eof(t);
}

/* Cut the pieces off after `room` bytes; how many bytes are left in them. */
static size_t trim(struct iovec *pieces, int *count, size_t room)
{
	size_t offered = 0;
	int i;

	for (i = 0; i < *count && offered < room; i++) {
		if (pieces[i].iov_len > room - offered)
			pieces[i].iov_len = room - offered;
		offered += pieces[i].iov_len;
	}
	*count = i;
	return offered;
}

/* One sendmsg from the queue; the bytes taken, or 0 or -1 if that was all for
 * now: byte_rate holds it, or the kernel took less than it was offered, so it
 * will say when there is room (POLLER_WRITE), and asking again would only
 * answer EAGAIN. */
static ssize_t send_queued(struct cohort_transport *t)
{
	struct iovec pieces[PIECES];
	size_t room = transport_send_room(t, t->queue.size_bytes);
	int count = buffer_peek(&t->queue, pieces, PIECES);
	size_t offered = trim(pieces, &count, room);
	ssize_t sent;

	if (offered == 0)
		return 0;
	sent = send_pieces(t, pieces, count);
	if (sent <= 0)
		return sent;
	buffer_consume(&t->queue, &t->service->worker->buffers, (size_t)sent);
	transport_count(t, SCOREBOARD_QUEUED_BYTES,
			(uint64_t)0 - (uint64_t)sent);
	return (size_t)sent < offered ? 0 : sent;
}

static ssize_t send_next(struct cohort_transport *t)
{
	if (t->queue.size_bytes > 0)
		return send_queued(t);
	return transport_send_file_piece(t);
}

void transport_flush(struct cohort_transport *t)
{
	size_t turn_bytes = 0;
	int call;

	t->is_flush_cut = false;
	if (!transport_owes(t) || t->is_connecting)
		return;
	for (call = 0; transport_owes(t) && call < TURN_CALLS; call++) {
		ssize_t sent = send_next(t);

		/* A file that is over may have sent nothing. */
		if (sent < 0 || (sent == 0 && transport_owes(t)))
			return;
		turn_bytes += (size_t)sent;
		if (turn_bytes >= TURN_BYTES)
			break;
	}
	if (!transport_owes(t)) {
		flushed(t);
		return;
	}
	t->is_flush_cut = true;
	loop_post(transport_loop(t), &t->task);
}

void transport_flush_first(struct cohort_transport *t)
{
	if (transport_owes(t))
		transport_flush(t);
	else
		flushed(t);
}

/* ---- Public ---- */

bool transport_may_write(const struct cohort_transport *t)
{
	if (t->state == TRANSPORT_OPEN && !t->is_eof_wanted &&
	    !t->is_file_pending)
		return true;
	errno = t->state == TRANSPORT_OPEN && !t->is_eof_wanted ? EBUSY : EPIPE;
	return false;
}

static void log_pieces(const struct cohort_transport *t,
		       const struct iovec *pieces, int count)
{
	int i;

	for (i = 0; i < count; i++)
		if (pieces[i].iov_len > 0)
			transport_log_bytes(t, "sent", pieces[i].iov_base,
					    pieces[i].iov_len);
}

/* Nothing goes before it, and byte_rate allows all of it; else it is queued,
 * and what is allowed of it is sent in the same turn. */
static bool may_send_at_once(struct cohort_transport *t, size_t size)
{
	if (t->queue.size_bytes > 0 || t->is_connecting)
		return false;
	if (transport_send_room(t, size) == size)
		return true;
	t->is_flush_cut = true;
	loop_post(transport_loop(t), &t->task);
	return false;
}

static int write_pieces(struct cohort_transport *t, const struct iovec *pieces,
			int count, size_t size)
{
	ssize_t sent = 0;

	if (!transport_may_write(t))
		return -1;
	if (size == 0)
		return 0;
	if (log_is_enabled(LOG_LEVEL_DEBUG))
		log_pieces(t, pieces, count);
	if (may_send_at_once(t, size)) {
		sent = send_pieces(t, pieces, count);
		if (sent < 0)
			return -1;
		if ((size_t)sent == size)
			return 0;
	}
	return queue_pieces(t, pieces, count, (size_t)sent);
}

/* No bytes may be anywhere. */
static void require_data(const struct iovec *piece, const char *call)
{
	if (piece->iov_len > 0)
		service_require(piece->iov_base, "the data", call);
}

/* Not in cohort_write, whose usual way needs no iovec in memory. */
static __attribute__((noinline)) int write_one(struct cohort_transport *t,
					       const void *data, size_t size)
{
	const struct iovec piece = {
		.iov_base = (void *)(uintptr_t)data,
		.iov_len = size,
	};

	require_data(&piece, "cohort_write");
	return write_pieces(t, &piece, 1, size);
}

static __attribute__((noinline)) int queue_tail(struct cohort_transport *t,
						const void *data, size_t size)
{
	const struct iovec piece = {
		.iov_base = (void *)(uintptr_t)data,
		.iov_len = size,
	};

	return queue_pieces(t, &piece, 1, 0);
}

/* Nothing speaks against sending it at once, and nobody wants to see it. */
static bool is_plain_write(const struct cohort_transport *t, const void *data,
			   size_t size)
{
	bool is_odd =
		t->is_eof_wanted || t->is_connecting || t->is_writing_paused;

	return !is_odd && t->state == TRANSPORT_OPEN && transport_is_usual(t) &&
	       t->queue.size_bytes == 0 && data != NULL && size > 0 &&
	       !log_is_enabled(LOG_LEVEL_DEBUG);
}

int cohort_write(struct cohort_transport *t, const void *data, size_t size)
{
	ssize_t sent;

	transport_require(t, __func__);
	if (!is_plain_write(t, data, size))
		return write_one(t, data, size);
	sent = send_bytes(t, data, size);
	if (sent < 0)
		return -1;
	if ((size_t)sent == size)
		return 0;
	return queue_tail(t, (const char *)data + sent, size - (size_t)sent);
}

int cohort_writev(struct cohort_transport *t, const struct iovec *pieces,
		  int count)
{
	size_t size = 0;
	int i;

	transport_require(t, __func__);
	if (count < 0 || count > IOV_MAX) {
		errno = EINVAL;
		return -1;
	}
	for (i = 0; i < count; i++) {
		require_data(&pieces[i], __func__);
		size += pieces[i].iov_len;
	}
	return write_pieces(t, pieces, count, size);
}

void cohort_write_eof(struct cohort_transport *t)
{
	transport_require(t, __func__);
	if (t->state != TRANSPORT_OPEN || t->is_eof_wanted)
		return;
	t->is_eof_wanted = true;
	transport_forward_mute(t);
	if (!transport_owes(t) && !t->is_connecting)
		send_eof(t);
}

size_t cohort_queued(const struct cohort_transport *t)
{
	transport_require(t, __func__);
	return t->queue.size_bytes;
}

int cohort_set_write_limits(struct cohort_transport *t, size_t high, size_t low)
{
	struct transport_extras *extras;

	transport_require(t, __func__);
	if (high < low) {
		errno = EINVAL;
		return -1;
	}
	extras = transport_need_extras(t);
	if (extras == NULL)
		return -1;
	extras->write_high = high;
	extras->write_low = low;
	extras->is_limited = true;
	transport_touch(t);
	return 0;
}
