/* SPDX-License-Identifier: MIT */
/* transport_recorder.h - a protocol that notes which callbacks come, checks
 * that they are not nested, and does in each what a test wants.
 *
 * The bytes of a stream tell their place (byte_at), so that both sides see
 * whether one is missing, double or out of order. */
#ifndef COHORT_TESTS_TRANSPORT_RECORDER_H
#define COHORT_TESTS_TRANSPORT_RECORDER_H

#include <string.h>

#include "check.h"
#include "net/service.h"

struct record;
typedef void act(struct record *record); /* what a test does in a callback */

/* What one transport's callbacks told, and what the test wants done. */
struct record {
	struct cohort_transport *t; /* NULL before the first, after the last */
	uint64_t id;
	char events[128]; /* m d e p r D t f l; a run of d is one */
	size_t received_bytes;
	size_t largest_chunk;
	unsigned chunk_count;
	bool is_corrupt;
	bool is_inside;              /* a callback is running */
	enum cohort_verdict verdict; /* of eof_received */
	struct cohort_end end;
	act *on_made, *on_data, *on_eof, *on_pause, *on_resume, *on_drain,
		*on_timeout, *on_file, *on_lost;
	uint64_t file_bytes; /* what file_sent told */
	int file_error;
};

struct session {
	struct record *record;
};

static struct record *record_of_next; /* taken by connection_made */

static inline unsigned char byte_at(size_t offset)
{
	return (unsigned char)(offset * 131 + (offset >> 8) * 7 +
			       (offset >> 16));
}

static inline void fill_bytes(unsigned char *bytes, size_t offset, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		bytes[i] = byte_at(offset + i);
}

static inline bool are_bytes_right(const unsigned char *bytes, size_t offset,
				   size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (bytes[i] != byte_at(offset + i))
			return false;
	return true;
}

static inline void note(struct record *record, char event)
{
	size_t used = strlen(record->events);

	if (used > 0 && event == 'd' && record->events[used - 1] == 'd')
		return;
	if (used + 1 < sizeof(record->events))
		record->events[used] = event;
}

/* Every callback: never nested, never after the last. */
static inline void called(struct record *record, char event, act *action)
{
	CHECK(record->t != NULL);
	CHECK(!record->is_inside);
	note(record, event);
	record->is_inside = true;
	if (action != NULL)
		action(record);
	record->is_inside = false;
}

/* Between connection_made and connection_lost. */
static inline bool is_alive(const struct record *record)
{
	return record->t != NULL;
}

static inline struct record *record_of(void *session)
{
	return ((struct session *)session)->record;
}

static inline void made(struct cohort_transport *t, void *session)
{
	struct record *record = record_of(session);

	if (record == NULL) {
		record = record_of_next;
		CHECK(record != NULL && record->t == NULL);
	} else {
		CHECK(record->t == t); /* made by the test, and known to it */
	}
	CHECK(cohort_session(t) == session);
	((struct session *)session)->record = record;
	record->t = t;
	record->id = cohort_id(t);
	called(record, 'm', record->on_made);
}

static inline void received(struct cohort_transport *t, void *session,
			    const void *data, size_t size)
{
	struct record *record = record_of(session);

	CHECK(size >= 1 && size <= SERVICE_READ_BYTES);
	CHECK(cohort_is_reading(t) && !cohort_is_closing(t));
	if (!are_bytes_right(data, record->received_bytes, size))
		record->is_corrupt = true;
	record->received_bytes += size;
	record->chunk_count++;
	if (size > record->largest_chunk)
		record->largest_chunk = size;
	called(record, 'd', record->on_data);
}

static inline enum cohort_verdict ended(struct cohort_transport *t,
					void *session)
{
	struct record *record = record_of(session);

	CHECK(!cohort_is_closing(t));
	called(record, 'e', record->on_eof);
	return record->verdict;
}

static inline void paused(struct cohort_transport *t, void *session)
{
	(void)t;
	called(record_of(session), 'p', record_of(session)->on_pause);
}

static inline void resumed(struct cohort_transport *t, void *session)
{
	(void)t;
	called(record_of(session), 'r', record_of(session)->on_resume);
}

static inline void drains(struct cohort_transport *t, void *session)
{
	(void)t;
	called(record_of(session), 'D', record_of(session)->on_drain);
}

static inline void timed_out(struct cohort_transport *t, void *session)
{
	(void)t;
	called(record_of(session), 't', record_of(session)->on_timeout);
}

static inline void lost(struct cohort_transport *t, void *session,
			const struct cohort_end *end)
{
	struct record *record = record_of(session);

	CHECK(cohort_is_closing(t));
	record->end = *end;
	called(record, 'l', record->on_lost);
	record->t = NULL;
}

static inline void file_done(struct cohort_transport *t, void *session,
			     uint64_t sent_bytes, int error)
{
	struct record *record = record_of(session);

	(void)t;
	record->file_bytes = sent_bytes;
	record->file_error = error;
	called(record, 'f', record->on_file);
}

static const struct cohort_protocol recorder = {
	.name = "recorder",
	.session_size = sizeof(struct session),
	.connection_made = made,
	.data_received = received,
	.eof_received = ended,
	.pause_writing = paused,
	.resume_writing = resumed,
	.draining = drains,
	.timeout = timed_out,
	.connection_lost = lost,
	.file_sent = file_done,
};

#endif
