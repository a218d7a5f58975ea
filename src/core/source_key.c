/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * source_key.c: what a source is, and the keyed hash by which the tables know it. The key is secret,
 * so a peer that owns many addresses can neither aim at another's cells nor at its own.
 */
#include <string.h>

#include "core/guard_tables.h"

static uint64_t rotate(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

static void sip_rounds(uint64_t v[static 4], unsigned n)
{
	while (n--) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] = rotate(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] = rotate(v[2], 32);
	}
}

static void sip_word(uint64_t v[static 4], uint64_t word)
{
	v[3] ^= word;
	sip_rounds(v, 2);
	v[0] ^= word;
}

uint64_t siphash_words(const uint64_t key[static 2], const uint64_t *words, size_t n)
{
	/* The constants spell "somepseudorandomlygeneratedbytes". */
	uint64_t v[4] = {
		key[0] ^ UINT64_C(0x736f6d6570736575),
		key[1] ^ UINT64_C(0x646f72616e646f6d),
		key[0] ^ UINT64_C(0x6c7967656e657261),
		key[1] ^ UINT64_C(0x7465646279746573),
	};

	for (size_t i = 0; i < n; i++)
		sip_word(v, words[i]);
	sip_word(v, (uint64_t)n * 8 << 56);
	v[2] ^= 0xff;
	sip_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

bool source_exists(const struct peer *peer)
{
	return peer->family == PEER_IPV4 || peer->family == PEER_IPV6;
}

/* Clears every bit of the address behind the first so many. */
static void keep_bits(uint8_t address[static 16], unsigned bits)
{
	unsigned whole = bits / 8;

	if (whole >= 16)
		return;
	address[whole] &= (uint8_t)(0xff00 >> bits % 8);
	memset(address + whole + 1, 0, 16 - whole - 1);
}

static struct guard_network network_of(const struct guard_daemon *daemon, const struct peer *peer)
{
	struct peer plain = acl_unmap(peer);
	bool ipv4 = plain.family == PEER_IPV4;
	unsigned bits = ipv4 ? daemon->source_prefix_ipv4 : daemon->source_prefix_ipv6;
	unsigned most = ipv4 ? 32 : 128;

	if (bits > most)
		bits = most;
	keep_bits(plain.address, bits);
	return (struct guard_network){ .address = plain, .bits = bits };
}

bool guard_source(const struct guard_daemon *daemon, const struct peer *peer,
		  struct guard_network *ret_source)
{
	if (!source_exists(peer))
		return false;
	*ret_source = network_of(daemon, peer);
	ret_source->address.port = 0;
	ret_source->address.scope_id = 0;
	return true;
}

uint64_t source_key(const struct guard *g, const struct guard_daemon *daemon, uint32_t scope,
		    const struct peer *peer)
{
	const struct guard_network network = network_of(daemon, peer);
	uint64_t words[3];

	words[0] = (uint64_t)scope << 32 | network.bits << 8 | network.address.family;
	memcpy(&words[1], network.address.address, sizeof(network.address.address));
	return siphash_words(g->key, words, 3);
}
