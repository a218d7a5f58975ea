/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * guard.c: the order of the questions, and the block of memory that the answers need.
 *
 * Everything that can refuse without changing anything is asked first. Tokens are next: a token that
 * one bucket gave is given back when the other has none. Counting is last and cannot fail.
 */
#include "echod/guard.h"

#include <string.h>

#include "core/guard_tables.h"

/* ---- Memory ---- */

/* Each connection needs two rows, one for its listener and one for the daemon; under churn sets begin
 * to overflow when some 60 % of the rows are in use, so at most half of them are to be. */
static size_t source_sets(size_t connections)
{
	size_t sets = 1;

	while (sets * GUARD_SET_CELLS / 4 < connections && sets < SIZE_MAX / 64)
		sets *= 2;
	return sets;
}

size_t guard_memory_size(unsigned workers, size_t connections)
{
	size_t cell = sizeof(uint64_t), cells = source_sets(connections) * GUARD_SET_CELLS;
	size_t fixed = sizeof(struct guard) + GUARD_BUCKET_CELLS * cell;

	/* A row's number has 32 bits. */
	if (cells > UINT32_MAX || (workers && cells > (SIZE_MAX - fixed) / cell / workers))
		return 0;
	return fixed + workers * cells * cell;
}

struct guard *guard_init(void *memory, unsigned workers, size_t connections,
			 const uint8_t key[static GUARD_KEY_BYTES])
{
	struct guard *g = memory;

	assert(guard_memory_size(workers, connections) > 0);
	g->workers = workers;
	g->source_sets = (uint32_t)source_sets(connections);
	memcpy(g->key, key, GUARD_KEY_BYTES);
	return g;
}

void guard_forget_worker(struct guard *guard, unsigned worker)
{
	sources_forget(guard, worker);
}

/* ---- Decisions ---- */

/* The same questions are asked twice: for the whole daemon and for the listener. */
struct scope {
	const struct guard_limits *limits;
	int64_t active;
	uint64_t source;
	uint32_t row; /* where the source will be counted; 0 = nowhere */
};

enum {
	DAEMON,
	LISTENER,
	SCOPES
};

/* Besides the reasons: none. */
#define ADMITTED REJECT_REASONS

static bool over(int64_t count, int64_t limit)
{
	return limit > 0 && count >= limit;
}

static enum reject_reason check_limits(const struct scope scopes[static SCOPES])
{
	for (unsigned i = 0; i < SCOPES; i++) {
		if (over(scopes[i].active, scopes[i].limits->max_connections))
			return REJECT_LIMIT;
	}
	return ADMITTED;
}

static enum reject_reason check_sources(const struct guard *g, unsigned worker,
					struct scope scopes[static SCOPES])
{
	uint32_t taken = 0;

	for (unsigned i = 0; i < SCOPES; i++) {
		int64_t limit = scopes[i].limits->max_connections_per_source;

		scopes[i].row = sources_find(g, worker, scopes[i].source, taken);
		taken = scopes[i].row;
		if (limit > 0 && (!taken || over(sources_sum(g, scopes[i].source), limit)))
			return REJECT_SOURCE_LIMIT;
	}
	return ADMITTED;
}

static enum reject_reason take_tokens(struct guard *g, const struct scope scopes[static SCOPES],
				      int64_t now_ns)
{
	const struct scope *daemon = &scopes[DAEMON], *listener = &scopes[LISTENER];

	if (!buckets_take(g, daemon->source, daemon->limits, now_ns))
		return REJECT_RATE;
	if (!buckets_take(g, listener->source, listener->limits, now_ns)) {
		buckets_give_back(g, daemon->source, daemon->limits, now_ns);
		return REJECT_RATE;
	}
	return ADMITTED;
}

static enum reject_reason admit_source(struct guard *g, unsigned worker,
				       struct scope scopes[static SCOPES], int64_t now_ns)
{
	enum reject_reason reason = check_sources(g, worker, scopes);

	if (reason == ADMITTED)
		reason = take_tokens(g, scopes, now_ns);
	for (unsigned i = 0; i < SCOPES && reason == ADMITTED; i++) {
		if (scopes[i].row)
			sources_count(g, worker, scopes[i].row, scopes[i].source);
	}
	return reason;
}

bool guard_admit(struct guard *guard, unsigned worker, const struct guard_daemon *daemon,
		 const struct guard_listener *listener, const struct peer *peer,
		 const struct guard_moment *moment, struct guard_ticket *ret_ticket,
		 enum reject_reason *ret_reason)
{
	struct scope scopes[SCOPES] = {
		[DAEMON] = { .limits = &daemon->limits, .active = moment->daemon_active },
		[LISTENER] = { .limits = &listener->limits, .active = moment->listener_active },
	};
	enum reject_reason reason = REJECT_ACL;

	if (guard_acl(&listener->acl, peer, NULL))
		reason = check_limits(scopes);
	if (reason == ADMITTED && source_exists(peer)) {
		scopes[DAEMON].source = source_key(guard, daemon, GUARD_WHOLE_DAEMON, peer);
		scopes[LISTENER].source = source_key(guard, daemon, listener->key, peer);
		reason = admit_source(guard, worker, scopes, moment->now_ns);
	}
	if (reason != ADMITTED) {
		*ret_reason = reason;
		return false;
	}
	*ret_ticket = (struct guard_ticket){ scopes[DAEMON].row, scopes[LISTENER].row };
	return true;
}

void guard_release(struct guard *guard, unsigned worker, struct guard_ticket *ticket)
{
	if (ticket->daemon_row)
		sources_uncount(guard, worker, ticket->daemon_row);
	if (ticket->listener_row)
		sources_uncount(guard, worker, ticket->listener_row);
	*ticket = (struct guard_ticket){ 0 };
}

bool guard_take(struct guard *guard, const struct guard_daemon *daemon,
		const struct guard_rate *rate, const struct peer *peer, int64_t now_ns)
{
	const struct guard_limits limits = { .accept_rate = rate->rate,
					     .accept_burst = rate->burst };

	return rate->rate <= 0 || !source_exists(peer) ||
	       buckets_take(guard, source_key(guard, daemon, rate->key, peer), &limits, now_ns);
}

int64_t guard_source_count(const struct guard *guard, const struct guard_daemon *daemon,
			   uint32_t key, const struct peer *peer)
{
	return source_exists(peer) ? sources_sum(guard, source_key(guard, daemon, key, peer)) : 0;
}
