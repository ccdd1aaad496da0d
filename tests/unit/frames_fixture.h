/* SPDX-License-Identifier: MIT */
/* frames_fixture.h - a protocol that notes its frames in one line of text, and
 * one transport of it, fed byte for byte by the test. */
#ifndef COHORT_TESTS_FRAMES_FIXTURE_H
#define COHORT_TESTS_FRAMES_FIXTURE_H

#include "net/transport_internal.h"
#include "transport_fixture.h"

/* ---- A protocol that notes its frames ---- */

struct notes;
typedef void frame_act(struct notes *notes, struct cohort_transport *t);

static struct notes {
	char text[1024]; /* [frame][frame](data) E: eof, L: lost, p, r */
	size_t used;
	unsigned frame_count;
	size_t frame_bytes;
	frame_act *on_frame;
	frame_act *on_pause;
	enum cohort_verdict verdict;
	struct cohort_end end;
	bool is_inside;
	bool is_lost;
} notes;

static struct cohort_transport *latest;

static inline void note_text(const char *begin, const void *data, size_t size,
			     const char *end)
{
	if (notes.used + size + 3 >= sizeof(notes.text))
		return;
	notes.used += (size_t)snprintf(
		notes.text + notes.used, sizeof(notes.text) - notes.used,
		"%s%.*s%s", begin, (int)size, (const char *)data, end);
}

static inline void note_made(struct cohort_transport *t, void *session)
{
	(void)session;
	latest = t;
}

static inline void note_frame(struct cohort_transport *t, void *session,
			      const void *frame, size_t size)
{
	(void)session;
	CHECK(!notes.is_inside && !notes.is_lost && frame != NULL);
	CHECK(cohort_is_reading(t));
	notes.is_inside = true;
	notes.frame_count++;
	notes.frame_bytes += size;
	note_text("[", frame, size, "]");
	if (notes.on_frame != NULL)
		notes.on_frame(&notes, t);
	notes.is_inside = false;
}

static inline void note_data(struct cohort_transport *t, void *session,
			     const void *data, size_t size)
{
	(void)session;
	CHECK(cohort_is_reading(t) && size >= 1 && size <= SERVICE_READ_BYTES);
	notes.frame_bytes += size;
	note_text("(", data, size, ")");
}

static inline enum cohort_verdict note_eof(struct cohort_transport *t,
					   void *session)
{
	(void)t;
	(void)session;
	note_text("E", "", 0, "");
	return notes.verdict;
}

static inline void note_pause(struct cohort_transport *t, void *session)
{
	(void)session;
	CHECK(!notes.is_inside);
	note_text("p", "", 0, "");
	if (notes.on_pause != NULL)
		notes.on_pause(&notes, t);
}

static inline void note_resume(struct cohort_transport *t, void *session)
{
	(void)session;
	note_text("r", "", 0, "");
	cohort_resume_reading(t);
}

static inline void note_lost(struct cohort_transport *t, void *session,
			     const struct cohort_end *end)
{
	(void)session;
	(void)t;
	CHECK(!notes.is_inside && !notes.is_lost);
	note_text("L", "", 0, "");
	notes.end = *end;
	notes.is_lost = true;
}

static const struct cohort_framing lines
	__attribute__((unused)) = {.limit = 100};
static const struct cohort_framing loose
	__attribute__((unused)) = {.limit = 100, .takes_unterminated = true};
static const struct cohort_framing four __attribute__((unused)) = {
	.kind = COHORT_FRAMING_LENGTH, .length_size = 4};
static const struct cohort_framing two_bytes
	__attribute__((unused)) = {.kind = COHORT_FRAMING_FIXED, .size = 2};

#define NOTING(the_framing)                                                    \
	{                                                                      \
		.name = "noting", .framing = (the_framing),                    \
		.connection_made = note_made, .frame_received = note_frame,    \
		.data_received = note_data, .eof_received = note_eof,          \
		.pause_writing = note_pause, .resume_writing = note_resume,    \
		.connection_lost = note_lost,                                  \
	}

/* ---- The scene: one transport, fed through a unix socket ---- */

struct scene {
	struct world *world;
	struct client client;
};

static inline struct scene scene_open(const struct cohort_protocol *protocol)
{
	struct scene scene = {.world = world_open()};

	memset(&notes, 0, sizeof(notes));
	scene.world->service.protocol = protocol;
	scene.client = open_unix(scene.world, NULL);
	return scene;
}

static inline void scene_send(struct scene *scene, const void *bytes,
			      size_t size)
{
	check_int(send(scene->client.fd, bytes, size, MSG_NOSIGNAL), size);
}

#define scene_say(scene, text) scene_send(scene, text, sizeof(text) - 1)

/* All that was sent has been read, and what came of it has been done. */
static inline void scene_settle(struct scene *scene)
{
	turn_for(scene->world, 6);
}

static inline void scene_hang_up(struct scene *scene)
{
	CHECK(shutdown(scene->client.fd, SHUT_WR) == 0);
	scene_settle(scene);
}

static inline void scene_close(struct scene *scene)
{
	if (scene->client.fd >= 0)
		client_close(&scene->client);
	turn_until(scene->world, scene->world->service.live_count == 0);
	CHECK(notes.is_lost);
	world_close(scene->world);
}

/* Bytes of memory for what is kept. */
static inline size_t kept_room(void)
{
	return latest->extras != NULL ? latest->extras->rest.room : 0;
}

#endif
