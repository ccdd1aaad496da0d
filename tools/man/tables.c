/* SPDX-License-Identifier: MIT */
/* tables.c - parts of the manual pages, in mdoc, from the program's own tables.
 *
 *	man-tables PART		prints it; without PART, the names of all parts
 *
 * tools/man/write puts them into the pages of conf/man. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "config/directive.h"
#include "config/value.h"
#include "control/reports.h"
#include "control/verb.h"
#include "metrics/metric_table.h"
#include "options.h"
#include "protocols/protocols.h"

/* ---- mdoc ---- */

/* One argument of a macro, which is never a macro itself. */
static void print_argument(const char *words)
{
	fputs(" \"\\&", stdout);
	for (; *words != '\0'; words++)
		switch (*words) {
		case '\\': fputs("\\e", stdout); break;
		case '"': fputs("\\(dq", stdout); break;
		case '-': fputs("\\-", stdout); break;
		default: putchar(*words);
		}
	putchar('"');
}

/* Is the first word one of the language, not a name? */
static bool begins_with_word(const char *words)
{
	size_t size = strspn(words, "abcdefghijklmnopqrstuvwxyz");

	return size > 0 && strchr(" ,;", words[size]) != NULL;
}

/* The next character as troff wants it; its size. */
static size_t print_character(const char *words)
{
	uint32_t character;
	size_t size = utf8_decode(words, &character);

	if (size > 1)
		printf("\\[u%04X]", (unsigned)character);
	else if (*words == '\\')
		fputs("\\e", stdout);
	else
		putchar(*words);
	return size > 0 ? size : 1;
}

/* A line of text, as a sentence. */
static void print_sentence(const char *words)
{
	bool is_ended = false;

	fputs("\\&", stdout);
	if (begins_with_word(words))
		putchar(*words++ - 'a' + 'A');
	while (*words != '\0') {
		size_t size = print_character(words);

		/* The last one may be an ellipsis. */
		is_ended = size > 1 || strchr(".?!", *words) != NULL;
		words += size;
	}
	puts(is_ended ? "" : ".");
}

static void begin_list(void)
{
	puts(".Bl -tag -width Ds");
}

static void end_list(void)
{
	puts(".El");
}

static void print_item(const char *macro, const char *words)
{
	printf(".It %s", macro);
	print_argument(words);
	putchar('\n');
}

/* ---- Directives ---- */

static void print_directive(const struct directive *row)
{
	struct text form = {0};

	text_append(&form, "%s ", row->name);
	value_describe(row, &form);
	text_append(&form, ";");
	print_item("Ic", form.bytes != NULL ? form.bytes : row->name);
	print_sentence(row->help);
	if (row->initial != NULL) {
		fputs("Default:\n.Li", stdout);
		print_argument(row->initial[0] != '\0' ? row->initial : "\"\"");
		puts(" .");
	}
	text_release(&form);
}

static void print_directives(const struct directive_list *list)
{
	unsigned i;

	begin_list();
	for (i = 0; i < list->count; i++)
		print_directive(&list->rows[i]);
	end_list();
}

static void print_global(void)
{
	struct directive_list list;

	directive_list_outside(&list);
	print_directives(&list);
}

static void print_service(void)
{
	struct directive_list list;

	directive_list_service(&list);
	print_directives(&list);
}

static void print_protocols(void)
{
	static const struct cohort_protocol *const protocols[] = {
		&protocol_echo,    &protocol_line,   &protocol_discard,
		&protocol_chargen, &protocol_qotd,   &protocol_daytime,
		&protocol_time,    &protocol_whoami, &protocol_proxy,
	};
	struct directive_list list;
	size_t i;

	for (i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		fputs(".Ss protocol", stdout);
		print_argument(protocols[i]->name);
		putchar('\n');
		directive_list_protocol(&list, protocols[i]);
		if (list.count > 0)
			print_directives(&list);
		else
			puts("It has no directives of its own.");
	}
}

/* ---- Verbs ---- */

static void print_verb_argument(const struct verb_argument *argument)
{
	fputs(".It", stdout);
	if (argument->is_positional) {
		fputs(" Ar", stdout);
		print_argument(verb_form(argument));
	} else {
		fputs(" Fl", stdout);
		printf(" \\-%s", argument->name);
		if (verb_form(argument)[0] != '\0') {
			fputs(" Ar", stdout);
			print_argument(verb_form(argument));
		}
	}
	putchar('\n');
	print_sentence(argument->help);
}

static void print_verbs(void)
{
	const struct verb *verb;
	const struct verb_argument *argument;

	begin_list();
	for (verb = verbs; verb->name != NULL; verb++) {
		print_item("Ic", verb->name);
		print_sentence(verb->help);
		if (verb->is_order)
			puts("An order.");
		if (verb->arguments == NULL)
			continue;
		begin_list();
		for (argument = verb->arguments; argument->name != NULL;
		     argument++)
			print_verb_argument(argument);
		end_list();
	}
	end_list();
}

/* ---- Columns ---- */

static void print_column(const struct report_column *column)
{
	fputs(".It Li", stdout);
	print_argument(column->name);
	if (column->heading[0] != '\0') {
		fputs(" Pq", stdout);
		print_argument(column->heading);
	}
	putchar('\n');
	print_sentence(column->help);
	if (column->rank == REPORT_RANK_WIDE)
		puts("Only with\n.Fl \\-wide .");
}

static void print_columns(void)
{
	static const struct {
		const char *title;
		const struct report_table *table;
	} tables[] = {
		{"status", &report_status_table},
		{"workers", &report_worker_table},
		{"services", &report_service_table},
		{"connections", &connection_table},
		{"connections --closed", &report_closed_table},
		{"events", &report_event_table},
	};
	size_t i;
	unsigned column;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		fputs(".Ss Columns of", stdout);
		print_argument(tables[i].title);
		putchar('\n');
		begin_list();
		for (column = 0; column < tables[i].table->column_count;
		     column++)
			print_column(&tables[i].table->columns[column]);
		end_list();
	}
}

/* ---- Metrics ---- */

static const char *const metric_kind_words[METRIC_KINDS] = {
	[METRIC_GAUGE] = "gauge",
	[METRIC_COUNTER] = "counter",
	[METRIC_HISTOGRAM] = "histogram",
	[METRIC_INFO] = "gauge",
};

static const char *const metric_suffixes[METRIC_KINDS] = {
	[METRIC_GAUGE] = "",
	[METRIC_COUNTER] = "_total",
	[METRIC_HISTOGRAM] = "",
	[METRIC_INFO] = "_info",
};

static const char *const metric_scope_labels[METRIC_SCOPES] = {
	[METRIC_OF_PROGRAM] = "",
	[METRIC_OF_SERVICE] = "service",
	[METRIC_OF_SLOT] = "worker",
	[METRIC_OF_SERVICE_SLOT] = "service,worker",
};

static void print_label(const struct metric_label *label)
{
	unsigned i;

	printf("Values of\n.Li %s :\n", label->name);
	for (i = 0; i < label->count; i++) {
		fputs(".Li", stdout);
		print_argument(label->word(i));
		puts(i + 1 < label->count ? " ," : " .");
	}
}

static void print_metric(const struct metric *metric)
{
	const char *scope = metric_scope_labels[metric->scope];
	const char *label = metric->label != NULL ? metric->label->name : "";
	char name[256];
	int size = snprintf(name, sizeof(name), "%s%s", metric->name,
			    metric_suffixes[metric->kind]);

	if (scope[0] != '\0' || label[0] != '\0')
		snprintf(name + size, sizeof(name) - (size_t)size, "{%s%s%s}",
			 scope, scope[0] != '\0' && label[0] != '\0' ? "," : "",
			 label);
	print_item("Li", name);
	printf("A %s.\n", metric_kind_words[metric->kind]);
	print_sentence(metric->help);
	/* The version is another one each time. */
	if (metric->label != NULL && metric->kind != METRIC_INFO)
		print_label(metric->label);
}

static void print_metrics(void)
{
	unsigned i;

	begin_list();
	for (i = 0; i < metric_count; i++)
		print_metric(&metric_table[i]);
	end_list();
}

/* ---- cohort-bench ---- */

static void print_bench_modes(void)
{
	struct mode_words mode;
	size_t i;

	begin_list();
	for (i = 0; options_describe_mode(i, &mode); i++) {
		print_item("Cm", mode.name);
		print_sentence(mode.help);
	}
	end_list();
}

/* Nothing of one that all modes have. */
static void print_modes_of(unsigned modes)
{
	struct mode_words mode;
	unsigned others = 0;
	size_t i;

	for (i = 0; options_describe_mode(i, &mode); i++)
		others |= (unsigned)mode.mode & ~modes;
	if (others == 0)
		return;
	fputs("Of", stdout);
	for (i = 0; options_describe_mode(i, &mode); i++) {
		if (!(modes & (unsigned)mode.mode))
			continue;
		modes &= ~(unsigned)mode.mode;
		printf("\n.Cm %s %s", mode.name, modes != 0 ? "," : ".");
	}
	putchar('\n');
}

static void print_bench_options(void)
{
	struct option_words option;
	size_t i;

	begin_list();
	for (i = 0; options_describe(i, &option); i++) {
		fputs(".It Fl ", stdout);
		if (option.letter != '\0')
			printf("%c , ", option.letter);
		printf("\\-%s", option.name);
		if (option.argument != NULL) {
			fputs(" Ar", stdout);
			print_argument(option.argument);
		}
		putchar('\n');
		print_sentence(option.help);
		print_modes_of(option.modes);
	}
	end_list();
}

/* ---- All parts ---- */

static const struct {
	const char *name;
	void (*print)(void);
} parts[] = {
	{"global", print_global},
	{"service", print_service},
	{"protocols", print_protocols},
	{"verbs", print_verbs},
	{"columns", print_columns},
	{"metrics", print_metrics},
	{"bench-modes", print_bench_modes},
	{"bench-options", print_bench_options},
};

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (argc < 2)
			puts(parts[i].name);
		else if (strcmp(parts[i].name, argv[1]) == 0) {
			parts[i].print();
			return fflush(stdout) == 0 ? EXIT_SUCCESS
						   : EXIT_FAILURE;
		}
	}
	if (argc < 2)
		return EXIT_SUCCESS;
	fprintf(stderr, "man-tables: no part %s\n", argv[1]);
	return EXIT_FAILURE;
}
