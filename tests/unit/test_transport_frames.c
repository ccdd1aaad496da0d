/* SPDX-License-Identifier: MIT */
/* test_transport_frames.c - frames through a transport: whole whatever the
 * segmentation, not after a pause or close, without memory that is not needed,
 * and all of them before the end of file. */
#include "frames_fixture.h"
#include "random.h"

#define KILOBYTE ((size_t)1 << 10)

static const struct cohort_protocol by_lines = NOTING(&lines);
static const struct cohort_protocol by_loose_lines = NOTING(&loose);
static const struct cohort_protocol by_length = NOTING(&four);

/* ---- Segmentation ---- */

static void test_byte_by_byte(void)
{
	static const char stream[] = "one\r\n\n two words\r\nthree\n";
	struct scene scene = scene_open(&by_lines);
	size_t i;

	for (i = 0; i + 1 < sizeof(stream); i++) {
		scene_send(&scene, stream + i, 1);
		turn_until(scene.world,
			   latest->received_bytes == (uint64_t)i + 1);
		CHECK(kept_room() <= 32);
	}
	CHECK(kept_room() == 0);
	scene_hang_up(&scene);
	check_string(notes.text, "[one][][ two words][three]EL");
	scene_close(&scene);
}

/* Frames of every size up to some chunks, in random segments, with pauses at
 * random: each comes once, whole, in order. */
static struct random dice;
static unsigned bad_count;
static bool has_paused;

static size_t size_of_frame(unsigned number)
{
	return number % 7 == 0 ? 65536 - number % 3 : number * 37 % 900;
}

static void check_numbered(struct cohort_transport *t, void *session,
			   const void *frame, size_t size)
{
	const unsigned char *bytes = frame;

	(void)session;
	if (size != size_of_frame(notes.frame_count) ||
	    !are_bytes_right(bytes, notes.frame_count, size))
		bad_count++;
	notes.frame_count++;
	if (random_below(&dice, 5) == 0) {
		cohort_pause_reading(t);
		has_paused = true;
	}
}

static const struct cohort_protocol numbered = {
	.name = "numbered",
	.framing = &four,
	.connection_made = note_made,
	.frame_received = check_numbered,
	.connection_lost = note_lost,
};

static unsigned char *numbered_stream(unsigned count, size_t *size)
{
	unsigned char *bytes = malloc(count * (4 + 65536 / 7 + 1000));
	unsigned i;

	REQUIRE(bytes != NULL);
	for (i = 0, *size = 0; i < count; i++) {
		size_t frame = size_of_frame(i);
		unsigned char *head = bytes + *size;

		head[0] = 0;
		head[1] = (unsigned char)(frame >> 16);
		head[2] = (unsigned char)(frame >> 8);
		head[3] = (unsigned char)frame;
		fill_bytes(head + 4, i, frame);
		*size += 4 + frame;
	}
	return bytes;
}

static void test_random_segments(void)
{
	const unsigned count = 700;
	struct scene scene = scene_open(&numbered);
	size_t size, at = 0;
	unsigned char *stream = numbered_stream(count, &size);
	int64_t until_ms = clock_now_ms() + PATIENCE_MS;

	dice.state = 42;
	bad_count = 0;
	while (notes.frame_count < count && clock_now_ms() < until_ms) {
		size_t segment = 1 + random_below(&dice, 40000);
		ssize_t sent;

		if (segment > size - at)
			segment = size - at;
		sent = segment == 0 ? 0
				    : send(scene.client.fd, stream + at,
					   segment, MSG_NOSIGNAL);
		at += sent > 0 ? (size_t)sent : 0;
		turn(scene.world);
		if (has_paused)
			cohort_resume_reading(latest);
		has_paused = false;
	}
	check_int(notes.frame_count, count);
	check_int(bad_count, 0);
	turn(scene.world);
	CHECK(kept_room() == 0);
	free(stream);
	scene_close(&scene);
}

/* A part costs about its bytes, whatever its length announces. */
static void test_part_memory(void)
{
	static const unsigned char head[] = {0, 1, 0, 0};
	static unsigned char body[65536];
	struct scene scene = scene_open(&by_length);
	size_t i;

	scene_send(&scene, head, 4);
	scene_settle(&scene);
	CHECK(kept_room() == 4);
	for (i = 1; i < 64; i++) {
		scene_send(&scene, body, KILOBYTE);
		turn_until(scene.world,
			   latest->received_bytes == 4 + i * KILOBYTE);
		CHECK(kept_room() <= 2 * (4 + i * KILOBYTE));
	}
	scene_send(&scene, body, KILOBYTE);
	turn_until(scene.world, notes.frame_count == 1);
	check_int(notes.frame_bytes, 65536);
	CHECK(kept_room() == 0);
	scene_close(&scene);
}

static void pause_reading(struct notes *of, struct cohort_transport *t)
{
	of->on_frame = NULL;
	cohort_pause_reading(t);
}

/* The part behind many whole frames of a kept chunk costs no chunk. */
static void test_part_after_rest(void)
{
	char stream[30000];
	struct scene scene = scene_open(&by_lines);

	memset(stream, '\n', sizeof(stream));
	stream[sizeof(stream) - 1] = 'x';
	notes.on_frame = pause_reading;
	scene_send(&scene, stream, sizeof(stream));
	turn_until(scene.world, notes.frame_count == 1);
	check_int(kept_room(), sizeof(stream) - 1);
	cohort_resume_reading(latest);
	turn_until(scene.world, notes.frame_count == sizeof(stream) - 1);
	scene_settle(&scene);
	CHECK(kept_room() == 1);
	notes.used = 0;
	scene_say(&scene, "yz\n");
	scene_settle(&scene);
	check_string(notes.text, "[xyz]");
	CHECK(kept_room() == 0);
	scene_close(&scene);
}

/* ---- Pause, close, abort ---- */

/* What was read waits, and so does the end of file. */
static void test_pause(void)
{
	struct scene scene = scene_open(&by_lines);

	notes.on_frame = pause_reading;
	scene_say(&scene, "one\ntwo\nthr");
	scene_hang_up(&scene);
	check_string(notes.text, "[one]");
	CHECK(kept_room() == 7);
	notes.on_frame = pause_reading;
	cohort_resume_reading(latest);
	scene_settle(&scene);
	check_string(notes.text, "[one][two]");
	cohort_resume_reading(latest);
	scene_settle(&scene);
	/* The third is unfinished. */
	check_string(notes.text, "[one][two]L");
	check_int(notes.end.reason, COHORT_REASON_PROTOCOL_ERROR);
	check_int(notes.end.error, EBADMSG);
	scene_close(&scene);
}

static void close_it(struct notes *of, struct cohort_transport *t)
{
	(void)of;
	cohort_close(t);
	CHECK(cohort_write_frame(t, NULL, "x", 1) < 0 && errno == EPIPE);
}

static void abort_it(struct notes *of, struct cohort_transport *t)
{
	(void)of;
	cohort_abort(t);
}

/* Out of the chunk, out of the rest, out of a completed part: nothing comes
 * after it, and nothing is kept. */
static void test_end_inside(frame_act *end)
{
	static const char *const parts[] = {"x\none\ntwo\n", "ne\ntwo\n"};
	int way;

	for (way = 0; way < 3; way++) {
		struct scene scene = scene_open(&by_lines);

		notes.on_frame = way == 0 ? pause_reading : end;
		scene_send(&scene, way == 2 ? "o" : parts[0],
			   way == 2 ? 1 : strlen(parts[0]));
		scene_settle(&scene);
		if (way == 2)
			scene_send(&scene, parts[1], strlen(parts[1]));
		notes.on_frame = end;
		if (way == 0)
			cohort_resume_reading(latest);
		scene_settle(&scene);
		CHECK(end == abort_it ? notes.is_lost : kept_room() == 0);
		check_int(notes.frame_count, way == 0 ? 2 : 1);
		scene_close(&scene);
		check_int(notes.end.reason, COHORT_REASON_LOCAL_CLOSE);
		check_int(notes.frame_count, way == 0 ? 2 : 1);
	}
}

/* Closed from elsewhere: the rest is freed at once, not after the linger. */
static void test_close_outside(void)
{
	struct scene scene = scene_open(&by_lines);

	notes.on_frame = pause_reading;
	scene_say(&scene, "one\ntwo\n");
	scene_settle(&scene);
	CHECK(kept_room() > 0);
	cohort_close(latest);
	CHECK(kept_room() == 0);
	scene_settle(&scene);
	check_string(notes.text, "[one]");
	scene_close(&scene);
}

static void test_reset_in_a_part(void)
{
	struct scene scene = scene_open(&by_lines);

	client_close(&scene.client);
	turn_until(scene.world, notes.is_lost);
	memset(&notes, 0, sizeof(notes));
	scene.client = open_tcp(scene.world, NULL);
	scene_say(&scene, "one\ntw");
	turn_until(scene.world, notes.frame_count == 1);
	client_reset(&scene.client);
	turn_until(scene.world, notes.is_lost);
	check_int(notes.end.reason, COHORT_REASON_PEER_RESET);
	check_string(notes.text, "[one]L");
	scene_close(&scene);
}

/* ---- The end of file ---- */

static void test_unterminated(void)
{
	struct scene scene = scene_open(&by_loose_lines);

	notes.on_frame = pause_reading;
	scene_say(&scene, "last");
	scene_hang_up(&scene);
	/* It has paused in its last frame: the end of file waits. */
	check_string(notes.text, "[last]");
	cohort_resume_reading(latest);
	scene_settle(&scene);
	check_string(notes.text, "[last]EL");
	check_int(notes.end.reason, COHORT_REASON_EOF);
	scene_close(&scene);
}

static void test_half_open(void)
{
	struct scene scene = scene_open(&by_lines);

	notes.verdict = COHORT_KEEP;
	scene_say(&scene, "one\n");
	scene_hang_up(&scene);
	check_string(notes.text, "[one]E");
	CHECK(cohort_write_frame(latest, NULL, "answer", 6) == 0);
	cohort_close(latest);
	scene_settle(&scene);
	check_string(notes.text, "[one]EL");
	check_int(notes.end.reason, COHORT_REASON_EOF);
	scene_close(&scene);
}

/* ---- Too much ---- */

/* Endless garbage ends it as soon as the limit is passed; the frames before it
 * have been given. */
static void test_garbage(void)
{
	struct scene scene = scene_open(&by_lines);
	char garbage[90];
	int64_t until_ms = clock_now_ms() + PATIENCE_MS;

	memset(garbage, 'g', sizeof(garbage));
	scene_say(&scene, "one\n");
	while (!notes.is_lost && clock_now_ms() < until_ms) {
		scene_send(&scene, garbage, sizeof(garbage));
		turn(scene.world);
		CHECK(notes.is_lost || kept_room() <= 101);
	}
	check_string(notes.text, "[one]L");
	check_int(notes.end.reason, COHORT_REASON_PROTOCOL_ERROR);
	check_int(notes.end.error, EMSGSIZE);
	check_int(count_of(scene.world, SCOREBOARD_RECEIVED_BYTES), 4 + 180);
	scene_close(&scene);
}

int main(void)
{
	test_byte_by_byte();
	test_random_segments();
	test_part_memory();
	test_part_after_rest();
	test_pause();
	test_end_inside(close_it);
	test_end_inside(abort_it);
	test_close_outside();
	test_reset_in_a_part();
	test_unterminated();
	test_half_open();
	test_garbage();
	return check_result();
}
