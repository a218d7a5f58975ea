/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * privileges_plain.c: privileges_caps.h without libcap-ng. The change of all user numbers away from
 * root drops every capability by itself; CAP_NET_BIND_SERVICE cannot be kept. A process that was
 * started with capabilities and without root, as systemd can, drops them all or, to go on binding,
 * none.
 */
#include "build.h"

#include "src/echod/privileges_caps.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#include "echod/attr.h"

bool privileges_can_keep_bind(void)
{
	return false;
}

static int drop_capabilities(struct why *why UNUSED)
{
#ifdef __linux__
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct none[2] = { { 0 }, { 0 } };

	/* The ambient set is within the permitted one, and goes with it. */
	if (syscall(SYS_capset, &header, none) < 0)
		return why_set(why, -errno, "cannot drop capabilities: %s", strerror(errno));
#endif
	return 0;
}

int privileges_change_id(const struct privileges *p, bool keep_bind, struct why *why)
{
	if (!p->change)
		return keep_bind ? 0 : drop_capabilities(why);
	if (setresgid(p->gid, p->gid, p->gid) < 0)
		return why_set(why, -errno, "cannot change to group %ld: %s", (long)p->gid,
			       strerror(errno));
	if (setresuid(p->uid, p->uid, p->uid) < 0)
		return why_set(why, -errno, "cannot become user %s: %s", p->user, strerror(errno));
	return 0;
}
