/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * A worker's pump and its accepting when calls fail: each answer that makes sense to each call, and
 * what must follow: the bytes, the counter, the reason, no spin, no leak, and the next connection.
 */
#include "build.h"

#include "tests/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/net.h"
#include "echod/reason.h"
#include "src/echod/stream.h"
#include "tests/echod/pump.h"
#include "tests/fake/fake_syscalls.h"

enum {
	BYTES = 2000,
	TURNS_MAX = 30, /* ready descriptors until all is quiet: more is a spin */
	REST_MS = 100,	/* how long accepting rests */
	SEND_REST_MS =
	    50, /* how long a connection rests for which there is no memory to send with */
	QUIET_TRIES = 200, /* of 1 ms, for loopback to deliver */
	SERVED = -1,	   /* in the place of a reason: nobody notices */
	REFUSED = -2	   /* closed without a byte, rejected{descriptors} */
};

static struct pump pump;
static uint8_t sent[BYTES], got[BYTES + 1];

static int setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < BYTES; i++)
		sent[i] = (uint8_t)(i * 7 + i / 256);
	pump_configure(&pump);
	pump_open(&pump);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_reset();
	pump_close(&pump);
	return 0;
}

/* ---- A peer that says all at once and listens to the end ---- */

static int connect_peer(void)
{
	struct net_address address;
	int fd;

	fake_suspend(true);
	assert_int_equal(net_parse("127.0.0.1", pump_port(&pump), &address), 0);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, &address.any, address.length), 0);
	assert_int_equal(send(fd, sent, BYTES, MSG_NOSIGNAL), BYTES);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	fake_suspend(false);
	return fd;
}

/* What has come so far; *ret_ended when nothing more will. */
static size_t hear(int fd, size_t n, bool *ret_ended)
{
	ssize_t r;

	fake_suspend(true);
	while ((r = recv(fd, got + n, sizeof(got) - n, MSG_DONTWAIT)) > 0)
		n += (size_t)r;
	*ret_ended = r == 0 || (r < 0 && errno != EAGAIN);
	fake_suspend(false);
	return n;
}

/* Serves until the peer has heard the end. Returns how many bytes it got; time passes only while
 * nothing is ready. */
static size_t serve(int fd)
{
	unsigned ready = 0;
	bool ended = false;
	size_t n = 0;

	for (int quiet = 0; !ended && quiet < QUIET_TRIES;) {
		const unsigned some = pump_turn(&pump);

		ready += some;
		assert_true(ready <= TURNS_MAX);
		n = hear(fd, n, &ended);
		if (some || ended)
			continue;
		quiet++;
		pump_pass(&pump, 1);
		usleep(100);
	}
	assert_true(ended);
	assert_true(n <= BYTES);
	assert_memory_equal(got, sent, n);
	return n;
}

static size_t talk(void)
{
	const int fd = connect_peer();
	const size_t n = serve(fd);

	fake_suspend(true);
	close(fd);
	for (int i = 0; i < QUIET_TRIES && pump.w.n_conns > 0; i++) {
		pump_turn(&pump);
		usleep(100);
	}
	fake_suspend(false);
	assert_int_equal(pump.w.n_conns, 0);
	return n;
}

/* ---- The books ---- */

static int64_t sum_closed(void)
{
	int64_t sum = 0;

	for (int i = 0; i < CLOSE_REASONS; i++)
		sum += stats_get(&pump.w.stats->closed[i]);
	return sum;
}

static void check_books(void)
{
	const struct stats_worker *s = pump.w.stats;

	assert_int_equal(stats_get(&s->accepted), sum_closed());
	assert_int_equal(stats_get(&s->pending_bytes), 0);
	assert_int_equal(stats_get(&s->paused_connections), 0);
	assert_int_equal(stats_get(&s->endpoints[0].active), 0);
}

struct fault {
	enum fake_call call;
	unsigned nth;
	int error;
	int end;   /* enum close_reason, SERVED or REFUSED */
	bool late; /* all bytes have come all the same */
};

static int64_t count_of(int end)
{
	if (end == REFUSED)
		return stats_get(&pump.w.stats->rejected[REJECT_DESCRIPTORS]);
	return stats_get(&pump.w.stats->closed[end == SERVED ? CLOSE_PEER : end]);
}

static void suffer(const struct fault *f)
{
	const unsigned before = fake_open_fds();
	const int64_t counted = count_of(f->end);
	size_t n;

	fake_reset();
	fake_fail(f->call, f->nth, f->error);
	n = talk();
	if (fake_answered() != 1)
		fail_msg("%s %u was never called", fake_name(f->call), f->nth);
	if (count_of(f->end) != counted + 1)
		fail_msg("%s with errno %d: not counted as %d", fake_name(f->call), f->error,
			 f->end);
	if ((n == BYTES) != (f->end == SERVED || f->late))
		fail_msg("%s with errno %d: %zu bytes came", fake_name(f->call), f->error, n);
	assert_int_equal(fake_open_fds(), before);
	fake_reset();
	assert_int_equal(talk(), BYTES);
	check_books();
}

static void suffer_each(const struct fault *faults, size_t n)
{
	for (size_t i = 0; i < n; i++)
		suffer(&faults[i]);
}

/* ---- Tests ---- */

static void test_stream_when_a_call_fails_then_only_this_connection_may_end(void **state)
{
	static const struct fault faults[] = {
		{ FAKE_RECV, 1, EINTR, SERVED, false },
		{ FAKE_RECV, 1, EAGAIN, SERVED, false },
		{ FAKE_RECV, 1, ECONNRESET, CLOSE_RESET, false },
		{ FAKE_RECV, 1, ETIMEDOUT, CLOSE_ERROR, false },
		{ FAKE_RECV, 1, EHOSTUNREACH, CLOSE_ERROR, false },
		{ FAKE_RECV, 1, ENOMEM, CLOSE_ERROR, false },
		{ FAKE_SEND, 1, EINTR, SERVED, false },
		{ FAKE_SEND, 1, EAGAIN, SERVED, false },
		{ FAKE_SEND, 1, ENOBUFS, SERVED, false },
		{ FAKE_SEND, 1, EPIPE, CLOSE_RESET, false },
		{ FAKE_SEND, 1, ECONNRESET, CLOSE_RESET, false },
		{ FAKE_SEND, 1, ETIMEDOUT, CLOSE_ERROR, false },
		{ FAKE_SEND, 1, EHOSTUNREACH, CLOSE_ERROR, false },
		{ FAKE_SHUTDOWN, 1, ENOTCONN, CLOSE_RESET, true },
		{ FAKE_SHUTDOWN, 1, ENOBUFS, CLOSE_ERROR, true },
		{ FAKE_CLOSE, 1, EIO, SERVED, false },
		{ FAKE_CLOSE, 1, EINTR, SERVED, false },
	};

	(void)state;
	suffer_each(faults, ARRAY_LENGTH(faults));
}

static void test_opening_when_a_call_fails_then_refused_or_served(void **state)
{
	static const struct fault faults[] = {
		{ FAKE_SETSOCKOPT, 1, EINVAL, SERVED, false },
		{ FAKE_MALLOC, 1, ENOMEM, REFUSED, false },
		{ FAKE_EPOLL_CTL, 1, ENOSPC, CLOSE_MEMORY, false },
		{ FAKE_EPOLL_CTL, 1, ENOMEM, CLOSE_MEMORY, false },
	};

	(void)state;
	suffer_each(faults, ARRAY_LENGTH(faults));
}

/* What the kernel does not take must wait in memory, and for the selector. */
static void test_stream_when_what_is_unsent_cannot_be_kept_then_closed_for_memory(void **state)
{
	static const struct fault faults[] = {
		{ FAKE_MALLOC, 2, ENOMEM, CLOSE_MEMORY, false },
		{ FAKE_EPOLL_CTL, 2, ENOSPC, CLOSE_MEMORY, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(faults); i++) {
		const int64_t counted = count_of(CLOSE_MEMORY);
		size_t n;

		fake_reset();
		fake_short(FAKE_SEND, 1, 100);
		fake_fail(faults[i].call, faults[i].nth, faults[i].error);
		n = talk();
		assert_int_equal(fake_answered(), 2);
		assert_true(n <= 100);
		assert_int_equal(count_of(CLOSE_MEMORY), counted + 1);
		fake_reset();
		assert_int_equal(talk(), BYTES);
		check_books();
	}
}

static void test_stream_when_little_moves_at_a_time_then_all_arrives(void **state)
{
	(void)state;
	fake_reset();
	for (unsigned i = 1; i <= 8; i++) {
		fake_short(FAKE_RECV, i, i * 10);
		fake_short(FAKE_SEND, i, i * 7);
	}
	assert_int_equal(talk(), BYTES);
	assert_true(fake_answered() >= 10);
	check_books();
}

/* A socket is writable all the while: without a rest each turn would try again. */
static void test_send_when_there_is_no_memory_then_tried_again_after_a_moment(void **state)
{
	int fd;

	(void)state;
	fake_reset();
	fake_fail_from(FAKE_SEND, 1, ENOBUFS);
	fd = connect_peer();
	for (int i = 0; i < QUIET_TRIES; i++) {
		pump_turn(&pump);
		usleep(100);
	}
	assert_int_equal(stats_get(&pump.w.stats->received_bytes), BYTES);
	assert_int_equal(fake_count(FAKE_SEND), 1);
	for (unsigned n = 2; n < 5; n++) {
		assert_int_equal(stream_deadline_ms(&pump.w), pump.w.now_ms + SEND_REST_MS);
		pump_pass(&pump, SEND_REST_MS - 1);
		assert_int_equal(fake_count(FAKE_SEND), n - 1);
		pump_pass(&pump, 1);
		assert_int_equal(pump_turn(&pump), 0);
		assert_int_equal(fake_count(FAKE_SEND), n);
	}
	fake_reset();
	assert_int_equal(serve(fd), BYTES);
	fake_suspend(true);
	close(fd);
	fake_suspend(false);
	for (int i = 0; i < QUIET_TRIES && pump.w.n_conns > 0; i++)
		pump_pass(&pump, REST_MS);
	check_books();
}

/* ---- What a proxy said ---- */

static int setup_reflect(void **state)
{
	(void)state;
	pump_configure(&pump);
	pump.config.listeners[0].service = &service_reflect;
	pump_open(&pump);
	return 0;
}

/* As proxied.c opens it; the peer's end of it in *ret_peer. -errno. */
static int open_proxied(const struct service_proxy *words, int *ret_peer)
{
	static const struct peer peer = { .family = PEER_IPV4, .port = 4711 };
	static const struct guard_ticket ticket;
	int fds[2], r;

	assert_int_equal(net_socketpair(fds), 0);
	r = stream_open(&pump.w, pump_listener(&pump), fds[0], &peer, NULL, words, &ticket);
	if (r < 0) {
		close(fds[0]);
		attr_close_fd(&fds[1]);
	}
	*ret_peer = fds[1];
	return r;
}

static void test_header_when_kept_then_counted_and_when_not_then_refused(void **state)
{
	static const uint8_t header[3000] = "PROXY";
	const struct service_proxy words = { .version = 2, .header = header, .length = 3000 };
	const _Atomic int64_t *pending = &pump.w.stats->pending_bytes;
	int peer;

	(void)state;
	for (unsigned nth = 1; nth <= 2; nth++) {
		fake_reset();
		fake_fail(FAKE_MALLOC, nth, ENOMEM);
		assert_int_equal(open_proxied(&words, &peer), -ENOMEM);
		assert_int_equal(fake_answered(), 1);
	}
	fake_reset();
	assert_int_equal(stats_get(pending), 0);
	assert_int_equal(open_proxied(&words, &peer), 0);
	assert_int_equal(stats_get(pending), 3000);
	assert_int_equal(send(peer, "half", 4, 0), 4);
	pump_turn(&pump);
	assert_int_equal(stats_get(pending), 3004);
	close(peer);
	while (pump.w.n_conns > 0) {
		pump_turn(&pump);
		pump_pass(&pump, 1000);
	}
	check_books();
}

/* More of them than there may be kept: the one that has been quiet longest goes. */
static void test_headers_when_too_many_then_the_oldest_goes(void **state)
{
	static const uint8_t header[3000] = "PROXY";
	const struct service_proxy words = { .version = 2, .header = header, .length = 3000 };
	int peers[4];

	(void)state;
	pump.config.max_pending_total = 10 * 1000;
	for (int i = 0; i < 4; i++) {
		pump.w.now_ms++;
		assert_int_equal(open_proxied(&words, &peers[i]), 0);
	}
	assert_int_equal(stats_get(&pump.w.stats->pending_bytes), 9000);
	assert_int_equal(stats_get(&pump.w.stats->closed[CLOSE_MEMORY]), 1);
	assert_int_equal(recv(peers[0], got, 1, 0), 0);
	assert_int_equal(recv(peers[1], got, 1, 0), -1);
	for (int i = 0; i < 4; i++)
		close(peers[i]);
}

/* ---- accept ---- */

struct accept_fault {
	int error, counted; /* counted: enum accept_error, or -1 */
	bool rests;	    /* nothing is accepted for REST_MS */
};

static void test_accept_when_it_fails_then_counted_and_the_connection_is_served(void **state)
{
	static const struct accept_fault faults[] = {
		{ EINTR, -1, false },
		{ EAGAIN, -1, false },
		{ ECONNABORTED, ACCEPT_ECONNABORTED, false },
		{ EPROTO, ACCEPT_OTHER, false },
		{ EPERM, ACCEPT_OTHER, false },
		{ ENETDOWN, ACCEPT_OTHER, false },
		{ ENOBUFS, ACCEPT_ENOBUFS, true },
		{ ENOMEM, ACCEPT_ENOMEM, true },
		{ EIO, ACCEPT_OTHER, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(faults); i++) {
		const struct accept_fault *f = &faults[i];
		const int64_t counted =
		    f->counted < 0 ? 0 : stats_get(&pump.w.stats->accept_errors[f->counted]);
		const int64_t before_ms = pump.w.now_ms;

		fake_reset();
		fake_fail(FAKE_ACCEPT4, 1, f->error);
		assert_int_equal(talk(), BYTES);
		assert_int_equal(fake_answered(), 1);
		if (f->counted >= 0)
			assert_int_equal(stats_get(&pump.w.stats->accept_errors[f->counted]),
					 counted + 1);
		assert_int_equal(pump.w.now_ms - before_ms >= REST_MS, f->rests);
		check_books();
	}
}

static void test_accept_when_descriptors_run_out_then_refused_and_the_next_served(void **state)
{
	static const struct fault faults[] = {
		{ FAKE_ACCEPT4, 1, EMFILE, REFUSED, false },
		{ FAKE_ACCEPT4, 1, ENFILE, REFUSED, false },
	};

	(void)state;
	suffer_each(faults, ARRAY_LENGTH(faults));
	assert_int_equal(stats_get(&pump.w.stats->accept_errors[ACCEPT_EMFILE]), 1);
	assert_int_equal(stats_get(&pump.w.stats->accept_errors[ACCEPT_ENFILE]), 1);
	assert_true(pump.w.spare_fd >= 0);
}

/* The spare descriptor itself is gone: accepting rests instead of spinning, and a spare is there again
 * as soon as there can be one. */
static void test_accept_when_the_spare_is_lost_then_rests_and_gets_it_back(void **state)
{
	int fd;

	(void)state;
	fake_reset();
	fake_fail_from(FAKE_ACCEPT4, 1, EMFILE);
	fake_fail_from(FAKE_OPEN, 1, EMFILE);
	fd = connect_peer();
	for (int i = 0; i < 20; i++) {
		pump_turn(&pump);
		pump_pass(&pump, REST_MS / 10);
	}
	assert_int_equal(pump.w.spare_fd, -1);
	assert_true(fake_count(FAKE_ACCEPT4) <= 5);
	fake_reset();
	pump_pass(&pump, REST_MS);
	assert_int_equal(serve(fd), BYTES);
	attr_close_fd(&fd);
	fake_reset();
	fake_fail(FAKE_ACCEPT4, 1, EMFILE);
	assert_int_equal(talk(), 0);
	assert_true(pump.w.spare_fd >= 0);
	assert_int_equal(talk(), BYTES);
	check_books();
}

static void test_listening_when_the_selector_refuses_then_tried_again(void **state)
{
	const bool none = false, all = true;

	(void)state;
	fake_reset();
	worker_assign(&pump.w, &none);
	fake_fail(FAKE_EPOLL_CTL, 2, ENOMEM);
	worker_assign(&pump.w, &all);
	assert_int_equal(fake_answered(), 1);
	assert_int_equal(pump.w.accept_again_ms, pump.w.now_ms + REST_MS);
	assert_int_equal(talk(), BYTES);
}

/* ---- Every point ---- */

static void serve_until_unharmed(void *data)
{
	size_t n;

	(void)data;
	fake_short(FAKE_SEND, 1, 100);
	n = talk();
	if (fake_hit())
		n = talk();
	assert_int_equal(n, BYTES);
	check_books();
}

static void serve_exactly(void *data)
{
	(void)data;
	assert_int_equal(talk(), BYTES);
	check_books();
}

static void test_pump_when_any_call_fails_then_the_next_connection_is_served(void **state)
{
	(void)state;
	assert_true(fake_each_point(FAKE_ERROR, "pump", serve_until_unharmed, NULL) >= 12);
	assert_true(fake_each_point(FAKE_INTERRUPT, "pump", serve_exactly, NULL) >= 8);
	assert_true(fake_each_point(FAKE_PIECE, "pump", serve_exactly, NULL) >= 3);
}

#define PUMPED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PUMPED(test_stream_when_a_call_fails_then_only_this_connection_may_end),
		PUMPED(test_opening_when_a_call_fails_then_refused_or_served),
		PUMPED(test_stream_when_what_is_unsent_cannot_be_kept_then_closed_for_memory),
		PUMPED(test_stream_when_little_moves_at_a_time_then_all_arrives),
		PUMPED(test_send_when_there_is_no_memory_then_tried_again_after_a_moment),
		cmocka_unit_test_setup_teardown(
		    test_header_when_kept_then_counted_and_when_not_then_refused, setup_reflect,
		    teardown),
		cmocka_unit_test_setup_teardown(test_headers_when_too_many_then_the_oldest_goes,
						setup_reflect, teardown),
		PUMPED(test_accept_when_it_fails_then_counted_and_the_connection_is_served),
		PUMPED(test_accept_when_descriptors_run_out_then_refused_and_the_next_served),
		PUMPED(test_accept_when_the_spare_is_lost_then_rests_and_gets_it_back),
		PUMPED(test_listening_when_the_selector_refuses_then_tried_again),
		PUMPED(test_pump_when_any_call_fails_then_the_next_connection_is_served),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
