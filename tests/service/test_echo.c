/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/cmocka_all.h"

#include "echod/service.h"

static const uint8_t text[] = "abcdef";

static void test_echo_input_gives_back_what_it_was_given(void **state)
{
	struct buf bytes = { 0 };
	struct service_input in = { text, 6, false };
	struct service_output out = { &bytes, 10 };

	(void)state;
	assert_int_equal(service_echo.input(NULL, NULL, &in, &out), SERVICE_MORE);
	assert_int_equal(buf_length(&bytes), 6);
	assert_memory_equal(buf_data(&bytes), text, 6);
	assert_int_equal(in.length, 0);
	assert_ptr_equal(in.data, text + 6);
	assert_int_equal(out.room, 4);
	buf_fini(&bytes);
}

static void test_echo_input_when_room_is_short_then_leaves_the_rest(void **state)
{
	struct buf bytes = { 0 };
	struct service_input in = { text, 6, true };
	struct service_output out = { &bytes, 4 };

	(void)state;
	assert_int_equal(service_echo.input(NULL, NULL, &in, &out), SERVICE_MORE);
	assert_int_equal(buf_length(&bytes), 4);
	assert_int_equal(in.length, 2);
	assert_int_equal(out.room, 0);
	assert_int_equal(service_echo.input(NULL, NULL, &in, &out), SERVICE_MORE);
	assert_int_equal(buf_length(&bytes), 4);
	buf_fini(&bytes);
}

static void test_echo_input_when_there_is_none_then_nothing(void **state)
{
	struct buf bytes = { 0 };
	struct service_input in = { NULL, 0, true };
	struct service_output out = { &bytes, 4 };

	(void)state;
	assert_int_equal(service_echo.input(NULL, NULL, &in, &out), SERVICE_MORE);
	assert_int_equal(buf_length(&bytes), 0);
	assert_null(bytes.block);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_echo_input_gives_back_what_it_was_given),
		cmocka_unit_test(test_echo_input_when_room_is_short_then_leaves_the_rest),
		cmocka_unit_test(test_echo_input_when_there_is_none_then_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
