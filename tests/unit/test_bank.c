/* SPDX-License-Identifier: MIT */
/* test_bank.c - which descriptors the bank has, and that it closes them. */
#include "process/bank.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "check.h"

#define GROUPS 3
#define SLOTS  2
#define SHARED 1 /* the group that all slots share */

static int open_any(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void test_put_and_get(void)
{
	/* What is asked of it, in order, and what it says. */
	static const struct {
		unsigned slot, group;
		bool is_taken;
		const char *has; /* slots 0 and 1, then groups 0 to 2 */
	} rows[] = {
		{0, 0, true, "...x."},       {0, 0, false, "...x."},
		{0, SHARED, false, "...x."}, {0, GROUPS, false, "...x."},
		{0, 2, true, "x..x."},       {1, 2, true, "x..xx"},
		{1, 0, true, "xxxxx"},
	};
	struct bank bank;
	int fd, shared = open_any();
	size_t i;

	bank_init(&bank, GROUPS, SLOTS);
	check_int(bank_get(&bank, 0, SHARED), -1);
	bank_share(&bank, SHARED, shared);
	check_int(bank_get(&bank, 0, SHARED), shared);
	check_int(bank_get(&bank, 1, SHARED), shared);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fd = open_any();
		check_int(bank_put(&bank, rows[i].slot, rows[i].group, fd),
			  rows[i].is_taken ? 0 : -1);
		if (rows[i].is_taken)
			check_int(bank_get(&bank, rows[i].slot, rows[i].group),
				  fd);
		else
			CHECK(close(fd) == 0);
		check_int(bank_has_slot(&bank, 0), rows[i].has[0] == 'x');
		check_int(bank_has_slot(&bank, 1), rows[i].has[1] == 'x');
		check_int(bank_has_group(&bank, 2), rows[i].has[4] == 'x');
	}
	bank_release(&bank);
	CHECK(!is_open(shared));
}

static void test_a_slot_is_closed_without_what_others_share(void)
{
	int fds[SLOTS], shared = open_any();
	struct bank bank;

	bank_init(&bank, GROUPS, SLOTS);
	bank_share(&bank, SHARED, shared);
	fds[0] = open_any();
	fds[1] = open_any();
	check_int(bank_put(&bank, 0, 0, fds[0]), 0);
	check_int(bank_put(&bank, 1, 0, fds[1]), 0);
	bank_close_slot(&bank, 0);
	bank_close_slot(&bank, 0);
	CHECK(!is_open(fds[0]));
	CHECK(is_open(fds[1]));
	CHECK(is_open(shared));
	check_int(bank_get(&bank, 0, 0), -1);
	bank_close_shared(&bank);
	bank_close_shared(&bank);
	CHECK(!is_open(shared));
	check_int(bank_get(&bank, 1, SHARED), -1);
	bank_release(&bank);
	CHECK(!is_open(fds[1]));
}

int main(void)
{
	test_put_and_get();
	test_a_slot_is_closed_without_what_others_share();
	return check_result();
}
