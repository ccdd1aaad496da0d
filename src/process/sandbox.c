/* SPDX-License-Identifier: MIT */
/* sandbox.c - a child gives up what it does not need. */
#include "process/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <unistd.h>

#define DEFAULT_USER "nobody"

/* Who to become; false if the process stays who it is. */
static bool wants_user(const char **user)
{
	if (*user == NULL && geteuid() == 0)
		*user = DEFAULT_USER;
	return *user != NULL;
}

static const struct passwd *find_user(const char *user, struct error *error)
{
	const struct passwd *entry;

	errno = 0;
	entry = getpwnam(user);
	if (entry == NULL && errno != 0 && errno != ENOENT)
		error_set_errno(error, "cannot look up user %s", user);
	else if (entry == NULL)
		error_set(error, "there is no user %s", user);
	return entry;
}

static int refuse_stranger(const char *user, struct error *error)
{
	errno = EPERM;
	return error_set_errno(error, "only root can become user %s", user);
}

int sandbox_check_user(const char *user, struct error *error)
{
	const struct passwd *entry;

	if (!wants_user(&user))
		return 0;
	entry = find_user(user, error);
	if (entry == NULL)
		return -1;
	if (geteuid() != 0 && entry->pw_uid != geteuid())
		return refuse_stranger(user, error);
	return 0;
}

static int become(const char *user, uid_t uid, gid_t gid, struct error *error)
{
	if (setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return error_set_errno(error, "cannot become user %s", user);
	if (uid != 0 && setresuid(0, 0, 0) == 0)
		return error_set(error, "user %s can become root again", user);
	return 0;
}

/* The kernel takes a change of user for one of privilege, and allows neither
 * core dumps nor debuggers after it; of our own user both are welcome. */
static int allow_dumps(struct error *error)
{
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		return error_set_errno(error, "cannot allow core dumps");
	return 0;
}

static int change_root(const char *directory, struct error *error)
{
	if (directory == NULL)
		return 0;
	if (chroot(directory) < 0 || chdir("/") < 0)
		return error_set_errno(error, "cannot chroot to %s", directory);
	return 0;
}

int sandbox_enter(const char *user, const char *directory, struct error *error)
{
	const struct passwd *entry = NULL;

	if (wants_user(&user)) {
		entry = find_user(user, error);
		if (entry == NULL)
			return -1;
		if (geteuid() != 0 && entry->pw_uid != geteuid())
			return refuse_stranger(user, error);
	}
	/* The groups are looked up before the root changes. */
	if (entry != NULL && geteuid() == 0 &&
	    initgroups(user, entry->pw_gid) < 0)
		return error_set_errno(error, "cannot take the groups of %s",
				       user);
	if (change_root(directory, error) < 0)
		return -1;
	if (entry != NULL && geteuid() == 0 &&
	    become(user, entry->pw_uid, entry->pw_gid, error) < 0)
		return -1;
	if (allow_dumps(error) < 0)
		return -1;
	return sandbox_forbid_privileges(error);
}

int sandbox_forbid_privileges(struct error *error)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_set_errno(error, "cannot set no_new_privs");
	return 0;
}

void sandbox_open_to_user(void)
{
	/* Without Yama there is nothing to open. */
	(void)prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
}
