/* SPDX-License-Identifier: MIT */
/* channel.c - records and descriptors over a SOCK_SEQPACKET socketpair. */
#include "process/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/sockopt.h"

#define HEADER_BYTES  offsetof(struct record, data)
#define SCARCE_MS     20 /* between tries when memory is out */
#define TURN_RECORDS  64 /* of one channel, before others get their turn */
#define CONTROL_BYTES CMSG_SPACE(sizeof(int) * CHANNEL_DESCRIPTORS)

_Static_assert(HEADER_BYTES == 16 && sizeof(struct record) == RECORD_BYTES,
	       "the layout of a record is frozen");

union control {
	struct cmsghdr header; /* for its alignment */
	char bytes[CONTROL_BYTES];
};

int channel_pair(int fds[2], struct error *error)
{
	const int type = SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC;

	if (socketpair(AF_UNIX, type, 0, fds) < 0)
		return error_set_errno(error, "cannot make a channel");
	return 0;
}

/* ---- Receiving ---- */

/* The descriptors that came with a message; their number. */
static unsigned take_descriptors(struct msghdr *message, int *fds)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);
	unsigned count;

	if (header == NULL || header->cmsg_level != SOL_SOCKET ||
	    header->cmsg_type != SCM_RIGHTS)
		return 0;
	count = (unsigned)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
	memcpy(fds, CMSG_DATA(header), count * sizeof(int));
	return count;
}

/* What is wrong with a message, or NULL. */
static const char *fault_of(const struct msghdr *message,
			    const struct record *record, size_t size,
			    unsigned fd_count)
{
	if (message->msg_flags & MSG_TRUNC)
		return "a record is too long";
	if (size < HEADER_BYTES)
		return "a record is too short";
	if (record->version != RECORD_VERSION)
		return "a record has another version";
	if (record->size != size - HEADER_BYTES)
		return "a record has not the size it says";
	if (record->descriptor_count != fd_count &&
	    !(message->msg_flags & MSG_CTRUNC))
		return "a record has not the descriptors it says";
	return NULL;
}

void channel_drop(const int *fds, unsigned count)
{
	while (count > 0) {
		sockopt_stop_lingering(fds[--count]);
		close(fds[count]);
	}
}

static void lose(struct channel *channel)
{
	channel_close(channel);
	channel->closed(channel);
}

/* With a full table what is sent would be lost (kernel.md 24): one place in it
 * is ours, and free while a message with descriptors is taken. */
static void take_spare(struct channel *channel)
{
	if (channel->has_spare && channel->spare < 0 && channel->fd >= 0)
		channel->spare = fcntl(channel->fd, F_DUPFD_CLOEXEC, 0);
}

static void give_spare(struct channel *channel)
{
	if (channel->spare >= 0)
		close(channel->spare);
	channel->spare = -1;
}

void channel_hold_spare(struct channel *channel)
{
	channel->has_spare = true;
	take_spare(channel);
}

static bool brings_descriptors(const struct channel *channel)
{
	struct record record;
	ssize_t size = recv(channel->fd, &record, HEADER_BYTES,
			    MSG_PEEK | MSG_DONTWAIT);

	return size == (ssize_t)HEADER_BYTES && record.descriptor_count > 0;
}

/* One message; false when there is none left or the channel is closed. */
static bool receive_one(struct channel *channel)
{
	struct record record;
	union control control;
	int fds[CHANNEL_DESCRIPTORS];
	struct iovec piece = {&record, sizeof(record)};
	struct msghdr message = {
		.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	const char *fault;
	unsigned fd_count;
	ssize_t size;

	if (channel->spare >= 0 && brings_descriptors(channel))
		give_spare(channel);
	size = recvmsg(channel->fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	/* ECONNRESET: the other end was closed with records unread; what it
	 * has sent itself comes after. */
	if (size < 0 && (errno == EINTR || errno == ECONNRESET))
		return true;
	if (size < 0 && (errno == EAGAIN || errno == ENOMEM))
		return false;
	if (size <= 0) {
		lose(channel);
		return false;
	}
	fd_count = take_descriptors(&message, fds);
	fault = fault_of(&message, &record, (size_t)size, fd_count);
	if (fault != NULL) {
		log_error("channel: %s", fault);
		channel_drop(fds, fd_count);
		lose(channel);
		return false;
	}
	if (message.msg_flags & MSG_CTRUNC) {
		log_error(
			"channel: there is no room for the descriptors of a "
			"record");
		channel_drop(fds, fd_count);
		record.descriptor_count = 0;
	}
	channel->received(channel, &record, fds);
	take_spare(channel);
	return channel->fd >= 0;
}

/* What it is watched for is another thing from now on. */
static int watch(struct channel *channel, unsigned interest)
{
	int fd = channel->fd;

	loop_remove(channel->loop, &channel->source);
	return loop_add(channel->loop, &channel->source, fd, interest);
}

int channel_wait_room(struct channel *channel,
		      void (*room)(struct channel *channel))
{
	if (channel->fd < 0) {
		errno = EPIPE;
		return -1;
	}
	if (watch(channel, POLLER_READ | POLLER_WRITE) < 0)
		return -1;
	channel->room = room;
	return 0;
}

static void tell_room(struct channel *channel)
{
	void (*room)(struct channel *) = channel->room;

	channel->room = NULL;
	/* Deaf: the other end has to be given up. */
	if (watch(channel, POLLER_READ) < 0)
		lose(channel);
	else
		room(channel);
}

static void channel_ready(struct loop_source *source, unsigned found)
{
	struct channel *channel = list_entry(source, struct channel, source);
	int count = 0;

	if ((found & POLLER_WRITE) && channel->room != NULL) {
		tell_room(channel);
		return;
	}
	/* Level triggered: the rest comes in the next turn. */
	while (count++ < TURN_RECORDS && receive_one(channel))
		continue;
}

int channel_start(struct channel *channel, struct loop *loop, int fd,
		  void (*received)(struct channel *, const struct record *,
				   const int *fds),
		  void (*closed)(struct channel *))
{
	channel->received = received;
	channel->closed = closed;
	channel->loop = loop;
	channel->fd = -1;
	channel->spare = -1;
	channel->has_spare = false;
	channel->room = NULL;
	loop_source_init(&channel->source, channel_ready);
	if (loop_add(loop, &channel->source, fd, POLLER_READ) < 0)
		return -1;
	channel->fd = fd;
	return 0;
}

void channel_close(struct channel *channel)
{
	if (channel->fd < 0)
		return;
	loop_remove(channel->loop, &channel->source);
	give_spare(channel);
	close(channel->fd);
	channel->fd = -1;
}

/* ---- Sending ---- */

static void add_descriptors(struct msghdr *message, union control *control,
			    const struct channel_load *load)
{
	struct cmsghdr *header;
	size_t size = load->fd_count * sizeof(int);

	memset(control, 0, sizeof(*control));
	message->msg_control = control->bytes;
	message->msg_controllen = CMSG_SPACE(size);
	header = CMSG_FIRSTHDR(message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(header), load->fds, size);
}

static int send_record(int fd, enum record_type type,
		       const struct channel_load *load)
{
	struct record record;
	union control control;
	struct iovec piece = {&record, HEADER_BYTES + load->size};
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
	ssize_t sent;

	if (load->size > RECORD_DATA_BYTES ||
	    load->fd_count > CHANNEL_DESCRIPTORS)
		log_bug("channel: a record of %u bytes with %u descriptors",
			load->size, load->fd_count);
	record.version = RECORD_VERSION;
	record.type = (uint16_t)type;
	record.number = load->number;
	record.size = load->size;
	record.descriptor_count = load->fd_count;
	if (load->size > 0)
		memcpy(record.data, load->data, load->size);
	if (load->fd_count > 0)
		add_descriptors(&message, &control, load);
	do
		sent = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -1 : 0;
}

int channel_send(struct channel *channel, enum record_type type,
		 const struct channel_load *load)
{
	if (channel->fd < 0) {
		errno = EPIPE;
		return -1;
	}
	return send_record(channel->fd, type, load);
}

/* After a send that failed with `number`; -1: there is nothing to wait for. */
static int wait_for_room(int fd, int number)
{
	struct pollfd room = {.fd = fd, .events = POLLOUT};

	if (number == EAGAIN)
		return poll(&room, 1, 1000) < 0 && errno != EINTR ? -1 : 0;
	if (number != ENOBUFS && number != ENOMEM)
		return -1;
	/* The channel has room; the machine has not. */
	poll(NULL, 0, SCARCE_MS);
	return 0;
}

int channel_send_waiting(int fd, enum record_type type,
			 const struct channel_load *load)
{
	while (send_record(fd, type, load) < 0)
		if (wait_for_room(fd, errno) < 0)
			return -1;
	return 0;
}

int channel_send_until(int fd, enum record_type type,
		       const struct channel_load *load, int64_t until_ms)
{
	while (send_record(fd, type, load) < 0) {
		struct pollfd room = {.fd = fd, .events = POLLOUT};
		bool is_full = errno == EAGAIN;

		if (!is_full && errno != ENOBUFS && errno != ENOMEM)
			return -1;
		if (clock_now_ms() >= until_ms) {
			errno = ETIMEDOUT;
			return -1;
		}
		poll(&room, is_full ? 1 : 0, SCARCE_MS);
	}
	return 0;
}

int channel_send_text(int fd, enum record_type type, const char *text,
		      size_t size)
{
	struct channel_load load = {0};

	while (size > 0) {
		load.data = text;
		load.size = size < RECORD_DATA_BYTES ? (uint32_t)size
						     : RECORD_DATA_BYTES;
		if (channel_send_waiting(fd, type, &load) < 0)
			return -1;
		text += load.size;
		size -= load.size;
		load.number++;
	}
	return 0;
}
