/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * refusals.c: see refusals.h.
 */
#include "src/echod/refusals.h"

#include <string.h>

enum {
	READ_TRIES = 1000 /* a write takes some hundred nanoseconds */
};

/* A source as the words of a row. */
struct key {
	uint64_t address[2], network;
};

static struct key key_of(const struct guard_network *source)
{
	struct key key = { .network = (uint64_t)source->bits << 8 | source->address.family };

	memcpy(key.address, source->address.address, sizeof(key.address));
	return key;
}

static uint64_t get(const _Atomic uint64_t *cell)
{
	return atomic_load_explicit(cell, memory_order_relaxed);
}

static int64_t number(const _Atomic int64_t *cell)
{
	return atomic_load_explicit(cell, memory_order_relaxed);
}

static void set(_Atomic int64_t *cell, int64_t value)
{
	atomic_store_explicit(cell, value, memory_order_relaxed);
}

static bool is_of(const struct refusals_row *row, const struct key *key)
{
	return get(&row->network) == key->network && get(&row->address[0]) == key->address[0] &&
	       get(&row->address[1]) == key->address[1];
}

/* ---- Writing ---- */

static void begin_write(struct refusals_row *row)
{
	atomic_store_explicit(&row->version, get(&row->version) | 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
}

static void end_write(struct refusals_row *row)
{
	atomic_store_explicit(&row->version, get(&row->version) + 1, memory_order_release);
}

/* Gives the row to another source, which inherits so much. */
static void take_over(struct refusals_row *row, const struct key *key, int64_t overcount)
{
	atomic_store_explicit(&row->address[0], key->address[0], memory_order_relaxed);
	atomic_store_explicit(&row->address[1], key->address[1], memory_order_relaxed);
	atomic_store_explicit(&row->network, key->network, memory_order_relaxed);
	set(&row->count, overcount);
	set(&row->overcount, overcount);
	for (int i = 0; i < REFUSALS_REASONS; i++)
		set(&row->reasons[i], 0);
}

static void drop_half_written(struct refusals_row *row)
{
	const struct key nobody = { .network = 0 };

	if (get(&row->version) % 2 == 0)
		return;
	take_over(row, &nobody, 0);
	end_write(row);
}

/* The row of this source, or else the one with the smallest count. */
static struct refusals_row *find(struct refusals *table, const struct key *key)
{
	struct refusals_row *least = &table->rows[0];

	for (size_t i = 0; i < REFUSALS_ROWS; i++) {
		struct refusals_row *row = &table->rows[i];

		drop_half_written(row);
		if (number(&row->count) > 0 && is_of(row, key))
			return row;
		if (number(&row->count) < number(&least->count))
			least = row;
	}
	return least;
}

void refusals_count(struct refusals *table, const struct guard_network *source, unsigned reason)
{
	const struct key key = key_of(source);
	struct refusals_row *row = find(table, &key);

	begin_write(row);
	if (number(&row->count) == 0 || !is_of(row, &key))
		take_over(row, &key, number(&row->count));
	set(&row->count, number(&row->count) + 1);
	set(&row->reasons[reason], number(&row->reasons[reason]) + 1);
	end_write(row);
}

/* ---- Reading ---- */

static void copy(const struct refusals_row *row, struct refused *ret_refused)
{
	const uint64_t address[2] = { get(&row->address[0]), get(&row->address[1]) };
	const uint64_t network = get(&row->network);

	*ret_refused =
	    (struct refused){ .count = number(&row->count), .overcount = number(&row->overcount) };
	memcpy(ret_refused->source.address.address, address, sizeof(address));
	ret_refused->source.address.family = (uint8_t)network;
	ret_refused->source.bits = (unsigned)(network >> 8);
	for (int i = 0; i < REFUSALS_REASONS; i++)
		ret_refused->reasons[i] = number(&row->reasons[i]);
}

bool refusals_read(const struct refusals_row *row, struct refused *ret_refused)
{
	struct refused refused;

	for (int i = 0; i < READ_TRIES; i++) {
		const uint64_t version = atomic_load_explicit(&row->version, memory_order_acquire);

		copy(row, &refused);
		atomic_thread_fence(memory_order_acquire);
		if (version % 2 != 0 || get(&row->version) != version)
			continue;
		*ret_refused = refused;
		return refused.count > 0;
	}
	return false;
}

int refused_compare_source(const void *a, const void *b)
{
	const struct guard_network *x = &((const struct refused *)a)->source;
	const struct guard_network *y = &((const struct refused *)b)->source;
	const int order = memcmp(x->address.address, y->address.address, 16);

	if (x->address.family != y->address.family)
		return x->address.family < y->address.family ? -1 : 1;
	if (order != 0)
		return order;
	return (x->bits > y->bits) - (x->bits < y->bits);
}
