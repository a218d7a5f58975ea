/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * proxy_write.c: the PROXY protocol's header as a proxy sends it. Whatever is written here is read by
 * proxy_parse() as it was meant.
 */
#include "echod/proxy.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
	IPV4_BYTES = 4,
	IPV6_BYTES = 16,
	MAPPED_BYTES = IPV6_BYTES - IPV4_BYTES, /* of the prefix of a mapped address */
	V2_IPV6_BYTES = PROXY_V2_HEAD + 2 * IPV6_BYTES + 4
};

static_assert((int)V2_IPV6_BYTES <= (int)PROXY_WRITTEN_MAX, "the line of version 1 is the longest");

static const uint8_t mapped_prefix[MAPPED_BYTES] = { [10] = 0xff, [11] = 0xff };

/* What is an IPv6 end already stays one. */
static struct peer mapped(const struct peer *peer)
{
	struct peer ipv6 = { .family = PEER_IPV6, .port = peer->port };

	if (peer->family == PEER_IPV6)
		return *peer;
	memcpy(ipv6.address, mapped_prefix, MAPPED_BYTES);
	memcpy(ipv6.address + MAPPED_BYTES, peer->address, IPV4_BYTES);
	return ipv6;
}

/* ---- Version 1 ---- */

/* Hexadecimal throughout: not every reader of IPv6 takes the dotted end of a mapped address. */
static void format_groups(const struct peer *peer, char text[static PEER_TEXT_SIZE])
{
	const uint8_t *a = peer->address;
	size_t length = 0;

	for (size_t i = 0; i < IPV6_BYTES; i += 2)
		length += (size_t)snprintf(text + length, PEER_TEXT_SIZE - length, "%s%x",
					   i > 0 ? ":" : "", (unsigned)a[i] << 8 | a[i + 1]);
}

/* A line has no place for a scope. */
static void format_address(const struct peer *peer, char text[static PEER_TEXT_SIZE])
{
	struct peer plain = *peer;

	plain.scope_id = 0;
	peer_format_address(&plain, text);
	if (plain.family == PEER_IPV6 && strchr(text, '.'))
		format_groups(&plain, text);
}

static size_t write_v1(const struct peer *source, const struct peer *destination, uint8_t *bytes)
{
	char line[PROXY_V1_MAX + 1], from[PEER_TEXT_SIZE], to[PEER_TEXT_SIZE];
	int length;

	format_address(source, from);
	format_address(destination, to);
	length = snprintf(line, sizeof(line), "PROXY %s %.39s %.39s %u %u\r\n",
			  source->family == PEER_IPV4 ? "TCP4" : "TCP6", from, to,
			  (unsigned)source->port, (unsigned)destination->port);
	memcpy(bytes, line, (size_t)length);
	return (size_t)length;
}

static size_t write_v1_unknown(uint8_t *bytes)
{
	static const char line[] = "PROXY UNKNOWN\r\n";

	memcpy(bytes, line, sizeof(line) - 1);
	return sizeof(line) - 1;
}

/* ---- Version 2 ---- */

static void put16(uint8_t *bytes, unsigned number)
{
	bytes[0] = (uint8_t)(number >> 8);
	bytes[1] = (uint8_t)number;
}

/* The head of a header whose addresses have so many bytes; returns the length of both. */
static size_t write_v2_head(uint8_t *bytes, uint8_t command, uint8_t family, size_t n)
{
	static const uint8_t signature[] = { 0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d,
					     0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a };

	memcpy(bytes, signature, sizeof(signature));
	bytes[12] = command;
	bytes[13] = family;
	put16(bytes + 14, (unsigned)n);
	return PROXY_V2_HEAD + n;
}

static size_t write_v2(const struct peer *source, const struct peer *destination, uint8_t *bytes)
{
	const bool ipv4 = source->family == PEER_IPV4;
	const size_t n = ipv4 ? IPV4_BYTES : IPV6_BYTES;
	uint8_t *ends = bytes + PROXY_V2_HEAD;

	memcpy(ends, source->address, n);
	memcpy(ends + n, destination->address, n);
	put16(ends + 2 * n, source->port);
	put16(ends + 2 * n + 2, destination->port);
	return write_v2_head(bytes, 0x21, ipv4 ? 0x11 : 0x21, 2 * n + 4);
}

/* ---- Both ---- */

size_t proxy_write(const struct proxy_header *header, uint8_t ret_bytes[static PROXY_WRITTEN_MAX])
{
	const bool v1 = header->version == PROXY_V1;
	struct peer source = header->source, destination = header->destination;

	if (!header->proxied)
		return v1 ? write_v1_unknown(ret_bytes) : write_v2_head(ret_bytes, 0x20, 0, 0);
	if (source.family != destination.family) {
		source = mapped(&source);
		destination = mapped(&destination);
	}
	return v1 ? write_v1(&source, &destination, ret_bytes)
		  : write_v2(&source, &destination, ret_bytes);
}
