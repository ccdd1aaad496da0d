/* SPDX-License-Identifier: MIT */
/* failures.c - what went wrong, counted by kind. */
#include "failures.h"

#include <errno.h>
#include <stddef.h>

const char *const failure_names[FAILURE_KINDS] = {
	[FAILURE_NONE] = "none",   [FAILURE_REFUSED] = "refused",
	[FAILURE_RESET] = "reset", [FAILURE_TIMEOUT] = "timeout",
	[FAILURE_SHORT] = "short", [FAILURE_CORRUPT] = "corrupt",
	[FAILURE_OTHER] = "other",
};

/* What connect(2), socket(2), send(2) and recv(2) may say. */
static const struct {
	int number;
	enum failure kind;
	const char *name;
} rows[] = {
	{ECONNREFUSED, FAILURE_REFUSED, "ECONNREFUSED"},
	{ENOENT, FAILURE_REFUSED, "ENOENT"},
	{ECONNRESET, FAILURE_RESET, "ECONNRESET"},
	{EPIPE, FAILURE_RESET, "EPIPE"},
	{ETIMEDOUT, FAILURE_TIMEOUT, "ETIMEDOUT"},
	{EACCES, FAILURE_OTHER, "EACCES"},
	{EADDRINUSE, FAILURE_OTHER, "EADDRINUSE"},
	{EADDRNOTAVAIL, FAILURE_OTHER, "EADDRNOTAVAIL"},
	{EAFNOSUPPORT, FAILURE_OTHER, "EAFNOSUPPORT"},
	{ECONNABORTED, FAILURE_OTHER, "ECONNABORTED"},
	{EHOSTUNREACH, FAILURE_OTHER, "EHOSTUNREACH"},
	{EINVAL, FAILURE_OTHER, "EINVAL"},
	{EMFILE, FAILURE_OTHER, "EMFILE"},
	{ENETDOWN, FAILURE_OTHER, "ENETDOWN"},
	{ENETUNREACH, FAILURE_OTHER, "ENETUNREACH"},
	{ENFILE, FAILURE_OTHER, "ENFILE"},
	{ENOBUFS, FAILURE_OTHER, "ENOBUFS"},
	{ENOMEM, FAILURE_OTHER, "ENOMEM"},
	{ENOSPC, FAILURE_OTHER, "ENOSPC"},
	{ENOTSOCK, FAILURE_OTHER, "ENOTSOCK"},
	{EPERM, FAILURE_OTHER, "EPERM"},
	{EPROTO, FAILURE_OTHER, "EPROTO"},
	{EPROTOTYPE, FAILURE_OTHER, "EPROTOTYPE"},
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

enum failure failure_of_errno(int number)
{
	size_t i;

	for (i = 0; i < ROW_COUNT; i++) {
		if (rows[i].number == number)
			return rows[i].kind;
	}
	return FAILURE_OTHER;
}

void failures_add(struct failures *failures, enum failure kind, int number)
{
	failures->kinds[kind]++;
	if (kind == FAILURE_OTHER)
		failures->errnos[number > 0 && number < FAILURES_ERRNOS ? number
									: 0]++;
}

uint64_t failures_total(const struct failures *failures)
{
	uint64_t total = 0;
	int kind;

	for (kind = FAILURE_NONE + 1; kind < FAILURE_KINDS; kind++)
		total += failures->kinds[kind];
	return total;
}

const char *failure_errno_name(int number)
{
	size_t i;

	for (i = 0; i < ROW_COUNT; i++) {
		if (rows[i].number == number)
			return rows[i].name;
	}
	return NULL;
}
