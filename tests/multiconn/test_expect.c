/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "echod/attr.h"
#include "echod/chargen.h"
#include "echod/clock.h"
#include "echod/message.h"
#include "echod/net.h"
#include "multiconn/connection.h"
#include "multiconn/expect.h"
#include "multiconn/report_answer.h"

/* What a connection makes of these bytes, in pieces of this length, after sending everything. */
struct outcome {
	bool right;
	uint8_t state; /* enum connection_state */
	struct problem problem;
	size_t verified;
};

static struct expect expect_of(const char *service)
{
	return (struct expect){ .service = expect_service_find(service) };
}

static struct outcome play(struct expect *e, const void *data, size_t n, size_t piece)
{
	struct pattern pattern = { .expect = e };
	struct outcome o = { .right = true };
	struct connection c;

	connection_init(&c);
	connection_established(&c, &pattern, false);
	for (size_t at = 0; o.right && at < n; at += piece)
		o.right = connection_received(&c, &pattern, (const uint8_t *)data + at,
					      n - at < piece ? n - at : piece, &o.problem);
	o.state = c.state;
	o.verified = c.verified;
	connection_fini(&c);
	return o;
}

/* In any pieces: right, and all of it. */
static void assert_right(struct expect *e, const void *data, size_t n)
{
	for (size_t piece = 1; piece <= n; piece = piece < 64 ? piece + 1 : piece * 2) {
		const struct outcome o = play(e, data, n, piece);

		assert_true(o.right);
		assert_int_equal(o.state, CONNECTION_HELD);
		assert_int_equal(o.verified, n);
	}
}

static void assert_wrong(struct expect *e, const void *data, size_t n, size_t offset,
			 const char *wanted)
{
	const struct outcome o = play(e, data, n, n);

	assert_false(o.right);
	assert_int_equal(o.problem.failure, FAILURE_MISMATCH);
	assert_int_equal(o.problem.offset, offset);
	assert_string_equal(o.problem.wanted, wanted);
	assert_true(o.problem.established);
}

static void assert_more(struct expect *e, const void *data, size_t n)
{
	const struct outcome o = play(e, data, n, n);

	assert_true(o.right);
	assert_int_equal(o.state, CONNECTION_TALKING);
}

static void test_services_when_named_then_found_but_for_echo(void **state)
{
	size_t n = 0;

	(void)state;
	for (const char *const *name = expect_service_names(); *name; name++, n++)
		assert_int_equal(expect_service_find(*name) == NULL, strcmp(*name, "echo") == 0);
	assert_int_equal(n, 7);
	assert_null(expect_service_find("Time"));
}

static void test_discard_when_everything_is_sent_then_held_and_any_byte_is_wrong(void **state)
{
	struct expect e = expect_of("discard");
	const char *const texts[] = { "abc" };
	struct pattern pattern;
	struct connection c;

	(void)state;
	assert_int_equal(pattern_init(&pattern, texts, 1, 0), 0);
	pattern.expect = &e;
	connection_init(&c);
	connection_established(&c, &pattern, false);
	connection_send_done(&c, 2);
	connection_sent(&c, &pattern);
	assert_int_equal(c.state, CONNECTION_TALKING);
	connection_send_done(&c, 1);
	connection_sent(&c, &pattern);
	assert_int_equal(c.state, CONNECTION_HELD);
	pattern_fini(&pattern);
	assert_wrong(&e, "x", 1, 0, "nothing at all");
}

static void test_discard_when_the_peer_ends_first_then_eof(void **state)
{
	struct expect e = expect_of("discard");
	const char *const texts[] = { "abc" };
	struct pattern pattern;
	struct connection c;
	struct problem problem;

	(void)state;
	assert_int_equal(pattern_init(&pattern, texts, 1, 0), 0);
	pattern.expect = &e;
	connection_init(&c);
	c.state = CONNECTION_HELD;
	assert_false(connection_eof(&c, &pattern, &problem));
	assert_int_equal(problem.failure, FAILURE_EOF);
	assert_true(problem.established);
	assert_string_equal(problem.wanted, "the end after ours");
	c.state = CONNECTION_ENDING;
	assert_true(connection_eof(&c, &pattern, &problem));
	assert_true(connection_owes_end(&c, &pattern));
	pattern_fini(&pattern);
}

static void test_chargen_when_one_byte_differs_then_its_offset(void **state)
{
	struct expect e = expect_of("chargen");
	uint8_t bytes[3 * CHARGEN_PERIOD];

	(void)state;
	chargen_fill(0, bytes, sizeof(bytes));
	assert_right(&e, bytes, sizeof(bytes));
	assert_right(&e, bytes, CHARGEN_PERIOD);
	assert_more(&e, bytes, CHARGEN_PERIOD - 1);
	for (size_t at = 0; at < sizeof(bytes); at += 97) {
		bytes[at] ^= 1;
		assert_wrong(&e, bytes, sizeof(bytes), at, "the pattern of RFC 864");
		bytes[at] ^= 1;
	}
}

static void test_daytime_when_its_line_ends_then_right(void **state)
{
	struct expect e = expect_of("daytime");
	char text[600];

	(void)state;
	assert_right(&e, "Monday\r\n", 8);
	assert_more(&e, "Monday", 6);
	assert_wrong(&e, "PROXY TCP4 127.0.0.1 127.0.0.1 4 7\r\n", 36, 0, "a date and time");
	assert_right(&e, "PROXIMA\r\n", 9);
	assert_wrong(&e, "Mon\x01", 4, 3, "a printable character or a line's end");
	memset(text, 'x', sizeof(text));
	assert_wrong(&e, text, sizeof(text), 512, "the line's end before");
}

static void expect_datagram(struct expect *e, const void *data, size_t n, const char *wanted,
			    size_t right)
{
	struct expect_finding finding;
	const enum expect_verdict verdict = expect_judge_datagram(e, data, n, &finding);

	assert_int_equal(verdict, wanted ? EXPECT_WRONG : EXPECT_DONE);
	if (!wanted)
		return;
	assert_string_equal(finding.wanted, wanted);
	assert_int_equal(finding.right, right);
}

/* As RFC 864 has it: from none to 512 characters. */
static void test_chargen_when_a_datagram_then_any_length_up_to_512(void **state)
{
	struct expect e = expect_of("chargen");
	uint8_t bytes[600];

	(void)state;
	chargen_fill(0, bytes, sizeof(bytes));
	for (size_t n = 0; n <= 512; n++)
		expect_datagram(&e, bytes, n, NULL, 0);
	expect_datagram(&e, bytes, 513, "nothing more", 512);
	bytes[300] ^= 1;
	expect_datagram(&e, bytes, 300, NULL, 0);
	expect_datagram(&e, bytes, 512, "the pattern of RFC 864", 300);
}

static void test_datagrams_when_a_service_is_asked_then_with_room_for_its_answer(void **state)
{
	(void)state;
	assert_int_equal(expect_service_find("time")->datagram_bytes, 4);
	assert_int_equal(expect_service_find("daytime")->datagram_bytes, 64);
	assert_int_equal(expect_service_find("chargen")->datagram_bytes, 512);
	assert_true(expect_service_find("reflect")->datagram_bytes >= 512);
	assert_true(expect_service_find("message")->only_streams);
	assert_true(
	    expect_is_silent(&(struct expect){ .service = expect_service_find("discard") }));
	assert_false(expect_is_silent(&(struct expect){ .service = expect_service_find("time") }));
	assert_false(expect_is_silent(NULL));
}

static void put_time(int64_t ahead_s, uint8_t bytes[static 4])
{
	const uint32_t seconds = (uint32_t)(clock_real_s() + INT64_C(2208988800) + ahead_s);

	for (int i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(seconds >> (24 - 8 * i));
}

static void test_time_when_within_an_hour_then_right_and_noted(void **state)
{
	struct expect e = expect_of("time");
	uint8_t bytes[5] = { 0 };

	(void)state;
	put_time(-1000, bytes);
	assert_true(play(&e, bytes, 4, 4).right);
	put_time(2000, bytes);
	assert_true(play(&e, bytes, 4, 1).right);
	assert_int_equal(e.n_clocks, 2);
	/* A second may pass while we look. */
	assert_in_range((uint64_t)(-e.clock_least_s), 1000, 1001);
	assert_in_range((uint64_t)e.clock_most_s, 1999, 2000);
	put_time(4000, bytes);
	assert_wrong(&e, bytes, 4, 0, "a time within an hour of ours");
	put_time(-4000, bytes);
	assert_wrong(&e, bytes, 4, 0, "a time within an hour of ours");
	put_time(0, bytes);
	assert_wrong(&e, bytes, 5, 4, "nothing more");
	assert_more(&e, bytes, 3);
}

static void test_reflect_when_a_line_with_an_object_then_right(void **state)
{
	struct expect e = expect_of("reflect");

	(void)state;
	assert_right(&e, "{\"a\": 1}\n", 9);
	assert_more(&e, "{\"a\": 1}", 8);
	assert_wrong(&e, "[]\n", 3, 0, "a line with a JSON object");
	assert_wrong(&e, "{}\nx", 4, 3, "nothing more");
}

static struct buf answer(const char *type, const char *content)
{
	struct buf bytes = { 0 };

	assert_int_equal(message_write(&bytes, type, "utf-8", content, strlen(content)), 0);
	return bytes;
}

static void judge_message(struct expect *e, const char *type, const char *content,
			  const char *wanted)
{
	struct buf bytes = answer(type, content);
	const size_t n = buf_length(&bytes);

	if (wanted)
		assert_wrong(e, buf_data(&bytes), n,
			     strncmp(wanted, "the same", 8) == 0 ? 0 : n - strlen(content), wanted);
	else
		assert_right(e, buf_data(&bytes), n);
	buf_fini(&bytes);
}

static void test_search_answers_must_be_results_and_all_the_same(void **state)
{
	struct expect e = expect_of("message");

	(void)state;
	e.action = "search";
	e.value = "ring";
	judge_message(&e, "text/json", "{\"error\": \"no\"}", "a content with a text result");
	judge_message(&e, "text/json", "{\"result\": 1}", "a content with a text result");
	judge_message(&e, "text/json", "[]", "a content with a text result");
	judge_message(&e, "binary/x", "{\"result\": \"a\"}", "the type text/json");
	judge_message(&e, "text/json", "{\"result\": \"a\"}", NULL);
	judge_message(&e, "text/json", "{\"result\": \"b\"}",
		      "the same answer as another connection's");
	assert_wrong(&e, "\0\2[]", 4, 0, "a right message");
	expect_fini(&e);
}

static void test_other_answers_must_repeat_ten_bytes(void **state)
{
	static const char type[] = "binary/custom-server-binary-type";
	struct expect e = expect_of("message");

	(void)state;
	e.action = "double";
	e.value = "12345";
	judge_message(&e, type, "First 10 bytes of request: double1235",
		      "the first 10 bytes of the request");
	judge_message(&e, type, "First 10 bytes of request: double12345",
		      "the first 10 bytes of the request");
	judge_message(&e, type, "First 10 bytes of request: double1234", NULL);
	judge_message(&e, "text/json", "First 10 bytes of request: double1234",
		      "the type binary/custom-server-binary-type");
	expect_fini(&e);
}

static void test_end_before_the_answer_is_whole_then_shortfall_or_eof(void **state)
{
	struct expect e = expect_of("daytime");
	struct pattern pattern = { .expect = &e };
	struct problem problem;
	struct connection c;

	(void)state;
	connection_init(&c);
	connection_established(&c, &pattern, false);
	assert_false(connection_eof(&c, &pattern, &problem));
	assert_int_equal(problem.failure, FAILURE_EOF);
	assert_true(connection_received(&c, &pattern, (const uint8_t *)"Mon", 3, &problem));
	assert_false(connection_eof(&c, &pattern, &problem));
	assert_int_equal(problem.failure, FAILURE_SHORTFALL);
	assert_int_equal(problem.offset, 3);
	assert_true(connection_received(&c, &pattern, (const uint8_t *)"\r\n", 2, &problem));
	assert_true(connection_eof(&c, &pattern, &problem));
	connection_fini(&c);
}

/* What a server says must not get to command the terminal: ESC, and CSI in either of its forms. */
static void test_answer_when_printed_then_no_control_character_is_left(void **state)
{
	struct net_address address;
	char *text;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	struct buf bytes =
	    answer("text/json", "{\"result\": \"a\\u001b[2J\\u009b31m\\u007f\\u00a0\\u00e9\"}");

	(void)state;
	assert_non_null(out);
	assert_int_equal(net_parse("127.0.0.1", 7, &address), 0);
	report_answer_print(out, buf_data(&bytes), buf_length(&bytes), &address);
	assert_int_equal(fclose(out), 0);
	assert_non_null(strstr(text, "got result: a\\x1b[2J\\x9b31m\\x7f\u00a0\u00e9\n"));
	free(text);
	buf_fini(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_services_when_named_then_found_but_for_echo),
		cmocka_unit_test(
		    test_discard_when_everything_is_sent_then_held_and_any_byte_is_wrong),
		cmocka_unit_test(test_discard_when_the_peer_ends_first_then_eof),
		cmocka_unit_test(test_chargen_when_one_byte_differs_then_its_offset),
		cmocka_unit_test(test_chargen_when_a_datagram_then_any_length_up_to_512),
		cmocka_unit_test(
		    test_datagrams_when_a_service_is_asked_then_with_room_for_its_answer),
		cmocka_unit_test(test_daytime_when_its_line_ends_then_right),
		cmocka_unit_test(test_time_when_within_an_hour_then_right_and_noted),
		cmocka_unit_test(test_reflect_when_a_line_with_an_object_then_right),
		cmocka_unit_test(test_search_answers_must_be_results_and_all_the_same),
		cmocka_unit_test(test_other_answers_must_repeat_ten_bytes),
		cmocka_unit_test(test_end_before_the_answer_is_whole_then_shortfall_or_eof),
		cmocka_unit_test(test_answer_when_printed_then_no_control_character_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
