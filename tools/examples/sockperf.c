/* SPDX-License-Identifier: MIT */
/* sockperf.c - answers `sockperf ping-pong --tcp`: each message comes back as
 * the server's.
 *
 * A message begins with a header of 14 bytes in network order: sequence number
 * (8), flags (2; the lowest bit: from the client), length of the whole message
 * (4).  The length comes last in the header and counts the header, so no kind
 * of framing fits by itself: frames of a fixed size do, where the header says
 * the size of the next one.  Try it:
 *
 *	build/examples/sockperf -l 127.0.0.1:11111
 *	sockperf ping-pong --tcp -i 127.0.0.1 -p 11111 -t 5
 */
#include <arpa/inet.h>
#include <string.h>

#include "cohort.h"

#define HEADER_BYTES  14
#define MESSAGE_MAX   65536
#define FLAGS_OFFSET  8
#define LENGTH_OFFSET 10
#define FLAG_CLIENT   1

struct session {
	unsigned char header[HEADER_BYTES];
	bool has_header; /* the next frame is its body */
};

static const struct cohort_framing headers = {
	.kind = COHORT_FRAMING_FIXED,
	.size = HEADER_BYTES,
};

static void answer(struct cohort_transport *t, const struct session *s,
		   const void *body, size_t size)
{
	const struct iovec pieces[] = {
		{(void *)(uintptr_t)s->header, HEADER_BYTES},
		{(void *)(uintptr_t)body, size},
	};

	cohort_writev(t, pieces, size > 0 ? 2 : 1);
}

static void take_header(struct cohort_transport *t, struct session *s,
			const void *header)
{
	struct cohort_framing body = headers;
	uint32_t length;
	uint16_t flags;

	memcpy(s->header, header, HEADER_BYTES);
	memcpy(&flags, s->header + FLAGS_OFFSET, sizeof(flags));
	flags &= htons((uint16_t)~FLAG_CLIENT);
	memcpy(s->header + FLAGS_OFFSET, &flags, sizeof(flags));
	memcpy(&length, s->header + LENGTH_OFFSET, sizeof(length));
	length = ntohl(length);
	if (length == HEADER_BYTES) {
		answer(t, s, NULL, 0);
		return;
	}
	body.size = length - HEADER_BYTES;
	if (length < HEADER_BYTES || length > MESSAGE_MAX)
		cohort_fail(t);
	else if (cohort_set_framing(t, &body) < 0)
		cohort_abort(t);
	s->has_header = true;
}

static void frame_received(struct cohort_transport *t, void *session,
			   const void *frame, size_t size)
{
	struct session *s = session;

	if (!s->has_header) {
		take_header(t, s, frame);
		return;
	}
	answer(t, s, frame, size);
	s->has_header = false;
	cohort_set_framing(t, NULL);
}

static const struct cohort_protocol protocol = {
	.name = "sockperf",
	.session_size = sizeof(struct session),
	.framing = &headers,
	.frame_received = frame_received,
	.holds_reading = true,
};

int main(int argc, char **argv)
{
	return cohort_main(argc, argv, &protocol);
}
