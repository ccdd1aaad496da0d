/* SPDX-License-Identifier: MIT */
/* page.c - page.html as the assembler includes it (with a NUL behind it), and its policy. */
#include "control/page.h"

#include <string.h>

/* An array whose bytes come from a file; seen by nobody but this one. */
__asm__(".pushsection .rodata\n"
	".globl cohort_page\n"
	".hidden cohort_page\n"
	"cohort_page:\n"
	".incbin \"src/control/page.html\"\n"
	".byte 0\n"
	".popsection\n");

extern const char page[] __asm__("cohort_page");

#define POLICY "<meta http-equiv=\"Content-Security-Policy\" content=\""

const char *page_html(size_t *size)
{
	*size = strlen(page);
	return page;
}

/* The page's own words; and nobody may frame it, which a page cannot say of
 * itself. */
void page_append_headers(struct text *out)
{
	const char *policy = strstr(page, POLICY) + strlen(POLICY);

	text_append(out,
		    "Content-Security-Policy: %.*s; frame-ancestors 'none'\r\n"
		    "Referrer-Policy: no-referrer\r\n",
		    (int)strcspn(policy, "\""), policy);
}
