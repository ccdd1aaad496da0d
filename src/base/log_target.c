/* SPDX-License-Identifier: MIT */
/* log_target.c - where lines go and what they look like: data alone. */
#include "base/log_target.h"

#include <string.h>

const char *const log_format_names[LOG_FORMATS] = {
	[LOG_FORMAT_TEXT] = "text",
	[LOG_FORMAT_JSON] = "json",
};

const char *const log_facility_names[LOG_FACILITIES] = {
	"kern",   "user",   "mail",   "daemon", "auth",     "syslog",
	"lpr",    "news",   "uucp",   "cron",   "authpriv", "ftp",
	"ntp",    "audit",  "alert",  "clock",  "local0",   "local1",
	"local2", "local3", "local4", "local5", "local6",   "local7",
};

static bool is_sound(const struct log_form *form)
{
	return form->kind < LOG_KINDS && form->format < LOG_FORMATS &&
	       form->facility < LOG_FACILITIES &&
	       memchr(form->tag, '\0', sizeof(form->tag)) != NULL &&
	       memchr(form->socket, '\0', sizeof(form->socket)) != NULL;
}

const struct log_form *log_form_read(struct log_form *form, const void *data,
				     size_t size)
{
	if (size != sizeof(*form))
		return NULL;
	memcpy(form, data, size);
	return is_sound(form) ? form : NULL;
}

static bool is_same_form(const struct log_form *one,
			 const struct log_form *other)
{
	return one->kind == other->kind && one->format == other->format &&
	       one->facility == other->facility &&
	       one->sample == other->sample &&
	       strcmp(one->tag, other->tag) == 0 &&
	       strcmp(one->socket, other->socket) == 0;
}

bool log_target_is_same(const struct log_target *one,
			const struct log_target *other)
{
	return is_same_form(&one->form, &other->form) &&
	       strcmp(one->path != NULL ? one->path : "",
		      other->path != NULL ? other->path : "") == 0;
}
