/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * stream_path.c: Linux. TCP_INFO tells of the connection. The hop limit and the traffic class are
 * those of the packet that completed the handshake: Linux keeps them with the socket and hands them
 * out as packet options, once it is told that they are of interest.
 */
#include "build.h"

#include "src/echod/stream_path.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

/* One packet option that holds a number. */
static void take_option(const struct cmsghdr *option, struct service_path *path)
{
	const int level = option->cmsg_level, type = option->cmsg_type;
	int value;

	if (option->cmsg_len < CMSG_LEN(sizeof(value)))
		return;
	memcpy(&value, CMSG_DATA(option), sizeof(value));
	if ((level == IPPROTO_IP && type == IP_TTL) ||
	    (level == IPPROTO_IPV6 && (type == IPV6_HOPLIMIT || type == IPV6_2292HOPLIMIT)))
		path->hops = value;
	else if ((level == IPPROTO_IP && type == IP_TOS) ||
		 (level == IPPROTO_IPV6 && type == IPV6_TCLASS))
		path->traffic_class = value;
}

static void ask_options(int fd, int level, const int wanted[2], int name, struct service_path *path)
{
	_Alignas(struct cmsghdr) unsigned char space[256];
	struct msghdr options = { .msg_control = space, .msg_controllen = sizeof(space) };
	socklen_t length = sizeof(space);
	const int on = 1;

	for (int i = 0; i < 2; i++)
		if (setsockopt(fd, level, wanted[i], &on, sizeof(on)) < 0)
			return;
	if (getsockopt(fd, level, name, space, &length) < 0)
		return;
	options.msg_controllen = length;
	for (struct cmsghdr *o = CMSG_FIRSTHDR(&options); o; o = CMSG_NXTHDR(&options, o))
		take_option(o, path);
}

static void ask_tcp(int fd, struct service_path *path)
{
	struct tcp_info info = { 0 };
	socklen_t length = sizeof(info);
	bool scaled;

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) < 0 ||
	    length <
		offsetof(struct tcp_info, tcpi_total_retrans) + sizeof(info.tcpi_total_retrans))
		return;
	scaled = info.tcpi_options & TCPI_OPT_WSCALE;
	path->has_tcp = true;
	path->rtt_us = info.tcpi_rtt;
	path->rtt_variance_us = info.tcpi_rttvar;
	path->send_mss = info.tcpi_snd_mss;
	path->receive_mss = info.tcpi_rcv_mss;
	path->path_mtu = info.tcpi_pmtu;
	path->send_scale = scaled ? info.tcpi_snd_wscale : -1;
	path->receive_scale = scaled ? info.tcpi_rcv_wscale : -1;
	path->retransmissions = info.tcpi_total_retrans;
}

void stream_path(int fd, const struct peer *end, struct service_path *ret_path)
{
	static const int ipv4[] = { IP_RECVTTL, IP_RECVTOS };
	static const int ipv6[] = { IPV6_RECVHOPLIMIT, IPV6_RECVTCLASS };

	*ret_path = (struct service_path){ .hops = -1, .traffic_class = -1 };
	if (end->family == PEER_IPV4)
		ask_options(fd, IPPROTO_IP, ipv4, IP_PKTOPTIONS, ret_path);
	else if (end->family == PEER_IPV6)
		ask_options(fd, IPPROTO_IPV6, ipv6, IPV6_2292PKTOPTIONS, ret_path);
	else
		return;
	ask_tcp(fd, ret_path);
}
