/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * net: socket addresses and sockets, without policy. All sockets made here are non-blocking and
 * close-on-exec; every IPv6 one is IPV6_V6ONLY.
 */
#ifndef ECHOD_NET_H
#define ECHOD_NET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "echod/peer.h"

struct net_address {
	union {
		struct sockaddr any;
		struct sockaddr_in ipv4;
		struct sockaddr_in6 ipv6;
		struct sockaddr_un path;
		struct sockaddr_storage storage;
	};
	socklen_t length;
};

/* A numeric IPv4 or IPv6 address ("::1", "fe80::1%eth0") and a port in host order. -EINVAL. */
int net_parse(const char *address, uint16_t port, struct net_address *ret_address);
/* An address with its port, as peer_format() writes them: "127.0.0.1:9007", "[::1]:9007". -EINVAL. */
int net_parse_with_port(const char *text, struct net_address *ret_address);
/* A Unix socket's path. -ENAMETOOLONG, -EINVAL when empty. */
int net_parse_path(const char *path, struct net_address *ret_address);
/* The "any" address of a family (AF_INET, AF_INET6). */
void net_any(int family, uint16_t port, struct net_address *ret_address);

/* All addresses of a family, with any port. */
bool net_is_any(const struct net_address *address);
/* One of them is all addresses of a family, and the other one of them or all, with the same port, which
 * is not 0. */
bool net_overlap(const struct net_address *a, const struct net_address *b);

uint16_t net_port(const struct net_address *address);
void net_set_port(struct net_address *address, uint16_t port);
/* Same family, address, scope and port (or path). */
bool net_equal(const struct net_address *a, const struct net_address *b);
void net_to_peer(const struct net_address *address, struct peer *ret_peer);
void net_from_peer(const struct peer *peer, struct net_address *ret_address);
/* False when the kernel has no sockets of this family. */
bool net_has_family(int family);

struct net_listen_options {
	int backlog;	 /* clipped by the kernel's own maximum */
	bool reuse_port; /* SO_REUSEPORT: one of several sockets on the same address */
	int socket_mode; /* Unix: permissions of the node, e.g. 0660; -1 leaves the umask's */
};

/* A listening stream socket on this address, TCP with SO_REUSEADDR and urgent data in its place, or
 * Unix. *ret_fd is the caller's. For a Unix path a stale node (nobody answers) is removed first, a live
 * one is -EADDRINUSE, and anything that is not a socket is -EEXIST and left alone. -errno of the call
 * that failed otherwise. */
int net_listen(const struct net_address *address, const struct net_listen_options *options,
	       int *ret_fd);
/* The address that a socket is bound to, e.g. to learn the port the kernel chose. */
int net_local_address(int fd, struct net_address *ret_address);
/* The address that a socket is connected to. */
int net_remote_address(int fd, struct net_address *ret_address);

/* The largest backlog that the kernel would honour (net.core.somaxconn; SOMAXCONN elsewhere). */
int net_max_backlog(void);

/* Starts a non-blocking stream connection. 0 connected, 1 in progress (writable when decided; ask
 * net_socket_error then), -errno failed. *ret_fd is the caller's unless it failed. bind_to may be
 * NULL; a bind without a port leaves the choice of the port to connect. A Unix socket whose queue is
 * full is -EAGAIN. */
int net_connect(const struct net_address *address, const struct net_address *bind_to, int *ret_fd);
/* The next connection that waits, non-blocking and close-on-exec; *ret_fd is the caller's. ret_peer
 * may be NULL. 0, -EAGAIN when none waits, or what accept said. An interruption is not told. */
int net_accept(int listen_fd, struct net_address *ret_peer, int *ret_fd);
/* From here a listening TCP socket refuses new connections, while one whose handshake has begun, or
 * that waits, can still be accepted: for the time before it is closed. -ENOSYS where the kernel
 * cannot do that, -EPERM for a socket of a certain interface without the right to change that. */
int net_refuse_new(int fd);
/* Sends small pieces at once (TCP_NODELAY). */
int net_set_nodelay(int fd);
/* SO_ERROR: 0, or the pending error as a positive errno value. */
int net_socket_error(int fd);

int net_set_nonblocking(int fd);
/* A pair of connected stream sockets, non-blocking and close-on-exec. */
int net_socketpair(int ret_fds[static 2]);

#endif
