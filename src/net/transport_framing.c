/* SPDX-License-Identifier: MIT */
/* transport_framing.c - which framing is in force, and frames that are
 * written. */
#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "net/framing.h"
#include "net/transport_internal.h"

void transport_check_protocol(const struct cohort_protocol *protocol)
{
	if (protocol->framing != NULL && !framing_is_valid(protocol->framing))
		log_bug("protocol %s: its framing makes no sense",
			protocol->name);
	if ((protocol->buffer_get == NULL) !=
	    (protocol->buffer_updated == NULL))
		log_bug("protocol %s: buffer_get and buffer_updated come "
			"together or not at all",
			protocol->name);
}

static const struct cohort_framing *framing_of(const struct cohort_transport *t)
{
	if (t->extras != NULL && t->extras->framing != NULL)
		return t->extras->framing;
	return t->protocol->framing;
}

const struct cohort_framing *transport_framing(const struct cohort_transport *t)
{
	if (t->is_input_discarded || transport_is_forwarding(t))
		return NULL;
	return framing_of(t);
}

void transport_forget_framing(struct cohort_transport *t)
{
	if (t->extras == NULL)
		return;
	free(t->extras->framing);
	t->extras->framing = NULL;
	transport_review_rest(t);
}

/* ---- Public ---- */

int cohort_set_framing(struct cohort_transport *t,
		       const struct cohort_framing *framing)
{
	struct transport_extras *extras;

	transport_require(t, __func__);
	if (framing == NULL) {
		transport_forget_framing(t);
		return 0;
	}
	if (!framing_is_valid(framing) || t->protocol->frame_received == NULL) {
		errno = EINVAL;
		return -1;
	}
	extras = transport_need_extras(t);
	if (extras != NULL && extras->framing == NULL)
		extras->framing = malloc(sizeof(*extras->framing));
	if (extras == NULL || extras->framing == NULL) {
		errno = ENOMEM;
		return -1;
	}
	*extras->framing = *framing;
	transport_review_rest(t);
	return 0;
}

int cohort_write_frame(struct cohort_transport *t,
		       const struct cohort_framing *framing, const void *data,
		       size_t size)
{
	struct framing_wrap wrap;

	transport_require(t, __func__);
	if (framing == NULL)
		framing = framing_of(t);
	if (framing == NULL || !framing_is_valid(framing) ||
	    framing_wrap(framing, data, size, &wrap) < 0) {
		errno = EINVAL;
		return -1;
	}
	return cohort_writev(
		t,
		(const struct iovec[]){
			{wrap.head, wrap.head_size},
			{(void *)(uintptr_t)data, size},
			{(void *)(uintptr_t)wrap.tail, wrap.tail_size},
		},
		3);
}
