/* SPDX-License-Identifier: MIT */
/* test_bank.c - which descriptors the bank has, and that it closes them. */
#include "process/bank.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "check.h"

static int open_any(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static struct address parsed(const char *word)
{
	struct address address;
	struct error error;

	CHECK(address_parse(&address, word, &error) == 0);
	return address;
}

static void test_groups_are_found_by_address(void)
{
	/* What is asked for, by whom; the group, or -1. */
	static const struct {
		const char *address, *service;
		unsigned position;
		int group;
	} rows[] = {
		{"127.0.0.1:80", "a", 0, 0},  {"127.0.0.1:80", "b", 7, 0},
		{"127.0.0.1:81", "a", 0, -1}, {"127.0.0.1:0", "a", 1, 1},
		{"127.0.0.1:0", "a", 0, -1},  {"127.0.0.1:0", "b", 1, -1},
		{"unix:/nowhere", "b", 0, 2}, {"127.0.0.1:4711", "b", 7, 1},
	};
	struct bank_group *groups[3];
	struct bank_group *found;
	struct address address;
	struct bank bank;
	size_t i;

	bank_init(&bank);
	address = parsed("127.0.0.1:80");
	groups[0] = bank_add(&bank, &address, "a", 0);
	address = parsed("127.0.0.1:0");
	groups[1] = bank_add(&bank, &address, "a", 1);
	/* The kernel has picked a port since. */
	address_set_port(&groups[1]->address, 4711);
	address = parsed("unix:/nowhere");
	groups[2] = bank_add(&bank, &address, "a", 2);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		address = parsed(rows[i].address);
		found = bank_find(&bank, &address, rows[i].service,
				  rows[i].position);
		CHECK(found ==
		      (rows[i].group < 0 ? NULL : groups[rows[i].group]));
	}
	bank_release(&bank);
}

static void test_put_and_get(void)
{
	struct address address = parsed("127.0.0.1:80");
	struct bank_group *group;
	struct bank bank;
	int fds[2], other = open_any();

	bank_init(&bank);
	group = bank_add(&bank, &address, "a", 0);
	fds[0] = open_any();
	fds[1] = open_any();
	check_int(bank_get(group, 0), BANK_NONE);
	check_int(bank_put(group, 0, fds[0]), 0);
	check_int(bank_put(group, 0, other), -1);
	check_int(bank_put(group, 1, fds[1]), 0);
	check_int(bank_get(group, 0), fds[0]);
	check_int(bank_get(group, 1), fds[1]);
	bank_close_slot(group, 0);
	bank_close_slot(group, 0);
	check_int(bank_get(group, 0), BANK_NONE);
	CHECK(!is_open(fds[0]));
	CHECK(is_open(fds[1]));
	bank_close(&bank);
	bank_close(&bank);
	CHECK(!is_open(fds[1]));
	bank_release(&bank);
	close(other);
}

static void test_what_all_share(void)
{
	struct address address = parsed("127.0.0.1:80");
	struct bank_group *group;
	struct bank bank;
	int shared = open_any(), other = open_any();

	bank_init(&bank);
	group = bank_add(&bank, &address, "a", 0);
	bank_share(group, shared);
	check_int(bank_get(group, 0), shared);
	check_int(bank_get(group, 7), shared);
	check_int(bank_put(group, 1, other), -1);
	CHECK(bank_is_listening(group, 3));
	bank_close_slot(group, 0);
	CHECK(is_open(shared));
	bank_close_shared(group);
	bank_close_shared(group);
	CHECK(!is_open(shared));
	bank_release(&bank);
	close(other);
}

/* As the kernel does it (kernel.md 5). */
static void test_the_last_fills_the_gap(void)
{
	struct address address = parsed("127.0.0.1:80");
	struct bank_group *group;
	struct bank bank;
	unsigned slot;

	bank_init(&bank);
	group = bank_add(&bank, &address, "a", 0);
	for (slot = 0; slot < 4; slot++) {
		CHECK(bank_put(group, slot, open_any()) == 0);
		CHECK(!bank_is_listening(group, slot));
		bank_note_listening(group, slot);
		bank_note_listening(group, slot);
		CHECK(bank_is_listening(group, slot));
	}
	check_int(group->order_count, 4);
	bank_close_slot(group, 1);
	check_int(group->order_count, 3);
	check_int(group->order[0], 0);
	check_int(group->order[1], 3);
	check_int(group->order[2], 2);
	CHECK(!bank_is_listening(group, 1));
	bank_release(&bank);
}

/* Who had no place is the kernel's last, and moves into the gap of one that
 * had: ours stay where they are. */
static void test_a_place_is_inherited(void)
{
	struct address address = parsed("127.0.0.1:80");
	struct bank_group *group;
	struct bank bank;
	int number;

	bank_init(&bank);
	group = bank_add(&bank, &address, "a", 0);
	number = bank_note_stranger(group, 4711);
	bank_note_listening(group, 0);
	bank_replace_stranger(group, (unsigned)number, 4712);
	check_int(group->order_count, 2);
	check_int(group->order[0], number);
	check_int(group->order[1], 0);
	bank_forget_stranger(group, (unsigned)number);
	check_int(group->order_count, 1);
	check_int(group->order[0], 0);
	bank_release(&bank);
}

static struct bank_group *open_group(struct bank *bank)
{
	struct address address = parsed("127.0.0.1:80");

	bank_init(bank);
	return bank_add(bank, &address, "a", 0);
}

static void test_behind_too_many_strangers_it_is_adrift(void)
{
	struct bank_group *group;
	struct bank bank;

	group = open_group(&bank);
	bank_note_listening(group, 0);
	bank_note_stranger(group, 4711);
	bank_note_listening(group, 1);
	group->roll.surplus_count = 1;
	bank_note_listening(group, 2);
	bank_note_listening(group, 1);
	CHECK(!group->is_adrift[0] && !group->is_adrift[1]);
	CHECK(group->is_adrift[2]);
	check_int(bank_settle(group), 1);
	CHECK(group->is_adrift[2]);
	/* Alone, it is where nobody else is. */
	group->roll.surplus_count = 0;
	check_int(bank_settle(group), 0);
	CHECK(!group->is_adrift[2]);
	bank_release(&bank);
}

/* The kernel may have moved one where the other one is said to be. */
static void test_two_that_are_adrift_stay_so(void)
{
	struct bank_group *group;
	struct bank bank;
	int first, second;

	group = open_group(&bank);
	first = bank_note_stranger(group, 4711);
	second = bank_note_stranger(group, 4712);
	bank_note_listening(group, 0);
	group->roll.surplus_count = 1;
	bank_note_listening(group, 1);
	bank_replace_stranger(group, (unsigned)second, 4713);
	CHECK(group->is_adrift[second]);
	group->roll.surplus_count = 0;
	check_int(bank_settle(group), 1);
	/* It comes behind all, and is moved into a gap that is known … */
	bank_note_listening(group, 2);
	bank_forget_stranger(group, (unsigned)first);
	check_int(group->order[0], 2);
	CHECK(!group->is_adrift[2]);
	/* … then one into a gap that is not. */
	bank_note_listening(group, 3);
	bank_forget_stranger(group, (unsigned)second);
	CHECK(!group->is_adrift[0] && !group->is_adrift[2]);
	CHECK(group->is_adrift[1] && group->is_adrift[3]);
	check_int(bank_settle(group), 2);
	bank_close_slot(group, 3);
	check_int(bank_settle(group), 0);
	CHECK(!group->is_adrift[1]);
	bank_release(&bank);
}

/* The kernel's last is one without a place. */
static void test_who_fills_a_gap_before_a_crowd_is_adrift(void)
{
	struct bank_group *group;
	struct bank bank;
	unsigned slot;

	group = open_group(&bank);
	for (slot = 0; slot < 3; slot++)
		bank_note_listening(group, slot);
	group->roll.surplus_count = 1;
	bank_note_deaf(group, 0);
	check_int(group->order[0], 2);
	CHECK(group->is_adrift[2] && !group->is_adrift[1]);
	/* It has moved indeed: who had no place was gone before. */
	group->roll.surplus_count = 0;
	check_int(bank_settle(group), 0);
	bank_release(&bank);
}

/* They have an index too, and leave the same gap. */
static void test_strangers_have_places(void)
{
	struct address address = parsed("127.0.0.1:80");
	struct bank_group *group;
	struct bank bank;
	int first, second;
	unsigned i;

	bank_init(&bank);
	group = bank_add(&bank, &address, "a", 0);
	first = bank_note_stranger(group, 4711);
	bank_note_listening(group, 0);
	second = bank_note_stranger(group, 4712);
	bank_note_listening(group, 1);
	CHECK(bank_is_stranger((unsigned)first) &&
	      bank_is_stranger((unsigned)second) && first != second);
	bank_forget_stranger(group, (unsigned)first);
	check_int(group->order_count, 3);
	check_int(group->order[0], 1);
	check_int(group->order[1], 0);
	check_int(group->order[2], second);
	bank_note_deaf(group, 1);
	check_int(group->order[0], second);
	check_int(group->order_count, 2);
	for (i = 1; i < BANK_STRANGERS; i++)
		CHECK(bank_note_stranger(group, i) >= 0);
	check_int(bank_note_stranger(group, i), -1);
	bank_release(&bank);
}

int main(void)
{
	test_groups_are_found_by_address();
	test_put_and_get();
	test_what_all_share();
	test_the_last_fills_the_gap();
	test_strangers_have_places();
	test_a_place_is_inherited();
	test_behind_too_many_strangers_it_is_adrift();
	test_two_that_are_adrift_stay_so();
	test_who_fills_a_gap_before_a_crowd_is_adrift();
	return check_result();
}
