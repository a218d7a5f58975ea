/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/cmocka_all.h"

#include <string.h>

#include "multiconn/pattern.h"

static struct pattern make(const char *const *texts, size_t n)
{
	struct pattern p;

	assert_int_equal(pattern_init(&p, texts, n, 0), 0);
	return p;
}

static void test_pattern_of_messages_is_one_behind_the_other(void **state)
{
	const char *const texts[] = { "one", "", "three" };
	struct pattern p = make(texts, 3);

	(void)state;
	assert_int_equal(p.length, 8);
	assert_memory_equal(p.bytes, "onethree", 8);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(pattern_message_end(&p, i), i < 3 ? 3 : 8);
	pattern_fini(&p);
}

static void test_pattern_message_when_asked_then_its_bytes(void **state)
{
	const char *const texts[] = { "one", "", "three" };
	struct pattern p = make(texts, 3);
	const uint8_t *bytes;

	(void)state;
	assert_int_equal(pattern_message(&p, 0, &bytes), 3);
	assert_memory_equal(bytes, "one", 3);
	assert_int_equal(pattern_message(&p, 1, &bytes), 0);
	assert_int_equal(pattern_message(&p, 2, &bytes), 5);
	assert_memory_equal(bytes, "three", 5);
	pattern_fini(&p);
}

static void test_pattern_when_messages_are_short_then_filled_up(void **state)
{
	const char *const texts[] = { "ab", "longer" };
	struct pattern p;
	const uint8_t *bytes;

	(void)state;
	assert_int_equal(pattern_init(&p, texts, 2, 4), 0);
	assert_int_equal(p.length, 10);
	assert_int_equal(pattern_message(&p, 0, &bytes), 4);
	assert_memory_equal(bytes, "ab\"#", 4);
	assert_int_equal(pattern_message(&p, 1, &bytes), 6);
	assert_memory_equal(bytes, "longer", 6);
	pattern_fini(&p);
}

static void test_pattern_without_bytes_expects_none(void **state)
{
	const char *const texts[] = { "", "" };
	struct pattern p = make(texts, 2);

	(void)state;
	assert_int_equal(p.length, 0);
	assert_int_equal(pattern_verify(&p, 0, (const uint8_t *)"x", 1), 0);
	pattern_fini(&p);
}

/* Every offset and length, with the wrong byte at every place. */
static void test_verify_when_a_byte_is_wrong_then_those_before_it_are_right(void **state)
{
	const char *const texts[] = { "Message 1.", "Message 2." };
	struct pattern p = make(texts, 2);
	uint8_t got[20];

	(void)state;
	for (size_t from = 0; from <= p.length; from++) {
		for (size_t n = 0; n <= p.length - from; n++) {
			memcpy(got, p.bytes + from, n);
			assert_int_equal(pattern_verify(&p, from, got, n), n);
			for (size_t wrong = 0; wrong < n; wrong++) {
				got[wrong] ^= 0x80;
				assert_int_equal(pattern_verify(&p, from, got, n), wrong);
				got[wrong] ^= 0x80;
			}
		}
	}
	pattern_fini(&p);
}

static void test_verify_when_bytes_are_surplus_then_they_are_wrong(void **state)
{
	const char *const texts[] = { "abc" };
	struct pattern p = make(texts, 1);

	(void)state;
	assert_int_equal(pattern_verify(&p, 0, (const uint8_t *)"abcabc", 6), 3);
	assert_int_equal(pattern_verify(&p, 3, (const uint8_t *)"a", 1), 0);
	pattern_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pattern_of_messages_is_one_behind_the_other),
		cmocka_unit_test(test_pattern_message_when_asked_then_its_bytes),
		cmocka_unit_test(test_pattern_when_messages_are_short_then_filled_up),
		cmocka_unit_test(test_pattern_without_bytes_expects_none),
		cmocka_unit_test(test_verify_when_a_byte_is_wrong_then_those_before_it_are_right),
		cmocka_unit_test(test_verify_when_bytes_are_surplus_then_they_are_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
