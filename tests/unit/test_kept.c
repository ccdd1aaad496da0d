/* SPDX-License-Identifier: MIT */
/* test_kept.c - a state on its way to somebody who does not read. */
#include "process/kept.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "check.h"

#define TEXT_BYTES  4000000 /* more than any channel holds */
#define PATIENCE_MS 50

static void test_a_stopped_successor_is_given_up(void)
{
	static char bytes[TEXT_BYTES];
	struct kept kept;
	struct error error;
	int ends[2];

	memset(&kept, 0, sizeof(kept));
	memset(bytes, 'x', sizeof(bytes));
	CHECK(channel_pair(ends, &error) == 0);
	text_append_bytes(&kept.text, bytes, sizeof(bytes));
	check_int(kept_send(ends[0], &kept, clock_now_ms() + PATIENCE_MS), -1);
	check_int(errno, ETIMEDOUT);
	close(ends[0]);
	close(ends[1]);
	kept_release(&kept);
}

int main(void)
{
	test_a_stopped_successor_is_given_up();
	return check_result();
}
