/* SPDX-License-Identifier: MIT */
/* test_error.c - words for a failure, cut where they have to be. */
#include "base/error.h"

#include <errno.h>

#include "check.h"

static void test_words(void)
{
	struct error error = {.number = 5};

	check_int(error_set(&error, "port %d of %s", 80, "here"), -1);
	check_string(error.text, "port 80 of here");
	check_int(error.number, 0);
}

static void test_the_errno_is_said_and_kept(void)
{
	struct error error;
	char expected[128];

	snprintf(expected, sizeof(expected), "cannot open x: %s",
		 strerror(ENOENT));
	errno = ENOENT;
	check_int(error_set_errno(&error, "cannot open %s", "x"), -1);
	check_int(errno, ENOENT);
	check_int(error.number, ENOENT);
	check_string(error.text, expected);
}

static void test_prefixes_pile_up(void)
{
	struct error error;

	errno = EACCES;
	error_set_errno(&error, "no");
	error_set(&error, "bad line");
	error.number = EACCES;
	check_int(error_prefix(&error, "file %s: ", "f"), -1);
	error_prefix(&error, "service %d: ", 3);
	check_string(error.text, "service 3: file f: bad line");
	check_int(error.number, EACCES);
}

/* Words that are too long are cut, and end where the room does. */
static void test_long_words_are_cut(void)
{
	struct error error;
	char words[2 * sizeof(error.text)];

	memset(words, 'w', sizeof(words) - 1);
	words[sizeof(words) - 1] = '\0';
	error_set(&error, "%s", words);
	check_int(strlen(error.text), sizeof(error.text) - 1);
	errno = EPERM;
	error_set_errno(&error, "%s", words);
	check_int(strlen(error.text), sizeof(error.text) - 1);
	check_int(error.number, EPERM);
	error_prefix(&error, "%s", "p: ");
	check_int(strlen(error.text), sizeof(error.text) - 1);
	CHECK(strncmp(error.text, "p: www", 6) == 0);
	error_prefix(&error, "%s", words);
	check_int(strlen(error.text), sizeof(error.text) - 1);
}

int main(void)
{
	test_words();
	test_the_errno_is_said_and_kept();
	test_prefixes_pile_up();
	test_long_words_are_cut();
	return check_result();
}
