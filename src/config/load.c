/* SPDX-License-Identifier: MIT */
/* load.c - a configuration from files and the command line: defaults, then
 * the file or the implied service, then -o and -w. */
#include <stdio.h>
#include <string.h>

#include "config/check.h"
#include "config/draft.h"
#include "config/include.h"
#include "config/listen.h"
#include "config/load_directive.h"
#include "config/protocol_options.h"
#include "config/read.h"
#include "config/service_block.h"
#include "config/value.h"

#define IMPLIED_SERVICE "default"
#define IMPLIED_LISTEN  "127.0.0.1:8888"

static const struct config_source implied_source = {"default", "", 0};
static const struct config_source listen_source = {"-l", "", 0};
static const struct config_source protocol_source = {"-p", "", 0};
static const struct config_source workers_source = {"-w", "", 0};

/* ---- Without a file -------------------------------------------------- */

static void imply_listen(struct reading *reading, struct draft *draft,
			 const char *address)
{
	const struct config_listen listen = {
		.mode = -1, .owner = -1, .group = -1};
	const struct word word = {
		.where.source = &listen_source,
		.text = address,
	};

	if (listen_add(reading, draft, &listen, &word) < 0)
		draft->is_faulty = true;
}

static void imply_protocol(struct reading *reading, struct draft *draft,
			   const char *name)
{
	const struct position whole = {.source = &protocol_source};
	const struct cohort_protocol *protocol =
		protocol_options_find(reading, name, &whole);

	if (protocol)
		protocol_options_choose(reading, &draft->service, protocol);
}

static void imply_service(struct reading *reading,
			  const struct config_request *request)
{
	const struct position whole = {.source = &implied_source};
	struct draft *draft = draft_new(reading, IMPLIED_SERVICE, &whole);
	unsigned i;

	if (request->protocol)
		imply_protocol(reading, draft, request->protocol);
	for (i = 0; i < request->listen_count; i++)
		imply_listen(reading, draft, request->listens[i]);
	if (request->listen_count == 0)
		imply_listen(reading, draft, IMPLIED_LISTEN);
}

/* ---- What overrides -------------------------------------------------- */

static struct statement *read_override(struct reading *reading,
				       const char *text, unsigned number)
{
	struct config_source *source =
		arena_take(reading->scratch, sizeof(*source));
	char name[32];

	snprintf(name, sizeof(name), "-o#%u", number);
	source->name = arena_copy(reading->scratch, name, strlen(name));
	source->text = text;
	source->size = strlen(text);
	return include_read_text(reading, source);
}

static void override_workers(struct reading *reading, const char *word)
{
	const struct position whole = {.source = &workers_source};
	const struct directive *row =
		directive_find(&reading->global_directives, "workers");
	struct error error;

	if (row->kind->parse(row, word, reading->config, reading->arena,
			     &error) < 0)
		complain(&reading->complaints, &whole, "%s", error.text);
}

/* ---- All of it ------------------------------------------------------- */

/* The texts as trees, before anything is made of them. */
struct texts {
	struct statement *file;
	struct statement **overrides;
};

/* Plug-ins first: -p and any text may name what another one loads. */
static void read_texts(struct reading *reading, struct texts *texts,
		       const struct config_request *request)
{
	unsigned i, count = request->override_count;

	texts->overrides = arena_take(reading->scratch,
				      (count + 1) * sizeof(struct statement *));
	if (request->file)
		texts->file = include_read_file(reading, request->file);
	for (i = 0; i < count; i++)
		texts->overrides[i] =
			read_override(reading, request->overrides[i], i + 1);
	load_directive_open(reading, texts->file);
	for (i = 0; i < count; i++)
		load_directive_open(reading, texts->overrides[i]);
}

struct config *config_load(const struct config_request *request,
			   struct text *complaints)
{
	const struct config_source file = {
		.name = request->file ? request->file : IMPLIED_SERVICE,
		.text = "",
	};
	struct texts texts = {.file = NULL};
	struct reading reading;
	unsigned i;

	reading_open(&reading, complaints, request->protocols);
	reading.environment = request->environment;
	reading.opener = request->opener;
	read_texts(&reading, &texts, request);
	if (request->file)
		service_block_apply_file(&reading, texts.file);
	else
		imply_service(&reading, request);
	for (i = 0; i < request->override_count; i++)
		service_block_apply_override(&reading, texts.overrides[i]);
	if (request->workers)
		override_workers(&reading, request->workers);
	check_configuration(&reading, &file);
	return reading_close(&reading);
}
