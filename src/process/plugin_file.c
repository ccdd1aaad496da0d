/* SPDX-License-Identifier: MIT */
/* plugin_file.c - the headers of an ELF file (elf(5)). */
#include "process/plugin_file.h"

#include <link.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_native(const ElfW(Ehdr) * head)
{
	const unsigned char class =
		sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;

	return memcmp(head->e_ident, ELFMAG, SELFMAG) == 0 &&
	       head->e_ident[EI_CLASS] == class &&
	       head->e_phentsize == sizeof(ElfW(Phdr));
}

/* Do `count` bytes from `offset` on lie within the file? */
static bool is_within(uint64_t offset, uint64_t count, uint64_t size)
{
	return offset <= size && count <= size - offset;
}

static bool has_segments(int fd, const ElfW(Ehdr) * head, uint64_t size)
{
	ElfW(Phdr) part;
	unsigned i;
	off_t at;

	for (i = 0; i < head->e_phnum; i++) {
		at = (off_t)(head->e_phoff + i * sizeof(part));
		if (pread(fd, &part, sizeof(part), at) != sizeof(part))
			return false;
		if (part.p_type == PT_LOAD &&
		    !is_within(part.p_offset, part.p_filesz, size))
			return false;
	}
	return true;
}

int plugin_file_check(int fd, struct error *error)
{
	struct stat status;
	uint64_t size, sections;
	ElfW(Ehdr) head;

	if (fstat(fd, &status) < 0)
		return error_set_errno(error, "cannot be looked at");
	if (pread(fd, &head, sizeof(head), 0) != sizeof(head) ||
	    !is_native(&head))
		return 0;
	size = (uint64_t)status.st_size;
	/* They come last: whatever is cut off lacks them. */
	sections = (uint64_t)head.e_shnum * head.e_shentsize;
	if (has_segments(fd, &head, size) &&
	    (sections == 0 || is_within(head.e_shoff, sections, size)))
		return 0;
	return error_set(error,
			 "it is shorter than its headers say: is it "
			 "still being written?");
}
