/* SPDX-License-Identifier: MIT */
/* rate_directive.c - how many bytes a second a connection, and a service, may
 * take and give. */
#include "config/rate_directive.h"

#include <string.h>

#include "config/apply.h"
#include "config/config.h"
#include "config/layout.h"
#include "config/parameter.h"
#include "config/value.h"
#include "net/rate.h"

#define VALUE_TEXT 32

static int parse_rate(const char *word, uint64_t *rate, struct error *error)
{
	char quote[COMPLAINTS_QUOTE], most[VALUE_TEXT];

	*rate = 0;
	if (strcmp(word, "off") == 0)
		return 0;
	if (text_parse_size(word, rate) < 0 || *rate == 0 || *rate > RATE_MOST)
		return error_set(
			error,
			"%s is not a rate in bytes a second as 4096, "
			"64k, up to %s, or off",
			complaints_quote(quote, word),
			text_format_size(most, sizeof(most), RATE_MOST));
	return 0;
}

static int parse_service(struct reading *reading, const char *value,
			 void *object, struct error *error)
{
	struct config_service *service = object;

	(void)reading;
	return parse_rate(value, &service->settings.byte_rate_service, error);
}

static const struct parameter parameters[] = {
	{"service", parse_service},
	{NULL, NULL},
};

int rate_directive_apply(struct reading *reading,
			 const struct statement *statement, void *object)
{
	struct config_service *service = object;
	const struct word *rate = statement->name->next;
	struct error error;

	if (apply_refuse_block(reading, statement) < 0)
		return -1;
	if (!rate)
		return complain(&reading->complaints, &statement->end,
				"'byte_rate' takes a rate, or off");
	if (parse_rate(rate->text, &service->settings.byte_rate, &error) < 0)
		return complain(&reading->complaints, &rate->where,
				"byte_rate: %s", error.text);
	service->settings.byte_rate_service = 0;
	return parameter_read(reading, parameters, rate->next, object);
}

static const char *format_rate(char *out, size_t room, uint64_t rate)
{
	return rate == 0 ? "off" : text_format_size(out, room, rate);
}

void rate_directive_print(const void *object, struct text *out)
{
	const struct config_service *service = object;
	uint64_t shared = service->settings.byte_rate_service;
	char text[VALUE_TEXT];

	layout_begin(out, 1, "byte_rate");
	text_append(
		out, "%s",
		format_rate(text, sizeof(text), service->settings.byte_rate));
	if (shared > 0)
		text_append(out, " service=%s",
			    format_rate(text, sizeof(text), shared));
	text_append(out, ";\n");
}
