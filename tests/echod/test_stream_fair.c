/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * Fairness, counted in turns: beside a connection that floods, and beside a flood of connections,
 * another's byte is back after the very turn of the loop in which it came, and the flood had no more
 * of that turn than its bounded part. With every back end.
 */
#include "build.h"

#include "tests/cmocka_all.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "echod/net.h"
#include "tests/echod/pump.h"

enum {
	TURNS = 20,
	PART_BYTES = 4 * 64 * 1024, /* of one connection's turn */
	PART_ACCEPTS = 64,
	KNOCKERS = 150,
	PATIENCE_MS = 5000
};

static struct pump pump;
static uint8_t chunk[64 * 1024];

static int setup(void **state)
{
	pump_configure(&pump);
	free(pump.config.selector);
	pump.config.selector = strdup(*state);
	assert_non_null(pump.config.selector);
	pump_open(&pump);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pump_close(&pump);
	return 0;
}

static int knock(void)
{
	struct net_address address;
	int fd;

	assert_int_equal(net_parse("127.0.0.1", pump_port(&pump), &address), 0);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, &address.any, address.length), 0);
	return fd;
}

static int64_t count(const _Atomic int64_t *cell)
{
	return stats_get(cell);
}

/* A connection that was accepted; *ret_ours is its other end. */
static int connect_peer(int *ret_ours)
{
	const size_t before = pump.w.n_conns;
	const int fd = knock();

	for (int i = 0; i < PATIENCE_MS && pump.w.n_conns == before; i++)
		if (pump_turn(&pump) == 0)
			poll(NULL, 0, 1);
	assert_int_equal(pump.w.n_conns, before + 1);
	*ret_ours = -1;
	for (size_t i = 0; i < pump.w.conns_size; i++)
		if (pump.w.conns[i] && pump.w.conns[i]->fd > *ret_ours)
			*ret_ours = pump.w.conns[i]->fd;
	return fd;
}

/* Loopback may take a moment: until so many bytes wait at this end. */
static void wait_bytes(int ours, int most)
{
	int n = 0;

	for (int i = 0; i < PATIENCE_MS; i++) {
		assert_int_equal(ioctl(ours, FIONREAD, &n), 0);
		if (n >= most)
			return;
		poll(NULL, 0, 1);
	}
	fail_msg("%d of %d bytes came", n, most);
}

/* Takes what has come back and sends all that the kernel takes. */
static void flood(int fd)
{
	while (recv(fd, chunk, sizeof(chunk), MSG_DONTWAIT) > 0)
		;
	while (send(fd, chunk, sizeof(chunk), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
		;
}

static void ping(int fd, int ours)
{
	assert_int_equal(send(fd, "?", 1, MSG_NOSIGNAL), 1);
	wait_bytes(ours, 1);
}

static void expect_pong(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char c;

	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	assert_int_equal(recv(fd, &c, 1, 0), 1);
}

static void test_turn_when_another_floods_serves_the_byte_that_came(void **state)
{
	int flood_ours, ping_ours;
	const int flooder = connect_peer(&flood_ours), pinger = connect_peer(&ping_ours);
	int64_t most = 0;

	(void)state;
	for (int turn = 0; turn < TURNS; turn++) {
		const int64_t received = count(&pump.stats->workers[0].received_bytes);
		int64_t part;

		flood(flooder);
		wait_bytes(flood_ours, 1);
		ping(pinger, ping_ours);
		pump_turn(&pump);
		expect_pong(pinger);
		part = count(&pump.stats->workers[0].received_bytes) - received - 1;
		assert_true(part <= PART_BYTES);
		most = part > most ? part : most;
	}
	assert_true(most > PART_BYTES / 4); /* it was a flood */
	close(flooder);
	close(pinger);
}

static void test_turn_when_many_knock_serves_the_byte_that_came(void **state)
{
	int knockers[KNOCKERS], ping_ours, turns = 0;
	const int pinger = connect_peer(&ping_ours);

	(void)state;
	for (int i = 0; i < KNOCKERS; i++)
		knockers[i] = knock();
	while (pump.w.n_conns < KNOCKERS + 1) {
		const size_t before = pump.w.n_conns;

		ping(pinger, ping_ours);
		pump_turn(&pump);
		expect_pong(pinger);
		assert_true(pump.w.n_conns - before <= PART_ACCEPTS);
		assert_true(++turns < PATIENCE_MS);
	}
	assert_true(turns >= KNOCKERS / PART_ACCEPTS);
	for (int i = 0; i < KNOCKERS; i++)
		close(knockers[i]);
	close(pinger);
}

#define EACH(test, name)                                                            \
	{                                                                           \
#test " with " name, test, setup, teardown, (void *)(uintptr_t)name \
	}
#define WITH(name)                                                           \
	EACH(test_turn_when_another_floods_serves_the_byte_that_came, name), \
	    EACH(test_turn_when_many_knock_serves_the_byte_that_came, name)

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifdef HAVE_EPOLL_CREATE1
		WITH("epoll"),
#endif
		WITH("poll"),
		WITH("select"),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
