/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * max-pending-total, after every single turn of a connection: never more is unsent, whoever sends
 * without reading; who reads is served meanwhile, and who is closed for it is who stalled longest.
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
	CAP = 100 * 1000,
	MOST = 80 * 1000, /* of one connection */
	STUCK = 8,
	TURNS = 100,
	PATIENCE_MS = 5000
};

static struct pump pump;
static int peers[STUCK];
static uint8_t chunk[64 * 1024];

static int setup(void **state)
{
	(void)state;
	pump_configure(&pump);
	pump.config.max_pending_total = CAP;
	pump.config.listeners[0].max_pending = MOST;
	pump_open(&pump);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pump_close(&pump);
	return 0;
}

static int64_t pending(void)
{
	return stats_get(&pump.stats->workers[0].pending_bytes);
}

/* One turn of the loop; the cap holds after every turn of a connection in it. */
static void turn(void)
{
	struct worker *w = &pump.w;
	const struct selector_key *key;
	unsigned mask;

	w->now_ms++;
	assert_true(selector_select(w->selector, 0) >= 0);
	while (selector_next(w->selector, &key, &mask)) {
		struct selector_handler *handler = key->data;
		struct conn *c = stream_find(w, key->fd);

		if (c)
			stream_turn(w, c, mask);
		else
			handler->ready(handler, key->fd, mask);
		assert_true(pending() <= CAP);
	}
	stream_relieve(w);
}

/* Small buffers at both ends: what is not read is soon unsent. */
static void shrink(int fd)
{
	const int bytes = 4096;

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)), 0);
}

static int connect_peer(void)
{
	const size_t before = pump.w.n_conns;
	struct net_address address;
	int fd;

	assert_int_equal(net_parse("127.0.0.1", pump_port(&pump), &address), 0);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	shrink(fd);
	assert_int_equal(connect(fd, &address.any, address.length), 0);
	for (int i = 0; i < PATIENCE_MS && pump.w.n_conns == before; i++) {
		turn();
		poll(NULL, 0, 1);
	}
	assert_int_equal(pump.w.n_conns, before + 1);
	for (size_t i = 0; i < pump.w.conns_size; i++)
		if (pump.w.conns[i])
			shrink(pump.w.conns[i]->fd);
	return fd;
}

static void shout(int fd)
{
	while (send(fd, chunk, sizeof(chunk), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
		;
}

static void expect_echo(int fd)
{
	char c = 0;

	assert_int_equal(send(fd, "x", 1, MSG_NOSIGNAL), 1);
	for (int i = 0; i < PATIENCE_MS && recv(fd, &c, 1, MSG_DONTWAIT) != 1; i++) {
		turn();
		poll(NULL, 0, 1);
	}
	assert_int_equal(c, 'x');
}

static void test_pending_when_all_shout_and_none_reads_is_never_over_the_cap(void **state)
{
	const int reader = connect_peer();
	int64_t most = 0, closed;

	(void)state;
	for (int i = 0; i < STUCK; i++)
		peers[i] = connect_peer();
	for (int i = 0; i < TURNS; i++) {
		for (int k = 0; k < STUCK; k++)
			shout(peers[k]);
		turn();
		most = pending() > most ? pending() : most;
		expect_echo(reader);
	}
	assert_true(most > CAP / 2);
	closed = stats_get(&pump.stats->workers[0].closed[CLOSE_MEMORY]);
	assert_true(closed > 0);
	assert_int_equal((int64_t)pump.w.n_conns, STUCK + 1 - closed);
	for (int i = 0; i < STUCK; i++)
		close(peers[i]);
	close(reader);
}

static int64_t paused(void)
{
	return stats_get(&pump.stats->workers[0].paused_connections);
}

static void test_pending_when_two_shout_pauses_both_at_the_cap_and_closes_none(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++)
		peers[i] = connect_peer();
	for (int i = 0; i < PATIENCE_MS && pending() <= CAP - 2 * 4096; i++) {
		shout(peers[0]);
		shout(peers[1]);
		turn();
		poll(NULL, 0, 1);
	}
	for (int i = 0; i < TURNS; i++) {
		shout(peers[0]);
		shout(peers[1]);
		turn();
	}
	/* What a peer's kernel took late lets its connection read once more. */
	for (int i = 0; i < PATIENCE_MS && paused() < 2; i++) {
		shout(peers[0]);
		shout(peers[1]);
		turn();
		poll(NULL, 0, 1);
	}
	assert_true(pending() > CAP - 2 * 4096);
	assert_int_equal(paused(), 2);
	assert_int_equal(stats_get(&pump.stats->workers[0].closed[CLOSE_MEMORY]), 0);
	assert_int_equal(pump.w.n_conns, 2);
	close(peers[0]);
	close(peers[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_pending_when_two_shout_pauses_both_at_the_cap_and_closes_none, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    test_pending_when_all_shout_and_none_reads_is_never_over_the_cap, setup,
		    teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
