/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * net_refuse.c: a listening socket that refuses what is new while what has come is accepted. Closing
 * it resets whoever came after the last accept; where the kernel can do this first, nobody does.
 */
#include <errno.h>
#include <limits.h>
#include <sys/socket.h>

#include "echod/attr.h"
#include "echod/net.h"

#ifdef SO_BINDTOIFINDEX
/* Bound to an interface that there is not, the socket is no longer found for a first segment, which
 * is answered as if nobody listened. What has begun was tied to no interface, and goes on. (A filter
 * on the socket could drop first segments as well, but some kernels let only root set one.) */
int net_refuse_new(int fd)
{
	const int no_interface = INT_MAX;

	return setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &no_interface, sizeof(no_interface)) < 0
		   ? -errno
		   : 0;
}
#else
int net_refuse_new(int fd UNUSED)
{
	return -ENOSYS;
}
#endif
