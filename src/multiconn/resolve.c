/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * resolve.c: getaddrinfo(3), once per run: connections do not disagree about a name.
 */
#include "multiconn/resolve.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "multiconn/connection.h"

static int resolve_path(const char *path, struct net_address **ret_addresses, size_t *ret_n)
{
	struct net_address *address = calloc(1, sizeof(*address));
	int r;

	if (!address)
		return -ENOMEM;
	r = net_parse_path(path, address);
	if (r < 0) {
		free(address);
		return r;
	}
	*ret_addresses = address;
	*ret_n = 1;
	return 0;
}

static size_t list_length(const struct addrinfo *list)
{
	size_t n = 0;

	for (; list; list = list->ai_next)
		n++;
	return n;
}

static int copy_list(const struct addrinfo *list, uint16_t port, struct net_address **ret_addresses,
		     size_t *ret_n)
{
	size_t n = list_length(list);
	struct net_address *addresses = calloc(n, sizeof(*addresses));

	if (!addresses)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++, list = list->ai_next) {
		memcpy(&addresses[i].storage, list->ai_addr, list->ai_addrlen);
		addresses[i].length = list->ai_addrlen;
		net_set_port(&addresses[i], port);
	}
	*ret_addresses = addresses;
	*ret_n = n;
	return 0;
}

int resolve_addresses(const struct options *options, FILE *err, struct net_address **ret_addresses,
		      size_t *ret_n)
{
	const struct addrinfo hints = { .ai_family = options->family,
					.ai_socktype = options->udp ? SOCK_DGRAM : SOCK_STREAM };
	struct addrinfo *list;
	int r;

	if (options->unix_path)
		return resolve_path(options->unix_path, ret_addresses, ret_n);
	r = getaddrinfo(options->host, NULL, &hints, &list);
	if (r != 0) {
		fprintf(err, "multiconn: %s: %s: %s\n", options->host, failure_word(FAILURE_DNS),
			r == EAI_SYSTEM ? strerror(errno) : gai_strerror(r));
		return -EHOSTUNREACH;
	}
	r = copy_list(list, options->port, ret_addresses, ret_n);
	freeaddrinfo(list);
	return r;
}
