/* SPDX-License-Identifier: MIT */
/* config.c - a configuration from and to its canonical text. */
#include "config/config.h"

#include <string.h>
#include <unistd.h>

#include "config/check.h"
#include "config/include.h"
#include "config/layout.h"
#include "config/load_directive.h"
#include "config/read.h"
#include "config/service_block.h"
#include "config/value.h"

void config_free(struct config *config)
{
	unsigned i;

	if (!config)
		return;
	for (i = 0; i < config->plugin_count; i++)
		if (config->plugins[i].fd >= 0)
			close(config->plugins[i].fd);
	arena_free(config->arena);
}

static bool has_word(const char *words, const char *word)
{
	size_t size = strlen(word), length;

	for (; *words; words += length + (words[length] == ' ')) {
		length = strcspn(words, " ");
		if (length == size && memcmp(words, word, size) == 0)
			return true;
	}
	return false;
}

bool config_plugin_has(const struct config_plugin *plugin, const char *name)
{
	return has_word(plugin->names, name);
}

struct config_plugin *config_plugin_of(const struct config *config,
				       const char *name)
{
	unsigned i;

	for (i = 0; i < config->plugin_count; i++)
		if (config_plugin_has(&config->plugins[i], name))
			return &config->plugins[i];
	return NULL;
}

struct config *
config_parse_whole(const struct config_source *source,
		   const struct cohort_protocol *const *protocols,
		   struct config_opener *opener, struct text *complaints)
{
	struct reading reading;
	struct statement *list;

	reading_open(&reading, complaints, protocols);
	reading.is_canonical = true;
	reading.opener = opener;
	list = include_read_text(&reading, source);
	load_directive_open(&reading, list);
	service_block_apply_file(&reading, list);
	check_configuration(&reading, source);
	return reading_close(&reading);
}

struct config *config_parse(const struct config_source *source,
			    const struct cohort_protocol *const *protocols,
			    struct text *complaints)
{
	return config_parse_whole(source, protocols, NULL, complaints);
}

void config_print(const struct config *config, struct text *out)
{
	struct directive_list list;
	unsigned i;

	directive_list_global(&list);
	layout_rows(out, 0, &list, config);
	directive_list_service(&list);
	for (i = 0; i < config->service_count; i++) {
		text_append(out, "\nservice %s {\n", config->services[i].name);
		layout_rows(out, 1, &list, &config->services[i]);
		text_append(out, "}\n");
	}
}

/* ---- For another build ----------------------------------------------- */

static void print_global_state(const struct config *config, struct text *out)
{
	struct layout_initial initial;
	struct directive_list list;
	struct config *untouched;

	directive_list_global(&list);
	untouched = reading_new_config(&list);
	layout_initial_init(&initial, 0, &list, untouched);
	layout_rows_state(out, 0, &list, config, &initial);
	layout_initial_release(&initial);
	config_free(untouched);
}

/* What follows from another value is at its default if it follows from the one
 * that is in force: a build that is told that one comes to the same. */
static void init_initial(struct layout_initial *initial,
			 const struct directive_list *list,
			 const struct config_service *untouched,
			 const struct config_service *service)
{
	const struct service_settings *initially = &untouched->settings;
	struct config_service settled = *untouched;
	struct service_settings *settings = &settled.settings;

	settings->write_high_bytes = service->settings.write_high_bytes;
	check_settle(settings);
	settings->write_high_bytes = initially->write_high_bytes;
	layout_initial_init(initial, 1, list, &settled);
}

static void print_service_state(const struct config_service *service,
				const struct directive_list *list,
				const struct config_service *untouched,
				struct text *out)
{
	struct layout_initial initial;

	init_initial(&initial, list, untouched, service);
	text_append(out, "\nservice %s {\n", service->name);
	layout_rows_state(out, 1, list, service, &initial);
	text_append(out, "}\n");
	layout_initial_release(&initial);
}

static void print_services_state(const struct config *config, struct text *out)
{
	struct config_service untouched = {.name = NULL};
	struct arena *arena = arena_new();
	struct directive_list list;
	unsigned i;

	directive_list_service(&list);
	value_set_initial(&list, &untouched, arena);
	for (i = 0; i < config->service_count; i++)
		print_service_state(&config->services[i], &list, &untouched,
				    out);
	arena_free(arena);
}

void config_print_state(const struct config *config, struct text *out)
{
	print_global_state(config, out);
	print_services_state(config, out);
}
