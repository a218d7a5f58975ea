/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * bind_range: the addresses of ours that connections come from, one after the other, so that each
 * brings its own ports.
 */
#ifndef MULTICONN_BIND_RANGE_H
#define MULTICONN_BIND_RANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "echod/net.h"

enum {
	BIND_RANGE_MAX = 65536
};

struct bind_range {
	struct net_address first; /* without a port */
	size_t n;		  /* 0 = the kernel's choice */
};

/* "127.0.0.2" or "127.0.0.2-127.0.0.9". -EINVAL: not that; -EXDEV: they are of two families or
 * interfaces; -ERANGE: the second comes before the first; -E2BIG: more than BIND_RANGE_MAX. */
int bind_range_parse(const char *text, struct bind_range *ret_range);
/* False when it has a multicast or the broadcast address, which no connection comes from; the kernel
 * would choose another one without a word. */
bool bind_range_is_for_one(const struct bind_range *range);
/* The address of connection i, from 0: after the last comes the first again. */
struct net_address bind_range_get(const struct bind_range *range, size_t i);

#endif
