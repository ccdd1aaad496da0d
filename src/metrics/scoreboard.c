/* SPDX-License-Identifier: MIT */
/* scoreboard.c - pages of shared memory, and the totals they are folded into. */
#include "metrics/scoreboard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "metrics/scoreboard_layout.h"

#define BOARD_BYTES    ((size_t)SCOREBOARD_PAGES * SCOREBOARD_PAGE_BYTES)
#define TOTALS_AT_ONCE 16 /* rows by which the table of totals grows */

/* What retired workers have counted for one service. */
struct total {
	char name[SCOREBOARD_SERVICE_NAME];
	uint64_t cells[SCOREBOARD_SERVICE_CELLS];
};

struct scoreboard {
	int fd; /* kept: the successor of an upgrade maps it again */
	unsigned char *memory;
	/* Beside the pages, not in them: reading a page that nobody ever
	 * touched would make the kernel back it. */
	bool is_taken[SCOREBOARD_PAGES];
	unsigned short free_pages[SCOREBOARD_PAGES]; /* a stack */
	unsigned free_count;
	struct total *totals;
	unsigned total_count;
	unsigned total_room;
	uint64_t worker_totals[SCOREBOARD_CELLS];
	uint64_t restarts[SCOREBOARD_RESTARTS];
};

/* ---- The board ------------------------------------------------------- */

static int map_memory(struct scoreboard *board, struct error *error)
{
	void *memory;

	board->fd = memfd_create("cohort-scoreboard", MFD_CLOEXEC);
	if (board->fd < 0)
		return error_set_errno(error, "cannot create the scoreboard");
	if (ftruncate(board->fd, BOARD_BYTES) < 0)
		return error_set_errno(error, "cannot size the scoreboard");
	memory = mmap(NULL, BOARD_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
		      board->fd, 0);
	if (memory == MAP_FAILED)
		return error_set_errno(error, "cannot map the scoreboard");
	board->memory = memory;
	return 0;
}

struct scoreboard *scoreboard_open(struct error *error)
{
	struct scoreboard *board = calloc(1, sizeof(*board));
	unsigned i;

	if (!board) {
		error_set_errno(error, "cannot create the scoreboard");
		return NULL;
	}
	if (map_memory(board, error) < 0) {
		scoreboard_close(board);
		return NULL;
	}
	/* The first page is on top: a small server stays at the front. */
	for (i = 0; i < SCOREBOARD_PAGES; i++)
		board->free_pages[i] =
			(unsigned short)(SCOREBOARD_PAGES - 1 - i);
	board->free_count = SCOREBOARD_PAGES;
	return board;
}

void scoreboard_close(struct scoreboard *board)
{
	if (!board)
		return;
	if (board->memory)
		munmap(board->memory, BOARD_BYTES);
	if (board->fd >= 0)
		close(board->fd);
	free(board->totals);
	free(board);
}

static struct scoreboard_page *page_at(const struct scoreboard *board,
				       unsigned i)
{
	return (struct scoreboard_page *)(void *)(board->memory +
						  i * SCOREBOARD_PAGE_BYTES);
}

static unsigned index_of(const struct scoreboard *board,
			 const struct scoreboard_page *page)
{
	size_t offset = (size_t)((const unsigned char *)page - board->memory);

	if (offset % SCOREBOARD_PAGE_BYTES || offset >= BOARD_BYTES ||
	    !board->is_taken[offset / SCOREBOARD_PAGE_BYTES])
		log_bug("this is no page of the scoreboard that was taken");
	return (unsigned)(offset / SCOREBOARD_PAGE_BYTES);
}

/* ---- Totals ---------------------------------------------------------- */

static bool is_named(const char *cut, const char *name)
{
	return strncmp(cut, name, SCOREBOARD_SERVICE_NAME - 1) == 0;
}

static struct total *find_total(const struct scoreboard *board,
				const char *name)
{
	unsigned i;

	for (i = 0; i < board->total_count; i++)
		if (is_named(board->totals[i].name, name))
			return &board->totals[i];
	return NULL;
}

static int grow_totals(struct scoreboard *board)
{
	size_t room = board->total_room + TOTALS_AT_ONCE;
	struct total *totals =
		realloc(board->totals, room * sizeof(*board->totals));

	if (!totals)
		return -1;
	board->totals = totals;
	board->total_room = (unsigned)room;
	return 0;
}

static int ensure_total(struct scoreboard *board, const char *name)
{
	struct total *total;

	if (find_total(board, name))
		return 0;
	if (board->total_count == board->total_room && grow_totals(board) < 0)
		return -1;
	total = &board->totals[board->total_count++];
	memset(total, 0, sizeof(*total));
	memcpy(total->name, name, strnlen(name, sizeof(total->name) - 1));
	return 0;
}

static void fold_service(struct total *total, struct scoreboard_page *page,
			 unsigned service)
{
	unsigned i;

	for (i = 0; i < SCOREBOARD_SERVICE_CELLS; i++)
		if (scoreboard_service_columns[i].kind ==
		    SCOREBOARD_KIND_COUNTER)
			total->cells[i] +=
				scoreboard_read_service(page, service, i);
	total->cells[SCOREBOARD_CLOSED + COHORT_REASON_WORKER_EXIT] +=
		scoreboard_read_service(page, service, SCOREBOARD_LIVE);
}

static void fold_counters(struct scoreboard *board,
			  struct scoreboard_page *page)
{
	struct total *total;
	unsigned i;

	for (i = 0; i < SCOREBOARD_CELLS; i++)
		if (scoreboard_columns[i].kind == SCOREBOARD_KIND_COUNTER)
			board->worker_totals[i] +=
				scoreboard_read_cell(page, i);
	for (i = 0; i < page->service_count; i++) {
		total = find_total(board, scoreboard_service_name(page, i));
		if (total)
			fold_service(total, page, i);
		else
			log_warning(
				"a worker has overwritten the name of its "
				"service %u on the scoreboard: what it "
				"counted for it is lost",
				i);
	}
}

uint64_t scoreboard_total(const struct scoreboard *board, const char *service,
			  enum scoreboard_service_cell cell)
{
	const struct total *total = find_total(board, service);
	struct scoreboard_page *page;
	uint64_t sum = total ? total->cells[cell] : 0;
	unsigned i, j;

	for (i = 0; i < SCOREBOARD_PAGES; i++) {
		page = page_at(board, i);
		if (!board->is_taken[i] || !scoreboard_is_sound(page))
			continue;
		for (j = 0; j < page->service_count; j++)
			if (is_named(scoreboard_service_name(page, j), service))
				sum += scoreboard_read_service(page, j, cell);
	}
	return sum;
}

uint64_t scoreboard_worker_total(const struct scoreboard *board,
				 enum scoreboard_cell cell)
{
	uint64_t sum = board->worker_totals[cell];
	unsigned i;

	if (scoreboard_columns[cell].kind != SCOREBOARD_KIND_COUNTER)
		return 0;
	for (i = 0; i < SCOREBOARD_PAGES; i++)
		if (board->is_taken[i] &&
		    scoreboard_is_sound(page_at(board, i)))
			sum += scoreboard_read_cell(page_at(board, i), cell);
	return sum;
}

void scoreboard_count_restart(struct scoreboard *board,
			      enum scoreboard_restart cause)
{
	board->restarts[cause]++;
}

uint64_t scoreboard_restart_total(const struct scoreboard *board,
				  enum scoreboard_restart cause)
{
	return board->restarts[cause];
}

/* ---- A page's life --------------------------------------------------- */

static void write_header(struct scoreboard_page *page,
			 const char *const *services, unsigned service_count)
{
	unsigned i;

	page->version = SCOREBOARD_LAYOUT;
	page->cell_count = SCOREBOARD_CELLS;
	page->service_count = service_count;
	page->service_cell_count = SCOREBOARD_SERVICE_CELLS;
	page->reason_count = COHORT_REASONS;
	page->name_bytes = SCOREBOARD_SERVICE_NAME;
	for (i = 0; i < service_count; i++)
		memcpy(scoreboard_service_name(page, i), services[i],
		       strnlen(services[i], SCOREBOARD_SERVICE_NAME - 1));
}

/* Have the kernel back the memory now: writing to a page that it cannot back
 * later would be a SIGBUS in whoever writes. */
static int reserve_page(const struct scoreboard *board, unsigned i,
			unsigned service_count)
{
	off_t used = (off_t)(sizeof(struct scoreboard_page) +
			     SCOREBOARD_CELLS * sizeof(uint64_t) +
			     service_count * SCOREBOARD_SERVICE_BYTES);
	int status;

	do {
		status = fallocate(board->fd, 0,
				   (off_t)(i * SCOREBOARD_PAGE_BYTES), used);
	} while (status < 0 && errno == EINTR);
	return status;
}

struct scoreboard_page *scoreboard_take(struct scoreboard *board, unsigned slot,
					unsigned generation,
					const char *const *services,
					unsigned service_count)
{
	struct scoreboard_page *page;
	uint64_t *cells;
	unsigned i;

	if (service_count > SCOREBOARD_SERVICES)
		log_bug("%u services do not fit on a page of the scoreboard",
			service_count);
	if (board->free_count == 0)
		return NULL;
	for (i = 0; i < service_count; i++)
		if (ensure_total(board, services[i]) < 0)
			return NULL;
	i = board->free_pages[board->free_count - 1];
	if (reserve_page(board, i, service_count) < 0)
		return NULL;
	board->free_count--;
	board->is_taken[i] = true;
	page = page_at(board, i);
	write_header(page, services, service_count);
	cells = scoreboard_cells(page);
	scoreboard_store(&cells[SCOREBOARD_SLOT], slot);
	scoreboard_store(&cells[SCOREBOARD_GENERATION], generation);
	return page;
}

void scoreboard_own(struct scoreboard_page *page, pid_t pid, int64_t now_ms)
{
	uint64_t *cells = scoreboard_cells(page);

	scoreboard_store(&cells[SCOREBOARD_PID], (uint64_t)pid);
	scoreboard_store(&cells[SCOREBOARD_STARTED_MS], (uint64_t)now_ms);
	scoreboard_store(&cells[SCOREBOARD_HEARTBEAT_MS], (uint64_t)now_ms);
}

void scoreboard_fold(struct scoreboard *board, struct scoreboard_page *page)
{
	unsigned i = index_of(board, page);

	if (scoreboard_is_sound(page))
		fold_counters(board, page);
	else
		log_warning(
			"a worker has overwritten its page of the "
			"scoreboard: what it counted is lost");
	/* A hole reads as zeros and costs nothing until it is taken again. */
	if (fallocate(board->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		      (off_t)(i * SCOREBOARD_PAGE_BYTES),
		      (off_t)SCOREBOARD_PAGE_BYTES) < 0)
		memset(page, 0, SCOREBOARD_PAGE_BYTES);
	board->is_taken[i] = false;
	board->free_pages[board->free_count++] = (unsigned short)i;
}
