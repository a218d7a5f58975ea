/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * net_refuse.c: a listening socket that takes nothing new while what has come is accepted. Closing
 * it resets whoever came after the last accept; where the kernel can filter, nobody does.
 */
#include <errno.h>
#include <sys/socket.h>

#include "echod/attr.h"
#include "echod/net.h"

#ifdef __linux__
#include <linux/filter.h>

enum {
	TCP_FLAGS_AT = 13, /* in the header (RFC 9293, 3.1), where a TCP socket's filter begins */
	TCP_FLAG_SYN = 0x02,
	TCP_FLAG_ACK = 0x10
};

/* Drops the first segment of a connection: its client tries again after a second. Those whose
 * handshake has begun can end it, and accepted ones, who inherit the filter, never see such a one. */
int net_refuse_new(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, TCP_FLAGS_AT),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, TCP_FLAG_SYN | TCP_FLAG_ACK),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TCP_FLAG_SYN, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	const struct sock_fprog program = { .len = ARRAY_LENGTH(code), .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno
											   : 0;
}
#else
int net_refuse_new(int fd UNUSED)
{
	return -ENOSYS;
}
#endif
