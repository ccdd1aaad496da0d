/* SPDX-License-Identifier: MIT */
/* transport_forward.c - what one transport receives goes to another, or back.
 *
 * Small reads are copied.  Once a read comes in full, the next go through a
 * pipe from socket to socket without being copied (splice(2)), until one brings
 * little.  The worker has one pipe for all of its transports, and it is empty
 * between any two reads: what the receiver does not take is copied into its
 * queue, and nothing more is read until that has gone out.  So no more is read
 * into the pipe than may be queued.
 *
 * An urgent byte that arrives in the midst of a splice is passed on in its
 * place, as the kernel has it; recv leaves it out. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "net/sockopt.h"
#include "net/transport_internal.h"

#define SPLICE_MOST_BYTES ((size_t)SERVICE_DROP_BYTES)

/* Below it a copy costs less than the second system call. */
#define SPLICE_LEAST_BYTES ((size_t)SERVICE_READ_BYTES / 8)

/* Room for pages, of which a network's packets fill small parts.  Twice the
 * kernel's own; 256 workers take half of what it grants one user
 * (pipe-user-pages-soft); beyond it a pipe stays as it was opened. */
#define PIPE_BYTES    131072
#define PIPE_AGAIN_MS 1000 /* after one could not be opened */

static struct cohort_transport *find(const struct cohort_transport *t,
				     uint64_t id)
{
	if (id == 0)
		return NULL;
	return transport_table_find(&t->service->worker->transports, id);
}

static struct cohort_transport *receiver_of(const struct cohort_transport *t)
{
	return t->extras != NULL ? find(t, t->extras->forward_to) : NULL;
}

static struct cohort_transport *sender_to(const struct cohort_transport *t)
{
	return t->extras != NULL ? find(t, t->extras->forward_from) : NULL;
}

/* One that has closed, or whose end was passed on, stays until it is lost, and
 * is in nobody's way. */
static bool is_sending(const struct cohort_transport *from)
{
	return from != NULL && from->state == TRANSPORT_OPEN &&
	       !from->is_eof_received;
}

bool transport_is_forwarded_to(const struct cohort_transport *t)
{
	return is_sending(sender_to(t));
}

bool transport_is_forwarding(const struct cohort_transport *t)
{
	return t->extras != NULL && t->extras->forward_to != 0;
}

/* ---- The pipe -------------------------------------------------------- */

/* Without descriptors for one, everything is copied. */
static bool has_pipe(struct worker_context *worker)
{
	int64_t now_ms = worker->loop->now_ms;

	if (worker->forward_pipe[0] >= 0)
		return true;
	if (now_ms < worker->forward_pipe_ms)
		return false;
	if (pipe2(worker->forward_pipe, O_CLOEXEC | O_NONBLOCK) < 0) {
		worker->forward_pipe[0] = -1;
		worker->forward_pipe[1] = -1;
		worker->forward_pipe_ms = now_ms + PIPE_AGAIN_MS;
		return false;
	}
	(void)fcntl(worker->forward_pipe[0], F_SETPIPE_SZ, PIPE_BYTES);
	return true;
}

static void close_pipe(struct worker_context *worker)
{
	close(worker->forward_pipe[0]);
	close(worker->forward_pipe[1]);
	worker->forward_pipe[0] = -1;
	worker->forward_pipe[1] = -1;
}

/* It will not splice, as on some systems, or not now. */
static void rest_pipe(struct worker_context *worker)
{
	close_pipe(worker);
	worker->forward_pipe_ms = worker->loop->now_ms + PIPE_AGAIN_MS;
}

/* From the pipe to the socket, without a copy; what it does not take, for
 * whatever reason, stays in the pipe. */
static size_t empty_pipe(struct cohort_transport *to, size_t held)
{
	int pipe = to->service->worker->forward_pipe[0];
	ssize_t sent;

	do
		sent = splice(pipe, NULL, to->source.fd, NULL, held,
			      SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	while (sent < 0 && errno == EINTR);
	if (sent <= 0)
		return held;
	transport_note_sent(to, (size_t)sent);
	return held - (size_t)sent;
}

/* The rest is written as by anybody else, who is told what is wrong. */
static void copy_rest(struct cohort_transport *to, size_t held)
{
	struct worker_context *worker = to->service->worker;
	bool is_wanted = true;

	while (held > 0) {
		ssize_t size = read(worker->forward_pipe[0],
				    worker->read_buffer, SERVICE_READ_BYTES);

		if (size < 0 && errno == EINTR)
			continue;
		if (size <= 0) {
			transport_end(to, COHORT_REASON_RESOURCE, errno);
			close_pipe(worker);
			return;
		}
		held -= (size_t)size;
		is_wanted = is_wanted && cohort_write(to, worker->read_buffer,
						      (size_t)size) == 0;
	}
}

/* ---- Back-pressure --------------------------------------------------- */

/* A pause of our own: what the protocol pauses or resumes is its affair. */
static void hold(struct cohort_transport *from)
{
	if (!transport_is_reading_paused(from))
		transport_count(from, SCOREBOARD_READ_PAUSES, 1);
	from->is_forward_held = true;
}

static void let_go(struct cohort_transport *from)
{
	if (!from->is_forward_held)
		return;
	from->is_forward_held = false;
	if (from->is_readable || from->is_rest_due)
		loop_post(transport_loop(from), &from->task);
}

/* Something is queued by `to`: when it is settled after it has sent of that, it
 * is looked at again. */
static void wait_for(struct cohort_transport *from, struct cohort_transport *to)
{
	to->extras->is_flush_awaited = true;
	hold(from);
}

/* With a pause that its protocol was told of, until it is told of its end. */
static bool is_slow(const struct cohort_transport *to)
{
	size_t queued = to->queue.size_bytes;

	return queued > transport_write_high(to) ||
	       (to->is_writing_paused && queued > transport_write_low(to));
}

/* How many bytes `to` may be given; 0: none, and `from` is held, for a time or
 * because there is nobody to take them. */
static size_t room_of(struct cohort_transport *from,
		      struct cohort_transport *to)
{
	uint64_t limit, queued;

	if (to == NULL || to->state != TRANSPORT_OPEN || to->is_eof_wanted) {
		hold(from);
		return 0;
	}
	limit = to->service->settings->write_limit_bytes;
	queued = to->queue.size_bytes;
	if (queued > 0 && (is_slow(to) || queued >= limit)) {
		wait_for(from, to);
		return 0;
	}
	return limit - queued < SERVICE_READ_BYTES ? (size_t)(limit - queued)
						   : SERVICE_READ_BYTES;
}

void transport_forward_settle(struct cohort_transport *to)
{
	struct cohort_transport *from;

	if (to->extras == NULL || !to->extras->is_flush_awaited ||
	    to->state != TRANSPORT_OPEN ||
	    to->queue.size_bytes > transport_write_low(to))
		return;
	to->extras->is_flush_awaited = false;
	from = sender_to(to);
	if (from == NULL)
		return;
	if (to->queue.size_bytes > 0)
		from->extras->is_forward_bulk = false;
	let_go(from);
}

/* ---- Receivers ------------------------------------------------------- */

/* Without an answer from the kernel: the caller looks again whether it may
 * read. */
static ssize_t again(void)
{
	errno = EINTR;
	return -1;
}

/* What may be in the pipe, and will be queued if nobody takes it: as much as
 * any other full read above the mark. */
static size_t splice_room(const struct cohort_transport *to)
{
	uint64_t limit = to->service->settings->write_limit_bytes;
	size_t room = SPLICE_MOST_BYTES;

	if (transport_write_high(to) < room - SERVICE_READ_BYTES)
		room = transport_write_high(to) + SERVICE_READ_BYTES;
	return limit < room ? (size_t)limit : room;
}

static void pass(struct cohort_transport *t, struct cohort_transport *to,
		 const void *data, size_t size)
{
	if (cohort_write(to, data, size) < 0)
		hold(t);
	else if (is_slow(to))
		wait_for(t, to);
}

static ssize_t receive_copied(struct cohort_transport *t,
			      struct cohort_transport *to, size_t room)
{
	unsigned char *data = t->service->worker->read_buffer;
	ssize_t size;

	room = transport_read_room(t, room);
	size = recv(t->source.fd, data, room, 0);
	if (size <= 0)
		return size;
	transport_note_received(t, data, (size_t)size, room);
	t->extras->is_forward_bulk = size == SERVICE_READ_BYTES;
	pass(t, to, data, (size_t)size);
	return size;
}

/* A router that prohibits is EACCES, too: only where TCP gave up for it, which it
 * does in the end, there is no connection any more. */
static bool is_over(int fd)
{
	struct sockopt_tcp tcp;

	return sockopt_tcp_info(fd, &tcp) == 0 && tcp.state == TCP_CLOSE;
}

/* Only the socket's own errors are the connection's, and it speaks of them but
 * once.  Whatever else comes is a refusal: the system's, for want of memory, by
 * a security module or a filter of system calls. */
static bool is_of_socket(int fd, int number)
{
	static const int numbers[] = {
		EINTR,    ECONNRESET, ECONNABORTED, ECONNREFUSED, EPIPE,
		ENOTCONN, ETIMEDOUT,  EHOSTUNREACH, ENETUNREACH,  EHOSTDOWN,
		ENETDOWN, ENETRESET,  ENONET,       EPROTO,       ENOPROTOOPT,
	};
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i] == number)
			return true;
	return number == EACCES && is_over(fd);
}

/* Nothing came; the end, and what a refusal hides, are for recv to tell.  So is
 * it whether there is really nothing: EAGAIN also comes when the kernel has no
 * page for what there is, and of that no event would speak again.  That says
 * nothing about how much comes. */
static ssize_t receive_unspliced(struct cohort_transport *t,
				 struct cohort_transport *to, size_t room,
				 ssize_t size)
{
	ssize_t copied;

	if (size < 0 && errno == EAGAIN) {
		copied = receive_copied(t, to, room);
		t->extras->is_forward_bulk = transport_is_forwarding(t);
		return copied;
	}
	if (size < 0 && is_of_socket(t->source.fd, errno))
		return size;
	if (size < 0)
		rest_pipe(t->service->worker);
	t->extras->is_forward_bulk = false;
	return again();
}

static ssize_t receive_spliced(struct cohort_transport *t,
			       struct cohort_transport *to, size_t room)
{
	struct worker_context *worker = t->service->worker;
	ssize_t size;

	if (to == t)
		transport_note_bulk(to);
	size = splice(t->source.fd, NULL, worker->forward_pipe[1], NULL,
		      splice_room(to), SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	if (size <= 0)
		return receive_unspliced(t, to, room, size);
	if (size < (ssize_t)SPLICE_LEAST_BYTES)
		t->extras->is_forward_bulk = false;
	transport_note_received(t, NULL, (size_t)size, (size_t)size);
	copy_rest(to, empty_pipe(to, (size_t)size));
	return size;
}

/* With a log of the bytes they have to be seen, a byte rate counts them one by
 * one, and near urgent data or the end recv knows better. */
static bool may_splice(const struct cohort_transport *t,
		       const struct cohort_transport *to)
{
	return t->extras->is_forward_bulk && !t->is_read_to_end &&
	       !t->is_rated && !to->is_rated && !to->is_connecting &&
	       to->service->settings->write_limit_bytes >= SERVICE_READ_BYTES &&
	       !log_is_enabled(LOG_LEVEL_DEBUG) && has_pipe(t->service->worker);
}

ssize_t transport_receive_forward(struct cohort_transport *t)
{
	struct cohort_transport *to = receiver_of(t);
	size_t room = room_of(t, to);

	if (room == 0)
		return again();
	if (!may_splice(t, to))
		return receive_copied(t, to, room);
	if (to->queue.size_bytes == 0)
		return receive_spliced(t, to, room);
	/* Its own writes may keep it from ever being empty. */
	if (to->queue.size_bytes <= transport_write_low(to))
		return receive_copied(t, to, room);
	wait_for(t, to);
	return again();
}

void transport_forward_rest(struct cohort_transport *t)
{
	struct cohort_transport *to = receiver_of(t);
	size_t size = transport_rest_size(&t->extras->rest);
	size_t room = room_of(t, to);

	if (room == 0)
		return;
	if (size > room)
		size = room;
	pass(t, to, transport_lend_rest(t, size), size);
	transport_return_rest(t);
}

/* ---- What the others tell -------------------------------------------- */

void transport_forward_eof(struct cohort_transport *from)
{
	struct cohort_transport *to = receiver_of(from);

	if (to != NULL && to != from)
		cohort_write_eof(to);
}

/* Who waited for the other, or for another at all, need not any more. */
static void part(struct cohort_transport *from, struct cohort_transport *to)
{
	from->extras->forward_to = 0;
	from->extras->is_forward_bulk = false;
	let_go(from);
	if (to == NULL)
		return;
	to->extras->forward_from = 0;
	to->extras->is_flush_awaited = false;
}

void transport_forward_end(struct cohort_transport *t)
{
	struct cohort_transport *from = sender_to(t);

	if (transport_is_forwarding(t))
		part(t, receiver_of(t));
	if (from != NULL)
		part(from, t);
}

void transport_forward_mute(struct cohort_transport *t)
{
	if (transport_is_forwarding(t) && receiver_of(t) == t)
		part(t, t);
}

void transport_forward_release(struct worker_context *worker)
{
	if (worker->forward_pipe[0] >= 0)
		close_pipe(worker);
}

/* ---- Public ---------------------------------------------------------- */

static int join(struct cohort_transport *from, struct cohort_transport *to)
{
	struct cohort_transport *other;

	if (transport_need_extras(from) == NULL ||
	    transport_need_extras(to) == NULL) {
		errno = ENOMEM;
		return -1;
	}
	other = sender_to(to);
	if (is_sending(other) && other != from) {
		errno = EBUSY;
		return -1;
	}
	if (other != NULL)
		part(other, to);
	if (transport_is_forwarding(from))
		part(from, receiver_of(from));
	from->is_input_discarded = false;
	from->extras->forward_to = to->id;
	to->extras->forward_from = from->id;
	/* There is nothing left before it. */
	if (from->is_eof_received && to != from)
		cohort_write_eof(to);
	transport_review_rest(from);
	return 0;
}

int cohort_forward(struct cohort_transport *from, struct cohort_transport *to)
{
	transport_require(from, __func__);
	if (to == NULL) {
		if (transport_is_forwarding(from))
			part(from, receiver_of(from));
		return 0;
	}
	transport_require(to, __func__);
	if (from->state != TRANSPORT_OPEN) {
		errno = EPIPE;
		return -1;
	}
	if (!transport_may_write(to))
		return -1;
	return join(from, to);
}
