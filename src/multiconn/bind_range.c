/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * bind_range.c: an address is its bytes, and a range is what lies between two of them as numbers.
 */
#include "multiconn/bind_range.h"

#include <errno.h>
#include <string.h>

enum {
	TEXT_SIZE = 96 /* of one address, with the longest name of an interface */
};

/* The bytes of the address itself, most significant first. */
static uint8_t *bytes_of(struct net_address *address, size_t *ret_n)
{
	if (address->any.sa_family == AF_INET) {
		*ret_n = sizeof(address->ipv4.sin_addr);
		return (uint8_t *)&address->ipv4.sin_addr;
	}
	*ret_n = sizeof(address->ipv6.sin6_addr);
	return address->ipv6.sin6_addr.s6_addr;
}

/* How many addresses there are from the first to the last: their difference, byte by byte from the
 * least significant one, and one. */
static int count(struct net_address first, struct net_address last, size_t *ret_count)
{
	size_t n, difference = 0;
	const uint8_t *from = bytes_of(&first, &n), *to = bytes_of(&last, &n);
	int borrow = 0;

	if (memcmp(from, to, n) > 0)
		return -ERANGE;
	for (size_t weight = 0; weight < n; weight++) {
		const int digit = to[n - 1 - weight] - from[n - 1 - weight] - borrow;
		const uint8_t byte = (uint8_t)digit;

		borrow = digit < 0;
		if (weight < sizeof(uint16_t))
			difference |= (size_t)byte << (8 * weight);
		else if (byte != 0)
			return -E2BIG;
	}
	*ret_count = difference + 1; /* never more than BIND_RANGE_MAX, as two bytes hold it */
	return 0;
}

static bool same_interface(const struct net_address *a, const struct net_address *b)
{
	if (a->any.sa_family != b->any.sa_family)
		return false;
	return a->any.sa_family == AF_INET || a->ipv6.sin6_scope_id == b->ipv6.sin6_scope_id;
}

/* The two addresses with this hyphen between them. */
static int parse_two(const char *text, const char *hyphen, struct net_address *first,
		     struct net_address *last)
{
	const size_t length = (size_t)(hyphen - text);
	char before[TEXT_SIZE];

	if (length >= sizeof(before))
		return -EINVAL;
	memcpy(before, text, length);
	before[length] = '\0';
	if (net_parse(before, 0, first) < 0 || net_parse(hyphen + 1, 0, last) < 0)
		return -EINVAL;
	return 0;
}

/* The name of an interface may have hyphens of its own. */
static int parse_range(const char *text, struct net_address *first, struct net_address *last)
{
	int r = -EINVAL;

	if (net_parse(text, 0, first) == 0) {
		*last = *first;
		return 0;
	}
	for (const char *hyphen = strchr(text, '-'); hyphen && r < 0;
	     hyphen = strchr(hyphen + 1, '-'))
		r = parse_two(text, hyphen, first, last);
	return r;
}

int bind_range_parse(const char *text, struct bind_range *ret_range)
{
	struct net_address first, last;
	size_t n = 0;
	int r = parse_range(text, &first, &last);

	if (r == 0)
		r = same_interface(&first, &last) ? count(first, last, &n) : -EXDEV;
	if (r < 0)
		return r;
	*ret_range = (struct bind_range){ .first = first, .n = n };
	return 0;
}

static bool is_for_many(struct net_address address)
{
	size_t n;
	const uint8_t *bytes = bytes_of(&address, &n);

	if (address.any.sa_family == AF_INET6)
		return bytes[0] == 0xff;
	return (bytes[0] & 0xf0) == 0xe0 || address.ipv4.sin_addr.s_addr == INADDR_BROADCAST;
}

/* A range is too short to have such addresses in its middle alone. */
bool bind_range_is_for_one(const struct bind_range *range)
{
	return !is_for_many(range->first) && !is_for_many(bind_range_get(range, range->n - 1));
}

struct net_address bind_range_get(const struct bind_range *range, size_t i)
{
	struct net_address address = range->first;
	size_t n, carry = i % range->n;
	uint8_t *bytes = bytes_of(&address, &n);

	while (n-- > 0 && carry > 0) {
		carry += bytes[n];
		bytes[n] = (uint8_t)carry;
		carry >>= 8;
	}
	return address;
}
