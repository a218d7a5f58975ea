/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/core/guard_box.h"

#include <errno.h>

#include "echod/datagram.h"

#define NONE DROP_REASONS

/* A listener on port 4000 that knows ports 7 and 53 as reflectors, and one datagram to it. */
struct scene {
	struct box box;
	struct datagram_ports own, reflectors;
	struct datagram_rules rules;
	struct datagram d;
	int64_t now_ns;
};

static struct peer ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port)
{
	return (struct peer){ .family = PEER_IPV4, .address = { a, b, c, d }, .port = port };
}

static struct peer mapped(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port)
{
	return (struct peer){ .family = PEER_IPV6,
			      .address = { [10] = 0xff, [11] = 0xff, a, b, c, d },
			      .port = port };
}

static struct peer ipv6(uint8_t first, uint8_t second, uint8_t last, uint16_t port)
{
	return (struct peer){ .family = PEER_IPV6,
			      .address = { first, second, [15] = last },
			      .port = port };
}

/* The pointers are set by ask(), because a struct scene is returned by value. */
static struct scene scene_new(void)
{
	struct scene s = {
		.box = box_new(1, 1),
		.d = { .source = ipv4(192, 0, 2, 1, 5000),
		       .local = ipv4(192, 0, 2, 99, 4000),
		       .length = 10 },
		.now_ns = SECOND_NS,
	};

	datagram_ports_add(&s.own, 4000);
	datagram_ports_add(&s.own, 4001);
	datagram_ports_add(&s.reflectors, 7);
	datagram_ports_add(&s.reflectors, 53);
	return s;
}

/* The reason, or NONE. */
static enum drop_reason ask(struct scene *s)
{
	enum drop_reason reason = NONE;

	s->rules.own = &s->own;
	s->rules.reflectors = &s->reflectors;
	if (!datagram_admit(&s->rules, s->box.guard, &s->box.daemon, &s->d, s->now_ns, &reason))
		assert_int_not_equal(reason, NONE);
	else
		assert_int_equal(reason, NONE);
	return reason;
}

static void expect_source(struct scene *s, struct peer source, enum drop_reason reason)
{
	s->d.source = source;
	assert_string_equal(drop_reason_name(ask(s)), drop_reason_name(reason));
}

static void test_datagram_when_nothing_is_wrong_then_goes_on(void **state)
{
	struct scene s = scene_new();

	(void)state;
	expect_source(&s, ipv4(192, 0, 2, 1, 5000), NONE);
	expect_source(&s, ipv4(1, 0, 0, 0, 1), NONE);
	expect_source(&s, ipv4(223, 255, 255, 255, 65535), NONE);
	expect_source(&s, ipv4(240, 0, 0, 1, 5000), NONE);
	expect_source(&s, ipv4(254, 255, 255, 255, 6), NONE);
	expect_source(&s, mapped(192, 0, 2, 1, 5000), NONE);
	expect_source(&s, ipv6(0x20, 0x01, 1, 5000), NONE);
	expect_source(&s, ipv6(0xfe, 0x80, 1, 5000), NONE);
	s.d.length = 0;
	expect_source(&s, ipv4(192, 0, 2, 1, 5000), NONE);
	box_free(&s.box);
}

static void test_datagram_when_port_is_zero_then_port_zero(void **state)
{
	struct scene s = scene_new();

	(void)state;
	expect_source(&s, ipv4(192, 0, 2, 1, 0), DROP_PORT_ZERO);
	expect_source(&s, mapped(192, 0, 2, 1, 0), DROP_PORT_ZERO);
	expect_source(&s, ipv6(0x20, 0x01, 1, 0), DROP_PORT_ZERO);
	box_free(&s.box);
}

static void test_datagram_when_source_is_no_host_then_bad_source(void **state)
{
	static const uint8_t firsts[] = { 0, 224, 230, 239, 255 };
	struct scene s = scene_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(firsts); i++) {
		expect_source(&s, ipv4(firsts[i], 0, 0, 0, 5000), DROP_BAD_SOURCE);
		expect_source(&s, ipv4(firsts[i], 255, 255, 255, 5000), DROP_BAD_SOURCE);
		expect_source(&s, mapped(firsts[i], 1, 2, 3, 5000), DROP_BAD_SOURCE);
	}
	expect_source(&s, ipv6(0, 0, 0, 5000), DROP_BAD_SOURCE);
	expect_source(&s, ipv6(0xff, 0x02, 1, 5000), DROP_BAD_SOURCE);
	expect_source(&s, (struct peer){ .family = PEER_NONE, .port = 5000 }, DROP_BAD_SOURCE);
	expect_source(&s, (struct peer){ .family = PEER_UNIX, .port = 5000 }, DROP_BAD_SOURCE);
	box_free(&s.box);
}

static void test_datagram_when_from_what_was_hit_then_self(void **state)
{
	struct scene s = scene_new();

	(void)state;
	expect_source(&s, ipv4(192, 0, 2, 99, 4000), DROP_SELF);
	expect_source(&s, mapped(192, 0, 2, 99, 4000), DROP_SELF);
	s.d.local = mapped(192, 0, 2, 99, 4000);
	expect_source(&s, ipv4(192, 0, 2, 99, 4000), DROP_SELF);
	s.d.local = ipv4(0x20, 0x01, 0, 0, 4000);
	expect_source(&s, ipv6(0x20, 0x01, 0, 4000),
		      DROP_OWN_PORT); /* the same bytes, another host */
	s.d.local = ipv6(0x20, 0x01, 9, 4000);
	expect_source(&s, ipv6(0x20, 0x01, 9, 4000), DROP_SELF);
	expect_source(&s, ipv6(0x20, 0x01, 8, 4000), DROP_OWN_PORT);
	expect_source(&s, ipv6(0x20, 0x01, 9, 4002), NONE);
	box_free(&s.box);
}

static void test_datagram_when_from_a_port_of_ours_then_own_port(void **state)
{
	struct scene s = scene_new();

	(void)state;
	expect_source(&s, ipv4(192, 0, 2, 1, 4000), DROP_OWN_PORT);
	expect_source(&s, ipv4(192, 0, 2, 1, 4001), DROP_OWN_PORT);
	expect_source(&s, ipv4(192, 0, 2, 99, 4001), DROP_OWN_PORT);
	expect_source(&s, ipv6(0x20, 0x01, 1, 4001), DROP_OWN_PORT);
	expect_source(&s, ipv4(192, 0, 2, 1, 3999), NONE);
	box_free(&s.box);
}

static void test_datagram_when_from_a_known_service_then_reflector_port(void **state)
{
	struct scene s = scene_new();

	(void)state;
	expect_source(&s, ipv4(192, 0, 2, 1, 7), DROP_REFLECTOR_PORT);
	expect_source(&s, ipv6(0x20, 0x01, 1, 53), DROP_REFLECTOR_PORT);
	expect_source(&s, mapped(192, 0, 2, 1, 53), DROP_REFLECTOR_PORT);
	expect_source(&s, ipv4(192, 0, 2, 1, 8), NONE);
	box_free(&s.box);
}

static void test_datagram_when_loopback_comes_by_a_cable_then_loopback_elsewhere(void **state)
{
	struct scene s = scene_new();

	(void)state;
	expect_source(&s, ipv4(127, 0, 0, 1, 5000), DROP_LOOPBACK_ELSEWHERE);
	expect_source(&s, ipv4(127, 200, 0, 1, 5000), DROP_LOOPBACK_ELSEWHERE);
	expect_source(&s, mapped(127, 0, 0, 1, 5000), DROP_LOOPBACK_ELSEWHERE);
	expect_source(&s, ipv6(0, 0, 1, 5000), DROP_LOOPBACK_ELSEWHERE);
	s.d.over_loopback = true;
	expect_source(&s, ipv4(127, 0, 0, 1, 5000), NONE);
	expect_source(&s, ipv6(0, 0, 1, 5000), NONE);
	box_free(&s.box);
}

static void test_datagram_when_the_list_refuses_then_acl(void **state)
{
	const struct guard_network deny = { ipv4(192, 0, 2, 0, 0), 24 };
	struct scene s = scene_new();

	(void)state;
	s.rules.acl = (struct guard_acl){ .deny = &deny, .n_deny = 1 };
	expect_source(&s, ipv4(192, 0, 2, 1, 5000), DROP_ACL);
	expect_source(&s, mapped(192, 0, 2, 1, 5000), DROP_ACL);
	expect_source(&s, ipv4(192, 0, 3, 1, 5000), NONE);
	s.rules.acl = (struct guard_acl){ .allow = &deny, .n_allow = 1 };
	expect_source(&s, ipv6(0x20, 0x01, 1, 5000), DROP_ACL);
	box_free(&s.box);
}

static void test_datagram_when_cut_then_truncated_before_all_else(void **state)
{
	struct scene s = scene_new();

	(void)state;
	s.d.truncated = true;
	expect_source(&s, ipv4(0, 0, 0, 0, 0), DROP_TRUNCATED);
	box_free(&s.box);
}

static void test_datagram_when_sent_to_many_then_send(void **state)
{
	struct scene s = scene_new();

	(void)state;
	s.d.to_many = true;
	expect_source(&s, ipv4(192, 0, 2, 1, 5000), DROP_SEND);
	expect_source(&s, ipv4(192, 0, 2, 1, 7), DROP_REFLECTOR_PORT);
	box_free(&s.box);
}

/* Each of these would be dropped for two reasons that stand beside each other in the order. */
static void test_datagram_when_two_reasons_hold_then_the_first_of_the_order(void **state)
{
	const struct guard_network all = { ipv4(0, 0, 0, 0, 0), 0 };
	struct scene s = scene_new();

	(void)state;
	datagram_ports_add(&s.reflectors, 4001);
	s.d.truncated = true;
	expect_source(&s, ipv4(192, 0, 2, 1, 0), DROP_TRUNCATED);
	s.d.truncated = false;
	expect_source(&s, ipv4(224, 0, 0, 1, 0), DROP_PORT_ZERO);
	s.d.local = ipv4(224, 0, 0, 1, 4000);
	expect_source(&s, ipv4(224, 0, 0, 1, 4000), DROP_BAD_SOURCE);
	s.d.local = ipv4(192, 0, 2, 99, 4000);
	expect_source(&s, ipv4(192, 0, 2, 99, 4000), DROP_SELF);
	expect_source(&s, ipv4(192, 0, 2, 1, 4001), DROP_OWN_PORT);
	expect_source(&s, ipv4(127, 0, 0, 1, 7), DROP_REFLECTOR_PORT);
	s.rules.acl = (struct guard_acl){ .deny = &all, .n_deny = 1 };
	expect_source(&s, ipv4(127, 0, 0, 1, 5000), DROP_LOOPBACK_ELSEWHERE);
	s.d.to_many = true;
	expect_source(&s, ipv4(192, 0, 2, 1, 5000), DROP_ACL);
	box_free(&s.box);
}

static void test_ports_when_added_then_they_and_no_others(void **state)
{
	static const uint16_t added[] = { 0, 63, 64, 1023, 32768, 65535 };
	struct datagram_ports ports = { { 0 } };
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(added); i++)
		datagram_ports_add(&ports, added[i]);
	for (unsigned port = 0; port < 65536; port++)
		n += datagram_ports_have(&ports, (uint16_t)port);
	assert_int_equal(n, ARRAY_LENGTH(added));
	for (size_t i = 0; i < ARRAY_LENGTH(added); i++)
		assert_true(datagram_ports_have(&ports, added[i]));
}

static void test_datagram_when_source_has_no_token_then_rate(void **state)
{
	struct scene s = scene_new();

	(void)state;
	s.rules.rate = (struct guard_rate){ .rate = 10, .burst = 3, .key = 1 };
	for (uint16_t port = 5000; port < 5003; port++)
		expect_source(&s, ipv4(192, 0, 2, 1, port), NONE);
	expect_source(&s, ipv4(192, 0, 2, 1, 5003), DROP_RATE);
	expect_source(&s, mapped(192, 0, 2, 1, 5004), DROP_RATE);
	expect_source(&s, ipv4(192, 0, 2, 2, 5000), NONE);
	s.now_ns += SECOND_NS / 10 + SECOND_NS / 1000;
	expect_source(&s, ipv4(192, 0, 2, 1, 5000), NONE);
	expect_source(&s, ipv4(192, 0, 2, 1, 5000), DROP_RATE);
	box_free(&s.box);
}

static void test_datagram_when_sources_share_a_prefix_then_share_a_bucket(void **state)
{
	struct scene s = scene_new();

	(void)state;
	s.rules.rate = (struct guard_rate){ .rate = 1, .burst = 1, .key = 1 };
	expect_source(&s, ipv6(0x20, 0x01, 1, 5000), NONE);
	expect_source(&s, ipv6(0x20, 0x01, 2, 5000), DROP_RATE);
	expect_source(&s, ipv6(0x20, 0x02, 1, 5000), NONE);
	box_free(&s.box);
}

static void test_datagram_when_refused_otherwise_then_takes_no_token(void **state)
{
	struct scene s = scene_new();

	(void)state;
	s.rules.rate = (struct guard_rate){ .rate = 1, .burst = 1, .key = 1 };
	for (int i = 0; i < 5; i++)
		expect_source(&s, ipv4(192, 0, 2, 1, 7), DROP_REFLECTOR_PORT);
	expect_source(&s, ipv4(192, 0, 2, 1, 5000), NONE);
	box_free(&s.box);
}

/* ---- Answers ---- */

static struct service_context seen_context;
static size_t seen_room;
static int told; /* what the service below returns; its answer is as long as the first byte says */

static int tell(void *state, const struct service_context *ctx, struct service_input *in,
		struct service_output *out)
{
	static const uint8_t answer[256];
	const size_t n = in->length > 0 ? in->data[0] : 5;

	assert_int_equal(*(uint8_t *)state, 0);
	assert_true(in->end);
	*(uint8_t *)state = 1;
	seen_context = *ctx;
	seen_room = out->room;
	if (n <= out->room && buf_append(out->bytes, answer, n) < 0)
		return -ENOMEM;
	return told;
}

/* A service that takes no notice of the room. */
static int overflow(void *state UNUSED, const struct service_context *ctx UNUSED,
		    struct service_input *in, struct service_output *out)
{
	const int error = buf_append(out->bytes, "123456789", in->length + 1);

	return error ? error : SERVICE_CLOSE;
}

static const struct service careless = { .name = "careless", .input = overflow };
static const struct service teller = { .name = "tell", .state_size = 1, .input = tell };
static const struct service mute = { .name = "mute" };

static enum datagram_answer answer(struct scene *s, const struct service *service,
				   const void *request, size_t length, struct buf *out,
				   enum drop_reason *ret_reason)
{
	const struct service_context ctx = { .datagram = true, .real_s = 42 };

	*out = (struct buf){ NULL };
	*ret_reason = NONE;
	s->d.length = length;
	return datagram_answer(&s->rules, service, &ctx, &s->d, request, out, ret_reason);
}

static void test_answer_when_echo_then_the_same(void **state)
{
	struct scene s = scene_new();
	enum drop_reason reason;
	struct buf out;

	(void)state;
	assert_int_equal(answer(&s, &service_echo, "ab", 2, &out, &reason), DATAGRAM_SAME);
	assert_int_equal(answer(&s, &service_echo, "", 0, &out, &reason), DATAGRAM_SAME);
	assert_null(out.block);
	box_free(&s.box);
}

static void test_answer_when_service_takes_only_then_nothing(void **state)
{
	struct scene s = scene_new();
	enum drop_reason reason;
	struct buf out;

	(void)state;
	assert_int_equal(answer(&s, &mute, "ab", 2, &out, &reason), DATAGRAM_NOTHING);
	box_free(&s.box);
}

static void test_answer_when_it_is_no_longer_then_goes(void **state)
{
	struct scene s = scene_new();
	enum drop_reason reason;
	struct buf out;

	(void)state;
	told = SERVICE_CLOSE;
	assert_int_equal(answer(&s, &teller, "\x03..", 3, &out, &reason), DATAGRAM_OTHER);
	assert_int_equal(buf_length(&out), 3);
	assert_true(seen_context.datagram);
	assert_int_equal(seen_context.real_s, 42);
	buf_fini(&out);
	box_free(&s.box);
}

static void test_answer_when_it_is_longer_then_short_unless_lifted(void **state)
{
	struct scene s = scene_new();
	enum drop_reason reason;
	struct buf out;

	(void)state;
	told = SERVICE_CLOSE;
	assert_int_equal(answer(&s, &teller, "\x04..", 3, &out, &reason), DATAGRAM_DROP);
	assert_int_equal(reason, DROP_SHORT);
	assert_null(out.block);
	assert_int_equal(answer(&s, &teller, "", 0, &out, &reason), DATAGRAM_DROP);
	assert_int_equal(reason, DROP_SHORT);
	s.rules.amplify = true;
	assert_int_equal(answer(&s, &teller, "\x04..", 3, &out, &reason), DATAGRAM_OTHER);
	assert_int_equal(buf_length(&out), 4);
	buf_fini(&out);
	assert_int_equal(answer(&s, &teller, "", 0, &out, &reason), DATAGRAM_OTHER);
	assert_int_equal(buf_length(&out), 5);
	buf_fini(&out);
	box_free(&s.box);
}

/* Even where it may be longer, it is never more than a datagram of its family can hold. */
static void test_answer_when_lifted_then_as_long_as_a_datagram_can_be(void **state)
{
	const struct peer sources[] = { ipv4(192, 0, 2, 1, 5000), ipv6(0x20, 0x01, 1, 5000) };
	const size_t rooms[] = { 65507, 65527 };
	struct scene s = scene_new();
	enum drop_reason reason;
	struct buf out;

	(void)state;
	told = SERVICE_CLOSE;
	s.rules.amplify = true;
	for (size_t i = 0; i < ARRAY_LENGTH(sources); i++) {
		s.d.source = sources[i];
		assert_int_equal(answer(&s, &teller, "\x02", 1, &out, &reason), DATAGRAM_OTHER);
		assert_int_equal(seen_room, rooms[i]);
		buf_fini(&out);
	}
	box_free(&s.box);
}

static void test_answer_when_service_takes_more_than_its_room_then_short(void **state)
{
	struct scene s = scene_new();
	enum drop_reason reason;
	struct buf out;

	(void)state;
	assert_int_equal(answer(&s, &careless, "123", 3, &out, &reason), DATAGRAM_DROP);
	assert_int_equal(reason, DROP_SHORT);
	assert_null(out.block);
	box_free(&s.box);
}

static void test_answer_when_service_fails_then_dropped_and_freed(void **state)
{
	struct scene s = scene_new();
	enum drop_reason reason;
	struct buf out;

	(void)state;
	told = -EPROTO;
	assert_int_equal(answer(&s, &teller, "\x02..", 3, &out, &reason), DATAGRAM_DROP);
	assert_int_equal(reason, DROP_SHORT);
	assert_null(out.block);
	told = -ENOMEM;
	assert_int_equal(answer(&s, &teller, "\x02..", 3, &out, &reason), DATAGRAM_DROP);
	assert_int_equal(reason, DROP_SEND);
	assert_null(out.block);
	box_free(&s.box);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_datagram_when_nothing_is_wrong_then_goes_on),
		cmocka_unit_test(test_datagram_when_port_is_zero_then_port_zero),
		cmocka_unit_test(test_datagram_when_source_is_no_host_then_bad_source),
		cmocka_unit_test(test_datagram_when_from_what_was_hit_then_self),
		cmocka_unit_test(test_datagram_when_from_a_port_of_ours_then_own_port),
		cmocka_unit_test(test_datagram_when_from_a_known_service_then_reflector_port),
		cmocka_unit_test(
		    test_datagram_when_loopback_comes_by_a_cable_then_loopback_elsewhere),
		cmocka_unit_test(test_datagram_when_the_list_refuses_then_acl),
		cmocka_unit_test(test_datagram_when_cut_then_truncated_before_all_else),
		cmocka_unit_test(test_datagram_when_sent_to_many_then_send),
		cmocka_unit_test(test_datagram_when_two_reasons_hold_then_the_first_of_the_order),
		cmocka_unit_test(test_ports_when_added_then_they_and_no_others),
		cmocka_unit_test(test_datagram_when_source_has_no_token_then_rate),
		cmocka_unit_test(test_datagram_when_sources_share_a_prefix_then_share_a_bucket),
		cmocka_unit_test(test_datagram_when_refused_otherwise_then_takes_no_token),
		cmocka_unit_test(test_answer_when_echo_then_the_same),
		cmocka_unit_test(test_answer_when_service_takes_only_then_nothing),
		cmocka_unit_test(test_answer_when_it_is_no_longer_then_goes),
		cmocka_unit_test(test_answer_when_it_is_longer_then_short_unless_lifted),
		cmocka_unit_test(test_answer_when_lifted_then_as_long_as_a_datagram_can_be),
		cmocka_unit_test(test_answer_when_service_takes_more_than_its_room_then_short),
		cmocka_unit_test(test_answer_when_service_fails_then_dropped_and_freed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
