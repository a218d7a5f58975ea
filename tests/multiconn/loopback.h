/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * loopback: a server's socket for runs to connect to. Include tests/cmocka_all.h first.
 */
#ifndef TESTS_MULTICONN_LOOPBACK_H
#define TESTS_MULTICONN_LOOPBACK_H

#include "echod/net.h"

/* On a port of the kernel's; the descriptor is the caller's. */
static inline int listen_on_loopback(struct net_address *ret_address)
{
	const struct net_listen_options options = { .backlog = 64, .socket_mode = -1 };
	struct net_address address;
	int fd;

	assert_int_equal(net_parse("127.0.0.1", 0, &address), 0);
	assert_int_equal(net_listen(&address, &options, &fd), 0);
	assert_int_equal(net_local_address(fd, ret_address), 0);
	return fd;
}

#endif
