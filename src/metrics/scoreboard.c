/* SPDX-License-Identifier: MIT */
/* scoreboard.c - pages of shared memory, and the totals they are folded into. */
#include "metrics/scoreboard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "metrics/scoreboard_internal.h"

#define PAGES_BYTES  ((size_t)SCOREBOARD_PAGES * SCOREBOARD_PAGE_BYTES)
#define MEMORY_BYTES (PAGES_BYTES + BOARD_BYTES)

/* ---- Memory ---------------------------------------------------------- */

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
	if (ftruncate(board->fd, MEMORY_BYTES) < 0)
		return error_set_errno(error, "cannot size the scoreboard");
	return 0;
}

static int map_memory(struct scoreboard *board, int protection,
		      struct error *error)
{
	void *memory;

	memory = mmap(NULL, MEMORY_BYTES, protection, MAP_SHARED, board->fd, 0);
	if (memory == MAP_FAILED)
		return error_set_errno(error, "cannot map the scoreboard");
	board->memory = memory;
	board->board = (struct board *)(void *)(board->memory + PAGES_BYTES);
	/* No child inherits it, until a page is lent. */
	if (madvise(memory, MEMORY_BYTES, MADV_DONTFORK) < 0)
		return error_set_errno(error, "cannot keep the scoreboard");
	return 0;
}

int scoreboard_reserve(const struct scoreboard *scoreboard, size_t offset,
		       size_t size)
{
	int status;

	do {
		status = fallocate(scoreboard->fd, 0, (off_t)offset,
				   (off_t)size);
	} while (status < 0 && errno == EINTR);
	return status;
}

/* A hole reads as zeros and costs nothing until it is written to again. */
void scoreboard_clear(const struct scoreboard *scoreboard, size_t offset,
		      size_t size)
{
	if (fallocate(scoreboard->fd,
		      FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset,
		      (off_t)size) < 0)
		memset(scoreboard->memory + offset, 0, size);
}

/* All but the rows of services, which are reserved one by one. */
static int reserve_board(const struct scoreboard *scoreboard)
{
	return scoreboard_reserve(scoreboard, PAGES_BYTES,
				  offsetof(struct board, services));
}

/* The first page is on top: a small server stays at the front. */
static void free_all(struct scoreboard *board)
{
	unsigned i;

	for (i = 0; i < SCOREBOARD_PAGES; i++)
		board->free_pages[i] =
			(unsigned short)(SCOREBOARD_PAGES - 1 - i);
	board->free_count = SCOREBOARD_PAGES;
}

/* `fd` -1: of a new memory. */
static struct scoreboard *open_memory(int fd, int protection,
				      struct error *error)
{
	struct scoreboard *board = calloc(1, sizeof(*board));

	if (!board) {
		error_set_errno(error, "cannot create the scoreboard");
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	board->fd = fd;
	if ((fd < 0 && make_memory(board, error) < 0) ||
	    map_memory(board, protection, error) < 0) {
		scoreboard_close(board);
		return NULL;
	}
	free_all(board);
	return board;
}

void scoreboard_close(struct scoreboard *board)
{
	if (!board)
		return;
	if (board->memory)
		munmap(board->memory, MEMORY_BYTES);
	if (board->fd >= 0)
		close(board->fd);
	free(board);
}

struct scoreboard *scoreboard_open(struct error *error)
{
	struct scoreboard *board =
		open_memory(-1, PROT_READ | PROT_WRITE, error);

	if (!board)
		return NULL;
	if (reserve_board(board) < 0) {
		error_set_errno(error, "no memory for the scoreboard");
		scoreboard_close(board);
		return NULL;
	}
	board_fill_format(&board->board->format);
	return board;
}

static struct scoreboard *map_again(int fd, int protection, struct error *error)
{
	struct stat status;

	if (fstat(fd, &status) < 0) {
		error_set_errno(error, "there is no scoreboard");
		return NULL;
	}
	if ((size_t)status.st_size != MEMORY_BYTES) {
		error_set(error, "the scoreboard has another size");
		return NULL;
	}
	return open_memory(fd, protection, error);
}

struct scoreboard *scoreboard_adopt(int fd, struct error *error)
{
	return map_again(fd, PROT_READ | PROT_WRITE, error);
}

/* ---- Another process reads it ---------------------------------------- */

int scoreboard_open_reader(const struct scoreboard *board)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", board->fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 ? fd : fcntl(board->fd, F_DUPFD_CLOEXEC, 0);
}

struct scoreboard *scoreboard_map_reader(int fd, struct error *error)
{
	struct scoreboard *board = map_again(fd, PROT_READ, error);

	if (!board)
		return NULL;
	close(board->fd);
	board->fd = -1;
	return board;
}

/* ---- Another build goes on with it ------------------------------------ */

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

int scoreboard_take_over(struct scoreboard *scoreboard)
{
	struct board *board = scoreboard->board;
	struct board_format format;

	board_fill_format(&format);
	if (memcmp(&board->format, &format, sizeof(format)) == 0) {
		board_begin(scoreboard);
		scoreboard_forget_left(scoreboard);
		return 0;
	}
	scoreboard_clear(scoreboard, PAGES_BYTES, BOARD_BYTES);
	if (reserve_board(scoreboard) < 0)
		return -1;
	board_begin(scoreboard);
	board->format = format;
	return 0;
}

unsigned scoreboard_index(const struct scoreboard *board,
			  const struct scoreboard_page *page)
{
	size_t offset = (size_t)((const unsigned char *)page - board->memory);

	if (offset % SCOREBOARD_PAGE_BYTES || offset >= PAGES_BYTES ||
	    !board->is_taken[offset / SCOREBOARD_PAGE_BYTES])
		log_bug("this is no page of the scoreboard that was taken");
	return (unsigned)(offset / SCOREBOARD_PAGE_BYTES);
}

/* ---- A page's life --------------------------------------------------- */

static void write_header(struct scoreboard_page *page,
			 const char *const *services, unsigned service_count)
{
	unsigned i;

	scoreboard_write_layout(page, service_count);
	for (i = 0; i < service_count; i++)
		memcpy(scoreboard_service_name(page, i), services[i],
		       strnlen(services[i], SCOREBOARD_SERVICE_NAME - 1));
}

/* Page `i` is somebody's, and counts from here on. */
static void start_page(struct scoreboard *scoreboard, unsigned i, unsigned slot,
		       unsigned generation)
{
	uint64_t *cells = scoreboard_cells(scoreboard_page_at(scoreboard, i));
	struct board_page *page = &scoreboard->board->pages[i];

	scoreboard_store(&cells[SCOREBOARD_SLOT], slot);
	scoreboard_store(&cells[SCOREBOARD_GENERATION], generation);
	scoreboard_page_at(scoreboard, i)->index = i;
	board_begin(scoreboard);
	page->slot = (uint16_t)slot;
	page->is_living = true;
	board_end(scoreboard);
}

struct scoreboard_page *scoreboard_take(struct scoreboard *board, unsigned slot,
					unsigned generation,
					const char *const *services,
					unsigned service_count)
{
	struct scoreboard_page *page;
	unsigned i;

	if (service_count > SCOREBOARD_SERVICES || slot >= BOARD_SLOTS)
		log_bug("slot %u with %u services has no page", slot,
			service_count);
	if (board->free_count == 0)
		return NULL;
	board->taking_since = board->board->stamp;
	for (i = 0; i < service_count; i++)
		if (!scoreboard_need_total(board, services[i]))
			return NULL;
	i = board->free_pages[board->free_count - 1];
	if (scoreboard_reserve(board, i * SCOREBOARD_PAGE_BYTES,
			       scoreboard_used_bytes(service_count)) < 0)
		return NULL;
	board->free_count--;
	board->is_taken[i] = true;
	page = scoreboard_page_at(board, i);
	write_header(page, services, service_count);
	start_page(board, i, slot, generation);
	return page;
}

void scoreboard_own(struct scoreboard_page *page, pid_t pid, int64_t now_ms)
{
	uint64_t *cells = scoreboard_cells(page);

	scoreboard_store(&cells[SCOREBOARD_PID], (uint64_t)pid);
	scoreboard_store(&cells[SCOREBOARD_STARTED_MS], (uint64_t)now_ms);
	scoreboard_store(&cells[SCOREBOARD_HEARTBEAT_MS], (uint64_t)now_ms);
}

int scoreboard_lend(struct scoreboard_page *page)
{
	return madvise(page, SCOREBOARD_PAGE_BYTES, MADV_DOFORK);
}

void scoreboard_end_lending(struct scoreboard_page *page)
{
	if (madvise(page, SCOREBOARD_PAGE_BYTES, MADV_DONTFORK) < 0)
		log_warning("a page of the scoreboard is lent to all: %s",
			    strerror(errno));
}

void scoreboard_keep_only(struct scoreboard_page *page)
{
	unsigned char *own = (unsigned char *)page;
	unsigned char *begin = own - page->index * SCOREBOARD_PAGE_BYTES;
	unsigned char *behind = own + SCOREBOARD_PAGE_BYTES;

	/* Of what is not there nothing can fail. */
	if (own > begin)
		munmap(begin, (size_t)(own - begin));
	munmap(behind, (size_t)(begin + MEMORY_BYTES - behind));
}

void scoreboard_fold(struct scoreboard *board, struct scoreboard_page *page)
{
	unsigned i = scoreboard_index(board, page);
	struct scoreboard_view view;

	board_begin(board);
	scoreboard_begin_fold(board, i);
	if (scoreboard_look(&view, page))
		scoreboard_fold_counters(board, i, &view);
	else
		log_warning(
			"a worker has overwritten its page of the "
			"scoreboard: what it counted is lost");
	scoreboard_clear(board, i * SCOREBOARD_PAGE_BYTES,
			 SCOREBOARD_PAGE_BYTES);
	memset(&board->board->pages[i], 0, sizeof(board->board->pages[i]));
	board_end(board);
	board->is_taken[i] = false;
	board->free_pages[board->free_count++] = (unsigned short)i;
}
