/* SPDX-License-Identifier: MIT */
/* line.c - an echo by lines: each comes back when it is complete.
 *
 * A line ends with \n; a \r before it is one of its bytes and comes back like
 * the others, so that every client gets the ends that it sends.  The last one
 * may lack its end, and gets one. */
#include "protocols/protocols.h"

#define LIMIT_DEFAULT 65536
#define BLOCK_BYTES   4096

struct line_options {
	bool is_upper_case;
	uint64_t limit;
};

static const struct cohort_directive directives[] = {
	{.name = "upper_case",
	 .kind = COHORT_VALUE_BOOLEAN,
	 .offset = offsetof(struct line_options, is_upper_case),
	 .initial = "off",
	 .help = "letters come back as capitals (ASCII)"},
	{.name = "limit",
	 .kind = COHORT_VALUE_SIZE,
	 .offset = offsetof(struct line_options, limit),
	 .initial = "64k",
	 .minimum = 1,
	 .maximum = UINT32_C(1) << 30,
	 .help = "the longest line; a client that sends more is cut off"},
	{.name = NULL},
};

static const struct cohort_framing framing = {
	.kind = COHORT_FRAMING_DELIMITER,
	.delimiter = "\n",
	.delimiter_size = 1,
	.limit = LIMIT_DEFAULT,
	.takes_unterminated = true,
};

/* The limit is the configuration's. */
static void line_made(struct cohort_transport *t, void *session)
{
	const struct line_options *options = cohort_options(t);
	struct cohort_framing own = framing;

	(void)session;
	if (options == NULL || options->limit == LIMIT_DEFAULT)
		return;
	own.limit = (size_t)options->limit;
	if (cohort_set_framing(t, &own) < 0)
		cohort_abort(t);
}

/* In the C locale, whatever the environment says. */
static char capital(char letter)
{
	return letter >= 'a' && letter <= 'z' ? (char)(letter - 'a' + 'A')
					      : letter;
}

/* In blocks, so that a long line needs no memory of its own. */
static void write_capitals(struct cohort_transport *t, const char *line,
			   size_t size)
{
	char block[BLOCK_BYTES];
	size_t used = 0, i;

	for (i = 0; i < size; i++) {
		block[used++] = capital(line[i]);
		if (used == sizeof(block)) {
			if (cohort_write(t, block, used) < 0)
				return;
			used = 0;
		}
	}
	block[used++] = '\n';
	cohort_write(t, block, used);
}

static void line_received(struct cohort_transport *t, void *session,
			  const void *line, size_t size)
{
	const struct line_options *options = cohort_options(t);

	(void)session;
	if (options != NULL && options->is_upper_case)
		write_capitals(t, line, size);
	else
		cohort_write_frame(t, NULL, line, size);
}

const struct cohort_protocol protocol_line = {
	.name = "line",
	.directives = directives,
	.options_size = sizeof(struct line_options),
	.framing = &framing,
	.connection_made = line_made,
	.frame_received = line_received,
	.holds_reading = true,
};
