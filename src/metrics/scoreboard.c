/* SPDX-License-Identifier: MIT */
/* scoreboard.c - pages of shared memory, and the totals they are folded into. */
#include "metrics/scoreboard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "metrics/scoreboard_internal.h"

#define BOARD_BYTES    ((size_t)SCOREBOARD_PAGES * SCOREBOARD_PAGE_BYTES)
#define TOTALS_AT_ONCE 16 /* rows by which the table of totals grows */

/* ---- The board ------------------------------------------------------- */

struct scoreboard_page *scoreboard_page_at(const struct scoreboard *board,
					   unsigned i)
{
	return (struct scoreboard_page *)(void *)(board->memory +
						  i * SCOREBOARD_PAGE_BYTES);
}

static int make_memory(struct scoreboard *board, struct error *error)
{
	board->fd = memfd_create("cohort-scoreboard", MFD_CLOEXEC);
	if (board->fd < 0)
		return error_set_errno(error, "cannot create the scoreboard");
	if (ftruncate(board->fd, BOARD_BYTES) < 0)
		return error_set_errno(error, "cannot size the scoreboard");
	return 0;
}

static int map_memory(struct scoreboard *board, struct error *error)
{
	void *memory;

	memory = mmap(NULL, BOARD_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
		      board->fd, 0);
	if (memory == MAP_FAILED)
		return error_set_errno(error, "cannot map the scoreboard");
	board->memory = memory;
	return 0;
}

/* Of a new memory, or of `fd`. */
static struct scoreboard *open_board(int fd, struct error *error)
{
	struct scoreboard *board = calloc(1, sizeof(*board));
	unsigned i;

	if (!board) {
		error_set_errno(error, "cannot create the scoreboard");
		return NULL;
	}
	board->fd = fd;
	if ((fd < 0 && make_memory(board, error) < 0) ||
	    map_memory(board, error) < 0) {
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

struct scoreboard *scoreboard_open(struct error *error)
{
	return open_board(-1, error);
}

struct scoreboard *scoreboard_adopt(int fd, struct error *error)
{
	struct stat status;

	if (fstat(fd, &status) < 0) {
		error_set_errno(error, "there is no scoreboard");
		return NULL;
	}
	if ((size_t)status.st_size != BOARD_BYTES) {
		error_set(error, "the scoreboard has another size");
		return NULL;
	}
	return open_board(fd, error);
}

int scoreboard_descriptor(const struct scoreboard *board)
{
	return board->fd;
}

size_t scoreboard_stride(void)
{
	return SCOREBOARD_PAGE_BYTES;
}

struct scoreboard_page *scoreboard_at(const struct scoreboard *board,
				      unsigned index)
{
	return index < SCOREBOARD_PAGES ? scoreboard_page_at(board, index)
					: NULL;
}

struct scoreboard_page *scoreboard_retake(struct scoreboard *board,
					  unsigned index)
{
	unsigned i;

	for (i = 0; i < board->free_count; i++)
		if (board->free_pages[i] == index)
			break;
	if (i == board->free_count)
		return NULL;
	memmove(&board->free_pages[i], &board->free_pages[i + 1],
		(board->free_count - i - 1) * sizeof(board->free_pages[0]));
	board->free_count--;
	board->is_taken[index] = true;
	return scoreboard_page_at(board, index);
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

unsigned scoreboard_index(const struct scoreboard *board,
			  const struct scoreboard_page *page)
{
	size_t offset = (size_t)((const unsigned char *)page - board->memory);

	if (offset % SCOREBOARD_PAGE_BYTES || offset >= BOARD_BYTES ||
	    !board->is_taken[offset / SCOREBOARD_PAGE_BYTES])
		log_bug("this is no page of the scoreboard that was taken");
	return (unsigned)(offset / SCOREBOARD_PAGE_BYTES);
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
		if (scoreboard_ensure_total(board, services[i]) < 0)
			return NULL;
	i = board->free_pages[board->free_count - 1];
	if (reserve_page(board, i, service_count) < 0)
		return NULL;
	board->free_count--;
	board->is_taken[i] = true;
	page = scoreboard_page_at(board, i);
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
	unsigned i = scoreboard_index(board, page);

	if (scoreboard_is_sound(page))
		scoreboard_fold_counters(board, page);
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
