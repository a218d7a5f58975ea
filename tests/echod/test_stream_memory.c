/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * max-pending-total, after every single turn of a connection: never more is unsent or of requests
 * that are not whole, whoever sends without reading or without ever coming to the end; who reads is
 * served meanwhile, and who is closed for it is who stalled longest.
 */
#include "tests/cmocka_all.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "echod/message.h"
#include "echod/net.h"
#include "echod/proxy.h"
#include "echod/reason.h"
#include "src/echod/stream.h"
#include "tests/echod/pump.h"

enum {
	CAP = 100 * 1000,
	MOST = 80 * 1000, /* of one connection */
	STUCK = 8,
	TURNS = 100,
	LONG = 50 * 1000, /* a request's content */
	PART = 12 * 1000, /* of one that never comes whole */
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

static int setup_message(void **state)
{
	(void)state;
	pump_configure(&pump);
	pump.config.max_pending_total = CAP;
	pump.config.listeners[0].service = &service_message;
	pump.config.listeners[0].keep_alive = true;
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

static int64_t closed_for_memory(void)
{
	return stats_get(&pump.stats->workers[0].closed[CLOSE_MEMORY]);
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

/* Its peer has not read a byte meanwhile, and may not until it has sent everything. */
static void test_pending_when_another_gives_room_back_then_who_was_paused_is_read_on(void **state)
{
	int64_t held;

	(void)state;
	for (int i = 0; i < 2; i++)
		peers[i] = connect_peer();
	for (int i = 0; i < PATIENCE_MS && paused() < 2; i++) {
		shout(peers[0]);
		shout(peers[1]);
		turn();
		poll(NULL, 0, 1);
	}
	assert_int_equal(paused(), 2);
	close(peers[0]);
	for (int i = 0; i < PATIENCE_MS && pump.w.n_conns == 2; i++) {
		turn();
		poll(NULL, 0, 1);
	}
	assert_int_equal(pump.w.n_conns, 1);
	held = pending();
	assert_true(held < MOST);
	for (int i = 0; i < PATIENCE_MS && pending() < MOST; i++) {
		shout(peers[1]);
		turn();
		stream_expire(&pump.w);
		poll(NULL, 0, 1);
	}
	assert_int_equal(pending(), MOST);
	assert_int_equal(closed_for_memory(), 0);
	/* At its own limit now, which is nothing to look at again. */
	pump.w.now_ms += 1000;
	stream_expire(&pump.w);
	assert_true(pump.w.press_again_ms == INT64_MAX);
	close(peers[1]);
}

/* ---- Requests that are not whole ---- */

/* A request whose content is this long; the caller's. */
static struct buf long_request(size_t n)
{
	struct buf b = { 0 };

	assert_true(n <= sizeof(chunk));
	assert_int_equal(message_write(&b, "text/x", "binary", chunk, n), 0);
	return b;
}

/* Sends all of it but the last `left` bytes, with turns until the worker has them. */
static void send_request(int fd, const struct buf *request, size_t left)
{
	const size_t n = buf_length(request) - left;

	for (size_t at = 0, i = 0; at < n; i++) {
		const ssize_t sent =
		    send(fd, buf_data(request) + at, n - at, MSG_DONTWAIT | MSG_NOSIGNAL);

		assert_true(i < PATIENCE_MS);
		assert_true(sent > 0 || errno == EAGAIN);
		at += sent > 0 ? (size_t)sent : 0;
		turn();
		poll(NULL, 0, 1);
	}
}

/* The first bytes of an answer are there. */
static bool is_answered(int fd)
{
	uint8_t bytes[1024];

	return recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 2;
}

static void expect_answer(int fd)
{
	bool answered = false;

	for (int i = 0; i < PATIENCE_MS && !answered; i++) {
		turn();
		answered = is_answered(fd);
		if (!answered)
			poll(NULL, 0, 1);
	}
	assert_true(answered);
}

static bool is_ended(int fd)
{
	uint8_t byte;
	const ssize_t n = recv(fd, &byte, 1, MSG_DONTWAIT);

	return n == 0 || (n < 0 && errno == ECONNRESET);
}

/* Eight hold nearly all that there may be; each more costs whoever has been quiet longest. */
static void test_requests_when_none_comes_whole_then_never_over_the_cap(void **state)
{
	struct buf request = long_request(PART);
	const int reader = connect_peer();
	int more[STUCK];

	(void)state;
	for (int i = 0; i < STUCK; i++)
		send_request(peers[i] = connect_peer(), &request, 1);
	for (int i = 0; i < PATIENCE_MS && pending() < (int64_t)STUCK * PART; i++)
		turn();
	assert_true(pending() >= (int64_t)STUCK * PART);
	assert_int_equal(closed_for_memory(), 0);
	for (int i = 0; i < STUCK; i++) {
		send_request(more[i] = connect_peer(), &request, 1);
		for (int k = 0; k < PATIENCE_MS && closed_for_memory() < i + 1; k++)
			turn();
		assert_int_equal(closed_for_memory(), i + 1);
		assert_true(is_ended(peers[i]));
		send_request(reader, &request, 0);
		expect_answer(reader);
	}
	for (int i = 0; i < STUCK; i++) {
		send(more[i], "x", 1, MSG_NOSIGNAL);
		expect_answer(more[i]);
		close(peers[i]);
		close(more[i]);
	}
	assert_int_equal(pending(), 0);
	close(reader);
	buf_fini(&request);
}

/* A long one goes on in small turns to its end, at the cost of those that are quiet. */
static void test_request_when_others_hold_the_cap_then_comes_whole_all_the_same(void **state)
{
	struct buf part = long_request(PART), request = long_request(LONG);
	int uploader;

	(void)state;
	for (int i = 0; i < STUCK; i++)
		send_request(peers[i] = connect_peer(), &part, 1);
	uploader = connect_peer();
	send_request(uploader, &request, 0);
	expect_answer(uploader);
	assert_true(closed_for_memory() >= 3 && closed_for_memory() < STUCK);
	for (int i = 0; i < STUCK; i++)
		assert_true(is_ended(peers[i]) == (i < closed_for_memory()));
	for (int i = 0; i < STUCK; i++)
		close(peers[i]);
	close(uploader);
	buf_fini(&part);
	buf_fini(&request);
}

/* ---- Headers that are not whole ---- */

static int setup_proxied(void **state)
{
	struct config_listener *l;

	(void)state;
	pump_configure(&pump);
	pump.config.max_pending_total = CAP;
	l = &pump.config.listeners[0];
	l->proxy_protocol = CONFIG_PROXY_ANY;
	l->proxy_ms = 0;
	l->proxy_trusted.items = calloc(1, sizeof(*l->proxy_trusted.items));
	l->proxy_trusted.length = 1;
	assert_non_null(l->proxy_trusted.items);
	l->proxy_trusted.items[0].address =
	    (struct peer){ .family = PEER_IPV4, .address = { 127, 0, 0, 1 } };
	l->proxy_trusted.items[0].bits = 8;
	pump_open(&pump);
	return 0;
}

/* The start of a header of version 2 that speaks for nobody. */
static void send_start(int fd, uint16_t length)
{
	uint8_t head[PROXY_V2_HEAD] = "\r\n\r\n\0\r\nQUIT\n\x20";

	head[14] = (uint8_t)(length >> 8);
	head[15] = (uint8_t)length;
	assert_int_equal(send(fd, head, sizeof(head), MSG_NOSIGNAL), sizeof(head));
}

static void test_headers_when_none_comes_whole_then_never_over_the_cap(void **state)
{
	const size_t each = 30 * 1000, rest = PROXY_V2_HEAD + 60 * 1000 - each;

	(void)state;
	for (int i = 0; i < 4; i++) {
		const int64_t wanted = i < 3 ? (int64_t)(i + 1) * (int64_t)each : 0;

		peers[i] = connect_peer();
		send_start(peers[i], 60 * 1000);
		assert_int_equal(send(peers[i], chunk, each - PROXY_V2_HEAD, MSG_DONTWAIT),
				 each - PROXY_V2_HEAD);
		for (int k = 0; k < PATIENCE_MS && pending() < wanted; k++) {
			turn();
			poll(NULL, 0, 1);
		}
		assert_true(pending() >= wanted);
	}
	/* There is room for a part of the fourth, and no stream that could make way. */
	for (int k = 0; k < PATIENCE_MS && !is_ended(peers[3]); k++) {
		turn();
		poll(NULL, 0, 1);
	}
	assert_int_equal(pending(), 3 * each);
	assert_int_equal(stats_get(&pump.stats->workers[0].rejected[REJECT_PROXY]), 1);
	/* Who goes makes room, and what is whole is kept no longer. */
	for (int i = 1; i < 4; i++)
		close(peers[i]);
	for (int k = 0; k < PATIENCE_MS && pending() > (int64_t)each; k++) {
		turn();
		poll(NULL, 0, 1);
	}
	assert_int_equal(pending(), each);
	assert_int_equal(send(peers[0], chunk, rest, 0), rest);
	expect_echo(peers[0]);
	assert_int_equal(pending(), 0);
	close(peers[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_pending_when_two_shout_pauses_both_at_the_cap_and_closes_none, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    test_pending_when_another_gives_room_back_then_who_was_paused_is_read_on, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    test_pending_when_all_shout_and_none_reads_is_never_over_the_cap, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    test_requests_when_none_comes_whole_then_never_over_the_cap, setup_message,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    test_request_when_others_hold_the_cap_then_comes_whole_all_the_same,
		    setup_message, teardown),
		cmocka_unit_test_setup_teardown(
		    test_headers_when_none_comes_whole_then_never_over_the_cap, setup_proxied,
		    teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
