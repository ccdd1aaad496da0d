/* SPDX-License-Identifier: MIT */
/* transport_internal.h - a transport from inside, for the transport_*.c files
 * alone: its state, and the steps that one of them does for the others. */
#ifndef COHORT_NET_TRANSPORT_INTERNAL_H
#define COHORT_NET_TRANSPORT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "net/address.h"
#include "net/transport.h"
#include "net/transport_file.h"
#include "net/transport_rate.h"
#include "net/transport_rest.h"

/* Of the struct, without the session: with what the allocator adds to it and
 * its place in the table an idle connection costs 256 bytes. */
#define TRANSPORT_BYTES_MAX 224

/* Who is at the other end: the kernel forgets it with a reset. */
struct transport_peer {
	uint8_t family; /* AF_INET, AF_INET6, AF_UNIX; 0: unknown */
	bool has_zone;  /* of which the kernel alone knows the interface */
	uint16_t port;
	uint8_t bytes[16]; /* network order; IPv4 in the first 4 */
};

enum transport_state {
	TRANSPORT_OPEN,
	TRANSPORT_FLUSHING,  /* closed: what is queued still goes out */
	TRANSPORT_LINGERING, /* FIN sent; discarding until the peer's EOF */
	TRANSPORT_ENDED,     /* connection_lost is due */
};

/* What a PROXY header said. */
struct transport_origin {
	enum cohort_proxy_version version;
	bool has_addresses;
	struct address peer;
	struct address local;
	size_t tlvs_bytes;
	unsigned char tlvs[];
};

/* What few transports need: allocated when one comes to need it, freed with
 * it, after whatever its members own. */
struct transport_extras {
	void *session; /* given by cohort_set_protocol, owned; or NULL */
	struct transport_connecting *connecting; /* until it is connected */
	struct transport_origin *origin; /* owned; NULL: no PROXY header */
	struct cohort_framing *framing;  /* by cohort_set_framing; or NULL */
	struct transport_rest rest;
	struct transport_unqueued unqueued;
	struct transport_rates *rates; /* if is_rated; owned */
	size_t write_high; /* if is_limited: by cohort_set_write_limits */
	size_t write_low;
	bool is_limited;
	bool is_bulk; /* transport_note_bulk was here */

	/* Of transport_forward.c: ids, 0 for nobody. */
	uint64_t forward_to;   /* what is received goes there */
	uint64_t forward_from; /* what that one receives comes here */
	bool is_forward_bulk;  /* the last read was full */
	bool is_flush_awaited; /* by forward_from, which is held */
};

#define TRANSPORT_NEVER INT64_MAX /* a deadline that is not set */

/* What its socket is watched for. */
#define TRANSPORT_INTEREST                                                     \
	(POLLER_READ | POLLER_WRITE | POLLER_HANGUP | POLLER_URGENT |          \
	 POLLER_EDGE)

/* In two parts: what an exchange touches comes last, so that it lies in few
 * cache lines, together with the beginning of the session. */
struct cohort_transport {
	struct timer timer;    /* for the nearest deadline, lazily */
	struct loop_task task; /* what could not be done at once */
	struct list node;      /* of service->transports */
	int64_t accepted_ms;
	int64_t user_timer_ms;
	uint32_t memory_bytes;      /* with the session */
	struct transport_peer peer; /* of the last try, while it connects */
	struct buffer_queue queue;  /* its size is its last member */
	struct loop_source source;
	struct service *service;
	const struct cohort_protocol *protocol;
	struct transport_extras *extras; /* or NULL */
	uint64_t id;
	uint64_t received_bytes;
	uint64_t sent_bytes;
	int64_t activity_ms; /* the last byte either way */
	int64_t progress_ms; /* the kernel took queued bytes, or: closed */
	int16_t error;       /* the errno behind the reason */
	uint8_t state;
	uint8_t reason;
	bool is_reading_paused : 1;
	bool is_readable : 1;    /* not known to be empty */
	bool is_read_to_end : 1; /* a short read proves nothing: on to EAGAIN */
	bool is_eof_received : 1;
	bool is_eof_wanted : 1; /* write_eof was called */
	bool is_eof_sent : 1;
	bool is_writing_paused : 1; /* the protocol was told so */
	bool is_in_callback : 1;
	bool is_drain_announced : 1;
	bool has_answered : 1;     /* wrote since the last read */
	bool is_ack_wanted : 1;    /* quickack auto: not answered so far */
	bool is_flush_cut : 1;     /* the kernel would have taken more */
	bool is_failure_found : 1; /* and not looked at yet */
	bool is_tcp : 1;
	bool is_outgoing : 1;   /* made by cohort_connect */
	bool is_connecting : 1; /* and not connected so far: no callback yet */
	bool is_header_awaited : 1; /* a PROXY header: the protocol does not
				       know of the transport yet */
	bool is_rest_due : 1; /* kept bytes come before anything is read */
	bool is_input_discarded : 1; /* cohort_discard_input */
	bool is_file_pending : 1;    /* a file or memory: file_sent is due */
	bool is_file_over : 1;       /* … and nothing more is sent of it */
	bool is_rated : 1;           /* byte_rate: extras->rates is there */
	bool is_input_held : 1;      /* … nothing is read, for want of it */
	bool is_output_held : 1;     /* … nothing is sent */
	bool is_protocol_new : 1;    /* cohort_set_protocol was called */
	bool is_forward_held : 1;    /* nothing is read: whoever it is forwarded
					to does not take it */
	bool is_resend_due : 1; /* when the timer runs: the kernel was out of
				   memory, or has bytes before a reset */
};

_Static_assert(sizeof(struct cohort_transport) <= TRANSPORT_BYTES_MAX,
	       "an idle connection has to stay small");

/* The session follows the transport, aligned for anything. */
#define TRANSPORT_HEADER_BYTES                                                 \
	((sizeof(struct cohort_transport) + _Alignof(max_align_t) - 1) /       \
	 _Alignof(max_align_t) * _Alignof(max_align_t))

/* Unless cohort_set_protocol has given it another one. */
static inline void *transport_session(struct cohort_transport *t)
{
	if (t->extras != NULL && t->extras->session != NULL)
		return t->extras->session;
	return (unsigned char *)t + TRANSPORT_HEADER_BYTES;
}

/* The watermarks: the service's, or its own. */
static inline size_t transport_write_high(const struct cohort_transport *t)
{
	return t->extras != NULL && t->extras->is_limited
		       ? t->extras->write_high
		       : t->service->settings->write_high_bytes;
}
static inline size_t transport_write_low(const struct cohort_transport *t)
{
	return t->extras != NULL && t->extras->is_limited
		       ? t->extras->write_low
		       : t->service->settings->write_low_bytes;
}

static inline struct loop *transport_loop(const struct cohort_transport *t)
{
	return t->service->worker->loop;
}

static inline int64_t transport_now_ms(const struct cohort_transport *t)
{
	return t->service->worker->loop->now_ms;
}

static inline void transport_count(struct cohort_transport *t,
				   enum scoreboard_service_cell cell,
				   uint64_t amount)
{
	scoreboard_add(&t->service->cells[cell], amount);
}

/* A line of the access log at its end, while its socket is open; and for one
 * that was accepted and could not be served. */
void transport_log_access(struct cohort_transport *t);
void transport_log_refused(struct service *service, int fd, int error);

/* A line at level debug about a transport; words and what fills them. */
#define transport_debug(t, event_, format, ...)                                \
	log_event(LOG_LEVEL_DEBUG,                                             \
		  LOG_FIELDS(.event = (event_), .service = (t)->service->name, \
			     .connection = (t)->id),                           \
		  "%s: connection %llu" format, (t)->service->name,            \
		  (unsigned long long)(t)->id, __VA_ARGS__)

/* First in every public call: a transport that is none, because it is NULL or
 * has ended, is a mistake of the program, and ends it with the call's name.
 * Memory that is kept for the next one has no service. */
void transport_misused(const struct cohort_transport *t, const char *call)
	__attribute__((noreturn, cold));
static inline void transport_require(const struct cohort_transport *t,
				     const char *call)
{
	if (t == NULL || t->service == NULL)
		transport_misused(t, call);
}

/* Its extras, zeroed if they are new; NULL with errno ENOMEM. */
struct transport_extras *transport_need_extras(struct cohort_transport *t);

/* Memory for a transport of `protocol`, filled, without id or socket; NULL if
 * there is none.  transport_free is for one that never had a callback. */
struct cohort_transport *transport_new(struct service *service,
				       const struct cohort_protocol *protocol,
				       bool is_outgoing);
void transport_free(struct cohort_transport *t);

/* It has its connection: connection_made, what was written before, and what
 * was found with it (POLLER_…).  It may be gone after it. */
void transport_connected(struct cohort_transport *t, unsigned found);

/* While it is connecting: when to look at it next, and to do so; and the end of
 * all tries, with which the socket that may be open is left to the caller. */
int64_t transport_connect_deadline_ms(const struct cohort_transport *t);
void transport_connect_due(struct cohort_transport *t);
void transport_connect_stop(struct cohort_transport *t);

/* Around every callback: no other is entered meanwhile, and the scoreboard
 * says which one is running, for whom, since when. */
static inline void transport_enter(struct cohort_transport *t,
				   enum scoreboard_callback callback)
{
	const struct service *service = t->service;
	uint64_t *cells = service->worker->cells;

	t->is_in_callback = true;
	scoreboard_store(&cells[SCOREBOARD_CALLBACK_ID], t->id);
	scoreboard_store(&cells[SCOREBOARD_CALLBACK_MS],
			 (uint64_t)service->worker->loop->now_ms);
	scoreboard_store(&cells[SCOREBOARD_CALLBACK_SERVICE], service->index);
	scoreboard_store(&cells[SCOREBOARD_CALLBACK], callback);
}
static inline void transport_leave(struct cohort_transport *t)
{
	scoreboard_store(&t->service->worker->cells[SCOREBOARD_CALLBACK],
			 SCOREBOARD_IN_NONE);
	t->is_in_callback = false;
}

/* Something has become necessary that must not happen inside a callback: it
 * is done when the running callback of this transport returns, or by a task.
 * Safe at any time. */
void transport_touch(struct cohort_transport *t);

/* Nothing of the ordinary way is suspended for what few transports need. */
static inline bool transport_is_usual(const struct cohort_transport *t)
{
	return t->extras == NULL ||
	       (!t->is_rated && !t->is_file_pending && !t->is_file_over &&
		!t->extras->is_flush_awaited);
}

/* Nothing is queued, paused, or out of the ordinary (a file, a rate, somebody
 * who waits for room): so most transports are most of the time, and what
 * follows has nothing to do for them. */
static inline bool transport_is_at_rest(const struct cohort_transport *t)
{
	return t->queue.size_bytes == 0 && !t->is_writing_paused &&
	       transport_is_usual(t);
}

/* Call pause_writing or resume_writing if the queue asks for it; not from
 * inside a callback of this transport. */
void transport_tell_watermarks(struct cohort_transport *t);
static inline void transport_settle_watermarks(struct cohort_transport *t)
{
	if (!transport_is_at_rest(t))
		transport_tell_watermarks(t);
}

/* Do what is necessary now: pause, resume, the end.  Not from inside a
 * callback of this transport.  False if the transport is gone after it. */
bool transport_settle_all(struct cohort_transport *t);
static inline bool transport_settle(struct cohort_transport *t)
{
	if (transport_is_at_rest(t) && t->state != TRANSPORT_ENDED)
		return true;
	return transport_settle_all(t);
}

/* End it: from now on it does nothing but wait for its connection_lost.  The
 * first reason stays, unless a failure comes while bytes written before close
 * are still owed to the peer. */
void transport_end(struct cohort_transport *t, enum cohort_reason reason,
		   int error);

/* How many of `wanted` bytes may be read for the protocol, or sent, now; 0 if
 * byte_rate holds it.  A receiver is called only if it may read some. */
static inline size_t transport_read_room(struct cohort_transport *t,
					 size_t wanted)
{
	size_t room;

	if (!t->is_rated)
		return wanted;
	/* Asked alike by everybody, so that all get the same answer. */
	room = transport_rate_room(t, RATE_IN, SERVICE_READ_BYTES);
	return room < wanted ? room : wanted;
}
static inline size_t transport_send_room(struct cohort_transport *t,
					 size_t wanted)
{
	return t->is_rated ? transport_rate_room(t, RATE_OUT, wanted) : wanted;
}

/* What an event makes possible, is done: flush if `is_writable`, read, settle.
 * Not from inside a callback of this transport.  False if it is gone. */
bool transport_serve(struct cohort_transport *t, bool is_writable);

/* One recv, and what it brought delivered in the way that the protocol wants
 * it.  As recv: the bytes, 0 at end of file, or -1 with errno. */
typedef ssize_t receiver(struct cohort_transport *t);

/* The receiver of a transport whose PROXY header is awaited: when it is whole,
 * or when there is none where there need not be, the transport begins. */
ssize_t transport_receive_header(struct cohort_transport *t);
/* It is time for it: begin without, or end. */
void transport_header_due(struct cohort_transport *t);

/* connection_made, at last; then `draining` if that is so already.  Not from
 * inside a callback; settle afterwards. */
void transport_begin(struct cohort_transport *t);

/* Tell the protocol that the worker drains, unless it knows, or does not know
 * of the transport yet; settle afterwards. */
void transport_tell_drain(struct cohort_transport *t);

/* Who is at its ends: as cohort_peer and cohort_local. */
int transport_peer(const struct cohort_transport *t, struct address *address);
int transport_local(const struct cohort_transport *t, struct address *address);
/* What is kept nobody wants any more: freed now, or after the callback that has
 * it.  The second is for those with extras. */
void transport_drop_kept(struct cohort_transport *t);
static inline void transport_drop_rest(struct cohort_transport *t)
{
	if (t->extras != NULL)
		transport_drop_kept(t);
}

receiver transport_receive_rest;   /* no recv, but what was kept */
receiver transport_receive_frames; /* for a protocol with a framing */
receiver transport_receive_buffer; /* … with buffer_get */

/* Call data_received, if there is one. */
void transport_give_data(struct cohort_transport *t, const void *data,
			 size_t size);

/* Before they are delivered: a recv with room for `room` bytes has brought
 * `size` for the protocol; `data` is NULL if nobody will see them. */
void transport_note_received(struct cohort_transport *t, const void *data,
			     size_t size, size_t room);

/* Receivers of what nobody wants to see: after close, where nothing is counted
 * any more, and after cohort_discard_input. */
receiver transport_drain_input;
receiver transport_discard_input;

/* A recv with room for `room` bytes has brought `size`: is there more? */
void transport_note_taken(struct cohort_transport *t, ssize_t size,
			  size_t room);
/* ---- What is received goes to another: transport_forward.c ---- */

bool transport_is_forwarding(const struct cohort_transport *t);
bool transport_is_forwarded_to(const struct cohort_transport *t);
receiver transport_receive_forward;
/* Forward of what is due. */
void transport_forward_rest(struct cohort_transport *t);
/* `to` may have sent what `from` waits for; at each settling. */
void transport_forward_settle(struct cohort_transport *to);
/* `from` will send no more. */
void transport_forward_eof(struct cohort_transport *from);
/* `t` is told to write no more: nor can it what it receives. */
void transport_forward_mute(struct cohort_transport *t);
/* Nothing is forwarded any more, neither to `t` nor from it. */
void transport_forward_end(struct cohort_transport *t);

/* Deliver (or, after close, discard) what can be read, up to its share of a
 * turn. */
void transport_read(struct cohort_transport *t);

/* The protocol, or whom it forwards to, wants nothing for now. */
static inline bool transport_is_reading_paused(const struct cohort_transport *t)
{
	return t->is_reading_paused || t->is_forward_held ||
	       (t->is_writing_paused && t->protocol->holds_reading);
}

/* A PROXY header is not the protocol's, and what is kept was counted when it
 * came: byte_rate does not hold them. */
static inline bool transport_is_unrated(const struct cohort_transport *t)
{
	return t->is_header_awaited || t->is_rest_due;
}

/* There may be something to read, and it is wanted.  After close it reads on,
 * to discard: a peer that writes all it has before it reads would otherwise
 * neither get our bytes nor end. */
static inline bool transport_may_read(const struct cohort_transport *t)
{
	if ((!t->is_readable && !t->is_rest_due) || t->is_eof_received ||
	    t->state == TRANSPORT_ENDED)
		return false;
	if (t->state != TRANSPORT_OPEN)
		return true;
	return !transport_is_reading_paused(t) &&
	       (!t->is_input_held || transport_is_unrated(t));
}

/* The turn is nearly over: what was read in it is acknowledged at once if the
 * protocol has not answered (`quickack auto`). */
void transport_settle_ack(struct cohort_transport *t);

/* Send what is queued, up to its share of a turn; then the FIN if wanted.
 * The rest goes out on the next POLLER_WRITE, or by the task. */
void transport_flush(struct cohort_transport *t);

/* The same when it has just been connected. */
void transport_flush_first(struct cohort_transport *t);
/* Is anything to be sent before the FIN: queued bytes, or a file? */
static inline bool transport_owes(const struct cohort_transport *t)
{
	return t->queue.size_bytes > 0 ||
	       (t->is_file_pending && !t->is_file_over);
}

/* May the protocol send?  If not, errno is EPIPE (too late) or EBUSY (a file,
 * or memory, goes first). */
bool transport_may_write(const struct cohort_transport *t);

/* One sendmsg, again if it is interrupted; as sendmsg.  What it answers is the
 * caller's to note. */
ssize_t transport_offer_pieces(const struct cohort_transport *t,
			       const struct iovec *pieces, int count);

static inline void transport_settle_file(struct cohort_transport *t)
{
	if (t->is_file_over)
		transport_tell_file(t);
}

/* The kernel has taken `size` bytes. */
void transport_note_sent(struct cohort_transport *t, size_t size);

/* What a failed send means.  0: what was not sent stays to be sent later; -1
 * with errno EPIPE: the transport has ended. */
int transport_handle_send_failure(struct cohort_transport *t, int number);

/* A line at level debug with the first bytes, escaped. */
void transport_log_bytes(const struct cohort_transport *t, const char *verb,
			 const void *data, size_t size);

/* Remember who it is; and as an address, -1 with errno ENOTCONN: unknown. */
void transport_keep_peer(struct transport_peer *peer,
			 const struct sockaddr *socket);
int transport_kept_peer(const struct transport_peer *peer,
			struct address *address);

/* It has ended, or was never taken up for `error`: counted, and in the worker's
 * history of closed connections. */
void transport_count_end(struct cohort_transport *t);
void transport_note_refused(struct service *service,
			    const struct transport_peer *peer, int error);

/* Drop the queue and its gauge. */
void transport_drop_queue(struct cohort_transport *t);

/* Everything was sent after close: send FIN and linger, or end. */
void transport_finish_close(struct cohort_transport *t);

/* Closed by order, while what its peer is sent has no end: flush, and once the
 * peer has all of it, or the linger_timeout is over, reset. */
bool transport_ends_with_reset(const struct cohort_transport *t);
void transport_finish_with_reset(struct cohort_transport *t);

/* The timer has to run at `deadline_ms` or earlier. */
void transport_arm(struct cohort_transport *t, int64_t deadline_ms);
/* … and has to send again what is due. */
void transport_arm_resend(struct cohort_transport *t, int64_t wait_ms);
/* Start the timer for the nearest of all deadlines; the second is for one that
 * was accepted in this turn: nothing is queued yet, or held. */
void transport_arm_all(struct cohort_transport *t);
void transport_arm_accepted(struct cohort_transport *t);
void transport_timer_expired(struct timer *timer);

#endif
