/* SPDX-License-Identifier: MIT */
/* list.h - an intrusive, circular, doubly linked list.
 *
 * The head is a node of its own; an element embeds a node.  Nothing here
 * allocates or fails.  A node that is on no list points at itself, so that
 * removing it twice is harmless. */
#ifndef COHORT_BASE_LIST_H
#define COHORT_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next;
	struct list *previous;
};

/* The element of type `type` whose member `member` is the node `node`. */
#define list_entry(node, type, member)                                         \
	((type *)(void *)((char *)(node)-offsetof(type, member)))

/* Walk the nodes; the _safe form allows the current node to be removed. */
#define list_for_each(node, head)                                              \
	for ((node) = (head)->next; (node) != (head); (node) = (node)->next)
#define list_for_each_safe(node, following, head)                              \
	for ((node) = (head)->next, (following) = (node)->next;                \
	     (node) != (head);                                                 \
	     (node) = (following), (following) = (node)->next)

static inline void list_init(struct list *node)
{
	node->next = node;
	node->previous = node;
}

static inline bool list_is_empty(const struct list *head)
{
	return head->next == head;
}

/* Put `node`, which is on no list, at the end. */
static inline void list_append(struct list *head, struct list *node)
{
	node->previous = head->previous;
	node->next = head;
	head->previous->next = node;
	head->previous = node;
}

static inline void list_remove(struct list *node)
{
	node->previous->next = node->next;
	node->next->previous = node->previous;
	list_init(node);
}

/* Move every node of `from` to the end of `to`; `from` is empty after. */
static inline void list_take(struct list *to, struct list *from)
{
	if (list_is_empty(from))
		return;
	from->next->previous = to->previous;
	to->previous->next = from->next;
	from->previous->next = to;
	to->previous = from->previous;
	list_init(from);
}

#endif
