/* SPDX-License-Identifier: MIT */
/* transport_close.c - the ways to end a transport, and their names. */
#include <errno.h>
#include <sys/ioctl.h>

#include "base/log.h"
#include "net/transport_internal.h"

static const char *const reason_names[COHORT_REASONS] = {
	[COHORT_REASON_EOF] = "eof",
	[COHORT_REASON_PEER_RESET] = "peer_reset",
	[COHORT_REASON_LOCAL_CLOSE] = "local_close",
	[COHORT_REASON_IDLE_TIMEOUT] = "idle_timeout",
	[COHORT_REASON_FIRST_BYTE_TIMEOUT] = "first_byte_timeout",
	[COHORT_REASON_WRITE_TIMEOUT] = "write_timeout",
	[COHORT_REASON_LIFETIME] = "lifetime",
	[COHORT_REASON_WRITE_OVERFLOW] = "write_overflow",
	[COHORT_REASON_LIMIT] = "limit",
	[COHORT_REASON_LIMIT_SOURCE] = "limit_source",
	[COHORT_REASON_DENIED] = "denied",
	[COHORT_REASON_PROXY_HEADER] = "proxy_header",
	[COHORT_REASON_PROTOCOL_ERROR] = "protocol_error",
	[COHORT_REASON_UPSTREAM] = "upstream",
	[COHORT_REASON_SHUTDOWN] = "shutdown",
	[COHORT_REASON_KILLED] = "killed",
	[COHORT_REASON_WORKER_EXIT] = "worker_exit",
	[COHORT_REASON_RESOURCE] = "resource",
};

const char *cohort_reason_name(enum cohort_reason reason)
{
	return (unsigned)reason < COHORT_REASONS ? reason_names[reason]
						 : "unknown";
}

void transport_close(struct cohort_transport *t, enum cohort_reason reason)
{
	if (t->state != TRANSPORT_OPEN)
		return;
	/* Nobody has heard of it yet, nor is there anything to be told. */
	if (t->is_connecting && !transport_owes(t)) {
		transport_end(t, reason, 0);
		return;
	}
	t->state = TRANSPORT_FLUSHING;
	t->reason = (uint8_t)reason;
	t->progress_ms = transport_now_ms(t);
	transport_drop_rest(t);
	if (!transport_owes(t))
		transport_finish_close(t);
	else
		transport_arm_all(t);
	/* What has arrived is to be discarded. */
	if (t->is_readable)
		loop_post(transport_loop(t), &t->task);
}

void transport_abort(struct cohort_transport *t, enum cohort_reason reason)
{
	transport_end(t, reason, 0);
}

/* The peer's EOF came first: it is the reason, whoever closes then. */
static enum cohort_reason local_reason(const struct cohort_transport *t)
{
	return t->is_eof_received ? COHORT_REASON_EOF
				  : COHORT_REASON_LOCAL_CLOSE;
}

void cohort_close(struct cohort_transport *t)
{
	transport_require(t, __func__);
	transport_close(t, local_reason(t));
}

static void require_end(const struct cohort_end *end, const char *function)
{
	service_require(end, "struct cohort_end", function);
	if ((unsigned)end->reason >= COHORT_REASONS)
		log_bug("%s: there is no reason %d", function,
			(int)end->reason);
}

void cohort_close_for(struct cohort_transport *t, const struct cohort_end *end)
{
	transport_require(t, __func__);
	require_end(end, __func__);
	if (t->state != TRANSPORT_OPEN)
		return;
	t->error = end->error;
	transport_close(t, end->reason);
}

void cohort_abort(struct cohort_transport *t)
{
	transport_require(t, __func__);
	transport_end(t, COHORT_REASON_LOCAL_CLOSE, 0);
}

static void reset(struct cohort_transport *t, const struct cohort_end *end)
{
	if (t->state == TRANSPORT_ENDED)
		return;
	/* A unix socket has no RST: for it this is an abort. */
	sockopt_set_reset_on_close(t->source.fd);
	transport_end(t, end->reason, end->error);
}

/* So often it is asked whether the peer has everything. */
#define UNSENT_AGAIN_MS 20

bool transport_ends_with_reset(const struct cohort_transport *t)
{
	return t->reason == COHORT_REASON_KILLED &&
	       t->state == TRANSPORT_FLUSHING && !t->is_eof_wanted &&
	       t->protocol->resets_when_cut;
}

/* A reset drops what the kernel still has to send. */
void transport_finish_with_reset(struct cohort_transport *t)
{
	const struct cohort_end end = {.reason = COHORT_REASON_KILLED};
	int unsent_bytes = 0;

	if (t->is_tcp && !t->is_failure_found &&
	    ioctl(t->source.fd, TIOCOUTQ, &unsent_bytes) == 0 &&
	    unsent_bytes > 0) {
		transport_arm_resend(t, UNSENT_AGAIN_MS);
		return;
	}
	reset(t, &end);
}

static const struct cohort_end shutdown_end = {
	.reason = COHORT_REASON_SHUTDOWN,
};

void transport_close_for_drain(struct cohort_transport *t)
{
	if (t->state == TRANSPORT_OPEN && t->protocol->resets_when_cut &&
	    !t->is_eof_wanted)
		reset(t, &shutdown_end);
	else
		transport_close(t, COHORT_REASON_SHUTDOWN);
}

void transport_cut(struct cohort_transport *t)
{
	if (t->protocol->resets_when_cut && !t->is_eof_sent)
		reset(t, &shutdown_end);
	else
		transport_abort(t, COHORT_REASON_SHUTDOWN);
}

void cohort_reset(struct cohort_transport *t)
{
	const struct cohort_end end = {.reason = COHORT_REASON_LOCAL_CLOSE};

	transport_require(t, __func__);
	reset(t, &end);
}

void cohort_reset_for(struct cohort_transport *t, const struct cohort_end *end)
{
	transport_require(t, __func__);
	require_end(end, __func__);
	if (t->state == TRANSPORT_ENDED)
		return;
	reset(t, end);
	t->reason = (uint8_t)end->reason;
	t->error = end->error;
}

void cohort_fail(struct cohort_transport *t)
{
	transport_require(t, __func__);
	transport_end(t, COHORT_REASON_PROTOCOL_ERROR, 0);
}

bool cohort_is_closing(const struct cohort_transport *t)
{
	transport_require(t, __func__);
	return t->state != TRANSPORT_OPEN;
}
