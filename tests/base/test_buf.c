/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/cmocka_all.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "echod/buf.h"

static bool no_memory;
static int allocations;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
	allocations++;
	return no_memory ? NULL : __real_malloc(size);
}

static int start_each(void **state)
{
	(void)state;
	no_memory = false;
	allocations = 0;
	return 0;
}

static void expect(const struct buf *b, const char *text)
{
	assert_int_equal(buf_length(b), strlen(text));
	assert_memory_equal(buf_data(b), text, strlen(text));
}

static void test_buf_when_zeroed_then_empty_and_without_memory(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(buf_length(&b), 0);
	assert_null(buf_data(&b));
	buf_consume(&b, 0);
	buf_commit(&b, 0);
	assert_int_equal(buf_append(&b, "", 0), 0);
	assert_null(b.block);
	buf_fini(&b);
}

static void test_buf_append_when_consumed_in_part_then_keeps_the_order(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(buf_append(&b, "hello ", 6), 0);
	buf_consume(&b, 2);
	assert_int_equal(buf_append(&b, "world", 5), 0);
	expect(&b, "llo world");
	buf_fini(&b);
	assert_int_equal(buf_length(&b), 0);
}

static void test_buf_consume_when_the_last_byte_goes_then_the_memory_goes(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(buf_append(&b, "abc", 3), 0);
	buf_consume(&b, 2);
	assert_non_null(b.block);
	buf_consume(&b, 1);
	assert_null(b.block);
}

static void test_buf_commit_when_less_than_reserved_then_only_that(void **state)
{
	struct buf b = { 0 };
	uint8_t *space;

	(void)state;
	assert_int_equal(buf_reserve(&b, 1000, &space), 0);
	memset(space, 'x', 1000);
	memcpy(space, "ab", 2);
	buf_commit(&b, 2);
	assert_int_equal(buf_append(&b, "c", 1), 0);
	expect(&b, "abc");
	buf_fini(&b);
}

static void test_buf_commit_when_nothing_came_then_an_empty_buf_owns_nothing(void **state)
{
	struct buf b = { 0 };
	uint8_t *space;

	(void)state;
	assert_int_equal(buf_reserve(&b, 10, &space), 0);
	assert_int_equal(buf_length(&b), 0);
	assert_null(buf_data(&b));
	buf_commit(&b, 0);
	assert_null(b.block);
}

static void test_buf_when_memory_fails_then_as_it_was(void **state)
{
	struct buf b = { 0 };
	uint8_t *space = NULL;
	uint8_t large[10000] = { 0 };

	(void)state;
	no_memory = true;
	assert_int_equal(buf_append(&b, "x", 1), -ENOMEM);
	assert_null(b.block);
	no_memory = false;
	assert_int_equal(buf_append(&b, "abc", 3), 0);
	no_memory = true;
	assert_int_equal(buf_append(&b, large, sizeof(large)), -ENOMEM);
	assert_int_equal(buf_reserve(&b, sizeof(large), &space), -ENOMEM);
	assert_null(space);
	expect(&b, "abc");
	buf_fini(&b);
}

static void test_buf_reserve_when_the_sum_overflows_then_enomem_without_asking(void **state)
{
	struct buf b = { 0 };
	uint8_t *space = NULL;

	(void)state;
	assert_int_equal(buf_append(&b, "abc", 3), 0);
	allocations = 0;
	assert_int_equal(buf_reserve(&b, SIZE_MAX, &space), -ENOMEM);
	assert_int_equal(buf_reserve(&b, SIZE_MAX - 3, &space), -ENOMEM);
	assert_int_equal(allocations, 0);
	expect(&b, "abc");
	buf_fini(&b);
}

static void test_buf_append_when_many_then_allocations_are_few(void **state)
{
	struct buf b = { 0 };

	(void)state;
	for (int i = 0; i < 1 << 20; i++)
		assert_int_equal(buf_append(&b, "x", 1), 0);
	assert_int_equal(buf_length(&b), 1 << 20);
	assert_in_range(allocations, 1, 16);
	buf_fini(&b);
}

static void test_buf_when_a_queue_passes_through_then_it_does_not_grow(void **state)
{
	struct buf b = { 0 };
	uint8_t piece[100] = { 0 };

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_int_equal(buf_append(&b, piece, sizeof(piece)), 0);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(buf_append(&b, piece, sizeof(piece)), 0);
		buf_consume(&b, sizeof(piece));
	}
	allocations = 0;
	for (int i = 0; i < 100000; i++) {
		assert_int_equal(buf_append(&b, piece, sizeof(piece)), 0);
		buf_consume(&b, sizeof(piece));
	}
	assert_int_equal(allocations, 0);
	assert_int_equal(buf_length(&b), 10 * sizeof(piece));
	buf_fini(&b);
}

/* A byte in for each byte out, with much waiting: moving it all each time would be quadratic. */
static void test_buf_when_much_waits_then_it_is_seldom_moved(void **state)
{
	struct buf b = { 0 };
	int moves = 0;

	(void)state;
	for (int i = 0; i < 1 << 14; i++)
		assert_int_equal(buf_append(&b, "x", 1), 0);
	for (int i = 0; i < 1 << 14; i++) {
		const uint8_t *before;

		buf_consume(&b, 1);
		before = buf_data(&b);
		assert_int_equal(buf_append(&b, "x", 1), 0);
		moves += buf_data(&b) != before;
	}
	assert_in_range(moves, 0, 4);
	buf_fini(&b);
}

/* Any mixture of appends, reserves, commits and consumes gives the bytes in order. */
static void test_buf_when_used_at_random_then_bytes_stay_in_order(void **state)
{
	struct buf b = { 0 };
	uint8_t next_in = 0, next_out = 0;
	unsigned random = 1;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint8_t *space;
		size_t n;

		random = random * 1103515245 + 12345;
		n = random >> 16 & 1023;
		assert_int_equal(buf_reserve(&b, n + 1, &space), 0);
		for (size_t k = 0; k < n; k++)
			space[k] = next_in++;
		buf_commit(&b, n);
		random = random * 1103515245 + 12345;
		n = random >> 16 & 2047;
		if (n > buf_length(&b))
			n = buf_length(&b);
		for (size_t k = 0; k < n; k++)
			assert_int_equal(buf_data(&b)[k], next_out++);
		buf_consume(&b, n);
	}
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buf_when_zeroed_then_empty_and_without_memory),
		cmocka_unit_test(test_buf_append_when_consumed_in_part_then_keeps_the_order),
		cmocka_unit_test(test_buf_consume_when_the_last_byte_goes_then_the_memory_goes),
		cmocka_unit_test(test_buf_commit_when_less_than_reserved_then_only_that),
		cmocka_unit_test(test_buf_commit_when_nothing_came_then_an_empty_buf_owns_nothing),
		cmocka_unit_test_setup(test_buf_when_memory_fails_then_as_it_was, start_each),
		cmocka_unit_test_setup(
		    test_buf_reserve_when_the_sum_overflows_then_enomem_without_asking, start_each),
		cmocka_unit_test_setup(test_buf_append_when_many_then_allocations_are_few,
				       start_each),
		cmocka_unit_test_setup(test_buf_when_a_queue_passes_through_then_it_does_not_grow,
				       start_each),
		cmocka_unit_test(test_buf_when_much_waits_then_it_is_seldom_moved),
		cmocka_unit_test_setup(test_buf_when_used_at_random_then_bytes_stay_in_order,
				       start_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
