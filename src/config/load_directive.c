/* SPDX-License-Identifier: MIT */
/* load_directive.c - `load FILE;`: protocols from a shared object. */
#include "config/load_directive.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "config/apply.h"
#include "config/config.h"
#include "config/layout.h"
#include "config/protocol_check.h"
#include "config/protocol_options.h"
#include "config/value.h"

#define PROTOCOLS_MAX 16 /* of one plug-in */

/* ---- The file -------------------------------------------------------- */

/* Beside the file that names it, and absolute: workers have no other way to
 * call it, whatever their directory. */
static int find_path(struct text *path, const struct word *name,
		     struct error *error)
{
	const char *includer = name->where.source->name;
	const char *slash = strrchr(includer, '/');
	char directory[PATH_MAX];

	if (name->text[0] == '\0')
		return error_set(error, "the name of the file is empty");
	if (name->text[0] != '/') {
		if (!slash || includer[0] != '/') {
			if (!getcwd(directory, sizeof(directory)))
				return error_set_errno(
					error, "there is no working directory");
			text_append(path, "%s/", directory);
		}
		if (slash)
			text_append_bytes(path, includer,
					  (size_t)(slash + 1 - includer));
	}
	text_append(path, "%s", name->text);
	if (path->size >= PATH_MAX)
		return error_set(error,
				 "the name of the file is longer than "
				 "%d bytes",
				 PATH_MAX - 1);
	return 0;
}

/* ---- Its protocols --------------------------------------------------- */

static unsigned count_protocols(const struct cohort_protocol *const *list)
{
	unsigned count = 0;

	while (list[count])
		count++;
	return count;
}

static int refuse_taken(const struct reading *reading, const char *name,
			struct error *error)
{
	const struct config_plugin *owner;

	if (!protocol_options_known(reading, name))
		return 0;
	owner = config_plugin_of(reading->config, name);
	if (owner)
		return error_set(error,
				 "its protocol '%s' is one of %s already", name,
				 owner->path);
	return error_set(error, "its protocol '%s' is built in already", name);
}

/* One more at the end of those that are known, and of the plug-in's names. */
static void add_protocol(struct reading *reading, struct config_plugin *plugin,
			 const struct cohort_protocol *protocol)
{
	unsigned count = count_protocols(reading->protocols);
	const struct cohort_protocol **list =
		arena_take(reading->scratch,
			   (count + 2) * sizeof(struct cohort_protocol *));
	struct text names = {.bytes = NULL};

	memcpy((void *)list, (const void *)reading->protocols,
	       count * sizeof(struct cohort_protocol *));
	list[count] = protocol;
	reading->protocols = list;
	text_append(&names, "%s%s%s", plugin->names,
		    plugin->names[0] ? " " : "", protocol->name);
	plugin->names = arena_copy(reading->arena, names.bytes, names.size);
	text_release(&names);
}

static int add_protocols(struct reading *reading, struct config_plugin *plugin,
			 const struct cohort_protocol *const *list,
			 struct error *error)
{
	unsigned i;

	for (i = 0; list[i]; i++) {
		if (i == PROTOCOLS_MAX)
			return error_set(error, "it has more than %d protocols",
					 PROTOCOLS_MAX);
		if (protocol_check(list[i], error) < 0 ||
		    refuse_taken(reading, list[i]->name, error) < 0)
			return -1;
		add_protocol(reading, plugin, list[i]);
	}
	return 0;
}

/* ---- Opening --------------------------------------------------------- */

/* Whatever its code does to this process, whoever waits for us can say where
 * it comes from. */
static void announce(struct reading *reading, const struct word *name,
		     const char *path)
{
	struct config_opener *opener = reading->opener;
	struct text words = {.bytes = NULL};
	struct complaints complaints = {.out = &words};

	complain(&complaints, &name->where,
		 "load: '%s' ends or blocks the process that opens it (what do "
		 "its constructors do?)",
		 path);
	opener->announce(opener, words.bytes);
	text_release(&words);
}

static int open_plugin(struct reading *reading, struct config_plugin *plugin,
		       const struct word *name, struct error *error)
{
	struct config_opener *opener = reading->opener;
	const struct cohort_protocol *const *list;
	int status = -1;

	announce(reading, name, plugin->path);
	list = opener->open(opener, plugin->path, error);
	if (list)
		status = add_protocols(reading, plugin, list, error);
	opener->announce(opener, NULL);
	return status;
}

static int add_plugin(struct reading *reading, const struct word *name,
		      const char *path, struct error *error)
{
	struct config *config = reading->config;
	struct config_plugin *plugin = &config->plugins[config->plugin_count];

	if (config->plugin_count == CONFIG_PLUGINS_MAX)
		return error_set(error, "there are more than %d plug-ins",
				 CONFIG_PLUGINS_MAX);
	plugin->path = arena_copy(reading->arena, path, strlen(path));
	plugin->names = "";
	plugin->fd = -1;
	config->plugin_count++;
	if (reading->opener)
		return open_plugin(reading, plugin, name, error);
	if (reading->is_canonical)
		return 0;
	return error_set(error, "nothing can be loaded here");
}

static void load(struct reading *reading, const struct statement *statement)
{
	const struct word *name = apply_only_argument(reading, statement);
	struct text path = {.bytes = NULL};
	struct error error;

	if (!name || apply_refuse_block(reading, statement) < 0)
		return;
	text_append_bytes(&path, "", 0);
	if (find_path(&path, name, &error) < 0)
		complain(&reading->complaints, &name->where, "load: %s",
			 error.text);
	else if (add_plugin(reading, name, path.bytes, &error) < 0)
		complain(&reading->complaints, &name->where, "load: '%s': %s",
			 path.bytes, error.text);
	text_release(&path);
}

void load_directive_open(struct reading *reading, const struct statement *list)
{
	for (; list; list = list->next)
		if (strcmp(list->name->text, "load") == 0)
			load(reading, list);
}

int load_directive_apply(struct reading *reading,
			 const struct statement *statement, void *object)
{
	(void)reading;
	(void)statement;
	(void)object;
	return 0;
}

void load_directive_print(const void *object, struct text *out)
{
	const struct config *config = object;
	unsigned i;

	for (i = 0; i < config->plugin_count; i++) {
		layout_begin(out, 0, "load");
		value_print_word(config->plugins[i].path, out);
		text_append(out, ";\n");
	}
}
