/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * net.c when the kernel does not do as it is told: every call with every answer that makes sense
 * there. Each row of a table is one call's one answer and what the function must make of it; no
 * descriptor and no node may be left behind.
 */
#include "tests/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/net.h"
#include "tests/fake/fake_syscalls.h"

static char directory[64];
static struct net_address path_address; /* of a socket in it */

static int make_directory(void **state)
{
	char path[80];

	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/echod-test-net-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/s", directory);
	return net_parse_path(path, &path_address);
}

static int remove_directory(void **state)
{
	(void)state;
	fake_reset();
	unlink(path_address.path.sun_path);
	return rmdir(directory);
}

static bool node_exists(void)
{
	return access(path_address.path.sun_path, F_OK) == 0;
}

/* One answer to one call, and what the function that makes it returns then. */
struct fault {
	enum fake_call call;
	unsigned nth;
	int error;
	int expected;
};

/* Runs the function with each fault; it leaves *fd at -1 when it fails. */
static void check_faults(const struct fault *faults, size_t n, int (*run)(int *fd))
{
	for (size_t i = 0; i < n; i++) {
		unsigned before = fake_open_fds();
		int fd = -1, r;

		fake_reset();
		fake_fail(faults[i].call, faults[i].nth, faults[i].error);
		r = run(&fd);
		if (r != faults[i].expected || fake_answered() != 1)
			fail_msg("%s %u with errno %d: %d, not %d", fake_name(faults[i].call),
				 faults[i].nth, faults[i].error, r, faults[i].expected);
		assert_int_equal(fd >= 0, r >= 0);
		attr_close_fd(&fd);
		assert_int_equal(fake_open_fds(), before);
	}
	fake_reset();
}

#define SAME(call, nth, error)             \
	{                                  \
		call, nth, error, -(error) \
	}
#define FAULTS(faults) faults, ARRAY_LENGTH(faults)

/* ---- listen ---- */

static int listen_ipv6(int *fd)
{
	const struct net_listen_options options = { .backlog = 16, .reuse_port = true };
	struct net_address address;

	assert_int_equal(net_parse("::1", 0, &address), 0);
	return net_listen(&address, &options, fd);
}

static void test_listen_inet_when_a_call_fails_then_its_error(void **state)
{
	static const struct fault faults[] = {
		SAME(FAKE_SOCKET, 1, EMFILE),
		SAME(FAKE_SOCKET, 1, ENFILE),
		SAME(FAKE_SOCKET, 1, ENOBUFS),
		SAME(FAKE_SOCKET, 1, ENOMEM),
		SAME(FAKE_SOCKET, 1, EAFNOSUPPORT),
		SAME(FAKE_SETSOCKOPT, 1, ENOMEM),      /* IPV6_V6ONLY */
		SAME(FAKE_SETSOCKOPT, 2, ENOBUFS),     /* SO_REUSEADDR */
		SAME(FAKE_SETSOCKOPT, 3, ENOPROTOOPT), /* SO_REUSEPORT */
		SAME(FAKE_BIND, 1, EADDRINUSE),
		SAME(FAKE_BIND, 1, EADDRNOTAVAIL),
		SAME(FAKE_BIND, 1, EACCES),
		SAME(FAKE_LISTEN, 1, EADDRINUSE),
		SAME(FAKE_LISTEN, 1, ENOBUFS),
	};

	(void)state;
	if (!net_has_family(AF_INET6))
		skip();
	check_faults(FAULTS(faults), listen_ipv6);
}

static int listen_path(int *fd)
{
	const struct net_listen_options options = { .backlog = 16, .socket_mode = 0600 };

	return net_listen(&path_address, &options, fd);
}

static void test_listen_path_when_a_call_fails_then_its_error_and_no_node(void **state)
{
	static const struct fault faults[] = {
		SAME(FAKE_SOCKET, 1, EMFILE),  SAME(FAKE_SOCKET, 1, ENFILE),
		SAME(FAKE_SOCKET, 1, ENOBUFS), SAME(FAKE_SOCKET, 1, ENOMEM),
		SAME(FAKE_LSTAT, 1, EACCES),   SAME(FAKE_BIND, 1, EADDRINUSE),
		SAME(FAKE_BIND, 1, EACCES),    SAME(FAKE_LISTEN, 1, ENOBUFS),
	};

	(void)state;
	check_faults(FAULTS(faults), listen_path);
	assert_false(node_exists());
}

/* A node whose listener is gone, made anew before each run. */
static int listen_over_stale(int *fd)
{
	int stale = -1;

	fake_suspend(true);
	if (!node_exists())
		assert_int_equal(listen_path(&stale), 0);
	attr_close_fd(&stale);
	fake_suspend(false);
	return listen_path(fd);
}

static void test_listen_when_probing_a_stale_node_fails_then_it_stays(void **state)
{
	static const struct fault faults[] = {
		SAME(FAKE_SOCKET, 2, EMFILE),
		SAME(FAKE_CONNECT, 1, EACCES),
		SAME(FAKE_CONNECT, 1, ETIMEDOUT),
		SAME(FAKE_CONNECT, 1, ENOBUFS),
		/* Somebody is there, but busy, or of another type. */
		{ FAKE_CONNECT, 1, EAGAIN, -EADDRINUSE },
		{ FAKE_CONNECT, 1, EINPROGRESS, -EADDRINUSE },
		{ FAKE_CONNECT, 1, EPROTOTYPE, -EADDRINUSE },
		SAME(FAKE_UNLINK, 1, EACCES),
	};
	static const struct fault harmless[] = { { FAKE_CONNECT, 1, ECONNREFUSED, 0 },
						 { FAKE_LSTAT, 1, ENOENT, -EADDRINUSE } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(faults); i++) {
		check_faults(&faults[i], 1, listen_over_stale);
		assert_true(node_exists());
	}
	check_faults(FAULTS(harmless), listen_over_stale);
}

/* ---- accept ---- */

static int listener = -1;

static int accept_after_connect(int *fd)
{
	CLEANUP_FD int client = -1;
	struct net_address peer = { .length = 0 };
	int r;

	fake_suspend(true);
	assert_int_equal(net_connect(&path_address, NULL, &client), 0);
	fake_suspend(false);
	r = net_accept(listener, &peer, fd);
	assert_int_equal(peer.length > 0, r == 0);
	if (r < 0) { /* it still waits in the queue */
		int waiting = -1;

		fake_suspend(true);
		assert_int_equal(net_accept(listener, NULL, &waiting), 0);
		attr_close_fd(&waiting);
		fake_suspend(false);
	}
	return r;
}

static void test_accept_when_it_fails_then_its_error_and_later_it_works(void **state)
{
	static const struct fault faults[] = {
		SAME(FAKE_ACCEPT4, 1, ECONNABORTED), SAME(FAKE_ACCEPT4, 1, EMFILE),
		SAME(FAKE_ACCEPT4, 1, ENFILE),	     SAME(FAKE_ACCEPT4, 1, ENOBUFS),
		SAME(FAKE_ACCEPT4, 1, ENOMEM),	     SAME(FAKE_ACCEPT4, 1, EAGAIN),
		SAME(FAKE_ACCEPT4, 1, EPERM),	     SAME(FAKE_ACCEPT4, 1, EPROTO),
		SAME(FAKE_ACCEPT4, 1, ETIMEDOUT),    { FAKE_ACCEPT4, 1, EINTR, 0 },
	};

	(void)state;
	fake_reset();
	assert_int_equal(listen_path(&listener), 0);
	check_faults(FAULTS(faults), accept_after_connect);
	attr_close_fd(&listener);
}

static void test_accept_when_interrupted_often_then_goes_on(void **state)
{
	int fd = -1;

	(void)state;
	assert_int_equal(listen_path(&listener), 0);
	fake_reset();
	for (unsigned nth = 1; nth <= 20; nth++)
		fake_fail(FAKE_ACCEPT4, nth, EINTR);
	assert_int_equal(accept_after_connect(&fd), 0);
	assert_int_equal(fake_count(FAKE_ACCEPT4), 21);
	attr_close_fd(&fd);
	attr_close_fd(&listener);
}

/* ---- connect ---- */

static int connect_bound(int *fd)
{
	struct net_address to, from;

	assert_int_equal(net_parse("127.0.0.1", 9, &to), 0);
	assert_int_equal(net_parse("127.0.0.1", 0, &from), 0);
	return net_connect(&to, &from, fd);
}

static void test_connect_when_a_call_fails_then_its_error(void **state)
{
	static const struct fault faults[] = {
		SAME(FAKE_SOCKET, 1, EMFILE),	     SAME(FAKE_SOCKET, 1, ENFILE),
		SAME(FAKE_SOCKET, 1, ENOBUFS),	     SAME(FAKE_SOCKET, 1, ENOMEM),
		SAME(FAKE_BIND, 1, EADDRINUSE),	     SAME(FAKE_BIND, 1, EADDRNOTAVAIL),
		SAME(FAKE_CONNECT, 1, ECONNREFUSED), SAME(FAKE_CONNECT, 1, ETIMEDOUT),
		SAME(FAKE_CONNECT, 1, ENETUNREACH),  SAME(FAKE_CONNECT, 1, EADDRNOTAVAIL),
		SAME(FAKE_CONNECT, 1, ENOBUFS),	     SAME(FAKE_CONNECT, 1, EAGAIN),
		{ FAKE_CONNECT, 1, EINPROGRESS, 1 }, { FAKE_CONNECT, 1, EINTR, 1 },
	};

	(void)state;
	check_faults(FAULTS(faults), connect_bound);
}

/* Where the kernel lacks the option bind chooses the port, and that is all. */
static void test_connect_when_there_is_no_late_port_choice_then_connects_all_the_same(void **state)
{
	struct net_address to, from;
	int client = -1, server = -1;

	(void)state;
	assert_int_equal(net_parse("127.0.0.1", 0, &to), 0);
	from = to;
	assert_int_equal(net_listen(&to,
				    &(struct net_listen_options){ .backlog = 1, .socket_mode = -1 },
				    &server),
			 0);
	assert_int_equal(net_local_address(server, &to), 0);
	fake_reset();
	fake_fail_from(FAKE_SETSOCKOPT, 1, ENOPROTOOPT);
	assert_true(net_connect(&to, &from, &client) >= 0);
	attr_close_fd(&client);
	attr_close_fd(&server);
	fake_reset();
}

/* ---- Questions and small changes ---- */

static void test_questions_when_a_call_fails_then_its_error(void **state)
{
	struct net_address address = { .length = 77 };
	int fds[2] = { -1, -1 };

	(void)state;
	assert_int_equal(net_socketpair(fds), 0);
	fake_reset();
	fake_fail(FAKE_GETSOCKNAME, 1, ENOBUFS);
	assert_int_equal(net_local_address(fds[0], &address), -ENOBUFS);
	assert_int_equal(address.length, 77);
	fake_fail(FAKE_GETSOCKOPT, 1, ENOBUFS);
	assert_int_equal(net_socket_error(fds[0]), ENOBUFS);
	assert_int_equal(net_socket_error(fds[0]), 0);
	fake_fail(FAKE_SETSOCKOPT, 1, EINVAL);
	assert_int_equal(net_set_nodelay(fds[0]), -EINVAL);
	fake_fail(FAKE_FCNTL, 1, EBADF);
	assert_int_equal(net_set_nonblocking(fds[0]), -EBADF);
	assert_int_equal(fake_answered(), 4);
	close(fds[0]);
	close(fds[1]);
}

static void test_set_nonblocking_when_setting_fails_then_its_error(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	fake_reset();
	fake_fail(FAKE_FCNTL, 2, EPERM);
	assert_int_equal(net_set_nonblocking(fds[0]), -EPERM);
	assert_int_equal(net_set_nonblocking(fds[0]), 0);
	close(fds[0]);
	close(fds[1]);
}

static void test_socketpair_when_it_fails_then_its_error_and_nothing_is_set(void **state)
{
	static const int errors[] = { EMFILE, ENFILE, ENOMEM };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(errors); i++) {
		int fds[2] = { -7, -8 };

		fake_reset();
		fake_fail(FAKE_SOCKETPAIR, 1, errors[i]);
		assert_int_equal(net_socketpair(fds), -errors[i]);
		assert_int_equal(fds[0], -7);
		assert_int_equal(fds[1], -8);
	}
}

static void test_max_backlog_when_the_kernel_does_not_say_then_somaxconn(void **state)
{
	(void)state;
	fake_reset();
	fake_fail(FAKE_OPEN, 1, EMFILE);
	fake_fail(FAKE_READ, 1, EIO);
	assert_int_equal(net_max_backlog(), SOMAXCONN);
	assert_int_equal(net_max_backlog(), SOMAXCONN);
	assert_int_equal(fake_answered(), 2);
}

static void test_has_family_when_out_of_descriptors_then_still_yes(void **state)
{
	(void)state;
	fake_reset();
	fake_fail(FAKE_SOCKET, 1, EMFILE);
	fake_fail(FAKE_SOCKET, 2, EAFNOSUPPORT);
	assert_true(net_has_family(AF_INET));
	assert_false(net_has_family(AF_INET));
}

/* ---- Every point of a whole run ---- */

static void listen_connect_accept(void *data)
{
	CLEANUP_FD int server = -1, client = -1, served = -1;
	int r = listen_over_stale(&server);

	(void)data;
	if (r == 0)
		r = net_connect(&path_address, NULL, &client);
	if (r == 0)
		r = net_set_nonblocking(client);
	if (r == 0)
		r = net_accept(server, NULL, &served);
	if (r == 0)
		r = -net_socket_error(served);
	/* A probe of the stale node that is refused is just what it hopes for; and a descriptor is
	 * closed whatever close(2) says. */
	if (r == 0 && fake_hit() && strcmp(fake_hit(), "close") != 0)
		assert_string_equal(fake_hit(), "connect");
	if (r < 0)
		assert_non_null(fake_hit());
}

static void test_whole_run_when_any_call_fails_then_an_error_and_nothing_open(void **state)
{
	(void)state;
	assert_true(fake_each_point(FAKE_ERROR, "listen, connect, accept", listen_connect_accept,
				    NULL) >= 10);
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, make_directory, remove_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listen_inet_when_a_call_fails_then_its_error),
		IN_DIRECTORY(test_listen_path_when_a_call_fails_then_its_error_and_no_node),
		IN_DIRECTORY(test_listen_when_probing_a_stale_node_fails_then_it_stays),
		IN_DIRECTORY(test_accept_when_it_fails_then_its_error_and_later_it_works),
		IN_DIRECTORY(test_accept_when_interrupted_often_then_goes_on),
		cmocka_unit_test(test_connect_when_a_call_fails_then_its_error),
		cmocka_unit_test(
		    test_connect_when_there_is_no_late_port_choice_then_connects_all_the_same),
		cmocka_unit_test(test_questions_when_a_call_fails_then_its_error),
		cmocka_unit_test(test_set_nonblocking_when_setting_fails_then_its_error),
		cmocka_unit_test(test_socketpair_when_it_fails_then_its_error_and_nothing_is_set),
		cmocka_unit_test(test_max_backlog_when_the_kernel_does_not_say_then_somaxconn),
		cmocka_unit_test(test_has_family_when_out_of_descriptors_then_still_yes),
		IN_DIRECTORY(test_whole_run_when_any_call_fails_then_an_error_and_nothing_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
