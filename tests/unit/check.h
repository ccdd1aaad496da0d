/* SPDX-License-Identifier: MIT */
/* check.h - all that a unit test needs: checks that say where they failed.
 *
 * A test program checks whatever it likes and returns check_result() from
 * main: 0, or 1 if any check failed.  Each failed check prints one line. */
#ifndef COHORT_TESTS_CHECK_H
#define COHORT_TESTS_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int check_failures;
static int check_count;

static inline void check_note(int good, const char *file, int line,
			      const char *words)
{
	check_count++;
	if (good)
		return;
	check_failures++;
	printf("%s:%d: failed: %s\n", file, line, words);
}

#define CHECK(condition)                                                       \
	check_note(!!(condition), __FILE__, __LINE__, #condition)

/* Without it there is nothing to go on with: the program ends. */
#define REQUIRE(condition)                                                     \
	do {                                                                   \
		if (!(condition)) {                                            \
			check_note(0, __FILE__, __LINE__, #condition);         \
			exit(1);                                               \
		}                                                              \
	} while (0)

#define check_int(actual, expected)                                            \
	check_int_at((long long)(actual), (long long)(expected), #actual,      \
		     __FILE__, __LINE__)
static inline void check_int_at(long long actual, long long expected,
				const char *what, const char *file, int line)
{
	char words[256];

	snprintf(words, sizeof(words), "%s is %lld, not %lld", what, actual,
		 expected);
	check_note(actual == expected, file, line, words);
}

#define check_string(actual, expected)                                         \
	check_string_at((actual), (expected), #actual, __FILE__, __LINE__)
static inline void check_string_at(const char *actual, const char *expected,
				   const char *what, const char *file, int line)
{
	int good = actual != NULL && strcmp(actual, expected) == 0;

	check_note(good, file, line, what);
	if (!good)
		printf("  is       \"%s\"\n  expected \"%s\"\n",
		       actual != NULL ? actual : "(null)", expected);
}

static inline int check_result(void)
{
	printf("%d checks, %d failed\n", check_count, check_failures);
	return check_failures != 0;
}

#endif
