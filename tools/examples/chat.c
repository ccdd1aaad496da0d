/* SPDX-License-Identifier: MIT */
/* chat.c - a chat room: what one says, everybody in the room is told.
 *
 * Lines of at most 1 KiB.  `/name NAME` gives another name (two may have the
 * same), `/quit` leaves.  Who comes and goes is told in rooms of at most
 * `notices` members.
 *
 * Each worker is a room of its own: members of different workers do not hear
 * each other.  Run it with -w 1 for one room.
 *
 * What is said goes into a ring, the same for everybody, and each member has a
 * place in it; so a member costs its session, however much is said.  One whose
 * queue is above the high mark (16 KiB) is passed by.  When it reads again it
 * gets what the ring still has, and is told if that is not all; after
 * `deaf_timeout` without that it is dropped.
 *
 * A round through a large room is cut into slices, so that the worker serves
 * others meanwhile; who speaks is not read from until all have been told. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cohort.h"

#define LINE_BYTES  1024
#define NAME_BYTES  24
#define RING_BYTES  (1 << 20)
#define SLICE       1000 /* members served before others get their turn */
#define HIGH_BYTES  16384
#define LOW_BYTES   4096
#define PIECE_BYTES 8192 /* of the ring, in one write */

struct options {
	uint64_t notices;
	int64_t deaf_timeout_ms;
};

struct member {
	struct cohort_transport *transport;
	struct member *next, **link;                 /* what points at it */
	struct member *next_speaker, **speaker_link; /* NULL: it may speak */
	uint64_t heard; /* all of the ring up to here */
	char name[NAME_BYTES];
};

/* The state of a worker. */
struct room {
	struct member *members;
	struct member *next;     /* to be served in this round; NULL: none */
	struct member *speakers; /* not read from until the round is over */
	struct cohort_timer *timer;
	uint64_t members_count;
	uint64_t members_total;
	uint64_t said;      /* bytes, ever: the ring holds the last of them */
	uint64_t round_end; /* what there was when the round began */
	bool is_in_round;
	char ring[RING_BYTES];
};

static struct room *room_of(const struct cohort_transport *t)
{
	return cohort_worker_state(cohort_worker(t));
}

/* ---- Telling ---------------------------------------------------------- */

static void write_text(struct cohort_transport *t, const char *text)
{
	cohort_write(t, text, strlen(text));
}

/* The oldest line that the ring holds whole. */
static uint64_t oldest(const struct room *room)
{
	uint64_t at = room->said - RING_BYTES;

	while (room->ring[at++ % RING_BYTES] != '\n')
		;
	return at;
}

/* Whole lines, beginning at `at`, as many as there is room for. */
static size_t copy_lines(const struct room *room, uint64_t at, char *out)
{
	size_t size = 0, whole = 0;

	while (size < PIECE_BYTES && at < room->said) {
		out[size++] = room->ring[at++ % RING_BYTES];
		if (out[size - 1] == '\n')
			whole = size;
	}
	return whole;
}

/* As much as is new to it and as it takes: what was written and has not been
 * sent is never more than the high mark and a piece. */
static void tell(struct room *room, struct member *member)
{
	struct cohort_transport *t = member->transport;
	char piece[PIECE_BYTES];

	if (room->said - member->heard > RING_BYTES &&
	    cohort_queued(t) <= HIGH_BYTES) {
		member->heard = oldest(room);
		write_text(t, "* you have missed some lines\n");
	}
	while (member->heard < room->said && cohort_queued(t) <= HIGH_BYTES) {
		size_t size = copy_lines(room, member->heard, piece);

		if (cohort_write(t, piece, size) < 0)
			return; /* connection_lost will come */
		member->heard += size;
	}
}

static void add_speaker(struct room *room, struct member *member)
{
	member->next_speaker = room->speakers;
	if (room->speakers != NULL)
		room->speakers->speaker_link = &member->next_speaker;
	member->speaker_link = &room->speakers;
	room->speakers = member;
}

static void remove_speaker(struct member *member)
{
	if (member->speaker_link == NULL)
		return;
	*member->speaker_link = member->next_speaker;
	if (member->next_speaker != NULL)
		member->next_speaker->speaker_link = member->speaker_link;
	member->speaker_link = NULL;
}

static void release_speakers(struct room *room)
{
	struct member *member;

	while ((member = room->speakers) != NULL) {
		remove_speaker(member);
		cohort_resume_reading(member->transport);
	}
}

static void begin_round(struct room *room)
{
	room->is_in_round = true;
	room->round_end = room->said;
	room->next = room->members;
}

/* Tell the next members; the timer goes on with the rest. */
static void serve_slice(struct room *room)
{
	unsigned left = SLICE;

	while (room->next != NULL && left-- > 0) {
		struct member *member = room->next;

		room->next = member->next;
		tell(room, member);
	}
	if (room->next == NULL && room->round_end == room->said) {
		room->is_in_round = false;
		release_speakers(room);
		return;
	}
	if (room->next == NULL)
		begin_round(room);
	cohort_timer_set(room->timer, 0);
}

static void timer_expired(struct cohort_worker *w, void *argument)
{
	(void)w;
	serve_slice(argument);
}

static void put(struct room *room, const char *text, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		room->ring[room->said++ % RING_BYTES] = text[i];
}

/* `text` ends with a newline. */
static void say(struct room *room, const char *text, size_t size)
{
	put(room, text, size);
	if (room->is_in_round)
		return; /* another one follows it */
	begin_round(room);
	serve_slice(room);
}

static void notice(struct cohort_transport *t, const struct member *member,
		   const char *what)
{
	const struct options *options = cohort_worker_options(cohort_worker(t));
	struct room *room = room_of(t);
	char text[NAME_BYTES + 64];

	if (room->members_count > options->notices)
		return;
	snprintf(text, sizeof(text), "* %s %s\n", member->name, what);
	say(room, text, strlen(text));
}

/* ---- Coming and going ------------------------------------------------- */

static void connection_made(struct cohort_transport *t, void *session)
{
	struct member *member = session;
	struct room *room = room_of(t);

	cohort_set_write_limits(t, HIGH_BYTES, LOW_BYTES);
	member->transport = t;
	member->heard = room->said;
	member->next = room->members;
	if (member->next != NULL)
		member->next->link = &member->next;
	member->link = &room->members;
	room->members = member;
	room->members_count++;
	snprintf(member->name, sizeof(member->name), "guest-%llu",
		 (unsigned long long)++room->members_total);
	notice(t, member, "has come");
}

static void connection_lost(struct cohort_transport *t, void *session,
			    const struct cohort_end *end)
{
	struct member *member = session;
	struct room *room = room_of(t);

	(void)end;
	remove_speaker(member);
	if (room->next == member)
		room->next = member->next;
	*member->link = member->next;
	if (member->next != NULL)
		member->next->link = member->link;
	room->members_count--;
	notice(t, member, "has gone");
}

/* ---- Speaking --------------------------------------------------------- */

/* It goes to other people's terminals. */
static void copy_harmless(char *out, const char *text, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++) {
		unsigned char byte = (unsigned char)text[i];

		out[i] = byte < ' ' || byte == 127 ? '?' : text[i];
	}
}

static void rename_member(struct cohort_transport *t, struct member *member,
			  const char *name, size_t size)
{
	char what[NAME_BYTES + 16];
	size_t i = 0;

	while (i < size && (isalnum((unsigned char)name[i]) || name[i] == '-'))
		i++;
	if (size == 0 || size >= NAME_BYTES || i < size) {
		write_text(t, "* a name is 1 to 23 letters, digits and -\n");
		return;
	}
	snprintf(what, sizeof(what), "is now %.*s", (int)size, name);
	notice(t, member, what);
	memcpy(member->name, name, size);
	member->name[size] = '\0';
}

static bool begins_with(const char *line, size_t size, const char *word)
{
	return size >= strlen(word) && memcmp(line, word, strlen(word)) == 0;
}

static void wait_for_round(struct room *room, struct member *member)
{
	if (!room->is_in_round || member->speaker_link != NULL)
		return;
	add_speaker(room, member);
	cohort_pause_reading(member->transport);
}

static void frame_received(struct cohort_transport *t, void *session,
			   const void *frame, size_t size)
{
	struct member *member = session;
	struct room *room = room_of(t);
	char text[NAME_BYTES + LINE_BYTES + 4];
	size_t used;

	if (begins_with(frame, size, "/quit")) {
		cohort_close(t);
	} else if (begins_with(frame, size, "/name ")) {
		rename_member(t, member, (const char *)frame + 6, size - 6);
	} else if (size > 0) {
		used = (size_t)snprintf(text, sizeof(text),
					"%s: ", member->name);
		copy_harmless(text + used, frame, size);
		text[used + size] = '\n';
		say(room, text, used + size + 1);
	}
	wait_for_round(room, member);
}

/* ---- Those who do not read -------------------------------------------- */

static void pause_writing(struct cohort_transport *t, void *session)
{
	const struct options *options = cohort_worker_options(cohort_worker(t));

	(void)session;
	if (options->deaf_timeout_ms >= 0)
		cohort_set_timer(t, options->deaf_timeout_ms);
}

static void resume_writing(struct cohort_transport *t, void *session)
{
	cohort_cancel_timer(t);
	tell(room_of(t), session);
}

static void timeout(struct cohort_transport *t, void *session)
{
	(void)session;
	cohort_log(t, COHORT_LOG_INFO, "it does not read: dropped");
	cohort_abort(t);
}

static void draining(struct cohort_transport *t, void *session)
{
	(void)session;
	write_text(t, "* this room closes; come again\n");
	cohort_close(t);
}

/* ---- The worker ------------------------------------------------------- */

static int worker_start(struct cohort_worker *w, void *state)
{
	struct room *room = state;

	room->timer = cohort_timer_new(w, timer_expired, room);
	return room->timer != NULL ? 0 : -1;
}

static const struct cohort_directive directives[] = {
	{
		.name = "notices",
		.kind = COHORT_VALUE_NUMBER,
		.offset = offsetof(struct options, notices),
		.initial = "100",
		.help = "members up to which comings and goings are told",
	},
	{
		.name = "deaf_timeout",
		.kind = COHORT_VALUE_DURATION,
		.offset = offsetof(struct options, deaf_timeout_ms),
		.initial = "30s",
		.help = "drop a member who has not read for so long",
	},
	{.name = NULL},
};

static const struct cohort_framing lines = {
	.kind = COHORT_FRAMING_LINES,
	.limit = LINE_BYTES,
	.takes_unterminated = true,
};

static const struct cohort_protocol protocol = {
	.name = "chat",
	.session_size = sizeof(struct member),
	.directives = directives,
	.options_size = sizeof(struct options),
	.framing = &lines,
	.connection_made = connection_made,
	.frame_received = frame_received,
	.pause_writing = pause_writing,
	.resume_writing = resume_writing,
	.timeout = timeout,
	.draining = draining,
	.connection_lost = connection_lost,
	.worker_size = sizeof(struct room),
	.worker_start = worker_start,
};

int main(int argc, char **argv)
{
	return cohort_main(argc, argv, &protocol);
}
