/* SPDX-License-Identifier: MIT */
/* errno_name.h - an errno as programs read it. */
#ifndef COHORT_BASE_ERRNO_NAME_H
#define COHORT_BASE_ERRNO_NAME_H

/* "ECONNRESET"; "ERRNO" for what sockets and files do not come to know. */
const char *errno_name(int number);

#endif
