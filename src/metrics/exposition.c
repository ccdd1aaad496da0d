/* SPDX-License-Identifier: MIT */
/* exposition.c - families, their samples, labels and numbers, as words. */
#include "metrics/exposition.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "metrics/metric_table.h"

#define NUMBER_BYTES 32
#define LABELS_BYTES 256 /* a service's name, all escaped, and two words */

struct labels {
	char text[LABELS_BYTES];
	size_t size;
};

struct writer {
	struct text *out;
	enum exposition_format format;
	const struct metric *metric;
	struct metric_point point;
};

/* ---- Words ----------------------------------------------------------- */

/* What must not stand in a label's value as it is; other bytes that make no
 * words (a name from a page that was written over) become question marks. */
static size_t escape(char out[2], char byte)
{
	out[0] = '\\';
	out[1] = byte == '\n' ? 'n' : byte;
	if (byte == '\n' || byte == '"' || byte == '\\')
		return 2;
	out[0] = byte >= ' ' && byte <= '~' ? byte : '?';
	return 1;
}

/* A value that does not fit is cut. */
static void add_label(struct labels *labels, const char *name,
		      const char *value)
{
	int size = snprintf(labels->text + labels->size,
			    sizeof(labels->text) - labels->size, "%s%s=\"",
			    labels->size > 0 ? "," : "", name);

	labels->size += (size_t)size;
	for (; *value != '\0' && labels->size + 4 < sizeof(labels->text);
	     value++)
		labels->size += escape(labels->text + labels->size, *value);
	labels->text[labels->size++] = '"';
	labels->text[labels->size] = '\0';
}

/* `value` of which `scale` are one: "3", "0.25", "2.0". */
static char *format_number(char out[NUMBER_BYTES], uint64_t value,
			   unsigned scale)
{
	int digits = scale == 1000 ? 3 : 6, size;

	if (scale <= 1) {
		snprintf(out, NUMBER_BYTES, "%" PRIu64, value);
		return out;
	}
	size = snprintf(out, NUMBER_BYTES, "%" PRIu64 ".%0*" PRIu64,
			value / scale, digits, value % scale);
	while (out[size - 1] == '0' && out[size - 2] != '.')
		out[--size] = '\0';
	return out;
}

/* ---- Samples --------------------------------------------------------- */

static void write_sample(const struct writer *writer, const char *suffix,
			 const struct labels *labels, const char *number)
{
	const char *name = writer->metric->name;

	if (labels->size == 0)
		text_append(writer->out, "%s%s %s\n", name, suffix, number);
	else
		text_append(writer->out, "%s%s{%s} %s\n", name, suffix,
			    labels->text, number);
}

static const char *suffix_of(const struct metric *metric)
{
	static const char *const suffixes[METRIC_KINDS] = {
		[METRIC_GAUGE] = "",
		[METRIC_COUNTER] = "_total",
		[METRIC_HISTOGRAM] = "",
		[METRIC_INFO] = "_info",
	};

	return suffixes[metric->kind];
}

/* Buckets are told with what is in all smaller ones. */
static void write_histogram(const struct writer *writer,
			    const struct labels *labels)
{
	const struct metric *metric = writer->metric;
	const struct metric_buckets *buckets = metric->buckets;
	const uint64_t *cells = metric->cells(&writer->point) + metric->cell;
	char number[NUMBER_BYTES], bound[NUMBER_BYTES];
	uint64_t count = 0;
	unsigned i;

	for (i = 0; i < buckets->count; i++) {
		struct labels with_bound = *labels;
		bool is_last = i + 1 == buckets->count;

		if (!is_last)
			format_number(bound, (uint64_t)buckets->bounds[i],
				      metric->scale);
		add_label(&with_bound, "le", is_last ? "+Inf" : bound);
		count += cells[i];
		write_sample(writer, "_bucket", &with_bound,
			     format_number(number, count, 1));
	}
	write_sample(
		writer, "_sum", labels,
		format_number(number, cells[buckets->count], metric->scale));
	write_sample(writer, "_count", labels, format_number(number, count, 1));
}

static bool find_value(const struct writer *writer, uint64_t *value)
{
	const struct metric *metric = writer->metric;
	const struct metric_point *point = &writer->point;

	if (metric->find != NULL)
		return metric->find(metric, point, value);
	*value = metric->cells(point)[metric->cell + point->index];
	return true;
}

static void write_value(const struct writer *writer,
			const struct labels *labels)
{
	char number[NUMBER_BYTES];
	uint64_t value;

	if (!find_value(writer, &value))
		return;
	write_sample(writer, suffix_of(writer->metric), labels,
		     format_number(number, value, writer->metric->scale));
}

/* ---- Series ---------------------------------------------------------- */

/* One for each value of the metric's own label. */
static void write_labelled(struct writer *writer, const struct labels *labels)
{
	const struct metric_label *label = writer->metric->label;
	unsigned count = label != NULL ? label->count : 1;
	unsigned *i = &writer->point.index;

	if (writer->metric->kind == METRIC_HISTOGRAM) {
		write_histogram(writer, labels);
		return;
	}
	for (*i = 0; *i < count; ++*i) {
		struct labels all = *labels;

		if (label != NULL)
			add_label(&all, label->name, label->word(*i));
		write_value(writer, &all);
	}
}

static void write_slots(struct writer *writer, const struct labels *labels)
{
	unsigned *slot = &writer->point.slot;

	for (*slot = 0; *slot < writer->point.snapshot->slot_count; ++*slot) {
		struct labels all = *labels;
		char number[NUMBER_BYTES];

		add_label(&all, "worker", format_number(number, *slot, 1));
		write_labelled(writer, &all);
	}
}

static void write_services(struct writer *writer)
{
	const struct snapshot *snapshot = writer->point.snapshot;
	unsigned i;

	for (i = 0; i < snapshot->service_count; i++) {
		struct labels labels = {.size = 0};

		writer->point.service = &snapshot->services[i];
		add_label(&labels, "service", snapshot->services[i].name);
		if (writer->metric->scope == METRIC_OF_SERVICE_SLOT)
			write_slots(writer, &labels);
		else
			write_labelled(writer, &labels);
	}
	writer->point.service = NULL;
}

/* ---- Families -------------------------------------------------------- */

static const char *const kind_words[EXPOSITION_FORMATS][METRIC_KINDS] = {
	[EXPOSITION_TEXT] = {"gauge", "counter", "histogram", "gauge"},
	[EXPOSITION_OPENMETRICS] = {"gauge", "counter", "histogram", "info"},
};

/* The text format knows samples only, OpenMetrics what they belong to. */
static void write_header(const struct writer *writer)
{
	const struct metric *metric = writer->metric;
	bool is_text = writer->format == EXPOSITION_TEXT;
	const char *suffix = is_text ? suffix_of(metric) : "";

	text_append(writer->out, "# HELP %s%s %s.\n# TYPE %s%s %s\n",
		    metric->name, suffix, metric->help, metric->name, suffix,
		    kind_words[writer->format][metric->kind]);
	if (!is_text && metric->unit != NULL)
		text_append(writer->out, "# UNIT %s %s\n", metric->name,
			    metric->unit);
}

static void write_family(struct writer *writer)
{
	const struct labels none = {.size = 0};

	write_header(writer);
	switch (writer->metric->scope) {
	case METRIC_OF_PROGRAM: write_labelled(writer, &none); break;
	case METRIC_OF_SLOT: write_slots(writer, &none); break;
	case METRIC_OF_SERVICE:
	case METRIC_OF_SERVICE_SLOT: write_services(writer); break;
	case METRIC_SCOPES: break;
	}
}

const char *exposition_content_type(enum exposition_format format)
{
	static const char *const types[EXPOSITION_FORMATS] = {
		[EXPOSITION_TEXT] = "text/plain; version=0.0.4; charset=utf-8",
		[EXPOSITION_OPENMETRICS] =
			"application/openmetrics-text; "
			"version=1.0.0; charset=utf-8",
	};

	return types[format];
}

void exposition_write(struct text *out, enum exposition_format format,
		      const struct snapshot *snapshot,
		      const struct process_stats *process)
{
	struct writer writer = {
		.out = out,
		.format = format,
		.point = {.snapshot = snapshot, .process = process},
	};
	unsigned i;

	for (i = 0; i < metric_count; i++) {
		writer.metric = &metric_table[i];
		write_family(&writer);
	}
	if (format == EXPOSITION_OPENMETRICS)
		text_append(out, "# EOF\n");
}
