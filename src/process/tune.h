/* SPDX-License-Identifier: MIT */
/* tune.h - `--tune`: each setting of the system that matters to a TCP server,
 * beside what is configured: what is advised, and why.
 *
 * Pure but for the reader that it is handed: the program's own reads /proc/sys
 * and limits, a test's what the test says. */
#ifndef COHORT_PROCESS_TUNE_H
#define COHORT_PROCESS_TUNE_H

#include <stdbool.h>

#include "base/text.h"
#include "config/config.h"

#define TUNE_TEXT 256

enum tune_verdict {
	TUNE_GOOD,
	TUNE_ADVISED,    /* works, but another value would be better */
	TUNE_IMPOSSIBLE, /* something configured cannot take effect */
	TUNE_UNKNOWN,    /* the system does not tell */
	TUNE_VERDICTS,
};
extern const char *const tune_verdict_names[TUNE_VERDICTS];

/* What the judges look at. */
struct tune_facts {
	const struct config *config;
	unsigned workers;   /* as they would be started */
	bool is_privileged; /* started as root: may raise its own limits */
	/* The value of a sysctl, or of "RLIMIT_NOFILE" ("SOFT HARD"), into
	 * `out` of TUNE_TEXT bytes; "" if it cannot be read. */
	void (*read)(const struct tune_facts *facts, const char *name,
		     char *out);
};

/* What a judge answers with. */
struct tune_words {
	char configured[TUNE_TEXT]; /* "backlog 511 (service web)" or "" */
	char advised[TUNE_TEXT];    /* a value, or "" */
};

struct tune_row {
	const char *name; /* of the sysctl, or RLIMIT_NOFILE */
	const char *topic;
	const char *why;
	/* NULL: `advised` is good for everyone, or any value is if that is
	 * NULL too. */
	enum tune_verdict (*judge)(const struct tune_facts *facts,
				   const char *value, struct tune_words *words);
	const char *advised;
};

/* Ended by a row without a name; in the order in which they are shown. */
extern const struct tune_row tune_rows[];

/* All rows as text for people.  Returns how many are TUNE_IMPOSSIBLE. */
unsigned tune_report(const struct tune_facts *facts, struct text *out);

/* The facts of this machine and this configuration. */
struct tune_facts tune_facts_of(const struct config *config);

#endif
