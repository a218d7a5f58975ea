/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * resolve: from the words of the command line to the addresses to try.
 */
#ifndef MULTICONN_RESOLVE_H
#define MULTICONN_RESOLVE_H

#include <stddef.h>
#include <stdio.h>

#include "echod/net.h"
#include "multiconn/options.h"

/* *ret_addresses, at least one, in the order to try them, are the caller's to free(). -ENOMEM, or
 * -EHOSTUNREACH when the name has none, having said so on err. */
int resolve_addresses(const struct options *options, FILE *err, struct net_address **ret_addresses,
		      size_t *ret_n);

#endif
