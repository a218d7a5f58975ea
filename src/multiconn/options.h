/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * options: multiconn's command line.
 */
#ifndef MULTICONN_OPTIONS_H
#define MULTICONN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "echod/net.h"
#include "multiconn/bind_range.h"
#include "multiconn/expect.h"
#include "multiconn/proxy_choice.h"

/* The texts are argv's. */
struct options {
	const char *host; /* NULL with unix_path */
	uint16_t port;
	const char *unix_path;
	size_t n_connections;
	const char **messages; /* owned */
	size_t n_messages;
	size_t length; /* at least, of each, as asked */
	bool udp;
	const struct expect_service *service; /* NULL = echo */
	bool service_named;
	const char *action, *value; /* with message, else NULL */
	const char *control;	    /* the daemon's control socket, or NULL */
	const char *selector;	    /* NULL = the best */
	int64_t timeout_ms;
	int family;		/* AF_UNSPEC, AF_INET, AF_INET6 */
	struct bind_range bind; /* of none without --bind */
	struct proxy_choice proxy;
	bool quiet;
};

enum {
	OPTIONS_RUN = -1
};

/* Reads the command line into *ret_options and returns OPTIONS_RUN; otherwise the exit code: 0 when
 * help or the version was printed on out, 2 when it was wrong and err says how, 1 without memory. */
int options_parse(int argc, char *argv[], FILE *out, FILE *err, struct options *ret_options);
void options_fini(struct options *options);

#endif
