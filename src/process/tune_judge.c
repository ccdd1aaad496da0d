/* SPDX-License-Identifier: MIT */
/* tune_judge.c - what is configured, and whether the system can do it.
 *
 * Numbers and meanings are those of Documentation/networking/ip-sysctl.rst,
 * Documentation/admin-guide/sysctl/ (net.rst, fs.rst), tcp(7) and socket(7). */
#include "process/tune_judge.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "process/limits.h"

#define FASTOPEN_SERVER 2       /* the bit for servers */
#define KEEPALIVE_LONG  600     /* seconds that are long to be without a peer */
#define WINDOW_LEAST    4194304 /* bytes: 1 Gbit/s over 33 ms */

/* Of optmem_max, for a program of so many instructions: measured (6.18). */
#define FILTER_BYTES         32
#define FILTER_PROGRAM_BYTES 96

/* ---- What is configured ---------------------------------------------- */

/* The service that asks for most of the option at `offset`, an int; NULL: none
 * asks for any. */
static const struct config_service *most_of(const struct tune_facts *facts,
					    size_t offset, int *most)
{
	const struct config *config = facts->config;
	const struct config_service *found = NULL;
	unsigned i;

	*most = 0;
	for (i = 0; i < config->service_count; i++) {
		const struct config_service *service = &config->services[i];
		const char *options = (const char *)&service->settings.options;
		int value;

		memcpy(&value, options + offset, sizeof(value));
		if (value <= *most)
			continue;
		*most = value;
		found = service;
	}
	return found;
}

__attribute__((format(printf, 2, 3))) static void say(char out[TUNE_TEXT],
						      const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(out, TUNE_TEXT, format, arguments);
	va_end(arguments);
}

static void say_number(char out[TUNE_TEXT], uint64_t number)
{
	say(out, "%" PRIu64, number);
}

static uint64_t number_of(const char *value)
{
	uint64_t number;

	return text_parse_number(value, &number) == 0 ? number : 0;
}

/* ---- Judges ---------------------------------------------------------- */

/* The option must not be above the value. */
static enum tune_verdict at_most(const struct tune_facts *facts,
				 const char *value, struct tune_words *words,
				 const char *directive, size_t offset)
{
	const struct config_service *service;
	int most;

	service = most_of(facts, offset, &most);
	if (!service)
		return TUNE_GOOD;
	say(words->configured, "%s %d (service %s)", directive, most,
	    service->name);
	if ((uint64_t)most <= number_of(value))
		return TUNE_GOOD;
	say_number(words->advised, (uint64_t)most);
	return TUNE_IMPOSSIBLE;
}

#define OPTION(member) offsetof(struct sockopt_settings, member)

enum tune_verdict tune_judge_backlog(const struct tune_facts *facts,
				     const char *value,
				     struct tune_words *words)
{
	return at_most(facts, value, words, "backlog", OPTION(backlog));
}

/* It matters without SYN cookies only. */
enum tune_verdict tune_judge_syn_backlog(const struct tune_facts *facts,
					 const char *value,
					 struct tune_words *words)
{
	enum tune_verdict verdict = tune_judge_backlog(facts, value, words);

	return verdict == TUNE_IMPOSSIBLE ? TUNE_ADVISED : verdict;
}

enum tune_verdict tune_judge_receive(const struct tune_facts *facts,
				     const char *value,
				     struct tune_words *words)
{
	return at_most(facts, value, words, "receive_buffer",
		       OPTION(receive_buffer_bytes));
}

enum tune_verdict tune_judge_send(const struct tune_facts *facts,
				  const char *value, struct tune_words *words)
{
	return at_most(facts, value, words, "send_buffer",
		       OPTION(send_buffer_bytes));
}

enum tune_verdict tune_judge_fastopen(const struct tune_facts *facts,
				      const char *value,
				      struct tune_words *words)
{
	const struct config_service *service;
	int most;

	service = most_of(facts, OPTION(fastopen_queue), &most);
	if (!service)
		return TUNE_GOOD;
	say(words->configured, "fastopen %d (service %s)", most, service->name);
	if (number_of(value) & FASTOPEN_SERVER)
		return TUNE_GOOD;
	say_number(words->advised, number_of(value) | FASTOPEN_SERVER);
	return TUNE_IMPOSSIBLE;
}

/* Is the word one of those that the value lists? */
static bool is_listed(const char *value, const char *word)
{
	size_t size = strlen(word);
	const char *at = value;

	while ((at = strstr(at, word)) != NULL) {
		if ((at == value || at[-1] == ' ') &&
		    (at[size] == ' ' || at[size] == '\0'))
			return true;
		at += size;
	}
	return false;
}

enum tune_verdict tune_judge_congestion(const struct tune_facts *facts,
					const char *value,
					struct tune_words *words)
{
	const struct config *config = facts->config;
	unsigned i;

	for (i = 0; i < config->service_count; i++) {
		const struct config_service *service = &config->services[i];
		const char *word = service->settings.options.congestion;

		if (word[0] == '\0')
			continue;
		say(words->configured, "congestion %s (service %s)", word,
		    service->name);
		if (is_listed(value, word))
			continue;
		say(words->advised, "modprobe tcp_%s", word);
		return TUNE_IMPOSSIBLE;
	}
	return TUNE_GOOD;
}

/* "minimum default maximum" of bytes, sized by the kernel in between. */
enum tune_verdict tune_judge_window(const struct tune_facts *facts,
				    const char *value, struct tune_words *words)
{
	uint64_t least = 0, usual = 0, most = 0;

	(void)facts;
	if (sscanf(value, "%" SCNu64 " %" SCNu64 " %" SCNu64, &least, &usual,
		   &most) != 3)
		return TUNE_UNKNOWN;
	if (most >= WINDOW_LEAST)
		return TUNE_GOOD;
	say(words->advised, "%" PRIu64 " %" PRIu64 " %d", least, usual,
	    WINDOW_LEAST);
	return TUNE_ADVISED;
}

enum tune_verdict tune_judge_keepalive(const struct tune_facts *facts,
				       const char *value,
				       struct tune_words *words)
{
	const struct config *config = facts->config;
	unsigned i;

	for (i = 0; i < config->service_count; i++) {
		const struct sockopt_settings *options =
			&config->services[i].settings.options;

		if (options->keepalive != 1 ||
		    options->keepalive_idle_s != SOCKOPT_KERNEL)
			continue;
		say(words->configured,
		    "keepalive on, with the system's times (service %s)",
		    config->services[i].name);
		if (number_of(value) <= KEEPALIVE_LONG)
			return TUNE_GOOD;
		say(words->advised,
		    "%d, or keepalive IDLE:INTERVAL:COUNT in the "
		    "configuration",
		    KEEPALIVE_LONG);
		return TUNE_ADVISED;
	}
	return TUNE_GOOD;
}

enum tune_verdict tune_judge_lowat(const struct tune_facts *facts,
				   const char *value, struct tune_words *words)
{
	const struct config_service *service;
	int most;

	(void)value;
	service = most_of(facts, OPTION(notsent_lowat_bytes), &most);
	if (service)
		say(words->configured, "notsent_lowat %d (service %s)", most,
		    service->name);
	return TUNE_GOOD;
}

/* The first address below the first port that anybody may bind. */
enum tune_verdict tune_judge_low_ports(const struct tune_facts *facts,
				       const char *value,
				       struct tune_words *words)
{
	const struct config *config = facts->config;
	unsigned i, j, port;

	for (i = 0; i < config->service_count; i++) {
		const struct config_service *service = &config->services[i];

		for (j = 0; j < service->listen_count; j++) {
			port = address_port(&service->listens[j].address);
			if (port == 0 || port >= number_of(value))
				continue;
			say(words->configured, "listen on port %u (service %s)",
			    port, service->name);
			if (facts->is_privileged)
				return TUNE_GOOD;
			say(words->advised,
			    "%u, or start as root or with "
			    "CAP_NET_BIND_SERVICE",
			    port);
			return TUNE_ADVISED;
		}
	}
	return TUNE_GOOD;
}

/* ---- Descriptors ----------------------------------------------------- */

static unsigned listeners_of(const struct config *config)
{
	unsigned i, sum = 0;

	for (i = 0; i < config->service_count; i++)
		sum += config->services[i].listen_count;
	return sum;
}

/* Over all services and workers; 0: no service says. */
static uint64_t connections_of(const struct config *config)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < config->service_count; i++)
		sum += config->services[i].settings.max_connections;
	return sum;
}

/* What they may take, over all workers: a client may need more than its own, as
 * a worker reserves them. */
static uint64_t reserved_of(const struct config *config)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < config->service_count; i++) {
		const struct config_service *service = &config->services[i];
		uint64_t each = 1 + service->protocol->descriptors_count;

		sum += service->settings.max_connections * each;
	}
	return sum;
}

/* What a worker needs for its share of them. */
static uint64_t descriptors_of(const struct tune_facts *facts)
{
	uint64_t reserved = reserved_of(facts->config);

	return (reserved + facts->workers - 1) / facts->workers +
	       LIMITS_RESERVED + listeners_of(facts->config);
}

/* As far as the limit of a process may be raised by us. */
static uint64_t descriptors_allowed(const struct tune_facts *facts,
				    uint64_t hard)
{
	char value[TUNE_TEXT];
	uint64_t wanted = facts->config->max_open_files;

	facts->read(facts, "fs.nr_open", value);
	if (wanted > hard && facts->is_privileged)
		return value[0] && number_of(value) < wanted ? number_of(value)
							     : wanted;
	return wanted > 0 && wanted < hard ? wanted : hard;
}

enum tune_verdict tune_judge_descriptors(const struct tune_facts *facts,
					 const char *value,
					 struct tune_words *words)
{
	uint64_t soft = 0, hard = 0, allowed, need = descriptors_of(facts);
	uint64_t wanted = facts->config->max_open_files;

	if (sscanf(value, "%" SCNu64 " %" SCNu64, &soft, &hard) != 2)
		return TUNE_UNKNOWN;
	allowed = descriptors_allowed(facts, hard);
	if (connections_of(facts->config) > 0)
		say(words->configured,
		    "max_connections %" PRIu64 " over %u workers: %" PRIu64
		    " descriptors each",
		    connections_of(facts->config), facts->workers, need);
	else if (wanted > 0)
		say(words->configured, "max_open_files %" PRIu64, wanted);
	if (need <= allowed && wanted <= allowed)
		return TUNE_GOOD;
	say(words->advised, "a hard limit of %" PRIu64 " (LimitNOFILE=)",
	    need > wanted ? need : wanted);
	return TUNE_IMPOSSIBLE;
}

enum tune_verdict tune_judge_descriptors_each(const struct tune_facts *facts,
					      const char *value,
					      struct tune_words *words)
{
	uint64_t wanted = facts->config->max_open_files;

	if (wanted == 0)
		return TUNE_GOOD;
	say(words->configured, "max_open_files %" PRIu64, wanted);
	if (wanted <= number_of(value))
		return TUNE_GOOD;
	say_number(words->advised, wanted);
	return TUNE_IMPOSSIBLE;
}

/* All that the workers may have open at once. */
enum tune_verdict tune_judge_descriptors_all(const struct tune_facts *facts,
					     const char *value,
					     struct tune_words *words)
{
	uint64_t need = reserved_of(facts->config);

	if (need == 0)
		return TUNE_GOOD;
	say(words->configured,
	    "max_connections %" PRIu64 ": %" PRIu64 " descriptors",
	    connections_of(facts->config), need);
	if (need <= number_of(value))
		return TUNE_GOOD;
	say_number(words->advised, need * 2);
	return TUNE_IMPOSSIBLE;
}

/* ---- The program's own ----------------------------------------------- */

enum tune_verdict tune_judge_option_memory(const struct tune_facts *facts,
					   const char *value,
					   struct tune_words *words)
{
	uint64_t need = (uint64_t)(4 * facts->workers + 8) * FILTER_BYTES +
			FILTER_PROGRAM_BYTES;

	say(words->configured,
	    "%u workers: steering takes up to %" PRIu64 " bytes",
	    facts->workers, need);
	if (need <= number_of(value))
		return TUNE_GOOD;
	say_number(words->advised, need);
	return TUNE_ADVISED;
}

enum tune_verdict tune_judge_ptrace(const struct tune_facts *facts,
				    const char *value, struct tune_words *words)
{
	(void)facts;
	if (number_of(value) <= 1)
		return TUNE_GOOD;
	say(words->advised, "1");
	return TUNE_ADVISED;
}
