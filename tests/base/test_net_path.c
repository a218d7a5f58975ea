/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * Listening at a path: who is there stays, what is left of somebody goes, and what is no socket is
 * nobody's business.
 */
#include "tests/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/net.h"

static const struct net_listen_options plain = { .backlog = 16, .socket_mode = -1 };
static char directory[64];

static int make_directory(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/echod-test-net-XXXXXX");
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	char path[80];

	(void)state;
	snprintf(path, sizeof(path), "%s/s", directory);
	unlink(path);
	return rmdir(directory);
}

static struct net_address socket_path(void)
{
	struct net_address address;
	char path[80];

	snprintf(path, sizeof(path), "%s/s", directory);
	assert_int_equal(net_parse_path(path, &address), 0);
	return address;
}

static void assert_quiet(int fd)
{
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

static void test_net_listen_when_unix_then_the_node_has_the_mode(void **state)
{
	const struct net_listen_options open_to_all = { .backlog = 1, .socket_mode = 0666 };
	struct net_address address = socket_path();
	CLEANUP_FD int fd = -1;
	CLEANUP_FD int client = -1;
	CLEANUP_FD int server = -1;
	mode_t old = umask(077);
	struct stat st;

	(void)state;
	assert_int_equal(net_listen(&address, &open_to_all, &fd), 0);
	assert_int_equal(umask(old), 077);
	assert_int_equal(stat(address.path.sun_path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0666);
	assert_int_equal(net_connect(&address, NULL, &client), 0);
	assert_int_equal(net_accept(fd, NULL, &server), 0);
	assert_quiet(server);
}

static void test_net_listen_when_the_path_is_live_then_in_use(void **state)
{
	struct net_address address = socket_path();
	CLEANUP_FD int first = -1;
	int second = -1;

	(void)state;
	assert_int_equal(net_listen(&address, &plain, &first), 0);
	assert_int_equal(net_listen(&address, &plain, &second), -EADDRINUSE);
	assert_int_equal(access(address.path.sun_path, F_OK), 0);
}

/* With a full queue connect says EAGAIN: a busy daemon is no dead one. */
static void test_net_listen_when_the_live_one_is_full_then_in_use(void **state)
{
	const struct net_listen_options tiny = { .backlog = 0, .socket_mode = -1 };
	struct net_address address = socket_path();
	CLEANUP_FD int first = -1;
	int clients[64], n = 0, second = -1;

	(void)state;
	assert_int_equal(net_listen(&address, &tiny, &first), 0);
	while (n < 64 && net_connect(&address, NULL, &clients[n]) == 0)
		n++;
	assert_in_range(n, 1, 63);
	assert_int_equal(net_listen(&address, &plain, &second), -EADDRINUSE);
	assert_int_equal(access(address.path.sun_path, F_OK), 0);
	while (n > 0)
		close(clients[--n]);
}

static void test_net_listen_when_the_path_is_stale_then_replaced(void **state)
{
	struct net_address address = socket_path();
	CLEANUP_FD int fd = -1;
	CLEANUP_FD int client = -1;
	int dead;

	(void)state;
	assert_int_equal(net_listen(&address, &plain, &dead), 0);
	close(dead);
	assert_int_equal(net_connect(&address, NULL, &client), -ECONNREFUSED);
	assert_int_equal(client, -1);
	assert_int_equal(net_listen(&address, &plain, &fd), 0);
	assert_int_equal(net_connect(&address, NULL, &client), 0);
}

static void test_net_listen_when_the_path_is_no_socket_then_left_alone(void **state)
{
	struct net_address address = socket_path();
	int file = open(address.path.sun_path, O_CREAT | O_WRONLY, 0600);
	int fd = -1;

	(void)state;
	assert_true(file >= 0);
	close(file);
	assert_int_equal(net_listen(&address, &plain, &fd), -EEXIST);
	assert_int_equal(access(address.path.sun_path, F_OK), 0);
}

static void test_net_listen_when_the_path_is_a_link_then_left_alone(void **state)
{
	struct net_address address = socket_path();
	int fd = -1;

	(void)state;
	assert_int_equal(symlink("/nonexistent", address.path.sun_path), 0);
	assert_int_equal(net_listen(&address, &plain, &fd), -EEXIST);
}

static void test_net_listen_when_the_folder_is_missing_then_the_error(void **state)
{
	struct net_address address;
	int fd = -1;

	(void)state;
	assert_int_equal(net_parse_path("/nonexistent/s", &address), 0);
	assert_int_equal(net_listen(&address, &plain, &fd), -ENOENT);
	assert_int_equal(fd, -1);
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, make_directory, remove_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIRECTORY(test_net_listen_when_unix_then_the_node_has_the_mode),
		IN_DIRECTORY(test_net_listen_when_the_path_is_live_then_in_use),
		IN_DIRECTORY(test_net_listen_when_the_live_one_is_full_then_in_use),
		IN_DIRECTORY(test_net_listen_when_the_path_is_stale_then_replaced),
		IN_DIRECTORY(test_net_listen_when_the_path_is_no_socket_then_left_alone),
		IN_DIRECTORY(test_net_listen_when_the_path_is_a_link_then_left_alone),
		cmocka_unit_test(test_net_listen_when_the_folder_is_missing_then_the_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
