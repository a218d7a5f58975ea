/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/cmocka_all.h"

#include "src/echod/restart_delay.h"

static void test_delay_after_the_first_death_is_none(void **state)
{
	(void)state;
	assert_int_equal(restart_delay_ms(true, 0, 0), 0);
	assert_int_equal(restart_delay_ms(true, 0, 5000), 0);
}

static void test_delay_in_a_crash_loop_doubles_up_to_the_limit(void **state)
{
	static const int64_t expected[] = { 100,  200,	 400,	800,   1600, 3200,
					    6400, 12800, 25600, 30000, 30000 };
	int64_t delay_ms = restart_delay_ms(true, 0, 0);

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		delay_ms = restart_delay_ms(false, delay_ms, 1);
		assert_int_equal(delay_ms, expected[i]);
	}
}

static void test_delay_after_a_quiet_minute_begins_anew(void **state)
{
	(void)state;
	assert_int_equal(restart_delay_ms(false, 30000, RESTART_QUIET_MS - 1), 30000);
	assert_int_equal(restart_delay_ms(false, 30000, RESTART_QUIET_MS), 0);
	assert_int_equal(restart_delay_ms(false, 0, 0), RESTART_FIRST_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_delay_after_the_first_death_is_none),
		cmocka_unit_test(test_delay_in_a_crash_loop_doubles_up_to_the_limit),
		cmocka_unit_test(test_delay_after_a_quiet_minute_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
