/* SPDX-License-Identifier: MIT */
/* http_accept.c - media ranges and their weights. */
#include "control/http_accept.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define BLANKS " \t"

/* A piece of the header, which is not ended by a NUL. */
struct piece {
	const char *text;
	size_t size;
};

/* Take what stands before the next `sign` off the front of `rest`, without the
 * blanks around it.  A sign within quotes is none. */
static struct piece take(struct piece *rest, char sign)
{
	struct piece piece = {rest->text, 0};
	bool is_quoted = false;
	size_t end;

	for (end = 0; end < rest->size; end++) {
		if (rest->text[end] == '"')
			is_quoted = !is_quoted;
		if (rest->text[end] == sign && !is_quoted)
			break;
	}
	piece.size = end;
	end += end < rest->size;
	rest->text += end;
	rest->size -= end;
	while (piece.size > 0 && strchr(BLANKS, *piece.text) != NULL) {
		piece.text++;
		piece.size--;
	}
	while (piece.size > 0 &&
	       strchr(BLANKS, piece.text[piece.size - 1]) != NULL)
		piece.size--;
	return piece;
}

static bool is_same(struct piece piece, const char *word)
{
	return piece.size == strlen(word) &&
	       strncasecmp(piece.text, word, piece.size) == 0;
}

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

/* "1", "0.25": in thousandths; -1: it is none. */
static int parse_weight(struct piece value)
{
	int weight = 0, digits = 100;
	size_t i;

	if (value.size == 0 || value.size > 5 || !is_digit(value.text[0]) ||
	    (value.size > 1 && value.text[1] != '.'))
		return -1;
	weight = (value.text[0] - '0') * HTTP_ACCEPT_BEST;
	for (i = 2; i < value.size; i++, digits /= 10) {
		if (!is_digit(value.text[i]))
			return -1;
		weight += (value.text[i] - '0') * digits;
	}
	return weight <= HTTP_ACCEPT_BEST ? weight : -1;
}

/* How closely a range names the type: 3 its name, 2 its family, 1 anything; 0:
 * it does not. */
static int match(struct piece range, const char *type)
{
	size_t family = strcspn(type, "/") + 1;

	if (is_same(range, type))
		return 3;
	if (range.size == family + 1 && range.text[family] == '*' &&
	    strncasecmp(range.text, type, family) == 0)
		return 2;
	return is_same(range, "*/*") ? 1 : 0;
}

/* The weight of the range with these parameters; -1: it is for another
 * version, or ill. */
static int weigh(struct piece parameters, const char *version)
{
	int weight = HTTP_ACCEPT_BEST;

	while (parameters.size > 0 && weight >= 0) {
		struct piece value = take(&parameters, ';');
		struct piece name = take(&value, '=');

		if (is_same(name, "q"))
			weight = parse_weight(value);
		else if (is_same(name, "version") && !is_same(value, version))
			weight = -1;
	}
	return weight;
}

int http_accept_quality(const char *accept, const char *type,
			const char *version)
{
	struct piece rest = {accept, strlen(accept)};
	int closest = 0, best = rest.size == 0 ? HTTP_ACCEPT_BEST : 0;

	while (rest.size > 0) {
		struct piece parameters = take(&rest, ',');
		struct piece range = take(&parameters, ';');
		int closeness = match(range, type);
		int weight = weigh(parameters, version);

		if (closeness == 0 || weight < 0 || closeness < closest)
			continue;
		if (closeness > closest || weight > best)
			best = weight;
		closest = closeness;
	}
	return best;
}
