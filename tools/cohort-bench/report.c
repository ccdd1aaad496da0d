/* SPDX-License-Identifier: MIT */
/* report.c - the result of a run, for people and for programs. */
#include "report.h"

#include <stddef.h>

#define MIB (1024.0 * 1024.0)

/* Which quantiles are shown. */
static const struct {
	const char *label;
	const char *key;
	unsigned permille;
} quantiles[] = {
	{"p50", "p50", 500},
	{"p90", "p90", 900},
	{"p99", "p99", 990},
	{"p99.9", "p999", 999},
};

#define QUANTILE_COUNT (sizeof(quantiles) / sizeof(quantiles[0]))

static bool is_rate_kept(const struct options *options,
			 const struct result *result)
{
	return options->rate == 0 || result->verdict == PACE_KEPT;
}

bool report_is_ok(const struct options *options, const struct result *result)
{
	return failures_total(&result->failures) == 0 &&
	       result->exchange_count > 0 && is_rate_kept(options, result);
}

static double per_second(const struct result *result, uint64_t count)
{
	if (result->elapsed_us <= 0)
		return 0;
	return (double)count * 1e6 / (double)result->elapsed_us;
}

/* Failed ones among them: they took their time too. */
static double opened_per_second(const struct result *result)
{
	if (result->opening_us <= 0)
		return 0;
	return (double)result->connected_count * 1e6 /
	       (double)result->opening_us;
}

static double cpu_us_per_exchange(const struct result *result)
{
	if (result->exchange_count == 0)
		return 0;
	return (result->user_s + result->system_s) * 1e6 /
	       (double)result->exchange_count;
}

/* `label` fills the column. */
static void text_latencies(FILE *out, const char *label,
			   const struct histogram *latencies)
{
	size_t i;

	fprintf(out, "  %s mean %.1f", label, histogram_mean_us(latencies));
	for (i = 0; i < QUANTILE_COUNT; i++)
		fprintf(out, "  %s %llu", quantiles[i].label,
			(unsigned long long)histogram_quantile_us(
				latencies, quantiles[i].permille));
	fprintf(out, "  max %llu\n", (unsigned long long)latencies->max_us);
}

static void text_rate(FILE *out, const struct options *options,
		      const struct result *result)
{
	fprintf(out, "  rate         %llu/s wanted, %.1f/s kept",
		(unsigned long long)options->rate, result->rate_kept);
	if (result->verdict == PACE_KEPT)
		fputs("\n", out);
	else
		fprintf(out, ": %s; no latencies\n",
			pace_verdict_words[result->verdict]);
	text_latencies(out, "own delay us", &result->late);
}

void report_text_errnos(FILE *out, const struct failures *failures)
{
	int i;

	for (i = 0; i < FAILURES_ERRNOS; i++) {
		const char *name = failure_errno_name(i);

		if (failures->errnos[i] == 0)
			continue;
		if (name)
			fprintf(out, " (%s %llu)", name,
				(unsigned long long)failures->errnos[i]);
		else
			fprintf(out, " (errno %d %llu)", i,
				(unsigned long long)failures->errnos[i]);
	}
}

static void text_failures(FILE *out, const struct failures *failures)
{
	int kind;

	fputs("  failures    ", out);
	if (failures_total(failures) == 0)
		fputs(" none", out);
	for (kind = FAILURE_NONE + 1; kind < FAILURE_KINDS; kind++) {
		if (failures->kinds[kind] > 0)
			fprintf(out, " %s %llu", failure_names[kind],
				(unsigned long long)failures->kinds[kind]);
	}
	report_text_errnos(out, failures);
	fputs("\n", out);
}

void report_text(FILE *out, const struct options *options,
		 const struct result *result)
{
	fprintf(out, "%s %s: %llu connections, %llu bytes, depth %llu%s%s\n",
		options->mode_name, options->address,
		(unsigned long long)options->connection_count,
		(unsigned long long)options->size_bytes,
		(unsigned long long)options->depth,
		options->is_spinning ? ", spinning" : "",
		result->is_interrupted ? " (interrupted)" : "");
	fprintf(out, "  time         %.3f s\n",
		(double)result->elapsed_us / 1e6);
	fprintf(out, "  connected    %llu\n",
		(unsigned long long)result->connected_count);
	if (result->opening_us > 0)
		fprintf(out, "  opened in    %.3f s, %.1f/s\n",
			(double)result->opening_us / 1e6,
			opened_per_second(result));
	fprintf(out, "  exchanges    %llu, %.1f/s\n",
		(unsigned long long)result->exchange_count,
		per_second(result, result->exchange_count));
	fprintf(out, "  echoed       %llu bytes, %.1f MiB/s each way\n",
		(unsigned long long)result->byte_count,
		per_second(result, result->byte_count) / MIB);
	if (options->rate > 0)
		text_rate(out, options, result);
	if (is_rate_kept(options, result))
		text_latencies(out, "latency us  ", &result->latencies);
	fprintf(out,
		"  own cpu      %.2f s user, %.2f s system, %.2f us/exchange\n",
		result->user_s, result->system_s, cpu_us_per_exchange(result));
	text_failures(out, &result->failures);
	if (result->exchange_count == 0)
		fputs("  nothing was exchanged\n", out);
}

void report_json_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte == '"' || byte == '\\')
			fprintf(out, "\\%c", byte);
		else if (byte < ' ')
			fprintf(out, "\\u%04x", byte);
		else
			fputc(byte, out);
	}
	fputc('"', out);
}

static void json_latencies(FILE *out, const char *key,
			   const struct histogram *latencies)
{
	size_t i;

	fprintf(out, ",\"%s\":{\"mean\":%.1f", key,
		histogram_mean_us(latencies));
	for (i = 0; i < QUANTILE_COUNT; i++)
		fprintf(out, ",\"%s\":%llu", quantiles[i].key,
			(unsigned long long)histogram_quantile_us(
				latencies, quantiles[i].permille));
	fprintf(out, ",\"max\":%llu}", (unsigned long long)latencies->max_us);
}

void report_json_errnos(FILE *out, const struct failures *failures)
{
	const char *comma = "";
	int i;

	fputs(",\"errnos\":{", out);
	for (i = 0; i < FAILURES_ERRNOS; i++) {
		const char *name = failure_errno_name(i);

		if (failures->errnos[i] == 0)
			continue;
		if (name)
			fprintf(out, "%s\"%s\":%llu", comma, name,
				(unsigned long long)failures->errnos[i]);
		else
			fprintf(out, "%s\"%d\":%llu", comma, i,
				(unsigned long long)failures->errnos[i]);
		comma = ",";
	}
	fputs("}", out);
}

static void json_rate(FILE *out, const struct options *options,
		      const struct result *result)
{
	fprintf(out,
		",\"rate_wanted\":%llu,\"rate_kept\":%.1f,"
		"\"is_rate_kept\":%s,\"rate_verdict\":",
		(unsigned long long)options->rate, result->rate_kept,
		is_rate_kept(options, result) ? "true" : "false");
	report_json_string(out, pace_verdict_words[result->verdict]);
	json_latencies(out, "own_delay_us", &result->late);
}

static void json_failures(FILE *out, const struct failures *failures)
{
	int i;

	fputs(",\"failures\":{", out);
	for (i = FAILURE_NONE + 1; i < FAILURE_KINDS; i++)
		fprintf(out, "\"%s\":%llu,", failure_names[i],
			(unsigned long long)failures->kinds[i]);
	fprintf(out, "\"total\":%llu}",
		(unsigned long long)failures_total(failures));
	report_json_errnos(out, failures);
}

void report_json(FILE *out, const struct options *options,
		 const struct result *result)
{
	fprintf(out, "{\"ok\":%s,\"mode\":\"%s\",\"address\":",
		report_is_ok(options, result) ? "true" : "false",
		options->mode_name);
	report_json_string(out, options->address);
	fprintf(out,
		",\"connections\":%llu,\"size\":%llu,\"depth\":%llu,"
		"\"is_spinning\":%s,\"interrupted\":%s",
		(unsigned long long)options->connection_count,
		(unsigned long long)options->size_bytes,
		(unsigned long long)options->depth,
		options->is_spinning ? "true" : "false",
		result->is_interrupted ? "true" : "false");
	fprintf(out,
		",\"seconds\":%.6f,\"connected\":%llu,"
		"\"opening_seconds\":%.6f,\"opening_rate\":%.1f,"
		"\"exchanges\":%llu,"
		"\"rate\":%.1f,\"bytes\":%llu,\"bytes_per_second\":%.0f",
		(double)result->elapsed_us / 1e6,
		(unsigned long long)result->connected_count,
		(double)result->opening_us / 1e6, opened_per_second(result),
		(unsigned long long)result->exchange_count,
		per_second(result, result->exchange_count),
		(unsigned long long)result->byte_count,
		per_second(result, result->byte_count));
	if (options->rate > 0)
		json_rate(out, options, result);
	if (is_rate_kept(options, result))
		json_latencies(out, "latency_us", &result->latencies);
	else
		fputs(",\"latency_us\":null", out);
	fprintf(out,
		",\"cpu\":{\"user_s\":%.6f,\"system_s\":%.6f,"
		"\"us_per_exchange\":%.3f}",
		result->user_s, result->system_s, cpu_us_per_exchange(result));
	json_failures(out, &result->failures);
	fputs("}\n", out);
}
