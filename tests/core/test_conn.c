/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * The way of the bytes through a connection; what its service may ask for is in test_conn_service.c,
 * its end in test_conn_end.c, its time in test_conn_timers.c.
 */
#include "tests/cmocka_all.h"

#include <errno.h>
#include <string.h>

#include "echod/attr.h"
#include "tests/core/conn_rig.h"
#include "tests/core/conn_services.h"

static const char letters[] = "abcdefghijklmnopqrstuvwxyz";

/* ---- No memory: the wrapped buf fails from the nth call on, counting from one ---- */

static unsigned fail_append, fail_reserve;

int __real_buf_append(struct buf *b, const void *data, size_t n);
int __real_buf_reserve(struct buf *b, size_t n, uint8_t **ret_space);
int __wrap_buf_append(struct buf *b, const void *data, size_t n);
int __wrap_buf_reserve(struct buf *b, size_t n, uint8_t **ret_space);

int __wrap_buf_append(struct buf *b, const void *data, size_t n)
{
	return fail_append && --fail_append == 0 ? -ENOMEM : __real_buf_append(b, data, n);
}

int __wrap_buf_reserve(struct buf *b, size_t n, uint8_t **ret_space)
{
	return fail_reserve && --fail_reserve == 0 ? -ENOMEM : __real_buf_reserve(b, n, ret_space);
}

/* ---- Every split of a small message ---- */

/* A bit mask over n bytes: the length of the part that begins at position. */
static size_t part(unsigned mask, size_t position, size_t n)
{
	size_t end = position + 1;

	while (end < n && !(mask & (1u << (end - 1))))
		end++;
	return end - position;
}

/* Receives text in the parts of one mask, sends in those of the other, until the end. */
static void pass_in_parts(struct rig *r, const char *text, size_t n, unsigned receives,
			  unsigned sends, size_t out_length)
{
	size_t given = 0;

	for (unsigned turns = 0; r->c.state != CONN_DONE; turns++) {
		size_t room =
		    r->out_length < out_length ? part(sends, r->out_length, out_length) : 0;
		unsigned wants = conn_wants(&r->c);

		assert_true(turns < 1000);
		if (given < n)
			given += rig_turn(r, text + given, part(receives, given, n), room);
		else if (wants & CONN_READ)
			rig_end(r, room);
		else
			rig_turn(r, NULL, 0, room);
	}
}

static void try_every_split(const struct service *service, const char *text, size_t max_pending,
			    const char *expected)
{
	size_t n = strlen(text), out_length = strlen(expected);

	for (unsigned receives = 0; receives < 1u << (n - 1); receives++)
		for (unsigned sends = 0; sends < 1u << (out_length - 1); sends++) {
			struct rig *r = rig_open(service, max_pending);

			pass_in_parts(r, text, n, receives, sends, out_length);
			rig_assert_out(r, expected);
			assert_int_equal(r->c.reason, CLOSE_PEER);
			assert_int_equal(r->c.received_bytes, n);
			assert_int_equal(r->c.sent_bytes, out_length);
			rig_close(r);
		}
}

static void test_conn_echo_in_every_split_gives_back_every_byte(void **state)
{
	(void)state;
	for (size_t max_pending = 1; max_pending <= 7; max_pending++)
		try_every_split(&service_echo, "abcdef", max_pending, "abcdef");
}

static void test_conn_service_that_doubles_in_every_split_loses_nothing(void **state)
{
	(void)state;
	for (size_t max_pending = 2; max_pending <= 9; max_pending++)
		try_every_split(&service_double, "abcde", max_pending, "aabbccddee");
}

static void test_conn_service_of_units_in_every_split_keeps_what_is_left(void **state)
{
	(void)state;
	for (size_t max_pending = 4; max_pending <= 10; max_pending++)
		try_every_split(&service_units, "abcdefg", max_pending, "dcba!");
	try_every_split(&service_units, "abcdefgh", 5, "dcbahgfe");
	try_every_split(&service_units, "abc", 1, "!");
}

/* ---- The fast way: no copy, no memory ---- */

static void test_conn_new_is_open_and_reads(void **state)
{
	struct rig *r = rig_open(&service_echo, 10);

	(void)state;
	assert_int_equal(r->c.state, CONN_OPEN);
	assert_int_equal(r->c.id, 42);
	assert_int_equal(r->c.fd, 5);
	assert_int_equal(r->c.peer.port, 4711);
	assert_int_equal(conn_wants(&r->c), CONN_READ);
	assert_false(conn_wants_shutdown(&r->c));
	assert_int_equal(conn_deadline_ms(&r->c), INT64_MAX);
	assert_int_equal(conn_pending(&r->c), 0);
	rig_close(r);
}

static void test_conn_echo_when_the_kernel_takes_all_then_nothing_is_copied_or_kept(void **state)
{
	struct rig *r = rig_open(&service_echo, 100);
	const uint8_t *data = NULL;

	(void)state;
	fail_append = fail_reserve = 1;
	assert_int_equal(rig_receive(r, "hello", 5), 5);
	assert_int_equal(conn_send_data(&r->c, &r->loan, &data), 5);
	assert_ptr_equal(data, r->memory);
	rig_send(r, 2);
	assert_int_equal(conn_send_data(&r->c, &r->loan, &data), 3);
	assert_ptr_equal(data, r->memory + 2);
	rig_send(r, 3);
	rig_settle(r);
	rig_assert_out(r, "hello");
	assert_null(r->c.pending.block);
	assert_null(r->c.input.block);
	assert_int_equal(conn_wants(&r->c), CONN_READ);
	fail_append = fail_reserve = 0;
	rig_close(r);
}

static void test_conn_echo_when_bytes_are_pending_then_receives_right_behind_them(void **state)
{
	struct rig *r = rig_open(&service_echo, 100);
	uint8_t *space = NULL;
	const uint8_t *data = NULL;

	(void)state;
	rig_turn(r, "hello", 5, 1);
	assert_int_equal(conn_pending(&r->c), 4);
	assert_int_equal(conn_recv_space(&r->c, &r->loan, &space), 96);
	assert_int_equal(conn_send_data(&r->c, &r->loan, &data), 4);
	assert_ptr_equal(space, data + 4);
	fail_append = 1;
	rig_receive(r, " world", 6);
	assert_int_equal(conn_pending(&r->c), 10);
	rig_send(r, 10);
	fail_append = 0;
	rig_settle(r);
	rig_assert_out(r, "hello world");
	assert_null(r->c.pending.block);
	rig_close(r);
}

static void test_conn_echo_when_received_twice_in_a_turn_then_in_order(void **state)
{
	struct rig *r = rig_open(&service_echo, 10);

	(void)state;
	assert_int_equal(rig_receive(r, "abc", 3), 3);
	assert_int_equal(rig_receive(r, "defg", 4), 4);
	rig_send(r, 2);
	assert_int_equal(rig_receive(r, letters + 7, 9), 5);
	assert_int_equal(rig_receive(r, "z", 1), 0);
	rig_send(r, 100);
	rig_settle(r);
	rig_assert_out(r, "abcdefghijkl");
	rig_close(r);
}

static void test_conn_recv_space_is_bounded_by_the_loan_in_both_places(void **state)
{
	struct rig *r = rig_open(&service_echo, 100);
	uint8_t *space;

	(void)state;
	r->loan.size = 7;
	assert_int_equal(conn_recv_space(&r->c, &r->loan, &space), 7);
	rig_turn(r, letters, 7, 0);
	assert_int_equal(conn_recv_space(&r->c, &r->loan, &space), 7);
	rig_close(r);
}

/* 64 KiB at a time at most, and of a few bytes' worth only a page. */
static void test_conn_room_behind_pending_grows_with_it(void **state)
{
	static const uint8_t zeros[RIG_LOAN];
	struct rig *r = rig_open(&service_echo, 1 << 20);
	uint8_t *space;

	(void)state;
	rig_turn(r, zeros, 5, 0);
	assert_int_equal(conn_recv_space(&r->c, &r->loan, &space), 4096);
	rig_turn(r, zeros, 4096, 0);
	rig_turn(r, zeros, 4101, 0);
	assert_int_equal(conn_recv_space(&r->c, &r->loan, &space), 8202);
	while (conn_pending(&r->c) < 200000)
		rig_turn(r, zeros, sizeof(zeros), 0);
	assert_int_equal(conn_recv_space(&r->c, &r->loan, &space), 65536);
	rig_close(r);
}

/* ---- Back-pressure ---- */

static void test_conn_when_max_pending_is_reached_then_reading_stops_exactly_there(void **state)
{
	struct rig *r = rig_open(&service_echo, 10);

	(void)state;
	assert_int_equal(rig_turn(r, letters, 26, 0), 10);
	assert_int_equal(conn_pending(&r->c), 10);
	assert_int_equal(conn_wants(&r->c), CONN_WRITE);
	assert_int_equal(rig_turn(r, letters + 10, 16, 3), 0);
	assert_int_equal(conn_wants(&r->c), CONN_READ | CONN_WRITE);
	assert_int_equal(rig_turn(r, letters + 10, 16, 0), 3);
	assert_int_equal(conn_wants(&r->c), CONN_WRITE);
	rig_send(r, 100);
	rig_settle(r);
	rig_assert_out(r, "abcdefghijklm");
	assert_int_equal(conn_wants(&r->c), CONN_READ);
	rig_close(r);
}

static void test_conn_when_the_kernel_takes_nothing_then_it_waits_for_write(void **state)
{
	struct rig *r = rig_open(&service_echo, 10);

	(void)state;
	rig_turn(r, "abc", 3, 0);
	for (int i = 0; i < 3; i++) {
		rig_turn(r, NULL, 0, 0);
		assert_int_equal(conn_wants(&r->c), CONN_READ | CONN_WRITE);
		assert_int_equal(r->c.sent_bytes, 0);
	}
	rig_turn(r, NULL, 0, 100);
	rig_assert_out(r, "abc");
	rig_close(r);
}

static void test_conn_when_a_reload_lowers_max_pending_then_reads_again_below_it(void **state)
{
	struct rig *r = rig_open(&service_echo, 10);

	(void)state;
	rig_turn(r, letters, 8, 0);
	r->rules.max_pending = 4;
	assert_int_equal(conn_wants(&r->c), CONN_WRITE);
	assert_int_equal(rig_turn(r, letters + 8, 1, 4), 0);
	assert_int_equal(conn_wants(&r->c), CONN_WRITE);
	rig_turn(r, NULL, 0, 1);
	assert_int_equal(conn_wants(&r->c), CONN_READ | CONN_WRITE);
	assert_int_equal(rig_turn(r, letters + 8, 9, 0), 1);
	rig_close(r);
}

static void test_conn_when_paused_then_sends_but_does_not_read(void **state)
{
	struct rig *r = rig_open(&service_echo, 10);
	uint8_t *space;

	(void)state;
	rig_turn(r, "abc", 3, 0);
	conn_pause(&r->c, true);
	assert_int_equal(conn_wants(&r->c), CONN_WRITE);
	assert_int_equal(conn_recv_space(&r->c, &r->loan, &space), 0);
	rig_turn(r, NULL, 0, 3);
	assert_int_equal(conn_wants(&r->c), 0);
	conn_pause(&r->c, false);
	assert_int_equal(conn_wants(&r->c), CONN_READ);
	rig_turn(r, "d", 1, 1);
	rig_assert_out(r, "abcd");
	rig_close(r);
}

/* ---- No memory ---- */

static void test_conn_when_settle_has_no_memory_then_done_at_once(void **state)
{
	struct rig *r = rig_open(&service_echo, 10);

	(void)state;
	rig_receive(r, "abc", 3);
	fail_append = 1;
	assert_int_equal(conn_settle(&r->c, &r->loan, r->now_ms), -ENOMEM);
	assert_int_equal(conn_wants(&r->c), CONN_CLOSE);
	assert_int_equal(r->c.reason, CLOSE_MEMORY);
	rig_close(r);
}

static void test_conn_when_receiving_has_no_memory_then_sends_what_it_has_and_ends(void **state)
{
	struct rig *r = rig_open(&service_echo, 10);
	uint8_t *space;

	(void)state;
	rig_turn(r, "abc", 3, 0);
	fail_reserve = 1;
	assert_int_equal(conn_recv_space(&r->c, &r->loan, &space), 0);
	assert_int_equal(conn_wants(&r->c), CONN_WRITE);
	rig_turn(r, NULL, 0, 10);
	rig_assert_out(r, "abc");
	assert_int_equal(r->c.reason, CLOSE_MEMORY);
	rig_close(r);
}

static void test_conn_when_keeping_input_has_no_memory_then_ends_in_order(void **state)
{
	struct rig *r = rig_open(&service_units, 10);

	(void)state;
	fail_append = 2;
	rig_receive(r, "abcdef", 6);
	assert_int_equal(r->last_error, -ENOMEM);
	rig_send(r, 10);
	rig_settle(r);
	rig_assert_out(r, "dcba");
	assert_int_equal(r->c.reason, CLOSE_MEMORY);
	assert_int_equal(r->c.state, CONN_LINGERING);
	rig_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conn_echo_in_every_split_gives_back_every_byte),
		cmocka_unit_test(test_conn_service_that_doubles_in_every_split_loses_nothing),
		cmocka_unit_test(test_conn_service_of_units_in_every_split_keeps_what_is_left),
		cmocka_unit_test(test_conn_new_is_open_and_reads),
		cmocka_unit_test(
		    test_conn_echo_when_the_kernel_takes_all_then_nothing_is_copied_or_kept),
		cmocka_unit_test(
		    test_conn_echo_when_bytes_are_pending_then_receives_right_behind_them),
		cmocka_unit_test(test_conn_echo_when_received_twice_in_a_turn_then_in_order),
		cmocka_unit_test(test_conn_recv_space_is_bounded_by_the_loan_in_both_places),
		cmocka_unit_test(test_conn_room_behind_pending_grows_with_it),
		cmocka_unit_test(
		    test_conn_when_max_pending_is_reached_then_reading_stops_exactly_there),
		cmocka_unit_test(test_conn_when_the_kernel_takes_nothing_then_it_waits_for_write),
		cmocka_unit_test(
		    test_conn_when_a_reload_lowers_max_pending_then_reads_again_below_it),
		cmocka_unit_test(test_conn_when_paused_then_sends_but_does_not_read),
		cmocka_unit_test(test_conn_when_settle_has_no_memory_then_done_at_once),
		cmocka_unit_test(
		    test_conn_when_receiving_has_no_memory_then_sends_what_it_has_and_ends),
		cmocka_unit_test(test_conn_when_keeping_input_has_no_memory_then_ends_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
