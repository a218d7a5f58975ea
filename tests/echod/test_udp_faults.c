/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * A worker's UDP pump when calls fail: what must follow each answer of the kernel: the datagrams, in
 * order, the counters, no spin and no leak.
 */
#include "build.h"

#include "tests/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "echod/attr.h"
#include "echod/net_datagram.h"
#include "src/echod/udp.h"
#include "src/echod/udp_parts.h"
#include "tests/echod/pump.h"
#include "tests/fake/fake_syscalls.h"

enum {
	REST_MS = 100,
	BATCH = 32, /* as udp_parts.h has it */
	TURNS_MAX = 20
};

static struct pump pump;
static int peer = -1;

static int setup(void **state)
{
	struct net_address address;

	(void)state;
	pump_configure(&pump);
	pump.config.listeners[0].transports = SERVICE_UDP;
	pump.config.listeners[0].udp_rate = 0;
	/* Bound to all addresses and asked at one that an answer would not leave from by itself: the
	 * connected peer sees only what comes from there. */
	free(pump.config.listeners[0].address.items[0]);
	pump.config.listeners[0].address.items[0] = strdup("0.0.0.0");
	pump_open(&pump);
	assert_int_equal(net_parse("127.0.0.5", pump_port(&pump), &address), 0);
	assert_int_equal(net_connect_datagram(&address, NULL, &peer), 0);
	fake_reset();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_reset();
	attr_close_fd(&peer);
	pump_close(&pump);
	return 0;
}

/* Numbered from `first`. */
static void ask(int first, int n)
{
	fake_suspend(true);
	for (int i = first; i < first + n; i++) {
		char text[16];
		const int length = snprintf(text, sizeof(text), "%d", i);

		assert_int_equal(send(peer, text, (size_t)length, 0), length);
	}
	fake_suspend(false);
}

/* Exactly these numbers have come back, in order. */
static void expect_answers(int first, int n)
{
	char text[16];

	fake_suspend(true);
	for (int i = first; i < first + n; i++) {
		const ssize_t length = recv(peer, text, sizeof(text) - 1, 0);

		if (length < 0)
			fail_msg("no answer %d: %s", i, strerror(errno));
		text[length] = '\0';
		assert_int_equal(atoi(text), i);
	}
	assert_int_equal(recv(peer, text, sizeof(text), 0), -1);
	assert_int_equal(errno, EAGAIN);
	fake_suspend(false);
}

static int64_t dropped(enum drop_reason reason)
{
	return stats_get(&pump.w.stats->datagrams_dropped[reason]);
}

static unsigned waits_for(void)
{
	const int fd = endpoint_fd(pump_listener(&pump)->sockets, 0);
	const struct selector_key *key = selector_get_key(pump.w.selector, fd);

	return key ? key->events : 0;
}

static void expect_books(int64_t received, int64_t sent, int64_t lost)
{
	const struct stats_endpoint *e = pump_listener(&pump)->stats;

	assert_int_equal(stats_get(&e->datagrams_received), received);
	assert_int_equal(stats_get(&e->datagrams_sent), sent);
	assert_int_equal(stats_get(&e->datagrams_dropped), lost);
	assert_int_equal(stats_get(&pump.w.stats->datagrams_received), received);
	assert_int_equal(stats_get(&pump.w.stats->datagrams_sent), sent);
}

static void run_until_quiet(void)
{
	for (int i = 0; pump_turn(&pump) > 0; i++)
		assert_true(i < TURNS_MAX);
}

static void test_pump_when_nothing_fails_then_batches_in_order(void **state)
{
	(void)state;
	ask(0, 3 * BATCH + 1);
	assert_int_equal(pump_turn(&pump), 1);
	assert_int_equal(fake_count(FAKE_RECVMMSG), 4);
	assert_int_equal(fake_count(FAKE_SENDMMSG), 4);
	assert_int_equal(pump_turn(&pump), 0);
	expect_answers(0, 3 * BATCH + 1);
	expect_books(3 * BATCH + 1, 3 * BATCH + 1, 0);
}

static void test_pump_when_flooded_then_a_turn_is_bounded(void **state)
{
	(void)state;
	ask(0, 5 * BATCH);
	assert_int_equal(pump_turn(&pump), 1);
	assert_int_equal(fake_count(FAKE_RECVMMSG), 4);
	expect_answers(0, 4 * BATCH);
	assert_int_equal(pump_turn(&pump), 1);
	expect_answers(4 * BATCH, BATCH);
}

static void test_receive_when_an_icmp_error_is_told_then_goes_on(void **state)
{
	static const int errors[] = { ECONNREFUSED, EHOSTUNREACH, ENETUNREACH,
				      EPROTO,	    EMSGSIZE,	  EINTR };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(errors); i++) {
		fake_reset();
		fake_fail(FAKE_RECVMMSG, 1, errors[i]);
		ask(0, 2);
		assert_int_equal(pump_turn(&pump), 1);
		assert_int_equal(fake_answered(), 1);
		expect_answers(0, 2);
		assert_int_equal(waits_for(), EVENT_READ);
	}
}

static void test_receive_when_nothing_is_there_then_nothing(void **state)
{
	(void)state;
	fake_fail(FAKE_RECVMMSG, 1, EAGAIN);
	ask(0, 1);
	assert_int_equal(pump_turn(&pump), 1);
	expect_answers(0, 0);
	run_until_quiet();
	expect_answers(0, 1);
}

static void test_receive_when_it_does_not_fit_then_truncated_and_the_next_is_answered(void **state)
{
	(void)state;
	pump.w.pump->in_iov[0].iov_len = 2;
	ask(100, 1);
	run_until_quiet();
	assert_int_equal(dropped(DROP_TRUNCATED), 1);
	ask(10, 1);
	run_until_quiet();
	expect_answers(10, 1);
	expect_books(2, 1, 1);
}

static void test_receive_when_there_is_no_memory_then_rests_and_does_not_spin(void **state)
{
	(void)state;
	fake_fail(FAKE_RECVMMSG, 1, ENOMEM);
	ask(0, 3);
	assert_int_equal(pump_turn(&pump), 1);
	assert_int_equal(fake_count(FAKE_RECVMMSG), 1);
	assert_int_equal(waits_for(), 0);
	assert_int_equal(pump_turn(&pump), 0);
	pump_pass(&pump, REST_MS);
	assert_int_equal(waits_for(), EVENT_READ);
	run_until_quiet();
	expect_answers(0, 3);
}

static void test_send_when_full_then_kept_unread_and_sent_in_order(void **state)
{
	(void)state;
	fake_fail(FAKE_SENDMMSG, 1, EAGAIN);
	ask(0, 5);
	assert_int_equal(pump_turn(&pump), 1);
	assert_int_equal(fake_answered(), 1);
	assert_true(udp_is_stuck(pump_listener(&pump), 0));
	assert_int_equal(waits_for(), EVENT_WRITE);
	expect_answers(0, 0);
	ask(5, 3);
	run_until_quiet();
	assert_false(udp_is_stuck(pump_listener(&pump), 0));
	assert_int_equal(waits_for(), EVENT_READ);
	expect_answers(0, 8);
	expect_books(8, 8, 0);
}

static void test_send_when_full_again_and_again_then_nothing_is_lost(void **state)
{
	(void)state;
	fake_fail(FAKE_SENDMMSG, 1, EAGAIN);
	fake_fail(FAKE_SENDMMSG, 3, EAGAIN);
	fake_fail(FAKE_SENDMMSG, 4, EAGAIN);
	fake_fail(FAKE_SENDMMSG, 6, EINTR);
	ask(0, BATCH);
	run_until_quiet();
	assert_int_equal(fake_answered(), 4);
	expect_answers(0, BATCH);
	expect_books(BATCH, BATCH, 0);
}

static void test_send_when_one_is_refused_then_only_it_is_dropped(void **state)
{
	static const int errors[] = { EPERM, ENETUNREACH, EMSGSIZE, ENOBUFS, EINVAL };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(errors); i++) {
		fake_reset();
		fake_fail(FAKE_SENDMMSG, 1, errors[i]);
		ask(0, 4);
		assert_int_equal(pump_turn(&pump), 1);
		expect_answers(1, 3);
		assert_int_equal(dropped(DROP_SEND), i + 1);
	}
}

static void test_send_when_refused_by_icmp_then_tried_once_more(void **state)
{
	(void)state;
	fake_fail(FAKE_SENDMMSG, 1, ECONNREFUSED);
	ask(0, 2);
	run_until_quiet();
	expect_answers(0, 2);
	fake_reset();
	fake_fail(FAKE_SENDMMSG, 1, ECONNREFUSED);
	fake_fail(FAKE_SENDMMSG, 2, ECONNREFUSED);
	ask(2, 2);
	run_until_quiet();
	expect_answers(3, 1);
	assert_int_equal(dropped(DROP_SEND), 1);
}

static void test_send_when_there_is_no_memory_to_keep_then_dropped(void **state)
{
	(void)state;
	fake_fail(FAKE_SENDMMSG, 1, EAGAIN);
	fake_fail(FAKE_CALLOC, 1, ENOMEM);
	ask(0, 3);
	assert_int_equal(pump_turn(&pump), 1);
	assert_int_equal(dropped(DROP_SEND), 3);
	assert_int_equal(waits_for(), EVENT_READ);
	fake_reset();
	fake_fail(FAKE_SENDMMSG, 1, EAGAIN);
	fake_fail(FAKE_MALLOC, 2, ENOMEM);
	ask(3, 3);
	run_until_quiet();
	assert_int_equal(dropped(DROP_SEND), 4);
	ask(6, 1);
	run_until_quiet();
	expect_books(7, 3, 4);
}

static void test_end_when_something_is_kept_then_it_is_sent_and_all_that_waits(void **state)
{
	(void)state;
	fake_fail(FAKE_SENDMMSG, 1, EAGAIN);
	ask(0, 2);
	assert_int_equal(pump_turn(&pump), 1);
	ask(2, 3 * BATCH);
	fake_fail(FAKE_SENDMMSG, 4, EAGAIN);
	udp_answer_waiting(pump_listener(&pump));
	assert_int_equal(fake_answered(), 2);
	assert_false(udp_is_stuck(pump_listener(&pump), 0));
	expect_answers(0, 2 + 3 * BATCH);
}

static void test_end_when_there_is_never_room_then_dropped_soon(void **state)
{
	(void)state;
	fake_fail_from(FAKE_SENDMMSG, 1, EAGAIN);
	fake_fail_from(FAKE_POLL, 1, ENOMEM);
	ask(0, 2);
	assert_int_equal(pump_turn(&pump), 1);
	udp_answer_waiting(pump_listener(&pump));
	assert_false(udp_is_stuck(pump_listener(&pump), 0));
	assert_int_equal(dropped(DROP_SEND), 2);
	expect_books(2, 0, 2);
}

static void test_close_when_something_is_kept_then_counted_and_freed(void **state)
{
	struct stats_worker *stats = pump.w.stats;

	(void)state;
	fake_fail(FAKE_SENDMMSG, 1, EAGAIN);
	ask(0, 4);
	assert_int_equal(pump_turn(&pump), 1);
	udp_close(pump_listener(&pump));
	assert_int_equal(stats_get(&stats->datagrams_dropped[DROP_SEND]), 4);
}

static void test_slot_when_taken_away_with_something_kept_then_that_still_goes(void **state)
{
	(void)state;
	fake_fail(FAKE_SENDMMSG, 1, EAGAIN);
	ask(0, 2);
	assert_int_equal(pump_turn(&pump), 1);
	pump.w.serves[0] = false;
	worker_update_listeners(&pump.w);
	assert_int_equal(waits_for(), EVENT_WRITE);
	ask(2, 1);
	run_until_quiet();
	assert_int_equal(waits_for(), 0);
	expect_answers(0, 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_pump_when_nothing_fails_then_batches_in_order),
		TEST(test_pump_when_flooded_then_a_turn_is_bounded),
		TEST(test_receive_when_an_icmp_error_is_told_then_goes_on),
		TEST(test_receive_when_nothing_is_there_then_nothing),
		TEST(test_receive_when_it_does_not_fit_then_truncated_and_the_next_is_answered),
		TEST(test_receive_when_there_is_no_memory_then_rests_and_does_not_spin),
		TEST(test_send_when_full_then_kept_unread_and_sent_in_order),
		TEST(test_send_when_full_again_and_again_then_nothing_is_lost),
		TEST(test_send_when_one_is_refused_then_only_it_is_dropped),
		TEST(test_send_when_refused_by_icmp_then_tried_once_more),
		TEST(test_send_when_there_is_no_memory_to_keep_then_dropped),
		TEST(test_end_when_something_is_kept_then_it_is_sent_and_all_that_waits),
		TEST(test_end_when_there_is_never_room_then_dropped_soon),
		TEST(test_close_when_something_is_kept_then_counted_and_freed),
		TEST(test_slot_when_taken_away_with_something_kept_then_that_still_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
