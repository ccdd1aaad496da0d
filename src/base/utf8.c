/* SPDX-License-Identifier: MIT */
/* utf8.c - characters among bytes that anybody may have sent. */
#include "base/utf8.h"

/* By the first byte: how long it is, and the least that needs so much. */
static const struct row {
	unsigned char mask, mark;
	uint32_t least;
} rows[] = {
	{0x80, 0x00, 0},
	{0xe0, 0xc0, 0x80},
	{0xf0, 0xe0, 0x800},
	{0xf8, 0xf0, 0x10000},
};

size_t utf8_decode(const char *text, uint32_t *character)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t more = 0, i;
	uint32_t value;

	while (more < 4 && (bytes[0] & rows[more].mask) != rows[more].mark)
		more++;
	if (more == 4)
		return 0;
	value = bytes[0] & (unsigned char)~rows[more].mask;
	for (i = 1; i <= more; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (bytes[i] & 0x3f);
	}
	if (value < rows[more].least || value > 0x10ffff ||
	    (value >= 0xd800 && value <= 0xdfff))
		return 0;
	*character = value;
	return more + 1;
}
