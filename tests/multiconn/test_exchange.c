/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/cmocka_all.h"

#include <errno.h>
#include <string.h>

#include "multiconn/exchange.h"
#include "multiconn/expect.h"

static const char *const texts[] = { "one", "two", "three", "four" };

struct scene {
	struct pattern pattern;
	struct exchange e;
	uint8_t messages[4];
	struct problem problem;
};

/* All four messages are sent. */
static void begin(struct scene *s)
{
	const uint8_t *data;
	size_t length;

	*s = (struct scene){ .e = { 0 } };
	s->e.messages = s->messages;
	assert_int_equal(pattern_init(&s->pattern, texts, 4, 0), 0);
	for (size_t i = 0; i < 4; i++) {
		assert_true(exchange_next(&s->e, &s->pattern, &data, &length));
		assert_int_equal(length, strlen(texts[i]));
		assert_memory_equal(data, texts[i], length);
		exchange_sent(&s->e, &s->pattern);
	}
	assert_false(exchange_next(&s->e, &s->pattern, &data, &length));
}

static void end(struct scene *s)
{
	pattern_fini(&s->pattern);
}

static enum arrival come(struct scene *s, const char *text)
{
	return exchange_received(&s->e, &s->pattern, (const uint8_t *)text, strlen(text),
				 &s->problem);
}

static void test_exchange_when_all_come_in_order_then_good(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(exchange_in_flight(&s.e), 4 - i);
		assert_false(exchange_is_complete(&s.e, &s.pattern));
		assert_int_equal(come(&s, texts[i]), ARRIVAL_ANSWER);
	}
	assert_true(exchange_is_complete(&s.e, &s.pattern));
	assert_true(exchange_verdict(&s.e, &s.pattern, &s.problem));
	assert_int_equal(s.e.answered, 4);
	assert_int_equal(s.e.reordered + s.e.late + s.e.duplicates, 0);
	end(&s);
}

static void test_exchange_when_out_of_order_then_counted_and_good(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	assert_int_equal(come(&s, "three"), ARRIVAL_ANSWER);
	assert_int_equal(exchange_in_flight(&s.e), 1);
	assert_int_equal(come(&s, "one"), ARRIVAL_ANSWER);
	assert_int_equal(come(&s, "two"), ARRIVAL_ANSWER);
	assert_int_equal(come(&s, "four"), ARRIVAL_ANSWER);
	assert_int_equal(s.e.reordered, 2);
	assert_int_equal(s.e.answered, 4);
	assert_true(exchange_verdict(&s.e, &s.pattern, &s.problem));
	end(&s);
}

static void test_exchange_when_one_is_lost_then_shortfall_at_it(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	come(&s, "one");
	come(&s, "three");
	come(&s, "four");
	assert_int_equal(exchange_in_flight(&s.e), 0);
	assert_false(exchange_verdict(&s.e, &s.pattern, &s.problem));
	assert_int_equal(s.problem.failure, FAILURE_SHORTFALL);
	assert_int_equal(s.problem.datagram, 2);
	assert_int_equal(s.problem.n_missing, 1);
	assert_int_equal(s.problem.n_late, 0);
	assert_true(s.problem.established);
	end(&s);
}

static void test_exchange_when_nothing_comes_then_timeout_as_if_nobody_were_there(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	exchange_give_up(&s.e);
	assert_int_equal(exchange_in_flight(&s.e), 0);
	assert_false(exchange_verdict(&s.e, &s.pattern, &s.problem));
	assert_int_equal(s.problem.failure, FAILURE_TIMEOUT);
	assert_int_equal(s.problem.n_missing, 4);
	assert_false(s.problem.established);
	end(&s);
}

static void test_exchange_when_given_up_then_late_and_not_reordered(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	come(&s, "one");
	come(&s, "two");
	come(&s, "four");
	exchange_give_up(&s.e);
	assert_int_equal(come(&s, "three"), ARRIVAL_ANSWER);
	assert_int_equal(s.e.late, 1);
	assert_int_equal(s.e.answered, 3);
	assert_int_equal(s.e.reordered, 0);
	assert_true(exchange_is_complete(&s.e, &s.pattern));
	assert_false(exchange_verdict(&s.e, &s.pattern, &s.problem));
	assert_int_equal(s.problem.failure, FAILURE_TIMEOUT);
	assert_int_equal(s.problem.n_late, 1);
	assert_int_equal(s.problem.n_missing, 0);
	assert_int_equal(s.problem.datagram, 3);
	end(&s);
}

static void test_exchange_when_one_comes_twice_then_mismatch_at_it(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	for (size_t i = 0; i < 4; i++)
		come(&s, texts[i]);
	assert_int_equal(come(&s, "three"), ARRIVAL_DUPLICATE);
	assert_int_equal(come(&s, "two"), ARRIVAL_DUPLICATE);
	assert_int_equal(s.e.duplicates, 2);
	assert_false(exchange_verdict(&s.e, &s.pattern, &s.problem));
	assert_int_equal(s.problem.failure, FAILURE_MISMATCH);
	assert_int_equal(s.problem.datagram, 3);
	assert_int_equal(s.problem.n_expected, 0);
	assert_int_equal(s.problem.n_received, 5);
	assert_memory_equal(s.problem.received, "three", 5);
	end(&s);
}

static void test_exchange_when_a_byte_is_wrong_then_its_place(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	come(&s, "one");
	assert_int_equal(come(&s, "twx"), ARRIVAL_WRONG);
	assert_int_equal(s.problem.failure, FAILURE_MISMATCH);
	assert_int_equal(s.problem.datagram, 2);
	assert_int_equal(s.problem.offset, 2);
	assert_int_equal(s.problem.n_expected, 1);
	assert_int_equal(s.problem.expected[0], 'o');
	assert_int_equal(s.problem.n_received, 1);
	assert_int_equal(come(&s, "tw"), ARRIVAL_WRONG);
	assert_int_equal(s.problem.offset, 2);
	assert_int_equal(s.problem.n_received, 0);
	assert_int_equal(come(&s, "two "), ARRIVAL_WRONG);
	assert_int_equal(s.problem.offset, 3);
	assert_int_equal(s.problem.n_expected, 0);
	assert_int_equal(come(&s, ""), ARRIVAL_WRONG);
	end(&s);
}

static void test_exchange_when_not_sent_yet_then_wrong(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	s.e.sent = 1;
	assert_int_equal(come(&s, "two"), ARRIVAL_WRONG);
	assert_int_equal(s.problem.datagram, 1);
	assert_int_equal(come(&s, "one"), ARRIVAL_ANSWER);
	assert_int_equal(come(&s, "two"), ARRIVAL_WRONG);
	assert_int_equal(s.problem.n_expected, 0);
	end(&s);
}

static void test_exchange_when_messages_are_equal_then_each_wants_its_own(void **state)
{
	const char *const equal[] = { "a", "a", "" };
	struct scene s;

	(void)state;
	begin(&s);
	end(&s);
	assert_int_equal(pattern_init(&s.pattern, equal, 3, 0), 0);
	s.e = (struct exchange){ .messages = s.messages, .sent = 3 };
	assert_int_equal(come(&s, "a"), ARRIVAL_ANSWER);
	assert_int_equal(come(&s, "a"), ARRIVAL_ANSWER);
	assert_int_equal(come(&s, ""), ARRIVAL_ANSWER);
	assert_int_equal(come(&s, "a"), ARRIVAL_DUPLICATE);
	assert_int_equal(s.e.answered, 3);
	end(&s);
}

/* ---- Other services ---- */

/* The same four messages, to this service. */
static void begin_service(struct scene *s, struct expect *e, const char *name)
{
	begin(s);
	*e = (struct expect){ .service = expect_service_find(name) };
	s->pattern.expect = e;
	s->e = (struct exchange){ .messages = s->messages };
	for (size_t i = 0; i < 4; i++)
		exchange_sent(&s->e, &s->pattern);
}

static void test_exchange_when_daytime_then_answers_count_in_order_of_requests(void **state)
{
	struct expect e;
	struct scene s;

	(void)state;
	begin_service(&s, &e, "daytime");
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(exchange_in_flight(&s.e), 4 - i);
		assert_int_equal(come(&s, "Monday\r\n"), ARRIVAL_ANSWER);
	}
	assert_true(exchange_is_complete(&s.e, &s.pattern));
	assert_true(exchange_verdict(&s.e, &s.pattern, &s.problem));
	assert_int_equal(come(&s, "Monday\r\n"), ARRIVAL_DUPLICATE);
	assert_false(exchange_verdict(&s.e, &s.pattern, &s.problem));
	assert_int_equal(s.problem.failure, FAILURE_MISMATCH);
	assert_string_equal(s.problem.wanted, "no second answer");
	assert_null(s.problem.received);
	assert_int_equal(s.e.reordered, 0);
	end(&s);
}

static void test_exchange_when_daytime_is_lost_or_late_then_told_apart(void **state)
{
	struct expect e;
	struct scene s;

	(void)state;
	begin_service(&s, &e, "daytime");
	come(&s, "Monday\r\n");
	exchange_give_up(&s.e);
	assert_int_equal(come(&s, "Monday\r\n"), ARRIVAL_ANSWER);
	assert_int_equal(s.e.answered, 1);
	assert_int_equal(s.e.late, 1);
	assert_false(exchange_verdict(&s.e, &s.pattern, &s.problem));
	assert_int_equal(s.problem.failure, FAILURE_SHORTFALL);
	assert_int_equal(s.problem.n_missing, 2);
	assert_int_equal(s.problem.n_late, 1);
	end(&s);
}

static void test_exchange_when_an_answer_is_cut_or_wrong_then_a_mismatch(void **state)
{
	struct expect e;
	struct scene s;

	(void)state;
	begin_service(&s, &e, "daytime");
	come(&s, "Monday\r\n");
	assert_int_equal(come(&s, "Monday"), ARRIVAL_WRONG);
	assert_int_equal(s.problem.failure, FAILURE_MISMATCH);
	assert_int_equal(s.problem.datagram, 2);
	assert_int_equal(s.problem.offset, 6);
	assert_string_equal(s.problem.wanted, "the rest of the answer");
	assert_int_equal(s.problem.n_received, 0);
	assert_int_equal(come(&s, "Mon\x01"), ARRIVAL_WRONG);
	assert_int_equal(s.problem.offset, 3);
	end(&s);
}

static void test_exchange_when_silent_then_complete_once_sent_and_any_answer_is_wrong(void **state)
{
	struct expect e;
	struct scene s;

	(void)state;
	begin_service(&s, &e, "discard");
	assert_int_equal(exchange_in_flight(&s.e), 0);
	assert_true(exchange_is_complete(&s.e, &s.pattern));
	assert_true(exchange_verdict(&s.e, &s.pattern, &s.problem));
	assert_int_equal(come(&s, "one"), ARRIVAL_WRONG);
	assert_string_equal(s.problem.wanted, "nothing at all");
	assert_int_equal(come(&s, ""), ARRIVAL_WRONG);
	s.e.sent = 3;
	assert_false(exchange_is_complete(&s.e, &s.pattern));
	assert_false(exchange_verdict(&s.e, &s.pattern, &s.problem));
	assert_int_equal(s.problem.failure, FAILURE_TIMEOUT);
	assert_int_equal(s.problem.n_missing, 1);
	end(&s);
}

static void test_exchange_error_when_nothing_came_then_never_connected(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	assert_int_equal(exchange_error(&s.e, &s.pattern, ECONNREFUSED).failure, FAILURE_REFUSED);
	assert_false(exchange_error(&s.e, &s.pattern, ECONNREFUSED).established);
	assert_int_equal(exchange_error(&s.e, &s.pattern, EMSGSIZE).failure, FAILURE_LOCAL_LIMIT);
	come(&s, "one");
	assert_true(exchange_error(&s.e, &s.pattern, ECONNREFUSED).established);
	assert_int_equal(exchange_error(&s.e, &s.pattern, ECONNREFUSED).n_missing, 3);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exchange_when_all_come_in_order_then_good),
		cmocka_unit_test(test_exchange_when_out_of_order_then_counted_and_good),
		cmocka_unit_test(test_exchange_when_one_is_lost_then_shortfall_at_it),
		cmocka_unit_test(
		    test_exchange_when_nothing_comes_then_timeout_as_if_nobody_were_there),
		cmocka_unit_test(test_exchange_when_given_up_then_late_and_not_reordered),
		cmocka_unit_test(test_exchange_when_one_comes_twice_then_mismatch_at_it),
		cmocka_unit_test(test_exchange_when_a_byte_is_wrong_then_its_place),
		cmocka_unit_test(test_exchange_when_not_sent_yet_then_wrong),
		cmocka_unit_test(test_exchange_when_messages_are_equal_then_each_wants_its_own),
		cmocka_unit_test(
		    test_exchange_when_daytime_then_answers_count_in_order_of_requests),
		cmocka_unit_test(test_exchange_when_daytime_is_lost_or_late_then_told_apart),
		cmocka_unit_test(test_exchange_when_an_answer_is_cut_or_wrong_then_a_mismatch),
		cmocka_unit_test(
		    test_exchange_when_silent_then_complete_once_sent_and_any_answer_is_wrong),
		cmocka_unit_test(test_exchange_error_when_nothing_came_then_never_connected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
