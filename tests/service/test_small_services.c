/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/service/service_rig.h"

#include "echod/chargen.h"

/* 1982-02-22 17:37:43 UTC, a date of RFC 867's. */
#define SAMPLE_S INT64_C(383247463)

/* ---- discard ---- */

static void test_discard_has_nothing_to_say(void **state)
{
	(void)state;
	assert_null(service_discard.opened);
	assert_null(service_discard.input);
	assert_null(service_discard.output);
	assert_int_equal(service_discard.flags & SERVICE_IDENTITY, 0);
}

/* ---- chargen ---- */

static void test_chargen_pattern_is_that_of_rfc_864(void **state)
{
	uint8_t bytes[2 * CHARGEN_PERIOD];
	static const char first[] = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "[\\]^_`abcdefg\r\n!\"#";

	(void)state;
	chargen_fill(0, bytes, sizeof(bytes));
	assert_memory_equal(bytes, first, sizeof(first) - 1);
	/* Line 94 begins with the last character, and the ring closes behind it. */
	assert_memory_equal(bytes + 94 * 74, "~ !\"#", 5);
	assert_memory_equal(bytes + CHARGEN_PERIOD, bytes, CHARGEN_PERIOD);
	for (size_t i = 0; i < sizeof(bytes); i++)
		assert_true(i % 74 == 72   ? bytes[i] == '\r'
			    : i % 74 == 73 ? bytes[i] == '\n'
					   : bytes[i] >= ' ' && bytes[i] <= '~');
}

static void test_chargen_fill_at_any_offset_then_the_same_pattern(void **state)
{
	uint8_t whole[CHARGEN_PERIOD + 200], part[200];

	(void)state;
	chargen_fill(0, whole, sizeof(whole));
	for (size_t offset = 0; offset < CHARGEN_PERIOD; offset++) {
		chargen_fill(offset + UINT64_C(100) * CHARGEN_PERIOD, part, sizeof(part));
		assert_memory_equal(part, whole + offset, sizeof(part));
	}
}

static void test_chargen_output_in_any_pieces_then_one_stream(void **state)
{
	struct service_rig rig = { .service = &service_chargen };
	uint8_t expected[3 * CHARGEN_PERIOD];
	uint32_t offset;

	(void)state;
	chargen_fill(0, expected, sizeof(expected));
	assert_int_equal(rig_opened(&rig), SERVICE_PRODUCE);
	for (size_t step = 1; buf_length(&rig.out) < sizeof(expected); step = step % 1000 + 7) {
		struct service_output out = { &rig.out, step };

		assert_int_equal(service_chargen.output(rig.state, &rig.ctx, &out),
				 SERVICE_PRODUCE);
		assert_int_equal(out.room, 0);
		/* What is kept stays within the period, so that it never runs over. */
		memcpy(&offset, rig.state, sizeof(offset));
		assert_true(offset < CHARGEN_PERIOD);
	}
	assert_memory_equal(buf_data(&rig.out), expected, sizeof(expected));
	rig_fini(&rig);
}

static void test_chargen_input_is_thrown_away_and_its_end_is_the_end(void **state)
{
	struct service_rig rig = { .service = &service_chargen, .room = 100 };

	(void)state;
	assert_int_equal(rig_input(&rig, "abc", 3, false), SERVICE_PRODUCE);
	assert_int_equal(rig.n_kept, 0);
	assert_int_equal(rig_input(&rig, "", 0, true), SERVICE_MORE);
	rig_expect(&rig, NULL, 0);
}

static void test_chargen_datagram_is_as_long_as_allowed_up_to_512(void **state)
{
	static const size_t rooms[] = { 0, 1, 74, 511, 512, 513, 65507 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rooms); i++) {
		struct service_rig rig = { .service = &service_chargen,
					   .room = rooms[i],
					   .ctx = { .datagram = true } };
		uint8_t expected[512];
		const size_t n = rooms[i] < 512 ? rooms[i] : 512;

		chargen_fill(0, expected, sizeof(expected));
		assert_true(rig_input(&rig, "question", 8, true) >= 0);
		rig_expect(&rig, expected, n);
		rig_fini(&rig);
	}
}

/* ---- daytime and time ---- */

static void test_daytime_when_opened_then_one_line_and_the_end(void **state)
{
	static const char line[] = "Monday, February 22, 1982 17:37:43-UTC\r\n";
	struct service_rig rig = { .service = &service_daytime,
				   .room = 1024,
				   .ctx = { .real_s = SAMPLE_S } };

	(void)state;
	assert_int_equal(rig_opened(&rig), SERVICE_CLOSE);
	rig_expect(&rig, line, sizeof(line) - 1);
	assert_int_equal(rig_input(&rig, "abc", 3, false), SERVICE_MORE);
	rig_expect(&rig, line, sizeof(line) - 1);
	rig_fini(&rig);
}

static void test_time_when_opened_then_seconds_since_1900(void **state)
{
	/* RFC 868's own examples, and the last second before and the first after the wrap. */
	static const struct {
		int64_t real_s;
		uint8_t bytes[4];
	} examples[] = {
		{ 0, { 0x83, 0xaa, 0x7e, 0x80 } },
		{ 189302400, { 0x8e, 0xf3, 0x05, 0x00 } },
		{ 315532800, { 0x96, 0x79, 0x24, 0x80 } },
		{ 420595200, { 0x9c, 0xbc, 0x44, 0x80 } },
		{ 2085978495, { 0xff, 0xff, 0xff, 0xff } }, /* 7 Feb 2036 06:28:15 */
		{ 2085978496, { 0, 0, 0, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(examples); i++) {
		struct service_rig rig = { .service = &service_time,
					   .room = 1024,
					   .ctx = { .real_s = examples[i].real_s } };

		assert_int_equal(rig_opened(&rig), SERVICE_CLOSE);
		rig_expect(&rig, examples[i].bytes, 4);
		assert_int_equal(rig_input(&rig, "abc", 3, false), SERVICE_MORE);
		rig_expect(&rig, examples[i].bytes, 4);
		rig_fini(&rig);
	}
}

static void test_daytime_and_time_when_a_datagram_has_room_then_answered(void **state)
{
	const struct service *services[] = { &service_daytime, &service_time };
	const size_t lengths[] = { 40, 4 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct service_rig rig = { .service = services[i],
					   .room = lengths[i],
					   .ctx = { .datagram = true, .real_s = SAMPLE_S } };

		assert_true(rig_input(&rig, "", 0, true) >= 0);
		assert_int_equal(buf_length(&rig.out), lengths[i]);
		rig_fini(&rig);
		rig.room--;
		assert_true(rig_input(&rig, "", 0, true) >= 0);
		rig_expect(&rig, NULL, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_discard_has_nothing_to_say),
		cmocka_unit_test(test_chargen_pattern_is_that_of_rfc_864),
		cmocka_unit_test(test_chargen_fill_at_any_offset_then_the_same_pattern),
		cmocka_unit_test(test_chargen_output_in_any_pieces_then_one_stream),
		cmocka_unit_test(test_chargen_input_is_thrown_away_and_its_end_is_the_end),
		cmocka_unit_test(test_chargen_datagram_is_as_long_as_allowed_up_to_512),
		cmocka_unit_test(test_daytime_when_opened_then_one_line_and_the_end),
		cmocka_unit_test(test_time_when_opened_then_seconds_since_1900),
		cmocka_unit_test(test_daytime_and_time_when_a_datagram_has_room_then_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
