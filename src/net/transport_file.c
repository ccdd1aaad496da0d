/* SPDX-License-Identifier: MIT */
/* transport_file.c - a file from its descriptor to the kernel's socket.
 *
 * It follows the queue: transport_flush calls for a piece of it when nothing is
 * queued, and goes on to the end of our half when the file is over.  The
 * protocol is told when the transport is settled, never from inside a call. */
#include <errno.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include "base/log.h"
#include "net/transport_internal.h"

#define PIECE_BYTES (1 << 18) /* with one sendfile, at most */

static void end_file(struct cohort_transport *t, int error)
{
	t->extras->file.error = error;
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

/* A short count proves nothing: the file may end there, or the kernel may have
 * stopped for a signal.  Only EAGAIN brings a POLLER_WRITE. */
ssize_t transport_send_file_piece(struct cohort_transport *t)
{
	struct transport_file *file = &t->extras->file;
	size_t size = PIECE_BYTES;
	ssize_t sent;

	if (file->left_bytes < size)
		size = (size_t)file->left_bytes;
	size = transport_send_room(t, size);
	if (size == 0)
		return 0;
	do
		sent = sendfile(t->source.fd, file->fd, &file->offset, size);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return handle_failure(t, errno);
	if (sent > 0)
		transport_note_sent(t, (size_t)sent);
	file->sent_bytes += (uint64_t)sent;
	file->left_bytes -= (uint64_t)sent;
	if (sent == 0 || file->left_bytes == 0)
		end_file(t, 0);
	return sent;
}

void transport_tell_file(struct cohort_transport *t)
{
	struct transport_file file;

	/* An empty one may be over before connection_made. */
	if (t->is_connecting && t->state != TRANSPORT_ENDED)
		return;
	file = t->extras->file;
	t->is_file_pending = false;
	t->is_file_over = false;
	transport_debug(t, LOG_EVENT_CONNECTION, " sent %llu bytes of a file",
			(unsigned long long)file.sent_bytes);
	if (t->protocol->file_sent == NULL)
		return;
	transport_enter(t, SCOREBOARD_IN_FILE_SENT);
	t->protocol->file_sent(t, transport_session(t), file.sent_bytes,
			       file.error);
	transport_leave(t);
}

/* ---- Public ---- */

int cohort_send_file(struct cohort_transport *t, int fd, int64_t offset,
		     uint64_t count)
{
	struct transport_extras *extras;

	transport_require(t, __func__);
	if (!transport_may_write(t))
		return -1;
	if (offset < 0) {
		errno = EINVAL;
		return -1;
	}
	if (transport_is_forwarded_to(t)) {
		errno = EBUSY;
		return -1;
	}
	extras = transport_need_extras(t);
	if (extras == NULL)
		return -1;
	extras->file = (struct transport_file){
		.fd = fd,
		.offset = offset,
		.left_bytes = count,
	};
	t->is_file_pending = true;
	if (count == 0)
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
