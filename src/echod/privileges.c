/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * privileges.c: privileges_caps.h on libcap-ng. Without CAP_SETPCAP the bounding set stays as it
 * is; with no_new_privs nothing can be gained from it.
 */
#include "src/echod/privileges_caps.h"

#include <cap-ng.h>
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

bool privileges_can_keep_bind(void)
{
	return true;
}

/* capng_change_id() numbers its own steps. */
static const char *step_name(int step)
{
	static const char *const names[] = {
		"start",
		"start",
		"keep capabilities across the change",
		"take the capabilities for the change",
		"change the group",
		"drop the supplementary groups",
		"change the user",
		"end the keeping of capabilities",
		"clear the bounding set",
		"drop the capabilities of the change",
	};
	size_t i = step < 0 ? (size_t)-step : 0;

	return i < sizeof(names) / sizeof(names[0]) ? names[i] : names[0];
}

static int change(const struct privileges *p, capng_flags_t flags, struct why *why)
{
	int step, error;

	errno = 0;
	step = capng_change_id((int)p->uid, (int)p->gid, flags);
	error = errno ? errno : EPERM;
	if (step == 0)
		return 0;
	return why_set(why, -error, "cannot become user %s: libcap-ng could not %s: %s", p->user,
		       step_name(step), strerror(error));
}

static int reduce(struct why *why)
{
	errno = 0;
	if (capng_apply(CAPNG_SELECT_CAPS) == 0)
		return 0;
	return why_set(why, errno ? -errno : -EPERM, "cannot drop capabilities: %s",
		       strerror(errno ? errno : EPERM));
}

int privileges_change_id(const struct privileges *p, bool keep_bind, struct why *why)
{
	bool has_bind, has_setpcap;

	if (capng_get_caps_process() < 0)
		return why_set(why, -EIO, "cannot read our own capabilities");
	has_bind = capng_have_capability(CAPNG_PERMITTED, CAP_NET_BIND_SERVICE);
	has_setpcap = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
#ifdef PR_CAP_AMBIENT
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); /* old kernels have none */
#endif
	capng_clear(CAPNG_SELECT_BOTH);
	if (keep_bind && has_bind)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_BIND_SERVICE);
	if (!p->change)
		return reduce(why);
	return change(p, has_setpcap ? CAPNG_CLEAR_BOUNDING : CAPNG_NO_FLAG, why);
}
