/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/cmocka_all.h"

#include <string.h>

#include "src/echod/refusals.h"

/* 192.0.N.M/32 */
static struct guard_network source(unsigned n, unsigned m)
{
	const struct peer address = { .address = { 192, 0, (uint8_t)n, (uint8_t)m },
				      .family = PEER_IPV4 };

	return (struct guard_network){ .address = address, .bits = 32 };
}

static void count(struct refusals *table, unsigned n, unsigned m, enum reject_reason reason)
{
	const struct guard_network network = source(n, m);

	refusals_count(table, &network, reason);
}

/* What the table knows of the source; count 0 = nothing. */
static struct refused look_up(const struct refusals *table, unsigned n, unsigned m)
{
	const struct refused wanted = { .source = source(n, m) };
	struct refused row, found = { .count = 0 };

	for (size_t i = 0; i < REFUSALS_ROWS; i++)
		if (refusals_read(&table->rows[i], &row) &&
		    refused_compare_source(&row, &wanted) == 0) {
			assert_int_equal(found.count, 0);
			found = row;
		}
	return found;
}

static int64_t sum(const struct refusals *table)
{
	struct refused row;
	int64_t total = 0;

	for (size_t i = 0; i < REFUSALS_ROWS; i++)
		if (refusals_read(&table->rows[i], &row))
			total += row.count;
	return total;
}

static void test_count_when_there_is_room_then_each_source_and_reason_is_exact(void **state)
{
	struct refusals table = { 0 };
	struct refused row;

	(void)state;
	for (unsigned i = 0; i < REFUSALS_ROWS; i++)
		for (unsigned k = 0; k <= i; k++)
			count(&table, 2, i, k % 2 ? REJECT_RATE : REJECT_ACL);
	for (unsigned i = 0; i < REFUSALS_ROWS; i++) {
		row = look_up(&table, 2, i);
		assert_int_equal(row.count, i + 1);
		assert_int_equal(row.overcount, 0);
		assert_int_equal(row.reasons[REJECT_RATE], (i + 1) / 2);
		assert_int_equal(row.reasons[REJECT_ACL], (i + 2) / 2);
	}
	assert_int_equal(look_up(&table, 3, 0).count, 0);
}

static void test_count_when_full_then_the_smallest_goes_and_its_count_is_told(void **state)
{
	struct refusals table = { 0 };
	struct refused row;

	(void)state;
	for (unsigned i = 0; i < REFUSALS_ROWS; i++)
		for (unsigned k = 0; k < 5 + i; k++)
			count(&table, 2, i, REJECT_ACL);
	count(&table, 7, 7, REJECT_LIMIT);
	assert_int_equal(look_up(&table, 2, 0).count, 0);
	row = look_up(&table, 7, 7);
	assert_int_equal(row.count, 6);
	assert_int_equal(row.overcount, 5);
	assert_int_equal(row.reasons[REJECT_LIMIT], 1);
	assert_int_equal(row.reasons[REJECT_ACL], 0);
}

static void test_count_when_many_sources_pass_then_a_frequent_one_is_never_lost(void **state)
{
	struct refusals table = { 0 };
	struct refused row;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		if (i % 20 == 0)
			count(&table, 1, 1, REJECT_RATE);
		else
			count(&table, 2 + i / 256 % 100, i % 256, REJECT_ACL);
	}
	row = look_up(&table, 1, 1);
	assert_int_equal(sum(&table), 20000);
	assert_true(row.count >= 1000 && row.count - row.overcount <= 1000);
	assert_int_equal(row.count, row.overcount + row.reasons[REJECT_RATE]);
}

static void test_count_when_the_prefix_differs_then_it_is_another_source(void **state)
{
	struct refusals table = { 0 };
	struct guard_network wide = source(2, 0);

	(void)state;
	wide.bits = 24;
	count(&table, 2, 0, REJECT_ACL);
	refusals_count(&table, &wide, REJECT_ACL);
	assert_int_equal(look_up(&table, 2, 0).count, 1);
}

static void
test_row_when_its_writer_died_in_it_then_nobody_reads_it_and_the_next_frees_it(void **state)
{
	struct refusals table = { 0 };

	(void)state;
	count(&table, 2, 0, REJECT_ACL);
	count(&table, 2, 1, REJECT_ACL);
	atomic_fetch_add(&table.rows[0].version, 1);
	assert_int_equal(look_up(&table, 2, 0).count, 0);
	assert_int_equal(look_up(&table, 2, 1).count, 1);
	count(&table, 2, 1, REJECT_ACL);
	count(&table, 2, 2, REJECT_ACL);
	assert_int_equal(look_up(&table, 2, 1).count, 2);
	assert_int_equal(look_up(&table, 2, 2).count, 1);
	assert_int_equal(sum(&table), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_count_when_there_is_room_then_each_source_and_reason_is_exact),
		cmocka_unit_test(test_count_when_full_then_the_smallest_goes_and_its_count_is_told),
		cmocka_unit_test(
		    test_count_when_many_sources_pass_then_a_frequent_one_is_never_lost),
		cmocka_unit_test(test_count_when_the_prefix_differs_then_it_is_another_source),
		cmocka_unit_test(
		    test_row_when_its_writer_died_in_it_then_nobody_reads_it_and_the_next_frees_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
