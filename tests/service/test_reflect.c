/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/service/service_rig.h"

#include <errno.h>
#include <jansson.h>

static const struct peer peer = { .address = { 192, 0, 2, 1 }, .port = 50000, .family = PEER_IPV4 };
static const struct peer local = { .address = { [15] = 1 }, .port = 7007, .family = PEER_IPV6 };
static const struct peer unix_peer = { .family = PEER_UNIX };
static const struct service_path path = { .hops = 63,
					  .traffic_class = 46 << 2 | 1,
					  .has_tcp = true,
					  .rtt_us = 1234,
					  .rtt_variance_us = 7,
					  .send_mss = 1448,
					  .receive_mss = 536,
					  .path_mtu = 1500,
					  .send_scale = 7,
					  .receive_scale = -1,
					  .retransmissions = 2 };

static struct service_rig rig_of(void)
{
	return (struct service_rig){ .service = &service_reflect,
				     .room = 4096,
				     .ctx = { .peer = &peer,
					      .local = &local,
					      .path = &path,
					      .real_s = 383247463,
					      .real_ns = 383247463000123999 } };
}

/* The answer is one line of JSON, and this. */
static void expect_json(struct service_rig *rig, const char *text)
{
	const char *out = (const char *)buf_data(&rig->out);
	const size_t n = buf_length(&rig->out);
	json_t *got, *expected = json_loads(text, 0, NULL);

	assert_non_null(expected);
	assert_true(n > 0 && memchr(out, '\n', n) == out + n - 1);
	got = json_loadb(out, n, 0, NULL);
	assert_true(json_equal(got, expected));
	json_decref(got);
	json_decref(expected);
	rig_fini(rig);
}

static void test_reflect_first_line_then_all_that_is_known(void **state)
{
	struct service_rig rig = rig_of();

	(void)state;
	assert_int_equal(rig_input(&rig, "hel", 3, false), SERVICE_MORE);
	rig_expect(&rig, NULL, 0);
	assert_int_equal(rig_input(&rig, "lo\nmore\n", 8, false), SERVICE_CLOSE);
	expect_json(
	    &rig,
	    "{\"transport\": \"tcp\", \"peer\": {\"address\": \"192.0.2.1\", \"port\": 50000},"
	    "\"local\": {\"address\": \"::1\", \"port\": 7007},"
	    "\"time\": \"1982-02-22T17:37:43.000123Z\", \"time_ns\": 383247463000123999,"
	    "\"hop_limit\": 63, \"dscp\": 46, \"ecn\": 1, \"tcp\": {"
	    "\"round_trip_ns\": 1234000, \"round_trip_variance_ns\": 7000,"
	    "\"send_mss_bytes\": 1448, \"receive_mss_bytes\": 536,"
	    "\"path_mtu_bytes\": 1500, \"send_window_scale\": 7,"
	    "\"receive_window_scale\": null, \"retransmissions\": 2}}");
}

static void test_reflect_what_is_not_known_is_null(void **state)
{
	static const struct service_path nothing = { .hops = -1, .traffic_class = -1 };
	struct service_rig rig = rig_of();

	(void)state;
	rig.ctx.peer = &unix_peer;
	rig.ctx.local = &unix_peer;
	rig.ctx.path = &nothing;
	rig.ctx.real_s = rig.ctx.real_ns = 0;
	assert_int_equal(rig_input(&rig, "\n", 1, false), SERVICE_CLOSE);
	expect_json(&rig, "{\"transport\": \"unix\", \"peer\": {\"address\": null, \"port\": null},"
			  "\"local\": {\"address\": null, \"port\": null},"
			  "\"time\": \"1970-01-01T00:00:00.000000Z\", \"time_ns\": 0,"
			  "\"hop_limit\": null, \"dscp\": null, \"ecn\": null, \"tcp\": null}");
}

static void test_reflect_when_the_peer_ends_then_what_came_is_a_line(void **state)
{
	struct service_rig rig = rig_of();

	(void)state;
	assert_int_equal(rig_input(&rig, "x", 1, true), SERVICE_CLOSE);
	assert_true(buf_length(&rig.out) > 0);
	rig_fini(&rig);
	assert_int_equal(rig_input(&rig, "", 0, true), SERVICE_MORE);
	rig_expect(&rig, NULL, 0);
}

static void test_reflect_when_room_is_short_then_waits_for_it(void **state)
{
	struct service_rig rig = rig_of();

	(void)state;
	rig.room = 100;
	assert_int_equal(rig_input(&rig, "x\n", 2, true), SERVICE_MORE);
	assert_int_equal(rig.n_kept, 2);
	rig.room = 4096;
	assert_int_equal(rig_input(&rig, "", 0, true), SERVICE_CLOSE);
	assert_true(buf_length(&rig.out) > 0);
	rig_fini(&rig);
}

static void test_reflect_datagram_when_longer_than_its_answer_then_answered(void **state)
{
	struct service_rig rig = rig_of();
	size_t n;

	(void)state;
	rig.ctx.datagram = true;
	assert_int_equal(rig_input(&rig, "", 0, true), SERVICE_CLOSE);
	n = buf_length(&rig.out);
	rig_fini(&rig);
	rig.room = n - 1;
	assert_int_equal(rig_input(&rig, "x", 1, true), SERVICE_MORE);
	rig_expect(&rig, NULL, 0);
	rig.room = n;
	assert_int_equal(rig_input(&rig, "", 0, true), SERVICE_CLOSE);
	assert_int_equal(buf_length(&rig.out), n);
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reflect_first_line_then_all_that_is_known),
		cmocka_unit_test(test_reflect_what_is_not_known_is_null),
		cmocka_unit_test(test_reflect_when_the_peer_ends_then_what_came_is_a_line),
		cmocka_unit_test(test_reflect_when_room_is_short_then_waits_for_it),
		cmocka_unit_test(test_reflect_datagram_when_longer_than_its_answer_then_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
