/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * Every datagram that was sent is in one sum of the summary, and in no other, however a run ends.
 */
#include "tests/cmocka_all.h"

#include <errno.h>
#include <string.h>

#include "echod/attr.h"
#include "tests/fake/fake_syscalls.h"
#include "tests/multiconn/sea.h"

static void swallow(size_t nth UNUSED, struct sea_answer answer UNUSED)
{
}

/* One connection, whose answers come 10 ms after each other. */
static void answer_in_turn(size_t nth, struct sea_answer answer)
{
	sea_answer_after(answer, 10 * (int64_t)(nth + 1));
}

static void answer_odd(size_t nth, struct sea_answer answer)
{
	if (nth % 2 == 1)
		sea_answer_after(answer, 1);
}

static void answer_twice(size_t nth UNUSED, struct sea_answer answer)
{
	sea_answer_after(answer, 1);
	sea_answer_after(answer, 2);
}

static void answer_third_wrongly(size_t nth, struct sea_answer answer)
{
	if (nth == 2)
		answer.text[0] ^= 1;
	sea_answer_after(answer, 10 * (int64_t)(nth + 1));
}

/* Both within the second in which it is listened for, and behind it. */
static void answer_late(size_t nth, struct sea_answer answer)
{
	sea_answer_after(answer, nth % 2 == 0 ? 1500 : 2500);
}

static void answer_backwards(size_t nth, struct sea_answer answer)
{
	sea_answer_after(answer, 100 - 10 * (int64_t)nth);
}

struct ending {
	const char *name;
	void (*fate)(size_t nth, struct sea_answer answer);
	enum fake_call call; /* whose nth fails with this error; nth 0 = none does */
	unsigned nth;
	int error;
	int64_t interrupt_ms;
	int result;
	struct datagram_tally expected; /* but for what came */
	enum failure failure;
};

static const struct ending endings[] = {
	{ .name = "all answered",
	  .fate = answer_in_turn,
	  .expected = { .sent = 5, .answered = 5 } },
	{ .name = "all lost",
	  .fate = swallow,
	  .expected = { .sent = 5, .lost = 5 },
	  .failure = FAILURE_TIMEOUT },
	{ .name = "some lost",
	  .fate = answer_odd,
	  .expected = { .sent = 5, .answered = 2, .lost = 3 },
	  .failure = FAILURE_SHORTFALL },
	{ .name = "all twice",
	  .fate = answer_twice,
	  .expected = { .sent = 5, .answered = 5, .duplicated = 5 },
	  .failure = FAILURE_MISMATCH },
	{ .name = "backwards",
	  .fate = answer_backwards,
	  .expected = { .sent = 5, .answered = 5, .reordered = 4 } },
	{ .name = "late, or too late",
	  .fate = answer_late,
	  .expected = { .sent = 5, .late = 3, .lost = 2 },
	  .failure = FAILURE_TIMEOUT },
	{ .name = "a mismatch",
	  .fate = answer_third_wrongly,
	  .expected = { .sent = 5, .answered = 2, .unfinished = 3 },
	  .failure = FAILURE_MISMATCH },
	{ .name = "refused by the first address",
	  .fate = answer_in_turn,
	  .call = FAKE_RECV,
	  .nth = 1,
	  .error = ECONNREFUSED,
	  .expected = { .sent = 10, .answered = 5, .refused = 5 } },
	{ .name = "prohibited by the first address",
	  .fate = answer_in_turn,
	  .call = FAKE_RECV,
	  .nth = 1,
	  .error = EHOSTUNREACH,
	  .expected = { .sent = 10, .answered = 5, .refused = 5 } },
	/* The first answer is received, and then that there is no other yet. */
	{ .name = "refused after an answer",
	  .fate = answer_in_turn,
	  .call = FAKE_RECV,
	  .nth = 3,
	  .error = ECONNREFUSED,
	  .expected = { .sent = 5, .answered = 1, .refused = 4 },
	  .failure = FAILURE_REFUSED },
	{ .name = "no memory to receive",
	  .fate = answer_in_turn,
	  .call = FAKE_RECV,
	  .nth = 3,
	  .error = ENOMEM,
	  .expected = { .sent = 5, .answered = 1, .unfinished = 4 },
	  .failure = FAILURE_LOCAL_LIMIT },
	{ .name = "too long to send",
	  .fate = answer_in_turn,
	  .call = FAKE_SEND,
	  .nth = 3,
	  .error = EMSGSIZE,
	  .expected = { .sent = 2, .unfinished = 2 },
	  .failure = FAILURE_LOCAL_LIMIT },
	{ .name = "may not send to the first address",
	  .fate = answer_in_turn,
	  .call = FAKE_SEND,
	  .nth = 3,
	  .error = EPERM,
	  .expected = { .sent = 7, .answered = 5, .unfinished = 2 } },
	{ .name = "interrupted",
	  .fate = answer_in_turn,
	  .interrupt_ms = 25,
	  .expected = { .sent = 5, .answered = 2, .unfinished = 3 } },
	{ .name = "interrupted while it listens for what is late",
	  .fate = answer_late,
	  .interrupt_ms = 1600,
	  .expected = { .sent = 5, .late = 3, .unfinished = 2 } },
	/* It waits in vain, for the first answer, and fails. */
	{ .name = "no run any more",
	  .fate = answer_in_turn,
	  .call = FAKE_POLL,
	  .nth = 3,
	  .error = ENOMEM,
	  .result = -ENOMEM,
	  .expected = { .sent = 5, .answered = 1, .unfinished = 4 } },
};

static void expect_sums(const char *name, const struct tally *tally)
{
	const struct datagram_tally *d = &tally->datagrams;

	if (d->sent != d->answered + d->late + d->lost + d->refused + d->unfinished)
		fail_msg("%s: %d sent are not %d answered, %d late, %d lost, %d refused, "
			 "%d unfinished",
			 name, (int)d->sent, (int)d->answered, (int)d->late, (int)d->lost,
			 (int)d->refused, (int)d->unfinished);
}

static void expect_ending(const struct ending *e)
{
	struct datagram_tally d;
	struct tally tally;

	sea_begin(e->fate);
	if (e->interrupt_ms)
		sea.interrupt_ms = sea.now_ms + e->interrupt_ms;
	fake_reset();
	if (e->nth)
		fake_fail(e->call, e->nth, e->error);
	assert_int_equal(sea_run(1, 1000, NULL, &tally), e->result);
	fake_reset();
	expect_sums(e->name, &tally);
	d = tally.datagrams;
	d.used = false;
	d.received = d.refused_bytes = 0;
	if (memcmp(&d, &e->expected, sizeof(d)) != 0)
		fail_msg("%s: %d sent, %d answered, %d late, %d lost, %d twice, %d reordered, "
			 "%d refused, %d unfinished",
			 e->name, (int)d.sent, (int)d.answered, (int)d.late, (int)d.lost,
			 (int)d.duplicated, (int)d.reordered, (int)d.refused, (int)d.unfinished);
	if (e->failure && tally.failures[e->failure] != 1)
		fail_msg("%s: not %s", e->name, failure_word(e->failure));
	else if (e->failure)
		assert_int_equal(tally.failed, 1);
	else if (tally.failed != 0)
		fail_msg("%s: %d failed", e->name, (int)tally.failed);
}

static void test_run_when_it_ends_in_any_way_then_each_datagram_is_in_one_sum(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(endings); i++)
		expect_ending(&endings[i]);
}

/* Three connections, whose answers come one by one. */
static void run_unharmed(void *must_succeed)
{
	const bool *must = must_succeed;
	struct tally tally;
	int r;

	sea_begin(answer_in_turn);
	r = sea_run(3, 1000, NULL, &tally);
	expect_sums(fake_hit() ? fake_hit() : "nothing fails", &tally);
	if (r == 0)
		assert_int_equal(tally.verified + tally.failed, 3);
	if (*must || !fake_hit()) {
		assert_int_equal(r, 0);
		assert_int_equal(tally.verified, 3);
	}
}

static void test_run_when_any_call_fails_then_each_datagram_is_in_one_sum(void **state)
{
	bool must_succeed = false;

	(void)state;
	assert_true(fake_each_point(FAKE_ERROR, "datagrams", run_unharmed, &must_succeed) >= 60);
	must_succeed = true;
	assert_true(fake_each_point(FAKE_INTERRUPT, "datagrams", run_unharmed, &must_succeed) >=
		    60);
	fake_reset();
}

/* Of what nothing answers only a refusal is told. */
static void test_run_when_nothing_is_answered_then_nothing_is_lost_or_unfinished(void **state)
{
	struct tally tally;

	(void)state;
	sea_begin(swallow);
	fake_reset();
	fake_fail(FAKE_SEND, 3, ECONNREFUSED);
	assert_int_equal(sea_run(1, 1000, "discard", &tally), 0);
	fake_reset();
	assert_int_equal(tally.datagrams.sent, 2 + 5);
	assert_int_equal(tally.datagrams.refused, 2);
	assert_int_equal(tally.datagrams.refused_bytes, strlen("onetwo"));
	assert_int_equal(tally.datagrams.lost + tally.datagrams.unfinished, 0);
	sea_begin(swallow);
	sea.interrupt_ms = sea.now_ms;
	assert_int_equal(sea_run(1, 1000, "discard", &tally), 0);
	assert_int_equal(tally.datagrams.sent, 5);
	assert_int_equal(tally.datagrams.lost + tally.datagrams.unfinished, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_run_when_it_ends_in_any_way_then_each_datagram_is_in_one_sum),
		cmocka_unit_test(test_run_when_any_call_fails_then_each_datagram_is_in_one_sum),
		cmocka_unit_test(
		    test_run_when_nothing_is_answered_then_nothing_is_lost_or_unfinished),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
