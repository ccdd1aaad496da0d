/* SPDX-License-Identifier: MIT */
/* printable.c - untrusted text as it may be shown on a terminal. */
#include "config/printable.h"

/* RFC 3629: lead bytes by the number of bytes that follow. */
static size_t expected_length(unsigned char lead)
{
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef)
		return 3;
	if (lead >= 0xf0 && lead <= 0xf4)
		return 4;
	return 1;
}

size_t printable_length(const char *bytes, size_t size)
{
	size_t length = expected_length((unsigned char)bytes[0]);
	size_t i;

	if (length > size)
		return 1;
	for (i = 1; i < length; i++)
		if (((unsigned char)bytes[i] & 0xc0) != 0x80)
			return 1;
	return length;
}

/* U+0080 to U+009F are control characters too; U+061C, U+200E, U+200F, U+202A
 * to U+202E and U+2066 to U+2069 turn the direction of what follows. */
bool printable_is_plain(const char *bytes, size_t length)
{
	const unsigned char *byte = (const unsigned char *)bytes;

	if (length == 1)
		return byte[0] >= ' ' && byte[0] <= '~';
	if (length == 2)
		return !(byte[0] == 0xc2 && byte[1] < 0xa0) &&
		       !(byte[0] == 0xd8 && byte[1] == 0x9c);
	if (byte[0] != 0xe2)
		return true;
	if (byte[1] == 0x80)
		return byte[2] != 0x8e && byte[2] != 0x8f &&
		       (byte[2] < 0xaa || byte[2] > 0xae);
	return byte[1] != 0x81 || byte[2] < 0xa6 || byte[2] > 0xa9;
}

static size_t append_escaped(struct text *out, const char *bytes, size_t length)
{
	size_t i;

	if (bytes[0] == '\t') {
		text_append_bytes(out, " ", 1);
		return 1;
	}
	for (i = 0; i < length; i++)
		text_append(out, "\\x%02x", (unsigned char)bytes[i]);
	return 4 * length;
}

size_t printable_append(struct text *out, const char *bytes, size_t size)
{
	size_t columns = 0;
	size_t done, length;

	for (done = 0; done < size; done += length) {
		const char *at = bytes + done;

		length = printable_length(at, size - done);
		if (printable_is_plain(at, length)) {
			text_append_bytes(out, at, length);
			columns++;
		} else {
			columns += append_escaped(out, at, length);
		}
	}
	return columns;
}
