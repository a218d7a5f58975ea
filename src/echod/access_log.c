/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * access_log.c: see access_log.h.
 */
#include "src/echod/access_log.h"

#include <stdio.h>

#include "echod/attr.h"
#include "echod/log.h"
#include "src/echod/listener.h"
#include "src/echod/stream.h"
#include "src/echod/worker.h"

/* A number as a journal's field has it. */
struct number {
	char text[24];
};

static const char *number_format(struct number *n, int64_t value)
{
	snprintf(n->text, sizeof(n->text), "%lld", (long long)value);
	return n->text;
}

void access_log(const struct worker *w, const struct conn *c, const struct peer *proxy)
{
	struct number received, sent, unsent, duration;
	char peer[PEER_TEXT_SIZE], through[PEER_TEXT_SIZE] = "";

	if (!w->config->log_access)
		return;
	if (proxy)
		peer_format(proxy, through);

	const struct log_field fields[] = {
		{ "ECHOD_PEER", peer_format(&c->peer, peer) },
		{ "ECHOD_LISTENER", listener_of(c)->name },
		{ "ECHOD_RECEIVED_BYTES", number_format(&received, c->received_bytes) },
		{ "ECHOD_SENT_BYTES", number_format(&sent, c->sent_bytes) },
		{ "ECHOD_UNSENT_BYTES", number_format(&unsent, (int64_t)stream_unsent(c)) },
		{ "ECHOD_DURATION_MS", number_format(&duration, w->now_ms - c->opened_ms) },
		{ "ECHOD_CLOSE_REASON", close_reason_name(c->reason) },
		{ "ECHOD_PROXY", through }, /* the last: most connections have none */
	};

	log_fields(LOG_LEVEL_INFO, "access", fields, ARRAY_LENGTH(fields) - !proxy,
		   "%s%s%s to listener '%s': %s bytes received, %s sent, %s unsent, in %s ms; "
		   "closed: %s",
		   peer, proxy ? " through " : "", through, fields[1].value, fields[2].value,
		   fields[3].value, fields[4].value, fields[5].value, fields[6].value);
}
