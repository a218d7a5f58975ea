/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * peer: one end's address, packed into 24 bytes, for code that may not know sockets.
 * net.h translates to and from the kernel's form.
 */
#ifndef ECHOD_PEER_H
#define ECHOD_PEER_H

#include <stddef.h>
#include <stdint.h>

enum peer_family {
	PEER_NONE, /* unknown */
	PEER_IPV4,
	PEER_IPV6,
	PEER_UNIX
};

struct peer {
	uint8_t address[16]; /* network order; an IPv4 address in the first four */
	uint32_t scope_id;   /* IPv6: interface index of a link-local address */
	uint16_t port;	     /* host order */
	uint8_t family;	     /* enum peer_family */
	uint8_t unused;
};

enum {
	PEER_TEXT_SIZE = 64 /* enough for any text that peer_format writes, with its NUL */
};

/* "192.0.2.1:1234", "[2001:db8::1]:1234", "[fe80::1%2]:1234", "unix", "unknown"; returns text. */
const char *peer_format(const struct peer *peer, char text[static PEER_TEXT_SIZE]);
/* The address alone, without brackets and port. */
const char *peer_format_address(const struct peer *peer, char text[static PEER_TEXT_SIZE]);
/* A numeric address without brackets, port or scope. 0, or -EINVAL. */
int peer_parse_address(const char *text, struct peer *ret_peer);

#endif
