/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/cmocka_all.h"

#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/net_datagram.h"

enum {
	WAIT_MS = 10000
};

static struct net_address address_of(const char *text, uint16_t port)
{
	struct net_address address;

	assert_int_equal(net_parse(text, port, &address), 0);
	return address;
}

/* A socket bound to this address, and where it is. */
static int open_bound(const char *text, bool reuse_port, struct net_address *ret_address)
{
	const struct net_address address = address_of(text, 0);
	int fd = -1;

	assert_int_equal(net_bind_datagram(&address, reuse_port, &fd), 0);
	assert_int_equal(net_local_address(fd, ret_address), 0);
	return fd;
}

static void wait_readable(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };

	assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
}

/* One datagram with what the kernel tells; its source goes to *ret_source. */
static ssize_t receive(int fd, struct net_hit *ret_hit, struct net_address *ret_source)
{
	_Alignas(struct cmsghdr) uint8_t control[NET_CONTROL_BYTES];
	uint8_t data[100];
	struct iovec iov = { data, sizeof(data) };
	struct msghdr message = { .msg_name = &ret_source->storage,
				  .msg_namelen = sizeof(ret_source->storage),
				  .msg_iov = &iov,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	ssize_t n;

	wait_readable(fd);
	n = recvmsg(fd, &message, 0);
	ret_source->length = message.msg_namelen;
	assert_int_equal(message.msg_flags & MSG_CTRUNC, 0);
	net_read_hit(&message, ret_hit);
	return n;
}

static void answer(int fd, const struct net_hit *hit, struct net_address *to)
{
	_Alignas(struct cmsghdr) uint8_t control[NET_CONTROL_BYTES];
	struct iovec iov = { (void *)(uintptr_t) "yes", 3 };
	struct msghdr message = { .msg_name = &to->storage,
				  .msg_namelen = to->length,
				  .msg_iov = &iov,
				  .msg_iovlen = 1,
				  .msg_control = control };

	net_answer_from(hit, &message);
	assert_int_equal(sendmsg(fd, &message, 0), 3);
}

/* Asks a socket bound to `bound` by way of `hit`; the answer must come from there, or the connected
 * client would not see it. */
static void check_hit(const char *bound, const char *hit_text)
{
	struct net_address server, target, source;
	CLEANUP_FD int server_fd = open_bound(bound, true, &server);
	CLEANUP_FD int client_fd = -1;
	struct net_hit hit;
	struct peer expected;
	char data[8];

	target = address_of(hit_text, net_port(&server));
	assert_int_equal(net_connect_datagram(&target, NULL, &client_fd), 0);
	assert_int_equal(send(client_fd, "hello", 5, 0), 5);
	assert_int_equal(receive(server_fd, &hit, &source), 5);
	net_to_peer(&target, &expected);
	assert_int_equal(hit.address.family, expected.family);
	assert_memory_equal(hit.address.address, expected.address, 16);
	assert_false(hit.to_many);
	assert_true(net_is_loopback(server_fd, hit.interface));
	assert_int_equal(hit.hops, 64);
	assert_int_equal(hit.traffic_class, 0);
	answer(server_fd, &hit, &source);
	wait_readable(client_fd);
	assert_int_equal(recv(client_fd, data, sizeof(data), 0), 3);
}

static void test_hit_when_bound_to_all_then_the_answer_leaves_from_it(void **state)
{
	(void)state;
	check_hit("0.0.0.0", "127.0.0.1");
	check_hit("0.0.0.0", "127.0.0.2");
	check_hit("127.0.0.3", "127.0.0.3");
	if (net_has_family(AF_INET6)) {
		check_hit("::", "::1");
		check_hit("::1", "::1");
	}
}

static void test_hit_when_broadcast_then_to_many(void **state)
{
	struct net_address server, target, source;
	CLEANUP_FD int server_fd = open_bound("0.0.0.0", false, &server);
	CLEANUP_FD int client_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const int yes = 1;
	struct net_hit hit;

	(void)state;
	target = address_of("127.255.255.255", net_port(&server));
	assert_int_equal(setsockopt(client_fd, SOL_SOCKET, SO_BROADCAST, &yes, sizeof(yes)), 0);
	if (sendto(client_fd, "x", 1, 0, &target.any, target.length) != 1)
		skip(); /* the loopback interface has no network */
	assert_int_equal(receive(server_fd, &hit, &source), 1);
	assert_true(hit.to_many);
}

static void test_hit_when_nothing_was_told_then_unknown(void **state)
{
	_Alignas(struct cmsghdr) uint8_t control[NET_CONTROL_BYTES];
	struct msghdr message = { .msg_control = control };
	struct net_hit hit;

	(void)state;
	net_read_hit(&message, &hit);
	assert_int_equal(hit.address.family, PEER_NONE);
	assert_int_equal(hit.hops, -1);
	assert_int_equal(hit.traffic_class, -1);
	message.msg_controllen = sizeof(control);
	net_answer_from(&hit, &message);
	assert_int_equal(message.msg_controllen, 0);
}

static void test_bind_when_somebody_has_it_then_in_use(void **state)
{
	struct net_address address;
	CLEANUP_FD int first = open_bound("127.0.0.1", true, &address);
	CLEANUP_FD int second = -1;
	CLEANUP_FD int third = -1;

	(void)state;
	assert_int_equal(net_bind_datagram(&address, false, &third), -EADDRINUSE);
	assert_int_equal(third, -1);
	assert_int_equal(net_bind_datagram(&address, true, &second), 0);
	attr_close_fd(&first);
	attr_close_fd(&second);
	assert_int_equal(net_bind_datagram(&address, false, &third), 0);
	assert_int_equal(net_bind_datagram(&address, true, &second), -EADDRINUSE);
}

static void test_bind_when_ipv6_then_not_ipv4_too(void **state)
{
	struct net_address ipv6, ipv4;
	CLEANUP_FD int first = -1;
	CLEANUP_FD int second = -1;

	(void)state;
	if (!net_has_family(AF_INET6))
		skip();
	first = open_bound("::", false, &ipv6);
	ipv4 = address_of("0.0.0.0", net_port(&ipv6));
	assert_int_equal(net_bind_datagram(&ipv4, false, &second), 0);
}

static void test_connect_when_nobody_is_there_then_refused_is_told(void **state)
{
	struct net_address address;
	CLEANUP_FD int closed = open_bound("127.0.0.1", false, &address);
	CLEANUP_FD int fd = -1;
	char data[8];

	(void)state;
	attr_close_fd(&closed);
	assert_int_equal(net_connect_datagram(&address, NULL, &fd), 0);
	assert_int_equal(send(fd, "x", 1, 0), 1);
	wait_readable(fd);
	assert_int_equal(recv(fd, data, sizeof(data), 0), -1);
	assert_int_equal(errno, ECONNREFUSED);
}

static void test_connect_when_bound_then_from_there(void **state)
{
	struct net_address address, local;
	const struct net_address from = address_of("127.0.0.9", 0);
	CLEANUP_FD int server = open_bound("127.0.0.1", false, &address);
	CLEANUP_FD int fd = -1;

	(void)state;
	assert_int_equal(net_connect_datagram(&address, &from, &fd), 0);
	assert_int_equal(net_local_address(fd, &local), 0);
	assert_int_equal(local.ipv4.sin_addr.s_addr, from.ipv4.sin_addr.s_addr);
	assert_int_not_equal(net_port(&local), 0);
	assert_true(server >= 0);
}

static void test_loopback_when_no_such_interface_then_false(void **state)
{
	struct net_address address;
	CLEANUP_FD int fd = open_bound("127.0.0.1", false, &address);

	(void)state;
	assert_false(net_is_loopback(fd, 0));
	assert_false(net_is_loopback(fd, 1000000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hit_when_bound_to_all_then_the_answer_leaves_from_it),
		cmocka_unit_test(test_hit_when_broadcast_then_to_many),
		cmocka_unit_test(test_hit_when_nothing_was_told_then_unknown),
		cmocka_unit_test(test_bind_when_somebody_has_it_then_in_use),
		cmocka_unit_test(test_bind_when_ipv6_then_not_ipv4_too),
		cmocka_unit_test(test_connect_when_nobody_is_there_then_refused_is_told),
		cmocka_unit_test(test_connect_when_bound_then_from_there),
		cmocka_unit_test(test_loopback_when_no_such_interface_then_false),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
