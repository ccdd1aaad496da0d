/* SPDX-License-Identifier: MIT */
/* kept.c - a state with its descriptors, in records. */
#include "process/kept.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FDS_AT_ONCE 100

static void clear(struct kept *kept)
{
	unsigned i;

	for (i = 0; i < kept->count; i++)
		if (kept->fds[i] >= 0)
			close(kept->fds[i]);
	kept->count = 0;
	kept->text.size = 0;
	kept->is_whole = false;
}

void kept_release(struct kept *kept)
{
	clear(kept);
	text_release(&kept->text);
	free(kept->numbers);
	free(kept->fds);
	memset(kept, 0, sizeof(*kept));
}

/* ---- Taking ---------------------------------------------------------- */

static int make_room(struct kept *kept, unsigned more)
{
	unsigned room = kept->count + more;
	int *numbers, *fds;

	if (room <= kept->room)
		return 0;
	numbers = realloc(kept->numbers, room * sizeof(int));
	if (!numbers)
		return -1;
	kept->numbers = numbers;
	fds = realloc(kept->fds, room * sizeof(int));
	if (!fds)
		return -1;
	kept->fds = fds;
	kept->room = room;
	return 0;
}

static int take_fds(struct kept *kept, const struct record *record,
		    const int *fds)
{
	unsigned count = record->descriptor_count;

	if (record->size != count * sizeof(int) || count == 0 ||
	    make_room(kept, count) < 0)
		return -1;
	memcpy(kept->numbers + kept->count, record->data, record->size);
	memcpy(kept->fds + kept->count, fds, count * sizeof(int));
	kept->count += count;
	return 0;
}

int kept_take(struct kept *kept, const struct record *record, const int *fds)
{
	switch (record->type) {
	case RECORD_BEGIN: clear(kept); return 0;
	case RECORD_TEXT:
		text_append_bytes(&kept->text, record->data, record->size);
		return 0;
	case RECORD_FDS: return take_fds(kept, record, fds);
	case RECORD_END: kept->is_whole = true; return 0;
	default: return -1;
	}
}

int kept_find(const struct kept *kept, int number)
{
	unsigned i;

	for (i = 0; i < kept->count; i++)
		if (kept->numbers[i] == number)
			return kept->fds[i];
	return -1;
}

int kept_give(struct kept *kept, int number)
{
	unsigned i;
	int fd;

	for (i = 0; i < kept->count; i++) {
		if (kept->numbers[i] != number || kept->fds[i] < 0)
			continue;
		fd = kept->fds[i];
		kept->fds[i] = -1;
		return fd;
	}
	return -1;
}

/* ---- Sending --------------------------------------------------------- */

static int send_text(int fd, const struct text *text, int64_t until_ms)
{
	struct channel_load load = {0};
	size_t done;

	for (done = 0; done < text->size; done += load.size) {
		load.data = text->bytes + done;
		load.size = text->size - done < RECORD_DATA_BYTES
				    ? (uint32_t)(text->size - done)
				    : RECORD_DATA_BYTES;
		if (channel_send_until(fd, RECORD_TEXT, &load, until_ms) < 0)
			return -1;
		load.number++;
	}
	return 0;
}

static int send_fds(int fd, const struct kept *kept, int64_t until_ms)
{
	struct channel_load load = {0};
	unsigned done;

	for (done = 0; done < kept->count; done += load.fd_count) {
		load.fd_count = kept->count - done < FDS_AT_ONCE
					? kept->count - done
					: FDS_AT_ONCE;
		load.fds = kept->fds + done;
		load.data = kept->numbers + done;
		load.size = load.fd_count * (uint32_t)sizeof(int);
		if (channel_send_until(fd, RECORD_FDS, &load, until_ms) < 0)
			return -1;
	}
	return 0;
}

int kept_send(int fd, const struct kept *kept, int64_t until_ms)
{
	const struct channel_load none = {0};

	if (channel_send_until(fd, RECORD_BEGIN, &none, until_ms) < 0 ||
	    send_text(fd, &kept->text, until_ms) < 0 ||
	    send_fds(fd, kept, until_ms) < 0)
		return -1;
	return channel_send_until(fd, RECORD_END, &none, until_ms);
}

/* The next record of a feed; its type. */
static enum record_type next_of_feed(const struct kept_feed *feed,
				     struct channel_load *load)
{
	size_t left = feed->text.size - feed->text_done;

	*load = (struct channel_load){.number = feed->pieces_done};
	if (!feed->has_begun)
		return RECORD_BEGIN;
	if (left > 0) {
		load->data = feed->text.bytes + feed->text_done;
		load->size = left < RECORD_DATA_BYTES ? (uint32_t)left
						      : RECORD_DATA_BYTES;
		return RECORD_TEXT;
	}
	if (feed->fds_done == feed->fd_count)
		return RECORD_END;
	load->fd_count = feed->fd_count - feed->fds_done;
	if (load->fd_count > FDS_AT_ONCE)
		load->fd_count = FDS_AT_ONCE;
	load->fds = feed->fds + feed->fds_done;
	load->data = load->fds;
	load->size = load->fd_count * (uint32_t)sizeof(int);
	return RECORD_FDS;
}

static bool is_full(int number)
{
	return number == EAGAIN || number == ENOBUFS || number == ENOMEM ||
	       number == ETOOMANYREFS;
}

int kept_feed_further(struct kept_feed *feed, struct channel *channel)
{
	struct channel_load load;
	enum record_type type;

	do {
		type = next_of_feed(feed, &load);
		if (channel_send(channel, type, &load) < 0)
			return is_full(errno) ? 0 : -1;
		feed->has_begun = true;
		feed->fds_done += load.fd_count;
		if (type == RECORD_TEXT) {
			feed->text_done += load.size;
			feed->pieces_done++;
		}
	} while (type != RECORD_END);
	return 1;
}
