/* SPDX-License-Identifier: MIT */
/* sockopt.c - the rows applied to a socket, and what the kernel made of it. */
#include "net/sockopt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "net/sockopt_system.h"
#include "net/sockopt_table.h"

#define NAME_TEXT 40 /* "keepalive interval" */

/* A value of an option, asked for or got. */
struct value {
	bool is_given; /* asked for: not left to the kernel */
	bool is_word;
	int number;
	char word[SOCKOPT_WORD];
};

/* One socket that the settings are applied to. */
struct target {
	int fd;
	unsigned families; /* a mask */
	const struct sockopt_settings *settings;
	int cpu;
	bool is_first;
	struct error *error;
};

static unsigned families_of(int family, const struct sockopt_settings *settings)
{
	switch (family) {
	case AF_INET: return SOCKOPT_IPV4;
	case AF_INET6: return settings->ipv6_only ? SOCKOPT_IPV6 : SOCKOPT_IP;
	case AF_UNIX: return SOCKOPT_UNIX;
	default: return 0;
	}
}

/* ---- Values ---------------------------------------------------------- */

/* Is it not left to the kernel? */
static bool is_asked_for(const struct sockopt_call *call,
			 const struct sockopt_settings *settings)
{
	const void *member = (const char *)settings + call->offset;

	switch (call->source) {
	case SOCKOPT_FROM_BOOL: return true;
	case SOCKOPT_FROM_INT: return *(const int *)member != SOCKOPT_KERNEL;
	case SOCKOPT_FROM_WORD: return *(const char *)member != '\0';
	case SOCKOPT_FROM_QUICKACK:
		return *(const int *)member == SOCKOPT_QUICKACK_ON;
	case SOCKOPT_FROM_CPU: return *(const bool *)member;
	}
	return false;
}

static void wanted(struct value *value, const struct sockopt_call *call,
		   const struct sockopt_settings *settings, int cpu)
{
	const void *member = (const char *)settings + call->offset;

	memset(value, 0, sizeof(*value));
	value->is_given = is_asked_for(call, settings);
	switch (call->source) {
	case SOCKOPT_FROM_BOOL: value->number = *(const bool *)member; break;
	case SOCKOPT_FROM_INT: value->number = *(const int *)member; break;
	case SOCKOPT_FROM_WORD:
		memcpy(value->word, member, sizeof(value->word));
		value->is_word = true;
		break;
	case SOCKOPT_FROM_QUICKACK: value->number = 1; break;
	case SOCKOPT_FROM_CPU:
		value->number = cpu;
		value->is_given = value->is_given && cpu >= 0;
		break;
	}
}

static int set(int fd, const struct sockopt_call *call,
	       const struct value *value)
{
	if (value->is_word)
		return setsockopt(fd, call->level, call->number, value->word,
				  (socklen_t)strlen(value->word));
	return setsockopt(fd, call->level, call->number, &value->number,
			  sizeof(value->number));
}

static int get(int fd, const struct sockopt_call *call, struct value *value)
{
	socklen_t size = sizeof(value->number);

	memset(value, 0, sizeof(*value));
	if (call->source != SOCKOPT_FROM_WORD)
		return getsockopt(fd, call->level, call->number, &value->number,
				  &size);
	value->is_word = true;
	size = sizeof(value->word) - 1;
	return getsockopt(fd, call->level, call->number, value->word, &size);
}

static bool is_same(const struct value *asked, const struct value *present)
{
	return asked->is_word ? strcmp(asked->word, present->word) == 0
			      : asked->number == present->number;
}

/* Did the kernel take what was asked? */
static bool is_granted(const struct sockopt_call *call,
		       const struct value *asked, const struct value *got)
{
	if (asked->is_word)
		return is_same(asked, got);
	switch (call->answer) {
	case SOCKOPT_SAYS_SAME: return got->number == asked->number;
	case SOCKOPT_SAYS_DOUBLE:
		return got->number / 2 == asked->number && got->number % 2 == 0;
	case SOCKOPT_SAYS_AT_LEAST:
		return asked->number == 0 ? got->number == 0
					  : got->number >= asked->number;
	}
	return false;
}

/* ---- Words ----------------------------------------------------------- */

static const char *name_of(char *out, const struct sockopt_row *row,
			   const struct sockopt_call *call)
{
	snprintf(out, NAME_TEXT, "%s%s%s", row->directive,
		 call->part ? " " : "", call->part ? call->part : "");
	return out;
}

static const char *value_text(char *out, const struct value *value)
{
	if (value->is_word)
		return value->word[0] ? value->word : "none";
	snprintf(out, SOCKOPT_WORD, "%d", value->number);
	return out;
}

/* " (net.core.rmem_max is 212992)", or nothing without a limit. */
static const char *limit_text(char *out, size_t room,
			      const struct sockopt_call *call)
{
	char value[SOCKOPT_SYSTEM_TEXT];

	out[0] = '\0';
	if (call->limit && sockopt_read_system(value, call->limit)[0])
		snprintf(out, room, " (%s is %s)", call->limit, value);
	return out;
}

static void report(const struct target *target, const struct sockopt_row *row,
		   const struct sockopt_call *call, const struct value *asked)
{
	char name[NAME_TEXT], ask[SOCKOPT_WORD], answer[SOCKOPT_WORD];
	char limit[SOCKOPT_SYSTEM_TEXT + 64];
	struct value got;

	if (!log_is_enabled(LOG_LEVEL_DEBUG) || get(target->fd, call, &got) < 0)
		return;
	log_debug("fd %d: %s: asked %s, got %s%s", target->fd,
		  name_of(name, row, call),
		  asked->is_given ? value_text(ask, asked) : "the kernel's own",
		  value_text(answer, &got),
		  limit_text(limit, sizeof(limit), call));
}

static int refused(const struct target *target, const struct sockopt_row *row,
		   const struct sockopt_call *call, const struct value *asked)
{
	char name[NAME_TEXT], ask[SOCKOPT_WORD];
	char limit[SOCKOPT_SYSTEM_TEXT + 64];
	int number = errno;

	name_of(name, row, call);
	if (call->flags & SOCKOPT_UNTIL_BOUND && number == EINVAL) {
		if (target->is_first)
			log_warning(
				"%s %s: the socket fd %d is bound already "
				"and stays as it is",
				name, value_text(ask, asked), target->fd);
		return 0;
	}
	limit_text(limit, sizeof(limit), call);
	errno = number;
	return error_set_errno(target->error, "cannot set %s to %s%s", name,
			       value_text(ask, asked), limit);
}

/* Read it back: the kernel takes some values and makes others of them. */
static int verify(const struct target *target, const struct sockopt_row *row,
		  const struct sockopt_call *call, const struct value *asked)
{
	char name[NAME_TEXT], ask[SOCKOPT_WORD], answer[SOCKOPT_WORD];
	char limit[SOCKOPT_SYSTEM_TEXT + 64];
	struct value got;

	if (get(target->fd, call, &got) < 0)
		return error_set_errno(target->error, "cannot read %s back",
				       name_of(name, row, call));
	report(target, row, call, asked);
	if (is_granted(call, asked, &got))
		return 0;
	name_of(name, row, call);
	if (asked->is_word)
		return error_set(
			target->error, "cannot set %s to %s: the kernel has %s",
			name, value_text(ask, asked), value_text(answer, &got));
	if (call->answer == SOCKOPT_SAYS_DOUBLE)
		got.number /= 2;
	if (target->is_first)
		log_warning("%s %s: the kernel has made it %s%s", name,
			    value_text(ask, asked), value_text(answer, &got),
			    limit_text(limit, sizeof(limit), call));
	return 0;
}

/* ---- Applying -------------------------------------------------------- */

static int apply_call(const struct target *target,
		      const struct sockopt_row *row,
		      const struct sockopt_call *call)
{
	struct value asked, present;

	wanted(&asked, call, target->settings, target->cpu);
	if (!asked.is_given) {
		if (target->is_first)
			report(target, row, call, &asked);
		return 0;
	}
	if (call->flags & SOCKOPT_ASK_FIRST &&
	    get(target->fd, call, &present) == 0 && is_same(&asked, &present)) {
		report(target, row, call, &asked);
		return 0;
	}
	if (set(target->fd, call, &asked) < 0)
		return refused(target, row, call, &asked);
	return verify(target, row, call, &asked);
}

static int apply_row(const struct target *target, const struct sockopt_row *row)
{
	const struct sockopt_call *call = row->calls;

	for (; call && call->families; call++)
		if (call->place == SOCKOPT_ON_LISTENER &&
		    call->families & target->families &&
		    apply_call(target, row, call) < 0)
			return -1;
	return 0;
}

int sockopt_apply_listener(int fd, int family,
			   const struct sockopt_settings *settings,
			   const struct sockopt_owner *owner,
			   struct error *error)
{
	const struct target target = {
		.fd = fd,
		.families = families_of(family, settings),
		.settings = settings,
		.cpu = owner->cpu,
		.is_first = owner->is_first,
		.error = error,
	};
	const struct sockopt_row *row;

	for (row = sockopt_rows; row->directive; row++)
		if (apply_row(&target, row) < 0)
			return -1;
	return 0;
}

static bool is_equal_call(const struct sockopt_call *call,
			  const struct sockopt_settings *one,
			  const struct sockopt_settings *other)
{
	struct value a, b;

	wanted(&a, call, one, 0);
	wanted(&b, call, other, 0);
	return a.is_given == b.is_given && (!a.is_given || is_same(&a, &b));
}

bool sockopt_is_equal(const struct sockopt_settings *one,
		      const struct sockopt_settings *other)
{
	const struct sockopt_row *row;
	const struct sockopt_call *call;

	for (row = sockopt_rows; row->directive; row++)
		for (call = row->calls; call && call->families; call++)
			if (call->place == SOCKOPT_ON_LISTENER &&
			    !is_equal_call(call, one, other))
				return false;
	return true;
}

int sockopt_try(int family, const struct sockopt_settings *settings,
		struct error *error)
{
	const struct sockopt_owner nobody = {.cpu = -1};
	int status, fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return error_set_errno(error, "cannot open a socket");
	status = sockopt_apply_listener(fd, family, settings, &nobody, error);
	close(fd);
	return status;
}

/* As a socket that nobody has touched has it. */
static int restore_call(const struct target *target, int fresh,
			const struct sockopt_call *call)
{
	struct value initial, given, got;

	if (call->answer == SOCKOPT_SAYS_DOUBLE ||
	    get(fresh, call, &initial) < 0)
		return -1;
	given = initial;
	if (call->flags & SOCKOPT_ZERO_RESETS)
		given.number = 0;
	if (set(target->fd, call, &given) < 0 ||
	    get(target->fd, call, &got) < 0)
		return -1;
	return is_same(&initial, &got) ? 0 : -1;
}

static void restore_row(const struct target *target, int fresh,
			const struct sockopt_settings *before,
			const struct sockopt_row *row)
{
	const struct sockopt_call *call = row->calls;
	struct value was, asked;
	char name[NAME_TEXT];

	for (; call && call->families; call++) {
		if (call->place != SOCKOPT_ON_LISTENER ||
		    !(call->families & target->families))
			continue;
		wanted(&was, call, before, target->cpu);
		wanted(&asked, call, target->settings, target->cpu);
		if (!was.is_given || asked.is_given ||
		    restore_call(target, fresh, call) == 0)
			continue;
		if (target->is_first)
			log_warning("%s stays as it was until a restart",
				    name_of(name, row, call));
	}
}

void sockopt_restore_listener(int fd, int family,
			      const struct sockopt_settings *before,
			      const struct sockopt_settings *settings,
			      const struct sockopt_owner *owner)
{
	const struct target target = {
		.fd = fd,
		.families = families_of(family, settings),
		.settings = settings,
		.cpu = owner->cpu,
		.is_first = owner->is_first,
	};
	int fresh = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct sockopt_row *row;

	for (row = sockopt_rows; row->directive; row++)
		restore_row(&target, fresh, before, row);
	if (fresh >= 0)
		close(fresh);
}

/* Apart from the question whether to, which is asked of every connection. */
static __attribute__((noinline)) int
set_wanted(int fd, const struct sockopt_call *call,
	   const struct sockopt_settings *settings)
{
	struct value asked;

	wanted(&asked, call, settings, -1);
	return asked.is_given ? set(fd, call, &asked) : 0;
}

int sockopt_apply_connection(int fd, int family,
			     const struct sockopt_settings *settings)
{
	unsigned families = families_of(family, settings);
	const struct sockopt_call *const *call = sockopt_connection_calls;

	for (; *call != NULL; call++)
		if ((*call)->families & families &&
		    is_asked_for(*call, settings) &&
		    set_wanted(fd, *call, settings) < 0)
			return -1;
	return 0;
}

int sockopt_apply_outgoing(int fd, int family,
			   const struct sockopt_settings *settings)
{
	unsigned families = families_of(family, settings);
	const struct sockopt_row *row;
	const struct sockopt_call *call;

	for (row = sockopt_rows; row->directive; row++)
		for (call = row->calls; call && call->families; call++)
			if (!(call->flags & SOCKOPT_ACCEPTING) &&
			    call->families & families &&
			    is_asked_for(call, settings) &&
			    set_wanted(fd, call, settings) < 0)
				return -1;
	return 0;
}
