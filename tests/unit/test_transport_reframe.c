/* SPDX-License-Identifier: MIT */
/* test_transport_reframe.c - frames in their share of a turn and between the
 * watermarks, another protocol or framing between two of them, and frames that
 * are written. */
#include <signal.h>

#include "frames_fixture.h"
#include "without_memory.h"

static const struct cohort_protocol by_lines = NOTING(&lines);
static const struct cohort_framing large = {
	.kind = COHORT_FRAMING_LENGTH,
	.length_size = 4,
	.limit = 64 << 20,
};

static const struct cohort_protocol by_large = NOTING(&large);
static const struct cohort_protocol by_two = NOTING(&two_bytes);
static const struct cohort_protocol by_data = NOTING(NULL);

/* ---- Shares ---- */

static void test_share(void)
{
	static char empty_lines[65536];
	struct scene scene = scene_open(&by_lines);
	unsigned most = 0, before = 0;
	int64_t until_ms = clock_now_ms() + PATIENCE_MS;

	memset(empty_lines, '\n', sizeof(empty_lines));
	scene_send(&scene, empty_lines, sizeof(empty_lines));
	while (notes.frame_count < sizeof(empty_lines) &&
	       clock_now_ms() < until_ms) {
		turn(scene.world);
		if (notes.frame_count - before > most)
			most = notes.frame_count - before;
		before = notes.frame_count;
	}
	check_int(notes.frame_count, sizeof(empty_lines));
	/* The event's share, and the tasks' two rounds. */
	CHECK(most <= 3 * TRANSPORT_TURN_FRAMES);
	scene_settle(&scene);
	CHECK(kept_room() == 0);
	scene_close(&scene);
}

static void answer_much(struct notes *of, struct cohort_transport *t)
{
	(void)of;
	CHECK(write_bytes(t, 0, 50000) == 0);
}

static void pause_for_writing(struct notes *of, struct cohort_transport *t)
{
	(void)of;
	cohort_pause_reading(t);
}

/* Short requests with long answers: the queue stops at the high mark and one
 * answer, though there are a thousand requests in the chunk. */
static void test_watermarks(void)
{
	char requests[1000];
	struct scene scene = scene_open(&by_lines);
	int64_t until_ms = clock_now_ms() + PATIENCE_MS;
	char block[BLOCK_BYTES];

	memset(requests, '\n', sizeof(requests));
	notes.on_frame = answer_much;
	notes.on_pause = pause_for_writing;
	scene_send(&scene, requests, sizeof(requests));
	while (notes.frame_count < sizeof(requests) &&
	       clock_now_ms() < until_ms) {
		turn(scene.world);
		CHECK(count_of(scene.world, SCOREBOARD_QUEUED_BYTES) <=
		      65536 + 50000);
		while (recv(scene.client.fd, block, sizeof(block), 0) > 0)
			continue;
	}
	check_int(notes.frame_count, sizeof(requests));
	CHECK(strchr(notes.text, 'p') != NULL);
	scene_close(&scene);
}

/* ---- Another protocol, another framing ---- */

static const struct cohort_protocol *next_protocol;

static void change_protocol(struct notes *of, struct cohort_transport *t)
{
	of->on_frame = NULL;
	CHECK(cohort_set_protocol(t, next_protocol) == 0);
}

/* The rest of the chunk, and a part, go to the new protocol in its way. */
static void test_set_protocol(void)
{
	static const struct {
		const struct cohort_protocol *next;
		const char *more;
		const char *outcome;
	} rows[] = {
		{&by_data, "re", "[one](two\nmo)(re)"},
		{&by_two, "re", "[one][tw][o\n][mo][re]"},
		{&by_lines, "re\n", "[one][two][more]"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene scene = scene_open(&by_lines);

		next_protocol = rows[i].next;
		notes.on_frame = change_protocol;
		scene_say(&scene, "one\ntwo\nmo");
		scene_settle(&scene);
		scene_send(&scene, rows[i].more, strlen(rows[i].more));
		scene_settle(&scene);
		check_string(notes.text, rows[i].outcome);
		CHECK(kept_room() == 0);
		scene_close(&scene);
	}
}

/* Outside of any callback, with a part kept. */
static void test_set_protocol_outside(void)
{
	struct scene scene = scene_open(&by_lines);

	scene_say(&scene, "one\npart");
	scene_settle(&scene);
	CHECK(cohort_set_protocol(latest, &by_two) == 0);
	check_string(notes.text, "[one]");
	scene_settle(&scene);
	check_string(notes.text, "[one][pa][rt]");
	CHECK(kept_room() == 0);
	scene_close(&scene);
}

static void header_and_body(struct notes *of, struct cohort_transport *t)
{
	CHECK(cohort_set_framing(t, of->frame_count % 2 ? &two_bytes : NULL) ==
	      0);
}

static void test_set_framing(void)
{
	static const struct cohort_framing bad = {.kind = COHORT_FRAMING_FIXED};
	struct scene scene = scene_open(&by_lines);

	notes.on_frame = header_and_body;
	scene_say(&scene, "head\nbohead\r\nd");
	scene_settle(&scene);
	scene_say(&scene, "yhead\nxxa");
	scene_settle(&scene);
	check_string(notes.text, "[head][bo][head][dy][head][xx]");
	CHECK(cohort_set_framing(latest, &bad) < 0 && errno == EINVAL);
	CHECK(cohort_set_framing(latest, &two_bytes) == 0);
	scene_say(&scene, "b");
	scene_settle(&scene);
	check_string(notes.text, "[head][bo][head][dy][head][xx][ab]");
	scene_close(&scene);
}

/* A part that by the new framing holds whole frames gives them, soon and
 * without another byte. */
static void test_set_framing_on_a_part(void)
{
	static const struct cohort_framing hundred = {
		.kind = COHORT_FRAMING_FIXED,
		.size = 100,
	};
	struct scene scene = scene_open(&by_lines);

	CHECK(cohort_set_framing(latest, &hundred) == 0);
	scene_say(&scene, "one\ntwo\nth");
	scene_settle(&scene);
	check_string(notes.text, "");
	CHECK(cohort_set_framing(latest, NULL) == 0);
	check_string(notes.text, "");
	scene_settle(&scene);
	check_string(notes.text, "[one][two]");
	CHECK(kept_room() == 2);
	scene_close(&scene);
}

/* Without a framing of its own: plain data before and after. */
static void back_to_data(struct notes *of, struct cohort_transport *t)
{
	(void)of;
	CHECK(cohort_set_framing(t, NULL) == 0);
}

static void test_framing_for_a_while(void)
{
	struct scene scene = scene_open(&by_data);

	notes.on_frame = back_to_data;
	scene_say(&scene, "data\n");
	scene_settle(&scene);
	CHECK(cohort_set_framing(latest, &lines) == 0);
	scene_say(&scene, "line\nplain\n");
	scene_settle(&scene);
	check_string(notes.text, "(data\n)[line](plain\n)");
	scene_close(&scene);
}

/* ---- Writing ---- */

static void test_write_frame(void)
{
	struct scene scene = scene_open(&by_lines);
	char block[100];
	ssize_t size;

	CHECK(cohort_write_frame(latest, NULL, "one", 3) == 0);
	CHECK(cohort_write_frame(latest, &four, "two", 3) == 0);
	CHECK(cohort_write_frame(latest, &two_bytes, "xy", 2) == 0);
	CHECK(cohort_write_frame(latest, &four, NULL, 0) == 0);
	CHECK(cohort_write_frame(latest, &two_bytes, "x", 1) < 0 &&
	      errno == EINVAL);
	CHECK(cohort_write_frame(latest, NULL, "a\nb", 3) < 0 &&
	      errno == EINVAL);
	size = recv(scene.client.fd, block, sizeof(block), 0);
	check_int(size, 17);
	CHECK(memcmp(block, "one\n\0\0\0\3twoxy\0\0\0\0", 17) == 0);
	CHECK(cohort_set_protocol(latest, &by_data) == 0);
	CHECK(cohort_write_frame(latest, NULL, "one", 3) < 0 &&
	      errno == EINVAL);
	scene_close(&scene);
}

/* ---- Contradictions ---- */

static void *no_buffer(struct cohort_transport *t, void *session, size_t *size)
{
	(void)t;
	(void)session;
	*size = 0;
	return NULL;
}

/* A protocol that cannot be meant ends the program before it serves. */
static void test_a_crash_ends_contradictions(void)
{
	static const struct cohort_framing senseless = {
		.kind = COHORT_FRAMING_LENGTH,
		.length_size = 3,
	};
	static const struct cohort_protocol bad[] = {
		{.name = "senseless", .framing = &senseless},
		{.name = "half", .buffer_get = no_buffer},
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int status = 0;
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (pid == 0) {
			transport_check_protocol(&bad[i]);
			_exit(0);
		}
		CHECK(waitpid(pid, &status, 0) == pid);
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	}
	transport_check_protocol(&by_lines);
}

/* ---- Without memory ---- */

/* A frame that is announced, and comes, but there is nowhere to keep it. */
static void keep_without_memory(void)
{
	static const unsigned char head[] = {2, 0, 0, 0};
	static unsigned char body[BLOCK_BYTES];
	struct scene scene = scene_open(&by_large);
	int64_t until_ms = clock_now_ms() + PATIENCE_MS;
	struct rlimit before;

	scene_send(&scene, head, sizeof(head));
	scene_settle(&scene);
	forbid_memory(&before);
	while (!notes.is_lost && clock_now_ms() < until_ms) {
		if (send(scene.client.fd, body, sizeof(body), MSG_NOSIGNAL) < 0)
			CHECK(errno == EAGAIN || errno == EPIPE);
		turn(scene.world);
	}
	allow_memory(&before);
	check_int(notes.end.reason, COHORT_REASON_RESOURCE);
	check_int(notes.end.error, ENOMEM);
	scene_close(&scene);
}

int main(void)
{
	check_without_memory(keep_without_memory);
	test_share();
	test_watermarks();
	test_set_protocol();
	test_set_protocol_outside();
	test_set_framing();
	test_set_framing_on_a_part();
	test_framing_for_a_while();
	test_write_frame();
	test_a_crash_ends_contradictions();
	return check_result();
}
