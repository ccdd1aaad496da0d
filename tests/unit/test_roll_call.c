/* SPDX-License-Identifier: MIT */
/* test_roll_call.c - who is ours, known and new, by lists that are made up. */
#include "process/roll_call.h"

#include <string.h>

#include "check.h"

#define OUR_UID  1000
#define OUR_BASE 10   /* inodes: of ours */
#define NEW_BASE 1000 /* … of strangers */

struct room {
	struct bank bank;
	struct bank_group *group;
};

static const struct group_key any = {0, false};

static struct group_member member(uint64_t inode)
{
	return (struct group_member){.inode = inode, .uid = OUR_UID};
}

/* Two of ours, who listen. */
static void open_room(struct room *room, const char *word)
{
	struct group_member own;
	struct address address;
	struct error error;
	unsigned slot;

	CHECK(address_parse(&address, word, &error) == 0);
	bank_init(&room->bank);
	room->group = bank_add(&room->bank, &address, "a", 0);
	for (slot = 0; slot < 2; slot++) {
		own = member(OUR_BASE + slot);
		roll_call_own(room->group, slot, &own, true);
		bank_note_listening(room->group, slot);
	}
}

static void answer(struct room *room, uint64_t inode)
{
	struct group_member one = member(inode);

	roll_call_answer(room->group, &one);
}

/* `count` strangers and ours, as the kernel lists them. */
static void answer_all(struct room *room, unsigned count)
{
	bool is_newest_first = room->group->address.kind == ADDRESS_IPV4;
	unsigned i;

	roll_call_begin(room->group);
	for (i = 0; i < count; i++)
		answer(room, NEW_BASE + (is_newest_first ? count - 1 - i : i));
	answer(room, OUR_BASE);
	answer(room, OUR_BASE + 1);
}

static unsigned count_arrivals(const struct room *room)
{
	unsigned count = 0;

	while (roll_call_arrival(room->group, count))
		count++;
	return count;
}

static void test_only_who_is_in_the_group_has_come(void)
{
	static const struct {
		struct group_member member;
		unsigned count;
	} rows[] = {
		{{.inode = 1, .uid = OUR_UID}, 1},
		{{.inode = 1, .uid = OUR_UID + 1}, 0},
		{{.inode = 1, .uid = OUR_UID, .key = {1, false}}, 0},
		{{.inode = 1, .uid = OUR_UID, .key = {0, true}}, 0},
		{{.inode = OUR_BASE, .uid = OUR_UID}, 0},
		{{.inode = 0, .uid = OUR_UID}, 0},
	};
	struct room room;
	size_t i;

	open_room(&room, "[::]:80");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		roll_call_begin(room.group);
		roll_call_answer(room.group, &rows[i].member);
		check_int(count_arrivals(&room), rows[i].count);
	}
	bank_release(&room.bank);
}

/* Whoever is not in the group costs nobody a place. */
static void test_those_of_another_group_hide_nobody(void)
{
	struct group_member other = member(1);
	struct room room;
	unsigned i;

	other.key.interface = 1;
	open_room(&room, "127.0.0.1:80");
	roll_call_begin(room.group);
	for (i = 0; i < 10 * BANK_STRANGERS; i++) {
		other.inode = NEW_BASE + i;
		roll_call_answer(room.group, &other);
	}
	answer(&room, 7);
	check_int(count_arrivals(&room), 1);
	CHECK(roll_call_arrival(room.group, 0)->inode == 7);
	bank_release(&room.bank);
}

/* In the order in which they came, and of too many the oldest. */
static void test_the_oldest_are_kept(const char *word)
{
	static const unsigned counts[] = {1, 2, BANK_STRANGERS,
					  BANK_STRANGERS + 1,
					  3 * BANK_STRANGERS + 5};
	unsigned i, at, kept;
	struct room room;

	open_room(&room, word);
	CHECK(!roll_call_youngest(room.group));
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		answer_all(&room, counts[i]);
		kept = counts[i] < BANK_STRANGERS ? counts[i] : BANK_STRANGERS;
		check_int(count_arrivals(&room), kept);
		check_int(room.group->roll.arrival_count, counts[i]);
		for (at = 0; at < kept; at++)
			CHECK(roll_call_arrival(room.group, at)->inode ==
			      NEW_BASE + at);
		CHECK(roll_call_youngest(room.group)->inode ==
		      NEW_BASE + kept - 1);
	}
	bank_release(&room.bank);
}

/* The list may have one twice: it gets one place. */
static void test_who_has_a_place_has_not_come(void)
{
	struct room room;

	open_room(&room, "127.0.0.1:80");
	answer_all(&room, 1);
	answer(&room, NEW_BASE);
	check_int(count_arrivals(&room), 2);
	CHECK(!roll_call_find(room.group, NEW_BASE));
	CHECK(bank_note_stranger(room.group, NEW_BASE) >= 0);
	CHECK(roll_call_find(room.group, NEW_BASE));
	CHECK(!roll_call_youngest(room.group));
	answer_all(&room, 1);
	check_int(count_arrivals(&room), 0);
	check_int(roll_call_missing(room.group, 0), -1);
	bank_release(&room.bank);
}

static void test_who_is_missing(void)
{
	struct room room;
	int first, second;

	open_room(&room, "127.0.0.1:80");
	first = bank_note_stranger(room.group, 7);
	bank_note_stranger(room.group, NEW_BASE);
	second = bank_note_stranger(room.group, 8);
	answer_all(&room, 1);
	check_int(roll_call_missing(room.group, 0), first);
	check_int(roll_call_missing(room.group, (unsigned)first), first);
	/* The second list has it. */
	CHECK(roll_call_find(room.group, 7));
	check_int(roll_call_missing(room.group, 0), second);
	bank_forget_stranger(room.group, (unsigned)second);
	check_int(roll_call_missing(room.group, (unsigned)second), -1);
	bank_release(&room.bank);
}

/* Only one of ours in the list says it: nobody is judged before. */
static void test_a_kernel_that_does_not_tell_the_key(void)
{
	struct group_member bound = member(1), own;
	struct room room;
	unsigned slot;

	open_room(&room, "127.0.0.1:80");
	room.group->roll.has_key = false;
	room.group->roll.key = any;
	bound.key.interface = 3;
	for (slot = 0; slot < 2; slot++) {
		own = member(OUR_BASE + slot);
		own.key = bound.key;
		roll_call_begin(room.group);
		answer(&room, 7);
		roll_call_answer(room.group, &bound);
		roll_call_answer(room.group, &own);
		check_int(count_arrivals(&room), slot);
	}
	CHECK(roll_call_arrival(room.group, 0)->inode == 1);
	bank_release(&room.bank);
}

int main(void)
{
	test_only_who_is_in_the_group_has_come();
	test_those_of_another_group_hide_nobody();
	test_the_oldest_are_kept("127.0.0.1:80");
	test_the_oldest_are_kept("[::1]:80");
	test_who_has_a_place_has_not_come();
	test_who_is_missing();
	test_a_kernel_that_does_not_tell_the_key();
	return check_result();
}
