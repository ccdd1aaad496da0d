/* SPDX-License-Identifier: MIT */
/* page.h - the live page: page.html, compiled in.
 *
 * It is whole in itself and asks for nothing but /status.json.  Its policy
 * (Content-Security-Policy) names its one script and its one style by their
 * hashes and allows nothing else; tools/check/page keeps them true. */
#ifndef COHORT_CONTROL_PAGE_H
#define COHORT_CONTROL_PAGE_H

#include <stddef.h>

#include "base/text.h"

/* The page; `size` gets its length. */
const char *page_html(size_t *size);

/* Append the headers that it is to be sent with, each with CR LF. */
void page_append_headers(struct text *out);

#endif
