/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * sources.c: how many connections each source has open.
 *
 * A cell is 40 bits of the source's key and a count of 24 bits; a count of 0 is a free cell, and is
 * written as 0. A source may lie in one of two sets, both told by its key, and goes where there is
 * more room: with that choice sets of eight do not overflow at the load for which the table is made
 * (test: a full worker of all different sources). Should both be full all the same, there is no row,
 * and guard.c refuses where a limit is set: better one refusal too many than a source uncounted. A
 * row in use is never taken away.
 *
 * Two sources with the same key bits would be counted as one. With the table full of other sources
 * that befalls a new one with a chance of 16 in 2^40, and nobody can bring it about.
 *
 * Each worker alone writes its own table, and anybody may read it.
 */
#include "core/guard_tables.h"

enum {
	COUNT_BITS = 24,
	COUNT_MAX = (1 << COUNT_BITS) - 1
};

static uint64_t tag_of(uint64_t source)
{
	return source >> COUNT_BITS << COUNT_BITS;
}

static uint64_t count_of(uint64_t cell)
{
	return cell & COUNT_MAX;
}

static size_t table_length(const struct guard *g)
{
	return (size_t)g->source_sets * GUARD_SET_CELLS;
}

static const _Atomic uint64_t *table_of(const struct guard *g, unsigned worker)
{
	assert(worker < g->workers);
	return g->cells + GUARD_BUCKET_CELLS + worker * table_length(g);
}

static _Atomic uint64_t *row_of(struct guard *g, unsigned worker, uint32_t row)
{
	assert(worker < g->workers && row > 0 && row <= table_length(g));
	return g->cells + GUARD_BUCKET_CELLS + worker * table_length(g) + row - 1;
}

static uint64_t read_cell(const _Atomic uint64_t *cell)
{
	return atomic_load_explicit(cell, memory_order_relaxed);
}

/* The first cells of the source's two sets; often different, never outside the table. */
static void sets_of(const struct guard *g, uint64_t source, uint32_t ret_first[static 2])
{
	uint32_t mask = g->source_sets - 1;
	uint32_t set = (uint32_t)source & mask;
	uint32_t other = (set ^ (uint32_t)(source >> 32)) & mask;

	ret_first[0] = set * GUARD_SET_CELLS;
	ret_first[1] = other * GUARD_SET_CELLS;
}

/* What a look through one set finds, as rows; 0 = nothing. */
struct look {
	uint32_t ours, free;
	unsigned used;
};

static struct look look_through(const _Atomic uint64_t *table, uint32_t first, uint64_t source,
				uint32_t taken)
{
	struct look look = { 0 };

	for (uint32_t row = first + 1; row <= first + GUARD_SET_CELLS; row++) {
		uint64_t cell = read_cell(&table[row - 1]);

		if (count_of(cell) && tag_of(cell) == tag_of(source))
			look.ours = row;
		if (count_of(cell) || row == taken)
			look.used++;
		else
			look.free = row;
	}
	return look;
}

uint32_t sources_find(const struct guard *g, unsigned worker, uint64_t source, uint32_t taken)
{
	const _Atomic uint64_t *table = table_of(g, worker);
	uint32_t first[2];

	sets_of(g, source, first);

	struct look one = look_through(table, first[0], source, taken);
	struct look two = look_through(table, first[1], source, taken);
	uint32_t ours = one.ours ? one.ours : two.ours;

	if (ours)
		return count_of(read_cell(&table[ours - 1])) < COUNT_MAX ? ours : 0;
	return one.used <= two.used ? one.free : two.free;
}

void sources_count(struct guard *g, unsigned worker, uint32_t row, uint64_t source)
{
	_Atomic uint64_t *cell = row_of(g, worker, row);
	uint64_t count = count_of(read_cell(cell));

	atomic_store_explicit(cell, tag_of(source) | (count + 1), memory_order_relaxed);
}

void sources_uncount(struct guard *g, unsigned worker, uint32_t row)
{
	_Atomic uint64_t *cell = row_of(g, worker, row);
	uint64_t value = read_cell(cell);

	if (count_of(value) > 0)
		atomic_store_explicit(cell, count_of(value) > 1 ? value - 1 : 0,
				      memory_order_relaxed);
}

static uint64_t count_in(const _Atomic uint64_t *table, const uint32_t first[static 2],
			 uint64_t source)
{
	for (unsigned i = 0; i < 2; i++) {
		struct look look = look_through(table, first[i], source, 0);

		if (look.ours)
			return count_of(read_cell(&table[look.ours - 1]));
	}
	return 0;
}

int64_t sources_sum(const struct guard *g, uint64_t source)
{
	uint32_t first[2];
	int64_t sum = 0;

	sets_of(g, source, first);
	for (unsigned worker = 0; worker < g->workers; worker++)
		sum += (int64_t)count_in(table_of(g, worker), first, source);
	return sum;
}

void sources_forget(struct guard *g, unsigned worker)
{
	for (uint32_t row = 1; row <= table_length(g); row++)
		atomic_store_explicit(row_of(g, worker, row), 0, memory_order_relaxed);
}
