/* SPDX-License-Identifier: MIT */
/* plugin.c - dlopen, and what a plug-in says of itself. */
#include "process/plugin.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "process/plugin_file.h"

#define EXPORT_NAME "cohort_protocol_export"
#define PATH_BYTES  32

/* ---- What this program can do ---------------------------------------- */

/* A plug-in must call our functions, and no others of the same name that a
 * libcohort.so which it was linked with may bring along. */
static bool shows_itself(void)
{
	int (*own)(struct cohort_transport *, const void *, size_t) =
		cohort_write;
	void *shown = dlsym(RTLD_DEFAULT, "cohort_write");

	return memcmp(&own, &shown, sizeof(shown)) == 0;
}

static int check_program(struct error *error)
{
	if (!dlopen(NULL, RTLD_NOW))
		return error_set(
			error,
			"this program is linked statically, and there is no "
			"dynamic linker in it that could load anything: use "
			"one that is linked dynamically, not with musl-gcc");
	if (!shows_itself())
		return error_set(
			error,
			"this program does not show cohort_* to what it "
			"loads: link it with libcohort.so, or with "
			"-Wl,--export-dynamic-symbol='cohort_*' and all of "
			"libcohort.a (-Wl,--whole-archive)");
	return 0;
}

/* ---- The shared object ----------------------------------------------- */

/* The linker's words without the path, which is a descriptor's. */
static const char *linker_words(const char *path)
{
	const char *words = dlerror();
	size_t size = strlen(path);

	if (!words)
		return "the linker does not say why";
	if (strncmp(words, path, size) == 0 && words[size] == ':')
		words += size + 1;
	return words + strspn(words, " ");
}

static void *open_object(const char *path, struct error *error)
{
	void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const char *words;

	if (object)
		return object;
	words = linker_words(path);
	if (strstr(words, "undefined symbol: cohort_"))
		error_set(error,
			  "%s: it was compiled for a newer cohort; this is %s",
			  words, COHORT_VERSION);
	else if (strstr(words, "undefined symbol"))
		error_set(error, "%s: link it with the library that has it",
			  words);
	else
		error_set(error, "no shared object that can be loaded: %s",
			  words);
	return NULL;
}

static int check_export(const struct cohort_export *export, struct error *error)
{
	if (export->api != COHORT_API)
		return error_set(error,
				 "it is for API %u, and this program has API "
				 "%u: compile it with the cohort.h of this one",
				 (unsigned)export->api, (unsigned)COHORT_API);
	/* Nothing would say how long those are which it hands over later. */
	if (export->protocol_size != sizeof(struct cohort_protocol))
		return error_set(
			error,
			"it was compiled with another cohort.h (a "
			"struct cohort_protocol of %u bytes, not %zu): "
			"compile it with that of this program",
			(unsigned)export->protocol_size,
			sizeof(struct cohort_protocol));
	if (!export->protocols || !export->protocols[0])
		return error_set(error, "it exports no protocol");
	return 0;
}

const struct cohort_protocol *const *plugin_open(int fd, struct error *error)
{
	const struct cohort_export *export;
	char path[PATH_BYTES];
	void *object;

	if (check_program(error) < 0 || plugin_file_check(fd, error) < 0)
		return NULL;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	object = open_object(path, error);
	if (!object)
		return NULL;
	export = dlsym(object, EXPORT_NAME);
	if (!export) {
		error_set(error,
			  "no plug-in (%s): does its source have "
			  "COHORT_EXPORT(&protocol)?",
			  linker_words(path));
		return NULL;
	}
	if (check_export(export, error) == 0)
		return export->protocols;
	error->number = ENOEXEC;
	return NULL;
}
