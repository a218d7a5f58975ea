/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * proxy: the header with which a proxy names the client that it stands for, before the first byte of
 * the client (HAProxy, proxy-protocol.txt, versions 1 and 2). Bytes in, a value out; who may send one
 * is the caller's question.
 */
#ifndef ECHOD_PROXY_H
#define ECHOD_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "echod/peer.h"

enum proxy_version {
	PROXY_V1 = 1 << 0,
	PROXY_V2 = 1 << 1
};

enum {
	PROXY_V1_MAX = 107,		   /* bytes of a version 1 line, its end included */
	PROXY_V2_HEAD = 16,		   /* bytes of version 2 before its addresses */
	PROXY_MAX = PROXY_V2_HEAD + 65535, /* bytes of the longest header */
	PROXY_WRITTEN_MAX = PROXY_V1_MAX   /* bytes of the longest that proxy_write() makes */
};

struct proxy_header {
	enum proxy_version version;
	/* False for LOCAL, UNKNOWN and an unspecified family: the connection's own two ends count,
	 * and both below are PEER_NONE. */
	bool proxied;
	struct peer source;	 /* the client */
	struct peer destination; /* where it wanted to go */
};

/* The header at the start of the n bytes of a connection; versions is a mask of those taken. Its
 * length with *ret_header filled; 0 = what came may be the start of one, ask again with more;
 * -EPROTO = it never becomes one: another version, a malformed line, addresses shorter than their
 * family, tags that do not fit, or a CRC32C that is not that of the header. */
int proxy_parse(const uint8_t *data, size_t n, unsigned versions, struct proxy_header *ret_header);

/* The other way: writes the header that says this, without tags, and returns its length. What is not
 * proxied becomes UNKNOWN or LOCAL. Otherwise both ends are IPv4 or IPv6; as a header has one family,
 * an IPv4 end beside an IPv6 one is written as its mapped address, ::ffff:a.b.c.d. */
size_t proxy_write(const struct proxy_header *header, uint8_t ret_bytes[static PROXY_WRITTEN_MAX]);

#endif
