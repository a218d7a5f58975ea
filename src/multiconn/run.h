/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * run: all connections of one run, on one selector loop.
 */
#ifndef MULTICONN_RUN_H
#define MULTICONN_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "echod/net.h"
#include "multiconn/bind_range.h"
#include "multiconn/pattern.h"
#include "multiconn/proxy_choice.h"
#include "multiconn/report.h"
#include "multiconn/transcript.h"

/* All pointers borrowed. */
struct run_settings {
	const struct pattern *pattern;
	const struct net_address *addresses; /* tried in order by each connection; at least one */
	size_t n_addresses;
	const struct bind_range *bind;	  /* NULL = the kernel's choice */
	const struct proxy_choice *proxy; /* each connection begins with its header, or NULL */
	bool udp; /* each connection is a UDP socket, each message a datagram */
	size_t n_connections;
	int64_t timeout_ms;	   /* per connect, and without progress */
	const char *selector_name; /* NULL = the best */
	int interrupt_fd;	   /* readable = stop; -1 = none */
	struct transcript transcript;
	FILE *err; /* for failures, as they come */
};

/* What a summary says of a run that has not begun: how many were asked, and for what. */
void run_prepare(const struct run_settings *settings, struct tally *tally);
/* Opens all connections, has each verified, and counts into *tally, which it prepares. 0, also when
 * every connection failed; -errno when there could be no run (no memory, no selector). */
int run_connections(const struct run_settings *settings, struct tally *tally);

#endif
