/* SPDX-License-Identifier: MIT */
/* scoreboard_page.c - finding one's way in a page, by what its header says. */
#include <string.h>
#include <unistd.h>

#include "metrics/scoreboard_layout.h"

#define MOST_CELLS    (SCOREBOARD_PAGE_BYTES / sizeof(uint64_t))
#define HISTORY_ALIGN 64

static size_t service_bytes(const struct scoreboard_page *page)
{
	return page->name_bytes + page->service_cell_count * sizeof(uint64_t);
}

static size_t service_offset(const struct scoreboard_page *page,
			     unsigned service)
{
	return sizeof(*page) + page->cell_count * sizeof(uint64_t) +
	       service * service_bytes(page);
}

/* ---- As its owner sees it -------------------------------------------- */

char *scoreboard_service_name(struct scoreboard_page *page, unsigned service)
{
	return (char *)page + service_offset(page, service);
}

uint64_t *scoreboard_cells(struct scoreboard_page *page)
{
	return (uint64_t *)(void *)(page + 1);
}

uint64_t *scoreboard_service(struct scoreboard_page *page, unsigned service)
{
	return (uint64_t *)(void *)((char *)page +
				    service_offset(page, service) +
				    page->name_bytes);
}

void scoreboard_write_layout(struct scoreboard_page *page,
			     unsigned service_count)
{
	page->version = SCOREBOARD_LAYOUT;
	page->cell_count = SCOREBOARD_CELLS;
	page->service_count = service_count;
	page->service_cell_count = SCOREBOARD_SERVICE_CELLS;
	page->reason_count = COHORT_REASONS;
	page->name_bytes = SCOREBOARD_SERVICE_NAME;
	page->history_offset = (uint32_t)(service_offset(page, service_count) +
					  HISTORY_ALIGN - 1) /
			       HISTORY_ALIGN * HISTORY_ALIGN;
	page->history_count = BOARD_HISTORY;
	page->closed_bytes = sizeof(struct board_closed);
}

size_t scoreboard_used_bytes(unsigned service_count)
{
	struct scoreboard_page page = {0};

	scoreboard_write_layout(&page, service_count);
	return page.history_offset + sizeof(struct scoreboard_history);
}

void scoreboard_note_closed(struct scoreboard_page *page,
			    const struct board_closed *closed)
{
	const uint64_t *cells = scoreboard_cells(page);
	struct scoreboard_history *history =
		(struct scoreboard_history *)(void *)((char *)page +
						      page->history_offset);
	struct board_closed *entry =
		&history->entries[history->written_count % BOARD_HISTORY];

	*entry = *closed;
	entry->slot = (uint16_t)scoreboard_load(&cells[SCOREBOARD_SLOT]);
	entry->pid = (int32_t)scoreboard_load(&cells[SCOREBOARD_PID]);
	__atomic_store_n(&history->written_count, history->written_count + 1,
			 __ATOMIC_RELEASE);
}

void scoreboard_observe(uint64_t *cells, const int64_t *bounds,
			unsigned bucket_count, int64_t value)
{
	unsigned i = 0;

	while (i < bucket_count - 1 && value > bounds[i])
		i++;
	scoreboard_add(&cells[i], 1);
	scoreboard_add(&cells[bucket_count], (uint64_t)value);
}

/* ---- As everybody else sees it --------------------------------------- */

/* The single counts are looked at first, so that their product cannot
 * overflow. */
static bool is_sound(const struct scoreboard_page *page)
{
	if (page->version < SCOREBOARD_LAYOUT ||
	    page->name_bytes != SCOREBOARD_SERVICE_NAME ||
	    page->cell_count > MOST_CELLS ||
	    page->service_cell_count > MOST_CELLS ||
	    page->service_count > SCOREBOARD_SERVICES ||
	    page->reason_count > MOST_CELLS)
		return false;
	return SCOREBOARD_CLOSED + page->reason_count <
		       page->service_cell_count &&
	       service_offset(page, page->service_count) <=
		       SCOREBOARD_PAGE_BYTES;
}

/* A ring that makes no sense is none; the counts may still do. */
static bool has_sound_history(const struct scoreboard_page *page)
{
	size_t room = SCOREBOARD_PAGE_BYTES - sizeof(uint64_t);

	return page->history_offset % sizeof(uint64_t) == 0 &&
	       page->history_offset >=
		       service_offset(page, page->service_count) &&
	       page->history_offset <= room && page->closed_bytes > 0 &&
	       page->closed_bytes % sizeof(uint64_t) == 0 &&
	       page->history_count <=
		       (room - page->history_offset) / page->closed_bytes;
}

bool scoreboard_look(struct scoreboard_view *view,
		     const struct scoreboard_page *page)
{
	const uint32_t *from = (const uint32_t *)(const void *)page;
	uint32_t *to = (uint32_t *)(void *)&view->header;
	size_t i;

	/* Each word is read once, whatever it becomes. */
	for (i = 0; i < sizeof(*page) / sizeof(*from); i++)
		to[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
	view->bytes = (const unsigned char *)page;
	if (!is_sound(&view->header))
		return false;
	if (!has_sound_history(&view->header))
		view->header.history_count = 0;
	return true;
}

/* Nobody can have counted more: a worker gone mad wrote it there, and a total
 * that it is added to would wrap around, and fall.  It is left out. */
static uint64_t believe(uint64_t count)
{
	return count <= SCOREBOARD_COUNT_MAX ? count : 0;
}

static uint64_t load_at(const struct scoreboard_view *view, size_t offset)
{
	return scoreboard_load(
		(const uint64_t *)(const void *)(view->bytes + offset));
}

/* Where the page has our cell `cell` of a service; -1 if nowhere. */
static int place_in_page(const struct scoreboard_page *page, unsigned cell)
{
	bool is_reason = cell >= SCOREBOARD_CLOSED && cell < SCOREBOARD_LIVE;

	if (is_reason && cell - SCOREBOARD_CLOSED >= page->reason_count)
		return -1;
	if (cell >= SCOREBOARD_LIVE)
		cell = cell - COHORT_REASONS + page->reason_count;
	return cell < page->service_cell_count ? (int)cell : -1;
}

uint64_t scoreboard_read_service(const struct scoreboard_view *view,
				 unsigned service, unsigned cell)
{
	const struct scoreboard_page *page = &view->header;
	int place = place_in_page(page, cell);

	if (place < 0)
		return 0;
	return believe(load_at(view, service_offset(page, service) +
					     page->name_bytes +
					     (size_t)place * sizeof(uint64_t)));
}

bool scoreboard_is_readable(const struct scoreboard_page *page)
{
	struct scoreboard_view view;

	return scoreboard_look(&view, page);
}

uint64_t scoreboard_peek(const struct scoreboard_page *page, unsigned service,
			 enum scoreboard_service_cell cell)
{
	struct scoreboard_view view;

	if (!scoreboard_look(&view, page) ||
	    service >= view.header.service_count)
		return 0;
	return scoreboard_read_service(&view, service, cell);
}

uint64_t scoreboard_read_cell(const struct scoreboard_view *view, unsigned cell)
{
	uint64_t value;

	if (cell >= view->header.cell_count)
		return 0;
	value = load_at(view, sizeof(view->header) + cell * sizeof(uint64_t));
	return scoreboard_columns[cell].kind == SCOREBOARD_KIND_COUNTER
		       ? believe(value)
		       : value;
}

char *scoreboard_read_name(char out[SCOREBOARD_SERVICE_NAME],
			   const struct scoreboard_view *view, unsigned service)
{
	memcpy(out, view->bytes + service_offset(&view->header, service),
	       SCOREBOARD_SERVICE_NAME);
	out[SCOREBOARD_SERVICE_NAME - 1] = '\0';
	return out;
}

/* ---- The ring -------------------------------------------------------- */

uint64_t scoreboard_history_next(const struct scoreboard_view *view)
{
	if (view->header.history_count == 0)
		return 0;
	return __atomic_load_n(
		(const uint64_t *)(const void *)(view->bytes +
						 view->header.history_offset),
		__ATOMIC_ACQUIRE);
}

unsigned scoreboard_history_count(const struct scoreboard_view *view)
{
	uint64_t next = scoreboard_history_next(view);

	return next < view->header.history_count ? (unsigned)next
						 : view->header.history_count;
}

static bool makes_sense(const struct scoreboard_view *view,
			const struct board_closed *closed)
{
	return closed->service < view->header.service_count &&
	       closed->slot < BOARD_SLOTS && closed->reason < COHORT_REASONS &&
	       closed->count > 0;
}

bool scoreboard_read_closed(const struct scoreboard_view *view, uint64_t number,
			    struct board_closed *closed)
{
	const struct scoreboard_page *page = &view->header;
	size_t offset, size = page->closed_bytes;
	uint64_t next;

	if (page->history_count == 0)
		return false;
	offset = page->history_offset + sizeof(uint64_t) +
		 number % page->history_count * size;
	memset(closed, 0, sizeof(*closed));
	memcpy(closed, view->bytes + offset,
	       size < sizeof(*closed) ? size : sizeof(*closed));
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	next = scoreboard_history_next(view);
	if (number >= next || next - number >= page->history_count)
		return false;
	return makes_sense(view, closed);
}
