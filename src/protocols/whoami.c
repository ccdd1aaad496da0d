/* SPDX-License-Identifier: MIT */
/* whoami.c - tells a client who it is: one line of JSON, then the end.
 *
 *	{"peer":"192.0.2.1:5000","local":"127.0.0.1:80","proxy":2,
 *	 "raw_peer":"127.0.0.1:6000","raw_local":"127.0.0.1:8888",
 *	 "authority":"example.com","worker":0,"service":"default","id":16777216,
 *	 "rtt_us":40,…}
 *
 * The members from `proxy` on to those of TLVs come with a PROXY header. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "protocols/protocols.h"

#define LINE_BYTES 12288
#define TLV_BYTES  255 /* of a value that is shown, each six bytes at most */

/* All that can come fits: four addresses, a service's name and four TLVs are
 * less than LINE_BYTES also if every byte of them is escaped. */
struct line {
	char bytes[LINE_BYTES];
	size_t used;
};

static void append(struct line *line, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void append(struct line *line, const char *format, ...)
{
	size_t room = sizeof(line->bytes) - line->used;
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vsnprintf(line->bytes + line->used, room, format, arguments);
	va_end(arguments);
	if (size > 0)
		line->used += (size_t)size < room ? (size_t)size : room - 1;
}

/* ---- Strings (RFC 8259, 7 and 8.1) ----------------------------------- */

/* RFC 3629, 4: by its first byte, how many follow, and what the second is. */
static const struct lead {
	unsigned char first, last, count, least, most;
} leads[] = {
	{0x00, 0x7f, 0, 0x80, 0xbf}, {0xc2, 0xdf, 1, 0x80, 0xbf},
	{0xe0, 0xe0, 2, 0xa0, 0xbf}, {0xe1, 0xec, 2, 0x80, 0xbf},
	{0xed, 0xed, 2, 0x80, 0x9f}, {0xee, 0xef, 2, 0x80, 0xbf},
	{0xf0, 0xf0, 3, 0x90, 0xbf}, {0xf1, 0xf3, 3, 0x80, 0xbf},
	{0xf4, 0xf4, 3, 0x80, 0x8f},
};

/* The bytes of the character that begins there; 0: it is none. */
static size_t measure(const unsigned char *bytes, size_t size)
{
	size_t i, row = 0;

	while (row < sizeof(leads) / sizeof(leads[0]) &&
	       bytes[0] > leads[row].last)
		row++;
	if (row == sizeof(leads) / sizeof(leads[0]) ||
	    bytes[0] < leads[row].first || leads[row].count >= size)
		return 0;
	for (i = 1; i <= leads[row].count; i++)
		if (bytes[i] < (i == 1 ? leads[row].least : 0x80) ||
		    bytes[i] > (i == 1 ? leads[row].most : 0xbf))
			return 0;
	return i;
}

static void append_character(struct line *line, const unsigned char *bytes,
			     size_t size)
{
	if (size == 0)
		append(line, "\\ufffd");
	else if (bytes[0] == '"' || bytes[0] == '\\')
		append(line, "\\%c", bytes[0]);
	else if (bytes[0] < ' ' || bytes[0] == 0x7f)
		append(line, "\\u%04x", bytes[0]);
	else
		append(line, "%.*s", (int)size, (const char *)bytes);
}

/* What is not UTF-8 in a path cannot be said in JSON. */
static void append_string(struct line *line, const char *name,
			  const void *value, size_t size)
{
	const unsigned char *bytes = value;
	size_t done = 0;

	append(line, "\"%s\":\"", name);
	while (done < size) {
		size_t length = measure(bytes + done, size - done);

		append_character(line, bytes + done, length);
		done += length > 0 ? length : 1;
	}
	append(line, "\",");
}

static void append_hex(struct line *line, const char *name, const void *value,
		       size_t size)
{
	const unsigned char *bytes = value;
	size_t i;

	append(line, "\"%s\":\"", name);
	for (i = 0; i < size; i++)
		append(line, "%02x", bytes[i]);
	append(line, "\",");
}

/* ---- What there is to say -------------------------------------------- */

typedef int ask(const struct cohort_transport *t,
		struct cohort_address *address);

/* A client that has gone is not told where it was. */
static void append_address(struct line *line, const char *name,
			   const struct cohort_transport *t, ask *end)
{
	struct cohort_address address;

	if (end(t, &address) == 0)
		append_string(line, name, address.text, strlen(address.text));
}

static const struct shown_tlv {
	enum cohort_proxy_tlv_type type;
	const char *name;
	void (*append)(struct line *line, const char *name, const void *value,
		       size_t size);
} shown_tlvs[] = {
	{COHORT_PROXY_TLV_ALPN, "alpn", append_string},
	{COHORT_PROXY_TLV_AUTHORITY, "authority", append_string},
	{COHORT_PROXY_TLV_UNIQUE_ID, "unique_id", append_hex},
	{COHORT_PROXY_TLV_NETNS, "netns", append_string},
};

static void append_proxy(struct line *line, const struct cohort_transport *t)
{
	enum cohort_proxy_version version = cohort_proxy_received(t);
	const void *value;
	size_t i, size;

	if (version == COHORT_PROXY_NONE)
		return;
	append(line, "\"proxy\":%d,", (int)version);
	append_address(line, "raw_peer", t, cohort_raw_peer);
	append_address(line, "raw_local", t, cohort_raw_local);
	for (i = 0; i < sizeof(shown_tlvs) / sizeof(shown_tlvs[0]); i++)
		if (cohort_proxy_tlv(t, shown_tlvs[i].type, &value, &size) ==
			    0 &&
		    size <= TLV_BYTES)
			shown_tlvs[i].append(line, shown_tlvs[i].name, value,
					     size);
}

static void append_info(struct line *line, const struct cohort_transport *t)
{
	struct cohort_info info;

	cohort_info(t, &info);
	append(line, "\"worker\":%u,", info.worker);
	append_string(line, "service", info.service, strlen(info.service));
	append(line,
	       "\"id\":%" PRIu64 ",\"rtt_us\":%" PRIu32
	       ",\"rtt_variance_us\":%" PRIu32 ",\"cwnd_segments\":%" PRIu32
	       ",\"ssthresh_segments\":%" PRIu32
	       ",\"retransmits_count\":%" PRIu32 "}\n",
	       info.id, info.rtt_us, info.rtt_variance_us, info.cwnd_segments,
	       info.ssthresh_segments, info.retransmits_count);
}

static void whoami_made(struct cohort_transport *t, void *session)
{
	struct line line;

	(void)session;
	line.used = 0;
	append(&line, "{");
	append_address(&line, "peer", t, cohort_peer);
	append_address(&line, "local", t, cohort_local);
	append_proxy(&line, t);
	append_info(&line, t);
	/* If it cannot be written the transport has ended already. */
	(void)cohort_write(t, line.bytes, line.used);
	cohort_close(t);
}

const struct cohort_protocol protocol_whoami = {
	.name = "whoami",
	.connection_made = whoami_made,
};
