/* SPDX-License-Identifier: MIT */
/* control_scene.h - a backend without a supervisor: a made-up snapshot, orders
 * that are carried out by saying so, connections by the number. */
#ifndef COHORT_TESTS_CONTROL_SCENE_H
#define COHORT_TESTS_CONTROL_SCENE_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "control/backend.h"
#include "control/busiest.h"
#include "control/samples.h"

#define SCENE_WALL_MS 1700000000123

struct scene {
	struct control_backend backend;
	struct snapshot snapshot;
	struct snapshot_worker workers[3];
	struct snapshot_service services[2];
	bool has_no_memory;
	bool may_order;
	/* What came last. */
	struct control_order order;
	char name[64];
	struct connection_query query;
	unsigned query_count;
	/* Rows that a query gets, and those that are to come. */
	unsigned row_count;
	unsigned rows_left;
	struct reply *held; /* a reload that nobody ends */
};

static const struct control_listener scene_listeners[] = {
	{"echo", "127.0.0.1:8888"},
	{"echo", "[::1]:8888"},
	{"chat", "unix:/run/\x1b[31m"},
};

static inline struct scene *scene_of(void *context)
{
	return context;
}

static inline const struct snapshot *scene_look(void *context)
{
	struct scene *scene = scene_of(context);

	return scene->has_no_memory ? NULL : &scene->snapshot;
}

static inline bool scene_may_order(void *context, int fd)
{
	(void)fd;
	return scene_of(context)->may_order;
}

static inline void scene_metrics(void *context, struct text *out)
{
	(void)context;
	text_append(out, "# HELP cohort_x A \\ back.\ncohort_x{a=\"\\n\"} 1\n");
}

static inline void scene_order(void *context, const struct control_order *order,
			       struct reply *reply)
{
	struct scene *scene = scene_of(context);

	scene->order = *order;
	snprintf(scene->name, sizeof(scene->name), "%s",
		 order->name != NULL ? order->name : "");
	if (order->kind == CONTROL_ORDER_UPGRADE) {
		reply_fail(reply, REPLY_STATUS_FAILED,
			   "bad.conf:1:9: no such thing\n  listen nowhere\n"
			   "         ^");
		return;
	}
	if (order->kind == CONTROL_ORDER_STOP &&
	    order->number == CONTROL_STOP_QUIT) {
		scene->held = reply;
		return;
	}
	reply_say(reply, "done %d %lld %s", (int)order->kind,
		  (long long)order->number, scene->name);
	reply_end(reply);
}

static inline void scene_rows(struct reply *reply)
{
	struct scene *scene = scene_of(reply->context);
	struct connection_row row = {
		.state = CONNECTION_OPEN,
		.is_tcp = 1,
		.rtt_us = 1234,
		.cwnd = 10,
		.idle_ms = 2500,
		.service = "echo",
		.local = "127.0.0.1:8888",
	};
	struct connection_line line;

	for (; scene->rows_left > 0 && reply_has_room(reply);
	     scene->rows_left--) {
		row.id = scene->row_count - scene->rows_left + 1;
		row.age_ms = (int64_t)row.id * 1000;
		row.received_bytes = row.id * 1536;
		snprintf(row.peer, sizeof(row.peer), "10.0.0.%u:4711",
			 (unsigned)(row.id % 256));
		connection_line_fill(&line, &row, 4711, 0);
		reply_row(reply, line.values);
	}
	if (scene->rows_left == 0)
		reply_end(reply);
}

static inline void scene_gone(struct reply *reply)
{
	scene_of(reply->context)->rows_left = 0;
}

static inline void scene_query(void *context,
			       const struct connection_query *query,
			       struct reply *reply)
{
	struct scene *scene = scene_of(context);

	scene->query = *query;
	scene->query_count++;
	if (query->action == CONNECTION_CLOSE) {
		reply_say(reply, "closed 3 connections");
		reply_end(reply);
		return;
	}
	reply_table(reply, &connection_table);
	scene->rows_left = query->limit != 0 && query->limit < scene->row_count
				   ? query->limit
				   : scene->row_count;
	reply->context = scene;
	reply->room = scene_rows;
	reply->gone = scene_gone;
	scene_rows(reply);
}

static inline void scene_fill_cells(struct snapshot_worker *workers)
{
	uint64_t *cells = workers[0].cells;

	cells[SCOREBOARD_STARTED_MS] = 1000;
	cells[SCOREBOARD_HEARTBEAT_MS] = 99990;
	cells[SCOREBOARD_ACCEPTING] = 1;
	cells[SCOREBOARD_BUSY_POLL_US] = 7654321;
	cells = workers[1].cells;
	cells[SCOREBOARD_STARTED_MS] = 1000;
	cells[SCOREBOARD_HEARTBEAT_MS] = 95000;
	cells[SCOREBOARD_CALLBACK] = SCOREBOARD_IN_DATA_RECEIVED;
	cells[SCOREBOARD_CALLBACK_ID] = 12;
	cells[SCOREBOARD_CALLBACK_MS] = 95000;
}

static inline void scene_fill_workers(struct scene *scene)
{
	static const struct snapshot_worker workers[] = {
		{.slot = 0,
		 .pid = 4711,
		 .generation = 3,
		 .state = BOARD_WORKER_READY,
		 .drain_until_ms = -1,
		 .live_count = 7,
		 .accepted_count = 100,
		 .received_bytes = 1536,
		 .queue_length = 2},
		{.slot = 1,
		 .pid = 4712,
		 .generation = 3,
		 .state = BOARD_WORKER_READY,
		 .is_suspect = true,
		 .drain_until_ms = -1},
		{.slot = 1,
		 .pid = 4600,
		 .generation = 2,
		 .state = BOARD_WORKER_DRAINING,
		 .drain_until_ms = 105000,
		 .live_count = 1},
	};

	memcpy(scene->workers, workers, sizeof(workers));
	scene_fill_cells(scene->workers);
	scene->snapshot.workers = scene->workers;
	scene->snapshot.worker_count = 3;
	scene->snapshot.slots[0] = (struct snapshot_slot){
		.state = BOARD_SLOT_SERVING, .is_wanted = true, .adopter = -1};
	scene->snapshot.slots[1] =
		(struct snapshot_slot){.state = BOARD_SLOT_SUSPECT,
				       .is_wanted = true,
				       .is_steered_around = true,
				       .adopter = 0};
	scene->snapshot.slots[2] = (struct snapshot_slot){
		.state = BOARD_SLOT_WAITING, .is_wanted = true, .adopter = 0};
	scene->snapshot.slots[3] = (struct snapshot_slot){
		.state = BOARD_SLOT_PARKED, .adopter = 0};
	scene->snapshot.slot_count = 4;
}

static inline void scene_fill_services(struct scene *scene)
{
	struct snapshot_service *echo = &scene->services[0];
	struct snapshot_service *chat = &scene->services[1];

	snprintf(echo->name, sizeof(echo->name), "echo");
	echo->is_current = true;
	echo->cells[SCOREBOARD_ACCEPTED] = 100;
	echo->cells[SCOREBOARD_LIVE] = 8;
	echo->cells[SCOREBOARD_CLOSED + COHORT_REASON_EOF] = 90;
	echo->cells[SCOREBOARD_CLOSED + COHORT_REASON_KILLED] = 2;
	echo->cells[SCOREBOARD_RECEIVED_BYTES] = 3 << 20;
	echo->queue_by_slot[0] = 2;
	echo->queue_by_slot[2] = 1;
	echo->queue_limit = 511;
	snprintf(chat->name, sizeof(chat->name), "chat");
	chat->is_current = true;
	chat->is_suspended = true;
	scene->snapshot.services = scene->services;
	scene->snapshot.service_count = 2;
}

static inline void scene_fill(struct scene *scene)
{
	struct snapshot *snapshot = &scene->snapshot;
	struct error error;

	memset(scene, 0, sizeof(*scene));
	scene->may_order = true;
	scene->row_count = 3;
	snapshot->now_ms = 100000;
	snapshot->wall_ms = SCENE_WALL_MS;
	snapshot->cells[BOARD_SUPERVISOR_PID] = 4700;
	snapshot->cells[BOARD_PHASE] = BOARD_PHASE_SERVING;
	snapshot->cells[BOARD_STARTED_WALL_MS] = SCENE_WALL_MS - 3600000;
	snapshot->cells[BOARD_GENERATION] = 3;
	snapshot->cells[BOARD_WORKERS_WANTED] = 3;
	snapshot->cells[BOARD_RELOADS_SUCCESS] = 2;
	snapshot->cells[BOARD_LOG_LEVEL] = LOG_LEVEL_INFO;
	snapshot->restarts[SCOREBOARD_RESTART_CRASH] = 4;
	snprintf(snapshot->failure, sizeof(snapshot->failure),
		 "a.conf:1:1: \"x\"");
	snapshot->events[0] = (struct board_event){
		.wall_ms = SCENE_WALL_MS - 1000,
		.kind = BOARD_EVENT_WORKER_DIED,
		.slot = 2,
		.words = "worker 2 died of SIGSEGV",
	};
	snapshot->event_count = 1;
	scene_fill_workers(scene);
	scene_fill_services(scene);
	scene->backend = (struct control_backend){
		.context = scene,
		.look = scene_look,
		.board = scoreboard_open(&error),
		.listeners = scene_listeners,
		.listener_count = 3,
		.may_order = scene_may_order,
		.metrics = scene_metrics,
		.order = scene_order,
		.query = scene_query,
	};
	if (scene->backend.board == NULL)
		log_fatal(1, "%s", error.text);
}

/* A connection that has been closed, in the history of a worker. */
static inline void scene_close(const struct scene *scene)
{
	static const char *const names[] = {"chat", "echo"};
	struct scoreboard *board = (struct scoreboard *)scene->backend.board;
	struct scoreboard_page *page = scoreboard_take(board, 1, 3, names, 2);
	struct board_closed closed = {
		.id = 12,
		.closed_ms = SCENE_WALL_MS,
		.duration_ms = 61000,
		.received_bytes = 5,
		.count = 1,
		.service = 1,
		.error = 104,
		.reason = COHORT_REASON_PEER_RESET,
		.family = AF_INET,
		.peer_port = 4711,
		.peer = {10, 0, 0, 7},
	};

	if (page == NULL)
		log_fatal(1, "no page");
	scoreboard_own(page, 4712, 1000);
	scoreboard_note_closed(page, &closed);
	closed.id = 13;
	closed.closed_ms++;
	closed.service = 0;
	closed.error = 0;
	closed.family = AF_INET6;
	closed.peer[0] = 0x20;
	closed.reason = COHORT_REASON_EOF;
	scoreboard_note_closed(page, &closed);
}

static inline void scene_release(struct scene *scene)
{
	scoreboard_close((struct scoreboard *)scene->backend.board);
}

#endif
