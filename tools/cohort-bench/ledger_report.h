/* SPDX-License-Identifier: MIT */
/* ledger_report.h - the book of a run, for people and for programs. */
#ifndef COHORT_BENCH_LEDGER_REPORT_H
#define COHORT_BENCH_LEDGER_REPORT_H

#include <stdio.h>

#include "ledger_book.h"
#include "options.h"

void ledger_report_text(FILE *out, const struct options *options,
			const struct ledger_book *book);

/* One object on one line; the accounts by their keys. */
void ledger_report_json(FILE *out, const struct options *options,
			const struct ledger_book *book);

#endif
