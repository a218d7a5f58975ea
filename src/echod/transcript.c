/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * transcript.c: see transcript.h. Each line is one write(2) of a line-buffered stream, so the
 * master's and the worker's never mix.
 */
#include "src/echod/transcript.h"

#include <stdio.h>

#include "echod/repr.h"

static void print_peer(const struct peer *peer)
{
	struct net_address address;

	net_from_peer(peer, &address);
	repr_address(stdout, &address);
	putchar('\n');
}

static void accepted(const struct peer *peer)
{
	fputs("accepted connection from ", stdout);
	print_peer(peer);
}

static void sent(const struct peer *peer, const uint8_t *data, size_t n)
{
	fputs("echoing ", stdout);
	repr_bytes(stdout, data, n);
	fputs(" to ", stdout);
	print_peer(peer);
}

static void closing(const struct peer *peer)
{
	fputs("closing connection to ", stdout);
	print_peer(peer);
}

const struct stream_observer transcript_observer = {
	.accepted = accepted,
	.sent = sent,
	.closing = closing,
};

void transcript_begin(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
}

void transcript_listening(const struct net_address *address)
{
	fputs("listening on ", stdout);
	repr_address(stdout, address);
	putchar('\n');
}
