/* SPDX-License-Identifier: MIT */
/* faulty.c - it does to its worker what it is told: segv, abort, exit, spin. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cohort.h"

static bool is_word(const void *data, size_t size, const char *word)
{
	return size >= strlen(word) && memcmp(data, word, strlen(word)) == 0;
}

static void obey(struct cohort_transport *t, void *session, const void *data,
		 size_t size)
{
	volatile bool is_endless = true;

	(void)session;
	if (is_word(data, size, "segv")) {
		/* A sanitizer would report what is wanted here. */
		signal(SIGSEGV, SIG_DFL);
		raise(SIGSEGV);
	}
	if (is_word(data, size, "abort"))
		abort();
	if (is_word(data, size, "exit"))
		exit(0);
	while (is_word(data, size, "spin") && is_endless)
		continue;
	cohort_write(t, data, size);
}

static const struct cohort_protocol faulty = {
	.name = "faulty",
	.data_received = obey,
};

COHORT_EXPORT(&faulty);
