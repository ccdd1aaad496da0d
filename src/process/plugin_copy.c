/* SPDX-License-Identifier: MIT */
/* plugin_copy.c - the code of a plug-in in memory that cannot be changed. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "process/plugin.h"

#define CHUNK_BYTES 65536
#define NAME_BYTES  200 /* of a memfd: below 250 */

/* Since Linux 6.3 memory is to be asked for as what can be executed; older
 * kernels know no other kind and refuse the flag. */
#define EXECUTABLE 0x0010U /* MFD_EXEC of linux/memfd.h */

/* ---- The memory ------------------------------------------------------ */

static int open_memory(const char *path)
{
	const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	const char *slash = strrchr(path, '/');
	char name[NAME_BYTES];
	int fd;

	strncpy(name, slash ? slash + 1 : path, sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	fd = memfd_create(name, flags | EXECUTABLE);
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, flags);
	return fd;
}

static int write_whole(int fd, const char *bytes, size_t size)
{
	ssize_t written;

	for (; size > 0; bytes += written, size -= (size_t)written) {
		written = write(fd, bytes, size);
		if (written < 0 && errno == EINTR)
			written = 0;
		else if (written < 0)
			return -1;
	}
	return 0;
}

/* A file that grows meanwhile has an end, too. */
static int copy_bytes(int file, int memory, struct error *error)
{
	char chunk[CHUNK_BYTES];
	size_t total = 0;
	ssize_t size;

	while ((size = read(file, chunk, sizeof(chunk))) != 0) {
		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return error_set_reason(error);
		total += (size_t)size;
		if (total > PLUGIN_BYTES_MAX)
			return error_set(error, "it is larger than %zu MiB",
					 PLUGIN_BYTES_MAX >> 20);
		if (write_whole(memory, chunk, (size_t)size) < 0)
			return error_set_errno(error,
					       "cannot be copied into memory");
	}
	return total > 0 ? 0 : error_set(error, "it is empty");
}

static int seal(int fd)
{
	return fcntl(fd, F_ADD_SEALS,
		     F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
}

/* A security policy may say that such memory runs nowhere. */
static bool is_executable(int fd)
{
	void *at = mmap(NULL, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

	return at != MAP_FAILED && munmap(at, 1) == 0;
}

/* ---- The copy -------------------------------------------------------- */

/* There is no such memory: the file itself has to do, which stays open. */
static int keep_file(int file, const char *path)
{
	log_warning(
		"load: %s cannot be copied into memory that runs (%s): "
		"replace it by renaming, never write over it",
		path, strerror(errno));
	return file;
}

static int copy(int file, const char *path, struct error *error)
{
	int memory = open_memory(path);

	if (memory < 0)
		return keep_file(file, path);
	if (copy_bytes(file, memory, error) < 0) {
		close(memory);
		return -1;
	}
	if (seal(memory) == 0 && is_executable(memory))
		return memory;
	close(memory);
	return keep_file(file, path);
}

int plugin_copy(const char *path, struct error *error)
{
	struct stat status;
	int fd, file = file_open(path, &status, error);

	if (file < 0)
		return -1;
	fd = copy(file, path, error);
	if (fd != file)
		close(file);
	return fd;
}
