/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * How a connection ends, and what its reason says.
 */
#include "tests/cmocka_all.h"

#include <errno.h>
#include <string.h>

#include "echod/attr.h"
#include "tests/core/conn_rig.h"
#include "tests/core/conn_services.h"

static void assert_ended(const struct rig *r, enum conn_state state, enum close_reason reason)
{
	assert_string_equal(conn_state_name(r->c.state), conn_state_name(state));
	assert_string_equal(close_reason_name(r->c.reason), close_reason_name(reason));
}

/* A connection in this state; 3 bytes are pending where it can have any. */
static struct rig *rig_in(enum conn_state state)
{
	struct rig *r = rig_open(&service_echo, 10);

	if (state == CONN_LINGERING) {
		conn_end(&r->c, CLOSE_IDLE, r->now_ms);
		assert_true(rig_settle(r));
		return r;
	}
	rig_turn(r, "abc", 3, 0);
	if (state == CONN_FLUSHING)
		rig_end(r, 0);
	if (state == CONN_DONE)
		conn_abort(&r->c, CLOSE_DRAIN);
	assert_int_equal(r->c.state, state);
	return r;
}

static void test_conn_when_the_peer_ends_with_nothing_pending_then_done(void **state)
{
	struct rig *r = rig_open(&service_echo, 10);

	(void)state;
	rig_turn(r, "abc", 3, 3);
	rig_end(r, 0);
	assert_ended(r, CONN_DONE, CLOSE_PEER);
	assert_int_equal(conn_wants(&r->c), CONN_CLOSE);
	assert_true(r->c.shut);
	rig_close(r);
}

static void test_conn_when_the_peer_ends_with_bytes_pending_then_all_arrive_first(void **state)
{
	enum {
		N = 5000
	};
	struct rig *r = rig_open(&service_echo, N);
	uint8_t bytes[N];

	(void)state;
	for (int i = 0; i < N; i++)
		bytes[i] = (uint8_t)(i * 7);
	assert_int_equal(rig_turn(r, bytes, N, 0), N);
	rig_end(r, 0);
	for (int i = 0; i < N; i++) {
		assert_ended(r, CONN_FLUSHING, CLOSE_PEER);
		assert_int_equal(conn_wants(&r->c), CONN_WRITE);
		rig_turn(r, NULL, 0, 1);
	}
	assert_ended(r, CONN_DONE, CLOSE_PEER);
	assert_int_equal(r->out_length, N);
	assert_memory_equal(r->out, bytes, N);
	rig_close(r);
}

static void test_conn_when_the_peer_ends_in_the_same_turn_then_the_loan_is_sent_too(void **state)
{
	struct rig *r = rig_open(&service_echo, 10);

	(void)state;
	rig_receive(r, "abc", 3);
	assert_int_equal(conn_recv_end(&r->c, &rig_context, r->now_ms), 0);
	rig_send(r, 1);
	assert_false(rig_settle(r));
	rig_turn(r, NULL, 0, 2);
	rig_assert_out(r, "abc");
	assert_ended(r, CONN_DONE, CLOSE_PEER);
	rig_close(r);
}

static void test_conn_when_we_end_then_flushes_without_reading_and_lingers(void **state)
{
	struct rig *r = rig_in(CONN_OPEN);
	uint8_t *space;

	(void)state;
	conn_end(&r->c, CLOSE_CONTROL, r->now_ms);
	assert_ended(r, CONN_FLUSHING, CLOSE_CONTROL);
	assert_int_equal(conn_wants(&r->c), CONN_WRITE);
	assert_int_equal(conn_recv_space(&r->c, &r->loan, &space), 0);
	rig_turn(r, NULL, 0, 100);
	rig_assert_out(r, "abc");
	assert_ended(r, CONN_LINGERING, CLOSE_CONTROL);
	assert_int_equal(conn_wants(&r->c), CONN_READ);
	rig_close(r);
}

static void test_conn_when_lingering_then_counts_what_it_throws_away_until_the_end(void **state)
{
	struct rig *r = rig_in(CONN_LINGERING);

	(void)state;
	conn_pause(&r->c, true);
	assert_int_equal(rig_turn(r, "more than max_pending", 21, 100), 21);
	assert_int_equal(r->c.received_bytes, 21);
	assert_int_equal(r->c.sent_bytes, 0);
	assert_int_equal(r->out_length, 0);
	assert_int_equal(conn_wants(&r->c), CONN_READ);
	rig_end(r, 100);
	assert_ended(r, CONN_DONE, CLOSE_IDLE);
	rig_close(r);
}

static void test_conn_when_the_peer_ends_while_we_flush_then_done_after_it(void **state)
{
	struct rig *r = rig_in(CONN_OPEN);

	(void)state;
	conn_end(&r->c, CLOSE_CONTROL, r->now_ms);
	rig_end(r, 0);
	assert_ended(r, CONN_FLUSHING, CLOSE_CONTROL);
	rig_turn(r, NULL, 0, 100);
	rig_assert_out(r, "abc");
	assert_ended(r, CONN_DONE, CLOSE_CONTROL);
	rig_close(r);
}

static void test_conn_when_ended_twice_then_the_first_reason_stays(void **state)
{
	struct rig *r = rig_in(CONN_FLUSHING);

	(void)state;
	conn_end(&r->c, CLOSE_CONTROL, r->now_ms);
	assert_ended(r, CONN_FLUSHING, CLOSE_PEER);
	rig_close(r);
	r = rig_in(CONN_LINGERING);
	conn_end(&r->c, CLOSE_CONTROL, r->now_ms);
	assert_ended(r, CONN_LINGERING, CLOSE_IDLE);
	rig_close(r);
	r = rig_in(CONN_DONE);
	conn_end(&r->c, CLOSE_CONTROL, r->now_ms);
	assert_ended(r, CONN_DONE, CLOSE_DRAIN);
	rig_close(r);
}

static void test_conn_when_ended_then_the_service_gets_no_more(void **state)
{
	struct rig *r = rig_open(&service_double, 4);

	(void)state;
	rig_turn(r, "abcd", 4, 0);
	assert_int_equal(buf_length(&r->c.input), 2);
	conn_end(&r->c, CLOSE_CONTROL, r->now_ms);
	assert_null(r->c.input.block);
	rig_turn(r, NULL, 0, 100);
	rig_assert_out(r, "aabb");
	assert_ended(r, CONN_LINGERING, CLOSE_CONTROL);
	rig_close(r);

	r = rig_open(&service_stream, 10);
	conn_end(&r->c, CLOSE_CONTROL, r->now_ms);
	rig_turn(r, NULL, 0, 100);
	assert_int_equal(r->out_length, 5);
	assert_ended(r, CONN_LINGERING, CLOSE_CONTROL);
	rig_close(r);
}

/* Until our side is shut down something is owed, and a failure says why it was not paid. */
static void test_conn_when_aborted_then_done_and_the_reason_tells_what_was_lost(void **state)
{
	struct rig *r = rig_in(CONN_OPEN);

	(void)state;
	conn_abort(&r->c, CLOSE_DRAIN);
	assert_ended(r, CONN_DONE, CLOSE_DRAIN);
	assert_int_equal(conn_pending(&r->c), 3);
	rig_close(r);
	r = rig_in(CONN_FLUSHING);
	conn_abort(&r->c, CLOSE_DRAIN);
	assert_ended(r, CONN_DONE, CLOSE_DRAIN);
	rig_close(r);
	r = rig_in(CONN_LINGERING);
	conn_abort(&r->c, CLOSE_DRAIN);
	assert_ended(r, CONN_DONE, CLOSE_IDLE);
	rig_close(r);
	r = rig_in(CONN_DONE);
	conn_abort(&r->c, CLOSE_MEMORY);
	assert_ended(r, CONN_DONE, CLOSE_DRAIN);
	rig_close(r);
}

static void test_conn_when_it_fails_then_done_with_the_reason_of_the_errno(void **state)
{
	static const struct {
		int errno_value;
		enum close_reason reason;
	} rows[] = {
		{ ECONNRESET, CLOSE_RESET }, { EPIPE, CLOSE_RESET },
		{ ENOTCONN, CLOSE_RESET },   { ETIMEDOUT, CLOSE_ERROR },
		{ ENOBUFS, CLOSE_ERROR },    { EHOSTUNREACH, CLOSE_ERROR },
		{ ENOMEM, CLOSE_ERROR },     { EIO, CLOSE_ERROR },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		for (int s = CONN_OPEN; s <= CONN_DONE; s++) {
			struct rig *r = rig_in(s);
			enum close_reason kept = s == CONN_DONE ? CLOSE_DRAIN : CLOSE_IDLE;

			conn_fail(&r->c, rows[i].errno_value);
			assert_ended(r, CONN_DONE, s < CONN_LINGERING ? rows[i].reason : kept);
			assert_int_equal(conn_wants(&r->c), CONN_CLOSE);
			rig_close(r);
		}
}

static void test_conn_when_done_then_nothing_more_happens(void **state)
{
	struct rig *r = rig_open(&service_echo, 10);
	const uint8_t *data;
	uint8_t *space;

	(void)state;
	rig_receive(r, "abc", 3);
	conn_fail(&r->c, EPIPE);
	assert_int_equal(conn_send_data(&r->c, &r->loan, &data), 0);
	assert_false(rig_settle(r));
	assert_null(r->c.pending.block);
	assert_int_equal(conn_recv_space(&r->c, &r->loan, &space), 0);
	assert_int_equal(conn_recv_end(&r->c, &rig_context, r->now_ms), 0);
	assert_int_equal(conn_deadline_ms(&r->c), INT64_MAX);
	assert_ended(r, CONN_DONE, CLOSE_RESET);
	rig_close(r);
}

static void test_conn_state_name_of_every_state_is_its_word(void **state)
{
	(void)state;
	assert_string_equal(conn_state_name(CONN_OPEN), "open");
	assert_string_equal(conn_state_name(CONN_FLUSHING), "flushing");
	assert_string_equal(conn_state_name(CONN_LINGERING), "lingering");
	assert_string_equal(conn_state_name(CONN_DONE), "done");
	assert_string_equal(conn_state_name(CONN_DONE + 1), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conn_when_the_peer_ends_with_nothing_pending_then_done),
		cmocka_unit_test(
		    test_conn_when_the_peer_ends_with_bytes_pending_then_all_arrive_first),
		cmocka_unit_test(
		    test_conn_when_the_peer_ends_in_the_same_turn_then_the_loan_is_sent_too),
		cmocka_unit_test(test_conn_when_we_end_then_flushes_without_reading_and_lingers),
		cmocka_unit_test(
		    test_conn_when_lingering_then_counts_what_it_throws_away_until_the_end),
		cmocka_unit_test(test_conn_when_the_peer_ends_while_we_flush_then_done_after_it),
		cmocka_unit_test(test_conn_when_ended_twice_then_the_first_reason_stays),
		cmocka_unit_test(test_conn_when_ended_then_the_service_gets_no_more),
		cmocka_unit_test(
		    test_conn_when_aborted_then_done_and_the_reason_tells_what_was_lost),
		cmocka_unit_test(test_conn_when_it_fails_then_done_with_the_reason_of_the_errno),
		cmocka_unit_test(test_conn_when_done_then_nothing_more_happens),
		cmocka_unit_test(test_conn_state_name_of_every_state_is_its_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
