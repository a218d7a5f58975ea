/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * net_address.c: the half of net.h that makes no socket: addresses, their text and their packing.
 * An address made here is zero wherever it has no say, so that two may be compared and copied whole.
 */
#include "echod/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "echod/parse.h"

/* An interface's index from its name or its number. */
static int parse_scope(const char *text, uint32_t *ret_scope)
{
	int64_t number;
	unsigned index = if_nametoindex(text);

	if (index == 0 && parse_integer(text, 1, INT32_MAX, &number) == 0)
		index = (unsigned)number;
	if (index == 0)
		return -EINVAL;
	*ret_scope = index;
	return 0;
}

static bool has_scope(const struct in6_addr *address)
{
	return IN6_IS_ADDR_LINKLOCAL(address) || IN6_IS_ADDR_MC_LINKLOCAL(address);
}

static int parse_ipv6(const char *address, struct sockaddr_in6 *ret_ipv6)
{
	char text[INET6_ADDRSTRLEN];
	const char *percent = strchr(address, '%');
	size_t length = percent ? (size_t)(percent - address) : strlen(address);

	if (length >= sizeof(text))
		return -EINVAL;
	memcpy(text, address, length);
	text[length] = '\0';
	if (inet_pton(AF_INET6, text, &ret_ipv6->sin6_addr) != 1)
		return -EINVAL;
	if (!percent)
		return 0;
	if (!has_scope(&ret_ipv6->sin6_addr))
		return -EINVAL;
	return parse_scope(percent + 1, &ret_ipv6->sin6_scope_id);
}

int net_parse(const char *address, uint16_t port, struct net_address *ret_address)
{
	struct net_address parsed;
	int r;

	net_any(strchr(address, ':') ? AF_INET6 : AF_INET, port, &parsed);
	if (parsed.any.sa_family == AF_INET6)
		r = parse_ipv6(address, &parsed.ipv6);
	else
		r = inet_pton(AF_INET, address, &parsed.ipv4.sin_addr) == 1 ? 0 : -EINVAL;
	if (r < 0)
		return r;
	*ret_address = parsed;
	return 0;
}

int net_parse_with_port(const char *text, struct net_address *ret_address)
{
	const char *colon = strrchr(text, ':');
	const bool brackets = text[0] == '[';
	char address[PEER_TEXT_SIZE];
	size_t length;
	uint16_t port;

	if (!colon || parse_port(colon + 1, &port) < 0)
		return -EINVAL;
	length = (size_t)(colon - text);
	if (brackets && (length < 2 || text[length - 1] != ']'))
		return -EINVAL;
	text += brackets ? 1 : 0;
	length -= brackets ? 2 : 0;
	if (length >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, length);
	address[length] = '\0';
	/* The colons of an IPv6 address are told from the one before the port by brackets alone. */
	if ((strchr(address, ':') != NULL) != brackets)
		return -EINVAL;
	return net_parse(address, port, ret_address);
}

int net_parse_path(const char *path, struct net_address *ret_address)
{
	size_t length = strlen(path);

	if (length == 0)
		return -EINVAL;
	if (length >= sizeof(ret_address->path.sun_path))
		return -ENAMETOOLONG;
	memset(ret_address, 0, sizeof(*ret_address));
	ret_address->path.sun_family = AF_UNIX;
	memcpy(ret_address->path.sun_path, path, length);
	ret_address->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
	return 0;
}

void net_any(int family, uint16_t port, struct net_address *ret_address)
{
	memset(ret_address, 0, sizeof(*ret_address));
	ret_address->any.sa_family = (sa_family_t)family;
	if (family == AF_INET6) {
		ret_address->ipv6.sin6_addr = in6addr_any;
		ret_address->length = sizeof(ret_address->ipv6);
	} else {
		ret_address->ipv4.sin_addr.s_addr = htonl(INADDR_ANY);
		ret_address->length = sizeof(ret_address->ipv4);
	}
	net_set_port(ret_address, port);
}

bool net_is_any(const struct net_address *address)
{
	if (address->any.sa_family == AF_INET)
		return address->ipv4.sin_addr.s_addr == htonl(INADDR_ANY);
	return address->any.sa_family == AF_INET6 &&
	       IN6_IS_ADDR_UNSPECIFIED(&address->ipv6.sin6_addr);
}

bool net_overlap(const struct net_address *a, const struct net_address *b)
{
	return a->any.sa_family == b->any.sa_family && (net_is_any(a) || net_is_any(b)) &&
	       net_port(a) != 0 && net_port(a) == net_port(b);
}

uint16_t net_port(const struct net_address *address)
{
	switch (address->any.sa_family) {
	case AF_INET:
		return ntohs(address->ipv4.sin_port);
	case AF_INET6:
		return ntohs(address->ipv6.sin6_port);
	default:
		return 0;
	}
}

void net_set_port(struct net_address *address, uint16_t port)
{
	if (address->any.sa_family == AF_INET)
		address->ipv4.sin_port = htons(port);
	else if (address->any.sa_family == AF_INET6)
		address->ipv6.sin6_port = htons(port);
}

/* The path's bytes: a kernel's answer may lack the NUL, or have no path at all. */
static size_t path_length(const struct net_address *address)
{
	size_t head = offsetof(struct sockaddr_un, sun_path);

	if (address->length <= head)
		return 0;
	return strnlen(address->path.sun_path, address->length - head);
}

static bool equal_paths(const struct net_address *a, const struct net_address *b)
{
	size_t length = path_length(a);

	return length == path_length(b) && memcmp(a->path.sun_path, b->path.sun_path, length) == 0;
}

bool net_equal(const struct net_address *a, const struct net_address *b)
{
	if (a->any.sa_family != b->any.sa_family || net_port(a) != net_port(b))
		return false;
	switch (a->any.sa_family) {
	case AF_INET:
		return a->ipv4.sin_addr.s_addr == b->ipv4.sin_addr.s_addr;
	case AF_INET6:
		return a->ipv6.sin6_scope_id == b->ipv6.sin6_scope_id &&
		       IN6_ARE_ADDR_EQUAL(&a->ipv6.sin6_addr, &b->ipv6.sin6_addr);
	case AF_UNIX:
		return equal_paths(a, b);
	default:
		return false;
	}
}

void net_to_peer(const struct net_address *address, struct peer *ret_peer)
{
	memset(ret_peer, 0, sizeof(*ret_peer));
	ret_peer->port = net_port(address);
	switch (address->any.sa_family) {
	case AF_INET:
		ret_peer->family = PEER_IPV4;
		memcpy(ret_peer->address, &address->ipv4.sin_addr, 4);
		break;
	case AF_INET6:
		ret_peer->family = PEER_IPV6;
		ret_peer->scope_id = address->ipv6.sin6_scope_id;
		memcpy(ret_peer->address, &address->ipv6.sin6_addr, 16);
		break;
	case AF_UNIX:
		ret_peer->family = PEER_UNIX;
		break;
	default:
		break;
	}
}

/* An address that is only a family. */
static void set_family(struct net_address *address, sa_family_t family)
{
	memset(address, 0, sizeof(*address));
	address->any.sa_family = family;
	address->length = offsetof(struct sockaddr, sa_data);
}

void net_from_peer(const struct peer *peer, struct net_address *ret_address)
{
	switch ((enum peer_family)peer->family) {
	case PEER_IPV4:
		net_any(AF_INET, peer->port, ret_address);
		memcpy(&ret_address->ipv4.sin_addr, peer->address, 4);
		return;
	case PEER_IPV6:
		net_any(AF_INET6, peer->port, ret_address);
		ret_address->ipv6.sin6_scope_id = peer->scope_id;
		memcpy(&ret_address->ipv6.sin6_addr, peer->address, 16);
		return;
	case PEER_UNIX:
		set_family(ret_address, AF_UNIX);
		return;
	case PEER_NONE:
		break;
	}
	set_family(ret_address, AF_UNSPEC);
}
