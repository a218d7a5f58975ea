/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * limit.c: RLIMIT_NOFILE. What cannot be raised is used as it is.
 */
#include "multiconn/limit.h"

#include <errno.h>
#include <limits.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "echod/attr.h"

static rlim_t raised_limit(void)
{
	struct rlimit limit = { .rlim_cur = 256, .rlim_max = 256 };
	rlim_t before;

	getrlimit(RLIMIT_NOFILE, &limit);
	before = limit.rlim_cur;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before;
}

int limit_descriptors(int fd_limit, size_t *ret_room)
{
	rlim_t limit = raised_limit();
	/* The lowest free descriptor: all below it are taken. */
	CLEANUP_FD int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (probe < 0)
		return -errno;
	if (limit == RLIM_INFINITY || limit > (rlim_t)fd_limit)
		limit = (rlim_t)fd_limit;
	*ret_room = limit > (rlim_t)probe ? (size_t)limit - (size_t)probe : 0;
	return 0;
}
