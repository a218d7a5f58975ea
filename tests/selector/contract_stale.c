/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * contract_stale.c: events that were true at the time of the wait and are no more when their turn
 * to be handed out comes. Two keys, A and B, are ready in one batch; A is handed out first.
 */
#include "tests/selector/contract.h"

#include <unistd.h>

static int a, b;		     /* the keys, in the order in which they are handed out */
static int a_peer, b_peer, pairs[4]; /* the pairs behind them */

/* Two ready keys, both watched for both directions, one of them handed out. */
static int setup(void **state)
{
	const struct selector_key *key;
	unsigned mask;

	contract_setup(state);
	make_pair(&pairs[0], &pairs[1]);
	make_pair(&pairs[2], &pairs[3]);
	add(pairs[0], EVENT_READ | EVENT_WRITE);
	add(pairs[2], EVENT_READ | EVENT_WRITE);
	poke(pairs[1]);
	poke(pairs[3]);
	assert_int_equal(selector_select(selector, 0), 2);
	assert_true(selector_next(selector, &key, &mask));
	assert_int_equal(mask, EVENT_READ | EVENT_WRITE);
	a = key->fd;
	b = a == pairs[0] ? pairs[2] : pairs[0];
	a_peer = a == pairs[0] ? pairs[1] : pairs[3];
	b_peer = a == pairs[0] ? pairs[3] : pairs[1];
	return 0;
}

static int teardown(void **state)
{
	for (int i = 0; i < 4; i++)
		close(pairs[i]);
	return contract_teardown(state);
}

static void test_stale_when_nothing_happens_then_b_follows(void **state)
{
	(void)state;
	expect_next(b, EVENT_READ | EVENT_WRITE);
	expect_next(-1, 0);
}

static void test_stale_when_a_unregisters_b_then_dropped(void **state)
{
	(void)state;
	assert_int_equal(selector_unregister(selector, b), 0);
	expect_next(-1, 0);
	expect_only(a, EVENT_READ | EVENT_WRITE);
}

static void test_stale_when_a_closes_b_then_dropped(void **state)
{
	(void)state;
	assert_int_equal(selector_unregister(selector, b), 0);
	close(b);
	expect_next(-1, 0);
}

static void test_stale_when_a_closes_b_before_it_unregisters_then_dropped(void **state)
{
	(void)state;
	close(b);
	assert_int_equal(selector_unregister(selector, b), 0);
	expect_next(-1, 0);
	expect_only(a, EVENT_READ | EVENT_WRITE);
}

/* The number of a closed descriptor, open and registered again, in the same batch. */
static void reuse(int of, unsigned events)
{
	close(b);
	assert_int_equal(selector_unregister(selector, b), 0);
	assert_int_equal(dup2(of, b), b);
	add(b, events);
}

static void test_stale_when_the_number_is_used_again_then_dropped(void **state)
{
	(void)state;
	reuse(ours, EVENT_READ);
	expect_next(-1, 0);
	expect_only(a, EVENT_READ | EVENT_WRITE);
}

static void test_stale_when_the_new_one_is_ready_too_then_in_the_next_batch(void **state)
{
	(void)state;
	assert_int_equal(selector_unregister(selector, a), 0);
	poke(theirs);
	reuse(ours, EVENT_READ | EVENT_WRITE);
	expect_next(-1, 0);
	expect_only(b, EVENT_READ | EVENT_WRITE);
}

static void test_stale_when_registered_again_without_a_close_then_in_the_next_batch(void **state)
{
	(void)state;
	assert_int_equal(selector_unregister(selector, a), 0);
	assert_int_equal(selector_unregister(selector, b), 0);
	add(b, EVENT_READ);
	expect_next(-1, 0);
	expect_only(b, EVENT_READ);
}

/* epoll goes on reporting a closed descriptor whose file is still open elsewhere. */
static void test_stale_when_a_copy_is_still_open_then_dropped_in_every_batch(void **state)
{
	const struct selector_key *key;
	int copy = dup(b);
	unsigned mask;

	(void)state;
	assert_int_equal(selector_unregister(selector, a), 0);
	reuse(ours, EVENT_READ);
	for (int i = 0; i < 3; i++) {
		assert_true(selector_select(selector, 0) >= 0);
		assert_false(selector_next(selector, &key, &mask));
	}
	poke(theirs);
	assert_true(selector_select(selector, 0) >= 1);
	expect_next(b, EVENT_READ);
	expect_next(-1, 0);
	close(copy);
}

static void test_stale_when_a_narrows_b_then_only_what_is_still_wanted(void **state)
{
	(void)state;
	assert_int_equal(selector_modify(selector, b, EVENT_WRITE, NULL), 0);
	expect_next(b, EVENT_WRITE);
	expect_next(-1, 0);
}

static void test_stale_when_nothing_wanted_is_left_then_dropped(void **state)
{
	(void)state;
	drain(a);
	drain(b);
	assert_int_equal(selector_modify(selector, a, EVENT_READ, NULL), 0);
	assert_int_equal(selector_modify(selector, b, EVENT_READ, NULL), 0);
	expect_only(-1, 0);
	poke(b_peer);
	poke(a_peer);
	assert_int_equal(selector_select(selector, 0), 2);
	assert_int_equal(selector_modify(selector, a, EVENT_WRITE, NULL), 0);
	assert_int_equal(selector_modify(selector, b, EVENT_WRITE, NULL), 0);
	expect_next(-1, 0);
}

/* The table of keys and the batch may both move while a batch is handed out. */
static void test_stale_when_a_registers_many_then_b_still_follows(void **state)
{
	int fds[400];

	(void)state;
	for (int i = 0; i < 400; i++) {
		fds[i] = dup(ours);
		assert_true(fds[i] >= 0);
		add(fds[i], EVENT_READ);
	}
	expect_next(b, EVENT_READ | EVENT_WRITE);
	expect_next(-1, 0);
	for (int i = 0; i < 400; i++)
		close(fds[i]);
}

#define STALE_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

const struct CMUnitTest contract_stale[] = {
	STALE_TEST(test_stale_when_nothing_happens_then_b_follows),
	STALE_TEST(test_stale_when_a_unregisters_b_then_dropped),
	STALE_TEST(test_stale_when_a_closes_b_then_dropped),
	STALE_TEST(test_stale_when_a_closes_b_before_it_unregisters_then_dropped),
	STALE_TEST(test_stale_when_the_number_is_used_again_then_dropped),
	STALE_TEST(test_stale_when_the_new_one_is_ready_too_then_in_the_next_batch),
	STALE_TEST(test_stale_when_registered_again_without_a_close_then_in_the_next_batch),
	STALE_TEST(test_stale_when_a_copy_is_still_open_then_dropped_in_every_batch),
	STALE_TEST(test_stale_when_a_narrows_b_then_only_what_is_still_wanted),
	STALE_TEST(test_stale_when_nothing_wanted_is_left_then_dropped),
	STALE_TEST(test_stale_when_a_registers_many_then_b_still_follows),
};
const size_t n_contract_stale = sizeof(contract_stale) / sizeof(contract_stale[0]);
