/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * test_query: what a filter means of a connection, and where connections stand in each order.
 */
#include "tests/cmocka_all.h"

#include <string.h>

#include "echod/attr.h"
#include "src/echod/handlers_query.h"
#include "src/echod/listener.h"
#include "src/echod/stream_parts.h"

static struct endpoint_sockets sockets = { .transport = SERVICE_TCP };
static char listener_name[] = "first";
static struct listener listener;

/* Of 192.0.2.7, opened at 1000 and last active at 4000 of 5000 ms; 10 bytes there and 5 back. */
static struct conn sample(void)
{
	struct conn c = { .rules = &listener.rules,
			  .id = 7,
			  .opened_ms = 1000,
			  .active_ms = 4000,
			  .received_bytes = 10,
			  .sent_bytes = 5,
			  .state = CONN_OPEN };

	listener.rules.service = &service_echo;
	listener.sockets = &sockets;
	listener.name = listener_name;
	assert_int_equal(peer_parse_address("192.0.2.7", &c.peer), 0);
	return c;
}

static void check(const char *filter, bool expected)
{
	json_t *object = json_loads(filter, 0, NULL);
	const struct conn c = sample();
	struct query_filter f;

	assert_non_null(object);
	assert_null(query_read_filter(object, &f));
	if (query_matches(&f, &c, 5000) != expected)
		fail_msg("%s", filter);
	json_decref(object);
}

static void test_filter_when_all_of_it_holds_then_matches(void **state)
{
	static const char *const good[] = {
		"{}",
		"{\"source\":\"192.0.2.0/24\"}",
		"{\"source\":\"192.0.2.7\"}",
		"{\"source\":\"::ffff:192.0.2.7\"}",
		"{\"listener\":\"first\"}",
		"{\"service\":\"echo\"}",
		"{\"transport\":\"tcp\"}",
		"{\"state\":\"open\"}",
		"{\"min_idle_ms\":1000}",
		"{\"min_age_ms\":4000}",
		"{\"min_bytes\":15}",
		"{\"min_bytes\":null,\"state\":null}",
		"{\"source\":\"0.0.0.0/0\",\"min_bytes\":15,\"state\":\"open\"}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(good); i++)
		check(good[i], true);
}

static void test_filter_when_any_of_it_does_not_hold_then_does_not_match(void **state)
{
	static const char *const other[] = {
		"{\"source\":\"192.0.3.0/24\"}",
		"{\"source\":\"::/0\"}",
		"{\"listener\":\"firs\"}",
		"{\"service\":\"discard\"}",
		"{\"transport\":\"unix\"}",
		"{\"state\":\"flushing\"}",
		"{\"min_idle_ms\":1001}",
		"{\"min_age_ms\":4001}",
		"{\"min_bytes\":16}",
		"{\"source\":\"192.0.2.7\",\"min_bytes\":16}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(other); i++)
		check(other[i], false);
}

static void test_filter_when_over_a_unix_socket_then_has_no_source(void **state)
{
	struct conn c = sample();
	struct query_filter f;
	json_t *object = json_pack("{s:s}", "source", "0.0.0.0/0");

	(void)state;
	c.peer.family = PEER_UNIX;
	assert_null(query_read_filter(object, &f));
	assert_false(query_matches(&f, &c, 5000));
	json_decref(object);
}

static void test_filter_when_wrong_then_names_the_field(void **state)
{
	static const char *const bad[][2] = {
		{ "{\"source\":\"192.0.2.7/24\"}", "filter.source" },
		{ "{\"source\":4}", "filter.source" },
		{ "{\"listener\":4}", "filter.listener" },
		{ "{\"service\":\"ehco\"}", "filter.service" },
		{ "{\"transport\":\"udp\"}", "filter.transport" },
		{ "{\"transport\":\"\"}", "filter.transport" },
		{ "{\"state\":\"done\"}", "filter.state" },
		{ "{\"min_idle_ms\":-1}", "filter.min_idle_ms" },
		{ "{\"min_age_ms\":1.5}", "filter.min_age_ms" },
		{ "{\"min_bytes\":\"1\"}", "filter.min_bytes" },
		{ "{\"from\":\"192.0.2.7\"}", "filter" },
	};
	struct query_filter f;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		json_t *object = json_loads(bad[i][0], 0, NULL);
		const char *wrong = query_read_filter(object, &f);

		assert_non_null(wrong);
		assert_string_equal(wrong, bad[i][1]);
		json_decref(object);
	}
}

/* Does the first stand before the second? */
static bool is_before(const char *name, bool reverse, const struct conn *a, const struct conn *b)
{
	enum query_order order;
	struct query_key x, y;

	assert_true(query_read_order(name, &order));
	x = query_key_of(order, reverse, a);
	y = query_key_of(order, reverse, b);
	assert_int_equal(query_compare(&x, &y), -query_compare(&y, &x));
	return query_compare(&x, &y) < 0;
}

static void test_order_then_the_largest_comes_first_and_equals_by_id(void **state)
{
	struct stream little = { .conn = sample() }, big = { .conn = sample() };
	struct service_proxy header = { .length = 16 };
	struct conn *const small = &little.conn, *const large = &big.conn;
	enum query_order order;

	(void)state;
	small->id = 1;
	large->opened_ms = 500;
	large->active_ms = 600;
	large->received_bytes = 90;
	large->sent_bytes = 80;
	assert_true(is_before("id", false, small, large));
	assert_true(is_before("pending", false, small, large));
	big.words = &header;
	assert_true(is_before("pending", false, large, small));
	for (int reverse = 0; reverse < 2; reverse++) {
		static const char *const names[] = { "age", "idle", "received", "sent", "bytes" };

		for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
			assert_int_equal(is_before(names[i], reverse, large, small), !reverse);
		assert_int_equal(is_before("id", reverse, small, large), !reverse);
	}
	assert_true(query_read_order(NULL, &order));
	assert_int_equal(order, QUERY_UNORDERED);
	assert_false(query_read_order("", &order));
	assert_false(query_read_order("colour", &order));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filter_when_all_of_it_holds_then_matches),
		cmocka_unit_test(test_filter_when_any_of_it_does_not_hold_then_does_not_match),
		cmocka_unit_test(test_filter_when_over_a_unix_socket_then_has_no_source),
		cmocka_unit_test(test_filter_when_wrong_then_names_the_field),
		cmocka_unit_test(test_order_then_the_largest_comes_first_and_equals_by_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
