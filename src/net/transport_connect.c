/* SPDX-License-Identifier: MIT */
/* transport_connect.c - outgoing transports, until they are connected.
 *
 * The addresses are tried in turn, each with its share of the time that is
 * left.  What a try says comes from the poller; between two tries, and while
 * the name is resolved, the transport has no socket. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/address.h"
#include "net/resolver.h"
#include "net/transport_internal.h"

#define TIMEOUT_MS 10000 /* unless it is given */
#define RETRY_MS   20    /* a unix listener's queue was full */

struct transport_connecting {
	struct address numeric; /* the only one, if it needs no resolution */
	struct address source;
	struct address *resolved;         /* owned, or NULL */
	struct resolver_request *request; /* under way, or NULL */
	const struct address *addresses;  /* one or the other */
	unsigned count;
	unsigned next;         /* to be tried */
	int64_t deadline_ms;   /* of all of it */
	int64_t try_until_ms;  /* of the present try */
	int64_t next_retry_ms; /* of the same address */
	int error;             /* of the last try */
	bool has_source;
};

static struct transport_connecting *
connecting_of(const struct cohort_transport *t)
{
	return t->extras->connecting;
}

/* What is wanting here says nothing about the other end. */
static void end_unconnected(struct cohort_transport *t, int number)
{
	enum cohort_reason reason = COHORT_REASON_UPSTREAM;

	switch (number) {
	case EADDRNOTAVAIL: /* no port is left */
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM: reason = COHORT_REASON_RESOURCE; break;
	default: break;
	}
	transport_end(t, reason, number);
}

/* ---- One try --------------------------------------------------------- */

static int bind_source(int fd, const struct address *source)
{
	if (source->kind != ADDRESS_UNIX &&
	    sockopt_prepare_source(fd, address_port(source) != 0) < 0)
		return -1;
	return bind(fd, &source->socket.generic, source->length);
}

/* A socket for a try, or -1 with errno. */
static int open_socket(const struct service *service,
		       const struct transport_connecting *connecting,
		       const struct address *address)
{
	int family = address->socket.generic.sa_family;
	int number, fd;

	if (connecting->has_source &&
	    connecting->source.kind != address->kind) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (sockopt_apply_outgoing(fd, family, &service->settings->options) < 0)
		log_debug("%s: an option could not be set: %s", service->name,
			  strerror(errno));
	if (!connecting->has_source ||
	    bind_source(fd, &connecting->source) == 0)
		return fd;
	number = errno;
	close(fd);
	errno = number;
	return -1;
}

/* The rest of the time, in equal parts for those that are to be tried. */
static int64_t share_of_time(const struct transport_connecting *connecting)
{
	int64_t left_ms = connecting->deadline_ms - clock_now_ms();
	unsigned tries = connecting->count - connecting->next + 1;

	if (tries == 1 || left_ms < 0)
		return connecting->deadline_ms;
	return connecting->deadline_ms - left_ms + left_ms / tries;
}

/* `fd` on its way to the address: it is taken.  -1 with errno, also for one
 * that is to be tried again (next_retry_ms). */
static int begin_try(struct cohort_transport *t, int fd,
		     const struct address *address)
{
	struct transport_connecting *connecting = connecting_of(t);
	int number;

	connecting->next_retry_ms = TRANSPORT_NEVER;
	connecting->try_until_ms = share_of_time(connecting);
	t->is_tcp = address->kind != ADDRESS_UNIX;
	transport_keep_peer(&t->peer, &address->socket.generic);
	if ((connect(fd, &address->socket.generic, address->length) == 0 ||
	     errno == EINPROGRESS) &&
	    loop_add(transport_loop(t), &t->source, fd, TRANSPORT_INTEREST) ==
		    0)
		return 0;
	number = errno;
	close(fd);
	/* Nobody would tell when there is room. */
	if (number == EAGAIN && !t->is_tcp) {
		connecting->next_retry_ms = clock_now_ms() + RETRY_MS;
		connecting->next--;
	}
	errno = number;
	return -1;
}

/* Try the addresses that are left, until one is on its way or has to wait. */
static void try_on(struct cohort_transport *t)
{
	struct transport_connecting *connecting = connecting_of(t);
	const struct address *address;
	int fd;

	while (connecting->next < connecting->count) {
		address = &connecting->addresses[connecting->next++];
		fd = open_socket(t->service, connecting, address);
		if (fd >= 0 && begin_try(t, fd, address) == 0)
			return;
		connecting->error = errno;
		if (fd >= 0 && connecting->next_retry_ms != TRANSPORT_NEVER)
			return;
	}
	end_unconnected(t, connecting->error);
}

static void try_failed(struct cohort_transport *t, int number)
{
	int fd = t->source.fd;

	if (fd >= 0) {
		loop_forget(transport_loop(t), &t->source);
		close(fd);
	}
	transport_debug(t, LOG_EVENT_CONNECTION,
			": a try to connect failed: %s", strerror(number));
	connecting_of(t)->error = number;
	try_on(t);
}

/* Two ends that connect to each other at once are connected, and so is one to
 * itself: a port that nobody listens on may be the one it was given. */
static bool is_mirror(const struct cohort_transport *t)
{
	const struct transport_connecting *connecting = connecting_of(t);
	struct address own;

	return t->is_tcp && address_of_socket(&own, t->source.fd) == 0 &&
	       address_is_equal(&own,
				&connecting->addresses[connecting->next - 1]);
}

/* ---- What came of it ------------------------------------------------- */

static void succeed(struct cohort_transport *t, unsigned found)
{
	int64_t now_ms = transport_now_ms(t);

	transport_connect_stop(t);
	t->is_connecting = false;
	t->accepted_ms = now_ms;
	t->activity_ms = now_ms;
	t->progress_ms = now_ms;
	transport_count(t, SCOREBOARD_CONNECTED, 1);
	transport_count(t, SCOREBOARD_OUT_LIVE, 1);
	transport_connected(t, found);
}

static void connecting_ready(struct loop_source *source, unsigned found)
{
	struct cohort_transport *t =
		list_entry(source, struct cohort_transport, source);
	int number = sockopt_take_error(source->fd);

	if (t->state == TRANSPORT_ENDED)
		return;
	if (number == 0 && !(found & POLLER_WRITE))
		return;
	if (number == 0 && is_mirror(t))
		number = ECONNREFUSED;
	if (number == 0) {
		succeed(t, found);
		return;
	}
	try_failed(t, number > 0 ? number : errno);
	if (transport_settle(t))
		transport_arm_all(t);
}

int64_t transport_connect_deadline_ms(const struct cohort_transport *t)
{
	const struct transport_connecting *connecting = connecting_of(t);
	int64_t deadline_ms = connecting->deadline_ms;

	if (connecting->try_until_ms < deadline_ms)
		deadline_ms = connecting->try_until_ms;
	if (connecting->next_retry_ms < deadline_ms)
		deadline_ms = connecting->next_retry_ms;
	return deadline_ms;
}

void transport_connect_due(struct cohort_transport *t)
{
	const struct transport_connecting *connecting = connecting_of(t);

	if (transport_now_ms(t) >= connecting->deadline_ms)
		transport_end(t, COHORT_REASON_UPSTREAM, ETIMEDOUT);
	else if (connecting->next_retry_ms != TRANSPORT_NEVER)
		try_on(t);
	else
		try_failed(t, ETIMEDOUT);
}

void transport_connect_stop(struct cohort_transport *t)
{
	struct transport_connecting *connecting = connecting_of(t);

	struct resolver *resolver = t->service->worker->resolver;

	/* At the worker's end its resolver has gone first, with all that it was
	 * asked. */
	if (connecting->request != NULL && resolver != NULL)
		resolver_cancel(resolver, connecting->request);
	free(connecting->resolved);
	free(connecting);
	t->extras->connecting = NULL;
}

/* ---- The beginning --------------------------------------------------- */

static int is_ill(void)
{
	errno = EINVAL;
	return -1;
}

static bool is_connectable(const struct address *address)
{
	switch (address->kind) {
	case ADDRESS_IPV4:
	case ADDRESS_IPV6:
		return address_port(address) != 0 &&
		       !address_is_wildcard(address);
	case ADDRESS_UNIX: return true;
	default: return false;
	}
}

static int read_address(struct transport_connecting *connecting,
			const char *address)
{
	struct error error;

	if (address_parse(&connecting->numeric, address, &error) < 0)
		return address_is_name(address) ? 0 : is_ill();
	if (!is_connectable(&connecting->numeric))
		return is_ill();
	connecting->addresses = &connecting->numeric;
	connecting->count = 1;
	return 0;
}

static int read_source(struct transport_connecting *connecting,
		       const char *source)
{
	enum address_kind kind;
	struct error error;

	if (source == NULL)
		return 0;
	if (address_parse(&connecting->source, source, &error) < 0)
		return is_ill();
	kind = connecting->source.kind;
	if (connecting->count > 0
		    ? kind != connecting->numeric.kind
		    : kind != ADDRESS_IPV4 && kind != ADDRESS_IPV6)
		return is_ill();
	connecting->has_source = true;
	return 0;
}

static int read_request(struct transport_connecting *connecting,
			const struct cohort_connect *how)
{
	int64_t timeout_ms =
		how->timeout_ms != 0 ? how->timeout_ms : TIMEOUT_MS;
	int64_t now_ms = clock_now_ms();

	if (how->protocol == NULL || how->address == NULL || timeout_ms < 0)
		return is_ill();
	connecting->next_retry_ms = TRANSPORT_NEVER;
	connecting->try_until_ms = TRANSPORT_NEVER;
	connecting->deadline_ms = TRANSPORT_NEVER;
	if (timeout_ms < TRANSPORT_NEVER - now_ms)
		connecting->deadline_ms = now_ms + timeout_ms;
	if (read_address(connecting, how->address) < 0)
		return -1;
	return read_source(connecting, how->source);
}

/* A transport that owns what it has to do.  NULL with errno ENOMEM. */
static struct cohort_transport *
make_transport(struct service *service, struct transport_connecting *connecting,
	       const struct cohort_protocol *protocol)
{
	struct cohort_transport *t = transport_new(service, protocol, true);

	if (t == NULL)
		return NULL;
	t->source.ready = connecting_ready;
	if (transport_need_extras(t) != NULL)
		t->id = transport_table_add(&service->worker->transports, t);
	if (t->id == 0) {
		transport_free(t);
		errno = ENOMEM;
		return NULL;
	}
	t->is_connecting = true;
	t->extras->connecting = connecting;
	list_append(&service->transports, &t->node);
	service_add_outgoing(service);
	return t;
}

/* A socket that cannot be had is told at once, all else later. */
static struct cohort_transport *
connect_numeric(struct service *service,
		struct transport_connecting *connecting,
		const struct cohort_protocol *protocol)
{
	struct cohort_transport *t;
	int fd = open_socket(service, connecting, &connecting->numeric);

	if (fd < 0)
		return NULL;
	t = make_transport(service, connecting, protocol);
	if (t == NULL) {
		close(fd);
		errno = ENOMEM;
		return NULL;
	}
	connecting->next = 1;
	if (begin_try(t, fd, &connecting->numeric) < 0 &&
	    connecting->next_retry_ms == TRANSPORT_NEVER)
		end_unconnected(t, errno);
	transport_arm_all(t);
	return t;
}

/* The name is known, or not. */
static void resolved(void *context, struct address *addresses, unsigned count,
		     int error)
{
	struct cohort_transport *t = context;
	struct transport_connecting *connecting = connecting_of(t);

	connecting->request = NULL;
	connecting->resolved = addresses;
	connecting->addresses = addresses;
	connecting->count = count;
	connecting->error = error;
	/* One that has ended waits for its connection_lost. */
	if (t->state != TRANSPORT_ENDED)
		try_on(t);
	if (transport_settle(t))
		transport_arm_all(t);
}

static struct resolver *need_resolver(struct worker_context *worker)
{
	if (worker->resolver == NULL)
		worker->resolver = resolver_new(&worker->inbox);
	return worker->resolver;
}

static struct cohort_transport *
connect_name(struct service *service, struct transport_connecting *connecting,
	     const struct cohort_connect *how)
{
	struct resolver *resolver = need_resolver(service->worker);
	struct cohort_transport *t;

	if (resolver == NULL)
		return NULL;
	t = make_transport(service, connecting, how->protocol);
	if (t == NULL)
		return NULL;
	connecting->request = resolver_ask(resolver, how->address, resolved, t);
	if (connecting->request == NULL)
		end_unconnected(t, errno);
	transport_arm_all(t);
	return t;
}

struct cohort_transport *cohort_connect(struct cohort_worker *w,
					const struct cohort_connect *how)
{
	struct service *service = service_required(w, __func__);
	struct transport_connecting *connecting;
	struct cohort_transport *t = NULL;
	int number;

	service_require(how, "struct cohort_connect", __func__);
	if (service->worker->is_ending) {
		errno = ESHUTDOWN;
		return NULL;
	}
	connecting = calloc(1, sizeof(*connecting));
	if (connecting == NULL)
		return NULL;
	if (read_request(connecting, how) == 0)
		t = connecting->count > 0
			    ? connect_numeric(service, connecting,
					      how->protocol)
			    : connect_name(service, connecting, how);
	if (t != NULL)
		return t;
	number = errno;
	free(connecting);
	errno = number;
	return NULL;
}
