/* SPDX-License-Identifier: MIT */
/* ledger_verdict.c - what the end of a connection means. */
#include "ledger_verdict.h"

#define NOTHING LEDGER_ENTRIES

/* The worker is known.  A worker that dies closes its connections too, with
 * FIN if it had read all that was sent: only its death tells the two apart. */
static const struct verdict {
	enum ledger_entry alive, dead;
} verdicts[][2] = {
	[LEDGER_PHASE_EXCHANGE] =
		{
			[LEDGER_END_OF_FILE] = {LEDGER_RACED, LEDGER_LOST},
			[LEDGER_RESET] = {LEDGER_RESET_AFTER, LEDGER_LOST},
		},
	[LEDGER_PHASE_IDLE] =
		{
			[LEDGER_END_OF_FILE] = {LEDGER_DRAINED, LEDGER_LOST},
			[LEDGER_RESET] = {LEDGER_RESET_AFTER, LEDGER_LOST},
		},
	[LEDGER_PHASE_CLOSING] =
		{
			[LEDGER_END_OF_FILE] = {NOTHING, NOTHING},
			[LEDGER_RESET] = {LEDGER_RESET_AFTER, NOTHING},
		},
};

static struct verdict verdict_of(const struct ledger_loss *loss)
{
	struct verdict verdict = {LEDGER_RESET_BEFORE, LEDGER_RESET_BEFORE};

	if (!loss->is_worker_known)
		return verdict;
	verdict = verdicts[loss->phase][loss->ending];
	/* A worker that had a new connection and closed it unserved was not
	 * overtaken by the token: it had all the time to wait for it. */
	if (verdict.alive == LEDGER_RACED && !loss->is_reply_counted)
		verdict.alive = LEDGER_RESET_AFTER;
	return verdict;
}

enum ledger_entry ledger_verdict(const struct ledger_loss *loss)
{
	struct verdict verdict = verdict_of(loss);

	return loss->is_worker_alive ? verdict.alive : verdict.dead;
}

bool ledger_verdict_needs_fate(const struct ledger_loss *loss)
{
	struct verdict verdict = verdict_of(loss);

	return verdict.alive != verdict.dead;
}
