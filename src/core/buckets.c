/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * buckets.c: token buckets per source, by the generic cell rate algorithm (ITU-T I.371): a bucket is
 * one moment, the one at which it will be full again. A token costs one interval of the rate; it is
 * there as long as that moment stays within burst intervals from now. A moment that has passed is a
 * full bucket, which is the same as none.
 *
 * A cell is 18 bits of the source's key, never 0, and 46 bits of that moment in steps of 1.024 us,
 * modulo 2.3 years; it is changed by compare-and-swap and needs no repair after anybody's death.
 *
 * A source's bucket lies in one set of eight. A source without one takes the cell of the bucket that
 * will be full soonest. So a bucket goes only when each of the seven others is at least as far from
 * full: a source that has spent n tokens gets them back by eviction only after seven sources in the
 * same set have spent about n each, and since nobody can tell which sources share a set, a flood that
 * would bring it about has to spend n tokens from some seven times 16,384 sources. Sources that come
 * once each, however many, evict each other and never a busy one.
 *
 * Two workers that evict at the same instant may each make a bucket for one source: it then has
 * burst tokens twice, once. Two sources with equal key bits share a bucket: with the table full of
 * busy buckets that befalls a newcomer with a chance of 8 in 2^18.
 */
#include "core/guard_tables.h"

#define STEP_BITS 10 /* 2^10 ns */
#define TIME_BITS 46
#define TIME_MASK ((UINT64_C(1) << TIME_BITS) - 1)
/* The farthest that a bucket can be from full; the other half of the circle is the past. */
#define FAR_STEPS (UINT64_C(1) << (TIME_BITS - 2))
/* Workers' clocks differ by how long ago each read its own: about a minute is more than enough. */
#define SKEW_STEPS (UINT64_C(1) << 26)

#define RATE_MAX INT64_C(976563) /* one step */

/* A rate in steps: what a token costs, and how far from full an empty bucket is. */
struct price {
	uint64_t interval, burst;
};

static struct price price_of(const struct guard_limits *limits)
{
	int64_t rate = limits->accept_rate < RATE_MAX ? limits->accept_rate : RATE_MAX;
	uint64_t second = UINT64_C(1000000000), per_token = (uint64_t)rate << STEP_BITS;
	uint64_t interval = (second + per_token - 1) / per_token;
	uint64_t burst = limits->accept_burst > 1 ? (uint64_t)limits->accept_burst : 1;

	if (burst > FAR_STEPS / interval)
		burst = FAR_STEPS / interval;
	return (struct price){ interval, burst * interval };
}

static uint64_t steps_of(int64_t now_ns)
{
	return (uint64_t)now_ns >> STEP_BITS & TIME_MASK;
}

static uint64_t tag_of(uint64_t source)
{
	uint64_t tag = source >> TIME_BITS;

	return tag ? tag : 1;
}

static uint64_t make_cell(uint64_t tag, uint64_t full_at)
{
	return tag << TIME_BITS | (full_at & TIME_MASK);
}

/* How many steps from now the bucket will be full; 0 when it is, or when the cell is free. */
static uint64_t steps_to_full(uint64_t cell, uint64_t now)
{
	uint64_t ahead = (cell - now) & TIME_MASK;

	return cell && ahead <= TIME_MASK / 2 ? ahead : 0;
}

/* The source's cell, or the one that it would take, and what was seen there. */
static _Atomic uint64_t *find(struct guard *g, uint64_t source, uint64_t now, uint64_t *ret_seen)
{
	size_t set = source & (GUARD_BUCKET_SETS - 1);
	_Atomic uint64_t *cells = g->cells + set * GUARD_SET_CELLS, *best = NULL;
	uint64_t least = UINT64_MAX;

	for (unsigned i = 0; i < GUARD_SET_CELLS; i++) {
		uint64_t seen = atomic_load_explicit(&cells[i], memory_order_relaxed);
		uint64_t distance = steps_to_full(seen, now);
		bool ours = seen >> TIME_BITS == tag_of(source);

		if (ours || distance < least) {
			least = distance;
			best = &cells[i];
			*ret_seen = seen;
		}
		if (ours)
			break;
	}
	return best;
}

static bool swap(_Atomic uint64_t *cell, uint64_t seen, uint64_t next)
{
	return atomic_compare_exchange_strong_explicit(cell, &seen, next, memory_order_relaxed,
						       memory_order_relaxed);
}

/* How far from full the source's bucket is. One that is farther than can be (the burst was lowered,
 * or the source was away for a year and the circle has turned) is empty. */
static uint64_t distance_of(uint64_t seen, uint64_t source, uint64_t now, const struct price *price)
{
	uint64_t distance = steps_to_full(seen, now);

	if (seen >> TIME_BITS != tag_of(source))
		return 0;
	return distance > price->burst + SKEW_STEPS ? price->burst : distance;
}

bool buckets_take(struct guard *g, uint64_t source, const struct guard_limits *limits,
		  int64_t now_ns)
{
	struct price price;
	_Atomic uint64_t *cell;
	uint64_t now = steps_of(now_ns), seen = 0, next;
	bool granted;

	if (limits->accept_rate <= 0)
		return true;
	price = price_of(limits);
	do {
		cell = find(g, source, now, &seen);

		uint64_t distance = distance_of(seen, source, now, &price);

		granted = distance + price.interval <= price.burst;
		next = make_cell(tag_of(source), now + distance + (granted ? price.interval : 0));
	} while (next != seen && !swap(cell, seen, next));
	return granted;
}

void buckets_give_back(struct guard *g, uint64_t source, const struct guard_limits *limits,
		       int64_t now_ns)
{
	struct price price;
	_Atomic uint64_t *cell;
	uint64_t now = steps_of(now_ns), seen = 0, distance;

	if (limits->accept_rate <= 0)
		return;
	price = price_of(limits);
	do {
		cell = find(g, source, now, &seen);
		distance = distance_of(seen, source, now, &price);
	} while (distance >= price.interval &&
		 !swap(cell, seen, make_cell(tag_of(source), now + distance - price.interval)));
}
