/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * fds.c owns sendmsg(2) and recvmsg(2) with SCM_RIGHTS.
 */
#include "build.h"

#include "control/fds.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

union rights {
	struct cmsghdr align;
	char space[CMSG_SPACE(FDS_MAX * sizeof(int))];
};

ssize_t fds_send(int socket, const void *data, size_t n, const int *fds, size_t n_fds)
{
	struct iovec bytes = { .iov_base = (void *)(uintptr_t)data, .iov_len = n };
	struct msghdr message = { .msg_iov = &bytes, .msg_iovlen = 1 };
	union rights rights = { .space = { 0 } };
	ssize_t sent;

	assert(n_fds <= FDS_MAX);
	if (n_fds > 0) {
		message.msg_control = rights.space;
		message.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		rights.align.cmsg_level = SOL_SOCKET;
		rights.align.cmsg_type = SCM_RIGHTS;
		rights.align.cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(&rights.align), fds, n_fds * sizeof(int));
	}
	do
		sent = sendmsg(socket, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : sent;
}

static size_t take_fds(struct msghdr *message, int ret_fds[static FDS_MAX])
{
	size_t n = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		size_t here;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		here = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(ret_fds + n, CMSG_DATA(c), here * sizeof(int));
		n += here;
	}
	return n;
}

ssize_t fds_receive(int socket, void *data, size_t size, int ret_fds[static FDS_MAX],
		    size_t *ret_n_fds)
{
	struct iovec bytes = { .iov_base = data, .iov_len = size };
	union rights rights;
	struct msghdr message = { .msg_iov = &bytes,
				  .msg_iovlen = 1,
				  .msg_control = rights.space,
				  .msg_controllen = sizeof(rights.space) };
	ssize_t received;

	*ret_n_fds = 0;
	do
		received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	while (received < 0 && errno == EINTR);
	if (received < 0)
		return -errno;
	*ret_n_fds = take_fds(&message, ret_fds);
	return received;
}

ssize_t fds_receive_none(int socket, void *data, size_t size)
{
	ssize_t received;

	do
		received = recv(socket, data, size, 0);
	while (received < 0 && errno == EINTR);
	return received < 0 ? -errno : received;
}
