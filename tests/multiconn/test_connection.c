/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/cmocka_all.h"

#include <errno.h>
#include <string.h>

#include "echod/attr.h"
#include "echod/selector.h"
#include "multiconn/connection.h"

static const char *const texts[] = { "Message 1.", "Message 2." };
static struct pattern pattern;

static int set_up(void **state)
{
	(void)state;
	return pattern_init(&pattern, texts, 2, 0);
}

static int tear_down(void **state)
{
	(void)state;
	pattern_fini(&pattern);
	return 0;
}

/* A connection that has sent its first n bytes. */
static struct connection sent(size_t n)
{
	struct connection c;

	connection_init(&c);
	connection_established(&c, &pattern, false);
	connection_send_done(&c, n);
	return c;
}

static void test_send_data_when_cut_anywhere_then_the_rest_of_that_message(void **state)
{
	(void)state;
	for (size_t at = 0; at < pattern.length; at++) {
		struct connection c = sent(at);
		const uint8_t *data;
		size_t n = connection_send_data(&c, &pattern, &data);

		assert_ptr_equal(data, pattern.bytes + at);
		assert_int_equal(at + n, at < 10 ? 10 : 20);
		assert_int_equal(connection_at_message(&c, &pattern), at == 0 || at == 10);
		assert_int_equal(connection_wants(&c, &pattern), EVENT_READ | EVENT_WRITE);
	}
}

static void test_send_data_when_all_is_sent_then_none_and_only_reading(void **state)
{
	struct connection c = sent(pattern.length);
	const uint8_t *data;

	(void)state;
	assert_int_equal(connection_send_data(&c, &pattern, &data), 0);
	assert_int_equal(connection_wants(&c, &pattern), EVENT_READ);
}

static void take(struct connection *c, size_t from, size_t to)
{
	struct problem problem;

	assert_true(connection_received(c, &pattern, pattern.bytes + from, to - from, &problem));
}

/* The echo in three pieces, cut at every two places. */
static void test_received_when_split_anywhere_then_held_with_the_last_byte(void **state)
{
	struct problem problem;

	(void)state;
	for (size_t a = 1; a < pattern.length - 1; a++) {
		for (size_t b = a + 1; b < pattern.length; b++) {
			struct connection c = sent(pattern.length);

			take(&c, 0, a);
			take(&c, a, b);
			assert_int_equal(c.state, CONNECTION_TALKING);
			take(&c, b, pattern.length);
			assert_int_equal(c.state, CONNECTION_HELD);
			assert_true(connection_eof(&c, &pattern, &problem));
		}
	}
}

/* The echo in two pieces: which one is refused, and why. */
static void expect_mismatch(const uint8_t *echo, size_t cut, size_t wrong)
{
	struct connection c = sent(pattern.length);
	struct problem problem;
	bool first = connection_received(&c, &pattern, echo, cut, &problem);

	assert_int_equal(first, wrong >= cut);
	if (first)
		assert_false(
		    connection_received(&c, &pattern, echo + cut, pattern.length - cut, &problem));
	assert_int_equal(problem.failure, FAILURE_MISMATCH);
	assert_int_equal(problem.offset, wrong);
	assert_int_equal(c.verified, wrong);
	assert_int_equal(problem.expected[0], pattern.bytes[wrong]);
	assert_int_equal(problem.received[0], echo[wrong]);
	assert_true(problem.established);
}

static void test_received_when_a_byte_is_wrong_then_its_offset_is_named(void **state)
{
	uint8_t echo[20];

	(void)state;
	for (size_t wrong = 0; wrong < pattern.length; wrong++) {
		memcpy(echo, pattern.bytes, pattern.length);
		echo[wrong] ^= 1;
		for (size_t cut = 1; cut <= pattern.length; cut++)
			expect_mismatch(echo, cut, wrong);
	}
}

static void test_received_when_surplus_then_a_mismatch_behind_the_end(void **state)
{
	static const uint8_t surplus[] = "x";
	struct connection c = sent(pattern.length);
	struct problem problem;

	(void)state;
	take(&c, 0, pattern.length);
	c.state = CONNECTION_ENDING;
	assert_false(connection_received(&c, &pattern, surplus, 1, &problem));
	assert_int_equal(problem.failure, FAILURE_MISMATCH);
	assert_int_equal(problem.offset, pattern.length);
	assert_int_equal(problem.n_expected, 0);
	assert_int_equal(problem.n_received, 1);
}

static void test_received_when_not_sent_yet_then_right_by_accident_is_wrong(void **state)
{
	struct connection c = sent(5);
	struct problem problem;

	(void)state;
	assert_false(connection_received(&c, &pattern, pattern.bytes, 6, &problem));
	assert_int_equal(problem.offset, 5);
	assert_int_equal(c.verified, 5);
}

static void test_eof_when_bytes_are_missing_then_eof_or_shortfall(void **state)
{
	(void)state;
	for (size_t got = 0; got < pattern.length; got++) {
		struct connection c = sent(pattern.length);
		struct problem problem;

		c.verified = got;
		assert_false(connection_eof(&c, &pattern, &problem));
		assert_int_equal(problem.failure, got == 0 ? FAILURE_EOF : FAILURE_SHORTFALL);
		assert_int_equal(problem.offset, got);
		assert_int_equal(problem.n_expected, pattern.length - got);
	}
}

static void test_established_when_nothing_is_to_be_sent_then_held(void **state)
{
	const char *const none[] = { "" };
	struct pattern empty;
	struct connection c;

	(void)state;
	assert_int_equal(pattern_init(&empty, none, 1, 0), 0);
	connection_init(&c);
	connection_established(&c, &empty, false);
	assert_int_equal(c.state, CONNECTION_HELD);
	assert_int_equal(connection_wants(&c, &empty), EVENT_READ);
	pattern_fini(&empty);
}

/* Not before the header's last byte, and no byte of it counts. */
static void test_header_when_sent_in_pieces_then_the_messages_follow(void **state)
{
	const char *const none[] = { "" };
	struct pattern empty;
	struct connection c;

	(void)state;
	assert_int_equal(pattern_init(&empty, none, 1, 0), 0);
	connection_init(&c);
	connection_established(&c, &empty, true);
	for (size_t n = 1; n <= 107; n++) {
		assert_true(c.owes_header);
		assert_int_equal(c.state, CONNECTION_TALKING);
		assert_int_equal(connection_wants(&c, &empty), EVENT_READ | EVENT_WRITE);
		connection_header_done(&c, 1, 107);
		connection_sent(&c, &empty);
	}
	assert_false(c.owes_header);
	assert_int_equal(c.state, CONNECTION_HELD);
	assert_int_equal(c.sent, 0);
	pattern_fini(&empty);
}

static void test_failure_of_error_when_known_then_its_word(void **state)
{
	static const struct {
		int error;
		bool connected;
		const char *word;
	} rows[] = {
		{ ECONNREFUSED, false, "refused" },    { ENOENT, false, "refused" },
		{ ETIMEDOUT, false, "timeout" },       { ETIMEDOUT, true, "timeout" },
		{ ECONNRESET, true, "reset" },	       { EPIPE, true, "reset" },
		{ ENETUNREACH, false, "unreachable" }, { EHOSTUNREACH, false, "unreachable" },
		{ EMFILE, false, "local-limit" },      { EADDRNOTAVAIL, false, "local-limit" },
		{ ENETUNREACH, true, "unreachable" },  { EHOSTUNREACH, true, "unreachable" },
		{ ERANGE, false, "local-limit" },      { EIO, true, "reset" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		enum failure failure = failure_of_error(rows[i].error, rows[i].connected);

		assert_string_equal(failure_word(failure), rows[i].word);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_send_data_when_cut_anywhere_then_the_rest_of_that_message),
		cmocka_unit_test(test_send_data_when_all_is_sent_then_none_and_only_reading),
		cmocka_unit_test(test_received_when_split_anywhere_then_held_with_the_last_byte),
		cmocka_unit_test(test_received_when_a_byte_is_wrong_then_its_offset_is_named),
		cmocka_unit_test(test_received_when_surplus_then_a_mismatch_behind_the_end),
		cmocka_unit_test(test_received_when_not_sent_yet_then_right_by_accident_is_wrong),
		cmocka_unit_test(test_eof_when_bytes_are_missing_then_eof_or_shortfall),
		cmocka_unit_test(test_established_when_nothing_is_to_be_sent_then_held),
		cmocka_unit_test(test_header_when_sent_in_pieces_then_the_messages_follow),
		cmocka_unit_test(test_failure_of_error_when_known_then_its_word),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
