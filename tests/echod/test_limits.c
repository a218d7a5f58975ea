/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/cmocka_all.h"

#include <sys/resource.h>

#include "src/echod/limits.h"

static void test_raise_lifts_the_soft_limit_to_the_hard_one(void **state)
{
	struct rlimit limit;
	uint64_t now = 0;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = 64;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(limits_files(), 64);
	assert_int_equal(limits_raise_files(&now), 0);
	assert_int_equal(now, limit.rlim_max);
	assert_int_equal(limits_files(), limit.rlim_max);
}

static void test_raise_at_the_hard_limit_changes_nothing(void **state)
{
	struct rlimit limit, after;
	uint64_t now = 0;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(limits_raise_files(&now), 0);
	assert_int_equal(now, limit.rlim_max);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &after), 0);
	assert_memory_equal(&after, &limit, sizeof(limit));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_raise_lifts_the_soft_limit_to_the_hard_one),
		cmocka_unit_test(test_raise_at_the_hard_limit_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
