/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * site: the daemon's HTTP side as the configuration wants it (metrics-listen): none, or one address.
 * Zeroed = none. A reload opens another beside the one in force, and closes one of the two.
 */
#ifndef ECHOD_SITE_H
#define ECHOD_SITE_H

#include "echod/net.h"
#include "src/echod/config.h"

struct http;
struct master;
struct options;

struct site {
	struct http *http; /* NULL = none */
	struct net_address address;
};

/* Opens what this configuration wants. 0, or -errno with the reason in *errors. */
int site_open(struct master *m, const struct config *config, struct site *ret_site,
	      struct config_errors *errors);
/* None is fine, and is what it is afterwards. */
void site_close(struct site *site);
/* Whether this site, which old_config wanted, is also what new_config wants: by the same words, or by
 * the address that it has. */
bool site_fits(const struct site *site, const struct config *old_config,
	       const struct config *new_config);

/* Says where it listens, on standard output, or in the log where that is not for such lines. */
void site_say(const struct site *site, const struct options *options);

enum {
	SITE_TEXT_SIZE = PEER_TEXT_SIZE + 16
};
/* "http 127.0.0.1 9007"; returns text. */
const char *site_format(const struct site *site, char text[static SITE_TEXT_SIZE]);
/* "http://127.0.0.1:9007/", or NULL when there is none; returns text otherwise. */
const char *site_url(const struct site *site, char text[static SITE_TEXT_SIZE]);

#endif
