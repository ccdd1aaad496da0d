/* SPDX-License-Identifier: MIT */
/* config.c - a configuration from and to its canonical text. */
#include "config/config.h"

#include "config/check.h"
#include "config/include.h"
#include "config/layout.h"
#include "config/read.h"
#include "config/service_block.h"

void config_free(struct config *config)
{
	if (config)
		arena_free(config->arena);
}

struct config *config_parse(const struct config_source *source,
			    const struct cohort_protocol *const *protocols,
			    struct text *complaints)
{
	struct reading reading;

	reading_open(&reading, complaints, protocols);
	reading.is_canonical = true;
	service_block_apply_file(&reading, include_read_text(&reading, source));
	check_configuration(&reading, source);
	return reading_close(&reading);
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
