/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * peer.c: the text of a packed address. No socket is touched; the C library only converts.
 */
#include "echod/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static void format_ipv6(const struct peer *peer, char text[static PEER_TEXT_SIZE])
{
	size_t length;

	inet_ntop(AF_INET6, peer->address, text, PEER_TEXT_SIZE);
	if (peer->scope_id == 0)
		return;
	length = strlen(text);
	snprintf(text + length, PEER_TEXT_SIZE - length, "%%%" PRIu32, peer->scope_id);
}

const char *peer_format_address(const struct peer *peer, char text[static PEER_TEXT_SIZE])
{
	switch ((enum peer_family)peer->family) {
	case PEER_IPV4:
		inet_ntop(AF_INET, peer->address, text, PEER_TEXT_SIZE);
		return text;
	case PEER_IPV6:
		format_ipv6(peer, text);
		return text;
	case PEER_UNIX:
		return strcpy(text, "unix");
	case PEER_NONE:
		break;
	}
	return strcpy(text, "unknown");
}

const char *peer_format(const struct peer *peer, char text[static PEER_TEXT_SIZE])
{
	char address[PEER_TEXT_SIZE];
	unsigned port = peer->port;

	peer_format_address(peer, address);
	if (peer->family == PEER_IPV6)
		snprintf(text, PEER_TEXT_SIZE, "[%.50s]:%u", address, port);
	else if (peer->family == PEER_IPV4)
		snprintf(text, PEER_TEXT_SIZE, "%.50s:%u", address, port);
	else
		strcpy(text, address);
	return text;
}

int peer_parse_address(const char *text, struct peer *ret_peer)
{
	struct peer peer = { .family = strchr(text, ':') ? PEER_IPV6 : PEER_IPV4 };

	if (inet_pton(peer.family == PEER_IPV6 ? AF_INET6 : AF_INET, text, peer.address) != 1)
		return -EINVAL;
	*ret_peer = peer;
	return 0;
}
