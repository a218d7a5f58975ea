/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * Asks for a proxy's header with each start of the input, as it would come in pieces. Once the answer
 * is known more bytes must not change it; what is no header as a whole never is one in part; and a
 * header found has the length of the bytes that were needed.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "echod/proxy.h"
#include "tests/fuzz/fuzz.h"

static void must(bool good)
{
	if (!good)
		abort();
}

static void check_header(const struct proxy_header *h, int length)
{
	const bool text = h->version == PROXY_V1;

	must(text ? length <= PROXY_V1_MAX : length >= PROXY_V2_HEAD && length <= PROXY_MAX);
	must(h->source.family == h->destination.family);
	must(h->proxied == (h->source.family != PEER_NONE));
	must(!text || h->source.family != PEER_UNIX);
}

static void ask_in_pieces(const uint8_t *data, size_t size, unsigned versions)
{
	struct proxy_header h = { .version = 0 };
	int known = 0;

	for (size_t n = 0; n <= size; n++) {
		/* Exactly n bytes, so that a look behind them is found. */
		uint8_t *piece = malloc(n ? n : 1);
		int r;

		must(piece);
		memcpy(piece, data, n);
		r = proxy_parse(piece, n, versions, &h);
		free(piece);
		must(r == -EPROTO || (r >= 0 && (size_t)r <= n));
		must(known == 0 || r == known);
		must(known != 0 || r <= 0 || (size_t)r == n);
		known = r;
	}
	if (known > 0)
		check_header(&h, known);
	else
		must(h.version == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 4096)
		return 0;
	for (unsigned versions = 0; versions <= (PROXY_V1 | PROXY_V2); versions++)
		ask_in_pieces(data, size, versions);
	return 0;
}
