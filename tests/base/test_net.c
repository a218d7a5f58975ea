/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/net.h"

static const struct net_listen_options plain = { .backlog = 16, .socket_mode = -1 };

static struct net_address loopback(const char *text)
{
	struct net_address address;

	assert_int_equal(net_parse(text, 0, &address), 0);
	return address;
}

static int option_of(int fd, int level, int name)
{
	int value = -1;
	socklen_t length = sizeof(value);

	assert_int_equal(getsockopt(fd, level, name, &value, &length), 0);
	return value;
}

static void assert_quiet(int fd)
{
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

static void wait_for(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	assert_int_equal(poll(&p, 1, 10000), 1);
}

/* Listens, connects, accepts, and compares both ends' addresses. */
static void meet(const char *text)
{
	struct net_address address = loopback(text), peer, local;
	CLEANUP_FD int listener = -1;
	CLEANUP_FD int client = -1;
	CLEANUP_FD int server = -1;

	assert_int_equal(net_listen(&address, &plain, &listener), 0);
	assert_quiet(listener);
	assert_int_equal(option_of(listener, SOL_SOCKET, SO_REUSEADDR), 1);
	assert_int_equal(option_of(listener, SOL_SOCKET, SO_REUSEPORT), 0);
	assert_int_equal(net_local_address(listener, &local), 0);
	assert_int_not_equal(net_port(&local), 0);
	net_set_port(&address, net_port(&local));
	assert_true(net_equal(&local, &address));

	assert_int_equal(net_accept(listener, &peer, &server), -EAGAIN);
	assert_in_range(net_connect(&address, NULL, &client), 0, 1);
	assert_quiet(client);
	wait_for(client, POLLOUT);
	assert_int_equal(net_socket_error(client), 0);
	wait_for(listener, POLLIN);
	assert_int_equal(net_accept(listener, &peer, &server), 0);
	assert_quiet(server);
	assert_int_equal(net_local_address(client, &local), 0);
	assert_true(net_equal(&local, &peer));
	assert_int_equal(net_remote_address(client, &peer), 0);
	assert_true(net_equal(&peer, &address));
	assert_int_equal(net_remote_address(listener, &peer), -ENOTCONN);
	assert_true(net_equal(&peer, &address));
	assert_int_equal(net_set_nodelay(server), 0);
	assert_int_equal(option_of(server, IPPROTO_TCP, TCP_NODELAY), 1);
}

static void test_net_listen_when_ipv4_then_a_client_meets_it(void **state)
{
	(void)state;
	meet("127.0.0.1");
}

static void test_net_listen_when_ipv6_then_a_client_meets_it_and_ipv4_is_apart(void **state)
{
	struct net_address any;
	CLEANUP_FD int fd = -1;

	(void)state;
	net_any(AF_INET6, 0, &any);
	if (!net_has_family(AF_INET6) || net_listen(&any, &plain, &fd) < 0)
		skip();
	assert_int_equal(option_of(fd, IPPROTO_IPV6, IPV6_V6ONLY), 1);
	meet("::1");
}

static void test_net_accept_when_urgent_data_comes_then_it_is_in_its_place(void **state)
{
	struct net_address address = loopback("127.0.0.1");
	CLEANUP_FD int listener = -1;
	CLEANUP_FD int client = -1;
	CLEANUP_FD int server = -1;
	char text[8];
	size_t n = 0;

	(void)state;
	assert_int_equal(net_listen(&address, &plain, &listener), 0);
	assert_int_equal(net_local_address(listener, &address), 0);
	assert_in_range(net_connect(&address, NULL, &client), 0, 1);
	wait_for(client, POLLOUT);
	wait_for(listener, POLLIN);
	assert_int_equal(net_accept(listener, NULL, &server), 0);
	assert_int_equal(send(client, "ab", 2, 0), 2);
	assert_int_equal(send(client, "!", 1, MSG_OOB), 1);
	assert_int_equal(send(client, "cd", 2, 0), 2);
	for (ssize_t more; n < 5; n += (size_t)more) {
		wait_for(server, POLLIN);
		more = recv(server, text + n, sizeof(text) - n, 0);
		assert_true(more > 0);
	}
	assert_memory_equal(text, "ab!cd", 5);
}

static void test_net_listen_when_in_use_then_the_error(void **state)
{
	struct net_address address = loopback("127.0.0.1");
	CLEANUP_FD int first = -1;
	int second = -7;

	(void)state;
	assert_int_equal(net_listen(&address, &plain, &first), 0);
	assert_int_equal(net_local_address(first, &address), 0);
	assert_int_equal(net_listen(&address, &plain, &second), -EADDRINUSE);
	assert_int_equal(second, -7);
}

static void test_net_listen_when_reuse_port_then_several_share_it(void **state)
{
	const struct net_listen_options shared = { .backlog = 1, .reuse_port = true };
	struct net_address address = loopback("127.0.0.1");
	CLEANUP_FD int first = -1;
	CLEANUP_FD int second = -1;
	int third = -1;

	(void)state;
	assert_int_equal(net_listen(&address, &shared, &first), 0);
	assert_int_equal(net_local_address(first, &address), 0);
	assert_int_equal(net_listen(&address, &shared, &second), 0);
	assert_int_equal(net_listen(&address, &plain, &third), -EADDRINUSE);
}

static void test_net_connect_when_nobody_listens_then_refused(void **state)
{
	struct net_address address = loopback("127.0.0.1");
	CLEANUP_FD int listener = -1;
	CLEANUP_FD int client = -1;
	int r;

	(void)state;
	assert_int_equal(net_listen(&address, &plain, &listener), 0);
	assert_int_equal(net_local_address(listener, &address), 0);
	close(TAKE_FD(listener));
	r = net_connect(&address, NULL, &client);
	if (r == 1) {
		wait_for(client, POLLOUT);
		r = -net_socket_error(client);
	}
	assert_int_equal(r, -ECONNREFUSED);
}

static void refuse_new(const char *text)
{
	struct net_address address = loopback(text);
	CLEANUP_FD int listening = -1;
	CLEANUP_FD int waiting = -1;
	CLEANUP_FD int late = -1;
	CLEANUP_FD int accepted = -1;
	int r;

	assert_int_equal(net_listen(&address, &plain, &listening), 0);
	assert_int_equal(net_local_address(listening, &address), 0);
	assert_true(net_connect(&address, NULL, &waiting) >= 0);
	wait_for(waiting, POLLOUT);
	r = net_refuse_new(listening);
	if (r == -ENOSYS)
		return;
	assert_int_equal(r, 0);
	r = net_connect(&address, NULL, &late);
	if (r >= 0) {
		wait_for(late, POLLOUT);
		r = -net_socket_error(late);
	}
	assert_int_equal(r, -ECONNREFUSED);
	assert_int_equal(net_accept(listening, NULL, &accepted), 0);
	assert_int_equal(write(waiting, "x", 1), 1);
	wait_for(accepted, POLLIN);
}

static void test_net_refuse_new_when_one_waits_then_it_is_served_and_the_next_refused(void **state)
{
	(void)state;
	refuse_new("127.0.0.1");
	if (net_has_family(AF_INET6))
		refuse_new("::1");
}

static void test_net_connect_when_bound_then_from_that_address(void **state)
{
	struct net_address address = loopback("127.0.0.1"), source = loopback("127.0.0.9"), local;
	CLEANUP_FD int listener = -1;
	CLEANUP_FD int client = -1;

	(void)state;
	assert_int_equal(net_listen(&address, &plain, &listener), 0);
	assert_int_equal(net_local_address(listener, &address), 0);
	assert_in_range(net_connect(&address, &source, &client), 0, 1);
	assert_int_equal(net_local_address(client, &local), 0);
	net_set_port(&source, net_port(&local));
	assert_true(net_equal(&local, &source));
}

static void test_net_connect_when_the_source_is_not_ours_then_the_error(void **state)
{
	struct net_address address = loopback("127.0.0.1"), source = loopback("192.0.2.1");
	int client = -1;

	(void)state;
	net_set_port(&address, 9);
	assert_int_equal(net_connect(&address, &source, &client), -EADDRNOTAVAIL);
	assert_int_equal(client, -1);
}

static void test_net_socketpair_when_made_then_quiet_and_connected(void **state)
{
	int fds[2];
	char byte = 0;

	(void)state;
	assert_int_equal(net_socketpair(fds), 0);
	assert_quiet(fds[0]);
	assert_quiet(fds[1]);
	assert_int_equal(write(fds[0], "x", 1), 1);
	assert_int_equal(read(fds[1], &byte, 1), 1);
	assert_int_equal(byte, 'x');
	attr_close_fd(&fds[0]);
	attr_close_fd(&fds[1]);
	assert_int_equal(fds[0], -1);
}

static void test_net_when_the_descriptor_is_bad_then_ebadf(void **state)
{
	struct net_address address;
	int fd = -1;

	(void)state;
	assert_int_equal(net_set_nonblocking(-1), -EBADF);
	assert_int_equal(net_local_address(-1, &address), -EBADF);
	assert_int_equal(net_accept(-1, NULL, &fd), -EBADF);
	assert_int_equal(net_set_nodelay(-1), -EBADF);
	assert_int_equal(net_socket_error(-1), EBADF);
	errno = EXDEV;
	attr_close_fd(&fd);
	fd = 1000000;
	attr_close_fd(&fd);
	assert_int_equal(errno, EXDEV);
}

static void test_net_set_nonblocking_when_a_pipe_then_nonblocking(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(net_set_nonblocking(fds[0]), 0);
	assert_true(fcntl(fds[0], F_GETFL) & O_NONBLOCK);
	assert_int_equal(net_set_nonblocking(fds[0]), 0);
	close(fds[0]);
	close(fds[1]);
}

static void test_net_has_family_when_asked_then_ipv4_yes_and_nonsense_no(void **state)
{
	(void)state;
	assert_true(net_has_family(AF_INET));
	assert_false(net_has_family(AF_MAX + 1));
}

static void test_net_max_backlog_when_asked_then_at_least_one(void **state)
{
	FILE *file = fopen("/proc/sys/net/core/somaxconn", "r");
	int expected = SOMAXCONN;

	(void)state;
	if (file) {
		assert_int_equal(fscanf(file, "%d", &expected), 1);
		fclose(file);
	}
	assert_int_equal(net_max_backlog(), expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_net_listen_when_ipv4_then_a_client_meets_it),
		cmocka_unit_test(
		    test_net_listen_when_ipv6_then_a_client_meets_it_and_ipv4_is_apart),
		cmocka_unit_test(test_net_accept_when_urgent_data_comes_then_it_is_in_its_place),
		cmocka_unit_test(test_net_listen_when_in_use_then_the_error),
		cmocka_unit_test(test_net_listen_when_reuse_port_then_several_share_it),
		cmocka_unit_test(test_net_connect_when_nobody_listens_then_refused),
		cmocka_unit_test(
		    test_net_refuse_new_when_one_waits_then_it_is_served_and_the_next_refused),
		cmocka_unit_test(test_net_connect_when_bound_then_from_that_address),
		cmocka_unit_test(test_net_connect_when_the_source_is_not_ours_then_the_error),
		cmocka_unit_test(test_net_socketpair_when_made_then_quiet_and_connected),
		cmocka_unit_test(test_net_when_the_descriptor_is_bad_then_ebadf),
		cmocka_unit_test(test_net_set_nonblocking_when_a_pipe_then_nonblocking),
		cmocka_unit_test(test_net_has_family_when_asked_then_ipv4_yes_and_nonsense_no),
		cmocka_unit_test(test_net_max_backlog_when_asked_then_at_least_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
