/* SPDX-License-Identifier: MIT */
/* proxy_directive.c - does a PROXY header come first? */
#include "config/proxy_directive.h"

#include <string.h>

#include "config/apply.h"
#include "config/config.h"
#include "config/layout.h"
#include "config/parameter.h"
#include "config/value.h"
#include "net/proxy_header.h"

#define TIMEOUT_INITIAL_MS 5000
#define TIMEOUT_MOST_MS    INT64_C(3600000)
#define LIMIT_INITIAL      4096
#define VALUE_TEXT         32

static const char *const modes[] = {
	[SERVICE_PROXY_OFF] = "off",
	[SERVICE_PROXY_OPTIONAL] = "optional",
	[SERVICE_PROXY_REQUIRED] = "required",
};
#define MODES (sizeof(modes) / sizeof(modes[0]))

static int parse_timeout(struct reading *reading, const char *value,
			 void *object, struct error *error)
{
	struct config_service *service = object;
	char quote[COMPLAINTS_QUOTE];
	int64_t timeout_ms;

	(void)reading;
	if (text_parse_duration(value, &timeout_ms) < 0)
		return error_set(error, "%s is not a duration as 5s",
				 complaints_quote(quote, value));
	if (value_check_duration(timeout_ms, 1, TIMEOUT_MOST_MS, error) < 0)
		return -1;
	service->settings.proxy_timeout_ms = timeout_ms;
	return 0;
}

static int parse_limit(struct reading *reading, const char *value, void *object,
		       struct error *error)
{
	struct config_service *service = object;
	char quote[COMPLAINTS_QUOTE];
	uint64_t bytes;

	(void)reading;
	if (text_parse_size(value, &bytes) < 0 ||
	    bytes < PROXY_HEADER_LIMIT_LEAST || bytes > PROXY_HEADER_LIMIT_MOST)
		return error_set(error, "%s is not a size from %d to %dk",
				 complaints_quote(quote, value),
				 PROXY_HEADER_LIMIT_LEAST,
				 PROXY_HEADER_LIMIT_MOST / 1024);
	service->settings.proxy_limit_bytes = bytes;
	return 0;
}

static const struct parameter parameters[] = {
	{"timeout", parse_timeout},
	{"limit", parse_limit},
	{NULL, NULL},
};

static int parse_mode(struct reading *reading, const struct word *word,
		      struct service_settings *settings)
{
	char quote[COMPLAINTS_QUOTE];
	const char *nearest;
	size_t i;

	for (i = 0; i < MODES; i++) {
		if (strcmp(modes[i], word->text) == 0) {
			settings->proxy = (enum service_proxy)i;
			return 0;
		}
	}
	nearest = text_nearest(word->text, modes, MODES);
	return complain(&reading->complaints, &word->where,
			"proxy_protocol: %s is not off, optional or "
			"required%s%s",
			complaints_quote(quote, word->text),
			nearest ? "; did you mean " : "",
			nearest ? nearest : "");
}

int proxy_directive_apply(struct reading *reading,
			  const struct statement *statement, void *object)
{
	struct config_service *service = object;
	const struct word *mode = statement->name->next;

	if (apply_refuse_block(reading, statement) < 0)
		return -1;
	if (!mode)
		return complain(&reading->complaints, &statement->end,
				"'proxy_protocol' takes off, optional or "
				"required");
	if (parse_mode(reading, mode, &service->settings) < 0)
		return -1;
	if (service->settings.proxy == SERVICE_PROXY_OFF && mode->next)
		return complain(&reading->complaints, &mode->next->where,
				"after 'proxy_protocol off' belongs ';'");
	service->settings.proxy_timeout_ms = TIMEOUT_INITIAL_MS;
	service->settings.proxy_limit_bytes = LIMIT_INITIAL;
	return parameter_read(reading, parameters, mode->next, object);
}

void proxy_directive_print(const void *object, struct text *out)
{
	const struct config_service *service = object;
	const struct service_settings *settings = &service->settings;
	char timeout[VALUE_TEXT], limit[VALUE_TEXT];

	layout_begin(out, 1, "proxy_protocol");
	text_append(out, "%s", modes[settings->proxy]);
	if (settings->proxy != SERVICE_PROXY_OFF)
		text_append(out, " timeout=%s limit=%s",
			    text_format_duration(timeout, sizeof(timeout),
						 settings->proxy_timeout_ms),
			    text_format_size(limit, sizeof(limit),
					     settings->proxy_limit_bytes));
	text_append(out, ";\n");
}
