/* SPDX-License-Identifier: MIT */
/* include.c - files that name other files. */
#include "config/include.h"

#include <errno.h>
#include <glob.h>
#include <string.h>
#include <unistd.h>

#include "config/apply.h"
#include "config/source_file.h"

#define PATTERN_CHARACTERS "*?["

/* The files that are being read, the innermost first. */
struct frame {
	const struct frame *parent;
	const struct source_file *file;
	unsigned depth;
};

static struct statement *expand(struct reading *reading, struct statement *list,
				const struct frame *frame);

/* ---- One file -------------------------------------------------------- */

/* "a.conf -> b.conf -> " down to the innermost file. */
static void append_chain(struct text *out, const struct frame *frame)
{
	if (!frame)
		return;
	append_chain(out, frame->parent);
	text_append(out, "%s -> ", frame->file->source.name);
}

static int refuse_loop(struct reading *reading, const struct source_file *file,
		       const struct position *where, const struct frame *parent)
{
	struct text chain = {.bytes = NULL};
	const struct frame *frame;

	for (frame = parent; frame; frame = frame->parent)
		if (frame->file->device == file->device &&
		    frame->file->inode == file->inode)
			break;
	if (!frame)
		return 0;
	append_chain(&chain, parent);
	complain(&reading->complaints, where, "a file includes itself: %s%s",
		 chain.bytes, file->source.name);
	text_release(&chain);
	return -1;
}

static struct statement *include_file(struct reading *reading, const char *name,
				      const struct position *where,
				      const struct frame *parent)
{
	struct source_file *file = arena_take(reading->scratch, sizeof(*file));
	const struct frame frame = {
		.parent = parent,
		.file = file,
		.depth = parent ? parent->depth + 1 : 0,
	};
	char quote[COMPLAINTS_QUOTE];
	struct error error;

	if (source_file_read(reading, name, file, &error) < 0) {
		complain(&reading->complaints, where, "cannot read %s: %s",
			 complaints_quote(quote, name), error.text);
		return NULL;
	}
	if (refuse_loop(reading, file, where, parent) < 0)
		return NULL;
	if (frame.depth > INCLUDE_DEPTH_MAX) {
		complain(&reading->complaints, where,
			 "files include files more than %d deep",
			 INCLUDE_DEPTH_MAX);
		return NULL;
	}
	return expand(reading, statement_read(reading, &file->source), &frame);
}

/* ---- Patterns -------------------------------------------------------- */

static int is_glob_error(const char *path, int number)
{
	(void)path;
	return number != ENOENT && number != ENOTDIR;
}

/* `name` beside the file that includes it.  The characters of a pattern in
 * that file's own path mean themselves. */
static void append_path(struct text *out, const char *includer,
			const char *name, bool is_pattern)
{
	const char *slash = strrchr(includer, '/');

	text_append_bytes(out, "", 0);
	if (name[0] != '/' && slash) {
		for (; includer <= slash; includer++)
			text_append(out, "%s%c",
				    is_pattern && strchr("*?[]\\", *includer)
					    ? "\\"
					    : "",
				    *includer);
	}
	text_append(out, "%s", name);
}

/* Append to the list that ends at `tail`; the new end. */
static struct statement **splice(struct statement **tail,
				 struct statement *list)
{
	*tail = list;
	while (*tail)
		tail = &(*tail)->next;
	return tail;
}

static struct statement *include_pattern(struct reading *reading,
					 const char *pattern,
					 const struct position *where,
					 const struct frame *parent)
{
	struct statement *list = NULL, **tail = &list;
	glob_t found = {.gl_pathc = 0};
	size_t i;
	int status = glob(pattern, 0, is_glob_error, &found);

	if (status != 0 && status != GLOB_NOMATCH)
		complain(&reading->complaints, where,
			 "cannot list the files that match: %s",
			 strerror(errno));
	for (i = 0; status == 0 && i < found.gl_pathc; i++)
		tail = splice(tail, include_file(reading, found.gl_pathv[i],
						 where, parent));
	globfree(&found);
	return list;
}

/* ---- Statements ------------------------------------------------------ */

static struct statement *include_statement(struct reading *reading,
					   const struct statement *statement,
					   const struct frame *frame)
{
	const struct word *name = apply_only_argument(reading, statement);
	struct text path = {.bytes = NULL};
	struct statement *list = NULL;
	bool is_pattern;

	if (!name || apply_refuse_block(reading, statement) < 0)
		return NULL;
	if (reading->is_canonical) {
		complain(&reading->complaints, &statement->name->where,
			 "no include can stand in canonical text");
		return NULL;
	}
	/* A file may be called like a pattern. */
	append_path(&path, name->where.source->name, name->text, false);
	is_pattern = strpbrk(name->text, PATTERN_CHARACTERS) != NULL &&
		     access(path.bytes, F_OK) < 0;
	if (is_pattern) {
		path.size = 0;
		append_path(&path, name->where.source->name, name->text, true);
	}
	if (is_pattern)
		list = include_pattern(reading, path.bytes, &name->where,
				       frame);
	else
		list = include_file(reading, path.bytes, &name->where, frame);
	text_release(&path);
	return list;
}

/* The list with every include replaced by what it includes. */
static struct statement *expand(struct reading *reading, struct statement *list,
				const struct frame *frame)
{
	struct statement *expanded = NULL, **tail = &expanded;

	while (list) {
		struct statement *following = list->next;

		list->next = NULL;
		if (strcmp(list->name->text, "include") == 0)
			tail = splice(tail,
				      include_statement(reading, list, frame));
		else
			tail = splice(tail, list);
		list = following;
	}
	return expanded;
}

struct statement *include_read_file(struct reading *reading, const char *name)
{
	struct source_file *file = arena_take(reading->scratch, sizeof(*file));
	const struct frame frame = {.file = file};
	struct position whole = {.source = &file->source};
	struct error error;

	file->source.name = name[0] != '\0' ? name : "-c";
	if (source_file_read(reading, name, file, &error) < 0) {
		complain(&reading->complaints, &whole, "%s", error.text);
		return NULL;
	}
	return expand(reading, statement_read(reading, &file->source), &frame);
}

struct statement *include_read_text(struct reading *reading,
				    const struct config_source *source)
{
	return expand(reading, statement_read(reading, source), NULL);
}
