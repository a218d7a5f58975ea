/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * Who serves which slot: everybody his own, and who else where he cannot or should not.
 */
#include "tests/cmocka_all.h"

#include "src/echod/slots.h"

enum {
	N = 4
};

/* S serves, A is ahead besides, B is busy besides, - does not serve. */
static void read_workers(const char *text, struct slot_worker *workers)
{
	for (int i = 0; i < N; i++)
		workers[i] = (struct slot_worker){ .serves = text[i] != '-',
						   .ahead = text[i] == 'A',
						   .busy = text[i] == 'B' };
}

static void expect(const char *text, const int64_t *active, int a, int b, int c, int d)
{
	struct slot_worker workers[N];
	const int wanted[N] = { a, b, c, d };
	int owners[N];

	read_workers(text, workers);
	for (int i = 0; active && i < N; i++)
		workers[i].active = active[i];
	slots_assign(workers, N, owners);
	for (int i = 0; i < N; i++)
		assert_int_equal(owners[i], wanted[i]);
}

static void test_slots_when_all_serve_are_their_own(void **state)
{
	(void)state;
	expect("SSSS", NULL, 0, 1, 2, 3);
	expect("BBBB", NULL, 0, 1, 2, 3);
}

static void test_slots_when_one_is_gone_go_to_the_least_busy(void **state)
{
	(void)state;
	expect("-SSS", (int64_t[]){ 0, 30, 20, 10 }, 3, 1, 2, 3);
	expect("--SS", (int64_t[]){ 0, 0, 20, 10 }, 3, 2, 2, 3);
	expect("---S", NULL, 3, 3, 3, 3);
	expect("----", NULL, SLOT_NOBODY, SLOT_NOBODY, SLOT_NOBODY, SLOT_NOBODY);
}

static void test_slots_when_one_is_ahead_go_to_another(void **state)
{
	(void)state;
	expect("SASS", (int64_t[]){ 10, 90, 30, 20 }, 0, 0, 2, 3);
	expect("AAAS", NULL, 3, 3, 3, 3);
}

static void test_slots_when_all_are_ahead_are_their_own(void **state)
{
	(void)state;
	expect("AAAA", NULL, 0, 1, 2, 3);
	expect("A---", NULL, 0, 0, 0, 0);
	expect("-AA-", (int64_t[]){ 0, 50, 60, 0 }, 1, 1, 2, 2);
}

static void test_slots_when_another_may_hang_stay(void **state)
{
	(void)state;
	expect("ABBB", NULL, 0, 1, 2, 3);
	expect("ABSB", (int64_t[]){ 9, 0, 5, 0 }, 2, 1, 2, 3);
	/* But who has gone needs somebody. */
	expect("-BAA", NULL, 1, 1, 2, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slots_when_all_serve_are_their_own),
		cmocka_unit_test(test_slots_when_one_is_gone_go_to_the_least_busy),
		cmocka_unit_test(test_slots_when_one_is_ahead_go_to_another),
		cmocka_unit_test(test_slots_when_all_are_ahead_are_their_own),
		cmocka_unit_test(test_slots_when_another_may_hang_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
