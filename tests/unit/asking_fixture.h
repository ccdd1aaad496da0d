/* SPDX-License-Identifier: MIT */
/* asking_fixture.h - clients of the admin, as doubles of control/reply.h, and
 * workers that are real (asked_fixture.h) or played. */
#ifndef COHORT_TESTS_ASKING_FIXTURE_H
#define COHORT_TESTS_ASKING_FIXTURE_H

#include <errno.h>
#include <stdarg.h>

#include "process/admin_query.h"

#include "asked_fixture.h"

/* ---- A client: the double of control/reply.h ---- */

#define SAID_BYTES 1024
#define TOLD_MOST  8192

struct asking {
	struct reply reply; /* first */
	unsigned table_count;
	unsigned row_count;
	unsigned room; /* rows that it takes */
	bool is_full;  /* and was told so */
	bool is_ended;
	bool leaves_at_a_row;
	int status; /* of reply_fail */
	char said[SAID_BYTES];
	char first_id[CONNECTION_ID_TEXT];
	size_t state_bytes; /* of the last one's state */
	int64_t sent_bytes[TOLD_MOST];
};

static inline struct asking *asking_of(const struct reply *reply)
{
	return (struct asking *)(void *)(uintptr_t)reply;
}

bool reply_is_json(const struct reply *reply)
{
	(void)reply;
	return false;
}

void reply_table(struct reply *reply, const struct report_table *table)
{
	CHECK(table == &connection_table);
	asking_of(reply)->table_count++;
}

void reply_row(struct reply *reply, const struct report_value *values)
{
	struct asking *asking = asking_of(reply);

	CHECK(asking->table_count == 1 && !asking->is_ended);
	if (asking->row_count == 0)
		strcpy(asking->first_id, values[0].text);
	if (asking->row_count < TOLD_MOST)
		asking->sent_bytes[asking->row_count] = values[10].number;
	asking->row_count++;
	asking->state_bytes = strlen(values[5].text);
	if (asking->room > 0)
		asking->room--;
	if (asking->leaves_at_a_row)
		reply->gone(reply);
}

static inline void add_said(struct asking *asking, const char *format,
			    va_list list) __attribute__((format(printf, 2, 0)));
static inline void add_said(struct asking *asking, const char *format,
			    va_list list)
{
	size_t used = strlen(asking->said);

	vsnprintf(asking->said + used, SAID_BYTES - used, format, list);
}

void reply_say(struct reply *reply, const char *format, ...)
{
	va_list list;

	CHECK(!asking_of(reply)->is_ended);
	va_start(list, format);
	add_said(asking_of(reply), format, list);
	va_end(list);
}

bool reply_has_room(const struct reply *reply)
{
	asking_of(reply)->is_full = asking_of(reply)->room == 0;
	return !asking_of(reply)->is_full;
}

void reply_end(struct reply *reply)
{
	CHECK(!asking_of(reply)->is_ended);
	CHECK(reply->gone == NULL && reply->room == NULL);
	asking_of(reply)->is_ended = true;
}

void reply_fail(struct reply *reply, int status, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	add_said(asking_of(reply), format, list);
	va_end(list);
	asking_of(reply)->status = status;
	reply_end(reply);
}

static inline struct asking *asking_new(void)
{
	struct asking *asking = calloc(1, sizeof(*asking));

	REQUIRE(asking != NULL);
	asking->room = ~0u;
	return asking;
}

/* ---- The admin, and workers that are real or played ---- */

#define WORKERS 12

struct scene {
	struct crowd *crowd;
	struct worker_asked asked;
	struct admin_workers *workers;
	int ends[WORKERS]; /* of workers that are played */
};

static inline struct scene *scene_open(unsigned count)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	REQUIRE(scene != NULL);
	scene->crowd = crowd_open(count);
	worker_asked_init(&scene->asked, &scene->crowd->world->loop,
			  &scene->crowd->world->worker);
	scene->workers = admin_workers_new(&scene->crowd->world->loop);
	return scene;
}

static inline void scene_close(struct scene *scene)
{
	unsigned i;

	admin_workers_free(scene->workers);
	worker_asked_release(&scene->asked);
	for (i = 0; i < WORKERS; i++)
		if (scene->ends[i] > 0)
			close(scene->ends[i]);
	crowd_close(scene->crowd);
	free(scene);
}

/* Slot i, pid 100 + i; the worker's end of its channel. */
static int introduce(struct scene *scene, unsigned i)
{
	struct {
		int32_t pid;
		uint32_t slot;
	} who = {.pid = (int32_t)(100 + i), .slot = i};
	struct record record = {.size = sizeof(who), .descriptor_count = 1};
	struct error error;
	int fds[2];

	REQUIRE(channel_pair(fds, &error) == 0);
	memcpy(record.data, &who, sizeof(who));
	admin_workers_take(scene->workers, &record, &fds[0]);
	return fds[1];
}

static inline void add_real(struct scene *scene, unsigned i)
{
	worker_asked_add(&scene->asked, introduce(scene, i));
}

static inline void add_played(struct scene *scene, unsigned i)
{
	scene->ends[i] = introduce(scene, i);
}

static inline void query(struct scene *scene,
			 const struct connection_query *asked,
			 struct asking *asking)
{
	admin_workers_query(scene->workers, asked, &asking->reply);
}

static inline void query_until_end(struct scene *scene,
				   const struct connection_query *asked,
				   struct asking *asking)
{
	query(scene, asked, asking);
	turn_until(scene->crowd->world, asking->is_ended);
}

/* ---- What a played worker does ---- */

/* The next question; its number. */
static inline uint32_t hear(struct scene *scene, unsigned i,
			    struct connection_query *heard)
{
	int64_t until_ms = clock_now_ms() + PATIENCE_MS;
	struct record record;
	ssize_t size;

	do {
		turn(scene->crowd->world);
		size = recv(scene->ends[i], &record, sizeof(record),
			    MSG_DONTWAIT);
	} while (size < 0 && clock_now_ms() < until_ms);
	REQUIRE(size == 16 + sizeof(*heard));
	memcpy(heard, record.data, sizeof(*heard));
	check_int(heard->number, record.number);
	check_int(heard->version, CONNECTION_QUERY_VERSION);
	return record.number;
}

static inline void say(struct scene *scene, unsigned i, struct record *record)
{
	record->version = RECORD_VERSION;
	CHECK(send(scene->ends[i], record, 16 + record->size, MSG_NOSIGNAL) ==
	      (ssize_t)(16 + record->size));
}

/* A row with so many bytes sent. */
static inline void say_row(struct scene *scene, unsigned i, uint32_t number,
			   uint64_t sent_bytes)
{
	const struct connection_row row = {.id = sent_bytes,
					   .sent_bytes = sent_bytes};
	struct record record = {
		.type = RECORD_ROWS, .number = number, .size = sizeof(row)};

	memcpy(record.data, &row, sizeof(row));
	say(scene, i, &record);
}

static inline void say_end(struct scene *scene, unsigned i, uint32_t number,
			   const struct connection_end *end)
{
	struct record record = {.type = RECORD_ROWS_END,
				.number = number,
				.size = sizeof(*end)};

	memcpy(record.data, end, sizeof(*end));
	say(scene, i, &record);
}

static const struct connection_end done;

#endif
