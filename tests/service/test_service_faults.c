/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * The services that read and write JSON where memory runs out, jansson's included: that is said, or
 * the answer is the right one to the byte, and never another.
 */
#include "tests/service/service_rig.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "echod/message.h"
#include "service/message_json.h"
#include "tests/fake/fake_syscalls.h"

/* ---- The services, and what they are asked ---- */

static const struct message_settings settings = { .max_content = 1000 };
static const struct peer unix_peer = { .family = PEER_UNIX };
static const struct service_path path = { .hops = 64, .has_tcp = true, .send_mss = 1448 };

static struct service_rig rig_of(const struct service *service)
{
	return (struct service_rig){ .service = service,
				     .room = 4096,
				     .ctx = { .settings = &settings,
					      .peer = &unix_peer,
					      .local = &unix_peer,
					      .path = &path } };
}

static void expect_whatever_is_missing(const struct service *service, const void *request, size_t n,
				       unsigned long least)
{
	struct service_rig whole = rig_of(service);
	unsigned long nth = 0;
	int verdict = -ENOMEM;

	fake_reset();
	assert_int_equal(rig_input(&whole, request, n, false), SERVICE_CLOSE);
	while (verdict != SERVICE_CLOSE) {
		struct service_rig rig = rig_of(service);

		fake_reset();
		fake_fail(FAKE_MALLOC, ++nth, ENOMEM);
		verdict = rig_input(&rig, request, n, false);
		if (fake_answered() > 0) {
			assert_int_equal(verdict, -ENOMEM);
			rig_expect(&rig, NULL, 0);
		} else {
			assert_int_equal(verdict, SERVICE_CLOSE);
			rig_expect(&rig, buf_data(&whole.out), buf_length(&whole.out));
		}
		rig_fini(&rig);
	}
	fake_reset();
	assert_true(nth > least);
	rig_fini(&whole);
}

/* ---- Tests ---- */

static void test_message_when_memory_is_short_then_said_or_answered_right(void **state)
{
	struct buf bytes = { 0 };

	(void)state;
	assert_int_equal(
	    message_write_request(&bytes, "search",
				  "a value that is longer than a first piece of memory"),
	    0);
	expect_whatever_is_missing(&service_message, buf_data(&bytes), buf_length(&bytes), 30);
	buf_fini(&bytes);
	assert_int_equal(message_write_request(&bytes, "search", "ring"), 0);
	expect_whatever_is_missing(&service_message, buf_data(&bytes), buf_length(&bytes), 30);
	buf_fini(&bytes);
	assert_int_equal(message_write_request(&bytes, "act", "ring"), 0);
	expect_whatever_is_missing(&service_message, buf_data(&bytes), buf_length(&bytes), 15);
	buf_fini(&bytes);
}

static void test_reflect_when_memory_is_short_then_said_or_all_is_told(void **state)
{
	(void)state;
	expect_whatever_is_missing(&service_reflect, "\n", 1, 20);
}

/* A name that is longer than a first piece of memory: without a second it must not be left out. */
static void test_json_text_when_memory_is_short_then_nothing_is_written(void **state)
{
	char name[1000];
	unsigned long nth = 0;
	json_t *json;
	int r = -ENOMEM;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	json = json_pack("{s:i, s:i}", name, 1, "b", 2);
	assert_non_null(json);
	while (r < 0) {
		struct buf text = { 0 };

		fake_reset();
		fake_fail(FAKE_MALLOC, ++nth, ENOMEM);
		r = message_json_text(json, JSON_COMPACT, &text);
		assert_int_equal(fake_answered(), r < 0 ? 1 : 0);
		assert_int_equal(buf_length(&text), r < 0 ? 0 : sizeof(name) - 1 + 12);
		buf_fini(&text);
	}
	assert_true(nth > 2);
	fake_reset();
	json_decref(json);
}

/* ---- Setting up ---- */

static int setup(void **state)
{
	(void)state;
	json_set_alloc_funcs(fake_malloc, free);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_message_when_memory_is_short_then_said_or_answered_right),
		cmocka_unit_test(test_reflect_when_memory_is_short_then_said_or_all_is_told),
		cmocka_unit_test(test_json_text_when_memory_is_short_then_nothing_is_written),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
