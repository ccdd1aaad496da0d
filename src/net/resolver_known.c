/* SPDX-License-Identifier: MIT */
/* resolver_known.c - answers, the oldest first. */
#include "net/resolver_known.h"

#include <stdlib.h>
#include <string.h>

static void forget(struct resolver_known *known)
{
	list_remove(&known->node);
	free(known->addresses);
	free(known);
}

static struct resolver_known *entry_of(struct list *node)
{
	return list_entry(node, struct resolver_known, node);
}

const struct resolver_known *
resolver_known_find(struct list *known, const char *word, int64_t now_ms)
{
	struct list *node, *following;

	list_for_each_safe (node, following, known) {
		if (entry_of(node)->until_ms <= now_ms)
			forget(entry_of(node));
		else if (strcmp(entry_of(node)->word, word) == 0)
			return entry_of(node);
	}
	return NULL;
}

static void make_room(struct list *known)
{
	struct list *node;
	unsigned count = 0;

	list_for_each (node, known)
		count++;
	if (count >= RESOLVER_KNOWN)
		forget(entry_of(known->next));
}

void resolver_known_add(struct list *known, const char *word,
			const struct resolver_known *answer, int64_t now_ms)
{
	size_t size = strlen(word) + 1;
	size_t addresses_size = 0;
	struct resolver_known *copy = calloc(1, sizeof(*copy) + size);

	if (copy == NULL)
		return;
	list_init(&copy->node);
	memcpy(copy->word, word, size);
	copy->until_ms = now_ms + RESOLVER_KNOWN_MS;
	copy->count = answer->count;
	copy->error = answer->error;
	if (answer->count > 0)
		addresses_size =
			(size_t)answer->count * sizeof(*answer->addresses);
	copy->addresses = malloc(addresses_size + 1);
	if (copy->addresses == NULL) {
		free(copy);
		return;
	}
	if (addresses_size > 0)
		memcpy(copy->addresses, answer->addresses, addresses_size);
	make_room(known);
	list_append(known, &copy->node);
}

void resolver_known_release(struct list *known)
{
	struct list *node, *following;

	list_for_each_safe (node, following, known)
		forget(entry_of(node));
}
