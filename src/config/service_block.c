/* SPDX-License-Identifier: MIT */
/* service_block.c - the top of a configuration. */
#include "config/service_block.h"

#include <string.h>

#include "config/apply.h"
#include "config/draft.h"

#define NAME_CHARACTERS                                                        \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"

static bool is_service(const struct statement *statement)
{
	return strcmp(statement->name->text, "service") == 0;
}

/* ---- Blocks ---------------------------------------------------------- */

/* The name of a block that has the right shape, or NULL after a complaint. */
static const struct word *block_name(struct reading *reading,
				     const struct statement *statement)
{
	const struct word *name = apply_only_argument(reading, statement);
	char quote[COMPLAINTS_QUOTE];
	size_t size;

	if (!name)
		return NULL;
	size = strlen(name->text);
	if (size == 0 || size > DRAFT_SERVICE_NAME_MAX ||
	    name->text[strspn(name->text, NAME_CHARACTERS)] != '\0') {
		complain(&reading->complaints, &name->where,
			 "%s cannot be a service's name: it has 1 to %d of "
			 "A-Z a-z 0-9 _ . -",
			 complaints_quote(quote, name->text),
			 DRAFT_SERVICE_NAME_MAX);
		return NULL;
	}
	if (!statement->has_block) {
		complain(&reading->complaints, &statement->end,
			 "a service has a block: { listen 127.0.0.1:8888; }");
		return NULL;
	}
	return name;
}

static void apply_block(struct reading *reading, struct draft *draft,
			const struct statement *statement)
{
	const struct target target = {&draft->service, sizeof(draft->service),
				      draft->where};
	struct scope scope = {
		.list = &reading->service_directives,
		.targets = &target,
		.target_count = 1,
		.name = "in a service",
	};

	if (apply_statements(reading, &scope, statement->children) < 0)
		draft->is_faulty = true;
}

static struct draft *new_service(struct reading *reading,
				 const struct word *name)
{
	struct draft *draft = draft_find(reading, name->text);
	char place[COMPLAINTS_QUOTE];

	if (draft) {
		complain(&reading->complaints, &name->where,
			 "there is a service '%s' at %s already", name->text,
			 complaints_place(place, &draft->position));
		return NULL;
	}
	if (reading->draft_count == CONFIG_SERVICES_MAX) {
		complain(&reading->complaints, &name->where,
			 "there are more than %d services",
			 CONFIG_SERVICES_MAX);
		return NULL;
	}
	return draft_new(reading, name->text, &name->where);
}

static void apply_new_service(struct reading *reading,
			      const struct statement *statement)
{
	const struct word *name = block_name(reading, statement);
	struct draft *draft = name ? new_service(reading, name) : NULL;

	if (draft)
		apply_block(reading, draft, statement);
}

/* ---- A file ---------------------------------------------------------- */

static void open_global(struct reading *reading, struct scope *scope,
			struct target *target)
{
	*target = (struct target){reading->config, sizeof(*reading->config),
				  reading->global_where};
	*scope = (struct scope){
		.list = &reading->global_directives,
		.targets = target,
		.target_count = 1,
		.name = "outside of one",
	};
}

void service_block_apply_file(struct reading *reading,
			      const struct statement *list)
{
	struct target target;
	struct scope global;

	open_global(reading, &global, &target);
	for (; list; list = list->next) {
		if (is_service(list))
			apply_new_service(reading, list);
		else
			apply_statement(reading, &global, list);
	}
}

/* ---- An override ----------------------------------------------------- */

static void apply_bare(struct reading *reading, const struct statement *list)
{
	struct target targets[CONFIG_SERVICES_MAX];
	struct target target;
	struct draft *draft;
	struct scope global;
	struct scope every = {
		.list = &reading->service_directives,
		.targets = targets,
		.name = "outside of one",
	};

	for (draft = reading->drafts; draft; draft = draft->next)
		targets[every.target_count++] = (struct target){
			&draft->service, sizeof(draft->service), draft->where};
	open_global(reading, &global, &target);
	for (; list; list = list->next) {
		if (is_service(list))
			continue;
		if (directive_find(every.list, list->name->text))
			apply_statement(reading, &every, list);
		else
			apply_statement(reading, &global, list);
	}
}

/* Was the service named by an earlier block of the same text? */
static bool is_repeated(const struct statement *list,
			const struct statement *statement)
{
	const char *name = statement->name->next->text;

	for (; list != statement; list = list->next)
		if (is_service(list) && list->name->next &&
		    strcmp(list->name->next->text, name) == 0)
			return true;
	return false;
}

static const char *nearest_service(const struct reading *reading,
				   const char *name)
{
	const char *names[CONFIG_SERVICES_MAX];
	const struct draft *draft;
	size_t count = 0;

	for (draft = reading->drafts; draft; draft = draft->next)
		names[count++] = draft->service.name;
	return text_nearest(name, names, count);
}

static void merge_service(struct reading *reading, const struct statement *list,
			  const struct statement *statement)
{
	const struct word *name = block_name(reading, statement);
	const char *nearest;
	struct draft *draft;

	if (!name)
		return;
	draft = draft_find(reading, name->text);
	nearest = nearest_service(reading, name->text);
	if (!draft)
		complain(&reading->complaints, &name->where,
			 "there is no service '%s' to change%s%s", name->text,
			 nearest ? "; did you mean " : "",
			 nearest ? nearest : "");
	else if (is_repeated(list, statement))
		complain(&reading->complaints, &name->where,
			 "service '%s' was given already", name->text);
	else
		apply_block(reading, draft, statement);
}

void service_block_apply_override(struct reading *reading,
				  const struct statement *list)
{
	const struct statement *statement;

	reading->pass++;
	apply_bare(reading, list);
	reading->pass++; /* what a block says replaces what is bare */
	for (statement = list; statement; statement = statement->next)
		if (is_service(statement))
			merge_service(reading, list, statement);
}
