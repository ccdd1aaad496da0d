/* SPDX-License-Identifier: MIT */
/* test_snapshot.c - everything as of one moment, and no sum ever goes down. */
#include "metrics/snapshot.h"

#include <errno.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "metrics/board_publish.h"
#include "metrics/snapshot_internal.h"
#include "scoreboard_fixture.h"

#define ROUNDS 200 /* folds while somebody reads */

static unsigned taken_again;

/* ---- What is in it ---------------------------------------------------- */

static const struct snapshot_service *
service_of(const struct snapshot *snapshot, const char *name)
{
	unsigned i;

	for (i = 0; i < snapshot->service_count; i++)
		if (strcmp(snapshot->services[i].name, name) == 0)
			return &snapshot->services[i];
	REQUIRE(!"the service is there");
	return NULL;
}

static void show(struct scoreboard *board)
{
	static struct board_picture picture = {
		.worker_high = SCOREBOARD_PAGES,
	};

	picture.slot_count = 2;
	picture.slots[1] = (struct board_slot){
		.state = BOARD_SLOT_SUSPECT, .is_wanted = true, .adopter = 0};
	picture.workers[0] = (struct board_worker){
		.pid = 4711,
		.generation = 3,
		.slot = 1,
		.state = BOARD_WORKER_READY,
		.is_suspect = true,
		.ready_ms = 99,
		.drain_until_ms = -1,
	};
	board_show(board, &picture);
}

static void the_living_and_the_retired_are_summed(void)
{
	struct scoreboard *board = opened(), *reader = reader_of(board);
	struct scoreboard_page *living = taken(board, 1), *dead;
	const struct snapshot_service *echo;
	struct snapshot snapshot = {.worker_count = 0};

	dead = taken(board, 2);
	scoreboard_add(&scoreboard_service(living, 0)[SCOREBOARD_ACCEPTED], 5);
	scoreboard_add(&scoreboard_service(living, 0)[SCOREBOARD_LIVE], 4);
	scoreboard_add(&scoreboard_service(dead, 0)[SCOREBOARD_ACCEPTED], 70);
	scoreboard_add(&scoreboard_service(dead, 0)[SCOREBOARD_LIVE], 2);
	scoreboard_add(&scoreboard_cells(dead)[SCOREBOARD_TURNS], 9);
	scoreboard_fold(board, dead);
	show(board);
	board_set_service(board, 0, true, true);
	board_set_queue(board, 0, 1, 8);
	board_set_queue_limit(board, 0, 511);
	REQUIRE(snapshot_take(&snapshot, reader) == 0);
	check_int(snapshot.service_count, 2);
	echo = service_of(&snapshot, "echo");
	CHECK(echo->is_current && echo->is_suspended);
	check_int(echo->cells[SCOREBOARD_ACCEPTED], 75);
	check_int(echo->cells[SCOREBOARD_LIVE], 4);
	check_int(echo->cells[WORKER_EXIT], 2);
	check_int(echo->accepted_by_slot[1], 5);
	check_int(echo->accepted_by_slot[2], 70);
	check_int(echo->queue_by_slot[1], 8);
	check_int(echo->queue_limit, 511);
	check_int(snapshot.worker_totals[SCOREBOARD_TURNS], 9);
	check_int(snapshot.worker_count, 1);
	check_int(snapshot.workers[0].pid, 4711);
	check_int(snapshot.workers[0].generation, 3);
	check_int(snapshot.workers[0].live_count, 4);
	check_int(snapshot.workers[0].queue_length, 8);
	check_int(snapshot.workers[0].ready_ms, 99);
	CHECK(snapshot.workers[0].is_suspect && !snapshot.workers[0].is_full);
	check_int(snapshot.slot_count, 2);
	check_int(snapshot.slots[1].state, BOARD_SLOT_SUSPECT);
	check_int(snapshot.slots[1].adopter, 0);
	snapshot_release(&snapshot);
	scoreboard_close(reader);
	scoreboard_close(board);
}

/* By slot and pid, and who has no name so far by his page. */
static void workers_are_in_order_and_services_too(void)
{
	struct scoreboard *board = opened();
	struct snapshot snapshot = {.worker_count = 0};
	static struct board_picture picture = {
		.worker_high = SCOREBOARD_PAGES,
	};

	scoreboard_own(taken(board, 2), 30, 1);
	taken(board, 1);
	taken(board, 1);
	picture.workers[1].pid = 20;
	picture.workers[2].pid = 10;
	board_show(board, &picture);
	board_set_service(board, 1, true, false);
	REQUIRE(snapshot_take(&snapshot, board) == 0);
	check_int(snapshot.worker_count, 3);
	check_int(snapshot.workers[0].pid, 10);
	check_int(snapshot.workers[1].pid, 20);
	check_int(snapshot.workers[2].pid, 30);
	check_int(snapshot.workers[2].drain_until_ms, -1);
	check_string(snapshot.services[0].name, "time");
	check_string(snapshot.services[1].name, "echo");
	/* Once more into the same room. */
	REQUIRE(snapshot_take(&snapshot, board) == 0);
	check_int(snapshot.worker_count, 3);
	snapshot_release(&snapshot);
	scoreboard_close(board);
}

static void events_are_the_last_ones_oldest_first(void)
{
	struct scoreboard *board = opened();
	static struct snapshot snapshot;
	char words[2 * BOARD_EVENT_WORDS];
	unsigned i;

	for (i = 0; i < BOARD_EVENTS + 3; i++)
		board_note(board, BOARD_EVENT_SCALED, (int)i, "%u", i);
	memset(words, 'x', sizeof(words));
	words[sizeof(words) - 1] = '\0';
	board_note(board, BOARD_EVENT_WORKER_DIED, -1, "%s", words);
	board_set_failure(board, "line 4: no");
	REQUIRE(snapshot_take(&snapshot, board) == 0);
	check_int(snapshot.event_count, BOARD_EVENTS);
	check_string(snapshot.events[0].words, "4");
	check_int(snapshot.events[0].slot, 4);
	check_int(snapshot.events[BOARD_EVENTS - 1].kind,
		  BOARD_EVENT_WORKER_DIED);
	check_int(strlen(snapshot.events[BOARD_EVENTS - 1].words),
		  BOARD_EVENT_WORDS - 1);
	CHECK(snapshot.events[0].wall_ms > 0);
	check_string(snapshot.failure, "line 4: no");
	snapshot_release(&snapshot);
	scoreboard_close(board);
}

static void everything_has_a_name(void)
{
	unsigned i;

	for (i = 0; i < BOARD_CELLS; i++)
		CHECK(board_columns[i].name != NULL);
	for (i = 0; i < BOARD_SLOT_STATES; i++)
		CHECK(board_slot_state_names[i] != NULL);
	for (i = 0; i < BOARD_WORKER_STATES; i++)
		CHECK(board_worker_state_names[i] != NULL);
	for (i = 0; i < BOARD_PHASES; i++)
		CHECK(board_phase_names[i] != NULL);
	for (i = 0; i < BOARD_EVENT_KINDS; i++)
		CHECK(board_event_names[i] != NULL);
}

/* ---- Of one moment ---------------------------------------------------- */

/* Somebody folds while a snapshot is taken, once. */
static int take_and_fold(const struct scoreboard *board, void *context)
{
	struct scoreboard *writer = *(struct scoreboard **)context;

	CHECK(board != NULL);
	if (writer)
		scoreboard_fold(writer, scoreboard_at(writer, 0));
	else
		taken_again++;
	*(struct scoreboard **)context = NULL;
	return 0;
}

static void what_changed_meanwhile_is_read_again(void)
{
	struct scoreboard *board = opened(), *writer = board;

	taken(board, 0);
	check_int(snapshot_try(board, take_and_fold, &writer), 0);
	check_int(taken_again, 1);
	scoreboard_close(board);
}

/* What the two processes have in common, besides. */
struct rounds {
	unsigned counted; /* so often the writer has */
	unsigned seen;    /* by the reader */
};

static void wait_for(unsigned *number, unsigned value)
{
	while (__atomic_load_n(number, __ATOMIC_ACQUIRE) < value)
		sched_yield();
}

/* A worker counts much; as soon as that was seen, it dies. */
static void fold_for_ever(struct scoreboard *board, struct rounds *rounds)
{
	unsigned i;

	for (i = 1; i <= ROUNDS; i++) {
		struct scoreboard_page *page = taken(board, i % 7);
		uint64_t *cells = scoreboard_service(page, 1);

		scoreboard_add(&cells[SCOREBOARD_ACCEPTED], 1000);
		scoreboard_add(&cells[SCOREBOARD_LIVE], 1000);
		__atomic_store_n(&rounds->counted, i, __ATOMIC_RELEASE);
		wait_for(&rounds->seen, i);
		scoreboard_fold(board, page);
	}
	_exit(0);
}

static uint64_t sum_of_slots(const struct snapshot_service *service)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < BOARD_SLOTS; i++)
		sum += service->accepted_by_slot[i];
	return sum;
}

/* All that was counted before it began is in it, and no less than before. */
static void look_once(const struct scoreboard *reader, struct rounds *rounds,
		      uint64_t last[2])
{
	static struct snapshot snapshot;
	const struct snapshot_service *service;
	unsigned counted = __atomic_load_n(&rounds->counted, __ATOMIC_ACQUIRE);
	int tries, status = -1;

	/* The writer may have been kept from going on in the midst of it. */
	for (tries = 0; status < 0 && tries < 100; tries++) {
		status = snapshot_take(&snapshot, reader);
		REQUIRE(status == 0 || errno == EAGAIN);
	}
	REQUIRE(status == 0);
	service = service_of(&snapshot, "time");
	CHECK(service->cells[SCOREBOARD_ACCEPTED] >= counted * 1000ULL);
	CHECK(service->cells[SCOREBOARD_ACCEPTED] >= last[0]);
	CHECK(service->cells[WORKER_EXIT] >= last[1]);
	check_int(sum_of_slots(service), service->cells[SCOREBOARD_ACCEPTED]);
	last[0] = service->cells[SCOREBOARD_ACCEPTED];
	last[1] = service->cells[WORKER_EXIT];
	__atomic_store_n(&rounds->seen, counted, __ATOMIC_RELEASE);
	if (last[1] == ROUNDS * 1000ULL)
		snapshot_release(&snapshot);
}

static void no_sum_goes_down_while_workers_are_folded(void)
{
	/* The child leaves them behind, but does not lose them. */
	static struct scoreboard *board, *reader;
	struct rounds *rounds =
		mmap(NULL, sizeof(*rounds), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t last[2] = {0, 0};
	pid_t pid;

	board = opened();
	reader = reader_of(board);
	REQUIRE(rounds != MAP_FAILED);
	/* Its rows are there from the beginning. */
	scoreboard_fold(board, taken(board, 0));
	/* A whole supervisor, for once: the child has all of it. */
	REQUIRE(madvise(board->memory,
			SCOREBOARD_PAGES * SCOREBOARD_PAGE_BYTES + BOARD_BYTES,
			MADV_DOFORK) == 0);
	pid = fork();
	REQUIRE(pid >= 0);
	if (pid == 0)
		fold_for_ever(board, rounds);
	while (last[1] < ROUNDS * 1000ULL)
		look_once(reader, rounds, last);
	CHECK(waitpid(pid, NULL, 0) == pid);
	munmap(rounds, sizeof(*rounds));
	scoreboard_close(reader);
	scoreboard_close(board);
}

/* It was killed in the midst of writing, or a successor is at it. */
static void nothing_is_taken_while_somebody_writes(void)
{
	struct scoreboard *board = opened(), *reader = reader_of(board);
	struct snapshot snapshot = {.worker_count = 0};
	struct board_closed closed[2];
	char names[2][SCOREBOARD_SERVICE_NAME];

	board_begin(board);
	board_count(board, BOARD_RELOADS_SUCCESS);
	check_int(snapshot_take(&snapshot, reader), -1);
	check_int(errno, EAGAIN);
	errno = 0;
	check_int(snapshot_closed(reader, closed, names, 2), -1);
	check_int(errno, EAGAIN);
	board_end(board);
	check_int(snapshot_take(&snapshot, reader), 0);
	check_int(snapshot.cells[BOARD_RELOADS_SUCCESS], 1);
	board->board->format.cell_count++;
	check_int(snapshot_take(&snapshot, reader), -1);
	check_int(errno, EAGAIN);
	snapshot_release(&snapshot);
	scoreboard_close(reader);
	scoreboard_close(board);
}

static void a_damaged_page_adds_nothing(void)
{
	struct scoreboard *board = opened();
	struct scoreboard_page *page = taken(board, 0);
	struct snapshot snapshot = {.worker_count = 0};

	scoreboard_add(&scoreboard_service(page, 0)[SCOREBOARD_ACCEPTED], 5);
	scoreboard_store(&scoreboard_cells(page)[SCOREBOARD_SLOT], 70000);
	REQUIRE(snapshot_take(&snapshot, board) == 0);
	check_int(service_of(&snapshot, "echo")->accepted_by_slot[0], 5);
	page->service_count = UINT32_MAX;
	REQUIRE(snapshot_take(&snapshot, board) == 0);
	check_int(snapshot.worker_count, 1);
	check_int(snapshot.workers[0].accepted_count, 0);
	check_int(service_of(&snapshot, "echo")->cells[SCOREBOARD_ACCEPTED], 0);
	snapshot_release(&snapshot);
	scoreboard_close(board);
}

static void a_reader_cannot_write(void)
{
	struct scoreboard *board = opened(), *reader = reader_of(board);

	check_int(mprotect(reader->memory, SCOREBOARD_PAGE_BYTES,
			   PROT_READ | PROT_WRITE),
		  -1);
	check_int(errno, EACCES);
	scoreboard_close(reader);
	scoreboard_close(board);
}

int main(void)
{
	everything_has_a_name();
	the_living_and_the_retired_are_summed();
	workers_are_in_order_and_services_too();
	events_are_the_last_ones_oldest_first();
	what_changed_meanwhile_is_read_again();
	no_sum_goes_down_while_workers_are_folded();
	nothing_is_taken_while_somebody_writes();
	a_damaged_page_adds_nothing();
	a_reader_cannot_write();
	return check_result();
}
