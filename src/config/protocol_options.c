/* SPDX-License-Identifier: MIT */
/* protocol_options.c - the protocol of a service and its own directives. */
#include "config/protocol_options.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "config/apply.h"
#include "config/layout.h"
#include "config/rows.h"
#include "config/value.h"

#define PROTOCOLS_MAX 64 /* names that are searched for the nearest */

/* ---- Its table ------------------------------------------------------- */

/* How each kind of cohort.h is stored and written. */
struct kind {
	const struct value_kind *kind;
	unsigned char width;
	const struct value_word *words;
};

/* clang-format off */
static const struct kind kinds[] = {
	[COHORT_VALUE_BOOLEAN] = {&value_choice, sizeof(bool), value_words_boolean},
	[COHORT_VALUE_NUMBER] = {&value_number, sizeof(uint64_t), NULL},
	[COHORT_VALUE_SIZE] = {&value_size, sizeof(uint64_t), NULL},
	[COHORT_VALUE_DURATION] = {&value_duration, sizeof(int64_t), value_words_off},
	[COHORT_VALUE_STRING] = {&value_string, sizeof(const char *), NULL},
	[COHORT_VALUE_CHOICE] = {&value_index, sizeof(int), NULL},
	[COHORT_VALUE_ADDRESS] = {&value_remote, sizeof(const char *), NULL},
	[COHORT_VALUE_FILE] = {&value_file, sizeof(const char *), NULL},
	[COHORT_VALUE_ROWS] = {&value_rows, sizeof(struct cohort_rows), NULL},
};
/* clang-format on */

bool protocol_options_knows(enum cohort_value kind)
{
	return (unsigned)kind < sizeof(kinds) / sizeof(kinds[0]);
}

static void append_directive(struct directive_list *list,
			     const struct cohort_directive *own)
{
	const struct kind *kind = &kinds[own->kind];
	bool is_bounded = own->kind == COHORT_VALUE_NUMBER ||
			  own->kind == COHORT_VALUE_SIZE ||
			  own->kind == COHORT_VALUE_DURATION ||
			  own->kind == COHORT_VALUE_ROWS;
	const struct directive row = {
		.name = own->name,
		.kind = kind->kind,
		.offset = own->offset,
		.width = kind->width,
		.initial = own->initial,
		.words = kind->words,
		.minimum = is_bounded ? own->minimum : 0,
		.maximum = is_bounded ? own->maximum : 0,
		.help = own->help,
		.own = own,
		.is_repeatable = own->kind == COHORT_VALUE_ROWS,
	};

	directive_list_append(list, &row);
}

void directive_list_protocol(struct directive_list *list,
			     const struct cohort_protocol *protocol)
{
	const struct cohort_directive *own = protocol->directives;

	list->count = 0;
	for (; own && own->name; own++)
		append_directive(list, own);
}

void directive_list_columns(struct directive_list *list,
			    const struct cohort_directive *columns)
{
	const struct cohort_directive *own = columns;

	list->count = 0;
	for (; own->name; own++) {
		if (own->kind == COHORT_VALUE_ROWS)
			log_bug("the column %s: rows within rows", own->name);
		append_directive(list, own);
	}
}

/* ---- Choosing one ---------------------------------------------------- */

void protocol_options_choose(struct reading *reading,
			     struct config_service *service,
			     const struct cohort_protocol *protocol)
{
	struct directive_list own;

	service->protocol = protocol;
	service->protocol_options = NULL;
	service->protocol_text = NULL;
	if (!protocol->directives)
		return;
	directive_list_protocol(&own, protocol);
	service->protocol_options =
		arena_take(reading->arena, protocol->options_size);
	value_set_initial(&own, service->protocol_options, reading->arena);
}

static int unknown(struct reading *reading, const char *word,
		   const struct position *where)
{
	const struct cohort_protocol *const *protocol = reading->protocols;
	const char *names[PROTOCOLS_MAX];
	const char *nearest;
	char quote[COMPLAINTS_QUOTE], hint[COMPLAINTS_QUOTE];
	size_t count = 0;

	while (*protocol && count < PROTOCOLS_MAX)
		names[count++] = (*protocol++)->name;
	nearest = text_nearest(word, names, count);
	snprintf(hint, sizeof(hint), "; did you mean '%.64s'?",
		 nearest ? nearest : "");
	return complain(&reading->complaints, where, "unknown protocol %s%s",
			complaints_quote(quote, word), nearest ? hint : "");
}

const struct cohort_protocol *
protocol_options_known(const struct reading *reading, const char *name)
{
	const struct cohort_protocol *const *protocol = reading->protocols;

	while (*protocol && strcmp((*protocol)->name, name) != 0)
		protocol++;
	return *protocol;
}

const struct cohort_protocol *
protocol_options_find(struct reading *reading, const char *name,
		      const struct position *where)
{
	const struct cohort_protocol *protocol =
		protocol_options_known(reading, name);

	if (!protocol)
		unknown(reading, name, where);
	return protocol;
}

/* ---- One of a plug-in that is not opened ----------------------------- */

/* Only a loader or a worker could say what its block means. */
static bool is_opaque(const struct reading *reading, const char *name)
{
	return reading->is_canonical && !reading->opener &&
	       reading->config->plugin_count > 0 &&
	       !protocol_options_known(reading, name);
}

static int apply_opaque(struct reading *reading,
			const struct statement *statement,
			struct config_service *service)
{
	struct cohort_protocol *protocol =
		arena_take(reading->arena, sizeof(*protocol));
	const struct position *begin = &statement->name->where;
	size_t end = statement->has_block ? statement->closed + 1
					  : statement->end.offset;
	const char *name = statement->name->next->text;
	struct text text = {.bytes = NULL};

	protocol->name = arena_copy(reading->arena, name, strlen(name));
	protocol_options_choose(reading, service, protocol);
	text_append_bytes(&text, begin->source->text + begin->offset,
			  end - begin->offset);
	text_append(&text, "%s", statement->has_block ? "" : ";");
	service->protocol_text =
		arena_copy(reading->arena, text.bytes, text.size);
	text_release(&text);
	return 0;
}

/* ---- The statement --------------------------------------------------- */

static int apply_block(struct reading *reading,
		       const struct statement *statement,
		       const struct config_service *service,
		       const struct directive_list *own)
{
	const struct target target = {
		.object = service->protocol_options,
		.size_bytes = service->protocol->options_size,
	};
	struct scope scope = {
		.list = own,
		.targets = &target,
		.target_count = 1,
		.name = "in a protocol's block",
	};

	return apply_statements(reading, &scope, statement->children);
}

int protocol_options_apply(struct reading *reading,
			   const struct statement *statement, void *object)
{
	const struct word *name = apply_only_argument(reading, statement);
	struct config_service *service = object;
	const struct cohort_protocol *protocol;
	struct directive_list own;

	if (!name)
		return -1;
	if (is_opaque(reading, name->text))
		return apply_opaque(reading, statement, service);
	protocol = protocol_options_find(reading, name->text, &name->where);
	if (!protocol)
		return -1;
	protocol_options_choose(reading, service, protocol);
	directive_list_protocol(&own, protocol);
	return apply_block(reading, statement, service, &own);
}

void protocol_options_check(struct reading *reading,
			    const struct config_service *service,
			    const struct position *where)
{
	struct directive_list own;
	unsigned i;

	directive_list_protocol(&own, service->protocol);
	for (i = 0; i < own.count; i++)
		if (own.rows[i].kind == &value_rows)
			rows_check(reading, &own.rows[i],
				   service->protocol_options, where);
}

/* ---- As text --------------------------------------------------------- */

/* The line before its own directives; false: it has none. */
static bool print_head(const struct config_service *service,
		       const struct directive_list *own, struct text *out)
{
	if (service->protocol_text) {
		text_append(out, "%*s%s\n", LAYOUT_INDENT, "",
			    service->protocol_text);
		return false;
	}
	layout_begin(out, 1, "protocol");
	value_print_word(service->protocol->name, out);
	text_append(out, own->count > 0 ? " {\n" : ";\n");
	return own->count > 0;
}

void protocol_options_print(const void *object, struct text *out)
{
	const struct config_service *service = object;
	struct directive_list own;

	directive_list_protocol(&own, service->protocol);
	if (!print_head(service, &own, out))
		return;
	layout_rows(out, 2, &own, service->protocol_options);
	text_append(out, "%*s}\n", LAYOUT_INDENT, "");
}

void protocol_options_print_state(const void *object, struct text *out)
{
	const struct config_service *service = object;
	struct layout_initial initial;
	struct directive_list own;
	struct arena *arena;
	void *options;

	directive_list_protocol(&own, service->protocol);
	if (!print_head(service, &own, out))
		return;
	arena = arena_new();
	options = arena_take(arena, service->protocol->options_size);
	value_set_initial(&own, options, arena);
	layout_initial_init(&initial, 2, &own, options);
	layout_rows_state(out, 2, &own, service->protocol_options, &initial);
	layout_initial_release(&initial);
	arena_free(arena);
	text_append(out, "%*s}\n", LAYOUT_INDENT, "");
}
