/* SPDX-License-Identifier: MIT */
/* ask.h - one question and its answer. */
#ifndef COHORTCTL_ASK_H
#define COHORTCTL_ASK_H

#include "arguments.h"
#include "base/error.h"
#include "base/text.h"
#include "layout.h"
#include "wire.h"

/* Ask, and give the answer to `out` piece by piece, as it comes: text laid out
 * in `style`, or JSON as it is.  The exit status; with words if it is not
 * EXIT_DONE, but for what JSON says itself. */
enum exit_status ask(const struct arguments *options,
		     const struct layout_style *style,
		     int (*out)(void *context, const char *bytes, size_t size),
		     void *context, struct error *error);

#endif
