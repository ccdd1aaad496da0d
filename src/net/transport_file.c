/* SPDX-License-Identifier: MIT */
/* transport_file.c - a file from its descriptor to the kernel's socket, or
 * memory of the protocol's.
 *
 * It follows the queue: transport_flush calls for a piece of it when nothing is
 * queued, and goes on to the end of our half when the file is over.  The
 * protocol is told when the transport is settled, never from inside a call. */
#include "net/transport_file.h"

#include <errno.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include "base/log.h"
#include "net/transport_internal.h"

#define PIECE_BYTES  (1 << 18) /* with one system call, at most */
#define BULK_BYTES   (1 << 17) /* and more: little of it waits in the kernel */
#define PIECES_COUNT 64        /* … of memory, from its beginning each */

static void end_file(struct cohort_transport *t, int error)
{
	t->extras->unqueued.error = error;
	t->is_file_over = true;
}

void transport_drop_file(struct cohort_transport *t, int error)
{
	if (t->is_file_pending && !t->is_file_over)
		end_file(t, error != 0 ? error : ECANCELED);
}

/* sendfile has the errors of two descriptors: that of the socket is there for
 * others to find too. */
static bool is_connection_broken(const struct cohort_transport *t)
{
	return send(t->source.fd, "", 0, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
	       errno != EAGAIN;
}

static bool is_for_later(int number)
{
	return number == EAGAIN || number == EWOULDBLOCK || number == ENOBUFS ||
	       number == ENOMEM;
}

static ssize_t handle_failure(struct cohort_transport *t, int number)
{
	if (is_for_later(number) || is_connection_broken(t))
		return transport_handle_send_failure(t, number);
	end_file(t, number);
	return 0;
}

static void note_progress(struct cohort_transport *t, ssize_t sent)
{
	struct transport_unqueued *what = &t->extras->unqueued;

	if (sent > 0)
		transport_note_sent(t, (size_t)sent);
	what->sent_bytes += (uint64_t)sent;
	what->left_bytes -= (uint64_t)sent;
	if (what->left_bytes == 0)
		end_file(t, 0);
}

/* A short count proves nothing: the file may end there, or the kernel may have
 * stopped for a signal.  Only EAGAIN brings a POLLER_WRITE. */
static ssize_t send_of_file(struct cohort_transport *t, size_t size)
{
	struct transport_unqueued *what = &t->extras->unqueued;
	ssize_t sent;

	do
		sent = sendfile(t->source.fd, what->fd, &what->offset, size);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return handle_failure(t, errno);
	note_progress(t, sent);
	if (sent == 0)
		end_file(t, 0);
	return sent;
}

/* `size` bytes of it from the place where it is, or as many as lie in
 * PIECES_COUNT pieces; how many. */
static size_t cut_memory(const struct transport_unqueued *what, size_t size,
			 struct iovec *pieces, int *count)
{
	size_t start = (size_t)what->offset, sum = 0;

	for (*count = 0; sum < size && *count < PIECES_COUNT; (*count)++) {
		size_t length = what->memory_bytes - start;

		if (length > size - sum)
			length = size - sum;
		pieces[*count] = (struct iovec){
			.iov_base = (void *)(uintptr_t)(what->memory + start),
			.iov_len = length,
		};
		sum += length;
		start = 0;
	}
	return sum;
}

/* Where memory is a file that was mapped and cut meanwhile, it ends here. */
static ssize_t handle_memory_failure(struct cohort_transport *t, int number)
{
	if (number != EFAULT)
		return transport_handle_send_failure(t, number);
	end_file(t, number);
	return 0;
}

/* The kernel took less than it was offered: for want of room, which will bring
 * a POLLER_WRITE, or it came to memory that cannot be read, which brings none.
 * Unlike an EAGAIN, asking does not fill a small room as soon as it is there;
 * and where there is none, it makes sure that we are told of it. */
static bool has_room(const struct cohort_transport *t)
{
	struct pollfd room = {.fd = t->source.fd, .events = POLLOUT};

	return poll(&room, 1, 0) != 0;
}

/* As much as possible at once, for with each send TCP begins a new packet. */
static ssize_t send_of_memory(struct cohort_transport *t, size_t size)
{
	struct transport_unqueued *what = &t->extras->unqueued;
	struct iovec pieces[PIECES_COUNT];
	int count;
	size_t offered = cut_memory(what, size, pieces, &count);
	ssize_t sent = transport_offer_pieces(t, pieces, count);

	if (sent < 0)
		return handle_memory_failure(t, errno);
	what->offset = (off_t)(((size_t)what->offset + (size_t)sent) %
			       what->memory_bytes);
	note_progress(t, sent);
	return (size_t)sent == offered || has_room(t) ? sent : 0;
}

ssize_t transport_send_file_piece(struct cohort_transport *t)
{
	const struct transport_unqueued *what = &t->extras->unqueued;
	size_t size = PIECE_BYTES;

	if (what->left_bytes >= BULK_BYTES)
		transport_note_bulk(t);
	if (what->left_bytes < size)
		size = (size_t)what->left_bytes;
	size = transport_send_room(t, size);
	if (size == 0)
		return 0;
	return what->memory != NULL ? send_of_memory(t, size)
				    : send_of_file(t, size);
}

void transport_tell_file(struct cohort_transport *t)
{
	struct transport_unqueued what;

	/* An empty one may be over before connection_made. */
	if (t->is_connecting && t->state != TRANSPORT_ENDED)
		return;
	what = t->extras->unqueued;
	t->is_file_pending = false;
	t->is_file_over = false;
	transport_debug(t, LOG_EVENT_CONNECTION, " sent %llu bytes of %s",
			(unsigned long long)what.sent_bytes,
			what.memory != NULL ? "memory" : "a file");
	if (t->protocol->file_sent == NULL)
		return;
	transport_enter(t, SCOREBOARD_IN_FILE_SENT);
	t->protocol->file_sent(t, transport_session(t), what.sent_bytes,
			       what.error);
	transport_leave(t);
}

static int begin(struct cohort_transport *t,
		 const struct transport_unqueued *what)
{
	struct transport_extras *extras;

	if (transport_is_forwarded_to(t)) {
		errno = EBUSY;
		return -1;
	}
	extras = transport_need_extras(t);
	if (extras == NULL)
		return -1;
	extras->unqueued = *what;
	t->is_file_pending = true;
	if (what->left_bytes == 0)
		end_file(t, 0);
	if (t->queue.size_bytes == 0) {
		t->progress_ms = transport_now_ms(t);
		transport_flush(t);
		transport_arm_all(t);
	}
	if (t->is_file_over)
		transport_touch(t);
	return 0;
}

/* ---- Public ---- */

int cohort_send_file(struct cohort_transport *t, int fd, int64_t offset,
		     uint64_t count)
{
	const struct transport_unqueued what = {
		.fd = fd,
		.offset = offset,
		.left_bytes = count,
	};

	transport_require(t, __func__);
	if (!transport_may_write(t))
		return -1;
	if (offset < 0) {
		errno = EINVAL;
		return -1;
	}
	return begin(t, &what);
}

int cohort_send_memory(struct cohort_transport *t, const void *data,
		       size_t size, uint64_t count)
{
	const struct transport_unqueued what = {
		.memory = data,
		.memory_bytes = size,
		.left_bytes = count,
		.fd = -1,
	};

	transport_require(t, __func__);
	service_require(data, "the data", __func__);
	if (!transport_may_write(t))
		return -1;
	if (size == 0) {
		errno = EINVAL;
		return -1;
	}
	return begin(t, &what);
}
