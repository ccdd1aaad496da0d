/* SPDX-License-Identifier: MIT */
/* qotd.c - RFC 865: a quote of at most 512 characters, then the end.
 *
 * `file PATH` has the form of fortune(6): quotes, and lines of a single %
 * between them.  Each worker reads it when it starts, as the user that it runs
 * as, so a reload reads it anew; a file that cannot be used keeps the workers
 * from starting, and the old ones serve on.  A worker gives its quotes in turn;
 * where it begins differs from worker to worker.  Lines end in CR LF on the
 * wire, whatever they end in in the file. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocols/protocols.h"

#define QUOTE_BYTES    512 /* RFC 865 */
#define FILE_BYTES_MAX (16 << 20)

struct qotd_options {
	const char *file; /* NULL: those below */
};

static const struct cohort_directive directives[] = {
	{.name = "file",
	 .kind = COHORT_VALUE_FILE,
	 .offset = offsetof(struct qotd_options, file),
	 .help = "quotes with lines of a single % between them"},
	{.name = NULL},
};

static const char built_in[] =
	"Be conservative in what you do,\n"
	"be liberal in what you accept from others.\n"
	"\t\t-- Jon Postel, RFC 761\n"
	"%\n"
	"The purpose of computing is insight, not numbers.\n"
	"\t\t-- Richard Hamming\n"
	"%\n"
	"Controlling complexity is the essence of computer programming.\n"
	"\t\t-- Brian Kernighan\n"
	"%\n"
	"The cheapest, fastest, and most reliable components are those\n"
	"that aren't there.\n"
	"\t\t-- Gordon Bell\n"
	"%\n"
	"A distributed system is one in which the failure of a computer\n"
	"you didn't even know existed can render your own computer unusable.\n"
	"\t\t-- Leslie Lamport\n";

struct quote {
	size_t offset; /* in the text */
	size_t size;
};

struct qotd_worker {
	char *text; /* of all quotes, as they go out */
	size_t text_bytes;
	struct quote *quotes;
	size_t count;
	size_t next;
};

/* What is being read. */
struct source {
	struct cohort_worker *w;
	const char *name; /* of the file */
	unsigned line;
	size_t size;             /* of the quote that is being read … */
	char quote[QUOTE_BYTES]; /* … as far as it goes */
};

static int refuse(const struct source *source, const char *why)
{
	cohort_worker_log(source->w, COHORT_LOG_ERROR, "%s: %s", source->name,
			  why);
	return -1;
}

/* ---- Into quotes ----------------------------------------------------- */

/* Room for one more quote; 0, or -1. */
static int make_room(struct qotd_worker *worker, size_t text_bytes)
{
	char *text = realloc(worker->text, worker->text_bytes + text_bytes);
	struct quote *quotes;

	if (text == NULL)
		return -1;
	worker->text = text;
	quotes = realloc(worker->quotes,
			 (worker->count + 1) * sizeof(*worker->quotes));
	if (quotes == NULL)
		return -1;
	worker->quotes = quotes;
	return 0;
}

static int end_quote(struct source *source, struct qotd_worker *worker)
{
	if (source->size == 0)
		return 0;
	if (make_room(worker, source->size) < 0)
		return refuse(source, strerror(errno));
	memcpy(worker->text + worker->text_bytes, source->quote, source->size);
	worker->quotes[worker->count++] = (struct quote){
		.offset = worker->text_bytes,
		.size = source->size,
	};
	worker->text_bytes += source->size;
	source->size = 0;
	return 0;
}

static int add_line(struct source *source, const char *line, size_t size)
{
	if (size + 2 > QUOTE_BYTES - source->size) {
		cohort_worker_log(source->w, COHORT_LOG_ERROR,
				  "%s:%u: a quote of more than %d characters, "
				  "which RFC 865 does not allow",
				  source->name, source->line, QUOTE_BYTES);
		return -1;
	}
	memcpy(source->quote + source->size, line, size);
	memcpy(source->quote + source->size + size, "\r\n", 2);
	source->size += size + 2;
	return 0;
}

static int read_line(struct source *source, struct qotd_worker *worker,
		     const char *line, size_t size)
{
	source->line++;
	if (size > 0 && line[size - 1] == '\r')
		size--;
	if (size == 1 && line[0] == '%')
		return end_quote(source, worker);
	/* Empty lines before a quote are none of its own. */
	if (size == 0 && source->size == 0)
		return 0;
	return add_line(source, line, size);
}

static int read_text(struct source *source, struct qotd_worker *worker,
		     const char *text, size_t size)
{
	const char *end = text + size;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *line_end = newline != NULL ? newline : end;

		if (read_line(source, worker, text, (size_t)(line_end - text)) <
		    0)
			return -1;
		text = line_end + 1;
	}
	if (end_quote(source, worker) < 0)
		return -1;
	return worker->count > 0 ? 0 : refuse(source, "it has no quote");
}

/* ---- From the file --------------------------------------------------- */

static int read_descriptor(struct source *source, struct qotd_worker *worker,
			   int fd)
{
	struct stat status;
	ssize_t size;
	char *text;
	int result;

	if (fstat(fd, &status) < 0)
		return refuse(source, strerror(errno));
	if (!S_ISREG(status.st_mode) || status.st_size > FILE_BYTES_MAX)
		return refuse(source, "no regular file of at most 16 MiB");
	text = malloc((size_t)status.st_size + 1);
	if (text == NULL)
		return refuse(source, strerror(errno));
	size = read(fd, text, (size_t)status.st_size);
	result = size < 0 ? refuse(source, strerror(errno))
			  : read_text(source, worker, text, (size_t)size);
	free(text);
	return result;
}

/* O_NONBLOCK: a FIFO would keep the worker waiting. */
static int read_file(struct source *source, struct qotd_worker *worker)
{
	int fd = open(source->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int result;

	if (fd < 0)
		return refuse(source, strerror(errno));
	result = read_descriptor(source, worker, fd);
	close(fd);
	return result;
}

/* ---- The protocol ---------------------------------------------------- */

static void qotd_stop(struct cohort_worker *w, void *state)
{
	struct qotd_worker *worker = state;

	(void)w;
	free(worker->quotes);
	free(worker->text);
}

static int qotd_start(struct cohort_worker *w, void *state)
{
	const struct qotd_options *options = cohort_worker_options(w);
	struct source source = {.w = w, .name = "built-in quotes"};
	struct qotd_worker *worker = state;
	struct cohort_worker_info info;
	int result;

	if (options != NULL && options->file != NULL) {
		source.name = options->file;
		result = read_file(&source, worker);
	} else {
		result = read_text(&source, worker, built_in,
				   sizeof(built_in) - 1);
	}
	if (result < 0) {
		qotd_stop(w, state);
		return -1;
	}
	cohort_worker_info(w, &info);
	worker->next = info.worker % worker->count;
	return 0;
}

static void qotd_made(struct cohort_transport *t, void *session)
{
	struct qotd_worker *worker = cohort_worker_state(cohort_worker(t));
	const struct quote *quote = &worker->quotes[worker->next];

	(void)session;
	worker->next = (worker->next + 1) % worker->count;
	cohort_write(t, worker->text + quote->offset, quote->size);
	cohort_close(t);
}

const struct cohort_protocol protocol_qotd = {
	.name = "qotd",
	.directives = directives,
	.options_size = sizeof(struct qotd_options),
	.connection_made = qotd_made,
	.worker_size = sizeof(struct qotd_worker),
	.worker_start = qotd_start,
	.worker_stop = qotd_stop,
};
