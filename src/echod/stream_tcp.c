/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * stream_tcp.c: Linux. TCP_INFO and the two queue sizes.
 */
#include "build.h"

#include "src/echod/stream_tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static int64_t queue_size(int fd, unsigned long which)
{
	int bytes = 0;

	return ioctl(fd, which, &bytes) < 0 ? 0 : bytes;
}

int stream_tcp(int fd, struct stream_tcp *ret_tcp)
{
	struct tcp_info info = { 0 };
	socklen_t length = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) < 0)
		return -errno;
	if (length <
	    offsetof(struct tcp_info, tcpi_total_retrans) + sizeof(info.tcpi_total_retrans))
		return -ENOSYS;
	*ret_tcp = (struct stream_tcp){
		.receive_queue_bytes = queue_size(fd, FIONREAD),
		.send_queue_bytes = queue_size(fd, TIOCOUTQ),
		.round_trip_us = info.tcpi_rtt,
		.round_trip_variance_us = info.tcpi_rttvar,
		.retransmissions = info.tcpi_total_retrans,
		.congestion_window = info.tcpi_snd_cwnd,
		.unacknowledged = info.tcpi_unacked,
		.send_mss_bytes = info.tcpi_snd_mss,
		.receive_mss_bytes = info.tcpi_rcv_mss,
		.path_mtu_bytes = info.tcpi_pmtu,
	};
	return 0;
}
