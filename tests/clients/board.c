/* SPDX-License-Identifier: MIT */
/* board.c - what a supervisor publishes, a line each, for tests: `board PID`. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "metrics/snapshot.h"

#define CLOSED_MOST 4096

static int usage(const char *words)
{
	fprintf(stderr, "board: %s\n", words);
	return 2;
}

/* The scoreboard among the descriptors of a process; -1: there is none. */
static int find_memory(const char *pid)
{
	char path[64], name[64];
	ssize_t size;
	int i;

	for (i = 0; i < 1024; i++) {
		snprintf(path, sizeof(path), "/proc/%s/fd/%d", pid, i);
		size = readlink(path, name, sizeof(name) - 1);
		if (size < 0)
			continue;
		name[size] = '\0';
		if (strstr(name, "memfd:cohort-scoreboard"))
			return open(path, O_RDONLY | O_CLOEXEC);
	}
	return -1;
}

static void print_cells(const struct snapshot *snapshot)
{
	unsigned i;

	for (i = 0; i < BOARD_CELLS; i++)
		printf("cell %s %" PRIu64 "\n", board_columns[i].name,
		       snapshot->cells[i]);
	printf("phase %s\n", board_phase_names[snapshot->cells[BOARD_PHASE]]);
	printf("failure %s\n", snapshot->failure);
	for (i = 0; i < SCOREBOARD_RESTARTS; i++)
		printf("restarts %s %" PRIu64 "\n", scoreboard_restart_names[i],
		       snapshot->restarts[i]);
	for (i = 0; i < SCOREBOARD_CELLS; i++)
		if (scoreboard_columns[i].kind == SCOREBOARD_KIND_COUNTER)
			printf("worker_total %s %" PRIu64 "\n",
			       scoreboard_columns[i].name,
			       snapshot->worker_totals[i]);
}

static void print_workers(const struct snapshot *snapshot)
{
	const struct snapshot_worker *worker;
	const struct snapshot_slot *slot;
	unsigned i;

	for (i = 0; i < snapshot->slot_count; i++) {
		slot = &snapshot->slots[i];
		printf("slot %u %s wanted %d steered %d adopter %d\n", i,
		       board_slot_state_names[slot->state], slot->is_wanted,
		       slot->is_steered_around, slot->adopter);
	}
	for (i = 0; i < snapshot->worker_count; i++) {
		worker = &snapshot->workers[i];
		printf("worker %u %d %s generation %u suspect %d full %d "
		       "orphan %d live %" PRIu64 " accepted %" PRIu64
		       " queue %u\n",
		       worker->slot, (int)worker->pid,
		       board_worker_state_names[worker->state],
		       worker->generation, worker->is_suspect, worker->is_full,
		       worker->is_orphan, worker->live_count,
		       worker->accepted_count, worker->queue_length);
	}
}

static void print_service(const struct snapshot_service *service)
{
	unsigned i;

	printf("service %s current %d suspended %d limit %u\n", service->name,
	       service->is_current, service->is_suspended,
	       service->queue_limit);
	for (i = 0; i < SCOREBOARD_SERVICE_CELLS; i++)
		printf("count %s %s %" PRIu64 "\n", service->name,
		       scoreboard_service_columns[i].name, service->cells[i]);
	for (i = 0; i < BOARD_SLOTS; i++) {
		if (service->accepted_by_slot[i] > 0)
			printf("accepted %s %u %" PRIu64 "\n", service->name, i,
			       service->accepted_by_slot[i]);
		if (service->queue_by_slot[i] > 0)
			printf("queue %s %u %u\n", service->name, i,
			       service->queue_by_slot[i]);
	}
}

static void print_events(const struct snapshot *snapshot)
{
	const struct board_event *event;
	unsigned i;

	for (i = 0; i < snapshot->event_count; i++) {
		event = &snapshot->events[i];
		printf("event %s %d %s\n", board_event_names[event->kind],
		       (int)event->slot, event->words);
	}
}

static void print_closed(const struct scoreboard *board)
{
	static char names[CLOSED_MOST][SCOREBOARD_SERVICE_NAME];
	static struct board_closed list[CLOSED_MOST];
	int i, count = snapshot_closed(board, list, names, CLOSED_MOST);
	char peer[INET6_ADDRSTRLEN];

	for (i = 0; i < count; i++) {
		if (!inet_ntop(list[i].family, list[i].peer, peer,
			       sizeof(peer)))
			strcpy(peer, "-");
		printf("closed %s %s count %u id %" PRIu64 " pid %d in %" PRIu64
		       " out %" PRIu64 " error %d outgoing %d peer %s %u\n",
		       names[i], cohort_reason_name(list[i].reason),
		       list[i].count, list[i].id, list[i].pid,
		       list[i].received_bytes, list[i].sent_bytes,
		       list[i].error, list[i].is_outgoing, peer,
		       list[i].peer_port);
	}
}

int main(int argc, char **argv)
{
	static struct snapshot snapshot;
	struct scoreboard *board;
	struct error error;
	unsigned i;

	if (argc != 2)
		return usage("board PID");
	board = scoreboard_map_reader(find_memory(argv[1]), &error);
	if (!board)
		return usage(error.text);
	if (snapshot_take(&snapshot, board) < 0)
		return usage("there is no snapshot to be had");
	print_cells(&snapshot);
	print_workers(&snapshot);
	for (i = 0; i < snapshot.service_count; i++)
		print_service(&snapshot.services[i]);
	print_events(&snapshot);
	print_closed(board);
	snapshot_release(&snapshot);
	scoreboard_close(board);
	return 0;
}
