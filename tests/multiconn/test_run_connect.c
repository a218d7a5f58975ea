/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * How long a run takes whose connects come to nothing.
 */
#include "tests/cmocka_all.h"

#include "echod/attr.h"
#include "tests/multiconn/sea.h"

enum {
	AT_ONCE = 512,
	MORE = 64,
	PACE_MS = 10
};

/* How many connects had been begun at what time, whenever there were more. */
static struct {
	int64_t ms;
	size_t n;
} begun[32];
static size_t n_begun;

static void watch_begun(void)
{
	if (n_begun > 0 && begun[n_begun - 1].n == sea.n_connects)
		return;
	assert_true(n_begun < ARRAY_LENGTH(begun));
	begun[n_begun].ms = sea_elapsed_ms();
	begun[n_begun++].n = sea.n_connects;
}

static struct tally run(size_t n_connections, int64_t timeout_ms, bool (*connects)(size_t nth))
{
	struct tally tally;

	sea_begin_streams(connects);
	sea.watch = watch_begun;
	n_begun = 0;
	assert_int_equal(sea_run(n_connections, timeout_ms, NULL, &tally), 0);
	return tally;
}

static bool never(size_t nth UNUSED)
{
	return false;
}

/* Each is tried at both addresses of the sea. */
static void
test_run_when_no_connect_ever_comes_to_anything_then_more_are_begun_at_a_pace(void **state)
{
	const size_t n = AT_ONCE + 3 * MORE;
	struct tally tally;

	(void)state;
	tally = run(n, 10000, never);
	assert_int_equal(tally.failures[FAILURE_TIMEOUT], n);
	assert_int_equal(report_exit_code(&tally), EXIT_FEWER);
	for (size_t i = 0; i <= 3; i++) {
		assert_int_equal(begun[i].n, AT_ONCE + i * MORE);
		assert_int_equal(begun[i].ms, i == 0 ? 0 : 1000 + (i - 1) * PACE_MS);
	}
	assert_int_equal(sea_elapsed_ms(), 1000 + 2 * PACE_MS + 2 * 10000);
}

/* That one has taken too long is nothing that has come. */
static void test_run_when_the_first_have_timed_out_then_the_pace_stays(void **state)
{
	struct tally tally;

	(void)state;
	tally = run(AT_ONCE + 6 * MORE, 50, never);
	assert_int_equal(tally.failures[FAILURE_TIMEOUT], AT_ONCE + 6 * MORE);
	assert_int_equal(sea_elapsed_ms(), 6 * PACE_MS + 2 * 50);
}

/* One of those that are begun when the first 512 have come to nothing. */
static bool one_later(size_t nth)
{
	return nth == AT_ONCE;
}

static void test_run_when_a_connect_comes_to_something_then_patient_again(void **state)
{
	struct tally tally;

	(void)state;
	tally = run(AT_ONCE + 3 * MORE, 10000, one_later);
	assert_int_equal(tally.established, 1);
	assert_int_equal(begun[1].n, AT_ONCE + MORE);
	assert_int_equal(begun[1].ms, 1000);
	assert_int_equal(begun[2].ms, 2000);
	assert_int_equal(begun[2].n, AT_ONCE + 2 * MORE);
	assert_int_equal(begun[3].ms, 2000 + PACE_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_run_when_no_connect_ever_comes_to_anything_then_more_are_begun_at_a_pace),
		cmocka_unit_test(test_run_when_the_first_have_timed_out_then_the_pace_stays),
		cmocka_unit_test(test_run_when_a_connect_comes_to_something_then_patient_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
