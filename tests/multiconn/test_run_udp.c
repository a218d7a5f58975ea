/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * How long a run of datagrams takes that are not answered, or late.
 */
#include "tests/cmocka_all.h"

#include "echod/attr.h"
#include "tests/multiconn/sea.h"

enum {
	WINDOW = 64,
	PACE_MS = 10
};

static struct tally run(size_t n_connections, int64_t timeout_ms)
{
	struct tally tally;

	assert_int_equal(sea_run(n_connections, timeout_ms, NULL, &tally), 0);
	return tally;
}

static void swallow(size_t nth UNUSED, struct sea_answer answer UNUSED)
{
}

static size_t taken_before;
static int64_t taken_ms;

/* One window in a tenth of the timeout, then one at each pace. */
static void watch_pace(void)
{
	const size_t more = sea.taken - taken_before;

	if (more > 0) {
		assert_in_range(more, 1, WINDOW);
		if (taken_before == WINDOW)
			assert_int_equal(sea_elapsed_ms(), 1000);
		else if (taken_before > WINDOW)
			assert_int_equal(sea.now_ms - taken_ms, PACE_MS);
		taken_ms = sea.now_ms;
	}
	taken_before = sea.taken;
}

static void test_run_when_nothing_ever_comes_then_windows_follow_each_other_at_a_pace(void **state)
{
	const size_t n = SEA_CONNECTIONS * SEA_MESSAGES;
	struct tally tally;

	(void)state;
	sea_begin(swallow);
	taken_before = 0;
	sea.watch = watch_pace;
	tally = run(SEA_CONNECTIONS, 10000);
	assert_int_equal(sea.taken, n);
	assert_int_equal(tally.datagrams.sent, n);
	assert_int_equal(tally.datagrams.lost, n);
	assert_int_equal(tally.failures[FAILURE_TIMEOUT], SEA_CONNECTIONS);
	assert_int_equal(report_exit_code(&tally), EXIT_FEWER);
	/* The patience, the pace, one timeout, and a second for what may come late. */
	assert_int_equal(sea_elapsed_ms(), 1000 + n / WINDOW * PACE_MS - PACE_MS + 10000 + 1000);
}

static void answer_a_hundred(size_t nth, struct sea_answer answer)
{
	if (nth < 100)
		sea_answer_after(answer, 1);
}

static void test_run_when_nothing_comes_any_more_then_no_timeout_for_each_window(void **state)
{
	struct tally tally;

	(void)state;
	sea_begin(answer_a_hundred);
	tally = run(SEA_CONNECTIONS, 10000);
	assert_int_equal(tally.datagrams.answered, 100);
	assert_int_equal(tally.datagrams.lost, SEA_CONNECTIONS * SEA_MESSAGES - 100);
	assert_in_range(sea_elapsed_ms(), 12000, 12400);
}

/* Two windows of three are lost: each time the next is tried after the patience, not at the pace. */
static void answer_each_third_window(size_t nth, struct sea_answer answer)
{
	if (nth % (3 * WINDOW) < WINDOW)
		sea_answer_after(answer, 1);
}

static void test_run_when_something_comes_again_then_patient_again(void **state)
{
	struct tally tally;

	(void)state;
	sea_begin(answer_each_third_window);
	tally = run(SEA_CONNECTIONS, 10000);
	assert_int_equal(tally.datagrams.sent, SEA_CONNECTIONS * SEA_MESSAGES);
	assert_true(tally.datagrams.lost > SEA_CONNECTIONS * SEA_MESSAGES / 2);
	/* As often as there is something to lose after an answer. */
	assert_in_range(sea_elapsed_ms(),
			10000 + 1000 * (SEA_CONNECTIONS * SEA_MESSAGES / (3 * WINDOW)), 25000);
}

static void answer_after_300ms(size_t nth UNUSED, struct sea_answer answer)
{
	sea_answer_after(answer, 300);
}

/* Once the first round trips are over, silence is no longer than they are. */
static void watch_window(void)
{
	if (sea_elapsed_ms() >= 700)
		assert_true(sea.taken - sea.delivered <= WINDOW);
}

static void test_run_when_the_way_is_long_then_the_patience_becomes_as_long(void **state)
{
	struct tally tally;

	(void)state;
	sea_begin(answer_after_300ms);
	sea.watch = watch_window;
	tally = run(SEA_CONNECTIONS, 1000);
	assert_int_equal(tally.verified, SEA_CONNECTIONS);
	assert_int_equal(tally.datagrams.answered, SEA_CONNECTIONS * SEA_MESSAGES);
	assert_int_equal(tally.datagrams.late + tally.datagrams.reordered, 0);
	assert_true(sea_elapsed_ms() > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_run_when_nothing_ever_comes_then_windows_follow_each_other_at_a_pace),
		cmocka_unit_test(
		    test_run_when_nothing_comes_any_more_then_no_timeout_for_each_window),
		cmocka_unit_test(test_run_when_something_comes_again_then_patient_again),
		cmocka_unit_test(test_run_when_the_way_is_long_then_the_patience_becomes_as_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
