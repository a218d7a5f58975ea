/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * The way of the bytes through a connection; its end is in test_conn_end.c, its time in
 * test_conn_timers.c.
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

/* ---- Services ---- */

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
		cmocka_unit_test(test_conn_when_settle_has_no_memory_then_done_at_once),
		cmocka_unit_test(
		    test_conn_when_receiving_has_no_memory_then_sends_what_it_has_and_ends),
		cmocka_unit_test(test_conn_when_keeping_input_has_no_memory_then_ends_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
