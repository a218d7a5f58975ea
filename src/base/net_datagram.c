/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * net_datagram.c: see net_datagram.h. For IPv4 the kernel names two local addresses: the one in the
 * datagram's head, and the one that it would answer from. They differ where the first is no address
 * of a host: broadcast and multicast.
 */
#include "build.h"

#include "echod/net_datagram.h"

#include <assert.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>

#include "echod/attr.h"

enum {
	BUFFER_BYTES = 8 * 1024 * 1024 /* the kernel cuts it to its own maximum */
};

static_assert(CMSG_SPACE(sizeof(struct in6_pktinfo)) + 2 * CMSG_SPACE(sizeof(int)) <=
		  NET_CONTROL_BYTES,
	      "room for all that is asked for");

static int set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int open_datagram(int family)
{
	CLEANUP_FD int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int r = fd < 0 ? -errno : 0;

	if (r == 0 && family == AF_INET6)
		r = set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	return r < 0 ? r : TAKE_FD(fd);
}

/* What the kernel is to tell; the last two are only told on, so they may be missing. */
static int ask_for_hits(int fd, int family)
{
	if (family == AF_INET6) {
		(void)set_option(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
		(void)set_option(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
		return set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	}
	(void)set_option(fd, IPPROTO_IP, IP_RECVTTL, 1);
	(void)set_option(fd, IPPROTO_IP, IP_RECVTOS, 1);
	return set_option(fd, IPPROTO_IP, IP_PKTINFO, 1);
}

int net_bind_datagram(const struct net_address *address, bool reuse_port, int *ret_fd)
{
	const int family = address->any.sa_family;
	CLEANUP_FD int fd = open_datagram(family);
	int r = fd < 0 ? fd : ask_for_hits(fd, family);

	if (r == 0 && reuse_port)
		r = set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (r < 0)
		return r;
	(void)set_option(fd, SOL_SOCKET, SO_RCVBUF, BUFFER_BYTES);
	(void)set_option(fd, SOL_SOCKET, SO_SNDBUF, BUFFER_BYTES);
	if (bind(fd, &address->any, address->length) < 0)
		return -errno;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int net_connect_datagram(const struct net_address *address, const struct net_address *bind_to,
			 int *ret_fd)
{
	CLEANUP_FD int fd = open_datagram(address->any.sa_family);

	if (fd < 0)
		return fd;
	if (bind_to && bind(fd, &bind_to->any, bind_to->length) < 0)
		return -errno;
	if (connect(fd, &address->any, address->length) < 0)
		return -errno;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* ---- Control messages ---- */

static void read_ipv4(const struct cmsghdr *control, struct net_hit *hit)
{
	struct in_pktinfo info;

	memcpy(&info, CMSG_DATA(control), sizeof(info));
	hit->address.family = PEER_IPV4;
	memcpy(hit->address.address, &info.ipi_addr, sizeof(info.ipi_addr));
	hit->interface = (unsigned)info.ipi_ifindex;
	hit->to_many = info.ipi_addr.s_addr != info.ipi_spec_dst.s_addr;
}

static void read_ipv6(const struct cmsghdr *control, struct net_hit *hit)
{
	struct in6_pktinfo info;

	memcpy(&info, CMSG_DATA(control), sizeof(info));
	hit->address.family = PEER_IPV6;
	memcpy(hit->address.address, &info.ipi6_addr, sizeof(info.ipi6_addr));
	hit->interface = info.ipi6_ifindex;
	hit->to_many = IN6_IS_ADDR_MULTICAST(&info.ipi6_addr);
}

static int read_number(const struct cmsghdr *control)
{
	int number;

	/* The TOS is a byte on some kernels. */
	if (control->cmsg_len < CMSG_LEN(sizeof(number)))
		return *CMSG_DATA(control);
	memcpy(&number, CMSG_DATA(control), sizeof(number));
	return number;
}

static void read_control(const struct cmsghdr *control, struct net_hit *hit)
{
	if (control->cmsg_level == IPPROTO_IP) {
		if (control->cmsg_type == IP_PKTINFO)
			read_ipv4(control, hit);
		else if (control->cmsg_type == IP_TTL)
			hit->hops = read_number(control);
		else if (control->cmsg_type == IP_TOS)
			hit->traffic_class = read_number(control);
	} else if (control->cmsg_level == IPPROTO_IPV6) {
		if (control->cmsg_type == IPV6_PKTINFO)
			read_ipv6(control, hit);
		else if (control->cmsg_type == IPV6_HOPLIMIT)
			hit->hops = read_number(control);
		else if (control->cmsg_type == IPV6_TCLASS)
			hit->traffic_class = read_number(control);
	}
}

void net_read_hit(const struct msghdr *message, struct net_hit *ret_hit)
{
	/* CMSG_NXTHDR is declared without const, but changes nothing. */
	struct msghdr m = *message;

	*ret_hit = (struct net_hit){ .hops = -1, .traffic_class = -1 };
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		read_control(c, ret_hit);
}

static void write_control(struct msghdr *message, int level, int type, const void *data,
			  size_t length)
{
	struct cmsghdr *control = message->msg_control;

	memset(control, 0, CMSG_SPACE(length));
	control->cmsg_level = level;
	control->cmsg_type = type;
	control->cmsg_len = CMSG_LEN(length);
	memcpy(CMSG_DATA(control), data, length);
	message->msg_controllen = CMSG_SPACE(length);
}

/* Routing chooses the interface, but a link-local address has no meaning without its own. */
void net_answer_from(const struct net_hit *hit, struct msghdr *message)
{
	struct in_pktinfo ipv4 = { 0 };
	struct in6_pktinfo ipv6 = { 0 };

	message->msg_controllen = 0;
	if (hit->address.family == PEER_IPV4) {
		memcpy(&ipv4.ipi_spec_dst, hit->address.address, sizeof(ipv4.ipi_spec_dst));
		write_control(message, IPPROTO_IP, IP_PKTINFO, &ipv4, sizeof(ipv4));
	} else if (hit->address.family == PEER_IPV6) {
		memcpy(&ipv6.ipi6_addr, hit->address.address, sizeof(ipv6.ipi6_addr));
		if (IN6_IS_ADDR_LINKLOCAL(&ipv6.ipi6_addr))
			ipv6.ipi6_ifindex = hit->interface;
		write_control(message, IPPROTO_IPV6, IPV6_PKTINFO, &ipv6, sizeof(ipv6));
	}
}

bool net_is_loopback(int fd, unsigned interface)
{
	struct ifreq request = { 0 };

	if (!if_indextoname(interface, request.ifr_name))
		return false;
	return ioctl(fd, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_LOOPBACK);
}
