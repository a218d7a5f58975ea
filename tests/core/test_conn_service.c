/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * What a connection does for its service: room, input that is kept, the peer's end, answers that nobody
 * asked for, failures.
 */
#include "tests/cmocka_all.h"

#include <errno.h>
#include <string.h>

#include "echod/attr.h"
#include "tests/core/conn_rig.h"
#include "tests/core/conn_services.h"

static const char letters[] = "abcdefghijklmnopqrstuvwxyz";

static void test_conn_service_without_room_goes_on_when_some_appears(void **state)
{
	struct rig *r = rig_open(&service_double, 5);

	(void)state;
	assert_int_equal(rig_turn(r, letters, 26, 0), 5);
	assert_int_equal(conn_pending(&r->c), 4);
	assert_int_equal(buf_length(&r->c.input), 3);
	assert_int_equal(conn_wants(&r->c), CONN_WRITE);
	rig_turn(r, NULL, 0, 1);
	assert_int_equal(conn_pending(&r->c), 5);
	assert_int_equal(buf_length(&r->c.input), 2);
	rig_turn(r, NULL, 0, 100);
	rig_assert_out(r, "aabbccddee");
	assert_null(r->c.input.block);
	assert_int_equal(conn_wants(&r->c), CONN_READ);
	rig_close(r);
}

static void test_conn_service_when_a_reload_lowers_max_pending_then_waits_for_room(void **state)
{
	struct rig *r = rig_open(&service_double, 6);

	(void)state;
	rig_turn(r, letters, 6, 0);
	assert_int_equal(conn_pending(&r->c), 6);
	r->rules.max_pending = 4;
	rig_turn(r, NULL, 0, 1);
	assert_int_equal(conn_pending(&r->c), 5);
	rig_turn(r, NULL, 0, 3);
	assert_int_equal(conn_pending(&r->c), 4);
	rig_turn(r, NULL, 0, 100);
	rig_assert_out(r, "aabbccddeeff");
	rig_close(r);
}

static void test_conn_service_when_the_peer_ends_without_room_is_still_served(void **state)
{
	struct rig *r = rig_open(&service_double, 5);

	(void)state;
	rig_turn(r, letters, 5, 0);
	rig_end(r, 0);
	assert_int_equal(r->c.state, CONN_FLUSHING);
	for (int i = 0; i < 9; i++) {
		rig_turn(r, NULL, 0, 1);
		assert_int_equal(conn_wants(&r->c), CONN_WRITE);
	}
	rig_turn(r, NULL, 0, 1);
	rig_assert_out(r, "aabbccddee");
	assert_int_equal(r->c.state, CONN_DONE);
	assert_int_equal(r->c.reason, CLOSE_PEER);
	rig_close(r);
}

static void test_conn_service_when_it_has_full_room_and_uses_too_little_then_protocol(void **state)
{
	struct rig *r = rig_open(&service_double, 1);

	(void)state;
	assert_int_equal(rig_receive(r, "ab", 2), 1);
	assert_int_equal(r->last_error, -EPROTO);
	assert_true(rig_settle(r));
	assert_int_equal(r->c.reason, CLOSE_PROTOCOL);
	assert_null(r->c.input.block);
	rig_close(r);
}

static void test_conn_service_when_it_fails_then_what_it_answered_is_sent(void **state)
{
	struct rig *r = rig_open(&service_picky, 100);

	(void)state;
	assert_int_equal(rig_receive(r, "abxcd", 5), 5);
	assert_int_equal(r->last_error, -EPROTO);
	assert_int_equal(r->c.state, CONN_FLUSHING);
	rig_send(r, 100);
	assert_true(rig_settle(r));
	rig_assert_out(r, "ab");
	assert_int_equal(r->c.state, CONN_LINGERING);
	assert_int_equal(r->c.reason, CLOSE_PROTOCOL);
	rig_close(r);
}

/* What was kept for want of room is met by another service: only so does a failure come late. */
static void test_conn_service_when_it_fails_after_the_peers_end_then_protocol(void **state)
{
	struct rig *r = rig_open(&service_double, 4);

	(void)state;
	rig_turn(r, "abxd", 4, 0);
	assert_int_equal(buf_length(&r->c.input), 2);
	rig_end(r, 0);
	assert_int_equal(r->c.reason, CLOSE_PEER);
	r->rules.service = &service_picky;
	rig_turn(r, NULL, 0, 1);
	assert_int_equal(r->last_error, -EPROTO);
	assert_int_equal(r->c.reason, CLOSE_PROTOCOL);
	rig_turn(r, NULL, 0, 100);
	rig_assert_out(r, "aabb");
	assert_int_equal(r->c.state, CONN_DONE);
	rig_close(r);
}

static void test_conn_service_when_it_closes_then_flushes_and_ends(void **state)
{
	struct rig *r = rig_open(&service_line, 100);

	(void)state;
	rig_turn(r, "one", 3, 0);
	rig_turn(r, " line\nand more", 14, 0);
	assert_int_equal(r->c.state, CONN_FLUSHING);
	assert_int_equal(r->c.reason, CLOSE_SERVICE);
	assert_int_equal(conn_wants(&r->c), CONN_WRITE);
	assert_null(r->c.input.block);
	rig_turn(r, NULL, 0, 100);
	rig_assert_out(r, "one line\n");
	assert_int_equal(r->c.state, CONN_LINGERING);
	rig_close(r);
}

static void test_conn_service_that_greets_has_its_answer_pending_at_once(void **state)
{
	struct rig *r = rig_open(&service_greet, 100);

	(void)state;
	assert_int_equal(r->c.state, CONN_FLUSHING);
	assert_int_equal(conn_wants(&r->c), CONN_WRITE);
	rig_turn(r, NULL, 0, 100);
	rig_assert_out(r, "hi\n");
	assert_int_equal(r->c.state, CONN_LINGERING);
	assert_int_equal(r->c.reason, CLOSE_SERVICE);
	rig_close(r);
}

static void test_conn_service_that_produces_is_kept_ahead_by_a_bounded_amount(void **state)
{
	struct rig *r = rig_open(&service_stream, 1 << 20);

	(void)state;
	assert_int_equal(conn_pending(&r->c), CONN_AHEAD);
	assert_int_equal(conn_wants(&r->c), CONN_READ | CONN_WRITE);
	rig_turn(r, NULL, 0, 1);
	assert_int_equal(conn_pending(&r->c), CONN_AHEAD);
	rig_turn(r, "thrown away", 11, 200000);
	assert_int_equal(conn_pending(&r->c), CONN_AHEAD);
	assert_int_equal(r->out_length, 200001);
	for (size_t i = 0; i < r->out_length; i++)
		assert_int_equal(r->out[i], stream_byte(i));
	rig_close(r);
}

static void test_conn_service_that_produces_stops_at_the_peers_end(void **state)
{
	struct rig *r = rig_open(&service_stream, 10);

	(void)state;
	assert_int_equal(conn_pending(&r->c), 5);
	rig_turn(r, NULL, 0, 3);
	assert_int_equal(conn_wants(&r->c), CONN_READ | CONN_WRITE);
	rig_end(r, 2);
	assert_int_equal(r->c.state, CONN_FLUSHING);
	rig_turn(r, NULL, 0, 100);
	assert_int_equal(r->out_length, 8);
	assert_int_equal(r->c.state, CONN_DONE);
	rig_close(r);
}

/* ---- Services that only this test needs ---- */

static int fail_opened(void *state UNUSED, const struct service_context *ctx UNUSED,
		       struct service_output *out)
{
	assert_int_equal(buf_append(out->bytes, "partial", 7), 0);
	return -EACCES;
}

static void test_conn_when_opened_fails_then_init_fails_and_owns_nothing(void **state)
{
	static const struct service refusing = { .name = "refusing", .opened = fail_opened };
	struct conn_rules rules = { .service = &refusing, .max_pending = 10 };
	struct peer peer = { .family = PEER_NONE };
	struct conn c;

	(void)state;
	assert_int_equal(conn_init(&c, 1, 2, &rules, &peer, &rig_context, 0), -EACCES);
	assert_null(c.pending.block);
}

static int starve_input(void *state UNUSED, const struct service_context *ctx UNUSED,
			struct service_input *in UNUSED, struct service_output *out UNUSED)
{
	return -ENOMEM;
}

static void test_conn_service_without_memory_ends_with_that_reason(void **state)
{
	static const struct service starving = { .name = "starving", .input = starve_input };
	struct rig *r = rig_open(&starving, 10);

	(void)state;
	rig_receive(r, "a", 1);
	assert_int_equal(r->last_error, -ENOMEM);
	assert_int_equal(r->c.reason, CLOSE_MEMORY);
	assert_int_equal(r->c.state, CONN_FLUSHING);
	rig_close(r);
}

/* Answers the end with how often it was called. */
static int count_input(void *state, const struct service_context *ctx UNUSED,
		       struct service_input *in, struct service_output *out)
{
	static const char digits[] = "0123";
	uint8_t *calls = state;

	in->data += in->length;
	in->length = 0;
	++*calls;
	if (!in->end)
		return SERVICE_MORE;
	assert_int_equal(buf_append(out->bytes, digits + *calls, 1), 0);
	out->room--;
	return SERVICE_MORE;
}

static void test_conn_service_is_told_of_the_end_also_when_nothing_is_left(void **state)
{
	static const struct service counting = { .name = "counting",
						 .state_size = 1,
						 .input = count_input };
	struct rig *r = rig_open(&counting, 10);

	(void)state;
	rig_turn(r, "abc", 3, 0);
	rig_end(r, 0);
	assert_int_equal(conn_pending(&r->c), 1);
	rig_turn(r, NULL, 0, 1);
	rig_assert_out(r, "2");
	assert_int_equal(r->c.state, CONN_DONE);
	rig_close(r);
}

/* Uses nothing and produces nothing, whatever it says. */
static int idle_input(void *state UNUSED, const struct service_context *ctx UNUSED,
		      struct service_input *in UNUSED, struct service_output *out UNUSED)
{
	return SERVICE_PRODUCE;
}

static int idle_output(void *state UNUSED, const struct service_context *ctx UNUSED,
		       struct service_output *out UNUSED)
{
	return SERVICE_PRODUCE;
}

static const struct service service_idle = {
	.name = "idle",
	.max_input = 3,
	.input = idle_input,
	.output = idle_output,
};

static void test_conn_service_that_does_nothing_at_the_end_is_not_waited_for(void **state)
{
	struct rig *r = rig_open(&service_idle, 10);

	(void)state;
	rig_turn(r, "abc", 3, 0);
	assert_int_equal(conn_wants(&r->c), CONN_READ);
	rig_end(r, 0);
	assert_int_equal(r->c.state, CONN_DONE);
	assert_int_equal(r->c.reason, CLOSE_PEER);
	assert_null(r->c.input.block);
	rig_close(r);
}

static void test_conn_service_when_max_input_is_exceeded_then_protocol(void **state)
{
	struct rig *r = rig_open(&service_idle, 10);

	(void)state;
	rig_turn(r, "abc", 3, 0);
	assert_int_equal(r->last_error, 0);
	rig_turn(r, "d", 1, 0);
	assert_int_equal(r->last_error, -EPROTO);
	assert_int_equal(r->c.reason, CLOSE_PROTOCOL);
	rig_close(r);
}

static int finished;

static void note_fini(void *state UNUSED)
{
	finished++;
}

static void test_conn_fini_tells_the_service(void **state)
{
	static const struct service ending = { .name = "ending", .fini = note_fini };
	struct rig *r = rig_open(&ending, 10);

	(void)state;
	finished = 0;
	rig_turn(r, "thrown away", 11, 0);
	assert_int_equal(conn_pending(&r->c), 0);
	rig_close(r);
	assert_int_equal(finished, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conn_service_without_room_goes_on_when_some_appears),
		cmocka_unit_test(
		    test_conn_service_when_a_reload_lowers_max_pending_then_waits_for_room),
		cmocka_unit_test(test_conn_service_when_the_peer_ends_without_room_is_still_served),
		cmocka_unit_test(
		    test_conn_service_when_it_has_full_room_and_uses_too_little_then_protocol),
		cmocka_unit_test(test_conn_service_when_it_fails_then_what_it_answered_is_sent),
		cmocka_unit_test(test_conn_service_when_it_fails_after_the_peers_end_then_protocol),
		cmocka_unit_test(test_conn_service_when_it_closes_then_flushes_and_ends),
		cmocka_unit_test(test_conn_service_that_greets_has_its_answer_pending_at_once),
		cmocka_unit_test(test_conn_service_that_produces_is_kept_ahead_by_a_bounded_amount),
		cmocka_unit_test(test_conn_service_that_produces_stops_at_the_peers_end),
		cmocka_unit_test(test_conn_when_opened_fails_then_init_fails_and_owns_nothing),
		cmocka_unit_test(test_conn_service_without_memory_ends_with_that_reason),
		cmocka_unit_test(test_conn_service_is_told_of_the_end_also_when_nothing_is_left),
		cmocka_unit_test(test_conn_service_that_does_nothing_at_the_end_is_not_waited_for),
		cmocka_unit_test(test_conn_service_when_max_input_is_exceeded_then_protocol),
		cmocka_unit_test(test_conn_fini_tells_the_service),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
