/* SPDX-License-Identifier: MIT */
/* script_scene.h - a script for one transport, who plays it, and protocols
 * that do in their callbacks what it says. */
#ifndef COHORT_TESTS_SCRIPT_SCENE_H
#define COHORT_TESTS_SCRIPT_SCENE_H

#include "transport_fixture.h"

enum script_only {
	ANYWHERE,
	TCP_ONLY,  /* a reset, an urgent byte, … */
	BARE_ONLY, /* a protocol without any callback but first and last */
};

struct script {
	const char *title;
	const char *steps;
	const char *events; /* letters of transport_recorder.h, and '>' where
			       the protocol changed */
	enum cohort_reason reason;
	int error;
	enum script_only only;
	enum cohort_verdict verdict; /* of eof_received */
	/* What the protocol does in its callbacks. */
	const char *in_made, *in_data, *in_eof, *in_pause, *in_resume,
		*in_drain, *in_timeout, *in_lost;
	size_t early_bytes; /* there before the transport is */
	bool is_draining;   /* the worker, from the beginning */
	bool is_once;       /* what is done in a callback is done once */
	/* Settings; 0 leaves the fixture's. */
	int64_t idle_ms, first_byte_ms, write_ms, lifetime_ms, linger_ms;
	uint64_t write_limit_bytes;
};

enum script_receiving {
	RECEIVE_DATA,
	RECEIVE_BUFFER,
	RECEIVE_WAYS,
};

struct play {
	struct record record;
	struct record bystander;
	const struct script *script;
	void (*read)(struct play *play, const char *words);
	struct cohort_protocol receiver;
	struct cohort_protocol successor; /* for set_protocol */
	struct world *world;
	struct client client;
	struct client other_client;
	size_t written;    /* by the protocol */
	size_t seen_bytes; /* received before this chunk */
	bool is_successor; /* set_protocol has been called */
	bool has_acted;    /* in a callback */
	bool is_tcp;
};

static struct play *play_of(struct record *record)
{
	return list_entry(record, struct play, record);
}

/* ---- The protocols --------------------------------------------------- */

/* Nothing is done in the successor's callbacks. */
static void do_act(struct record *record, const char *words)
{
	struct play *play = play_of(record);

	if (words != NULL && !play->is_successor && !play->has_acted) {
		play->has_acted = play->script->is_once;
		play->read(play, words);
	}
	play->seen_bytes = record->received_bytes;
}

#define DEFINE_ACT(moment)                                                     \
	static void act_##moment(struct record *record)                        \
	{                                                                      \
		do_act(record, play_of(record)->script->in_##moment);          \
	}
DEFINE_ACT(made)
DEFINE_ACT(data)
DEFINE_ACT(eof)
DEFINE_ACT(pause)
DEFINE_ACT(resume)
DEFINE_ACT(drain)
DEFINE_ACT(timeout)
DEFINE_ACT(lost)

static void successor_received(struct cohort_transport *t, void *session,
			       const void *data, size_t size)
{
	CHECK(play_of(record_of(session))->is_successor);
	received(t, session, data, size);
}

/* The same as the first one, but for its session, which is larger and
 * elsewhere. */
static struct cohort_protocol make_successor(void)
{
	struct cohort_protocol successor = recorder;

	successor.name = "successor";
	successor.session_size += 1000;
	successor.connection_made = NULL;
	successor.data_received = successor_received;
	return successor;
}

static const struct cohort_protocol bare = {
	.name = "bare",
	.session_size = sizeof(struct session),
	.connection_made = made,
	.connection_lost = lost,
};

/* The other way of receiving: into a buffer of the protocol's, smaller than
 * what comes. */
static unsigned char script_buffer[5000];

static void *give_buffer(struct cohort_transport *t, void *session,
			 size_t *size)
{
	struct record *record = record_of(session);

	CHECK(record->t == t && !record->is_inside);
	CHECK(cohort_is_reading(t) && !cohort_is_closing(t));
	*size = sizeof(script_buffer);
	return script_buffer;
}

static void buffer_updated(struct cohort_transport *t, void *session,
			   size_t size)
{
	received(t, session, script_buffer, size);
}

static const char *const receiving_names[RECEIVE_WAYS] = {
	[RECEIVE_DATA] = "data_received",
	[RECEIVE_BUFFER] = "buffer_updated",
};

static struct cohort_protocol make_receiver(enum script_receiving way)
{
	struct cohort_protocol receiver = recorder;

	if (way == RECEIVE_BUFFER) {
		receiver.data_received = NULL;
		receiver.buffer_get = give_buffer;
		receiver.buffer_updated = buffer_updated;
	}
	return receiver;
}

#endif
