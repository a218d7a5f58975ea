/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * A drain that is spread over a time: at each moment so many connections have been ended as their part
 * of the time says, never more; what is unsent still goes out, and who has ended is not counted again.
 */
#include "tests/cmocka_all.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "echod/net.h"
#include "echod/reason.h"
#include "src/echod/stream.h"
#include "tests/echod/pump.h"

enum {
	PEERS = 10,
	SPREAD_MS = 1000,
	PATIENCE_MS = 5000
};

static struct pump pump;
static int peers[PEERS];

static void await_connections(size_t n)
{
	for (int i = 0; i < PATIENCE_MS && pump.w.n_conns != n; i++)
		if (pump_turn(&pump) == 0)
			poll(NULL, 0, 1);
	assert_int_equal(pump.w.n_conns, n);
}

static int setup(void **state)
{
	struct net_address address;

	(void)state;
	pump_configure(&pump);
	pump_open(&pump);
	assert_int_equal(net_parse("127.0.0.1", pump_port(&pump), &address), 0);
	for (size_t i = 0; i < PEERS; i++) {
		peers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_true(peers[i] >= 0);
		assert_int_equal(connect(peers[i], &address.any, address.length), 0);
		await_connections(i + 1);
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < PEERS; i++)
		close(peers[i]);
	pump_close(&pump);
	return 0;
}

/* How many are not ending. */
static size_t open_connections(void)
{
	size_t n = 0;

	for (size_t fd = 0; fd < pump.w.conns_size; fd++)
		n += pump.w.conns[fd] && pump.w.conns[fd]->state == CONN_OPEN;
	return n;
}

static int64_t until_due_ms(void)
{
	const int64_t due_ms = stream_deadline_ms(&pump.w);

	return due_ms == INT64_MAX ? -1 : due_ms - pump.w.now_ms;
}

static void test_spread_when_time_passes_then_its_part_is_ended(void **state)
{
	(void)state;
	stream_spread_begin(&pump.w, SPREAD_MS);
	assert_int_equal(open_connections(), PEERS);
	for (int ms = 1; ms <= SPREAD_MS; ms++) {
		pump_pass(&pump, 1);
		assert_int_equal(open_connections(), PEERS - ms * PEERS / SPREAD_MS);
	}
}

static void test_spread_when_it_begins_then_it_is_due_after_the_first_part(void **state)
{
	(void)state;
	stream_spread_begin(&pump.w, 999);
	assert_int_equal(until_due_ms(), 100); /* 99.9, not before */
	pump_pass(&pump, 99);
	assert_int_equal(open_connections(), PEERS);
	pump_pass(&pump, 1);
	assert_int_equal(open_connections(), PEERS - 1);
}

static void test_spread_when_all_time_passes_at_once_then_all_are_ended_for_the_drain(void **state)
{
	uint8_t byte;

	(void)state;
	assert_int_equal(send(peers[3], "x", 1, MSG_NOSIGNAL), 1);
	for (int i = 0; i < PATIENCE_MS && pump.w.stats->sent_bytes == 0; i++)
		if (pump_turn(&pump) == 0)
			poll(NULL, 0, 1);
	stream_spread_begin(&pump.w, SPREAD_MS);
	pump_pass(&pump, SPREAD_MS);
	assert_int_equal(open_connections(), 0);
	for (size_t i = 0; i < PEERS; i++) {
		if (i == 3)
			assert_int_equal(recv(peers[i], &byte, 1, 0), 1);
		assert_int_equal(recv(peers[i], &byte, 1, 0), 0); /* an end in order */
		assert_int_equal(shutdown(peers[i], SHUT_WR), 0);
	}
	await_connections(0);
	assert_int_equal(stats_get(&pump.w.stats->closed[CLOSE_DRAIN]), PEERS);
	assert_int_equal(until_due_ms(), -1);
}

static void test_spread_when_some_end_themselves_then_the_pace_stays(void **state)
{
	(void)state;
	stream_spread_begin(&pump.w, SPREAD_MS);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(shutdown(peers[i], SHUT_WR), 0);
	await_connections(PEERS - 4);
	for (int part = 1; part <= PEERS - 4; part++) {
		pump_pass(&pump, SPREAD_MS / PEERS);
		assert_int_equal(open_connections(), PEERS - 4 - part);
	}
}

static void test_spread_when_cancelled_then_the_others_stay(void **state)
{
	(void)state;
	stream_spread_begin(&pump.w, SPREAD_MS);
	pump_pass(&pump, SPREAD_MS / 2);
	stream_spread_cancel(&pump.w);
	pump_pass(&pump, SPREAD_MS);
	assert_int_equal(open_connections(), PEERS / 2);
}

static void test_drain_when_asked_for_again_without_a_spread_then_the_others_stay(void **state)
{
	(void)state;
	worker_drain(&pump.w, 1, SPREAD_MS);
	pump_pass(&pump, SPREAD_MS / 2);
	worker_drain(&pump.w, 1, -1);
	pump_pass(&pump, SPREAD_MS);
	assert_int_equal(open_connections(), PEERS / 2);
}

static void test_drain_when_resumed_then_the_others_stay(void **state)
{
	(void)state;
	worker_drain(&pump.w, 1, SPREAD_MS);
	pump_pass(&pump, SPREAD_MS / 2);
	worker_resume(&pump.w);
	pump_pass(&pump, SPREAD_MS);
	assert_int_equal(open_connections(), PEERS / 2);
}

static void test_spread_when_begun_again_then_the_pace_is_that_of_those_left(void **state)
{
	(void)state;
	stream_spread_begin(&pump.w, SPREAD_MS);
	pump_pass(&pump, SPREAD_MS / 2);
	stream_spread_begin(&pump.w, SPREAD_MS);
	pump_pass(&pump, SPREAD_MS / 5 - 1);
	assert_int_equal(open_connections(), PEERS / 2);
	pump_pass(&pump, 1);
	assert_int_equal(open_connections(), PEERS / 2 - 1);
}

static void test_spread_when_of_no_time_then_all_are_ended_at_once(void **state)
{
	(void)state;
	stream_spread_begin(&pump.w, 0);
	pump_pass(&pump, 0);
	assert_int_equal(open_connections(), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_spread_when_time_passes_then_its_part_is_ended),
		TEST(test_spread_when_it_begins_then_it_is_due_after_the_first_part),
		TEST(test_spread_when_all_time_passes_at_once_then_all_are_ended_for_the_drain),
		TEST(test_spread_when_some_end_themselves_then_the_pace_stays),
		TEST(test_spread_when_cancelled_then_the_others_stay),
		TEST(test_drain_when_asked_for_again_without_a_spread_then_the_others_stay),
		TEST(test_drain_when_resumed_then_the_others_stay),
		TEST(test_spread_when_begun_again_then_the_pace_is_that_of_those_left),
		TEST(test_spread_when_of_no_time_then_all_are_ended_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
