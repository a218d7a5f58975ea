/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * config_network: networks in CIDR notation as text.
 */
#ifndef ECHOD_CONFIG_NETWORK_H
#define ECHOD_CONFIG_NETWORK_H

#include "config.h"

enum {
	CONFIG_NETWORK_SIZE = PEER_TEXT_SIZE + 8
};

/* "10.0.0.0/8", "2001:db8::/32", or an address alone, which is itself and no other. -EINVAL not of
 * the form, -ERANGE more bits than the address has, -EDOM bits are set behind the prefix; then
 * *ret_network is the network that the address is in. */
int config_network_parse(const char *text, struct guard_network *ret_network);
/* Returns text. */
const char *config_network_format(const struct guard_network *network,
				  char text[static CONFIG_NETWORK_SIZE]);
/* One more at the end. 0 or -ENOMEM. */
int config_networks_add(struct config_networks *networks, const struct guard_network *network);

#endif
