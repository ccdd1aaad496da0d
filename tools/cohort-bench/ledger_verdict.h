/* SPDX-License-Identifier: MIT */
/* ledger_verdict.h - what the end of a connection means, and to whose account
 * it goes.
 *
 * Pure: the client says how its connection ended and what it was waiting for,
 * ledger_worker.h says whether its worker lives, and the table here decides. */
#ifndef COHORT_BENCH_LEDGER_VERDICT_H
#define COHORT_BENCH_LEDGER_VERDICT_H

#include <stdbool.h>

/* The accounts of a run. */
enum ledger_entry {
	LEDGER_TRIED,        /* connect() called */
	LEDGER_CONNECTED,    /* and it succeeded */
	LEDGER_DONE,         /* exchanges answered, once and with their token */
	LEDGER_REFUSED,      /* nobody listened */
	LEDGER_RESET_BEFORE, /* ended before greeting and reply */
	LEDGER_RESET_AFTER,  /* ended by a worker that is alive */
	LEDGER_LOST,         /* ended because its worker died */
	LEDGER_DRAINED,      /* ended in good order, nothing outstanding */
	LEDGER_RACED,        /* the same, but our token was under way */
	LEDGER_DUPLICATED,   /* a token answered again */
	LEDGER_OUT_OF_ORDER, /* an answer with another token */
	LEDGER_CORRUPT,      /* no answer at all */
	LEDGER_HUNG,         /* an exchange or connect longer than -T */
	LEDGER_OTHER,        /* any other errno */
	LEDGER_ENTRIES,
};

enum ledger_ending {
	LEDGER_END_OF_FILE, /* FIN: all that was sent has arrived */
	LEDGER_RESET,       /* RST, without a FIN before it */
};

enum ledger_phase {
	LEDGER_PHASE_EXCHANGE, /* a token is sent, or about to be */
	LEDGER_PHASE_IDLE,     /* between two exchanges */
	LEDGER_PHASE_CLOSING,  /* ours ends: all is answered, FIN is sent */
};

struct ledger_loss {
	enum ledger_ending ending;
	enum ledger_phase phase;
	bool is_worker_known;  /* it greeted, or answered */
	bool is_worker_alive;  /* when the connection ended */
	bool is_reply_counted; /* at least one reply on this connection */
};

/* The account, or LEDGER_ENTRIES if nothing was lost. */
enum ledger_entry ledger_verdict(const struct ledger_loss *loss);

/* Does the verdict depend on is_worker_alive? */
bool ledger_verdict_needs_fate(const struct ledger_loss *loss);

#endif
