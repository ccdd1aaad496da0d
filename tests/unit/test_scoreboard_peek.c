/* SPDX-License-Identifier: MIT */
/* test_scoreboard_peek.c - a page that its worker writes over. */
#include "metrics/scoreboard.h"

#include <string.h>

#include "check.h"
#include "metrics/scoreboard_layout.h"

static const char *const names[] = {"echo", "time"};

/* Each word of the header by itself; what is not counted harms nobody. */
static void any_word_may_be_written_over(struct scoreboard_page *page)
{
	static const uint32_t values[] = {0, 1, 0xffffff00u, UINT32_MAX};
	unsigned char kept[sizeof(*page)];
	size_t i, j;

	memcpy(kept, page, sizeof(kept));
	for (i = 0; i < sizeof(*page) / sizeof(uint32_t); i++)
		for (j = 0; j < sizeof(values) / sizeof(values[0]); j++) {
			memcpy((char *)page + i * sizeof(uint32_t), &values[j],
			       sizeof(values[j]));
			CHECK(scoreboard_peek(page, 1, SCOREBOARD_LIVE) <=
			      SCOREBOARD_COUNT_MAX);
			memcpy(page, kept, sizeof(kept));
		}
	page->cell_count = 0xffffff00u;
	check_int((int64_t)scoreboard_peek(page, 1, SCOREBOARD_LIVE), 0);
	memcpy(page, kept, sizeof(kept));
	/* All of so many services take no room, as the product wraps around. */
	page->service_count = 0x80000000u;
	page->service_cell_count = 0x40000000u - SCOREBOARD_SERVICE_NAME / 8;
	check_int((int64_t)scoreboard_peek(page, 0x40000000u, SCOREBOARD_LIVE),
		  0);
	memcpy(page, kept, sizeof(kept));
	check_int((int64_t)scoreboard_peek(page, 1, SCOREBOARD_LIVE), 4);
}

/* As 0 it would be counted as "it accepts nobody". */
static void what_cannot_be_read_is_said(struct scoreboard_page *page)
{
	CHECK(scoreboard_is_readable(page));
	page->version = SCOREBOARD_LAYOUT + 1;
	CHECK(scoreboard_is_readable(page));
	page->version = SCOREBOARD_LAYOUT - 1;
	CHECK(!scoreboard_is_readable(page));
	check_int((int64_t)scoreboard_peek(page, 1, SCOREBOARD_LIVE), 0);
	page->version = SCOREBOARD_LAYOUT;
	page->name_bytes++;
	CHECK(!scoreboard_is_readable(page));
	page->name_bytes--;
}

static void what_the_page_lacks_is_0(struct scoreboard_page *page)
{
	check_int((int64_t)scoreboard_peek(page, 0, SCOREBOARD_LIVE), 3);
	check_int((int64_t)scoreboard_peek(page, 2, SCOREBOARD_LIVE), 0);
	check_int((int64_t)scoreboard_peek(page, UINT32_MAX, SCOREBOARD_LIVE),
		  0);
	scoreboard_store(&scoreboard_service(page, 0)[SCOREBOARD_LIVE],
			 UINT64_MAX);
	check_int((int64_t)scoreboard_peek(page, 0, SCOREBOARD_LIVE), 0);
}

int main(void)
{
	struct error error;
	struct scoreboard *board = scoreboard_open(&error);
	struct scoreboard_page *page;

	page = board ? scoreboard_take(board, 0, 1, names, 2) : NULL;
	CHECK(page != NULL);
	if (!page)
		return check_result();
	scoreboard_add(&scoreboard_service(page, 0)[SCOREBOARD_LIVE], 3);
	scoreboard_add(&scoreboard_service(page, 1)[SCOREBOARD_LIVE], 4);
	any_word_may_be_written_over(page);
	what_cannot_be_read_is_said(page);
	what_the_page_lacks_is_0(page);
	scoreboard_close(board);
	return check_result();
}
