/* SPDX-License-Identifier: MIT */
/* load_directive.h - `load FILE;`: protocols from a shared object.
 *
 * They have to be known before anything that may name them is applied, so all
 * `load` of all texts are looked for first.  The file is looked for beside the
 * one that names it (-o: in the working directory); canonical text has it
 * absolute.  Whoever has no opener for plug-ins (read.h) takes canonical text
 * only, and learns no more than that there are some. */
#ifndef COHORT_CONFIG_LOAD_DIRECTIVE_H
#define COHORT_CONFIG_LOAD_DIRECTIVE_H

#include "config/reading.h"
#include "config/statement.h"

/* Open what the statements of a text load: a struct config_plugin of the
 * configuration each, and their protocols are known from here on. */
void load_directive_open(struct reading *reading, const struct statement *list);

/* Nothing is left to do for it. */
int load_directive_apply(struct reading *reading,
			 const struct statement *statement, void *object);
/* `object` is a struct config. */
void load_directive_print(const void *object, struct text *out);

#endif
