/* SPDX-License-Identifier: MIT */
/* transport_info.c - what a transport knows, and what it can become. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "net/protocol_log.h"
#include "net/transport_internal.h"

#define LOGGED_BYTES 64 /* of each read and write, at level debug */

void transport_misused(const struct cohort_transport *t, const char *call)
{
	if (t == NULL)
		log_bug("%s: the transport is NULL", call);
	log_bug("%s: the transport has ended: after connection_lost only its "
		"id may be kept, which cohort_find looks up",
		call);
}

uint64_t cohort_id(const struct cohort_transport *t)
{
	transport_require(t, __func__);
	return t->id;
}

struct cohort_transport *cohort_find(struct cohort_transport *any, uint64_t id)
{
	transport_require(any, __func__);
	return transport_table_find(&any->service->worker->transports, id);
}

void *cohort_session(struct cohort_transport *t)
{
	transport_require(t, __func__);
	return transport_session(t);
}

const void *cohort_options(const struct cohort_transport *t)
{
	transport_require(t, __func__);
	if (t->protocol != t->service->protocol)
		return NULL;
	return t->service->protocol_options;
}

void cohort_info(const struct cohort_transport *t, struct cohort_info *info)
{
	struct sockopt_tcp tcp;
	int64_t now_ms;

	transport_require(t, __func__);
	now_ms = transport_now_ms(t);
	memset(info, 0, sizeof(*info));
	info->service = t->service->name;
	info->worker = t->service->worker->slot;
	info->id = t->id;
	info->age_ms = now_ms - t->accepted_ms;
	info->idle_ms = now_ms - t->activity_ms;
	info->received_bytes = t->received_bytes;
	info->sent_bytes = t->sent_bytes;
	info->queued_bytes = t->queue.size_bytes;
	if (sockopt_tcp_info(t->source.fd, &tcp) < 0)
		return;
	info->rtt_us = tcp.rtt_us;
	info->rtt_variance_us = tcp.rtt_variance_us;
	info->cwnd_segments = tcp.cwnd_segments;
	info->ssthresh_segments = tcp.ssthresh_segments;
	info->retransmits_count = tcp.retransmits_count;
}

int cohort_set_protocol(struct cohort_transport *t,
			const struct cohort_protocol *protocol)
{
	struct transport_extras *extras;
	void *session = NULL;

	transport_require(t, __func__);
	service_require(protocol, "the protocol", __func__);
	transport_check_protocol(protocol);
	extras = transport_need_extras(t);
	/* One byte at least, so that no memory and no session differ. */
	if (extras != NULL)
		session = calloc(1, protocol->session_size | 1);
	if (session == NULL) {
		errno = ENOMEM;
		return -1;
	}
	transport_forward_end(t);
	free(extras->session);
	extras->session = session;
	t->protocol = protocol;
	t->is_protocol_new = true;
	/* The timer and the pause were the old protocol's; if too much is
	 * queued the new one is told so for itself. */
	t->user_timer_ms = TRANSPORT_NEVER;
	t->is_writing_paused = false;
	transport_forget_framing(t);
	t->is_input_discarded = false;
	transport_touch(t);
	return 0;
}

void transport_tell_drain(struct cohort_transport *t)
{
	if (t->is_drain_announced || t->is_header_awaited || t->is_connecting ||
	    t->state != TRANSPORT_OPEN)
		return;
	t->is_drain_announced = true;
	if (t->protocol->draining == NULL)
		return;
	transport_enter(t, SCOREBOARD_IN_DRAINING);
	t->protocol->draining(t, transport_session(t));
	transport_leave(t);
}

void transport_announce_drain(struct cohort_transport *t)
{
	transport_tell_drain(t);
	transport_settle(t);
}

void transport_log_bytes(const struct cohort_transport *t, const char *verb,
			 const void *data, size_t size)
{
	char text[LOGGED_BYTES * 4 + 1];
	size_t shown = size > LOGGED_BYTES ? LOGGED_BYTES : size;

	text_escape(text, sizeof(text), data, shown);
	transport_debug(t, LOG_EVENT_CONNECTION, " %s %zu bytes: %s%s", verb,
			size, text, shown < size ? "..." : "");
}

void cohort_log(const struct cohort_transport *t, enum cohort_log_level level,
		const char *format, ...)
{
	va_list arguments;

	transport_require(t, __func__);
	if (!protocol_log_is_enabled(level))
		return;
	va_start(arguments, format);
	protocol_log(level,
		     LOG_FIELDS(.event = LOG_EVENT_PROTOCOL,
				.service = t->service->name,
				.connection = t->id),
		     format, arguments);
	va_end(arguments);
}
