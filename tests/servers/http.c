/* SPDX-License-Identifier: MIT */
/* http.c - a server of the ledger that speaks HTTP/1.1: it answers each GET
 * with its pid and the path, and keeps the connection until it has to leave. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cohort.h"

#define REQUEST_BYTES 512
#define PATH_BYTES    128
#define BODY_BYTES    (PATH_BYTES + 16)

struct session {
	bool is_served;  /* at least one answer */
	bool is_leaving; /* the next answer is the last */
	size_t used;
	char request[REQUEST_BYTES];
};

static void answer(struct cohort_transport *t, struct session *session,
		   const char *path)
{
	char body[BODY_BYTES], text[BODY_BYTES + 128];
	int size = snprintf(body, sizeof(body), "%d %s\n", (int)getpid(), path);

	size = snprintf(
		text, sizeof(text),
		"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%s\r\n%s", size,
		session->is_leaving ? "Connection: close\r\n" : "", body);
	cohort_write(t, text, (size_t)size);
	session->is_served = true;
	if (session->is_leaving)
		cohort_close(t);
}

/* The first request of the session's bytes: true if there was a whole one. */
static bool take_request(struct cohort_transport *t, struct session *session)
{
	const char *end =
		memmem(session->request, session->used, "\r\n\r\n", 4);
	char path[PATH_BYTES];
	size_t size;

	if (end == NULL)
		return false;
	session->request[end - session->request] = '\0';
	if (sscanf(session->request, "GET %127s HTTP/1.1", path) != 1) {
		cohort_fail(t);
		return false;
	}
	size = (size_t)(end + 4 - session->request);
	session->used -= size;
	memmove(session->request, session->request + size, session->used);
	answer(t, session, path);
	return true;
}

static void received(struct cohort_transport *t, void *memory, const void *data,
		     size_t size)
{
	struct session *session = memory;

	if (size > REQUEST_BYTES - session->used) {
		cohort_fail(t);
		return;
	}
	memcpy(session->request + session->used, data, size);
	session->used += size;
	while (!cohort_is_closing(t) && take_request(t, session))
		continue;
}

/* Between two requests the connection may end; who has sent a part of one, or
 * none at all yet, is owed an answer. */
static void drains(struct cohort_transport *t, void *memory)
{
	struct session *session = memory;

	session->is_leaving = true;
	if (session->is_served && session->used == 0)
		cohort_close(t);
}

static const struct cohort_protocol http = {
	.name = "http",
	.session_size = sizeof(struct session),
	.data_received = received,
	.draining = drains,
};

int main(int argc, char **argv)
{
	return cohort_main(argc, argv, &http);
}
