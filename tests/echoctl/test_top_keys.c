/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * test_top_keys: bytes of a keyboard, and what is wished.
 */
#include "tests/cmocka_all.h"

#include <string.h>

#include "echoctl/top_keys.h"

/* Types this text, and notes a letter for each wish: o order, R, p pause, h, l redraw, q, - other. */
static void expect_wishes(const char *typed, const char *expected)
{
	static const char letters[] = {
		[TOP_WISH_NONE] = '-',	[TOP_WISH_ORDER] = 'o', [TOP_WISH_REVERSE] = 'R',
		[TOP_WISH_PAUSE] = 'p', [TOP_WISH_HELP] = 'h',	[TOP_WISH_REDRAW] = 'l',
		[TOP_WISH_QUIT] = 'q'
	};
	enum top_keys_state state = TOP_KEYS_PLAIN;
	char wishes[64] = "";
	size_t n = 0;

	for (; *typed; typed++) {
		const struct top_key *key = top_keys_take(&state, (uint8_t)*typed);

		if (key)
			wishes[n++] = letters[key->wish];
	}
	assert_string_equal(wishes, expected);
}

static void test_key_when_it_has_a_row_then_that_is_the_wish(void **state)
{
	enum top_keys_state plain = TOP_KEYS_PLAIN;

	(void)state;
	expect_wishes("rbiapR ?q", "oooooRphq");
	expect_wishes("hQ\x0c", "hql");
	assert_int_equal(top_keys_take(&plain, 'r')->order, TOP_BY_RATE);
	assert_int_equal(top_keys_take(&plain, 'b')->order, TOP_BY_BYTES);
	assert_int_equal(top_keys_take(&plain, 'i')->order, TOP_BY_IDLE);
	assert_int_equal(top_keys_take(&plain, 'a')->order, TOP_BY_AGE);
	assert_int_equal(top_keys_take(&plain, 'p')->order, TOP_BY_PENDING);
}

static void test_key_when_it_has_no_row_then_it_is_a_key_all_the_same(void **state)
{
	(void)state;
	expect_wishes("xB\x80\xff\n", "-----");
}

static void test_key_when_the_terminal_sends_a_sequence_then_its_bytes_are_no_keys(void **state)
{
	(void)state;
	expect_wishes("\033[Aq", "q");	       /* up */
	expect_wishes("\033[1;5Rq", "q");      /* ends in a letter that is a key */
	expect_wishes("\033OPq", "q");	       /* F1 */
	expect_wishes("\033[15~q", "q");       /* F5 */
	expect_wishes("\033[200~", "");	       /* a paste */
	expect_wishes("\033[<0;33;12Mb", "o"); /* a mouse */
	expect_wishes("\033[12\033[Aq", "q");  /* one that was not ended */
}

static void test_key_when_escape_is_alone_then_what_follows_is_a_key(void **state)
{
	(void)state;
	expect_wishes("\033q", "q");
	expect_wishes("\033\033q", "q");
}

static void test_keys_when_shown_then_each_has_a_word_and_a_help(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_top_keys; i++) {
		if (!top_keys[i].name)
			continue;
		assert_non_null(top_keys[i].word);
		assert_non_null(top_keys[i].help);
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(top_keys[i].byte, top_keys[j].byte);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key_when_it_has_a_row_then_that_is_the_wish),
		cmocka_unit_test(test_key_when_it_has_no_row_then_it_is_a_key_all_the_same),
		cmocka_unit_test(
		    test_key_when_the_terminal_sends_a_sequence_then_its_bytes_are_no_keys),
		cmocka_unit_test(test_key_when_escape_is_alone_then_what_follows_is_a_key),
		cmocka_unit_test(test_keys_when_shown_then_each_has_a_word_and_a_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
