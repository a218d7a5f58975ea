/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * bind_range: the addresses of ours that connections come from, one after the other, so that each
 * brings its own ports.
 */
#ifndef MULTICONN_BIND_RANGE_H
#define MULTICONN_BIND_RANGE_H

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
/* The address of connection i, from 0: after the last comes the first again. */
struct net_address bind_range_get(const struct bind_range *range, size_t i);

#endif
