/* SPDX-License-Identifier: MIT */
/* protocol_options.h - `protocol NAME;` and `protocol NAME { … }`, where the
 * block is read by the protocol's own table of directives. */
#ifndef COHORT_CONFIG_PROTOCOL_OPTIONS_H
#define COHORT_CONFIG_PROTOCOL_OPTIONS_H

#include "config/config.h"
#include "config/reading.h"
#include "config/statement.h"

/* `object` is a struct config_service. */
int protocol_options_apply(struct reading *reading,
			   const struct statement *statement, void *object);
void protocol_options_print(const void *object, struct text *out);
/* Its own directives are marked (config_print_state). */
void protocol_options_print_state(const void *object, struct text *out);

/* Can a directive be of this kind? */
bool protocol_options_knows(enum cohort_value kind);

/* The protocol of that name, or NULL. */
const struct cohort_protocol *
protocol_options_known(const struct reading *reading, const char *name);

/* The same; NULL after a complaint at `where`. */
const struct cohort_protocol *
protocol_options_find(struct reading *reading, const char *name,
		      const struct position *where);

/* Give the service this protocol with its default options. */
void protocol_options_choose(struct reading *reading,
			     struct config_service *service,
			     const struct cohort_protocol *protocol);

/* What can only be judged when all has been read, complained of at `where`. */
void protocol_options_check(struct reading *reading,
			    const struct config_service *service,
			    const struct position *where);

#endif
