/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * acl.c: access lists of networks. An IPv4-mapped IPv6 address (::ffff:a.b.c.d) is the same host as
 * the IPv4 one, so both sides of a comparison are unmapped first: no list can be walked around by
 * writing an address in the other family.
 */
#include "echod/guard.h"

#include <string.h>

#include "core/guard_tables.h"

enum {
	MAPPED_BITS = 96
};

static const uint8_t mapped_prefix[MAPPED_BITS / 8] = { [10] = 0xff, [11] = 0xff };

/* Whether the first so many bits of the two are equal. */
static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(a, b, whole))
		return false;
	return !rest || !((a[whole] ^ b[whole]) >> (8 - rest));
}

static bool is_mapped(const struct peer *peer)
{
	return peer->family == PEER_IPV6 && same_bits(peer->address, mapped_prefix, MAPPED_BITS);
}

struct peer acl_unmap(const struct peer *peer)
{
	struct peer plain = *peer;

	if (is_mapped(peer)) {
		plain.family = PEER_IPV4;
		memmove(plain.address, peer->address + MAPPED_BITS / 8, 4);
		memset(plain.address + 4, 0, MAPPED_BITS / 8);
	}
	return plain;
}

/* A network inside ::ffff:0:0/96 is an IPv4 network; a wider one is not. */
static struct guard_network unmap_network(const struct guard_network *network)
{
	struct guard_network plain = *network;
	unsigned most = plain.address.family == PEER_IPV4 ? 32 : 128;

	if (plain.bits > most)
		plain.bits = most;
	if (plain.bits >= MAPPED_BITS && is_mapped(&plain.address)) {
		plain.address = acl_unmap(&network->address);
		plain.bits -= MAPPED_BITS;
	}
	return plain;
}

static bool matches(const struct guard_network *network, const struct peer *plain)
{
	struct guard_network n = unmap_network(network);

	return n.address.family == plain->family &&
	       same_bits(n.address.address, plain->address, n.bits);
}

/* The first network of the list that holds this peer, or n when none does. */
static size_t find(const struct guard_network *list, size_t n, const struct peer *plain)
{
	size_t i = 0;

	while (i < n && !matches(&list[i], plain))
		i++;
	return i;
}

static struct guard_verdict decide(const struct guard_acl *acl, const struct peer *plain)
{
	size_t denied = find(acl->deny, acl->n_deny, plain);

	if (denied < acl->n_deny)
		return (struct guard_verdict){ GUARD_ACL_DENY, denied };

	size_t allowed = find(acl->allow, acl->n_allow, plain);

	if (allowed < acl->n_allow)
		return (struct guard_verdict){ GUARD_ACL_ALLOW, allowed };
	return (struct guard_verdict){ GUARD_ACL_NONE, 0 };
}

bool guard_acl(const struct guard_acl *acl, const struct peer *peer,
	       struct guard_verdict *ret_verdict)
{
	struct peer plain = acl_unmap(peer);
	struct guard_verdict verdict = { GUARD_ACL_NONE, 0 };
	bool is_unix = peer->family == PEER_UNIX;

	if (!is_unix)
		verdict = decide(acl, &plain);
	if (ret_verdict)
		*ret_verdict = verdict;
	if (verdict.list == GUARD_ACL_NONE)
		return is_unix || !acl->n_allow;
	return verdict.list == GUARD_ACL_ALLOW;
}
