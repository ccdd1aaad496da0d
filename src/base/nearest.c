/* SPDX-License-Identifier: MIT */
/* nearest.c - which known name was meant. */
#include <string.h>

#include "base/text.h"

#define WORD_MAX 64

static size_t least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* How many letters have to be put in, left out or changed. */
static size_t edit_distance(const char *a, size_t a_size, const char *b,
			    size_t b_size)
{
	size_t row[WORD_MAX + 1];
	size_t i, j;

	for (j = 0; j <= b_size; j++)
		row[j] = j;
	for (i = 1; i <= a_size; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (j = 1; j <= b_size; j++) {
			size_t above = row[j];
			size_t change = diagonal + (a[i - 1] != b[j - 1]);

			row[j] = least(above + 1, row[j - 1] + 1, change);
			diagonal = above;
		}
	}
	return row[b_size];
}

const char *text_nearest(const char *word, const char *const *names,
			 size_t count)
{
	size_t size = strlen(word);
	size_t nearest = size <= 3 ? 2 : 3; /* one more than is allowed */
	const char *found = NULL;
	size_t i;

	if (size == 0 || size > WORD_MAX)
		return NULL;
	for (i = 0; i < count; i++) {
		size_t name_size = strlen(names[i]);
		size_t distance;

		if (name_size > WORD_MAX)
			continue;
		distance = edit_distance(word, size, names[i], name_size);
		if (distance < nearest) {
			nearest = distance;
			found = names[i];
		}
	}
	return found;
}
