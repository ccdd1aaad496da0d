/* SPDX-License-Identifier: MIT */
/* page.c - page.html as the assembler includes it, and its policy. */
#include "control/page.h"

#include <string.h>

/* An array whose bytes come from a file; seen by nobody but this one. */
__asm__(".pushsection .rodata\n"
	".globl cohort_page_first, cohort_page_end\n"
	".hidden cohort_page_first, cohort_page_end\n"
	"cohort_page_first:\n"
	".incbin \"src/control/page.html\"\n"
	"cohort_page_end:\n"
	".byte 0\n"
	".popsection\n");

extern const char page_first[] __asm__("cohort_page_first");
extern const char page_end[] __asm__("cohort_page_end");

#define POLICY "<meta http-equiv=\"Content-Security-Policy\" content=\""

const char *page_html(size_t *size)
{
	*size = (size_t)(page_end - page_first);
	return page_first;
}

/* The page's own words; and nobody may frame it, which a page cannot say of
 * itself. */
void page_append_headers(struct text *out)
{
	const char *policy = strstr(page_first, POLICY) + strlen(POLICY);

	text_append(out,
		    "Content-Security-Policy: %.*s; frame-ancestors 'none'\r\n"
		    "Referrer-Policy: no-referrer\r\n",
		    (int)strcspn(policy, "\""), policy);
}
