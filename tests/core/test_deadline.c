/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/cmocka_all.h"

#include <errno.h>
#include <stdbool.h>

#include "echod/attr.h"
#include "echod/deadline.h"

/* ---- Memory: the next call fails when told so ---- */

static bool fail_malloc, fail_calloc;
static unsigned mallocs;

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t n);

void *__wrap_malloc(size_t n)
{
	mallocs++;
	return fail_malloc ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t count, size_t n)
{
	return fail_calloc ? NULL : __real_calloc(count, n);
}

struct item {
	int64_t since_ms, opened_ms;
	struct deadline activity, lifetime;
};

static unsigned since_calls;

static int64_t item_since(const struct deadline *timer)
{
	since_calls++;
	return CONTAINER_OF(timer, const struct item, activity)->since_ms;
}

static int64_t item_opened(const struct deadline *timer)
{
	return CONTAINER_OF(timer, const struct item, lifetime)->opened_ms;
}

static struct deadlines *setup(void)
{
	struct deadlines *d = NULL;

	assert_int_equal(deadlines_new(item_since, &d), 0);
	assert_non_null(d);
	return d;
}

static void start(struct deadlines *d, struct item *item, int64_t now_ms, int64_t duration_ms)
{
	item->since_ms = now_ms;
	assert_int_equal(deadline_start(d, &item->activity, duration_ms), 0);
}

static void test_deadlines_when_none_runs_then_never(void **state)
{
	struct deadlines *d = setup();

	(void)state;
	assert_int_equal(deadlines_next_ms(d), INT64_MAX);
	assert_null(deadlines_expire(d, INT64_MAX));
	assert_null(deadlines_oldest(d, 10));
	assert_null(deadlines_free(d));
	assert_null(deadlines_free(NULL));
}

static void test_deadlines_of_several_durations_expire_in_time_order(void **state)
{
	struct deadlines *d = setup();
	struct item items[4] = { 0 };

	(void)state;
	start(d, &items[0], 0, 100);
	start(d, &items[1], 10, 50);
	start(d, &items[2], 20, 100);
	start(d, &items[3], 30, 10);
	assert_int_equal(deadlines_next_ms(d), 40);
	assert_null(deadlines_expire(d, 39));
	assert_ptr_equal(deadlines_expire(d, 1000), &items[3].activity);
	assert_false(deadline_is_started(&items[3].activity));
	assert_int_equal(deadlines_next_ms(d), 60);
	assert_ptr_equal(deadlines_expire(d, 1000), &items[1].activity);
	assert_ptr_equal(deadlines_expire(d, 1000), &items[0].activity);
	assert_null(deadlines_expire(d, 119));
	assert_ptr_equal(deadlines_expire(d, 120), &items[2].activity);
	assert_null(deadlines_expire(d, INT64_MAX));
	deadlines_free(d);
}

static void test_deadline_when_restarted_then_goes_to_the_end(void **state)
{
	struct deadlines *d = setup();
	struct item a = { 0 }, b = { 0 };

	(void)state;
	start(d, &a, 0, 100);
	start(d, &b, 5, 100);
	assert_ptr_equal(deadlines_oldest(d, 100), &a.activity);
	start(d, &a, 7, 100);
	assert_ptr_equal(deadlines_oldest(d, 100), &b.activity);
	assert_int_equal(deadlines_next_ms(d), 105);
	deadline_stop(&b.activity);
	assert_int_equal(deadlines_next_ms(d), 107);
	deadline_stop(&a.activity);
	deadlines_free(d);
}

static void test_deadline_when_alone_and_restarted_then_its_new_time_counts(void **state)
{
	struct deadlines *d = setup();
	struct item a = { 0 };

	(void)state;
	start(d, &a, 0, 100);
	start(d, &a, 50, 100);
	assert_int_equal(deadlines_next_ms(d), 150);
	deadline_stop(&a.activity);
	deadlines_free(d);
}

static void test_deadline_when_stopped_twice_or_never_started_then_nothing(void **state)
{
	struct deadlines *d = setup();
	struct item a = { 0 };

	(void)state;
	deadline_stop(&a.activity);
	assert_false(deadline_is_started(&a.activity));
	start(d, &a, 0, 100);
	assert_true(deadline_is_started(&a.activity));
	deadline_stop(&a.activity);
	deadline_stop(&a.activity);
	assert_false(deadline_is_started(&a.activity));
	assert_int_equal(deadlines_next_ms(d), INT64_MAX);
	deadlines_free(d);
}

static void test_deadline_when_started_late_then_sorted_into_its_place(void **state)
{
	struct deadlines *d = setup();
	struct item items[3] = { 0 }, late = { 0 };

	(void)state;
	for (int i = 0; i < 3; i++)
		start(d, &items[i], 10 * i, 100);
	start(d, &late, 15, 100);
	assert_ptr_equal(deadlines_expire(d, 1000), &items[0].activity);
	assert_ptr_equal(deadlines_expire(d, 1000), &items[1].activity);
	assert_ptr_equal(deadlines_expire(d, 1000), &late.activity);
	start(d, &late, -5, 100);
	assert_ptr_equal(deadlines_expire(d, 1000), &late.activity);
	assert_ptr_equal(deadlines_expire(d, 1000), &items[2].activity);
	deadlines_free(d);
}

static void test_deadline_when_two_of_one_struct_run_then_each_has_its_own_time(void **state)
{
	struct deadlines *idle = setup(), *life;
	struct item a = { .since_ms = 70, .opened_ms = 3 };

	(void)state;
	assert_int_equal(deadlines_new(item_opened, &life), 0);
	assert_int_equal(deadline_start(idle, &a.activity, 100), 0);
	assert_int_equal(deadline_start(life, &a.lifetime, 100), 0);
	assert_int_equal(deadlines_next_ms(idle), 170);
	assert_int_equal(deadlines_next_ms(life), 103);
	assert_ptr_equal(deadlines_expire(life, 103), &a.lifetime);
	assert_true(deadline_is_started(&a.activity));
	deadline_stop(&a.activity);
	deadlines_free(idle);
	deadlines_free(life);
}

static void test_deadline_when_started_at_one_time_then_first_come_first_out(void **state)
{
	struct deadlines *d = setup();
	struct item items[3] = { 0 };

	(void)state;
	for (int i = 0; i < 3; i++)
		start(d, &items[i], 5, 100);
	for (int i = 0; i < 3; i++)
		assert_ptr_equal(deadlines_expire(d, 105), &items[i].activity);
	deadlines_free(d);
}

static void test_deadline_when_there_is_no_memory_then_stays_as_it_was(void **state)
{
	struct deadlines *d = setup(), *none = NULL;
	struct item a = { 0 };

	(void)state;
	start(d, &a, 0, 100);
	fail_malloc = fail_calloc = true;
	assert_int_equal(deadline_start(d, &a.activity, 200), -ENOMEM);
	assert_ptr_equal(deadlines_oldest(d, 100), &a.activity);
	assert_int_equal(deadline_start(d, &a.activity, 100), 0);
	assert_int_equal(deadlines_new(item_since, &none), -ENOMEM);
	assert_null(none);
	fail_malloc = fail_calloc = false;
	start(d, &a, 1, 200);
	assert_int_equal(deadlines_next_ms(d), 201);
	deadline_stop(&a.activity);
	deadlines_free(d);
}

static void test_deadline_when_its_duration_changes_then_it_moves(void **state)
{
	struct deadlines *d = setup();
	struct item a = { 0 }, b = { 0 };

	(void)state;
	start(d, &a, 0, 100);
	start(d, &b, 0, 100);
	start(d, &a, 1, 20);
	assert_ptr_equal(deadlines_oldest(d, 100), &b.activity);
	assert_ptr_equal(deadlines_oldest(d, 20), &a.activity);
	assert_int_equal(deadlines_next_ms(d), 21);
	start(d, &a, 2, 3000);
	assert_null(deadlines_oldest(d, 20));
	assert_ptr_equal(deadlines_oldest(d, 3000), &a.activity);
	assert_int_equal(deadlines_next_ms(d), 100);
	deadline_stop(&a.activity);
	deadline_stop(&b.activity);
	deadlines_free(d);
}

/* A thousand durations one after the other: each finds its timer alone, whatever queue it got. */
static void test_deadline_when_durations_come_and_go_then_each_is_kept_apart(void **state)
{
	struct deadlines *d = setup();
	struct item a = { 0 }, b = { 0 };

	(void)state;
	mallocs = 0;
	for (int64_t ms = 1; ms <= 1000; ms++) {
		start(d, &a, ms, ms);
		start(d, &b, ms, ms + 1000);
		assert_ptr_equal(deadlines_oldest(d, ms), &a.activity);
		assert_ptr_equal(deadlines_oldest(d, ms + 1000), &b.activity);
		assert_int_equal(deadlines_next_ms(d), 2 * ms);
	}
	assert_in_range(mallocs, 1, 4);
	deadline_stop(&a.activity);
	deadline_stop(&b.activity);
	deadlines_free(d);
}

static void test_deadline_when_the_duration_is_never_then_ordered_and_not_expired(void **state)
{
	struct deadlines *d = setup();
	struct item items[3] = { 0 };

	(void)state;
	start(d, &items[0], 5, DEADLINE_NEVER_MS);
	start(d, &items[1], 6, DEADLINE_NEVER_MS);
	start(d, &items[2], 7, INT64_MAX);
	assert_int_equal(deadlines_next_ms(d), INT64_MAX);
	assert_null(deadlines_expire(d, INT64_MAX));
	assert_ptr_equal(deadlines_oldest(d, DEADLINE_NEVER_MS), &items[0].activity);
	deadline_stop(&items[0].activity);
	assert_ptr_equal(deadlines_oldest(d, DEADLINE_NEVER_MS), &items[1].activity);
	deadline_stop(&items[1].activity);
	deadline_stop(&items[2].activity);
	deadlines_free(d);
}

static void test_deadline_when_the_sum_overflows_then_never(void **state)
{
	(void)state;
	assert_int_equal(deadline_at_ms(INT64_MAX - 5, 6), INT64_MAX);
	assert_int_equal(deadline_at_ms(0, DEADLINE_NEVER_MS), INT64_MAX);
	assert_int_equal(deadline_at_ms(1, DEADLINE_NEVER_MS - 1), DEADLINE_NEVER_MS);
	assert_int_equal(deadline_at_ms(-7, 5), -2);
}

enum {
	MANY = 20000
};

/* Counts how often a queue asks for a time: the measure of its work. */
static void test_deadline_when_many_run_then_each_step_costs_the_same(void **state)
{
	static struct item items[MANY];
	struct deadlines *d = setup();

	(void)state;
	since_calls = 0;
	for (int i = 0; i < MANY; i++)
		start(d, &items[i], 10 * i, 60000 + i % 3);
	for (int i = 0; i < MANY; i++)
		start(d, &items[i], 10 * (MANY + i), 60000 + i % 3);
	assert_in_range(since_calls, 0, 2 * 2 * MANY);
	since_calls = 0;
	deadlines_next_ms(d);
	assert_in_range(since_calls, 1, 3);
	since_calls = 0;
	for (int i = 0; i < MANY; i++)
		assert_ptr_equal(deadlines_expire(d, INT64_MAX - 1), &items[i].activity);
	assert_in_range(since_calls, MANY, 3 * MANY);
	deadlines_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deadlines_when_none_runs_then_never),
		cmocka_unit_test(test_deadlines_of_several_durations_expire_in_time_order),
		cmocka_unit_test(test_deadline_when_restarted_then_goes_to_the_end),
		cmocka_unit_test(test_deadline_when_alone_and_restarted_then_its_new_time_counts),
		cmocka_unit_test(test_deadline_when_stopped_twice_or_never_started_then_nothing),
		cmocka_unit_test(test_deadline_when_started_late_then_sorted_into_its_place),
		cmocka_unit_test(
		    test_deadline_when_two_of_one_struct_run_then_each_has_its_own_time),
		cmocka_unit_test(test_deadline_when_started_at_one_time_then_first_come_first_out),
		cmocka_unit_test(test_deadline_when_there_is_no_memory_then_stays_as_it_was),
		cmocka_unit_test(test_deadline_when_its_duration_changes_then_it_moves),
		cmocka_unit_test(test_deadline_when_durations_come_and_go_then_each_is_kept_apart),
		cmocka_unit_test(
		    test_deadline_when_the_duration_is_never_then_ordered_and_not_expired),
		cmocka_unit_test(test_deadline_when_the_sum_overflows_then_never),
		cmocka_unit_test(test_deadline_when_many_run_then_each_step_costs_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
