/* SPDX-License-Identifier: MIT */
/* transport.c - how a transport begins, settles and ends. */
#include "net/transport.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "net/acceptor.h"
#include "net/transport_internal.h"

/* ---- Memory ---- */

struct transport_extras *transport_need_extras(struct cohort_transport *t)
{
	if (t->extras == NULL)
		t->extras = calloc(1, sizeof(*t->extras));
	return t->extras;
}

static void free_extras(struct transport_extras *extras)
{
	if (extras == NULL)
		return;
	free(extras->rates);
	free(extras->session);
	free(extras->origin);
	free(extras->framing);
	transport_rest_release(&extras->rest);
	free(extras);
}

void transport_free(struct cohort_transport *t)
{
	struct service *service = t->service;
	struct transport_pool *pool =
		t->is_outgoing ? &service->idle_outgoing : &service->idle;

	free_extras(t->extras);
	t->service = NULL;
	transport_pool_give(pool, t, t->memory_bytes);
}

/* ---- Callbacks ---- */

void transport_touch(struct cohort_transport *t)
{
	if (!t->is_in_callback)
		loop_post(transport_loop(t), &t->task);
}

/* ---- The end ---- */

void transport_end(struct cohort_transport *t, enum cohort_reason reason,
		   int error)
{
	if (t->state == TRANSPORT_ENDED)
		return;
	if (t->state == TRANSPORT_OPEN ||
	    (t->state == TRANSPORT_FLUSHING && error != 0)) {
		t->reason = (uint8_t)reason;
		t->error = (int16_t)error;
	}
	t->state = TRANSPORT_ENDED;
	if (!transport_is_at_rest(t)) {
		transport_drop_queue(t);
		transport_drop_file(t, error);
	}
	transport_drop_rest(t);
	transport_touch(t);
}

/* Nothing reaches it any more, neither by its id nor from the loop. */
static void detach(struct cohort_transport *t)
{
	if (t->is_connecting)
		transport_connect_stop(t);
	if (t->is_rated)
		transport_rate_stop(t);
	timer_stop(&transport_loop(t)->timers, &t->timer);
	loop_cancel(&t->task);
	list_remove(&t->node);
	transport_table_remove(&t->service->worker->transports, t->id);
}

static void tell_lost(struct cohort_transport *t)
{
	const struct cohort_end end = {
		.reason = (enum cohort_reason)t->reason,
		.error = t->error,
	};

	log_event(LOG_LEVEL_DEBUG,
		  LOG_FIELDS(.event = LOG_EVENT_CONNECTION_CLOSED,
			     .service = t->service->name, .connection = t->id,
			     .reason = cohort_reason_name(end.reason),
			     .error = end.error),
		  "%s: connection %llu ended: %s%s%s", t->service->name,
		  (unsigned long long)t->id, cohort_reason_name(end.reason),
		  end.error != 0 ? ": " : "",
		  end.error != 0 ? strerror(end.error) : "");
	if (t->protocol->connection_lost == NULL || t->is_header_awaited)
		return;
	transport_enter(t, SCOREBOARD_IN_CONNECTION_LOST);
	t->protocol->connection_lost(t, transport_session(t), &end);
	transport_leave(t);
}

static void close_socket(struct cohort_transport *t)
{
	int fd = t->source.fd;

	if (fd < 0)
		return;
	loop_forget(transport_loop(t), &t->source);
	close(fd);
}

/* The socket lives a moment longer than the transport, so that
 * connection_lost may still ask who it was (cohort_peer, cohort_info). */
static void destroy(struct cohort_transport *t)
{
	struct worker_context *worker = t->service->worker;

	detach(t);
	tell_lost(t);
	transport_log_access(t);
	close_socket(t);
	transport_count_end(t);
	transport_free(t);
	if (worker->is_draining && worker->all_count == 0 &&
	    worker->drained != NULL)
		worker->drained(worker);
}

/* ---- Settling ---- */

static void tell_pause(struct cohort_transport *t)
{
	t->is_writing_paused = true;
	transport_count(t, SCOREBOARD_WRITE_PAUSES, 1);
	if (t->protocol->holds_reading && !t->is_reading_paused &&
	    !t->is_forward_held)
		transport_count(t, SCOREBOARD_READ_PAUSES, 1);
	if (t->protocol->pause_writing == NULL)
		return;
	transport_enter(t, SCOREBOARD_IN_PAUSE_WRITING);
	t->protocol->pause_writing(t, transport_session(t));
	transport_leave(t);
}

static void tell_resume(struct cohort_transport *t)
{
	t->is_writing_paused = false;
	if (t->protocol->holds_reading && (t->is_readable || t->is_rest_due))
		loop_post(transport_loop(t), &t->task);
	if (t->protocol->resume_writing == NULL)
		return;
	transport_enter(t, SCOREBOARD_IN_RESUME_WRITING);
	t->protocol->resume_writing(t, transport_session(t));
	transport_leave(t);
}

void transport_tell_watermarks(struct cohort_transport *t)
{
	while (t->state == TRANSPORT_OPEN && !t->is_connecting) {
		size_t queued = t->queue.size_bytes;

		if (!t->is_writing_paused && queued > transport_write_high(t))
			tell_pause(t);
		else if (t->is_writing_paused &&
			 queued <= transport_write_low(t))
			tell_resume(t);
		else
			break;
	}
	transport_forward_settle(t);
}

bool transport_settle_all(struct cohort_transport *t)
{
	transport_settle_file(t);
	transport_settle_watermarks(t);
	if (t->is_rated)
		transport_rate_settle(t);
	if (t->state != TRANSPORT_ENDED) {
		/* One file a turn: others want to be served too. */
		if (t->is_file_over && !t->is_connecting)
			loop_post(transport_loop(t), &t->task);
		return true;
	}
	/* A callback may have begun another one before it ended this. */
	transport_settle_file(t);
	destroy(t);
	return false;
}

/* ---- The loop calls ---- */

/* A reset is noticed also when nobody reads. */
static void settle_failure(struct cohort_transport *t)
{
	int error;

	if (t->state == TRANSPORT_ENDED || transport_may_read(t))
		return;
	t->is_failure_found = false;
	error = sockopt_take_error(t->source.fd);
	if (error > 0)
		transport_end(t, COHORT_REASON_PEER_RESET, error);
}

static inline __attribute__((always_inline)) bool
serve(struct cohort_transport *t, bool is_writable)
{
	if (is_writable && !transport_is_at_rest(t))
		transport_flush(t);
	transport_settle_watermarks(t);
	transport_read(t);
	if (t->is_failure_found)
		settle_failure(t);
	return transport_settle(t);
}

bool transport_serve(struct cohort_transport *t, bool is_writable)
{
	return serve(t, is_writable);
}

static void note_found(struct cohort_transport *t, unsigned found)
{
	if (found & (POLLER_HANGUP | POLLER_URGENT | POLLER_FAILURE)) {
		t->is_read_to_end = true;
		if (found & POLLER_FAILURE)
			t->is_failure_found = true;
	}
	if (found & ~(unsigned)POLLER_WRITE)
		t->is_readable = true;
}

static void transport_ready(struct loop_source *source, unsigned found)
{
	struct cohort_transport *t =
		list_entry(source, struct cohort_transport, source);

	note_found(t, found);
	serve(t, found & POLLER_WRITE);
}

static void transport_work(struct loop_task *task)
{
	struct cohort_transport *t =
		list_entry(task, struct cohort_transport, task);

	transport_settle_ack(t);
	transport_serve(t, t->is_flush_cut);
}

/* ---- The beginning ---- */

static void fill(struct cohort_transport *t, struct service *service)
{
	int64_t now_ms = service->worker->loop->now_ms;

	loop_source_init(&t->source, transport_ready);
	t->source.is_traffic = true;
	loop_task_init(&t->task, transport_work);
	timer_init(&t->timer, transport_timer_expired);
	list_init(&t->node);
	buffer_queue_init(&t->queue);
	t->service = service;
	t->accepted_ms = now_ms;
	t->activity_ms = now_ms;
	t->progress_ms = now_ms;
	t->user_timer_ms = TRANSPORT_NEVER;
	t->reason = COHORT_REASON_LOCAL_CLOSE;
}

struct cohort_transport *transport_new(struct service *service,
				       const struct cohort_protocol *protocol,
				       bool is_outgoing)
{
	struct transport_pool *pool =
		is_outgoing ? &service->idle_outgoing : &service->idle;
	size_t bytes = TRANSPORT_HEADER_BYTES + protocol->session_size;
	struct cohort_transport *t;

	/* It would not fit into memory_bytes. */
	if (protocol->session_size > UINT32_MAX / 2)
		return NULL;
	t = transport_pool_take(pool, &bytes);
	if (t == NULL)
		return NULL;
	fill(t, service);
	t->memory_bytes = (uint32_t)bytes;
	t->protocol = protocol;
	t->is_outgoing = is_outgoing;
	return t;
}

/* Options, id and registration; 0, or -1 with errno and nothing left. */
static int attach(struct cohort_transport *t, int fd, int family)
{
	struct worker_context *worker = t->service->worker;

	/* The peer may have gone already, which the first read will tell. */
	if (sockopt_apply_connection(fd, family,
				     &t->service->settings->options) < 0)
		log_debug("%s: an option could not be set: %s",
			  t->service->name, strerror(errno));
	t->id = transport_table_add(&worker->transports, t);
	if (t->id == 0) {
		errno = ENOMEM;
		return -1;
	}
	if (loop_add(worker->loop, &t->source, fd, TRANSPORT_INTEREST) < 0) {
		transport_table_remove(&worker->transports, t->id);
		return -1;
	}
	return 0;
}

/* `t` may be NULL: there was no memory for it. */
static int refuse(struct service *service, struct cohort_transport *t, int fd,
		  const struct transport_peer *peer)
{
	int number = errno;

	if (t != NULL)
		transport_free(t);
	transport_log_refused(service, fd, number);
	close(fd);
	transport_note_refused(service, peer, number);
	errno = number;
	return -1;
}

static void log_connected(const struct cohort_transport *t)
{
	struct cohort_address peer;

	if (cohort_peer(t, &peer) < 0)
		strcpy(peer.text, "a peer that has gone");
	transport_debug(t, LOG_EVENT_CONNECTION_OPENED, " connected %s %s",
			t->is_outgoing ? "to" : "from", peer.text);
}

static inline void announce(const struct cohort_transport *t)
{
	if (log_is_enabled(LOG_LEVEL_DEBUG))
		log_connected(t);
}

/* Unless it was closed while it connected. */
static void tell_made(struct cohort_transport *t)
{
	if (t->protocol->connection_made == NULL || t->state != TRANSPORT_OPEN)
		return;
	transport_enter(t, SCOREBOARD_IN_CONNECTION_MADE);
	t->protocol->connection_made(t, transport_session(t));
	transport_leave(t);
}

void transport_begin(struct cohort_transport *t)
{
	if (t->is_header_awaited) {
		t->is_header_awaited = false;
		t->activity_ms = transport_now_ms(t);
		transport_arm_all(t);
	}
	tell_made(t);
	transport_settle_watermarks(t);
	if (t->service->worker->is_draining)
		transport_tell_drain(t);
}

int transport_accept_from(struct service *service, int fd, int family,
			  const struct sockaddr *from)
{
	struct transport_peer peer = {.family = 0};
	struct cohort_transport *t;

	/* Before anything else: a worker may be killed at any moment. */
	scoreboard_add(&service->cells[SCOREBOARD_ACCEPTED], 1);
	scoreboard_add(&service->cells[SCOREBOARD_LIVE], 1);
	if (from != NULL)
		transport_keep_peer(&peer, from);
	t = transport_new(service, service->protocol, false);
	if (t == NULL) {
		errno = ENOMEM;
		return refuse(service, NULL, fd, &peer);
	}
	t->peer = peer;
	t->is_tcp = family != AF_UNIX;
	if (transport_rate_start(t) < 0 || attach(t, fd, family) < 0)
		return refuse(service, t, fd, &peer);
	list_append(&service->transports, &t->node);
	service_add_live(service);
	t->is_header_awaited = service->settings->proxy != SERVICE_PROXY_OFF;
	transport_arm_accepted(t);
	announce(t);
	if (t->is_header_awaited)
		return 0;
	transport_begin(t);
	transport_settle(t);
	return 0;
}

void transport_connected(struct cohort_transport *t, unsigned found)
{
	t->source.ready = transport_ready;
	transport_arm_all(t);
	announce(t);
	tell_made(t);
	transport_flush_first(t);
	note_found(t, found);
	if (transport_serve(t, false) && t->service->worker->is_draining)
		transport_announce_drain(t);
}

struct cohort_transport *transport_of_node(struct list *node)
{
	return list_entry(node, struct cohort_transport, node);
}

void transport_cut_all(struct service *service)
{
	struct cohort_transport *t;

	while ((t = transport_rotate(service)) != NULL) {
		transport_cut(t);
		transport_settle(t);
	}
}

struct cohort_transport *transport_rotate(struct service *service)
{
	struct list *node = service->transports.next;

	if (list_is_empty(&service->transports))
		return NULL;
	list_remove(node);
	list_append(&service->transports, node);
	return transport_of_node(node);
}
