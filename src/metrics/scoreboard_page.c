/* SPDX-License-Identifier: MIT */
/* scoreboard_page.c - finding one's way in a page, by what its header says. */
#include "metrics/scoreboard_layout.h"

#define MOST_CELLS (SCOREBOARD_PAGE_BYTES / sizeof(uint64_t))

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

/* The single counts are looked at first, so that their product cannot
 * overflow. */
bool scoreboard_is_sound(const struct scoreboard_page *page)
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

uint64_t scoreboard_read_service(const struct scoreboard_page *page,
				 unsigned service, unsigned cell)
{
	int place = place_in_page(page, cell);
	const char *cells = (const char *)page + service_offset(page, service) +
			    page->name_bytes;

	if (place < 0)
		return 0;
	return scoreboard_load((const uint64_t *)(const void *)cells + place);
}

uint64_t scoreboard_read_cell(const struct scoreboard_page *page, unsigned cell)
{
	const uint64_t *cells = (const uint64_t *)(const void *)(page + 1);

	return cell < page->cell_count ? scoreboard_load(&cells[cell]) : 0;
}
