/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * test_wire: the framing on bytes alone. Every stream is fed whole, byte by byte and in every split
 * into two pieces, and must come out the same.
 */
#include "tests/cmocka_all.h"

#include <errno.h>
#include <string.h>

#include "echod/attr.h"
#include "echod/wire.h"

enum {
	MAX = 64
};

/* What a whole stream gives: its messages, compact and each ended by ';', and how it ended. */
struct outcome {
	char text[512];
	int end; /* 0 more is needed, or -errno */
	enum wire_mode mode;
};

static void drain(struct wire_reader *r, struct outcome *o)
{
	json_t *message;

	while (o->end == 0 && (o->end = wire_reader_next(r, &message)) == 1) {
		size_t used = strlen(o->text);

		used += json_dumpb(message, o->text + used, sizeof(o->text) - used, JSON_COMPACT);
		memcpy(o->text + used, ";", 2);
		json_decref(message);
		o->end = 0;
	}
}

static struct outcome feed(const char *bytes, size_t n, size_t first_piece, size_t other_pieces)
{
	struct outcome o = { .text = "" };
	struct wire_reader r;
	size_t piece = first_piece;

	wire_reader_init(&r, MAX);
	for (size_t at = 0; at < n; at += piece, piece = other_pieces) {
		if (piece > n - at)
			piece = n - at;
		assert_int_equal(wire_reader_push(&r, bytes + at, piece), 0);
		drain(&r, &o);
	}
	o.mode = r.mode;
	wire_reader_fini(&r);
	return o;
}

static void assert_outcome(const struct outcome *o, const char *text, int end, enum wire_mode mode)
{
	assert_string_equal(o->text, text);
	assert_int_equal(o->end, end);
	assert_int_equal(o->mode, mode);
}

static void check(const char *bytes, size_t n, const char *text, int end, enum wire_mode mode)
{
	struct outcome o = feed(bytes, n, 1, 1);

	assert_outcome(&o, text, end, mode);
	for (size_t split = 1; split <= n; split++) {
		o = feed(bytes, n, split, n);
		assert_outcome(&o, text, end, mode);
	}
}

/* bytes is a string literal, so that NULs may stand in it; its own last NUL does not count. */
#define CHECK(bytes, text, end, mode) check(bytes, sizeof(bytes) - 1, text, end, mode)

static void test_messages_when_split_anywhere_then_all_come_out(void **state)
{
	(void)state;
	CHECK("{}\0{\"a\":[1,{\"b\":\"x\"}]}\0{\"c\":null}\0",
	      "{};{\"a\":[1,{\"b\":\"x\"}]};{\"c\":null};", 0, WIRE_NUL);
	CHECK("{\"a\":1}\n{\"b\":[[],{}]}\n", "{\"a\":1};{\"b\":[[],{}]};", 0, WIRE_LINE);
}

static void test_string_when_it_holds_brackets_or_escapes_then_is_one_value(void **state)
{
	(void)state;
	CHECK("{\"a\":\"}{][\"}\n", "{\"a\":\"}{][\"};", 0, WIRE_LINE);
	CHECK("{\"a\":\"x\\ny\"}\0", "{\"a\":\"x\\ny\"};", 0, WIRE_NUL);
	CHECK("{\"a\":\"\\\"}\\\\\"}\n", "{\"a\":\"\\\"}\\\\\"};", 0, WIRE_LINE);
	CHECK("{\"\\\\\":\"\xc3\xa4\"}\n", "{\"\\\\\":\"\xc3\xa4\"};", 0, WIRE_LINE);
}

static void test_line_feed_when_object_is_open_then_is_a_blank(void **state)
{
	(void)state;
	CHECK("{\n \"a\":\n1\r\n}\n", "{\"a\":1};", 0, WIRE_LINE);
	CHECK("\n{\"a\":\t1} \r\n", "{\"a\":1};", 0, WIRE_LINE);
}

static void test_line_feed_when_mode_is_nul_then_is_a_blank(void **state)
{
	(void)state;
	CHECK("{}\0{\"a\":1}\n\0\n{}\0", "{};{\"a\":1};{};", 0, WIRE_NUL);
	CHECK("{}\0{}\n{}\0", "{};", -EBADMSG, WIRE_NUL);
}

static void test_empty_message_then_is_ignored(void **state)
{
	(void)state;
	CHECK("\0\0{}\0\0 \0{}\0", "{};{};", 0, WIRE_NUL);
	CHECK("\n\n{}\n\n  \n{}\n\0{}\n", "{};{};{};", 0, WIRE_LINE);
}

static void test_mode_when_nothing_has_ended_then_is_undecided(void **state)
{
	(void)state;
	CHECK("\n \n{\"a\":1}", "", 0, WIRE_UNDECIDED);
	CHECK("", "", 0, WIRE_UNDECIDED);
}

static void test_mode_when_line_then_nul_is_no_terminator(void **state)
{
	(void)state;
	CHECK("{}\n{}\0", "{};", -EBADMSG, WIRE_LINE);
}

static void test_nonsense_then_is_refused_before_its_end(void **state)
{
	(void)state;
	CHECK("GET / HTTP/1.1", "", -EBADMSG, WIRE_UNDECIDED);
	CHECK("[1]", "", -EBADMSG, WIRE_UNDECIDED);
	CHECK("}", "", -EBADMSG, WIRE_UNDECIDED);
	CHECK("{}x", "", -EBADMSG, WIRE_UNDECIDED);
	CHECK("{}{}", "", -EBADMSG, WIRE_UNDECIDED);
	CHECK("{\"a\":\"x\ny\"}", "", -EBADMSG, WIRE_UNDECIDED);
	CHECK("{\"a\":\0", "", -EBADMSG, WIRE_UNDECIDED);
}

static void test_object_when_it_is_not_json_then_is_refused(void **state)
{
	(void)state;
	CHECK("{]\0", "", -EBADMSG, WIRE_NUL);
	CHECK("{a:1}\n", "", -EBADMSG, WIRE_LINE);
	CHECK("{\"a\":1,\"a\":2}\n", "", -EBADMSG, WIRE_LINE);
	CHECK("{\"a\":\"\xff\"}\n", "", -EBADMSG, WIRE_LINE);
	CHECK("{\"a\":\"\\u0000\"}\n", "", -EBADMSG, WIRE_LINE);
}

/* An object of exactly n bytes: {"a":"xxx"}. */
static size_t object_of(char *text, size_t n)
{
	memset(text, 'x', n);
	memcpy(text, "{\"a\":\"", 6);
	memcpy(text + n - 2, "\"}", 2);
	return n;
}

static void test_length_when_at_the_maximum_then_passes(void **state)
{
	char bytes[MAX + 1], text[MAX + 2];

	(void)state;
	object_of(bytes, MAX);
	bytes[MAX] = '\0';
	memcpy(text, bytes, MAX);
	memcpy(text + MAX, ";", 2);
	check(bytes, sizeof(bytes), text, 0, WIRE_NUL);
}

static void test_length_when_over_the_maximum_then_is_refused_without_terminator(void **state)
{
	char bytes[MAX + 1];

	(void)state;
	object_of(bytes, sizeof(bytes));
	check(bytes, sizeof(bytes), "", -EMSGSIZE, WIRE_UNDECIDED);
	memset(bytes, ' ', sizeof(bytes));
	check(bytes, sizeof(bytes), "", -EMSGSIZE, WIRE_UNDECIDED);
}

static void test_nesting_when_deeper_than_the_parser_goes_then_is_refused(void **state)
{
	enum {
		DEPTH = 4000
	};
	static char bytes[2 * DEPTH + 7];
	struct wire_reader r;
	json_t *message;

	(void)state;
	memcpy(bytes, "{\"a\":", 5);
	memset(bytes + 5, '[', DEPTH);
	memset(bytes + 5 + DEPTH, ']', DEPTH);
	bytes[5 + 2 * DEPTH] = '}';
	wire_reader_init(&r, sizeof(bytes));
	assert_int_equal(wire_reader_push(&r, bytes, sizeof(bytes)), 0);
	assert_int_equal(wire_reader_next(&r, &message), -EBADMSG);
	wire_reader_fini(&r);
}

static void test_write_then_reader_gives_it_back(void **state)
{
	static const enum wire_mode modes[] = { WIRE_UNDECIDED, WIRE_NUL, WIRE_LINE };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(modes); i++) {
		struct buf out = { 0 };
		json_t *message = json_pack("{s:s, s:i}", "text", "a\nb", "n", 7);
		struct outcome o;

		assert_int_equal(wire_write(&out, message, modes[i]), 0);
		assert_int_equal(wire_write(&out, message, modes[i]), 0);
		o = feed((const char *)buf_data(&out), buf_length(&out), MAX, MAX);
		assert_outcome(&o, "{\"text\":\"a\\nb\",\"n\":7};{\"text\":\"a\\nb\",\"n\":7};", 0,
			       modes[i] == WIRE_LINE ? WIRE_LINE : WIRE_NUL);
		json_decref(message);
		buf_fini(&out);
	}
}

static void test_write_when_it_cannot_be_encoded_then_nothing_is_appended(void **state)
{
	struct buf out = { 0 };
	json_t *array = json_array(), *loop = json_object();

	(void)state;
	assert_int_equal(wire_write(&out, array, WIRE_NUL), -EINVAL);
	json_object_set(loop, "a", array);
	json_array_append(array, loop);
	assert_int_equal(wire_write(&out, loop, WIRE_NUL), -EINVAL);
	assert_int_equal(buf_length(&out), 0);
	json_array_clear(array);
	json_decref(loop);
	json_decref(array);
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages_when_split_anywhere_then_all_come_out),
		cmocka_unit_test(test_string_when_it_holds_brackets_or_escapes_then_is_one_value),
		cmocka_unit_test(test_line_feed_when_object_is_open_then_is_a_blank),
		cmocka_unit_test(test_line_feed_when_mode_is_nul_then_is_a_blank),
		cmocka_unit_test(test_empty_message_then_is_ignored),
		cmocka_unit_test(test_mode_when_nothing_has_ended_then_is_undecided),
		cmocka_unit_test(test_mode_when_line_then_nul_is_no_terminator),
		cmocka_unit_test(test_nonsense_then_is_refused_before_its_end),
		cmocka_unit_test(test_object_when_it_is_not_json_then_is_refused),
		cmocka_unit_test(test_length_when_at_the_maximum_then_passes),
		cmocka_unit_test(
		    test_length_when_over_the_maximum_then_is_refused_without_terminator),
		cmocka_unit_test(test_nesting_when_deeper_than_the_parser_goes_then_is_refused),
		cmocka_unit_test(test_write_then_reader_gives_it_back),
		cmocka_unit_test(test_write_when_it_cannot_be_encoded_then_nothing_is_appended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
