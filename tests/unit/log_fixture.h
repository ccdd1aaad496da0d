/* SPDX-License-Identifier: MIT */
/* log_fixture.h - the log's sink in the hands of a test. */
#ifndef COHORT_TESTS_LOG_FIXTURE_H
#define COHORT_TESTS_LOG_FIXTURE_H

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "check.h"

#define LOG_ROOM 65536

static char log_directory[] = "/tmp/cohort-unit-log-XXXXXX";
static char log_path[sizeof(log_directory) + 16];

static inline void log_fixture_open(void)
{
	CHECK(mkdtemp(log_directory) != NULL);
	snprintf(log_path, sizeof(log_path), "%s/log", log_directory);
}

static inline void log_fixture_close(void)
{
	unlink(log_path);
	CHECK(rmdir(log_directory) == 0);
}

/* A new, empty file as the sink. */
static inline void log_to_file(enum log_level level)
{
	struct error error = {0};

	unlink(log_path);
	CHECK(log_open(log_path, level, &error) == 0);
}

/* What is in the file, as a string that is valid until the next call. */
static inline const char *log_read_file(const char *path)
{
	static char text[LOG_ROOM];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;

	CHECK(size >= 0);
	text[size > 0 ? size : 0] = '\0';
	if (fd >= 0)
		close(fd);
	return text;
}

/* Standard error becomes `fd`; returns a copy of the earlier one. */
static inline int log_stderr_to(int fd)
{
	int kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);

	CHECK(kept >= 0 && dup2(fd, STDERR_FILENO) == STDERR_FILENO);
	return kept;
}

static inline void log_stderr_back(int kept)
{
	CHECK(dup2(kept, STDERR_FILENO) == STDERR_FILENO);
	close(kept);
}

static inline int count_lines(const char *text)
{
	int count = 0;

	for (; *text != '\0'; text++)
		count += *text == '\n';
	return count;
}

/* The text of the last line, from behind its "role[pid] " on; "" if there is
 * no whole line.  Valid until the next call. */
static inline const char *last_words(const char *text)
{
	static char words[LOG_LINE_BYTES + 1];
	size_t end = strlen(text), begin;
	const char *from;

	if (end == 0 || text[end - 1] != '\n')
		return "";
	for (begin = end - 1; begin > 0 && text[begin - 1] != '\n';)
		begin--;
	from = strstr(text + begin, "] ");
	from = from != NULL ? from + 2 : text + begin;
	snprintf(words, sizeof(words), "%.*s", (int)(text + end - 1 - from),
		 from);
	return words;
}

#endif
