/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/service/service_rig.h"

#include <errno.h>
#include <jansson.h>

static const struct peer peer = { .address = { 192, 0, 2, 1 }, .port = 50000, .family = PEER_IPV4 };
static const struct peer local = { .address = { [15] = 1 }, .port = 7007, .family = PEER_IPV6 };
static const struct peer unix_peer = { .family = PEER_UNIX };
static const struct service_path path = { .hops = 63,
					  .traffic_class = 45 << 2 | 3,
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
					      .real_ns = 383247463987654999 } };
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

/* What it makes of this much at once; an answer is there when it says so, and is forgotten. */
static int reflected(struct service_rig *rig, const void *data, size_t n, bool end)
{
	struct service_output out = rig_output(rig);
	struct service_input in = { data, n, end };
	const int verdict = service_reflect.input(rig->state, &rig->ctx, &in, &out);

	assert_int_equal(buf_length(&rig->out) > 0, verdict == SERVICE_CLOSE);
	assert_int_equal(in.length, verdict == SERVICE_CLOSE ? 0 : n);
	rig_fini(rig);
	return verdict;
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
	    "\"local\": {\"address\": \"::1\", \"port\": 7007}, \"proxy\": null,"
	    "\"time\": \"1982-02-22T17:37:43.987654Z\", \"time_ns\": 383247463987654999,"
	    "\"hop_limit\": 63, \"dscp\": 45, \"ecn\": 3, \"tcp\": {"
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
			  "\"local\": {\"address\": null, \"port\": null}, \"proxy\": null,"
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

/* However much of it comes at once: 4096 bytes before the line feed, and no more. */
static void test_reflect_line_when_too_long_then_a_breach_in_any_pieces(void **state)
{
	static char longest[4096 + 1], longer[4097 + 1];
	const size_t whole = sizeof(longest);
	struct service_rig rig = rig_of();

	(void)state;
	memset(longest, 'x', whole - 1);
	memset(longer, 'x', whole);
	longest[whole - 1] = longer[whole] = '\n';
	assert_int_equal(reflected(&rig, longest, whole, false), SERVICE_CLOSE);
	assert_int_equal(reflected(&rig, longest, whole - 1, true), SERVICE_CLOSE);
	assert_int_equal(reflected(&rig, longest, whole - 1, false), SERVICE_MORE);
	assert_int_equal(reflected(&rig, longer, whole + 1, false), -EPROTO);
	assert_int_equal(reflected(&rig, longer, whole, false), -EPROTO);
	assert_int_equal(reflected(&rig, longer, whole, true), -EPROTO);
	rig.ctx.datagram = true;
	assert_int_equal(reflected(&rig, longer, whole + 1, true), SERVICE_CLOSE);
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

/* ---- Behind a proxy ---- */

static const struct peer proxy_end = { .address = { 198, 51, 100, 9 },
				       .port = 40000,
				       .family = PEER_IPV4 };

static struct service_proxy words_of(int version, const void *header, size_t length)
{
	return (struct service_proxy){ .version = version,
				       .from = proxy_end,
				       .source = peer,
				       .destination = local,
				       .header = header,
				       .length = length };
}

/* The answer's member "proxy"; the caller's. */
static json_t *proxy_answered(struct service_rig *rig)
{
	json_t *answer =
	    json_loadb((const char *)buf_data(&rig->out), buf_length(&rig->out), 0, NULL);
	json_t *proxy = json_incref(json_object_get(answer, "proxy"));

	assert_non_null(proxy);
	json_decref(answer);
	return proxy;
}

static void expect_proxy(const struct service_proxy *words, const char *text)
{
	struct service_rig rig = rig_of();
	json_t *expected = json_loads(text, 0, NULL), *got;

	assert_non_null(expected);
	rig.ctx.proxy = words;
	assert_int_equal(rig_input(&rig, "\n", 1, false), SERVICE_CLOSE);
	got = proxy_answered(&rig);
	assert_true(json_equal(got, expected));
	json_decref(got);
	json_decref(expected);
	rig_fini(&rig);
}

#define FROM "\"from\": {\"address\": \"198.51.100.9\", \"port\": 40000},"
#define NO_ADDRESSES                                       \
	"\"source\": {\"address\": null, \"port\": null}," \
	"\"destination\": {\"address\": null, \"port\": null},"

static void test_reflect_behind_a_proxy_then_its_header_as_it_came(void **state)
{
	static const char one[] = "PROXY TCP4 ~\r\n", unknown[] = "PROXY UNKNOWN\r\n",
			  odd[] = "PROXY UNKNOWN \x7f\r\n", even[] = "PROXY UNKNOWN \x1f\r\n";
	static const uint8_t two[] = { 0x0d, 0x0a, 0x00, 0x21, 0xfe };
	struct service_proxy words = words_of(1, one, sizeof(one) - 1);

	(void)state;
	expect_proxy(&words, "{\"version\": 1," FROM
			     "\"source\": {\"address\": \"192.0.2.1\", \"port\": 50000},"
			     "\"destination\": {\"address\": \"::1\", \"port\": 7007},"
			     "\"text\": \"PROXY TCP4 ~\", \"length_bytes\": 14,"
			     "\"hex\": \"50524f58592054435034207e0d0a\"}");
	words = words_of(2, two, sizeof(two));
	expect_proxy(&words, "{\"version\": 2," FROM
			     "\"source\": {\"address\": \"192.0.2.1\", \"port\": 50000},"
			     "\"destination\": {\"address\": \"::1\", \"port\": 7007},"
			     "\"text\": null, \"length_bytes\": 5, \"hex\": \"0d0a0021fe\"}");
	words = words_of(1, unknown, sizeof(unknown) - 1);
	words.source = words.destination = (struct peer){ .family = PEER_NONE };
	expect_proxy(&words, "{\"version\": 1," FROM NO_ADDRESSES
			     "\"text\": \"PROXY UNKNOWN\", \"length_bytes\": 15,"
			     "\"hex\": \"50524f585920554e4b4e4f574e0d0a\"}");
	words = words_of(1, odd, sizeof(odd) - 1);
	words.source = words.destination = (struct peer){ .family = PEER_NONE };
	expect_proxy(&words,
		     "{\"version\": 1," FROM NO_ADDRESSES "\"text\": null, \"length_bytes\": 17,"
		     "\"hex\": \"50524f585920554e4b4e4f574e207f0d0a\"}");
	words = words_of(1, even, sizeof(even) - 1);
	words.source = words.destination = (struct peer){ .family = PEER_NONE };
	expect_proxy(&words,
		     "{\"version\": 1," FROM NO_ADDRESSES "\"text\": null, \"length_bytes\": 17,"
		     "\"hex\": \"50524f585920554e4b4e4f574e201f0d0a\"}");
}

static void test_reflect_when_a_header_is_too_long_then_as_much_as_fits(void **state)
{
	static uint8_t header[65551];
	const struct service_proxy words = words_of(2, header, sizeof(header));

	(void)state;
	for (size_t room = 1024; room < 1030; room++) {
		struct service_rig rig = rig_of();
		json_t *proxy;
		size_t shown;

		rig.ctx.proxy = &words;
		rig.room = room;
		assert_int_equal(rig_input(&rig, "\n", 1, false), SERVICE_CLOSE);
		assert_true(buf_length(&rig.out) > room - 2);
		proxy = proxy_answered(&rig);
		shown = strlen(json_string_value(json_object_get(proxy, "hex")));
		assert_true(shown > 100 && shown % 2 == 0);
		assert_int_equal(json_integer_value(json_object_get(proxy, "length_bytes")), 65551);
		json_decref(proxy);
		rig_fini(&rig);
	}
}

/* The least room that there is when nothing else waits to be sent is max-pending's minimum. */
static void test_reflect_longest_answer_fits_into_the_least_room(void **state)
{
	static const struct service_path longest = { .hops = 255,
						     .traffic_class = 255,
						     .has_tcp = true,
						     .rtt_us = 4294967295,
						     .rtt_variance_us = 4294967295,
						     .send_mss = 65495,
						     .receive_mss = 65495,
						     .path_mtu = 65536,
						     .send_scale = 14,
						     .receive_scale = 14,
						     .retransmissions = 4294967295 };
	struct peer far = { .port = 65535, .family = PEER_IPV6 };
	char header[107];
	struct service_proxy words = words_of(1, header, sizeof(header));
	struct service_rig rig = rig_of();

	(void)state;
	memset(far.address, 0xff, sizeof(far.address));
	memset(header, 'x', sizeof(header));
	words.from = words.source = words.destination = far;
	rig.ctx = (struct service_context){ .peer = &far,
					    .local = &far,
					    .path = &longest,
					    .proxy = &words,
					    .real_s = 9223372036,
					    .real_ns = INT64_MAX };
	rig.room = 1024;
	assert_int_equal(rig_input(&rig, "\n", 1, false), SERVICE_CLOSE);
	rig_fini(&rig);
	/* Only a header without addresses may have what is written with two characters. */
	memset(header, '"', sizeof(header));
	words.source = words.destination = (struct peer){ .family = PEER_NONE };
	assert_int_equal(rig_input(&rig, "\n", 1, false), SERVICE_CLOSE);
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
		cmocka_unit_test(test_reflect_line_when_too_long_then_a_breach_in_any_pieces),
		cmocka_unit_test(test_reflect_when_room_is_short_then_waits_for_it),
		cmocka_unit_test(test_reflect_behind_a_proxy_then_its_header_as_it_came),
		cmocka_unit_test(test_reflect_when_a_header_is_too_long_then_as_much_as_fits),
		cmocka_unit_test(test_reflect_longest_answer_fits_into_the_least_room),
		cmocka_unit_test(test_reflect_datagram_when_longer_than_its_answer_then_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
