/* SPDX-License-Identifier: MIT */
/* test_list.c - the list that its elements carry. */
#include "base/list.h"

#include "check.h"

#define ITEMS 6

struct item {
	int value;
	struct list node;
};

static struct item items[ITEMS];

static void fill(struct list *head, int first, int count)
{
	int i;

	list_init(head);
	for (i = first; i < first + count; i++) {
		items[i].value = i;
		list_init(&items[i].node);
		list_append(head, &items[i].node);
	}
}

/* The values in order as a number ("123"), checked in both directions. */
static int digits(const struct list *head)
{
	struct list *node;
	int forward = 0, backward = 0, unit = 1;

	list_for_each (node, head)
		forward = forward * 10 +
			  list_entry(node, struct item, node)->value;
	for (node = head->previous; node != head; node = node->previous) {
		backward += list_entry(node, struct item, node)->value * unit;
		unit *= 10;
	}
	check_int(backward, forward);
	return forward;
}

static void test_append_and_remove(void)
{
	struct list head;

	list_init(&head);
	CHECK(list_is_empty(&head));
	fill(&head, 1, 5);
	CHECK(!list_is_empty(&head));
	check_int(digits(&head), 12345);
	list_remove(&items[3].node);
	check_int(digits(&head), 1245);
	list_remove(&items[3].node); /* harmless */
	check_int(digits(&head), 1245);
	list_remove(&items[1].node);
	list_remove(&items[5].node);
	check_int(digits(&head), 24);
	list_append(&head, &items[3].node);
	check_int(digits(&head), 243);
}

static void test_the_current_node_may_be_removed(void)
{
	struct list head, *node, *following;
	int seen = 0;

	fill(&head, 1, 5);
	list_for_each_safe (node, following, &head) {
		int value = list_entry(node, struct item, node)->value;

		seen = seen * 10 + value;
		if (value % 2 == 1)
			list_remove(node);
	}
	check_int(seen, 12345);
	check_int(digits(&head), 24);
}

static const struct {
	int to_count;
	int from_count;
	int expected;
} takes[] = {
	{0, 0, 0}, {0, 3, 345}, {2, 0, 12}, {2, 3, 12345}, {1, 1, 13},
};

static void test_take(void)
{
	struct list to, from;
	size_t i;

	for (i = 0; i < sizeof(takes) / sizeof(takes[0]); i++) {
		fill(&to, 1, takes[i].to_count);
		fill(&from, 3, takes[i].from_count);
		list_take(&to, &from);
		check_int(digits(&to), takes[i].expected);
		CHECK(list_is_empty(&from));
	}
}

int main(void)
{
	test_append_and_remove();
	test_the_current_node_may_be_removed();
	test_take();
	return check_result();
}
