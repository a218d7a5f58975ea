/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * datagram.c: the questions in their order, each a row of a table that says which reason its yes is.
 */
#include "echod/datagram.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "core/guard_tables.h"
#include "echod/attr.h"

/* ---- Ports ---- */

void datagram_ports_add(struct datagram_ports *ports, uint16_t port)
{
	ports->bits[port / 64] |= UINT64_C(1) << port % 64;
}

bool datagram_ports_have(const struct datagram_ports *ports, uint16_t port)
{
	return ports->bits[port / 64] >> port % 64 & 1;
}

/* ---- The questions ---- */

/* A datagram with both addresses in plain form. */
struct question {
	const struct datagram_rules *rules;
	const struct datagram *d;
	struct peer source, local;
};

static bool is_truncated(const struct question *q)
{
	return q->d->truncated;
}

static bool has_port_zero(const struct question *q)
{
	return q->source.port == 0;
}

static bool is_unspecified(const struct peer *peer)
{
	static const uint8_t zero[16];

	return memcmp(peer->address, zero, sizeof(zero)) == 0;
}

/* No host has such an address: "this network", multicast, and what ends in broadcast. */
static bool is_bad_source(const struct question *q)
{
	const uint8_t first = q->source.address[0];

	if (q->source.family == PEER_IPV4)
		return first == 0 || first == 255 || (first >= 224 && first < 240);
	if (q->source.family == PEER_IPV6)
		return first == 0xff || is_unspecified(&q->source);
	return true;
}

static bool is_self(const struct question *q)
{
	return q->source.port == q->local.port && q->source.family == q->local.family &&
	       memcmp(q->source.address, q->local.address, sizeof(q->source.address)) == 0;
}

static bool has_own_port(const struct question *q)
{
	return datagram_ports_have(q->rules->own, q->source.port);
}

static bool has_reflector_port(const struct question *q)
{
	return datagram_ports_have(q->rules->reflectors, q->source.port);
}

static bool is_loopback(const struct peer *peer)
{
	static const uint8_t ipv6[16] = { [15] = 1 };

	if (peer->family == PEER_IPV4)
		return peer->address[0] == 127;
	return memcmp(peer->address, ipv6, sizeof(ipv6)) == 0;
}

static bool is_loopback_elsewhere(const struct question *q)
{
	return !q->d->over_loopback && is_loopback(&q->source);
}

static bool is_not_allowed(const struct question *q)
{
	return !guard_acl(&q->rules->acl, &q->source, NULL);
}

static bool has_no_way_back(const struct question *q)
{
	return q->d->to_many;
}

static const struct {
	bool (*holds)(const struct question *q);
	enum drop_reason reason;
} questions[] = {
	{ is_truncated, DROP_TRUNCATED },
	{ has_port_zero, DROP_PORT_ZERO },
	{ is_bad_source, DROP_BAD_SOURCE },
	{ is_self, DROP_SELF },
	{ has_own_port, DROP_OWN_PORT },
	{ has_reflector_port, DROP_REFLECTOR_PORT },
	{ is_loopback_elsewhere, DROP_LOOPBACK_ELSEWHERE },
	{ is_not_allowed, DROP_ACL },
	{ has_no_way_back, DROP_SEND },
};

bool datagram_admit(const struct datagram_rules *rules, struct guard *guard,
		    const struct guard_daemon *daemon, const struct datagram *d, int64_t now_ns,
		    enum drop_reason *ret_reason)
{
	const struct question q = {
		.rules = rules,
		.d = d,
		.source = acl_unmap(&d->source),
		.local = acl_unmap(&d->local),
	};

	for (size_t i = 0; i < ARRAY_LENGTH(questions); i++)
		if (questions[i].holds(&q)) {
			*ret_reason = questions[i].reason;
			return false;
		}
	if (!guard_take(guard, daemon, &rules->rate, &q.source, now_ns)) {
		*ret_reason = DROP_RATE;
		return false;
	}
	return true;
}

/* ---- The answer ---- */

static size_t room_for(const struct datagram_rules *rules, const struct datagram *d)
{
	if (!rules->amplify)
		return d->length;
	return d->source.family == PEER_IPV6 ? DATAGRAM_MAX_IPV6 : DATAGRAM_MAX_IPV4;
}

static enum datagram_answer drop(struct buf *out, enum drop_reason reason,
				 enum drop_reason *ret_reason)
{
	buf_fini(out);
	*ret_reason = reason;
	return DATAGRAM_DROP;
}

/* A service appends all of an answer or nothing: nothing is what did not fit. */
enum datagram_answer datagram_answer(const struct datagram_rules *rules,
				     const struct service *service,
				     const struct service_context *ctx, const struct datagram *d,
				     const void *request, struct buf *out,
				     enum drop_reason *ret_reason)
{
	_Alignas(max_align_t) uint8_t state[SERVICE_STATE_MAX] = { 0 };
	struct service_input in = { .data = request, .length = d->length, .end = true };
	struct service_output output = { .bytes = out, .room = room_for(rules, d) };
	int r;

	if (service->flags & SERVICE_IDENTITY)
		return DATAGRAM_SAME;
	if (!service->input)
		return DATAGRAM_NOTHING;
	r = service->input(state, ctx, &in, &output);
	if (service->fini)
		service->fini(state);
	if (r < 0)
		return drop(out, r == -ENOMEM ? DROP_SEND : DROP_SHORT, ret_reason);
	if (buf_length(out) == 0 || buf_length(out) > room_for(rules, d))
		return drop(out, DROP_SHORT, ret_reason);
	return DATAGRAM_OTHER;
}
