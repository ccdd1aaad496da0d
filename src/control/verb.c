/* SPDX-License-Identifier: MIT */
/* verb.c - may a verb have this request? */
#include "control/verb.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

#define NAMES_MOST 64

/* `word` as an error may show it. */
static const char *shown(char out[64], const char *word)
{
	text_escape(out, 64, word, strlen(word));
	return out;
}

const struct verb *verb_find(const struct verb *table, const char *name,
			     struct error *error)
{
	const char *names[NAMES_MOST];
	const char *nearest;
	size_t count = 0;
	char room[64];

	for (; table->name != NULL && count < NAMES_MOST; table++) {
		if (strcmp(table->name, name) == 0)
			return table;
		names[count++] = table->name;
	}
	nearest = text_nearest(name, names, count);
	error_set(error, "unknown verb '%s'%s%s%s", shown(room, name),
		  nearest != NULL ? "; did you mean '" : "",
		  nearest != NULL ? nearest : "", nearest != NULL ? "'?" : "");
	return NULL;
}

const struct verb_argument *verb_argument(const struct verb_argument *arguments,
					  const char *name)
{
	const struct verb_argument *argument = arguments;

	for (; argument != NULL && argument->name != NULL; argument++)
		if (strcmp(argument->name, name) == 0)
			return argument;
	return NULL;
}

const char *verb_form(const struct verb_argument *argument)
{
	static const char *const forms[VERB_ARGUMENT_KINDS] = {
		[VERB_FLAG] = "",
		[VERB_NUMBER] = "N",
		[VERB_DURATION] = "DURATION",
		[VERB_PEER] = "ADDRESS[/BITS]",
		[VERB_SERVICE] = "SERVICE",
		[VERB_CONNECTION] = "ID",
		[VERB_WORD] = "WORD",
	};

	return argument->form != NULL ? argument->form : forms[argument->kind];
}

/* ---- Values ---- */

static int check_flag(const struct verb_argument *argument, const char *value,
		      struct error *error)
{
	(void)argument;
	return strcmp(value, "on") == 0 ? 0
					: error_set(error, "is on or absent");
}

static int check_number(const struct verb_argument *argument, const char *value,
			struct error *error)
{
	uint64_t maximum =
		argument->maximum != 0 ? argument->maximum : UINT32_MAX;
	uint64_t number;

	if (text_parse_number(value, &number) < 0)
		return error_set(error, "is not a number");
	if (number < argument->minimum || number > maximum)
		return error_set(error, "must be from %" PRIu64 " to %" PRIu64,
				 argument->minimum, maximum);
	return 0;
}

static int check_duration(const struct verb_argument *argument,
			  const char *value, struct error *error)
{
	int64_t duration_ms;

	(void)argument;
	if (text_parse_duration(value, &duration_ms) < 0)
		return error_set(error, "is no duration like 250ms, 30s, 5m");
	return 0;
}

static int check_service(const struct verb_argument *argument,
			 const char *value, struct error *error)
{
	(void)argument;
	if (value[0] == '\0' || strlen(value) >= SCOREBOARD_SERVICE_NAME)
		return error_set(error, "is no name of a service");
	return 0;
}

/* What is a part of a query. */
static int check_query(const struct verb_argument *argument, const char *value,
		       struct error *error)
{
	struct connection_query query;

	if (argument->kind == VERB_PEER)
		return verb_parse_peer(value, &query, error);
	return verb_parse_connection(value, &query, error);
}

static int place_of(const struct verb_argument *argument, const char *value)
{
	unsigned i;

	for (i = 0; i < argument->word_count; i++)
		if (strcmp(argument->words[i], value) == 0)
			return (int)i;
	return -1;
}

static int check_word(const struct verb_argument *argument, const char *value,
		      struct error *error)
{
	const char *nearest;
	struct text words = {0};
	unsigned i;

	if (place_of(argument, value) >= 0)
		return 0;
	nearest = text_nearest(value, argument->words, argument->word_count);
	if (nearest != NULL)
		return error_set(error, "is unknown; did you mean '%s'?",
				 nearest);
	for (i = 0; i < argument->word_count; i++)
		text_append(&words, " %s", argument->words[i]);
	error_set(error, "is none of%s",
		  words.bytes != NULL ? words.bytes : "");
	text_release(&words);
	return -1;
}

int verb_check_value(const struct verb_argument *argument, const char *value,
		     struct error *error)
{
	static int (*const checks[VERB_ARGUMENT_KINDS])(
		const struct verb_argument *, const char *, struct error *) = {
		[VERB_FLAG] = check_flag,
		[VERB_NUMBER] = check_number,
		[VERB_DURATION] = check_duration,
		[VERB_PEER] = check_query,
		[VERB_SERVICE] = check_service,
		[VERB_CONNECTION] = check_query,
		[VERB_WORD] = check_word,
	};
	char room[64];

	if (checks[argument->kind](argument, value, error) == 0)
		return 0;
	return error_prefix(error, "%s: '%s' ", argument->name,
			    shown(room, value));
}

/* ---- Requests ---- */

static int complain_unknown(const struct verb *verb, const char *key,
			    struct error *error)
{
	const struct verb_argument *argument = verb->arguments;
	const char *names[REQUEST_ARGUMENTS];
	const char *nearest;
	size_t count = 0;

	for (; argument != NULL && argument->name != NULL; argument++)
		if (count < REQUEST_ARGUMENTS)
			names[count++] = argument->name;
	nearest = text_nearest(key, names, count);
	return error_set(error, "%s has no argument '%.60s'%s%s%s", verb->name,
			 key, nearest != NULL ? "; did you mean '" : "",
			 nearest != NULL ? nearest : "",
			 nearest != NULL ? "'?" : "");
}

static int check_given(const struct verb *verb,
		       const struct request_argument *given,
		       struct error *error)
{
	const struct verb_argument *argument =
		verb_argument(verb->arguments, given->key);

	if (strcmp(given->key, REQUEST_FORM) == 0) {
		if (strcmp(given->value, "json") == 0 ||
		    strcmp(given->value, "lines") == 0)
			return 0;
		return error_set(error, "form is lines or json");
	}
	if (argument == NULL)
		return complain_unknown(verb, given->key, error);
	return verb_check_value(argument, given->value, error);
}

int verb_check(const struct verb *verb, const struct request *request,
	       struct error *error)
{
	const struct verb_argument *argument = verb->arguments;
	unsigned i;

	for (i = 0; i < request->argument_count; i++)
		if (check_given(verb, &request->arguments[i], error) < 0)
			return -1;
	for (; argument != NULL && argument->name != NULL; argument++)
		if (argument->is_required &&
		    request_value(request, argument->name) == NULL)
			return error_set(error, "%s needs %s (%s)", verb->name,
					 verb_form(argument), argument->help);
	return 0;
}

/* ---- What has been checked ---- */

uint64_t verb_number(const struct request *request, const char *name,
		     uint64_t fallback)
{
	const char *value = request_value(request, name);
	uint64_t number = fallback;

	if (value != NULL && text_parse_number(value, &number) < 0)
		return fallback;
	return number;
}

int64_t verb_duration_ms(const struct request *request, const char *name,
			 int64_t fallback_ms)
{
	const char *value = request_value(request, name);
	int64_t duration_ms = fallback_ms;

	if (value != NULL && text_parse_duration(value, &duration_ms) < 0)
		return fallback_ms;
	return duration_ms;
}

int verb_word(const struct verb_argument *arguments,
	      const struct request *request, const char *name)
{
	const struct verb_argument *argument = verb_argument(arguments, name);
	const char *value = request_value(request, name);

	return argument == NULL || value == NULL ? -1
						 : place_of(argument, value);
}

/* ---- Connections ---- */

int verb_parse_connection(const char *word, struct connection_query *query,
			  struct error *error)
{
	const char *dash = strchr(word, '-');
	char digits[16];
	uint64_t pid, id;

	if (dash == NULL || (size_t)(dash - word) >= sizeof(digits))
		return error_set(error, "is no connection like 4711-12");
	memcpy(digits, word, (size_t)(dash - word));
	digits[dash - word] = '\0';
	if (text_parse_number(digits, &pid) < 0 || pid == 0 ||
	    pid > INT32_MAX || text_parse_number(dash + 1, &id) < 0 || id == 0)
		return error_set(error, "is no connection like 4711-12");
	query->pid = (int32_t)pid;
	query->id = id;
	return 0;
}

/* Clear what is beyond the prefix. */
static void mask(uint8_t peer[16], unsigned bits)
{
	unsigned i;

	for (i = 0; i < 16; i++) {
		unsigned kept = bits > i * 8 ? bits - i * 8 : 0;

		if (kept < 8)
			peer[i] &= (uint8_t)(0xff00U >> kept);
	}
}

int verb_parse_peer(const char *word, struct connection_query *query,
		    struct error *error)
{
	const char *slash = strchr(word, '/');
	size_t size = slash != NULL ? (size_t)(slash - word) : strlen(word);
	char host[INET6_ADDRSTRLEN];
	uint64_t bits, most;
	int family;

	if (size >= sizeof(host))
		return error_set(error, "is no address, nor a prefix of some");
	memcpy(host, word, size);
	host[size] = '\0';
	family = strchr(host, ':') != NULL ? AF_INET6 : AF_INET;
	memset(query->peer, 0, sizeof(query->peer));
	if (inet_pton(family, host, query->peer) != 1)
		return error_set(error, "is no address, nor a prefix of some");
	most = family == AF_INET6 ? 128 : 32;
	bits = most;
	if (slash != NULL &&
	    (text_parse_number(slash + 1, &bits) < 0 || bits > most))
		return error_set(error, "has a prefix that is not 0 to %d",
				 (int)most);
	query->peer_family = (uint8_t)family;
	query->peer_bits = (uint8_t)bits;
	mask(query->peer, (unsigned)bits);
	return 0;
}
