/* SPDX-License-Identifier: MIT */
/* reading.h - what all steps of reading one configuration share.
 *
 * Lives on the stack of config_load or config_parse.  `arena` becomes the
 * configuration's own, `scratch` (texts, statements) goes when it is done. */
#ifndef COHORT_CONFIG_READING_H
#define COHORT_CONFIG_READING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/memory.h"
#include "config/complaints.h"
#include "config/directive.h"

/* So that no text, however built, eats the memory of the machine. */
#define READING_WORDS_MAX    200000
#define READING_EXPANDED_MAX ((size_t)16 << 20) /* bytes, all variables */
#define READING_FILES_MAX    1000
#define READING_BYTES_MAX    ((size_t)64 << 20) /* of all files */

/* In canonical text, before a statement that stands at its default
 * (config_print_state). */
#define CONFIG_MARK "#="

struct draft;

struct reading {
	struct arena *arena;
	struct arena *scratch;
	struct complaints complaints;
	struct config *config;
	const struct cohort_protocol *const *protocols;
	const char *const *environment;
	struct config_opener *opener; /* or NULL */
	/* Canonical text: no include, no variable, no name to resolve. */
	bool is_canonical;
	unsigned word_count;
	size_t expanded_bytes;
	unsigned file_count;
	size_t file_bytes;
	/* What is said before (the file, the defaults), and a later text
	 * replaces, has another pass number. */
	unsigned pass;
	struct directive_list global_directives;
	struct directive_list service_directives;
	struct position global_where[DIRECTIVES_MAX]; /* line 0: not given */
	struct draft *drafts;                         /* services, in order */
	struct draft *last_draft;
	unsigned draft_count;
	int ipv6_support; /* 0: not asked yet, 1: yes, -1: no */
	int ipv4_support;
};

void reading_open(struct reading *reading, struct text *complaints,
		  const struct cohort_protocol *const *protocols);

/* What a configuration is before anything is read. */
struct config *reading_new_config(const struct directive_list *global);

/* Free what was for reading only; the configuration, or NULL if there was an
 * error. */
struct config *reading_close(struct reading *reading);

#endif
