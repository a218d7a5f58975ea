/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/cmocka_all.h"

#include <errno.h>
#include <string.h>

#include "echod/reason.h"

static void test_reason_of_every_value_has_a_distinct_word(void **state)
{
	(void)state;
	for (int i = 0; i < CLOSE_REASONS; i++) {
		assert_string_not_equal(close_reason_name(i), "unknown");
		for (int k = 0; k < i; k++)
			assert_string_not_equal(close_reason_name(i), close_reason_name(k));
	}
	for (int i = 0; i < REJECT_REASONS; i++)
		assert_string_not_equal(reject_reason_name(i), "unknown");
	for (int i = 0; i < ACCEPT_ERRORS; i++)
		assert_string_not_equal(accept_error_name(i), "unknown");
	for (int i = 0; i < DROP_REASONS; i++)
		assert_string_not_equal(drop_reason_name(i), "unknown");
}

static void test_reason_out_of_range_is_unknown(void **state)
{
	(void)state;
	assert_string_equal(close_reason_name(CLOSE_REASONS), "unknown");
	assert_string_equal(drop_reason_name(DROP_REASONS), "unknown");
}

static void test_accept_error_when_errno_is_known_then_its_own_row(void **state)
{
	(void)state;
	assert_string_equal(accept_error_name(accept_error_of(EMFILE)), "EMFILE");
	assert_string_equal(accept_error_name(accept_error_of(ENFILE)), "ENFILE");
	assert_string_equal(accept_error_name(accept_error_of(ECONNABORTED)), "ECONNABORTED");
	assert_string_equal(accept_error_name(accept_error_of(EPERM)), "other");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reason_of_every_value_has_a_distinct_word),
		cmocka_unit_test(test_reason_out_of_range_is_unknown),
		cmocka_unit_test(test_accept_error_when_errno_is_known_then_its_own_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
