/* SPDX-License-Identifier: MIT */
/* ordered.c - an echo server whose supervisor takes orders from a socket
 * (SOCK_SEQPACKET, at the path in ORDERS_SOCKET) as from an admin process: what
 * connects there sends RECORD_ORDER and is sent all answers, those of before,
 * too.
 *
 * The linker has supervisor_start_signals and supervisor_tell_admins call what
 * stands here instead (Makefile). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cohort.h"
#include "process/supervisor_internal.h"

#define CLIENTS 64
#define SAID    64

struct said {
	enum record_type type;
	uint32_t number;
	uint32_t size;
	unsigned char data[RECORD_DATA_BYTES];
};

static struct {
	struct supervisor *supervisor;
	struct loop_source listener;
	struct channel clients[CLIENTS];
	struct said said[SAID];
	unsigned said_count;
} orders;

/* ---- Orders ---- */

static void take(struct channel *channel, const struct record *record,
		 const int *fds)
{
	uint32_t i;

	(void)channel;
	for (i = 0; i < record->descriptor_count; i++)
		close(fds[i]);
	if (record->type == RECORD_ORDER)
		supervisor_take_order(orders.supervisor, record);
}

static void closed(struct channel *channel)
{
	(void)channel;
}

static void send_said(struct channel *client, const struct said *said)
{
	const struct channel_load load = {
		.number = said->number,
		.data = said->data,
		.size = said->size,
	};

	if (client->fd >= 0 && channel_send(client, said->type, &load) < 0)
		fprintf(stderr, "ordered: an answer is lost: %s\n",
			strerror(errno));
}

static void welcome(struct channel *client, int fd)
{
	unsigned i;

	if (channel_start(client, &orders.supervisor->loop, fd, take, closed) <
	    0) {
		close(fd);
		return;
	}
	for (i = 0; i < orders.said_count; i++)
		send_said(client, &orders.said[i]);
}

static void come(struct loop_source *source, unsigned found)
{
	int fd = accept4(source->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	unsigned i;

	(void)found;
	if (fd < 0)
		return;
	for (i = 0; i < CLIENTS; i++) {
		if (orders.clients[i].fd >= 0)
			continue;
		welcome(&orders.clients[i], fd);
		return;
	}
	close(fd);
}

void __wrap_supervisor_tell_admins(struct supervisor *supervisor,
				   enum record_type type,
				   const struct channel_load *load);
void __wrap_supervisor_tell_admins(struct supervisor *supervisor,
				   enum record_type type,
				   const struct channel_load *load)
{
	struct said *said;
	unsigned i;

	(void)supervisor;
	if (orders.said_count == SAID)
		memmove(&orders.said[0], &orders.said[1],
			--orders.said_count * sizeof(orders.said[0]));
	said = &orders.said[orders.said_count++];
	said->type = type;
	said->number = load->number;
	said->size = load->size;
	if (load->size > 0)
		memcpy(said->data, load->data, load->size);
	for (i = 0; i < CLIENTS; i++)
		send_said(&orders.clients[i], said);
}

/* ---- The socket ---- */

static int open_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC,
			0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	unlink(path);
	if (fd >= 0 &&
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    listen(fd, CLIENTS) == 0)
		return fd;
	perror("ordered");
	exit(1);
}

int __real_supervisor_start_signals(struct supervisor *supervisor,
				    struct error *error);
int __wrap_supervisor_start_signals(struct supervisor *supervisor,
				    struct error *error);
int __wrap_supervisor_start_signals(struct supervisor *supervisor,
				    struct error *error)
{
	const char *path = getenv("ORDERS_SOCKET");
	unsigned i;

	if (__real_supervisor_start_signals(supervisor, error) < 0)
		return -1;
	for (i = 0; i < CLIENTS; i++)
		orders.clients[i].fd = -1;
	orders.supervisor = supervisor;
	loop_source_init(&orders.listener, come);
	if (!path || supervisor->is_trial)
		return 0;
	return loop_add(&supervisor->loop, &orders.listener, open_socket(path),
			POLLER_READ);
}

/* ---- The protocol ---- */

static void data_received(struct cohort_transport *t, void *session,
			  const void *data, size_t size)
{
	(void)session;
	if (cohort_write(t, data, size) < 0)
		cohort_abort(t);
}

/* While there is a file at the path in BAD_START no worker starts. */
static int worker_start(struct cohort_worker *worker, void *state)
{
	const char *path = getenv("BAD_START");

	(void)worker;
	(void)state;
	if (path && access(path, F_OK) == 0)
		_exit(3);
	return 0;
}

static const struct cohort_protocol echo = {
	.name = "echo",
	.data_received = data_received,
	.worker_start = worker_start,
};

int main(int argc, char **argv)
{
	return cohort_main(argc, argv, &echo);
}
