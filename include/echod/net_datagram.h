/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * net_datagram: UDP sockets, and what the kernel tells with a datagram beside its source: the local
 * address that it was sent to and the interface by which it came. An answer names that address again
 * as its source, so that a socket bound to all addresses answers from the one that was hit. As in
 * net.h all sockets are non-blocking and close-on-exec, and IPv6 ones IPV6_V6ONLY.
 */
#ifndef ECHOD_NET_DATAGRAM_H
#define ECHOD_NET_DATAGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "echod/net.h"

enum {
	/* For the control messages of one datagram, either way. */
	NET_CONTROL_BYTES = 128
};

struct net_hit {
	struct peer address; /* without a port; PEER_NONE when the kernel did not tell */
	unsigned interface;  /* its index; 0 = unknown */
	bool to_many;	     /* sent to a broadcast or multicast address */
	int hops;	     /* TTL or hop limit, and DSCP with ECN; -1 = not told */
	int traffic_class;
};

/* A bound UDP socket that tells of each datagram's hit, with buffers as large as the kernel lets it
 * have. Never with SO_REUSEADDR; reuse_port: one of several on the same address. *ret_fd is the
 * caller's. -errno. */
int net_bind_datagram(const struct net_address *address, bool reuse_port, int *ret_fd);
/* A UDP socket that talks to this address alone, so that the kernel tells what ICMP says of it;
 * bind_to may be NULL. 0 and *ret_fd, the caller's, or -errno. */
int net_connect_datagram(const struct net_address *address, const struct net_address *bind_to,
			 int *ret_fd);

/* Reads the control messages of a received datagram. */
void net_read_hit(const struct msghdr *message, struct net_hit *ret_hit);
/* Has the answer leave from where the hit was: fills msg_control, which has room for
 * NET_CONTROL_BYTES, and msg_controllen. Leaves the choice to the kernel when that is unknown. */
void net_answer_from(const struct net_hit *hit, struct msghdr *message);
/* Whether this is a loopback interface; fd is any socket. */
bool net_is_loopback(int fd, unsigned interface);

#endif
