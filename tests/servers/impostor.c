/* SPDX-License-Identifier: MIT */
/* impostor.c - what stands where the new build of a server should: it does
 * what the environment says. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
	const char *what = getenv("IMPOSTOR");

	if (what == NULL)
		return 3;
	if (strcmp(what, "hang") == 0)
		pause();
	if (strcmp(what, "crash") == 0)
		raise(SIGABRT);
	if (strcmp(what, "other") == 0)
		puts("cohort trial 999 ok");
	if (strcmp(what, "late") == 0)
		puts("cohort trial 1 ok");
	return strcmp(what, "late") == 0 ? 4 : 0;
}
