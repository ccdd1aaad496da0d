/* SPDX-License-Identifier: MIT */
/* worker_plugins.c - a worker opens the plug-ins that a loader has checked, and
 * reads the configuration again: what the supervisor has kept as text becomes
 * options. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/list.h"
#include "config/read.h"
#include "process/plugin.h"
#include "process/spawn.h"
#include "process/worker_internal.h"

#define SOURCE_NAME "canonical text"
#define WARNING     "warning: "

struct opening {
	struct config_opener opener;
	const struct worker_order *order;
	unsigned index; /* of the next one */
};

static int number_of(const struct worker_order *order, unsigned index)
{
	return SPAWN_FIRST_LISTENER + (int)(order->listener_count + index);
}

/* They are opened in the order in which they stand in the configuration. */
static const struct cohort_protocol *const *
open_checked(struct config_opener *opener, const char *path,
	     struct error *error)
{
	struct opening *opening = list_entry(opener, struct opening, opener);
	int number = number_of(opening->order, opening->index++);
	const struct cohort_protocol *const *list = plugin_open(number, error);

	(void)path;
	/* It was right for the program that has copied it. */
	if (!list && error->number == ENOEXEC)
		error_prefix(error,
			     "the copy that an upgrade goes on with (to take "
			     "the file, stop and start): ");
	return list;
}

/* If it dies, the supervisor finds out of what. */
static void announce(struct config_opener *opener, const char *complaint)
{
	const struct opening *opening =
		list_entry(opener, struct opening, opener);
	uint64_t *cells = scoreboard_cells(opening->order->page);

	scoreboard_store(&cells[SCOREBOARD_CALLBACK_SERVICE], opening->index);
	scoreboard_store(&cells[SCOREBOARD_CALLBACK_MS],
			 (uint64_t)clock_now_ms());
	scoreboard_store(&cells[SCOREBOARD_CALLBACK],
			 complaint ? SCOREBOARD_IN_LOAD : SCOREBOARD_IN_NONE);
}

/* The message of a complaint that begins at `line`, or NULL: it is no error. */
static const char *message_of(const char *line)
{
	if (strncmp(line, SOURCE_NAME ":", strlen(SOURCE_NAME ":")) != 0)
		return NULL;
	line += strlen(SOURCE_NAME);
	line += strspn(line, ":0123456789");
	line += strspn(line, " ");
	return strncmp(line, WARNING, strlen(WARNING)) == 0 ? NULL : line;
}

/* The first error, without the place in a text that nobody has seen. */
static void take_words(const struct text *complaints, struct error *error)
{
	const char *line = complaints->size > 0 ? complaints->bytes : NULL;
	const char *message = NULL;

	while (line && !message) {
		message = message_of(line);
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	if (!message)
		message = "the configuration cannot be read again";
	error_set(error, "opening the plug-ins again: %.*s",
		  (int)strcspn(message, "\n"), message);
}

static struct config *read_again(const struct worker_order *order,
				 struct error *error)
{
	struct opening opening = {
		.opener = {open_checked, announce},
		.order = order,
	};
	struct text canonical = {0}, complaints = {0};
	struct config_source source = {.name = SOURCE_NAME};
	struct config *config;

	config_print(order->config, &canonical);
	source.text = canonical.bytes;
	source.size = canonical.size;
	config = config_parse_whole(&source, order->protocols, &opening.opener,
				    &complaints);
	if (!config)
		take_words(&complaints, error);
	text_release(&complaints);
	text_release(&canonical);
	return config;
}

/* What a constructor opens must not get the numbers of listeners that are still
 * to be bound, which go there whoever has them. */
static int hold_numbers(const struct worker_order *order, struct error *error)
{
	unsigned i;

	for (i = 0; i < order->listener_count; i++)
		if (!order->listeners[i].is_banked &&
		    dup3(STDIN_FILENO, SPAWN_FIRST_LISTENER + (int)i,
			 O_CLOEXEC) < 0)
			return error_set_errno(error,
					       "cannot hold a descriptor");
	return 0;
}

int worker_open_plugins(struct worker *worker, struct error *error)
{
	const struct worker_order *order = worker->order;
	unsigned i;

	if (order->config->plugin_count == 0)
		return 0;
	if (hold_numbers(order, error) < 0)
		return -1;
	worker->own_config = read_again(order, error);
	if (!worker->own_config)
		return -1;
	/* What is mapped needs no descriptor, whose numbers others want. */
	for (i = 0; i < order->config->plugin_count; i++)
		close(number_of(order, i));
	worker->own_order = *order;
	worker->own_order.config = worker->own_config;
	worker->order = &worker->own_order;
	return 0;
}
