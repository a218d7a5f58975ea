/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/core/guard_box.h"

enum {
	CONNECTIONS = 20000 /* a worker's descriptors, as limited on many systems */
};

/* Fills the table of one set (three connections' worth of rows is the least there is). */
static unsigned fill(struct box *box, unsigned worker, struct guard_ticket tickets[static 64])
{
	unsigned n = 0;

	while (n < 64) {
		struct peer peer = box_ipv4(n);

		assert_admitted(box, worker, &peer);
		if (!box->ticket.daemon_row || !box->ticket.listener_row)
			break;
		tickets[n++] = box->ticket;
	}
	guard_release(box->guard, worker, &box->ticket);
	return n;
}

static void test_table_when_a_worker_is_full_of_different_sources_then_each_is_counted(void **state)
{
	struct box box = box_new(1, CONNECTIONS);

	(void)state;
	box.listener.limits.max_connections_per_source = 1;
	box.daemon.limits.max_connections_per_source = 1;
	for (uint32_t host = 0; host < CONNECTIONS; host++) {
		struct peer peer = box_ipv4(host);

		assert_admitted(&box, 0, &peer);
		assert_true(box.ticket.daemon_row && box.ticket.listener_row);
	}
	for (uint32_t host = 0; host < CONNECTIONS; host++) {
		struct peer peer = box_ipv4(host);

		assert_refused(&box, 0, &peer, REJECT_SOURCE_LIMIT);
	}
	box_free(&box);
}

/* The load stays at its highest while old connections make room for new ones at random places. */
static void test_table_when_sources_come_and_go_then_there_is_always_a_row(void **state)
{
	static struct guard_ticket tickets[CONNECTIONS];
	struct box box = box_new(1, CONNECTIONS);

	(void)state;
	box.listener.limits.max_connections_per_source = 1;
	for (uint32_t host = 0; host < 10 * CONNECTIONS; host++) {
		struct guard_ticket *ticket = &tickets[host % CONNECTIONS * 7919 % CONNECTIONS];
		struct peer peer = box_ipv4(host);

		guard_release(box.guard, 0, ticket);
		assert_admitted(&box, 0, &peer);
		*ticket = box.ticket;
	}
	box_free(&box);
}

static void test_table_when_no_row_is_free_then_refused_only_under_a_limit(void **state)
{
	struct box box = box_new(1, 1);
	struct peer newcomer = box_ipv4(1000);
	struct guard_ticket tickets[64];
	unsigned n = fill(&box, 0, tickets);

	(void)state;
	assert_true(n >= 1 && n <= GUARD_SET_CELLS);
	box.listener.limits.max_connections_per_source = 100;
	assert_refused(&box, 0, &newcomer, REJECT_SOURCE_LIMIT);
	box.listener.limits.max_connections_per_source = 0;
	assert_admitted(&box, 0, &newcomer);
	assert_int_equal(box.ticket.listener_row, 0);
	guard_release(box.guard, 0, &box.ticket);

	/* Those that have rows are counted as before, and a freed row is used again. */
	box.listener.limits.max_connections_per_source = 2;
	for (unsigned i = 0; i < n; i++) {
		struct peer peer = box_ipv4(i);

		assert_int_equal(box_count(&box, 0, &peer), 1);
		assert_admitted(&box, 0, &peer);
		assert_refused(&box, 0, &peer, REJECT_SOURCE_LIMIT);
	}
	guard_forget_worker(box.guard, 0);
	assert_admitted(&box, 0, &newcomer);
	box_free(&box);
}

/* With room for one row more, the two scopes of a newcomer must not be given the same one. */
static void test_table_when_one_row_is_left_then_it_is_not_given_twice(void **state)
{
	struct box box = box_new(1, 1);
	struct peer newcomer = box_ipv4(1000);
	struct guard_ticket tickets[64], half;
	unsigned n = fill(&box, 0, tickets);

	(void)state;
	half = (struct guard_ticket){ .daemon_row = tickets[n - 1].daemon_row };
	guard_release(box.guard, 0, &half);
	assert_admitted(&box, 0, &newcomer);
	assert_true(box.ticket.daemon_row);
	assert_int_not_equal(box.ticket.daemon_row, box.ticket.listener_row);
	guard_release(box.guard, 0, &box.ticket);
	box.listener.limits.max_connections_per_source = 5;
	assert_refused(&box, 0, &newcomer, REJECT_SOURCE_LIMIT);
	assert_int_equal(box_count(&box, GUARD_WHOLE_DAEMON, &newcomer), 0);
	box_free(&box);
}

static void test_table_when_another_worker_is_full_then_this_one_is_not(void **state)
{
	struct box box = box_new(2, 1);
	struct peer newcomer = box_ipv4(1000);
	struct guard_ticket tickets[64];

	(void)state;
	fill(&box, 0, tickets);
	box.listener.limits.max_connections_per_source = 1;
	assert_admitted(&box, 1, &newcomer);
	assert_refused(&box, 0, &newcomer, REJECT_SOURCE_LIMIT);
	box_free(&box);
}

/* One source with more connections than a worker can hold elsewhere: a row counts far. */
static void test_row_when_one_source_has_everything_then_it_counts_on(void **state)
{
	struct box box = box_new(1, 100);
	struct peer peer = box_ipv4(1);

	(void)state;
	for (unsigned i = 0; i < 1100000; i++)
		assert_admitted(&box, 0, &peer);
	assert_int_equal(box_count(&box, 0, &peer), 1100000);
	box_free(&box);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_table_when_a_worker_is_full_of_different_sources_then_each_is_counted),
		cmocka_unit_test(test_table_when_sources_come_and_go_then_there_is_always_a_row),
		cmocka_unit_test(test_table_when_no_row_is_free_then_refused_only_under_a_limit),
		cmocka_unit_test(test_table_when_one_row_is_left_then_it_is_not_given_twice),
		cmocka_unit_test(test_table_when_another_worker_is_full_then_this_one_is_not),
		cmocka_unit_test(test_row_when_one_source_has_everything_then_it_counts_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
