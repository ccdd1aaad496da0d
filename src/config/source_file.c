/* SPDX-License-Identifier: MIT */
/* source_file.c - a configuration file as a text in memory. */
#include "config/source_file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

#define CHUNK_BYTES 65536

static int read_bytes(int fd, struct text *text, struct error *error)
{
	char chunk[CHUNK_BYTES];
	ssize_t size;

	while ((size = read(fd, chunk, sizeof(chunk))) != 0) {
		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return error_set_reason(error);
		text_append_bytes(text, chunk, (size_t)size);
		if (text->size > SOURCE_FILE_MAX)
			return error_set(error, "it is larger than %zu MiB",
					 SOURCE_FILE_MAX >> 20);
	}
	return 0;
}

static int account(struct reading *reading, size_t size, struct error *error)
{
	reading->file_bytes += size;
	if (++reading->file_count > READING_FILES_MAX)
		return error_set(error, "more than %d files are included",
				 READING_FILES_MAX);
	if (reading->file_bytes > READING_BYTES_MAX)
		return error_set(error,
				 "all files together are larger than %zu MiB",
				 READING_BYTES_MAX >> 20);
	return 0;
}

static int read_open_file(struct reading *reading, int fd,
			  struct source_file *file, struct error *error)
{
	struct text text = {.bytes = NULL};
	int status = read_bytes(fd, &text, error);

	if (status == 0)
		status = account(reading, text.size, error);
	if (status == 0) {
		file->source.text =
			arena_copy(reading->scratch,
				   text.bytes ? text.bytes : "", text.size);
		file->source.size = text.size;
	}
	text_release(&text);
	return status;
}

int source_file_read(struct reading *reading, const char *name,
		     struct source_file *file, struct error *error)
{
	struct stat kind;
	int status, fd = file_open(name, &kind, error);

	if (fd < 0)
		return -1;
	file->source.name = arena_copy(reading->scratch, name, strlen(name));
	file->device = kind.st_dev;
	file->inode = kind.st_ino;
	status = read_open_file(reading, fd, file, error);
	close(fd);
	return status;
}
