/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * limits.c: getrlimit(2) cannot fail for a resource that exists.
 */
#include "src/echod/limits.h"

#include <errno.h>
#include <sys/resource.h>

uint64_t limits_files(void)
{
	struct rlimit limit = { 0 };

	getrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_cur;
}

int limits_raise_files(uint64_t *ret_limit)
{
	struct rlimit limit = { 0 };
	int r = 0;

	getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
			r = -errno;
	}
	*ret_limit = limits_files();
	return r;
}
