/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * Runs over a kernel that takes little at a time: the listener of this very process shows afterwards
 * what has arrived.
 */
#include "tests/cmocka_all.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/clock.h"
#include "echod/net.h"
#include "echod/net_datagram.h"
#include "multiconn/expect.h"
#include "multiconn/run.h"
#include "tests/fake/fake_syscalls.h"
#include "tests/multiconn/loopback.h"

enum {
	TIMES_FULL = 30
};

/* One message to a server that answers nothing. */
static struct tally run(struct run_settings *settings)
{
	const char *const texts[] = { "hello" };
	struct expect expect = { .service = expect_service_find("discard") };
	struct pattern pattern;
	struct tally tally = { 0 };

	assert_int_equal(pattern_init(&pattern, texts, 1, 0), 0);
	pattern.expect = &expect;
	settings->pattern = &pattern;
	settings->timeout_ms = 60000;
	settings->interrupt_fd = -1;
	settings->err = stderr;
	assert_int_equal(run_connections(settings, &tally), 0);
	pattern_fini(&pattern);
	return tally;
}

/* Everything that one connection has brought, as a header and what follows it. */
static void expect_arrived(int listening, enum proxy_version version, struct proxy_header *ret_h)
{
	CLEANUP_FD int accepted = -1;
	uint8_t bytes[512];
	size_t n = 0;
	ssize_t more;
	int length;

	assert_int_equal(net_accept(listening, NULL, &accepted), 0);
	while ((more = recv(accepted, bytes + n, sizeof(bytes) - n, 0)) > 0)
		n += (size_t)more;
	assert_int_equal(more, 0);
	length = proxy_parse(bytes, n, version, ret_h);
	assert_true(length > 0);
	assert_int_equal(n - (size_t)length, 5);
	assert_memory_equal(bytes + length, "hello", 5);
}

static void test_run_when_a_header_goes_in_pieces_then_it_arrives_whole(void **state)
{
	(void)state;
	for (unsigned version = PROXY_V1; version <= PROXY_V2; version <<= 1) {
		const struct proxy_choice choice = { .version = version };
		struct net_address address;
		struct run_settings settings = { .addresses = &address,
						 .n_addresses = 1,
						 .proxy = &choice,
						 .n_connections = 1 };
		CLEANUP_FD int listening = listen_on_loopback(&address);
		char text[PEER_TEXT_SIZE];
		struct proxy_header h;
		struct tally tally;

		fake_reset();
		fake_fail(FAKE_SEND, 3, EAGAIN);
		fake_fail(FAKE_SEND, 8, EINTR);
		fake_short_from(FAKE_SEND, 1, 1);
		tally = run(&settings);
		assert_true(fake_answered() >= 2 + 28 + 5);
		fake_reset();
		assert_int_equal(tally.verified, 1);
		assert_int_equal(tally.sent_bytes, 5);
		expect_arrived(listening, version, &h);
		assert_true(h.proxied);
		assert_string_equal(peer_format_address(&h.source, text), "127.0.0.1");
		assert_int_not_equal(h.source.port, 0);
		assert_int_equal(h.destination.port, net_port(&address));
	}
}

/* A slower loop would have seen the connection before the reset: the answer is the same. */
static void test_run_when_reset_before_it_is_noticed_then_lost_and_not_refused(void **state)
{
	struct net_address addresses[2];
	struct run_settings settings = { .addresses = addresses,
					 .n_addresses = 2,
					 .n_connections = 1 };
	CLEANUP_FD int listening = listen_on_loopback(&addresses[0]);
	struct tally tally;

	(void)state;
	(void)listening; /* used by being there */
	addresses[1] = addresses[0];
	fake_reset();
	fake_fail(FAKE_GETSOCKOPT, 1, ECONNRESET);
	tally = run(&settings);
	assert_int_equal(fake_answered(), 1);
	fake_reset();
	assert_int_equal(tally.established, 1);
	assert_int_equal(tally.failures[FAILURE_RESET], 1);
	assert_true(tally.lost);
	assert_false(tally.missed);
}

static void test_run_when_there_is_no_memory_for_a_datagram_then_waits_and_sends_it(void **state)
{
	const int64_t start_ns = clock_now_ns();
	struct net_address address;
	struct run_settings settings = {
		.addresses = &address, .n_addresses = 1, .udp = true, .n_connections = 2
	};
	CLEANUP_FD int bound = -1;
	struct tally tally;
	char text[16];

	(void)state;
	assert_int_equal(net_parse("127.0.0.1", 0, &address), 0);
	assert_int_equal(net_bind_datagram(&address, false, &bound), 0);
	assert_int_equal(net_local_address(bound, &address), 0);
	fake_reset();
	for (unsigned i = 1; i <= TIMES_FULL; i++)
		fake_fail(FAKE_SEND, i, ENOBUFS);
	tally = run(&settings);
	assert_int_equal(fake_answered(), TIMES_FULL);
	assert_int_equal(fake_count(FAKE_SEND), TIMES_FULL + 2);
	fake_reset();
	/* More than what is waited for at the end. */
	assert_true(clock_now_ns() - start_ns >= TIMES_FULL * INT64_C(10000000));
	assert_int_equal(tally.verified, 2);
	assert_int_equal(tally.datagrams.sent, 2);
	for (int i = 0; i < 2; i++)
		assert_int_equal(recv(bound, text, sizeof(text), 0), 5);
}

static void test_run_when_the_kernel_forgets_an_end_then_that_connection_fails(void **state)
{
	const struct proxy_choice choice = { .version = PROXY_V1 };
	struct net_address address;
	struct run_settings settings = {
		.addresses = &address, .n_addresses = 1, .proxy = &choice, .n_connections = 2
	};
	CLEANUP_FD int listening = listen_on_loopback(&address);
	struct tally tally;

	(void)state;
	(void)listening; /* used by being there */
	fake_reset();
	fake_fail(FAKE_GETSOCKNAME, 1, ENOBUFS);
	tally = run(&settings);
	assert_int_equal(fake_answered(), 1);
	fake_reset();
	assert_int_equal(tally.verified, 1);
	assert_int_equal(tally.failures[FAILURE_LOCAL_LIMIT], 1);
	assert_true(tally.lost);
}

/* Not to be bound is not to ask for any address, which would take a port for all destinations. */
static void test_run_when_no_source_is_asked_for_then_nothing_is_bound(void **state)
{
	struct net_address address;
	struct bind_range sources;
	struct run_settings settings = { .addresses = &address,
					 .n_addresses = 1,
					 .n_connections = 3 };
	CLEANUP_FD int listening = listen_on_loopback(&address);

	(void)state;
	(void)listening; /* used by being there */
	fake_reset();
	assert_int_equal(run(&settings).verified, 3);
	assert_int_equal(fake_count(FAKE_CONNECT), 3);
	assert_int_equal(fake_count(FAKE_BIND), 0);
	assert_int_equal(bind_range_parse("127.0.0.1", &sources), 0);
	settings.bind = &sources;
	fake_reset();
	assert_int_equal(run(&settings).verified, 3);
	assert_int_equal(fake_count(FAKE_BIND), 3);
	fake_reset();
}

/* ---- Every call in turn ---- */

/* Takes each connection, one after the other, until its end; ends with the test itself. */
static _Noreturn void discard_all(int listening, int test)
{
	struct pollfd fds[] = { { .fd = test }, { .fd = listening, .events = POLLIN } };
	uint8_t bytes[512];

	fake_suspend(true);
	while (poll(fds, 2, -1) > 0 && !fds[0].revents) {
		const int fd = accept(listening, NULL, NULL);

		while (fd >= 0 && recv(fd, bytes, sizeof(bytes), 0) > 0)
			;
		close(fd);
	}
	_exit(0);
}

struct server {
	struct net_address address;
	pid_t pid;
	int test; /* our end of what tells it that we are there */
	struct pattern pattern;
	struct expect expect;
	FILE *null;
	bool must_succeed;
};

static void start_server(struct server *s)
{
	const char *const texts[] = { "hello" };
	CLEANUP_FD int listening = listen_on_loopback(&s->address);
	int ends[2];

	fake_reset();
	s->null = fopen("/dev/null", "w");
	assert_non_null(s->null);
	assert_int_equal(pipe(ends), 0);
	s->pid = fork();
	assert_true(s->pid >= 0);
	if (s->pid == 0) {
		close(ends[1]);
		discard_all(listening, ends[0]);
	}
	close(ends[0]);
	s->test = ends[1];
	assert_int_equal(pattern_init(&s->pattern, texts, 1, 0), 0);
	s->expect = (struct expect){ .service = expect_service_find("discard") };
	s->pattern.expect = &s->expect;
}

static void stop_server(struct server *s)
{
	attr_close_fd(&s->test);
	assert_int_equal(waitpid(s->pid, NULL, 0), s->pid);
	pattern_fini(&s->pattern);
	fclose(s->null);
}

/* Two connections with a header from an address of ours. Whatever fails, each is accounted for, or
 * there was no run. */
static void run_unharmed(void *data)
{
	const struct server *s = data;
	const struct proxy_choice choice = { .version = PROXY_V2 };
	struct bind_range sources;
	const struct run_settings settings = { .pattern = &s->pattern,
					       .addresses = &s->address,
					       .n_addresses = 1,
					       .bind = &sources,
					       .proxy = &choice,
					       .n_connections = 2,
					       .timeout_ms = 60000,
					       .interrupt_fd = -1,
					       .err = s->null };
	struct tally tally = { 0 };
	int r;

	assert_int_equal(bind_range_parse("127.0.0.1", &sources), 0);
	r = run_connections(&settings, &tally);
	if (r == 0)
		assert_int_equal(tally.verified + tally.failed, 2);
	if (s->must_succeed || !fake_hit()) {
		assert_int_equal(r, 0);
		assert_int_equal(tally.verified, 2);
	}
}

static void test_run_when_any_call_fails_then_nothing_is_lost_or_left(void **state)
{
	struct server s = { .must_succeed = false };

	(void)state;
	start_server(&s);
	assert_true(fake_each_point(FAKE_ERROR, "run", run_unharmed, &s) >= 20);
	s.must_succeed = true;
	assert_true(fake_each_point(FAKE_INTERRUPT, "run", run_unharmed, &s) >= 6);
	assert_true(fake_each_point(FAKE_PIECE, "run", run_unharmed, &s) >= 4);
	fake_reset();
	stop_server(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_run_when_there_is_no_memory_for_a_datagram_then_waits_and_sends_it),
		cmocka_unit_test(test_run_when_a_header_goes_in_pieces_then_it_arrives_whole),
		cmocka_unit_test(
		    test_run_when_reset_before_it_is_noticed_then_lost_and_not_refused),
		cmocka_unit_test(test_run_when_no_source_is_asked_for_then_nothing_is_bound),
		cmocka_unit_test(
		    test_run_when_the_kernel_forgets_an_end_then_that_connection_fails),
		cmocka_unit_test(test_run_when_any_call_fails_then_nothing_is_lost_or_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
