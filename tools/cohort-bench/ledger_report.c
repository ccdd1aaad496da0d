/* SPDX-License-Identifier: MIT */
/* ledger_report.c - the book of a run, for people and for programs. */
#include "ledger_report.h"

#include "report.h"

static double ms_of(uint64_t us)
{
	return (double)us / 1000;
}

static void text_number(FILE *out, const char *label, uint64_t number)
{
	fprintf(out, "  %-26s %10llu", label, (unsigned long long)number);
}

static void text_entry(FILE *out, const struct options *options,
		       const struct ledger_book *book, enum ledger_entry entry)
{
	text_number(out, ledger_entry_rows[entry].label, book->counts[entry]);
	if (entry == LEDGER_RESET_BEFORE && options->allowed_unknown_count > 0)
		fprintf(out, " (%llu allowed)",
			(unsigned long long)options->allowed_unknown_count);
	if (entry == LEDGER_OTHER)
		report_text_errnos(out, &book->others);
	fputs("\n", out);
}

void ledger_report_text(FILE *out, const struct options *options,
			const struct ledger_book *book)
{
	int entry;

	fprintf(out, "ledger %s: %llu connections, %llu%% short%s%s\n",
		options->address, (unsigned long long)options->connection_count,
		(unsigned long long)options->short_percent,
		options->is_http ? ", http" : "",
		book->is_interrupted ? " (interrupted)" : "");
	fprintf(out, "  %-26s %10.3f\n", "time s",
		(double)book->elapsed_us / 1e6);
	for (entry = 0; entry < LEDGER_ENTRIES; entry++)
		text_entry(out, options, book, (enum ledger_entry)entry);
	text_number(out, "workers seen", book->worker_count);
	fprintf(out, "\n  %-26s %10.3f\n", "median wait ms",
		ms_of(histogram_quantile_us(&book->waits, 500)));
	fprintf(out, "  %-26s %10.3f\n", "longest gap ms",
		ms_of(book->waits.max_us));
	if (book->counts[LEDGER_DONE] == 0)
		fputs("  nothing was exchanged\n", out);
}

void ledger_report_json(FILE *out, const struct options *options,
			const struct ledger_book *book)
{
	bool is_ok = ledger_book_is_ok(book, options->allowed_unknown_count);
	int entry;

	fprintf(out, "{\"ok\":%s,\"mode\":\"ledger\",\"address\":",
		is_ok ? "true" : "false");
	report_json_string(out, options->address);
	fprintf(out,
		",\"connections\":%llu,\"short_percent\":%llu,"
		"\"http\":%s,\"interrupted\":%s,\"seconds\":%.6f",
		(unsigned long long)options->connection_count,
		(unsigned long long)options->short_percent,
		options->is_http ? "true" : "false",
		book->is_interrupted ? "true" : "false",
		(double)book->elapsed_us / 1e6);
	for (entry = 0; entry < LEDGER_ENTRIES; entry++)
		fprintf(out, ",\"%s\":%llu", ledger_entry_rows[entry].key,
			(unsigned long long)book->counts[entry]);
	fprintf(out,
		",\"allowed_unknown\":%llu,\"workers_seen\":%llu,"
		"\"median_wait_ms\":%.3f,\"longest_gap_ms\":%.3f",
		(unsigned long long)options->allowed_unknown_count,
		(unsigned long long)book->worker_count,
		ms_of(histogram_quantile_us(&book->waits, 500)),
		ms_of(book->waits.max_us));
	report_json_errnos(out, &book->others);
	fputs("}\n", out);
}
