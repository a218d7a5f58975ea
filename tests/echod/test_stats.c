/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * test_stats: the turns of a loop, by how long they took.
 */
#include "tests/cmocka_all.h"

#include "src/echod/stats.h"

static struct stats *stats;

static int set_up(void **state)
{
	(void)state;
	return stats_map(1, &stats);
}

static int tear_down(void **state)
{
	(void)state;
	stats = stats_unmap(stats);
	return 0;
}

static int64_t turns(int kind)
{
	return stats_get(&stats->workers[0].turns[kind]);
}

static void test_limits_when_read_then_each_is_larger_than_the_one_before(void **state)
{
	(void)state;
	for (int i = 1; i < STATS_TURNS - 1; i++)
		assert_true(stats_turn_limits_us[i] > stats_turn_limits_us[i - 1]);
}

static void test_turn_when_as_long_as_a_limit_then_it_is_of_that_kind(void **state)
{
	(void)state;
	for (int i = 0; i < STATS_TURNS - 1; i++) {
		const int64_t limit_ns = stats_turn_limits_us[i] * 1000;

		stats_add_turn(&stats->workers[0], limit_ns);
		assert_int_equal(turns(i), i == 0 ? 1 : 2);
		stats_add_turn(&stats->workers[0], limit_ns + 1);
		assert_int_equal(turns(i + 1), 1);
	}
}

static void test_turn_when_added_then_all_of_its_time_is_busy(void **state)
{
	(void)state;
	stats_add_turn(&stats->workers[0], 0);
	stats_add_turn(&stats->workers[0], 999);
	stats_add_turn(&stats->workers[0], INT64_C(60000000000));
	assert_int_equal(turns(0), 2);
	assert_int_equal(turns(STATS_TURNS - 1), 1);
	assert_int_equal(stats_get(&stats->workers[0].busy_ns), INT64_C(60000000999));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_limits_when_read_then_each_is_larger_than_the_one_before, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    test_turn_when_as_long_as_a_limit_then_it_is_of_that_kind, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_turn_when_added_then_all_of_its_time_is_busy,
						set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
