/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * site.c: see site.h.
 */
#include "src/echod/site.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/log.h"
#include "src/echod/config_table.h"
#include "src/echod/handlers.h"
#include "src/echod/http.h"
#include "src/echod/master.h"

enum {
	BACKLOG = 64
};

/* True when the site in force would be in the way, though both can be bound. */
static bool overlaps(const struct site *site, const struct net_address *wanted)
{
	return site->http && net_overlap(wanted, &site->address);
}

/* A reload may have to listen beside what is in force, which SO_REUSEPORT allows to sockets of one
 * user. That would let another daemon in, too: so the address is first bound without it, to be
 * refused where somebody listens. */
static int probe(const struct net_address *address)
{
	const struct net_listen_options options = { .backlog = 1, .socket_mode = -1 };
	CLEANUP_FD int fd = -1;

	return net_listen(address, &options, &fd);
}

/* What root has bound is to be the user's, as what a reload binds will be. */
static void give(const struct master *m, int fd)
{
	if (m->privileges.change && fchown(fd, m->privileges.uid, (gid_t)-1) < 0)
		log_debug("master", "the socket of metrics-listen keeps its owner: %s",
			  strerror(errno));
}

/* *ret_address has the port that the kernel chose. */
static int listen_on(const struct master *m, const char *text, struct net_address *ret_address,
		     int *ret_fd)
{
	const struct net_listen_options options = { .backlog = BACKLOG,
						    .reuse_port = true,
						    .socket_mode = -1 };
	CLEANUP_FD int fd = -1;
	int r = net_parse_with_port(text, ret_address);

	if (r >= 0 && net_port(ret_address) != 0 && !overlaps(&m->site, ret_address))
		r = probe(ret_address);
	if (r >= 0)
		r = net_listen(ret_address, &options, &fd);
	if (r >= 0)
		r = net_local_address(fd, ret_address);
	if (r < 0)
		return r;
	give(m, fd);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int report(const struct config *config, struct config_errors *errors, int error)
{
	const struct config_origin *origin =
	    config_key_origin(config_key_find("metrics-listen", false), config, NULL);

	config_errors_add(errors, origin->file, origin->line,
			  "metrics-listen: cannot listen on %s: %s%s", config->metrics_listen,
			  strerror(-error),
			  error == -EACCES ? " (a port below 1024 needs root or the capability "
					     "CAP_NET_BIND_SERVICE)"
					   : "");
	return error;
}

int site_open(struct master *m, const struct config *config, struct site *ret_site,
	      struct config_errors *errors)
{
	struct http_settings settings = { .selector = m->selector,
					  .answer = handlers_http,
					  .user = m,
					  .counts = &m->http_counts };
	struct site site = { .http = NULL };
	int r;

	if (config->metrics_listen[0] == '\0') {
		*ret_site = site;
		return 0;
	}
	r = listen_on(m, config->metrics_listen, &site.address, &settings.listen_fd);
	if (r >= 0)
		r = http_open(&settings, &site.http);
	if (r < 0)
		return report(config, errors, r);
	*ret_site = site;
	return 0;
}

void site_close(struct site *site)
{
	site->http = http_close(site->http);
}

bool site_fits(const struct site *site, const struct config *old_config,
	       const struct config *new_config)
{
	struct net_address wanted;

	if (strcmp(old_config->metrics_listen, new_config->metrics_listen) == 0)
		return true;
	return site->http && net_parse_with_port(new_config->metrics_listen, &wanted) >= 0 &&
	       net_equal(&wanted, &site->address);
}

const char *site_format(const struct site *site, char text[static SITE_TEXT_SIZE])
{
	char host[PEER_TEXT_SIZE];
	struct peer peer;

	net_to_peer(&site->address, &peer);
	snprintf(text, SITE_TEXT_SIZE, "http %s %u", peer_format_address(&peer, host),
		 (unsigned)peer.port);
	return text;
}

const char *site_url(const struct site *site, char text[static SITE_TEXT_SIZE])
{
	char at[PEER_TEXT_SIZE];
	struct peer peer;

	if (!site->http)
		return NULL;
	net_to_peer(&site->address, &peer);
	snprintf(text, SITE_TEXT_SIZE, "http://%s/", peer_format(&peer, at));
	return text;
}

/* A transcript has no line for it. */
void site_say(const struct site *site, const struct options *options)
{
	char text[SITE_TEXT_SIZE];

	if (!site->http)
		return;
	site_format(site, text);
	if (options->transcript || options->daemon)
		log_info("master", "listening on %s metrics", text);
	else
		printf("listening on %s metrics\n", text);
}
