/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * proxy_choice.c: a word of the command line, and a socket's two ends.
 */
#include "multiconn/proxy_choice.h"

#include <errno.h>
#include <string.h>

#include "echod/net.h"
#include "echod/parse.h"

/* ---- The word ---- */

/* The address up to its end, of the family that its brackets or their absence promise. */
static int parse_address(const char *text, const char *end, enum peer_family family,
			 struct peer *ret_peer)
{
	const size_t length = (size_t)(end - text);
	char address[PEER_TEXT_SIZE];
	struct peer peer;

	if (length >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, length);
	address[length] = '\0';
	if (peer_parse_address(address, &peer) < 0 || peer.family != family)
		return -EINVAL;
	*ret_peer = peer;
	return 0;
}

static int parse_source(const char *text, struct peer *ret_peer)
{
	const bool brackets = text[0] == '[';
	const char *begin = brackets ? text + 1 : text;
	const char *end = strchr(begin, brackets ? ']' : ':');
	const char *colon = end && brackets ? end + 1 : end;
	struct peer peer;

	if (!end || *colon != ':' ||
	    parse_address(begin, end, brackets ? PEER_IPV6 : PEER_IPV4, &peer) < 0 ||
	    parse_port(colon + 1, &peer.port) < 0)
		return -EINVAL;
	*ret_peer = peer;
	return 0;
}

int proxy_choice_parse(const char *text, struct proxy_choice *ret_choice)
{
	static const char source[] = ",src=";
	struct proxy_choice choice = { .version = PROXY_V1 };

	if (strncmp(text, "v2", 2) == 0)
		choice.version = PROXY_V2;
	else if (strncmp(text, "v1", 2) != 0)
		return -EINVAL;
	text += 2;
	if (*text) {
		choice.has_source = true;
		if (strncmp(text, source, sizeof(source) - 1) != 0 ||
		    parse_source(text + sizeof(source) - 1, &choice.source) < 0)
			return -EINVAL;
	}
	*ret_choice = choice;
	return 0;
}

/* ---- The header ---- */

static int ends_of(int fd, struct peer *ret_local, struct peer *ret_remote)
{
	struct net_address local, remote;
	int r = net_local_address(fd, &local);

	if (r == 0)
		r = net_remote_address(fd, &remote);
	if (r < 0)
		return r;
	net_to_peer(&local, ret_local);
	net_to_peer(&remote, ret_remote);
	return 0;
}

int proxy_choice_write(const struct proxy_choice *choice, int fd,
		       uint8_t ret_bytes[static PROXY_WRITTEN_MAX])
{
	struct proxy_header header = { .version = choice->version };
	const int r = ends_of(fd, &header.source, &header.destination);

	if (r < 0)
		return r;
	if (choice->has_source) {
		header.source = choice->source;
		if (header.destination.family == PEER_UNIX)
			header.destination = (struct peer){ .family = choice->source.family };
	}
	header.proxied = header.source.family == PEER_IPV4 || header.source.family == PEER_IPV6;
	return (int)proxy_write(&header, ret_bytes);
}
