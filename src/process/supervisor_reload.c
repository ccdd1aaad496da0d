/* SPDX-License-Identifier: MIT */
/* supervisor_reload.c - another configuration, all or nothing.
 *
 * A loader reads it; the supervisor opens what addresses are new and starts a
 * worker of the new generation in every slot, beside those that serve.  When
 * all of them are READY, they take the slots, and all others drain, waited for
 * by nobody.  If one fails, all of it is undone: everything is as before. */
#include "process/supervisor_internal.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "process/cpus.h"
#include "process/limits.h"
#include "process/pid_file.h"

/* ---- Files ----------------------------------------------------------- */

static bool is_same(const char *one, const char *other)
{
	return one == other || (one && other && strcmp(one, other) == 0);
}

static void change_pid_file(struct supervisor *supervisor,
			    const struct config *before)
{
	const char *path = supervisor->current->config->pid_file;
	struct error error;

	if (is_same(before->pid_file, path) &&
	    supervisor->has_pid_file == (path != NULL))
		return;
	if (supervisor->has_pid_file)
		pid_file_remove(before->pid_file, getpid());
	supervisor->has_pid_file = path && pid_file_write(path, &error) == 0;
	if (path && !supervisor->has_pid_file)
		log_error("%s", error.text);
}

/* ---- Failure --------------------------------------------------------- */

static void end_next(struct supervisor_slot *slot)
{
	struct child *next = slot->next;

	slot->next = NULL;
	if (!next || next->is_reaped)
		return;
	if (next->state == WORKER_STARTING)
		supervisor_terminate_child(next);
	else
		supervisor_order_drain(
			next, supervisor_drain_bound(next->supervisor));
}

/* A listener that a slot without a worker has got by now stays in its group,
 * as that of a parked slot does. */
static void park_empty(struct supervisor *supervisor)
{
	unsigned i;

	for (i = supervisor->slot_count; i < supervisor->slot_high; i++)
		if (supervisor->slots[i].state == SLOT_EMPTY)
			supervisor_park(&supervisor->slots[i]);
}

static void undo(struct supervisor *supervisor)
{
	struct generation *next = supervisor->next;
	unsigned i;

	for (i = 0; i < supervisor->slot_high; i++)
		end_next(&supervisor->slots[i]);
	supervisor->next = NULL;
	supervisor_undo_admin(supervisor);
	if (next)
		retired_keep(&supervisor->retired, next);
	limits_restore_descriptors(supervisor->current->descriptor_limit);
	supervisor_close_unused(supervisor);
	park_empty(supervisor);
	supervisor_arrange(supervisor);
}

/* They would have gone with the change.  Nobody else may end them, and they do
 * not wait for ever: workers of the configuration that they have take their
 * places, one by one. */
static void replace_orphans(struct supervisor *supervisor)
{
	/* That of the supervisor before us went with it. */
	if (supervisor->admin.edition == 0 && !supervisor_is_ending(supervisor))
		supervisor_complete_admin(supervisor);
	if (!supervisor_replace_orphans(supervisor))
		return;
	log_warning(
		"going on with the configuration of the supervisor that was "
		"killed");
	change_pid_file(supervisor, supervisor->current->config);
}

static enum log_event failure_of(const struct supervisor *supervisor)
{
	return supervisor->ordered.operation == ORDER_UPGRADE
		       ? LOG_EVENT_UPGRADE_FAILED
		       : LOG_EVENT_RELOAD_FAILED;
}

static void fail(struct supervisor *supervisor, const char *words)
{
	const char *operation = order_names[supervisor->ordered.operation];

	log_event(LOG_LEVEL_ERROR, EVENT_FIELDS(failure_of(supervisor)),
		  "%s: %s", operation, words);
	log_error("the %s failed: everything is as it was", operation);
	supervisor_note_failure(supervisor, words);
	if (supervisor->next)
		undo(supervisor);
	supervisor_answer_failure(supervisor, words);
	supervisor_end_operation(supervisor);
	replace_orphans(supervisor);
}

void supervisor_cancel_reload(struct supervisor *supervisor)
{
	if (supervisor->loader.is_running) {
		loader_cancel(&supervisor->loader);
		loader_release(&supervisor->loader);
	}
	if (supervisor->next)
		undo(supervisor);
	supervisor->ordered.operation = ORDER_NONE;
	supervisor->ordered.is_succession = false;
}

void supervisor_next_died(struct supervisor_slot *slot, const char *words)
{
	slot->next = NULL;
	fail(slot->supervisor, words);
}

/* ---- Success --------------------------------------------------------- */

static void apply_options(const struct supervisor *supervisor,
			  const struct generation *before, unsigned index,
			  unsigned slot)
{
	const struct generation *current = supervisor->current;
	const struct bank_group *group = current->groups[index];
	const struct sockopt_settings *options =
		generation_options(current, index);
	const struct sockopt_owner owner = {
		.cpu = group->is_shared ? -1 : cpus_of_slot(slot),
		.is_first = slot == 0,
	};
	int family = group->address.socket.generic.sa_family;
	int old = generation_index(before, group), fd = bank_get(group, slot);
	struct error error;

	if (fd < 0)
		return;
	if (old >= 0)
		sockopt_restore_listener(
			fd, family, generation_options(before, (unsigned)old),
			options, &owner);
	if (sockopt_apply_listener(fd, family, options, &owner, &error) < 0 ||
	    (bank_is_listening(group, slot) &&
	     listener_listen(fd, options->backlog, &error) < 0))
		log_warning("service %s, worker %u: %s",
			    generation_service(current, index)->name, slot,
			    error.text);
}

/* To listeners that live on; a worker has set those of its own. */
static void apply_all_options(const struct supervisor *supervisor,
			      const struct generation *before)
{
	const struct generation *current = supervisor->current;
	unsigned i, slot, count;

	for (i = 0; i < current->listener_count; i++) {
		count = current->groups[i]->is_shared ? 1
						      : supervisor->slot_high;
		for (slot = 0; slot < count; slot++)
			apply_options(supervisor, before, i, slot);
	}
}

static void change_slot(struct supervisor_slot *slot)
{
	struct supervisor *supervisor = slot->supervisor;
	struct child *next = slot->next;

	/* What ended the workers before may be mended. */
	backoff_forget(&slot->backoff, supervisor->loop.now_ms);
	if (slot->number < supervisor->slot_count) {
		supervisor_slot_event(slot, SLOT_EVENT_SWAP);
		slot->child = next;
		slot->next = NULL;
		slot->failed_tries = 0;
	} else if (slot->state != SLOT_PARKED) {
		supervisor_slot_event(slot, SLOT_EVENT_PARK);
	}
}

/* Those who were asked to leave, too. */
static void drain_old(struct supervisor *supervisor)
{
	int64_t until_ms = supervisor_drain_bound(supervisor);
	struct child *child;
	unsigned i;

	for (i = 0; i < supervisor->child_high; i++) {
		child = &supervisor->children[i];
		if (child->slot && !child->is_reaped &&
		    child->state == WORKER_READY &&
		    child->generation != supervisor->current->number)
			supervisor_order_drain(child, until_ms);
	}
}

/* Those of the new ones who were asked to leave before they had a slot. */
static void replace_leavers(struct supervisor *supervisor)
{
	struct child *child;
	unsigned i;

	for (i = 0; i < supervisor->slot_count; i++) {
		child = supervisor->slots[i].child;
		if (child && child->is_leaving)
			supervisor_replace_leaver(child);
	}
}

static void log_changed(const struct supervisor *supervisor)
{
	bool is_upgrade = supervisor->ordered.operation == ORDER_UPGRADE;
	unsigned generation = supervisor->current->number;

	log_event(LOG_LEVEL_INFO,
		  LOG_FIELDS(.event = is_upgrade ? LOG_EVENT_UPGRADED
						 : LOG_EVENT_RELOADED,
			     .generation = generation),
		  "%s: generation %u serves with %u worker%s",
		  is_upgrade ? "upgraded" : "reloaded", generation,
		  supervisor->slot_count,
		  supervisor->slot_count == 1 ? "" : "s");
}

static void commit(struct supervisor *supervisor)
{
	struct generation *before = supervisor->current;
	unsigned i;

	supervisor_note_swap(supervisor);
	supervisor->current = supervisor->next;
	supervisor->next = NULL;
	supervisor_note_serving(supervisor->current);
	supervisor->slot_count = supervisor->next_count;
	supervisor->is_scaled =
		supervisor->is_scaled &&
		before->config->workers == supervisor->current->config->workers;
	plugins_inherit_counts(before->config, supervisor->current->config);
	apply_all_options(supervisor, before);
	supervisor_change_access(supervisor->current);
	supervisor_set_delays(supervisor);
	supervisor_review_suspended(supervisor, before);
	for (i = 0; i < supervisor->slot_high; i++)
		change_slot(&supervisor->slots[i]);
	/* Before that: nobody comes to where they were the last. */
	supervisor_close_unused(supervisor);
	drain_old(supervisor);
	supervisor_change_log(supervisor, before->config);
	supervisor_review_level(supervisor);
	change_pid_file(supervisor, before->config);
	supervisor_change_admin(supervisor);
	retired_keep(&supervisor->retired, before);
	/* Its plug-ins are closed. */
	supervisor_keep(supervisor);
	supervisor_arrange(supervisor);
	supervisor_close_unused(supervisor);
	supervisor->was_ready = true;
	supervisor_report(supervisor);
	log_changed(supervisor);
	supervisor_note_success(supervisor);
	replace_leavers(supervisor);
	supervisor_answer_swap(supervisor);
	supervisor_end_operation(supervisor);
}

void supervisor_next_ready(struct supervisor *supervisor)
{
	unsigned i;

	for (i = 0; i < supervisor->next_count; i++)
		if (!supervisor->slots[i].next ||
		    supervisor->slots[i].next->state != WORKER_READY)
			return;
	commit(supervisor);
}

/* ---- The way there --------------------------------------------------- */

static int start_workers(struct supervisor *supervisor, struct error *error)
{
	struct supervisor_slot *slot;
	unsigned i;

	for (i = 0; i < supervisor->next_count; i++) {
		slot = &supervisor->slots[i];
		slot->next = supervisor_fork(slot, supervisor->next, error);
		if (!slot->next)
			return -1;
	}
	supervisor_order_listen(supervisor);
	return 0;
}

/* A count that was set by TTIN or TTOU stays, unless the file's is another. */
static unsigned count_workers(const struct supervisor *supervisor)
{
	const struct config *config = supervisor->next->config;

	if (supervisor->is_scaled &&
	    config->workers == supervisor->current->config->workers)
		return supervisor->slot_count;
	return supervisor_worker_count(config);
}

/* Does a service of that name have the same options now? */
static bool has_options(const struct config *config,
			const struct config_service *service)
{
	const struct config_service *now;
	unsigned i;

	for (i = 0; i < config->service_count; i++) {
		now = &config->services[i];
		if (strcmp(now->name, service->name) == 0)
			return sockopt_is_equal(&now->settings.options,
						&service->settings.options);
	}
	return false;
}

/* Before anything is changed: what the kernel refuses would fail every worker
 * that has to make a listener, at the latest after a restart.  What is in
 * force already is no reason to refuse another thing. */
static int try_options(const struct supervisor *supervisor, struct error *error)
{
	const struct generation *next = supervisor->next;
	const struct config_service *service;
	const struct address *address;
	unsigned i;

	for (i = 0; i < next->listener_count; i++) {
		service = generation_service(next, i);
		address = &next->plan[i].address;
		/* An inherited one is tried when it is opened. */
		if (address->kind == ADDRESS_DESCRIPTOR ||
		    address->kind == ADDRESS_SYSTEMD ||
		    has_options(supervisor->current->config, service))
			continue;
		if (sockopt_try(address->socket.generic.sa_family,
				&service->settings.options, error) < 0)
			return error_prefix(error,
					    "service %s: ", service->name);
	}
	return 0;
}

static int start_generation(struct supervisor *supervisor,
			    struct config *config, struct error *error)
{
	supervisor->next =
		generation_new(config, ++supervisor->generation_count, error);
	if (!supervisor->next)
		return -1;
	supervisor->cpu_count = cpus_usable_count();
	supervisor->next_count = count_workers(supervisor);
	if (try_options(supervisor, error) < 0 ||
	    supervisor_raise_limits(supervisor->next, supervisor->next_count,
				    error) < 0 ||
	    supervisor_open_groups(supervisor, supervisor->next, error) < 0 ||
	    supervisor_open_admin(supervisor, config, error) < 0)
		return -1;
	return start_workers(supervisor, error);
}

static struct config *parse(struct supervisor *supervisor,
			    const struct text *canonical)
{
	const struct config_source source = {
		.name = "canonical text",
		.text = canonical->bytes,
		.size = canonical->size,
	};
	struct text complaints = {0};
	struct config *config = config_parse(
		&source, supervisor->line->request.protocols, &complaints);

	/* Warnings of one that is good fail nothing. */
	supervisor_complain(supervisor,
			    config ? LOG_LEVEL_WARNING : LOG_LEVEL_ERROR,
			    &complaints);
	text_release(&complaints);
	return config;
}

/* NULL, after a word about it. */
static struct config *refuse(struct supervisor *supervisor,
			     struct config *config, const struct error *error)
{
	log_error("reload: %s", error->text);
	supervisor->ordered.complaint = *error;
	config_free(config);
	return NULL;
}

void supervisor_change_to(struct supervisor *supervisor, struct config *config)
{
	struct error error;

	if (!config)
		fail(supervisor, "the configuration is not good");
	else if (start_generation(supervisor, config, &error) < 0)
		fail(supervisor, error.text);
}

static void on_loaded(struct loader *loader)
{
	struct supervisor *supervisor =
		list_entry(loader, struct supervisor, loader);
	struct config *config = NULL;
	struct error error;

	supervisor_complain(supervisor,
			    loader->is_good ? LOG_LEVEL_WARNING
					    : LOG_LEVEL_ERROR,
			    &loader->complaints);
	if (loader->is_good)
		config = parse(supervisor, &loader->canonical);
	if (config && plugins_attach(&loader->plugins, config, &error) < 0)
		config = refuse(supervisor, config, &error);
	supervisor_change_to(supervisor, config);
	loader_release(loader);
}

void supervisor_roll(struct supervisor *supervisor)
{
	const struct config *now = supervisor->current->config;
	struct text canonical = {0};
	struct config *config;
	struct error error;

	config_print(now, &canonical);
	config = parse(supervisor, &canonical);
	if (config && plugins_copy(now, config, &error) < 0)
		config = refuse(supervisor, config, &error);
	supervisor_change_to(supervisor, config);
	text_release(&canonical);
}

void supervisor_reload(struct supervisor *supervisor)
{
	struct error error;

	log_event(LOG_LEVEL_INFO, EVENT_FIELDS(LOG_EVENT_RELOAD_STARTED),
		  "reloading");
	supervisor_notify_reloading(supervisor);
	if (loader_start(&supervisor->loader, &supervisor->loop,
			 &supervisor->line->request, on_loaded, &error) < 0)
		fail(supervisor, error.text);
}
