/* SPDX-License-Identifier: MIT */
/* check.c - what can only be judged when all has been read. */
#include "config/check.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config/config.h"
#include "config/draft.h"
#include "config/protocol_options.h"

/* Where a directive of the service was given, or else the service. */
static const struct position *where(const struct reading *reading,
				    const struct draft *draft, const char *name)
{
	const struct directive_list *list = &reading->service_directives;
	const struct directive *row = directive_find(list, name);
	const struct position *given = &draft->where[row - list->rows];

	return given->line != 0 ? given : &draft->position;
}

/* ---- Watermarks ------------------------------------------------------ */

static void check_low(struct reading *reading, const struct draft *draft)
{
	const struct service_settings *settings = &draft->service.settings;
	char low[32], high[32];

	if (settings->write_low_bytes <= settings->write_high_bytes)
		return;
	text_format_size(low, sizeof(low), settings->write_low_bytes);
	text_format_size(high, sizeof(high), settings->write_high_bytes);
	complain(&reading->complaints, where(reading, draft, "write_low"),
		 "write_low %s is above write_high %s", low, high);
}

static void check_limit(struct reading *reading, const struct draft *draft)
{
	const struct service_settings *settings = &draft->service.settings;
	const struct position *place = where(reading, draft, "write_limit");
	char limit[32], high[32];

	if (settings->write_limit_bytes >= settings->write_high_bytes)
		return;
	if (place == &draft->position)
		place = where(reading, draft, "write_high");
	text_format_size(limit, sizeof(limit), settings->write_limit_bytes);
	text_format_size(high, sizeof(high), settings->write_high_bytes);
	complain(&reading->complaints, place,
		 "write_limit %s is below write_high %s", limit, high);
}

static void check_watermarks(struct reading *reading, const struct draft *draft)
{
	if (draft->is_faulty)
		return;
	check_low(reading, draft);
	check_limit(reading, draft);
}

/* ---- What follows from other values ---------------------------------- */

static void settle_low(struct service_settings *settings)
{
	if (settings->write_low_bytes == UINT64_MAX) /* auto */
		settings->write_low_bytes = settings->write_high_bytes / 4;
}

/* One listener for all is what `reuse_port off` means, and the other way
 * round. */
static void settle_balance(struct service_settings *settings)
{
	if (!settings->options.reuse_port)
		settings->balance = STEERING_SHARED;
	if (settings->balance == STEERING_SHARED)
		settings->options.reuse_port = false;
}

void check_settle(struct service_settings *settings)
{
	settle_low(settings);
	settle_balance(settings);
}

/* ---- The protocol's own ---------------------------------------------- */

static void check_protocol(struct reading *reading, const struct draft *draft)
{
	if (!draft->is_faulty && reading->complaints.error_count == 0)
		protocol_options_check(reading, &draft->service,
				       where(reading, draft, "protocol"));
}

/* ---- Addresses ------------------------------------------------------- */

static void check_listens(struct reading *reading, const struct draft *draft)
{
	if (draft->service.listen_count > 0 || draft->is_faulty ||
	    reading->complaints.error_count > 0)
		return;
	if (draft->has_skipped)
		complain(&reading->complaints, &draft->skipped_where,
			 "service '%s' has no other address",
			 draft->service.name);
	else
		complain(&reading->complaints, &draft->position,
			 "service '%s' has no address: add 'listen "
			 "127.0.0.1:8888;'",
			 draft->service.name);
}

/* An address of some service, to be sorted by its text. */
struct place {
	char text[ADDRESS_TEXT];
	unsigned order;
	const struct draft *draft;
	const struct position *where;
};

static int compare_places(const void *left, const void *right)
{
	const struct place *a = left, *b = right;
	int order = strcmp(a->text, b->text);

	if (order != 0)
		return order;
	return a->order < b->order ? -1 : a->order > b->order;
}

static bool has_fixed_place(const struct address *address)
{
	return address->kind == ADDRESS_UNIX ||
	       address->kind == ADDRESS_DESCRIPTOR ||
	       address->kind == ADDRESS_SYSTEMD || address_port(address) != 0;
}

static unsigned collect_places(const struct reading *reading,
			       struct place *places)
{
	const struct draft *draft = reading->drafts;
	unsigned i, count = 0;

	for (; draft; draft = draft->next) {
		for (i = 0; i < draft->service.listen_count; i++) {
			struct place *place = &places[count];

			if (!has_fixed_place(&draft->listens[i].address))
				continue;
			address_format(place->text, &draft->listens[i].address);
			place->order = count++;
			place->draft = draft;
			place->where = &draft->listens_where[i];
		}
	}
	return count;
}

static void complain_of_twins(struct reading *reading, const struct place *one,
			      const struct place *two)
{
	char place[COMPLAINTS_QUOTE];

	complain(&reading->complaints, two->where,
		 "%s is an address of two services: of '%s' at %s already",
		 two->text, one->draft->service.name,
		 complaints_place(place, one->where));
}

static void check_twins(struct reading *reading)
{
	const struct draft *draft;
	struct place *places;
	unsigned i, count = 0;

	for (draft = reading->drafts; draft; draft = draft->next)
		count += draft->service.listen_count;
	places = memory_require(count + 1, sizeof(*places));
	count = collect_places(reading, places);
	qsort(places, count, sizeof(*places), compare_places);
	for (i = 1; i < count; i++)
		if (strcmp(places[i - 1].text, places[i].text) == 0)
			complain_of_twins(reading, &places[i - 1], &places[i]);
	free(places);
}

/* ---- Global directives ----------------------------------------------- */

static const struct position *global_where(const struct reading *reading,
					   const char *name)
{
	const struct directive_list *list = &reading->global_directives;

	return &reading->global_where[directive_find(list, name) - list->rows];
}

static void check_user(struct reading *reading)
{
	const char *user = reading->config->user;
	char quote[COMPLAINTS_QUOTE];

	if (user && !getpwnam(user))
		complain(&reading->complaints, global_where(reading, "user"),
			 "user: there is no user %s",
			 complaints_quote(quote, user));
}

static void check_chroot(struct reading *reading)
{
	const char *path = reading->config->chroot;
	const struct position *place = global_where(reading, "chroot");
	struct stat status;
	char quote[COMPLAINTS_QUOTE];

	if (!path)
		return;
	complaints_quote(quote, path);
	if (path[0] != '/')
		complain(&reading->complaints, place,
			 "chroot: %s is not an absolute path", quote);
	else if (stat(path, &status) < 0)
		complain(&reading->complaints, place, "chroot: %s: %s", quote,
			 strerror(errno));
	else if (!S_ISDIR(status.st_mode))
		complain(&reading->complaints, place,
			 "chroot: %s is not a directory", quote);
}

static void check_watchdog(struct reading *reading)
{
	const struct config *config = reading->config;
	char steer[32], timeout[32];

	if (config->watchdog_steer_ms < 0 || config->watchdog_timeout_ms < 0 ||
	    config->watchdog_steer_ms <= config->watchdog_timeout_ms)
		return;
	text_format_duration(steer, sizeof(steer), config->watchdog_steer_ms);
	text_format_duration(timeout, sizeof(timeout),
			     config->watchdog_timeout_ms);
	complain(&reading->complaints, global_where(reading, "watchdog_steer"),
		 "watchdog_steer %s is above watchdog_timeout %s", steer,
		 timeout);
}

/* An address of `admin` or `control` that something else has, too. */
static void check_admin_listen(struct reading *reading,
			       const struct config_listen *listen,
			       const char *name)
{
	const struct draft *draft;
	char text[ADDRESS_TEXT];
	unsigned i;

	if (!has_fixed_place(&listen->address))
		return;
	for (draft = reading->drafts; draft; draft = draft->next)
		for (i = 0; i < draft->service.listen_count; i++)
			if (address_is_equal(&draft->listens[i].address,
					     &listen->address))
				complain(&reading->complaints,
					 global_where(reading, name),
					 "%s: %s is an address of service '%s'",
					 name,
					 address_format(text, &listen->address),
					 draft->service.name);
}

static void check_admin(struct reading *reading)
{
	const struct config *config = reading->config;
	unsigned i;

	if (config->control)
		check_admin_listen(reading, config->control, "control");
	for (i = 0; i < config->admin_count; i++) {
		check_admin_listen(reading, &config->admins[i], "admin");
		if (config->control &&
		    address_is_equal(&config->control->address,
				     &config->admins[i].address))
			complain(&reading->complaints,
				 global_where(reading, "admin"),
				 "admin: that is the path of 'control'");
	}
}

/* ---- All of it ------------------------------------------------------- */

static void check_any_service(struct reading *reading,
			      const struct config_source *source)
{
	const struct position whole = {.source = source};

	if (reading->drafts || reading->complaints.error_count > 0)
		return;
	complain(&reading->complaints, &whole,
		 "no service: write at least "
		 "'service echo { listen 127.0.0.1:8888; }'");
}

static void take_services(struct reading *reading)
{
	struct config_service *services = arena_take(
		reading->arena, (reading->draft_count + 1) * sizeof(*services));
	const struct draft *draft = reading->drafts;

	reading->config->services = services;
	reading->config->service_count = reading->draft_count;
	for (; draft; draft = draft->next, services++) {
		size_t size =
			draft->service.listen_count * sizeof(*draft->listens);
		struct config_listen *listens =
			arena_take(reading->arena, size);

		memcpy(listens, draft->listens, size);
		*services = draft->service;
		services->listens = listens;
	}
}

void check_configuration(struct reading *reading,
			 const struct config_source *source)
{
	struct draft *draft;

	if (!reading->is_canonical) {
		check_user(reading);
		check_chroot(reading);
	}
	check_watchdog(reading);
	check_admin(reading);
	for (draft = reading->drafts; draft; draft = draft->next) {
		check_settle(&draft->service.settings);
		check_watermarks(reading, draft);
		check_protocol(reading, draft);
	}
	check_twins(reading);
	check_any_service(reading, source);
	for (draft = reading->drafts; draft; draft = draft->next)
		check_listens(reading, draft);
	take_services(reading);
}
