/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * RFC 4632 section 3.1. A network with host bits set is refused rather than cut: whoever wrote it
 * may have meant another prefix length.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_network.h"
#include "echod/parse.h"

/* Clears the bits behind the prefix; tells whether one was set. */
static bool clear_host_bits(uint8_t *address, unsigned bits, unsigned width)
{
	bool was_set = false;

	for (unsigned i = 0; i < width / 8; i++) {
		unsigned kept = bits >= (i + 1) * 8 ? 8 : bits > i * 8 ? bits - i * 8 : 0;
		uint8_t mask = (uint8_t)(0xff00u >> kept);

		was_set = was_set || (address[i] & (uint8_t)~mask);
		address[i] &= mask;
	}
	return was_set;
}

int config_network_parse(const char *text, struct guard_network *ret_network)
{
	const char *slash = strchr(text, '/');
	char host[PEER_TEXT_SIZE];
	size_t length = slash ? (size_t)(slash - text) : strlen(text);
	struct net_address address;
	struct guard_network network;
	int64_t bits;
	unsigned width;
	bool was_set;
	int r;

	if (length >= sizeof(host) || memchr(text, '%', length))
		return -EINVAL;
	memcpy(host, text, length);
	host[length] = '\0';
	r = net_parse(host, 0, &address);
	if (r < 0)
		return r;
	net_to_peer(&address, &network.address);
	width = network.address.family == PEER_IPV4 ? 32 : 128;
	bits = width;
	r = slash ? parse_integer(slash + 1, 0, width, &bits) : 0;
	if (r < 0)
		return r;
	network.bits = (unsigned)bits;
	was_set = clear_host_bits(network.address.address, network.bits, width);
	*ret_network = network;
	return was_set ? -EDOM : 0;
}

const char *config_network_format(const struct guard_network *network,
				  char text[static CONFIG_NETWORK_SIZE])
{
	char address[PEER_TEXT_SIZE];

	snprintf(text, CONFIG_NETWORK_SIZE, "%s/%u",
		 peer_format_address(&network->address, address), network->bits);
	return text;
}

int config_networks_add(struct config_networks *networks, const struct guard_network *network)
{
	struct guard_network *items =
	    reallocarray(networks->items, networks->length + 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	networks->items = items;
	items[networks->length++] = *network;
	return 0;
}
