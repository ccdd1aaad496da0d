/* SPDX-License-Identifier: MIT */
/* test_first_complaint.c - one sentence for all that is wrong. */
#include "process/first_complaint.h"

#include "check.h"

static const struct {
	const char *complaints;
	const char *sentence;
} rows[] = {
	{"", ""},
	{"user: there is no user nobody\n", "user: there is no user nobody"},
	{"without an end", "without an end"},
	{"c:4:5: unknown directive 'x'\n    x 5;\n    ^\n",
	 "c:4:5: unknown directive 'x'"},
	{"c:1:1: warning: two of them\n    x 5;\n    ^\n", ""},
	{"c:1:1: warning: two of them\n    x 5;\n    ^\n"
	 "c:4:5: bad\n    x 5;\n    ^\n",
	 "c:4:5: bad"},
	{"c:4:5: bad\n    x 5;\n    ^\nc:5:5: worse\n    y\n    ^\n",
	 "c:4:5: bad (and 1 more error)"},
	{"a\nb\nc:12:3: warning: d\ne\n", "a (and 2 more errors)"},
	{"a:b:7:c:12:3: warning: d\nwarning: e\n", ""},
	{"c:1:2: no file 'd:4:5: warning: e'\n",
	 "c:1:2: no file 'd:4:5: warning: e'"},
	{"c:1:2:\nc:\nc:1\n:1:2: \n", "c:1:2: (and 3 more errors)"},
	{"no file d: warning: e\n", "no file d: warning: e"},
};

int main(void)
{
	struct text text;
	char out[64], small[8];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		text = (struct text){.bytes = NULL};
		text_append(&text, "%s", rows[i].complaints);
		check_string(first_complaint(out, sizeof(out), &text),
			     rows[i].sentence);
		first_complaint(small, sizeof(small), &text);
		CHECK(strncmp(small, rows[i].sentence, 7) == 0);
		text_release(&text);
	}
	text = (struct text){.bytes = NULL};
	check_string(first_complaint(out, sizeof(out), &text), "");
	return check_result();
}
