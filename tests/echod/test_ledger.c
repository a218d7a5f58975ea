/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * test_ledger: what listeners have counted stays theirs, whatever rows a reload gives them. A model
 * that only knows who was counted for is held against thousands of random reloads.
 */
#include "tests/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "echod/service.h"
#include "src/echod/ledger.h"
#include "tests/random.h"

enum {
	ITEMS_MAX = 8
};

/* A set of endpoints as endpoints_open() would make it. */
struct set {
	struct endpoint items[ITEMS_MAX];
	struct endpoint_sockets sockets[ITEMS_MAX];
	struct config_listener listeners[ITEMS_MAX];
	char names[ITEMS_MAX][16];
	struct endpoints endpoints;
};

static struct stats *stats;
static struct ledger ledger;

static int set_up(void **state)
{
	(void)state;
	return stats_map(2, &stats);
}

static int tear_down(void **state)
{
	(void)state;
	ledger_close(&ledger);
	stats = stats_unmap(stats);
	return 0;
}

static void add(struct set *set, unsigned row, const char *name, const char *service, bool kept)
{
	const size_t i = set->endpoints.length++;

	assert_in_range(i, 0, ITEMS_MAX - 1);
	snprintf(set->names[i], sizeof(set->names[i]), "%s", name);
	set->listeners[i].name = set->names[i];
	set->listeners[i].service = service_find(service);
	set->sockets[i].row = row;
	set->sockets[i].transport = SERVICE_TCP;
	set->items[i].sockets = &set->sockets[i];
	set->items[i].listener = &set->listeners[i];
	set->items[i].kept = kept;
	set->endpoints.items = set->items;
}

/* As workers do: one of them counts n, and for each other cell another multiple of it. */
static void count(unsigned row, int64_t n)
{
	struct stats_endpoint *e = &stats->workers[n % 2].endpoints[row];

	stats_add(&e->accepted, n);
	stats_add(&e->rejected, 2 * n);
	stats_add(&e->received_bytes, 3 * n);
	stats_add(&e->sent_bytes, 5 * n);
	stats_add(&e->datagrams_received, 7 * n);
	stats_add(&e->datagrams_sent, 11 * n);
	stats_add(&e->datagrams_dropped, 13 * n);
}

/* What the row shows; every cell in the right place. */
static int64_t shown(unsigned row)
{
	const struct ledger_counts counts = ledger_counts(&ledger, row);
	const int64_t n = counts.accepted;

	assert_int_equal(counts.rejected, 2 * n);
	assert_int_equal(counts.received_bytes, 3 * n);
	assert_int_equal(counts.sent_bytes, 5 * n);
	assert_int_equal(counts.datagrams_received, 7 * n);
	assert_int_equal(counts.datagrams_sent, 11 * n);
	assert_int_equal(counts.datagrams_dropped, 13 * n);
	return n;
}

static void begin(const struct set *set)
{
	assert_int_equal(ledger_open(&ledger, stats, &set->endpoints), 0);
}

static void reload(const struct set *from, const struct set *to)
{
	assert_int_equal(ledger_prepare(&ledger, &to->endpoints), 0);
	ledger_switch(&ledger, &from->endpoints, &to->endpoints);
}

static void test_listener_when_it_gets_another_address_then_it_goes_on_counting(void **state)
{
	struct set a = { 0 }, b = { 0 };

	(void)state;
	add(&a, 0, "echo", "echo", false);
	begin(&a);
	count(0, 10);
	add(&b, 1, "echo", "echo", false);
	reload(&a, &b);
	assert_int_equal(shown(1), 10);
	count(1, 5);
	count(0, 2); /* somebody who waited there, or lives on */
	assert_int_equal(shown(1), 17);
}

static void test_listener_when_two_addresses_move_then_each_goes_on_for_its_own(void **state)
{
	struct set a = { 0 }, b = { 0 };

	(void)state;
	add(&a, 0, "echo", "echo", false);
	add(&a, 1, "echo", "echo", false);
	begin(&a);
	count(0, 10);
	count(1, 1);
	add(&b, 2, "echo", "echo", false);
	add(&b, 3, "echo", "echo", false);
	reload(&a, &b);
	assert_int_equal(shown(2), 10);
	assert_int_equal(shown(3), 1);
}

static void test_listener_when_an_address_goes_then_the_other_shows_its_counts(void **state)
{
	struct set a = { 0 }, b = { 0 };

	(void)state;
	add(&a, 0, "echo", "echo", false);
	add(&a, 1, "echo", "echo", false);
	begin(&a);
	count(0, 10);
	count(1, 1);
	add(&b, 1, "echo", "echo", true);
	reload(&a, &b);
	assert_int_equal(shown(1), 11);
}

static void test_listener_when_it_comes_back_then_it_has_its_counts_again(void **state)
{
	struct set a = { 0 }, b = { 0 }, c = { 0 };

	(void)state;
	add(&a, 0, "echo", "echo", false);
	begin(&a);
	count(0, 10);
	add(&b, 1, "other", "echo", false);
	reload(&a, &b);
	assert_int_equal(shown(1), 0);
	count(1, 3);
	add(&c, 0, "echo", "echo", false); /* its row has been another's, or cleared */
	add(&c, 1, "other", "echo", true);
	reload(&b, &c);
	assert_int_equal(shown(0), 10);
	assert_int_equal(shown(1), 3);
}

static void test_listeners_when_they_swap_addresses_then_none_has_the_others_counts(void **state)
{
	struct set a = { 0 }, b = { 0 };

	(void)state;
	add(&a, 0, "left", "echo", false);
	add(&a, 1, "right", "echo", false);
	begin(&a);
	count(0, 10);
	count(1, 1);
	add(&b, 1, "left", "echo", true);
	add(&b, 0, "right", "echo", true);
	reload(&a, &b);
	assert_int_equal(shown(1), 10);
	assert_int_equal(shown(0), 1);
	count(0, 5);
	reload(&b, &a);
	assert_int_equal(shown(0), 10);
	assert_int_equal(shown(1), 6);
}

static void test_listener_when_its_service_changes_then_that_counts_from_0(void **state)
{
	struct set a = { 0 }, b = { 0 };

	(void)state;
	add(&a, 0, "echo", "echo", false);
	begin(&a);
	count(0, 10);
	add(&b, 0, "echo", "discard", true);
	reload(&a, &b);
	assert_int_equal(shown(0), 0);
	count(0, 4);
	reload(&b, &a);
	assert_int_equal(shown(0), 10);
}

static void test_reload_when_it_fails_then_nothing_is_lost_or_shown_elsewhere(void **state)
{
	struct set a = { 0 }, b = { 0 };

	(void)state;
	add(&a, 0, "echo", "echo", false);
	begin(&a);
	count(0, 10);
	add(&b, 1, "echo", "echo", false);
	assert_int_equal(ledger_prepare(&ledger, &b.endpoints), 0);
	count(1, 2); /* by a worker that had switched already */
	assert_int_equal(shown(0), 10);
	reload(&a, &b);
	assert_int_equal(shown(1), 12);
}

static void test_active_when_an_address_has_gone_then_its_connections_are_the_heirs(void **state)
{
	struct set a = { 0 }, b = { 0 };

	(void)state;
	add(&a, 0, "echo", "echo", false);
	begin(&a);
	stats_add(&stats->workers[0].endpoints[0].active, 3);
	add(&b, 1, "echo", "echo", false);
	reload(&a, &b);
	stats_add(&stats->workers[1].endpoints[1].active, 1);
	assert_int_equal(ledger_active(&ledger, 1), 4);
	assert_int_equal(shown(1), 0);
}

static void test_accounts_when_there_are_too_many_then_the_oldest_is_forgotten(void **state)
{
	struct set sets[2] = { 0 }, first = { 0 };

	(void)state;
	add(&first, 0, "echo", "echo", false);
	begin(&first);
	count(0, 10);
	sets[0] = first;
	sets[0].endpoints.items = sets[0].items;
	for (int i = 0; i < LEDGER_ACCOUNTS_MAX; i++) {
		struct set *next = &sets[(i + 1) % 2];
		char name[16];

		*next = (struct set){ 0 };
		snprintf(name, sizeof(name), "n%d", i);
		add(next, (unsigned)(i + 1) % 2, name, "echo", false);
		reload(&sets[i % 2], next);
		assert_int_equal(shown((unsigned)(i + 1) % 2), 0);
		count((unsigned)(i + 1) % 2, 1);
	}
	assert_int_equal(ledger.n_accounts, LEDGER_ACCOUNTS_MAX);
	first.sockets[0].row = 2;
	reload(&sets[LEDGER_ACCOUNTS_MAX % 2], &first);
	assert_int_equal(shown(2), 0);
	memset(&sets[1], 0, sizeof(sets[1]));
	add(&sets[1], 1, "n1", "echo", false); /* n0 had to go for echo's coming back */
	reload(&first, &sets[1]);
	assert_int_equal(shown(1), 1);
	memset(&sets[0], 0, sizeof(sets[0]));
	add(&sets[0], 3, "n2", "echo", false); /* the oldest is wanted, and n3 has to go */
	add(&sets[0], 4, "new", "echo", false);
	reload(&sets[1], &sets[0]);
	assert_int_equal(shown(3), 1);
	assert_int_equal(shown(4), 0);
}

static void test_accounts_when_reloads_fail_then_those_in_force_are_not_forgotten(void **state)
{
	struct set a = { 0 }, b = { 0 };

	(void)state;
	add(&a, 0, "echo", "echo", false);
	begin(&a);
	count(0, 10);
	for (int i = 0; i < 2 * LEDGER_ACCOUNTS_MAX; i++) {
		struct set next = { 0 };
		char name[16];

		snprintf(name, sizeof(name), "n%d", i);
		add(&next, 1, name, "echo", false);
		assert_int_equal(ledger_prepare(&ledger, &next.endpoints), 0);
	}
	assert_int_equal(shown(0), 10);
	add(&b, 2, "echo", "echo", false);
	reload(&a, &b);
	assert_int_equal(shown(2), 10);
}

/* ---- The model ---- */

enum {
	ADDRESSES = 6,
	NAMES = 3,
	SERVICES = 2,
	ACCOUNTS = NAMES * SERVICES,
	ROWS = 3 * ADDRESSES,
	NOBODY = -1
};

struct model {
	int64_t counted[ACCOUNTS];
	int of_row[ROWS];	/* the account; NOBODY's at first */
	int row[ADDRESSES];	/* of the address in the set in force; NOBODY = unlisted */
	int account[ADDRESSES]; /* likewise */
	int64_t shown[ROWS];	/* at the last look, of listed rows */
	struct set set;
};

static bool is_listed(const struct model *m, unsigned row)
{
	for (int i = 0; i < ADDRESSES; i++)
		if (m->row[i] == (int)row)
			return true;
	return false;
}

static int free_row(const struct model *old, const struct model *next)
{
	for (unsigned row = 0; row < ROWS; row++)
		if (!is_listed(old, row) && !is_listed(next, row))
			return (int)row;
	fail_msg("no row is free");
	return 0;
}

static void plan(const struct model *m, struct model *next, struct random_source *random)
{
	static const char *const names[] = { "a", "b", "c" }, *const services[] = { "echo",
										    "time" };

	*next = *m;
	next->set = (struct set){ 0 };
	for (int i = 0; i < ADDRESSES; i++)
		next->row[i] = NOBODY;
	for (int i = 0; i < ADDRESSES; i++) {
		const int wanted = (int)random_below(random, ACCOUNTS + 2);
		const bool kept = m->row[i] != NOBODY;

		if (wanted >= ACCOUNTS)
			continue;
		next->account[i] = wanted;
		next->row[i] = kept ? m->row[i] : free_row(m, next);
		if (!kept)
			next->of_row[next->row[i]] = wanted;
		add(&next->set, (unsigned)next->row[i], names[wanted % NAMES],
		    services[wanted / NAMES], kept);
	}
}

static void switch_to(struct model *m, struct model *next)
{
	ledger_switch(&ledger, &m->set.endpoints, &next->set.endpoints);
	for (int i = 0; i < ADDRESSES; i++) {
		const int row = next->row[i];

		if (row == NOBODY)
			continue;
		if (m->row[i] != row || m->account[i] != next->account[i])
			next->shown[row] = 0;
		next->of_row[row] = next->account[i];
	}
	memcpy(next->counted, m->counted, sizeof(next->counted));
	*m = *next;
	m->set.endpoints.items = m->set.items;
	for (size_t i = 0; i < m->set.endpoints.length; i++) {
		m->set.listeners[i].name = m->set.names[i];
		m->set.items[i].listener = &m->set.listeners[i];
		m->set.items[i].sockets = &m->set.sockets[i];
	}
}

static void look(struct model *m)
{
	int64_t sums[ACCOUNTS] = { 0 };
	bool listed[ACCOUNTS] = { false };

	for (int i = 0; i < ADDRESSES; i++) {
		int64_t n;

		if (m->row[i] == NOBODY)
			continue;
		n = shown((unsigned)m->row[i]);
		assert_true(n >= m->shown[m->row[i]]);
		m->shown[m->row[i]] = n;
		sums[m->account[i]] += n;
		listed[m->account[i]] = true;
	}
	for (int i = 0; i < ACCOUNTS; i++)
		if (listed[i])
			assert_int_equal(sums[i], m->counted[i]);
}

/* Listed or not: also those that went have somebody who goes on. */
static void count_some(struct model *m, struct random_source *random)
{
	for (unsigned row = 0; row < ROWS; row++)
		if (m->of_row[row] != NOBODY && random_below(random, 3) == 0) {
			const int64_t n = (int64_t)random_below(random, 10);

			count(row, n);
			m->counted[m->of_row[row]] += n;
		}
}

static void test_accounts_when_reloads_are_random_then_they_have_what_was_counted(void **state)
{
	static struct model m, next;
	struct random_source random = random_start("test_ledger");

	(void)state;
	for (int i = 0; i < ROWS; i++)
		m.of_row[i] = NOBODY;
	for (int i = 0; i < ADDRESSES; i++)
		m.row[i] = NOBODY;
	begin(&m.set);
	for (int i = 0; i < 20000; i++) {
		plan(&m, &next, &random);
		assert_int_equal(ledger_prepare(&ledger, &next.set.endpoints), 0);
		if (random_below(&random, 4) == 0) { /* it fails */
			memcpy(m.of_row, next.of_row, sizeof(m.of_row));
			continue;
		}
		switch_to(&m, &next);
		look(&m);
		count_some(&m, &random);
		look(&m);
	}
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_listener_when_it_gets_another_address_then_it_goes_on_counting),
		TEST(test_listener_when_two_addresses_move_then_each_goes_on_for_its_own),
		TEST(test_listener_when_an_address_goes_then_the_other_shows_its_counts),
		TEST(test_listener_when_it_comes_back_then_it_has_its_counts_again),
		TEST(test_listeners_when_they_swap_addresses_then_none_has_the_others_counts),
		TEST(test_listener_when_its_service_changes_then_that_counts_from_0),
		TEST(test_reload_when_it_fails_then_nothing_is_lost_or_shown_elsewhere),
		TEST(test_active_when_an_address_has_gone_then_its_connections_are_the_heirs),
		TEST(test_accounts_when_there_are_too_many_then_the_oldest_is_forgotten),
		TEST(test_accounts_when_reloads_fail_then_those_in_force_are_not_forgotten),
		TEST(test_accounts_when_reloads_are_random_then_they_have_what_was_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
