/* SPDX-License-Identifier: MIT */
/* test_page.c - the live page is whole, and so are its headers. */
#include "control/page.h"

#include "check.h"

static void test_the_page_is_whole(void)
{
	size_t size;
	const char *page = page_html(&size);

	CHECK(size > 1000);
	CHECK(strncmp(page, "<!DOCTYPE html>", 15) == 0);
	CHECK(strlen(page) == size);
	CHECK(strcmp(page + size - 8, "</html>\n") == 0);
}

static void test_the_policy_allows_two_hashes(void)
{
	struct text headers = {0};

	page_append_headers(&headers);
	CHECK(strncmp(headers.bytes,
		      "Content-Security-Policy: default-src 'none'; "
		      "script-src 'sha256-",
		      63) == 0);
	CHECK(strstr(headers.bytes, "; style-src 'sha256-") != NULL);
	CHECK(strstr(headers.bytes, "; frame-ancestors 'none'\r\n") != NULL);
	CHECK(strstr(headers.bytes, "unsafe") == NULL);
	CHECK(strchr(headers.bytes, '"') == NULL);
	text_release(&headers);
}

int main(void)
{
	test_the_page_is_whole();
	test_the_policy_allows_two_hashes();
	return check_result();
}
