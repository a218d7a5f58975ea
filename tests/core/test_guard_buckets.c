/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/core/guard_box.h"

#define STEP_NS INT64_C(1024)

static struct guard_limits rate(int64_t per_second, int64_t burst)
{
	return (struct guard_limits){ .accept_rate = per_second, .accept_burst = burst };
}

/* How many of `tries` tokens the source gets at this moment. */
static unsigned take(struct box *box, uint64_t source, const struct guard_limits *limits,
		     int64_t now_ns, unsigned tries)
{
	unsigned granted = 0;

	while (tries--)
		granted += buckets_take(box->guard, source, limits, now_ns);
	return granted;
}

/* Different sources of one set, and the same source in another: as their keys would be. */
static uint64_t in_set(unsigned set, unsigned i)
{
	return (uint64_t)(i + 1) << 46 | set;
}

static void test_bucket_when_new_then_exactly_burst(void **state)
{
	const int64_t bursts[] = { 1, 2, 7, 100, 5000 };
	struct box box = box_new(1, 1);

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		struct guard_limits limits = rate(1000, bursts[i]);

		assert_int_equal(take(&box, in_set(i, 1), &limits, SECOND_NS, 6000), bursts[i]);
		assert_int_equal(take(&box, in_set(i, 2), &limits, SECOND_NS, 6000), bursts[i]);
	}
	box_free(&box);
}

static void test_bucket_when_rate_is_off_then_no_bucket(void **state)
{
	struct box box = box_new(1, 1);
	struct guard_limits off = rate(0, 0), negative = rate(-1, 5);

	(void)state;
	assert_int_equal(take(&box, in_set(1, 1), &off, 0, 1000), 1000);
	assert_int_equal(take(&box, in_set(1, 1), &negative, 0, 1000), 1000);
	buckets_give_back(box.guard, in_set(1, 1), &off, 0);
	for (unsigned i = 0; i < GUARD_SET_CELLS; i++)
		assert_int_equal(box.guard->cells[GUARD_SET_CELLS + i], 0);
	box_free(&box);
}

static void test_bucket_when_burst_is_not_positive_then_1(void **state)
{
	struct box box = box_new(1, 1);
	struct guard_limits zero = rate(10, 0), negative = rate(10, INT64_MIN);

	(void)state;
	assert_int_equal(take(&box, in_set(1, 1), &zero, 0, 10), 1);
	assert_int_equal(take(&box, in_set(1, 2), &negative, 0, 10), 1);
	box_free(&box);
}

/* 2^62 tokens of 980 steps: what they cost is no number of 64 bits. */
static void test_bucket_when_burst_is_huge_then_it_is_not_empty(void **state)
{
	struct box box = box_new(1, 1);
	struct guard_limits huge = rate(997, INT64_C(1) << 62);

	(void)state;
	assert_int_equal(take(&box, in_set(1, 1), &huge, SECOND_NS, 1000), 1000);
	box_free(&box);
}

static void test_bucket_when_time_passes_then_it_refills_at_the_rate(void **state)
{
	struct box box = box_new(1, 1);
	struct guard_limits limits = rate(100, 10);
	int64_t now = 77 * SECOND_NS;

	(void)state;
	assert_int_equal(take(&box, in_set(1, 1), &limits, now, 100), 10);
	/* 10 ms are a token, and a step more than that because of the rounding. */
	assert_int_equal(take(&box, in_set(1, 1), &limits, now + 9998000, 100), 0);
	assert_int_equal(take(&box, in_set(1, 1), &limits, now + 10000000 + STEP_NS, 100), 1);
	now += 10000000 + STEP_NS;
	assert_int_equal(take(&box, in_set(1, 1), &limits, now + SECOND_NS / 20 + 5 * STEP_NS, 100),
			 5);
	/* Never more than burst, however long it waits. */
	assert_int_equal(take(&box, in_set(1, 1), &limits, now + 5 * SECOND_NS, 100), 10);
	assert_int_equal(take(&box, in_set(1, 1), &limits, now + 5000 * SECOND_NS, 100), 10);
	box_free(&box);
}

static void test_bucket_at_every_rate_grants_no_more_than_it_and_hardly_less(void **state)
{
	const int64_t rates[] = { 1, 3, 10, 333, 1000, 10000, 100000, 976563, 5000000, INT64_MAX };

	(void)state;
	for (unsigned i = 0; i < ARRAY_LENGTH(rates); i++) {
		struct box box = box_new(1, 1);
		struct guard_limits limits = rate(rates[i], 2);
		int64_t seconds = rates[i] < 100 ? 100 : 1, granted = 0;
		int64_t most = rates[i] < 976563 ? rates[i] : 976563;

		for (int64_t t = 0; t < seconds * SECOND_NS; t += SECOND_NS / most / 7 + 1)
			granted += buckets_take(box.guard, in_set(3, 3), &limits, t);
		assert_true(granted <= most * seconds + 2);
		assert_true(granted >= most * seconds * 95 / 100);
		box_free(&box);
	}
}

static void test_bucket_when_clock_stands_or_goes_back_then_no_tokens_appear(void **state)
{
	struct box box = box_new(1, 1);
	struct guard_limits limits = rate(100, 10);
	int64_t now = 77 * SECOND_NS;

	(void)state;
	assert_int_equal(take(&box, in_set(1, 1), &limits, now, 100), 10);
	assert_int_equal(take(&box, in_set(1, 1), &limits, now, 100), 0);
	/* Two workers, one of which read its clock a while ago: neither wins tokens by that. */
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(take(&box, in_set(1, 1), &limits, now - 10 * SECOND_NS, 10), 0);
		assert_int_equal(take(&box, in_set(1, 1), &limits, now, 10), 0);
	}
	box_free(&box);
}

static void test_bucket_at_any_time_of_the_clock_works_alike(void **state)
{
	const int64_t starts[] = { INT64_MIN,
				   -SECOND_NS / 100,
				   -1,
				   0,
				   (INT64_C(1) << 56) - SECOND_NS / 50, /* the circle turns here */
				   (INT64_C(1) << 55) - SECOND_NS / 50,
				   INT64_MAX - SECOND_NS };
	struct guard_limits limits = rate(100, 10);

	(void)state;
	for (unsigned i = 0; i < ARRAY_LENGTH(starts); i++) {
		struct box box = box_new(1, 1);
		int64_t now = starts[i];

		assert_int_equal(take(&box, in_set(1, 1), &limits, now, 100), 10);
		now += 20 * 1000 * 1000 + 2 * STEP_NS;
		assert_int_equal(take(&box, in_set(1, 1), &limits, now, 100), 2);
		now += 500 * 1000 * 1000;
		assert_int_equal(take(&box, in_set(1, 1), &limits, now, 100), 10);
		box_free(&box);
	}
}

static void test_bucket_when_burst_is_huge_then_it_is_clipped(void **state)
{
	struct box box = box_new(1, 1);
	struct guard_limits limits = rate(1, INT64_MAX);

	(void)state;
	assert_int_equal(take(&box, in_set(1, 1), &limits, 0, 100000), 100000);
	box_free(&box);
}

static void test_bucket_when_burst_was_lowered_then_it_recovers_at_once(void **state)
{
	struct box box = box_new(1, 1);
	struct guard_limits before = rate(1, 1000), after = rate(1, 2);

	(void)state;
	assert_int_equal(take(&box, in_set(1, 1), &before, 0, 2000), 1000);
	assert_int_equal(take(&box, in_set(1, 1), &after, 0, 10), 0);
	assert_int_equal(take(&box, in_set(1, 1), &after, 2 * SECOND_NS + 3000, 10), 2);
	box_free(&box);
}

static void test_give_back_after_take_leaves_the_bucket_as_it_was(void **state)
{
	struct box box = box_new(1, 1);
	struct guard_limits limits = rate(1, 3);

	(void)state;
	for (unsigned i = 0; i < 50; i++) {
		assert_int_equal(take(&box, in_set(1, 1), &limits, i, 1), 1);
		buckets_give_back(box.guard, in_set(1, 1), &limits, i);
	}
	/* A token too many is not kept: the bucket is full. */
	buckets_give_back(box.guard, in_set(1, 1), &limits, 50);
	buckets_give_back(box.guard, in_set(1, 2), &limits, 50);
	assert_int_equal(take(&box, in_set(1, 1), &limits, 50, 10), 3);
	assert_int_equal(take(&box, in_set(1, 2), &limits, 50, 10), 3);
	box_free(&box);
}

static void test_eviction_when_set_is_full_then_the_fullest_bucket_goes(void **state)
{
	struct box box = box_new(1, 1);
	struct guard_limits limits = rate(1, 20);

	(void)state;
	/* Source i has spent i + 1 tokens, except that number 5 has spent only one. */
	for (unsigned i = 0; i < GUARD_SET_CELLS; i++)
		take(&box, in_set(1, i), &limits, 0, i == 5 ? 1 : i + 2);
	assert_int_equal(take(&box, in_set(1, 100), &limits, 0, 1), 1);
	for (unsigned i = 0; i < GUARD_SET_CELLS; i++) {
		if (i != 5)
			assert_int_equal(take(&box, in_set(1, i), &limits, 0, 30), 20 - (i + 2));
	}
	box_free(&box);
}

static void test_eviction_when_a_bucket_is_full_again_then_its_cell_is_free(void **state)
{
	struct box box = box_new(1, 1);
	struct guard_limits limits = rate(1, 20);

	(void)state;
	take(&box, in_set(1, 3), &limits, 0, 1); /* full again after 1 s */
	for (unsigned i = 10; i < 10 + GUARD_SET_CELLS - 1; i++)
		take(&box, in_set(1, i), &limits, 0, 10);
	take(&box, in_set(1, 50), &limits, 5 * SECOND_NS, 20);
	for (unsigned i = 10; i < 10 + GUARD_SET_CELLS - 1; i++)
		assert_int_equal(take(&box, in_set(1, i), &limits, 5 * SECOND_NS, 30), 14);
	box_free(&box);
}

/* The property for which the fullest bucket goes first: a flood of sources, each of which comes a few
 * times, does not give a busy source its tokens back, not even when all share its set. */
static void test_flood_of_sources_leaves_a_busy_source_its_empty_bucket(void **state)
{
	struct box box = box_new(1, 1);
	struct guard_limits limits = rate(1, 10);

	(void)state;
	assert_int_equal(take(&box, in_set(1, 0), &limits, 0, 100), 10);
	for (unsigned i = 1; i < 200000; i++)
		assert_int_equal(take(&box, in_set(1, i), &limits, 0, 5), 5);
	assert_int_equal(take(&box, in_set(1, 0), &limits, 0, 100), 0);
	box_free(&box);
}

static void test_flood_of_real_addresses_leaves_busy_sources_their_empty_buckets(void **state)
{
	struct box box = box_new(1, 1);
	unsigned admitted = 0;

	(void)state;
	box.listener.limits = rate(1, 10);
	for (unsigned i = 0; i < 1000; i++) {
		struct peer busy = box_ipv4(0xff0000 + i % 100);

		admitted += box_admit(&box, 0, &busy);
		guard_release(box.guard, 0, &box.ticket);
	}
	assert_int_equal(admitted, 1000);
	for (unsigned i = 0; i < 1000000; i++) {
		struct peer once = box_ipv4(i);

		assert_admitted(&box, 0, &once);
		guard_release(box.guard, 0, &box.ticket);
	}
	for (unsigned i = 0; i < 100; i++) {
		struct peer busy = box_ipv4(0xff0000 + i);

		assert_refused(&box, 0, &busy, REJECT_RATE);
	}
	box_free(&box);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bucket_when_new_then_exactly_burst),
		cmocka_unit_test(test_bucket_when_rate_is_off_then_no_bucket),
		cmocka_unit_test(test_bucket_when_burst_is_not_positive_then_1),
		cmocka_unit_test(test_bucket_when_burst_is_huge_then_it_is_not_empty),
		cmocka_unit_test(test_bucket_when_time_passes_then_it_refills_at_the_rate),
		cmocka_unit_test(test_bucket_at_every_rate_grants_no_more_than_it_and_hardly_less),
		cmocka_unit_test(test_bucket_when_clock_stands_or_goes_back_then_no_tokens_appear),
		cmocka_unit_test(test_bucket_at_any_time_of_the_clock_works_alike),
		cmocka_unit_test(test_bucket_when_burst_is_huge_then_it_is_clipped),
		cmocka_unit_test(test_bucket_when_burst_was_lowered_then_it_recovers_at_once),
		cmocka_unit_test(test_give_back_after_take_leaves_the_bucket_as_it_was),
		cmocka_unit_test(test_eviction_when_set_is_full_then_the_fullest_bucket_goes),
		cmocka_unit_test(test_eviction_when_a_bucket_is_full_again_then_its_cell_is_free),
		cmocka_unit_test(test_flood_of_sources_leaves_a_busy_source_its_empty_bucket),
		cmocka_unit_test(
		    test_flood_of_real_addresses_leaves_busy_sources_their_empty_buckets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
