/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * privileges_plain.c: privileges_caps.h without libcap-ng. The change of all user numbers away from
 * root drops every capability by itself; CAP_NET_BIND_SERVICE cannot be kept.
 */
#include "build.h"

#include "src/echod/privileges_caps.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "echod/attr.h"

bool privileges_can_keep_bind(void)
{
	return false;
}

int privileges_change_id(const struct privileges *p, bool keep_bind UNUSED, struct why *why)
{
	if (!p->change)
		return 0;
	if (setresgid(p->gid, p->gid, p->gid) < 0)
		return why_set(why, -errno, "cannot change to group %ld: %s", (long)p->gid,
			       strerror(errno));
	if (setresuid(p->uid, p->uid, p->uid) < 0)
		return why_set(why, -errno, "cannot become user %s: %s", p->user, strerror(errno));
	return 0;
}
