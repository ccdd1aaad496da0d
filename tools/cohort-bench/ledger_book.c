/* SPDX-License-Identifier: MIT */
/* ledger_book.c - the accounts of a run, and the lines that tell of them. */
#include "ledger_book.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* clang-format off */
const struct ledger_entry_row ledger_entry_rows[LEDGER_ENTRIES] = {
	[LEDGER_TRIED] =        {"tried",        "connects tried",            false, false},
	[LEDGER_CONNECTED] =    {"connected",    "connected",                 false, false},
	[LEDGER_DONE] =         {"exchanges",    "exchanges done",            false, false},
	[LEDGER_REFUSED] =      {"refused",      "refused",                   true,  true},
	[LEDGER_RESET_BEFORE] = {"reset_before", "reset before first reply",  true,  true},
	[LEDGER_RESET_AFTER] =  {"reset_after",  "reset after",               true,  true},
	[LEDGER_LOST] =         {"lost_killed",  "lost with killed worker",   true,  false},
	[LEDGER_DRAINED] =      {"drained",      "drained",                   false, false},
	[LEDGER_RACED] =        {"raced",        "raced",                     true,  false},
	[LEDGER_DUPLICATED] =   {"duplicated",   "duplicated",                true,  true},
	[LEDGER_OUT_OF_ORDER] = {"out_of_order", "out of order",              true,  true},
	[LEDGER_CORRUPT] =      {"corrupt",      "corrupt",                   true,  true},
	[LEDGER_HUNG] =         {"hung",         "hung",                      true,  true},
	[LEDGER_OTHER] =        {"other",        "other errors",              true,  true},
};
/* clang-format on */

int ledger_book_init(struct ledger_book *book, FILE *events,
		     struct error *error)
{
	memset(book, 0, sizeof(*book));
	book->events = events;
	book->seen = calloc(LEDGER_PID_LIMIT / 8 + 1, 1);
	if (!book->seen)
		return error_set_errno(error, "no memory");
	return 0;
}

void ledger_book_release(struct ledger_book *book)
{
	free(book->seen);
	book->seen = NULL;
}

void ledger_book_count(struct ledger_book *book, enum ledger_entry entry)
{
	book->counts[entry]++;
}

void ledger_book_note(struct ledger_book *book, enum ledger_entry entry,
		      const struct ledger_event *event)
{
	char pid[16] = "-", token[LEDGER_TOKEN_BYTES] = "-";

	ledger_book_count(book, entry);
	if (!book->events || !ledger_entry_rows[entry].is_event)
		return;
	if (event->pid > 0)
		snprintf(pid, sizeof(pid), "%d", event->pid);
	if (event->has_token)
		ledger_token_format(token, &event->token);
	fprintf(book->events, "EVENT %lld %s %s %lld %s\n",
		(long long)clock_wall_ms(), ledger_entry_rows[entry].key, pid,
		(long long)event->age_ms, token);
	fflush(book->events);
}

void ledger_book_saw(struct ledger_book *book, int pid)
{
	unsigned char bit = (unsigned char)(1 << pid % 8);

	if (book->seen[pid / 8] & bit)
		return;
	book->seen[pid / 8] |= bit;
	book->worker_count++;
}

void ledger_book_waited(struct ledger_book *book, int64_t wait_us)
{
	histogram_add(&book->waits, wait_us);
	if (!book->events || wait_us <= LEDGER_GAP_MS * 1000)
		return;
	fprintf(book->events, "GAP %lld %lld\n", (long long)clock_wall_ms(),
		(long long)wait_us / 1000);
	fflush(book->events);
}

bool ledger_book_is_ok(const struct ledger_book *book, uint64_t allowed_count)
{
	uint64_t count;
	int entry;

	for (entry = 0; entry < LEDGER_ENTRIES; entry++) {
		count = book->counts[entry];
		if (entry == LEDGER_RESET_BEFORE)
			count -= count < allowed_count ? count : allowed_count;
		if (ledger_entry_rows[entry].is_failure && count > 0)
			return false;
	}
	return book->counts[LEDGER_DONE] > 0;
}
