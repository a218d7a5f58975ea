/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * buf.c: one block of memory per non-empty buf.
 *
 *     bytes:  | consumed | waiting | room |
 *             0        start      end     capacity
 *
 * What always holds: start <= end <= capacity. Between calls a block has bytes waiting, except after
 * a buf_reserve() that is not committed yet. Growing doubles and moving waits for its worth, so
 * that a byte is copied a bounded number of times however it comes and goes.
 */
#include "echod/buf.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
	SMALLEST = 256
};

struct buf_block {
	size_t start, end, capacity;
	uint8_t bytes[];
};

void buf_fini(struct buf *b)
{
	free(b->block);
	b->block = NULL;
}

size_t buf_length(const struct buf *b)
{
	return b->block ? b->block->end - b->block->start : 0;
}

const uint8_t *buf_data(const struct buf *b)
{
	return buf_length(b) > 0 ? b->block->bytes + b->block->start : NULL;
}

/* The next doubling that holds need bytes; need itself where doubling would overflow. */
static size_t grown_capacity(size_t capacity, size_t need)
{
	if (capacity < SMALLEST)
		capacity = SMALLEST;
	while (capacity < need && capacity <= SIZE_MAX / 4)
		capacity *= 2;
	return capacity < need ? need : capacity;
}

/* A larger block for what waits and n more; the consumed front is left behind. */
static int grow(struct buf *b, size_t n)
{
	size_t length = buf_length(b);
	size_t capacity = b->block ? b->block->capacity : 0;
	struct buf_block *block;

	if (n > SIZE_MAX - sizeof(*block) - length)
		return -ENOMEM;
	/* One more than the old one even where the front alone would do: see worth_moving(). */
	capacity = grown_capacity(capacity, length + n > capacity ? length + n : capacity + 1);
	block = malloc(sizeof(*block) + capacity);
	if (!block)
		return -ENOMEM;
	block->start = 0;
	block->end = length;
	block->capacity = capacity;
	if (length > 0)
		memcpy(block->bytes, buf_data(b), length);
	free(b->block);
	b->block = block;
	return 0;
}

/* Moving what waits to the front makes the room, and at least half as many bytes were consumed
 * since as are to be moved: else many small steps would each move everything. */
static bool worth_moving(const struct buf_block *block, size_t n)
{
	size_t length = block->end - block->start;

	return block->capacity - length >= n && block->start >= length / 2;
}

int buf_reserve(struct buf *b, size_t n, uint8_t **ret_space)
{
	struct buf_block *block = b->block;

	if (!block || block->capacity - block->end < n) {
		if (block && worth_moving(block, n)) {
			memmove(block->bytes, block->bytes + block->start,
				block->end - block->start);
			block->end -= block->start;
			block->start = 0;
		} else {
			int r = grow(b, n);

			if (r < 0)
				return r;
			block = b->block;
		}
	}
	*ret_space = block->bytes + block->end;
	return 0;
}

void buf_commit(struct buf *b, size_t n)
{
	struct buf_block *block = b->block;

	if (!block)
		return;
	assert(n <= block->capacity - block->end);
	block->end += n;
	if (block->end == block->start)
		buf_fini(b);
}

int buf_append(struct buf *b, const void *data, size_t n)
{
	uint8_t *space;
	int r;

	if (n == 0)
		return 0;
	r = buf_reserve(b, n, &space);
	if (r < 0)
		return r;
	memcpy(space, data, n);
	b->block->end += n;
	return 0;
}

void buf_consume(struct buf *b, size_t n)
{
	struct buf_block *block = b->block;

	assert(n <= buf_length(b));
	if (!block)
		return;
	block->start += n;
	if (block->start == block->end)
		buf_fini(b);
}
