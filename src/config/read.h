/* SPDX-License-Identifier: MIT */
/* read.h - from configuration text to a struct config, or to a list of
 * everything that is wrong with it.
 *
 * Used by the loader on files, -o texts and the environment (may block: files,
 * globs, names), and by the supervisor on the canonical text that a loader
 * answered (never blocks: no include, no variable, no name to resolve). */
#ifndef COHORT_CONFIG_READ_H
#define COHORT_CONFIG_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "config/config.h"

/* One text and the name it has in messages ("cohort.conf", "-o#1"). */
struct config_source {
	const char *name;
	const char *text; /* NUL-terminated; may hold anything */
	size_t size;
};

/* Who opens plug-ins, as the first member of what it needs for it: a loader
 * the files, a worker what has been checked by a loader. */
struct config_opener {
	/* The protocols that the plug-in has, ended by NULL, for as long as the
	 * process lives; or NULL with words that do not name it.  Its
	 * constructors run. */
	const struct cohort_protocol *const *(*open)(
		struct config_opener *opener, const char *path,
		struct error *error);
	/* Before that: what there will be to say if nothing more is heard of
	 * this process.  NULL: it has got through it. */
	void (*announce)(struct config_opener *opener, const char *complaint);
};

struct config_request {
	/* What may stand after `protocol`: ended by NULL, the first is the
	 * default. */
	const struct cohort_protocol *const *protocols;
	const char *file; /* -c, or NULL: the implied service `default` */
	/* -l of the implied service; none: 127.0.0.1:8888. */
	const char *const *listens;
	unsigned listen_count;
	const char *protocol;         /* -p, or NULL */
	const char *workers;          /* -w, or NULL */
	const char *const *overrides; /* -o texts, in order */
	unsigned override_count;
	const char *const *environment; /* NAME=VALUE…, NULL at the end */
	struct config_opener *opener;   /* or NULL: nothing can be loaded */
};

/* Loader: read all of it.  NULL if anything is wrong; then `complaints` has
 * every error, each as `FILE:LINE:COLUMN: …`, the line, and a caret. It may
 * hold warnings (a family the machine lacks, …) also on success. */
struct config *config_load(const struct config_request *request,
			   struct text *complaints);

/* Supervisor: read canonical text, the answer of a loader.  Plug-ins are not
 * opened: what is no other's protocol is one of theirs, and its block is kept
 * as it is written. */
struct config *config_parse(const struct config_source *source,
			    const struct cohort_protocol *const *protocols,
			    struct text *complaints);

/* Worker: the same with plug-ins, which `opener` opens (NULL: not). */
struct config *
config_parse_whole(const struct config_source *source,
		   const struct cohort_protocol *const *protocols,
		   struct config_opener *opener, struct text *complaints);

/* The canonical text: every directive with its value, addresses numeric;
 * config_parse and config_load read it back to the same text. */
void config_print(const struct config *config, struct text *out);

/* The same for another build of the program, older or newer.  What stands at
 * its default here (what follows from another value: at what follows from the
 * one in force) is marked with CONFIG_MARK:
 * - config_parse takes it like anything else, so that a configuration in force
 *   keeps its values where the other build has other defaults;
 * - but skips it if the directive is not known: who does without it, does what
 *   its default says (a new directive's default is what was before it);
 * - where only the value is not known, this build's default stays, with a
 *   warning;
 * - a build that knows no marks takes it for a comment, and has its own
 *   default.
 * What is in use has no mark, and is refused where it is not known. */
void config_print_state(const struct config *config, struct text *out);

/* A line of help for each directive there is, for `cohort -h` and the sample
 * file: name, form, default, what it does. */
void config_print_directives(const struct cohort_protocol *const *protocols,
			     struct text *out);

#endif
