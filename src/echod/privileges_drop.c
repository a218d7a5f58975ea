/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * privileges_drop.c: the order of the drop, which allows each step only while the next one's right
 * is still there: supplementary groups, group, user, no new privileges, proof.
 */
#include "build.h"

#include "src/echod/privileges.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef HAVE_SYS_PRCTL_H
#include <sys/prctl.h>
#endif

#include "src/echod/privileges_caps.h"

static int no_new_privileges(struct why *why)
{
#ifdef PR_SET_NO_NEW_PRIVS
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return why_set(why, -errno, "cannot set no_new_privs: %s", strerror(errno));
#endif
	(void)why;
	return 0;
}

/* Real, effective and saved: all must be the new ones. */
static int prove_changed(const struct privileges *p, struct why *why)
{
	uid_t u[3] = { 0, 0, 0 };
	gid_t g[3] = { 0, 0, 0 };

	if (getresuid(&u[0], &u[1], &u[2]) < 0 || getresgid(&g[0], &g[1], &g[2]) < 0)
		return why_set(why, -errno, "cannot read our own user: %s", strerror(errno));
	for (int i = 0; i < 3; i++) {
		if (u[i] != p->uid || g[i] != p->gid)
			return why_set(why, -EPERM, "we did not become user %s", p->user);
	}
	return 0;
}

static int prove_no_way_back(const struct privileges *p, struct why *why)
{
	if (p->uid != 0 && (setuid(0) == 0 || seteuid(0) == 0 || setreuid(0, 0) == 0))
		return why_set(why, -EPERM, "root could come back after the change to user %s",
			       p->user);
	if (p->gid != 0 && (setgid(0) == 0 || setegid(0) == 0))
		return why_set(why, -EPERM, "group 0 could come back after the change to user %s",
			       p->user);
	return 0;
}

int privileges_drop(const struct privileges *p, bool keep_bind, struct why *why)
{
	bool stays_root = !p->change && p->uid == 0;
	int r = 0;

	if (p->change && setgroups(p->n_groups, p->groups) < 0)
		return why_set(why, -errno, "cannot set the groups of user %s: %s", p->user,
			       strerror(errno));
	if (!stays_root)
		r = privileges_change_id(p, keep_bind, why);
	if (r == 0)
		r = no_new_privileges(why);
	if (r == 0 && p->change)
		r = prove_changed(p, why);
	if (r == 0 && p->change)
		r = prove_no_way_back(p, why);
	return r;
}

int privileges_group_enter(gid_t gid, mode_t mask, struct privileges_group *ret_before)
{
	gid_t before = getegid();

	if (gid != (gid_t)-1 && gid != before && setegid(gid) < 0)
		return -errno;
	ret_before->egid = before;
	ret_before->mask = umask(mask);
	return 0;
}

void privileges_group_leave(const struct privileges_group *before)
{
	umask(before->mask);
	if (getegid() != before->egid && setegid(before->egid) < 0)
		abort(); /* a group we had a moment ago: going on as another is not safe */
}
