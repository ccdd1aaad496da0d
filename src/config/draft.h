/* SPDX-License-Identifier: MIT */
/* draft.h - a service while it is being read. */
#ifndef COHORT_CONFIG_DRAFT_H
#define COHORT_CONFIG_DRAFT_H

#include <stdbool.h>

#include "config/config.h"
#include "config/reading.h"

#define DRAFT_SERVICE_NAME_MAX 63

struct draft {
	struct config_service service; /* first: the directives' object */
	struct draft *next;
	struct position position; /* of its name */
	struct position where[DIRECTIVES_MAX];
	struct config_listen listens[CONFIG_LISTENS_MAX];
	struct position listens_where[CONFIG_LISTENS_MAX];
	unsigned listen_pass; /* which text the list comes from */
	/* An address of a family that the machine lacks was left out. */
	bool has_skipped;
	struct position skipped_where;
	bool is_faulty; /* something about it was complained about */
};

/* A service with every default, at the end of the reading's list. */
struct draft *draft_new(struct reading *reading, const char *name,
			const struct position *where);

/* The one of that name, or NULL. */
struct draft *draft_find(const struct reading *reading, const char *name);

/* The draft whose service is `object`. */
struct draft *draft_of(void *object);

#endif
