/* SPDX-License-Identifier: MIT */
/* errno_name.c - an errno as programs read it: musl has no
 * strerrorname_np(3). */
#include "base/errno_name.h"

#include <errno.h>
#include <stddef.h>

#define ROW(number_)                                                           \
	{                                                                      \
		(number_), #number_                                            \
	}

static const struct row {
	int number;
	const char *name;
} rows[] = {
	ROW(EPERM),        ROW(ENOENT),       ROW(EIO),
	ROW(EBADF),        ROW(EAGAIN),       ROW(ENOMEM),
	ROW(EACCES),       ROW(EFAULT),       ROW(EINVAL),
	ROW(ENFILE),       ROW(EMFILE),       ROW(EFBIG),
	ROW(ENOSPC),       ROW(EPIPE),        ROW(EPROTO),
	ROW(EOVERFLOW),    ROW(EMSGSIZE),     ROW(EPROTONOSUPPORT),
	ROW(EOPNOTSUPP),   ROW(EAFNOSUPPORT), ROW(EADDRINUSE),
	ROW(ENETDOWN),     ROW(ENETUNREACH),  ROW(EADDRNOTAVAIL),
	ROW(ENETRESET),    ROW(ECONNABORTED), ROW(ECONNRESET),
	ROW(ENOBUFS),      ROW(ENOTCONN),     ROW(ETIMEDOUT),
	ROW(ESHUTDOWN),    ROW(ECONNREFUSED), ROW(EHOSTDOWN),
	ROW(EHOSTUNREACH), ROW(ECANCELED),    ROW(EPROTOTYPE),
	ROW(EISDIR),       ROW(EBADMSG),      ROW(EDQUOT),
};

const char *errno_name(int number)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].number == number)
			return rows[i].name;
	return "ERRNO";
}
