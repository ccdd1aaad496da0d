/* SPDX-License-Identifier: MIT */
/* words.c - numbers as people read them. */
#include "words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define GREEN  "\033[32m"
#define YELLOW "\033[33m"
#define RED    "\033[31m"

/* Three digits at most: what rounds up to `limit` goes to the next unit. */
static char *scale(char *out, double value, double step,
		   const char *const *units)
{
	while (value >= step - 0.5 && units[1] != NULL) {
		value /= step;
		units++;
	}
	if (value < 9.95 && units[0][0] != '\0')
		snprintf(out, WORDS_ROOM, "%.1f%s", value, *units);
	else
		snprintf(out, WORDS_ROOM, "%.0f%s", value, *units);
	return out;
}

char *words_bytes(char *out, int64_t bytes)
{
	static const char *const units[] = {"",  "k", "M", "G",
					    "T", "P", "E", NULL};

	return scale(out, (double)bytes, 1024, units);
}

char *words_micros(char *out, int64_t micros)
{
	if (micros < 1000)
		snprintf(out, WORDS_ROOM, "%" PRId64 "us", micros);
	else if (micros < 9950)
		snprintf(out, WORDS_ROOM, "%.1fms", (double)micros / 1e3);
	else if (micros < 999500)
		snprintf(out, WORDS_ROOM, "%.0fms", (double)micros / 1e3);
	else
		snprintf(out, WORDS_ROOM, "%.1fs", (double)micros / 1e6);
	return out;
}

char *words_duration(char *out, int64_t duration_ms)
{
	int64_t seconds = duration_ms / 1000;
	int64_t minutes = seconds / 60, hours = minutes / 60;

	if (duration_ms < 1000)
		snprintf(out, WORDS_ROOM, "%" PRId64 "ms", duration_ms);
	else if (seconds < 10)
		snprintf(out, WORDS_ROOM, "%" PRId64 ".%" PRId64 "s", seconds,
			 duration_ms % 1000 / 100);
	else if (minutes < 1)
		snprintf(out, WORDS_ROOM, "%" PRId64 "s", seconds);
	else if (hours < 1)
		snprintf(out, WORDS_ROOM, "%" PRId64 "m%02" PRId64 "s", minutes,
			 seconds % 60);
	else if (hours < 24)
		snprintf(out, WORDS_ROOM, "%" PRId64 "h%02" PRId64 "m", hours,
			 minutes % 60);
	else
		snprintf(out, WORDS_ROOM, "%" PRId64 "d%02" PRId64 "h",
			 hours / 24, hours % 24);
	return out;
}

char *words_time(char *out, int64_t wall_ms)
{
	char whole[REPORT_TIME_ROOM];

	report_format_time(whole, wall_ms);
	snprintf(out, WORDS_ROOM, "%.10s %.8s", whole,
		 strlen(whole) > 11 ? whole + 11 : "");
	return out;
}

char *words_number(char *out, enum report_kind kind, int64_t number,
		   bool is_exact)
{
	if (kind == REPORT_TIME && is_exact)
		return report_format_time(out, number);
	if (!is_exact) {
		switch (kind) {
		case REPORT_BYTES: return words_bytes(out, number);
		case REPORT_DURATION: return words_duration(out, number);
		case REPORT_MICROS: return words_micros(out, number);
		case REPORT_TIME: return words_time(out, number);
		default: break;
		}
	}
	snprintf(out, WORDS_ROOM, "%" PRId64, number);
	return out;
}

const char *words_colour(const char *state)
{
	static const struct {
		const char *state;
		const char *colour;
	} colours[] = {
		{"serving", GREEN},      {"open", GREEN},
		{"ready", GREEN},        {"reloaded", GREEN},
		{"upgraded", GREEN},     {"started", GREEN},
		{"resumed", GREEN},      {"starting", YELLOW},
		{"reloading", YELLOW},   {"upgrading", YELLOW},
		{"draining", YELLOW},    {"leaving", YELLOW},
		{"full", YELLOW},        {"suspended", YELLOW},
		{"removed", YELLOW},     {"stopping", YELLOW},
		{"scaled", YELLOW},      {"flushing", YELLOW},
		{"lingering", YELLOW},   {"connecting", YELLOW},
		{"half_closed", YELLOW}, {"suspect", RED},
		{"waiting", RED},        {"orphan", RED},
		{"empty", RED},          {"worker_died", RED},
		{"worker_hung", RED},    {"reload_failed", RED},
		{"upgrade_failed", RED}, {"admin_died", RED},
	};
	size_t i;

	for (i = 0; i < sizeof(colours) / sizeof(colours[0]); i++)
		if (strcmp(colours[i].state, state) == 0)
			return colours[i].colour;
	return "";
}
